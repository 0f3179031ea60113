//! What a sensor takes in, on one core: decoded, selected, de-duplicated, judged and stored, durably.
//!
//!     cargo bench -p engine --bench sensor -- 2000000
//!
//! The messages are made from the workload of the store: nine in ten repeat an earlier one (the oldest most), two
//! records each. They are in memory before the clock starts; the store is on disk and syncs each batch. COF lines are
//! the stream of the workload itself, a line for each observation.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on a terminal")]

use std::time::Instant;

use engine::sensor::{Crowds, Discretion, DropList, Window};
use formats::{
    capture::{Decoder, Reader as CaptureReader},
    cof::{self, CofRecord},
    dns::{Asked, Message, Refused, WireName, select},
    dnstap,
    frame_stream::{self, Frame},
    line::Reader,
    zeek,
};
use model::{Name, Observation, SourceId, Span, SuffixList, Time};
use observations::{Batch, BatchId, Options, Store, workload::Workload};
use sha2::{Digest, Sha256};

/// When the first message comes; a thousand come each second.
const START: i64 = 1_767_225_600;
/// The client in all of them.
const CLIENT: [u8; 4] = [203, 0, 113, 99];
const WINDOW_MESSAGES: u64 = 1_000_000;

fn main() {
    let count = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(200_000u32);
    let only = std::env::args().nth(1).filter(|word| ["dnstap", "pcap", "zeek", "cof"].contains(&word.as_str()));
    let workload = Workload::new(1, count);
    let questions: Vec<u32> = order(count).collect();
    let wanted = |what: &str| only.as_deref().is_none_or(|only| only == what);
    if wanted("dnstap") {
        measure("dnstap messages", &taps(&workload, &questions), count, |bench, input| bench.dnstap(input));
    }
    if wanted("pcap") {
        measure("pcap packets", &packets(&workload, &questions), 2 * count, |bench, input| bench.pcap(input));
    }
    if wanted("zeek") {
        measure("Zeek TSV lines", &log(&workload, &questions), count, |bench, input| bench.zeek(input));
    }
    if wanted("cof") {
        measure("COF lines", &cof_lines(&workload, count), count, |bench, input| bench.cof(input));
    }
}

/// Nine in ten are one that was, the oldest most; one in ten is the next new one.
fn order(count: u32) -> impl Iterator<Item = u32> {
    let (mut state, mut new) = (0x9e37_79b9_7f4a_7c15u64, 0u32);
    (0..count).map(move |at| {
        if at % 10 == 0 {
            new += 1;
            return new - 1;
        }
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let unit = (state >> 11) as f64 / (1u64 << 53) as f64;
        (unit.powi(4) * f64::from(new)) as u32
    })
}

fn measure(what: &str, input: &[u8], count: u32, take: impl Fn(&mut Bench, &[u8])) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), Options { background: false, ..Options::default() }).unwrap();
    let [sensor, ..] = Workload::sources();
    let source = store.add_source(sensor).unwrap().id;
    let suffixes = SuffixList::bundled();
    let rules = Discretion::new(DropList::bundled(), Crowds::new(5_000), suffixes.clone());
    let mut bench = Bench { store, source, rules, window: Window::default(), suffixes, stored: 0, answers: 0 };
    let began = Instant::now();
    take(&mut bench, input);
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{what}: {count} ({} MiB) in {seconds:.2} s = {:.0} a second; {} answers became {} observations",
        input.len() >> 20,
        f64::from(count) / seconds,
        bench.answers,
        bench.stored,
    );
}

struct Bench {
    store: Store,
    source: SourceId,
    rules: Discretion,
    window: Window,
    suffixes: std::sync::Arc<SuffixList>,
    stored: u64,
    answers: u64,
}

impl Bench {
    fn store(&mut self, id: [u8; 16]) {
        let (observations, kept) = self.rules.judge(&mut self.window);
        (self.stored, self.answers) = (self.stored + kept.observations, self.answers + kept.answers);
        self.append(id, observations);
    }

