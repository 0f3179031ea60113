//! The worked examples of `docs/observation-format.md`: what the code writes is what the document says, octet by octet.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Contact, Counting, Disclosed, Exposure, Name, Observation, RawAnswer, Rdata, RecordType, Registration, Role, Scope,
    Source, SourceId, SourceKind, Span, SuffixList, Time, Tuple,
    registration::{Protocol, State},
};

use crate::{
    batch::{Batch, BatchId},
    block::{BlockBuilder, Value, put_extra},
    column::put_column,
    disk::{Disk, RealDisk},
    filter::Filter,
    frame::Packer,
    freeze::arrival_hour,
    hash::{hash64, hash128},
    key,
    log::LogWriter,
    manifest::Manifest,
    octets::{put_string, put_varint, put_zigzag},
    part::Gatherer,
    record::put_batch,
    registration::{self, Payload},
    segment::encode_tail,
    sighting::Sighting,
    tuple::{put_forward, split_forward},
    view::{AgeLimit, DropMark},
    writer::{SegmentWriter, Target},
};

const GAP: i64 = 604_800;

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn tuple(rrname: &str, rrtype: RecordType, bailiwick: Option<u8>, rdata: &[u8]) -> Tuple {
    Tuple { rrname: name(rrname), rrtype, bailiwick, rdata: Rdata::from_canonical(rdata) }
}

fn address() -> Tuple {
    tuple("www.example.com", RecordType::A, Some(2), &[192, 0, 2, 1])
}

fn made(make: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    make(&mut out);
    out
}

fn forward(tuple: &Tuple) -> Vec<u8> {
    made(|out| put_forward(out, tuple, SourceId(1)))
}

fn inverse(tuple: &Tuple) -> Vec<Vec<u8>> {
    let forward = forward(tuple);
    let mut keys = Vec::new();
    split_forward(&forward).unwrap().inverse(&mut Vec::new(), |key| keys.push(key.to_vec()));
    keys
}

fn registration() -> Registration {
    Registration {
        state: State::Registered,
        created: Some(Time(1_700_000_000)),
        registrant: Contact {
            handle: Disclosed::Stated("C-1".into()),
            scope: Some(Scope::Registrar(4711)),
            email: Disclosed::Stated("a@b.example".into()),
            name: Disclosed::Redacted("REDACTED".into()),
            ..Contact::default()
        },
        ..Registration::default()
    }
}

