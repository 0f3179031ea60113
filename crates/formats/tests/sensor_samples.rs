//! Captures and dnstap files of others, which stay outside the repository: what is read of them, against what their
//! publishers and other programs say is in them. Each difference is in a table here, with its reason; the score is
//! printed.

#![allow(clippy::print_stdout, reason = "the score is for people to see")]
#![allow(clippy::unwrap_used, reason = "what is not as it should be fails the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::BufReader,
    path::{Path, PathBuf},
};

use formats::{
    capture::{DNS_PORT, Decoder, Losses, Reader},
    dns::{Asked, Message, Reason, Record, Refused, Section, WireName, select},
    dnstap::{self, Kind},
    frame_stream::{self, ControlKind, Frame},
    zeek,
    zone::ZoneFile,
};
use model::{Name, Rdata, RecordType, SuffixList, Time};
use serde_json::Value;

/// The folder of samples; where it is absent the test is skipped, or fails where samples are required.
fn samples() -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dns"));
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", folder.display());
    println!("skipped: no samples at {}", folder.display());
    None
}

fn json_lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What is in a capture: for each frame that completes a message its number, time and the message.
struct Read {
    messages: Vec<(u64, i64, Vec<u8>)>,
    losses: Losses,
    damaged: Option<String>,
}

fn read_capture(path: &Path) -> Read {
    let mut reader = Reader::new(BufReader::new(File::open(path).unwrap())).unwrap();
    let mut decoder = Decoder::new(&[DNS_PORT]);
    let (mut messages, mut number) = (Vec::new(), 0);
    let damaged = loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                number += 1;
                decoder.feed(&frame, |message| messages.push((number, frame.time, message.to_vec())));
            }
            Ok(None) => break None,
            Err(error) => break Some(error.to_string()),
        }
    };
    Read { messages, losses: decoder.losses(), damaged }
}

type Row = (String, String, Vec<u8>);

/// A record as a row; where its data do not fit the type, none.
fn row(record: &Record<'_>) -> Option<Row> {
    let mut data = Vec::new();
    record.data(&mut data)?;
    let data = Rdata::from_wire(record.rrtype, &data).ok()?;
    let name = Name::from_wire(record.name()?.as_wire()).unwrap();
    Some((name.to_string(), record.rrtype.to_string(), data.as_octets().to_vec()))
}

fn expected_row(line: &Value) -> Row {
    let text = |field: &str| line[field].as_str().unwrap();
    let rrtype: RecordType = text("rrtype").parse().unwrap();
    let name = Name::parse(text("rrname").as_bytes()).unwrap();
    let data = Rdata::from_text(rrtype, text("rdata")).unwrap_or_else(|error| panic!("{line}: {error}"));
    (name.to_string(), rrtype.to_string(), data.as_octets().to_vec())
}

fn section_text(section: Section) -> &'static str {
    match section {
        Section::Answer => "answer",
        Section::Authority => "authority",
        Section::Additional => "additional",
    }
}

fn captures(folder: &Path) -> Vec<(String, PathBuf)> {
    let list: Value = serde_json::from_slice(&fs::read(folder.join("captures.json")).unwrap()).unwrap();
    let entry = |capture: &Value| {
        (capture["capture"].as_str().unwrap().to_owned(), folder.join(capture["file"].as_str().unwrap()))
    };
    list.as_array().unwrap().iter().map(entry).collect()
}

/// Counts both sides of a comparison, row by row.
fn difference<K: Ord + Clone>(expected: &[K], found: &[K]) -> (usize, Vec<K>, Vec<K>) {
    let mut counts = BTreeMap::<K, i64>::new();
    expected.iter().for_each(|row| *counts.entry(row.clone()).or_default() += 1);
    found.iter().for_each(|row| *counts.entry(row.clone()).or_default() -= 1);
    let repeated = |sign: i64| {
        let rows = counts.iter().filter(move |(_, count)| **count * sign > 0);
        rows.flat_map(|(row, count)| std::iter::repeat_n(row.clone(), count.unsigned_abs() as usize))
            .collect::<Vec<_>>()
    };
    let (missing, surplus) = (repeated(1), repeated(-1));
    (expected.len() - missing.len(), missing, surplus)
}