    fn append(&self, id: [u8; 16], observations: Vec<Observation>) {
        let (id, source, arrived) = (Some(BatchId(id)), self.source, Time(START));
        self.store
            .append(Batch {
                id,
                source,
                arrived,
                observations,
                registrations: Vec::new(),
                networks: Vec::new(),
                parser: 1,
            })
            .unwrap();
    }

    fn dnstap(&mut self, mut input: &[u8]) {
        let (mut buffer, mut scratch, mut digest, mut since) = (Vec::new(), Vec::new(), Sha256::new(), 0);
        let (suffixes, mut refused) = (self.suffixes.clone(), Refused::default());
        while frame_stream::read(&mut input, &mut buffer).unwrap() != Frame::End {
            digest.update(&buffer);
            let read = dnstap::parse(&buffer).unwrap();
            let zone = read.zone.and_then(WireName::from_wire);
            let asked = Asked { zone: zone.as_ref(), resolver: false, suffixes: &suffixes };
            let message = Message::parse(read.response.unwrap()).unwrap();
            let (window, span) = (&mut self.window, Span::at(Time(read.time.unwrap())));
            select(&message, &asked, &mut scratch, &mut refused, |answer| window.add(&answer, span, 1));
            since += 1;
            if self.window.is_full() || since >= WINDOW_MESSAGES {
                since = 0;
                self.store(id(&digest));
            }
        }
        self.store(id(&digest));
    }

    fn pcap(&mut self, input: &[u8]) {
        let (mut scratch, mut digest, mut since) = (Vec::new(), Sha256::new(), 0);
        let (suffixes, mut refused) = (self.suffixes.clone(), Refused::default());
        let mut reader = CaptureReader::new(input).unwrap();
        let mut decoder = Decoder::new(&[53]);
        let asked = Asked { zone: None, resolver: false, suffixes: &suffixes };
        while let Some(frame) = reader.next_frame().unwrap() {
            digest.update(frame.octets);
            let (window, span) = (&mut self.window, Span::at(Time(frame.time)));
            decoder.feed(&frame, |octets| {
                let message = Message::parse(octets).unwrap();
                select(&message, &asked, &mut scratch, &mut refused, |answer| window.add(&answer, span, 1));
            });
            since += 1;
            if self.window.is_full() || since >= WINDOW_MESSAGES {
                since = 0;
                self.store(id(&digest));
            }
        }
        self.store(id(&digest));
    }

    fn zeek(&mut self, input: &[u8]) {
        let (mut log, mut reader) = (zeek::Log::default(), Reader::new(input, "sensor"));
        while let Some(batch) = reader.next_batch(|line| log.line(line)).unwrap() {
            for told in &batch.records {
                told.observations.iter().for_each(|seen| self.window.add_observation(told.question.as_ref(), seen));
            }
            self.store(batch.id);
        }
    }

    fn cof(&mut self, input: &[u8]) {
        let mut reader = Reader::new(input, "sensor");
        while let Some(batch) = reader.next_batch(cof::parse_line).unwrap() {
            let observations = batch.records.into_iter().map(|record| record.observation).collect();
            let (observations, kept) = self.rules.filter(observations);
            (self.stored, self.answers) = (self.stored + kept.observations, self.answers + kept.answers);
            self.append(batch.id, observations);
        }
    }
}

fn id(digest: &Sha256) -> [u8; 16] {
    *digest.clone().finalize().first_chunk().unwrap()
}

fn name(workload: &Workload, question: u32) -> Name {
    let owner = workload.tuple(question).rrname;
    owner.child(format!("h{question}").as_bytes()).unwrap_or(owner)
}

/// An answer with two addresses.
fn message(workload: &Workload, question: u32) -> Vec<u8> {
    let mut octets = vec![0x12, 0x34, 0x84, 0, 0, 1, 0, 2, 0, 0, 0, 0];
    octets.extend(name(workload, question).as_wire());
    octets.extend([0, 1, 0, 1]);
    for number in 0..2 {
        octets.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4]);
        octets.extend((0x0a00_0000 | (question * 2 + number) & 0x00ff_ffff).to_be_bytes());
    }
    octets
}