fn keys(examples: &mut Vec<(&'static str, Vec<u8>)>) {
    let soa = [name("ns.example.com").as_wire(), name("root.example.com").as_wire(), &[0; 20]].concat();
    let mx = [&[0, 10], name("mail.example.net").as_wire()].concat();
    let text = [&[100][..], &[b'x'; 100]].concat();
    let mut put = |name, octets| examples.push((name, octets));
    put("name", made(|out| key::put_name(out, &name("www.example.com"))));
    put("name-odd", made(|out| key::put_name(out, &name(r"\000\001a.test"))));
    put("source-wide", made(|out| key::put_source(out, SourceId(300))));
    put("forward", forward(&address()));
    let split = forward(&address());
    put("name-forward", made(|out| split_forward(&split).unwrap().put_name(out)));
    let domain = made(|out| {
        out.push(key::DOMAIN);
        key::put_name(out, &name("example.com"));
        out.push(1);
    });
    put("arrival", [&[key::ARRIVAL], &arrival_hour(1_700_000_000 / 3600 * 3600)[..], &domain[1..]].concat());
    put("domain", domain);
    put("batch", [&[key::BATCH][..], &[0xab; 16]].concat());
    put("inverse-address", inverse(&address()).remove(0));
    put("inverse-target", inverse(&tuple("example.com", RecordType::MX, None, &mx)).remove(0));
    put("inverse-second", inverse(&tuple("example.com", RecordType::SOA, Some(2), &soa)).remove(1));
    put("inverse-other", inverse(&tuple("example.com", RecordType::TXT, Some(2), b"\x02hi")).remove(0));
    put("inverse-long", inverse(&tuple("example.com", RecordType::TXT, Some(2), &text)).remove(0));
    let domain = name("example.com");
    put("registration", registration::version_key(&domain, [0xcd; 16], SourceId(1)));
    let mut values = registration::value_keys(&domain, &registration(), SourceId(1));
    put("value", values.swap_remove(0));
    put("email", values.into_iter().find(|key| key[0] == key::EMAIL).unwrap());
    put("raw", [&[key::RAW][..], &hash128(b"\x01\x05whoisDomain: example.com")].concat());
}

fn values(examples: &mut Vec<(&'static str, Vec<u8>)>) {
    let mut put = |name, octets| examples.push((name, octets));
    put("registration-fields", registration::encode(&registration()));
    let registration = Registration { state: State::Available, ..Registration::default() };
    put("payload", Payload { parser: 3, observed: 1_700_000_000, registration, raw: vec![[0xef; 16]] }.encode());
    let raw = RawAnswer { protocol: Protocol::Whois, server: "whois".into(), body: b"Domain: example.com".to_vec() };
    put("raw-value", registration::encode_raw(&raw));
    put("column", made(|out| put_column(out, &[1000, 1002, 1300])));
    let mut builder = BlockBuilder::default();
    let mut push = |key: &[u8], sighting: &Sighting| {
        let &Sighting { first, last, count, .. } = sighting;
        let extra = made(|out| put_extra(out, sighting, &[]));
        builder.push(key, None, &Value { first, last, count, extra: &extra });
    };
    push(b"\x01abc\0\0", &Sighting::new(1_700_000_000, 1_700_000_060, 5, GAP));
    let mut spells = Sighting::new(1_700_000_000, 1_700_000_000, 1, GAP);
    spells.merge(&Sighting::new(1_800_000_000, 1_800_000_060, 2, GAP), Counting::Stream, GAP);
    push(b"\x01abd\0\0", &spells);
    put("block", made(|out| builder.finish(out)));
}

fn files(examples: &mut Vec<(&'static str, Vec<u8>)>) {
    let mut put = |name, octets| examples.push((name, octets));
    put("varint", made(|out| put_varint(out, 300)));
    put("zigzag", made(|out| put_zigzag(out, -2)));
    put("string", made(|out| put_string(out, b"abc")));
    put("hash", hash128(b"abc").to_vec());
    put("frame", made(|out| Packer::new(None).unwrap().put(out, b"abc").unwrap()));
    put("filter", Filter::of(&[hash64(b"abc")]).encode());
    put("tail", encode_tail([12, 34]));
    put("segment", segment());
    let mut parts = Gatherer::default();
    parts.add(1, Some(model::Field::Email), b"a@b.example");
    parts.end_block();
    put("signatures", parts.take());
    put("log", log());
    put("manifest", manifest().encode());
}

fn segment() -> Vec<u8> {
    let disk: Disk = Arc::new(RealDisk);
    let target = Target { path: None, lane: 0, sequences: (1, 2), level: None };
    let suffixes = Arc::new(SuffixList::parse("// VERSION: 1\ncom\n"));
    let mut writer = SegmentWriter::new(&disk, suffixes, target).unwrap();
    writer.push(&forward(&address()), &Sighting::new(1_700_000_000, 1_700_000_060, 5, GAP), &[]).unwrap();
    writer.finish().unwrap().unwrap().octets().unwrap()
}

fn log() -> Vec<u8> {
    let span = Span::new(Time(1_700_000_000), Time(1_700_000_060)).unwrap();
    let batch = Batch {
        id: Some(BatchId([0xab; 16])),
        source: SourceId(1),
        arrived: Time(1_700_000_100),
        observations: vec![Observation { tuple: address(), span, count: 5 }],
        registrations: Vec::new(),
        networks: Vec::new(),
        parser: 0,
    };
    let mut record = Vec::new();
    put_batch(&mut record, &batch, 1).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let disk: Disk = Arc::new(RealDisk);
    let mut writer = LogWriter::create(&disk, dir.path(), 1).unwrap();
    writer.append(&record).unwrap();
    std::fs::read(writer.path).unwrap()
}

fn manifest() -> Manifest {
    Manifest {
        generation: 7,
        gap: GAP,
        newest_arrival: 1_700_000_100,
        next_file: 4,
        sequence: 12,
        first_log: 3,
        sources: vec![Source {
            id: SourceId(1),
            name: "sensor".into(),
            kind: SourceKind::Sensor,
            counting: Counting::Stream,
            exposure: Exposure::Nobody,
            population: true,
            licence: None,
            retention_days: Some(90),
        }],
        drops: vec![DropMark { source: SourceId(1), sequence: 9 }],
        ages: vec![AgeLimit { source: SourceId(1), last_seen: Time(1_600_000_000) }],
        segments: vec!["seg-00000003".into()],
    }
}

fn documented() -> BTreeMap<String, Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/observation-format.md");
    let text = std::fs::read_to_string(path).unwrap();
    let mut examples = BTreeMap::new();
    let mut current: Option<String> = None;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("```hex ") {
            current = Some(name.trim().to_owned());
        } else if line.starts_with("```") {
            current = None;
        } else if let Some(name) = &current {
            let digits: String = line.split(';').next().unwrap().split_whitespace().collect();
            let octets = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap());
            examples.entry(name.clone()).or_insert_with(Vec::new).extend(octets);
        }
    }
    examples
}

#[test]
fn every_example_is_what_the_code_writes() {
    let mut examples = Vec::new();
    keys(&mut examples);
    values(&mut examples);
    files(&mut examples);
    let mut documented = documented();
    let mut wrong = Vec::new();
    for (name, octets) in examples {
        if documented.remove(name).as_deref() != Some(octets.as_slice()) {
            let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            wrong.push(format!("{name} {hex}"));
        }
    }
    assert!(wrong.is_empty(), "the document says something else of\n{}", wrong.join("\n"));
    assert!(documented.is_empty(), "no test makes {:?}", documented.keys());
}

/// The numbers of fields, states and roles, as the document's tables have them.
#[test]
fn every_number_is_in_the_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/observation-format.md");
    let text = std::fs::read_to_string(path).unwrap();
    for field in model::Field::ALL {
        let number = registration::field_front(*field)[1];
        assert!(text.contains(&format!("| {number} | {field} |")), "{field}");
    }
    for role in Role::ALL {
        let number = registration::role_number(*role);
        assert!(text.contains(&format!("| {number} | {role} |")), "{role}");
    }
    for state in State::ALL {
        let number = registration::state_number(*state);
        assert!(text.contains(&format!("| {number} | {state} |")), "{state}");
    }
}