/// Captures that are read otherwise than expected: how many records are missing and surplus, and how many messages the
/// other program could not read, and why that is right.
const RECORDS_OTHERWISE: &[(&str, [usize; 3], &str)] = &[
    ("zeek_dns_dns-edns-bad-length", [0, 1, 1], "an option of EDNS is wrong, which nobody here reads"),
    (
        "zeek_dns_svcb-alpn-malformed-len-too-long",
        [0, 1, 1],
        "one parameter of many contradicts itself; it is kept as it came",
    ),
    (
        "suricata_dns_dns-answer-emptydata_input",
        [0, 2, 1],
        "the other program lacks the key of a TSIG; an UPDATE is refused later",
    ),
    ("suricata_dns_dns-incomplete_input", [2, 0, 0], "port 5353, which is not looked at unless asked for"),
];
/// Captures that end in the middle of something.
const INCOMPLETE: &[(&str, &str)] =
    &[("zeek_ipv6-fragmented-dns", "the second fragment of one packet is not in the capture")];

#[test]
fn every_record_of_every_capture() {
    let Some(folder) = samples() else { return };
    let expected = json_lines(&folder.join("expected_records.jsonl"));
    let (mut right, mut total, mut undecodable) = (0, 0, 0);
    let captures = captures(&folder);
    for (capture, path) in &captures {
        let read = read_capture(path);
        let of_capture = expected.iter().filter(|line| line["capture"] == capture.as_str());
        let (unread, lines): (Vec<&Value>, Vec<&Value>) =
            of_capture.partition(|line| line.get("undecodable").is_some());
        let wanted: Vec<_> = lines.iter().filter(|line| line.get("rrname").is_some()).map(|line| place(line)).collect();
        let (found, refused) = records(&read);
        let (same, missing, surplus) = difference(&wanted, &found);
        (right, total, undecodable) = (right + same, total + wanted.len(), undecodable + refused.len());
        let unread: Vec<u64> = unread.iter().map(|line| line["frame"].as_u64().unwrap()).collect();
        let otherwise = [missing.len(), surplus.len(), unread.len().abs_diff(refused.len())];
        let known = RECORDS_OTHERWISE.iter().find(|(name, ..)| name == capture);
        let allowed = known.map_or([0, 0, 0], |(_, counts, _)| *counts);
        assert_eq!(otherwise, allowed, "{capture}: missing {missing:?} surplus {surplus:?} {unread:?} {refused:?}");
        let whole = read.losses == Losses::default() && read.damaged.is_none();
        assert!(whole != INCOMPLETE.iter().any(|(name, _)| name == capture), "{capture}: {:?}", read.losses);
    }
    println!("captures: {}; records: {right} of {total} as expected; messages refused: {undecodable}", captures.len());
    RECORDS_OTHERWISE.iter().for_each(|(capture, counts, why)| println!("  {capture} {counts:?}: {why}"));
    assert!(right >= 2475);
}