fn moment(at: usize) -> u32 {
    (START + at as i64 / 1000) as u32
}

fn varint(mut number: u64, out: &mut Vec<u8>) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

fn field(number: u64, octets: &[u8], out: &mut Vec<u8>) {
    varint(number << 3 | 2, out);
    varint(octets.len() as u64, out);
    out.extend_from_slice(octets);
}

fn taps(workload: &Workload, questions: &[u32]) -> Vec<u8> {
    let mut stream = Vec::new();
    for (at, question) in questions.iter().enumerate() {
        let mut inner = vec![8, 4, 16, 1, 24, 1];
        field(4, &CLIENT, &mut inner);
        field(5, &[192, 0, 2, 53], &mut inner);
        field(11, workload.tuple(*question).rrname.as_wire(), &mut inner);
        inner.push(12 << 3);
        varint(moment(at).into(), &mut inner);
        inner.extend([13 << 3 | 5, 1, 2, 3, 4]);
        field(14, &message(workload, *question), &mut inner);
        let mut frame = Vec::new();
        field(1, b"resolver.example", &mut frame);
        field(2, b"made up", &mut frame);
        field(14, &inner, &mut frame);
        frame.extend([15 << 3, 1]);
        stream.extend((frame.len() as u32).to_be_bytes());
        stream.extend(frame);
    }
    stream
}

/// A packet with the question, and one with the answer.
fn packets(workload: &Workload, questions: &[u32]) -> Vec<u8> {
    let mut file: Vec<u8> =
        [0xa1b2_c3d4u32, 0x0004_0002, 0, 0, 65_535, 1].iter().flat_map(|w| w.to_le_bytes()).collect();
    for (at, question) in questions.iter().enumerate() {
        let answer = message(workload, *question);
        let mut asked = answer[..answer.len() - 32].to_vec();
        (asked[2], asked[7]) = (0, 0);
        for (payload, ports, ends) in
            [(&asked, [4711u16, 53], [CLIENT, [192, 0, 2, 53]]), (&answer, [53, 4711], [[192, 0, 2, 53], CLIENT])]
        {
            let mut packet = vec![0; 12];
            packet.extend([8, 0, 0x45, 0]);
            packet.extend((payload.len() as u16 + 28).to_be_bytes());
            packet.extend([0, 1, 0, 0, 64, 17, 0, 0]);
            packet.extend(ends.concat());
            packet.extend(ports.iter().flat_map(|port| port.to_be_bytes()));
            packet.extend((payload.len() as u16 + 8).to_be_bytes());
            packet.extend([0, 0]);
            packet.extend(payload);
            let length = packet.len() as u32;
            file.extend([moment(at), 0, length, length].iter().flat_map(|word| word.to_le_bytes()));
            file.extend(packet);
        }
    }
    file
}

fn log(workload: &Workload, questions: &[u32]) -> Vec<u8> {
    let mut text = b"#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\ttrans_id\trtt\tquery\tqclass\tqclass_name\tqtype\tqtype_name\trcode\trcode_name\tAA\tTC\tRD\tRA\tZ\tanswers\tTTLs\trejected\n".to_vec();
    for (at, question) in questions.iter().enumerate() {
        let addresses =
            [0, 1].map(|number| std::net::Ipv4Addr::from(0x0a00_0000 | (question * 2 + number) & 0x00ff_ffff));
        let line = format!(
            "{}.865716\tCqKst53mF3det3eDV9\t203.0.113.99\t41772\t192.0.2.53\t53\tudp\t36329\t0.000870\t{}\t1\tC_INTERNET\t1\tA\t0\tNOERROR\tF\tF\tT\tT\t0\t{},{}\t300.000000,300.000000\tF\n",
            moment(at),
            name(workload, *question),
            addresses[0],
            addresses[1],
        );
        text.extend(line.into_bytes());
    }
    text
}

fn cof_lines(workload: &Workload, count: u32) -> Vec<u8> {
    let mut text = Vec::new();
    for (_, observation) in workload.stream(count.into()) {
        cof::write_line(&mut text, &CofRecord { observation, zone_time: false });
    }
    text
}