type Place = (u64, &'static str, Row);

fn place(line: &Value) -> Place {
    let section = line["section"].as_str().unwrap();
    let known = [Section::Answer, Section::Authority, Section::Additional].map(section_text);
    (line["frame"].as_u64().unwrap(), known.into_iter().find(|known| *known == section).unwrap(), expected_row(line))
}

/// All records of all responses, and the frames of those that cannot be read.
fn records(read: &Read) -> (Vec<Place>, Vec<u64>) {
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for (number, _, octets) in &read.messages {
        let rows = Message::parse(octets).ok().map(|message| {
            let records = message.records().filter(|record| message.is_response() && record.rrtype != RecordType::OPT);
            records.map(|record| Some((*number, section_text(record.section), row(&record)?))).collect()
        });
        match rows.flatten() {
            Some(rows) => found.extend::<Vec<Place>>(rows),
            None => refused.push(*number),
        }
    }
    (found, refused)
}

type Tally = BTreeMap<(String, Row), (i64, i64, u64)>;

/// What a sensor would say of messages; a resolver's answers are believed, as the expected records have it.
fn tally(of: &str, messages: &[(i64, Vec<u8>)], zone: Option<&WireName>, tally: &mut Tally, refused: &mut Refused) {
    let suffixes = SuffixList::bundled();
    let asked = Asked { zone, resolver: true, suffixes: &suffixes };
    let mut scratch = Vec::new();
    for (time, octets) in messages {
        let Ok(message) = Message::parse(octets) else {
            refused.add(Reason::Malformed, 1);
            continue;
        };
        let mut carried = BTreeSet::new();
        select(&message, &asked, &mut scratch, refused, |answer| {
            let Ok(data) = Rdata::from_wire(answer.rrtype, answer.data) else { return };
            let name = Name::from_wire(answer.name).unwrap().to_string();
            if answer.section == Section::Answer {
                carried.insert((name, answer.rrtype.to_string(), data.as_octets().to_vec()));
            }
        });
        for row in carried {
            let seen = tally.entry((of.to_owned(), row)).or_insert((*time, *time, 0));
            *seen = (seen.0.min(*time), seen.1.max(*time), seen.2 + 1);
        }
    }
}

/// Why answers that others list are not taken, with the number of records.
const ANSWERS_OTHERWISE: &[(&str, usize, &str)] = &[
    ("suricata_dns_dns-incomplete_input", 1, "port 5353, which is not looked at unless asked for"),
    ("zeek_dns-inverse-query", 1, "an inverse query (RFC 3425 ends them): no answer to a name"),
    ("zeek_dns_svcb-alpn-malformed-len-too-long", 1, "taken: one parameter contradicts itself and is kept as it came"),
];

#[test]
fn the_answers_of_every_capture() {
    let Some(folder) = samples() else { return };
    let (mut found, mut refused) = (Tally::new(), Refused::default());
    for (capture, path) in captures(&folder) {
        let messages: Vec<_> =
            read_capture(&path).messages.into_iter().map(|(_, time, octets)| (time, octets)).collect();
        tally(&capture, &messages, None, &mut found, &mut refused);
    }
    let number = |line: &Value, field: &str| line[field].as_i64().unwrap();
    let wanted: Tally = json_lines(&folder.join("expected_cof.jsonl"))
        .iter()
        .map(|line| {
            let seen = (number(line, "time_first"), number(line, "time_last"), number(line, "count") as u64);
            ((line["capture"].as_str().unwrap().to_owned(), expected_row(line)), seen)
        })
        .collect();
    let (found, wanted): (Vec<_>, Vec<_>) = (found.into_iter().collect(), wanted.into_iter().collect());
    let (right, missing, surplus) = difference(&wanted, &found);
    println!("answers: {right} of {} as expected; refused: {:?}", wanted.len(), refused.iter().collect::<Vec<_>>());
    let mut by_capture = BTreeMap::<&str, usize>::new();
    missing.iter().chain(&surplus).for_each(|((capture, _), _)| *by_capture.entry(capture).or_default() += 1);
    let otherwise: BTreeMap<&str, usize> = ANSWERS_OTHERWISE.iter().map(|(name, count, _)| (*name, *count)).collect();
    ANSWERS_OTHERWISE.iter().for_each(|(capture, count, why)| println!("  {capture} {count}: {why}"));
    assert_eq!(by_capture, otherwise, "missing {missing:#?} surplus {surplus:#?}");
}

/// The frames of a dnstap file.
fn frames(path: &Path) -> Vec<Vec<u8>> {
    let mut input = BufReader::new(File::open(path).unwrap());
    let (mut frames, mut buffer, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        match frame_stream::read(&mut input, &mut buffer).unwrap() {
            Frame::Data => frames.push(buffer.clone()),
            Frame::Control(control) => {
                assert!(control.allows_dnstap());
                kinds.push(control.kind);
            }
            Frame::End => break,
        }
    }
    assert_eq!(kinds, [ControlKind::Start, ControlKind::Stop]);
    frames
}

/// What BIND itself says is in a file: for each message its kind and its answers.
fn by_bind(path: &Path) -> Vec<(String, Vec<Row>)> {
    let text = String::from_utf8(zstd::decode_all(File::open(path).unwrap()).unwrap()).unwrap();
    let (mut messages, mut section) = (Vec::<(String, Vec<Row>)>::new(), "");
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("  type: ") {
            messages.push((kind.to_owned(), Vec::new()));
        } else if line.ends_with("_SECTION:") {
            section = line.trim();
        } else if let Some(record) = line.strip_prefix("      - '").filter(|_| section == "ANSWER_SECTION:") {
            messages.last_mut().unwrap().1.push(yaml_row(record.strip_suffix('\'').unwrap()));
        }
    }
    messages
}

fn yaml_row(record: &str) -> Row {
    let record = record.replace("''", "'");
    let mut fields = record.splitn(5, ' ');
    let (name, rrtype) = (fields.next().unwrap(), fields.nth(2).unwrap());
    let rrtype: RecordType = rrtype.parse().unwrap();
    let data = Rdata::from_text(rrtype, fields.next().unwrap()).unwrap_or_else(|error| panic!("{record}: {error}"));
    let name = Name::parse(name.as_bytes()).unwrap();
    (name.to_string(), rrtype.to_string(), data.as_octets().to_vec())
}

#[test]
fn dnstap_files_are_read_as_bind_reads_them() {
    let Some(folder) = samples() else { return };
    let folder = folder.join("dnstap");
    for (file, taken) in [("resolver", 419), ("auth_queries", 0)] {
        let frames = frames(&folder.join(format!("{file}.tap")));
        let bind = by_bind(&folder.join(format!("{file}.expected.yaml.zst")));
        assert_eq!(frames.len(), bind.len());
        let (mut records, mut answers) = (0, 0);
        for (frame, (kind, rows)) in frames.iter().zip(&bind) {
            let read = dnstap::parse(frame).unwrap();
            assert_eq!(read.kind != Kind::Other, kind.ends_with("_RESPONSE"));
            let Some(response) = read.response else { continue };
            assert!(read.time.is_some_and(|time| (1_795_000_000..1_796_000_000).contains(&time)));
            assert_eq!(read.zone.is_some(), read.kind == Kind::ResolverResponse);
            let message = Message::parse(response).unwrap();
            let found: Vec<Row> = message
                .records()
                .filter(|record| record.section == Section::Answer)
                .map(|record| row(&record).unwrap())
                .collect();
            assert_eq!(&found, rows);
            (records, answers) = (records + found.len(), answers + 1);
        }
        println!("{file}.tap: {} frames, {answers} responses, {records} records as BIND has them", frames.len());
        assert_eq!(answers, taken);
    }
}

/// Whatever is changed in a capture, nothing panics, and memory stays bounded.
#[test]
fn damaged_captures_are_read_as_far_as_they_go() {
    let Some(folder) = samples() else { return };
    let (mut files, mut messages) = (0, 0);
    let suffixes = SuffixList::bundled();
    let asked = Asked { zone: None, resolver: false, suffixes: &suffixes };
    for (_, path) in captures(&folder) {
        let whole = fs::read(path).unwrap();
        let step = whole.len().div_ceil(64).max(1);
        for at in (0..whole.len().min(200_000)).step_by(step) {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            for octets in [&whole[..at], &changed] {
                files += 1;
                let Ok(mut reader) = Reader::new(octets) else { continue };
                let mut decoder = Decoder::new(&[DNS_PORT, 5353]);
                while let Ok(Some(frame)) = reader.next_frame() {
                    decoder.feed(&frame, |octets| {
                        messages += 1;
                        let Ok(message) = Message::parse(octets) else { return };
                        select(&message, &asked, &mut Vec::new(), &mut Refused::default(), |_| {});
                    });
                }
            }
        }
    }
    println!("{files} damaged captures, {messages} messages");
}

/// A text sample, decompressed where its name says so.
fn text(path: &Path) -> Option<Vec<u8>> {
    if !path.exists() {
        assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no sample at {}", path.display());
        println!("skipped: no sample at {}", path.display());
        return None;
    }
    let file = File::open(path).unwrap();
    let is_packed = path.extension().is_some_and(|end| end == "zst");
    Some(if is_packed { zstd::decode_all(file).unwrap() } else { fs::read(path).unwrap() })
}

/// What a log of Zeek says, and how many of its lines say nothing that is whole.
fn zeek_log(octets: &[u8]) -> (Tally, BTreeMap<String, u64>) {
    let (mut log, mut found, mut refused) = (zeek::Log::default(), Tally::new(), BTreeMap::new());
    for line in octets.split(|octet| *octet == b'\n').filter(|line| !line.is_empty()) {
        match log.line(line) {
            Ok(told) => {
                for o in told.into_iter().flat_map(|told| told.observations) {
                    let rrtype = o.tuple.rrtype.to_string();
                    let row = (o.tuple.rrname.to_string(), rrtype, o.tuple.rdata.as_octets().to_vec());
                    let at = o.span.first().0;
                    let seen = found.entry((String::new(), row)).or_insert((at, at, 0));
                    *seen = (seen.0.min(at), seen.1.max(at), seen.2 + 1);
                }
            }
            Err(error) => *refused.entry(error.reason()).or_default() += 1,
        }
    }
    (found, refused)
}

/// Zeek's log of a network, as tab-separated values and as JSON: the same, and with all that it says beyond doubt.
#[test]
fn logs_of_zeek_say_what_they_say_beyond_doubt() {
    let logs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/logs"));
    let (Some(values), Some(json)) =
        (text(&logs.join("zeek-wrccdc/dns.log.zst")), text(&logs.join("zeek-wrccdc-json/dns.json.zst")))
    else {
        return;
    };
    let ((found, refused), (by_json, _)) = (zeek_log(&values), zeek_log(&json));
    assert!(found == by_json, "both forms of one log say the same");
    let expected = text(&logs.join("zeek-wrccdc/dns_single_answer_expected.jsonl.zst")).unwrap();
    let (mut right, mut total, mut wrong) = (0, 0, Vec::new());
    for line in String::from_utf8(expected).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let number = |field: &str| line[field].as_i64().unwrap();
        let seen = found.get(&(String::new(), expected_row(&line)));
        // A record that is also one of several answers was seen more often, and for longer.
        let holds = seen.is_some_and(|seen| {
            seen.0 <= number("time_first") && seen.1 >= number("time_last") && seen.2 >= number("count") as u64
        });
        (right, total) = (right + usize::from(holds), total + 1);
        if !holds {
            wrong.push(format!("{line} {seen:?}"));
        }
    }
    println!("Zeek: {right} of {total} records as expected, {} in all; lines refused: {refused:?}", found.len());
    assert_eq!(wrong, Vec::<String>::new());

    let Some(other) = text(&logs.join("apt29-eval/day1_combined_zeek.json.zst")) else { return };
    let (found, refused) = zeek_log(&other);
    println!("Zeek, streams of several logs in one: {} records; refused: {refused:?}", found.len());
    assert!(!found.is_empty() && refused.keys().all(|reason| !reason.contains("JSON")), "{refused:?}");
}

/// Zeek's own logs of captures (their times were taken out): whatever they say whole is in the capture.
#[test]
fn logs_of_zeek_agree_with_the_captures() {
    let Some(folder) = samples() else { return };
    let (mut agreed, mut logs) = (0, 0);
    for entry in fs::read_dir(folder.join("zeek-dns-logs")).unwrap() {
        let path = entry.unwrap().path();
        let capture = path.file_name().unwrap().to_string_lossy().replace(".dns.log", "");
        let log = fs::read_to_string(&path).unwrap().replace("XXXXXXXXXX.XXXXXX", "1700000000.0");
        let (said, _) = zeek_log(log.as_bytes());
        let read = read_capture(&folder.join("pcap").join(format!("{capture}.pcap")));
        let rows: BTreeSet<Row> = records(&read).0.into_iter().map(|(_, _, row)| row).collect();
        for (_, row) in said.keys() {
            assert!(rows.contains(row), "{capture}: {row:?}");
            agreed += 1;
        }
        logs += 1;
    }
    println!("Zeek's logs of captures: {logs}, with {agreed} records that say all; each is in its capture");
    assert_eq!(logs, 7);
}

/// A zone file, and what a name server said of the zone over the wire.
#[test]
fn a_zone_file_holds_what_its_server_said() {
    let Some(folder) = samples() else { return };
    let mut file = ZoneFile::new(Some(Name::root()), Time(1));
    let (mut rows, mut refused) = (BTreeSet::new(), Vec::new());
    for line in fs::read(folder.join("dnstap/zone_served.zone")).unwrap().split(|octet| *octet == b'\n') {
        match file.line(line.trim_ascii_end()) {
            Ok(Some(o)) => {
                rows.insert((
                    o.tuple.rrname.to_string(),
                    o.tuple.rrtype.to_string(),
                    o.tuple.rdata.as_octets().to_vec(),
                ));
            }
            Ok(None) => {}
            Err(error) => refused.push(format!("{}: {error}", String::from_utf8_lossy(line))),
        }
    }
    assert_eq!(refused, Vec::<String>::new());
    let bind = by_bind(&folder.join("dnstap/resolver.expected.yaml.zst"));
    let said: BTreeSet<Row> = bind.into_iter().flat_map(|(_, rows)| rows).collect();
    let missing: Vec<&Row> = said.difference(&rows).collect();
    println!("zone file: {} records; of {} that its server said {} are missing", rows.len(), said.len(), missing.len());
    assert_eq!(missing, Vec::<&Row>::new());
}
