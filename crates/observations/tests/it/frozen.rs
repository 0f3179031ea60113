//! Format 1 is read for ever: a small store that an earlier version wrote, with every key space, a log and a manifest, and
//! what it answered then. `tests/format-1` is never made anew; `docs/observation-format.md` says what a later version must do.

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{Counting, Field, Network, NetworkRecord, Rdata, Readable, RecordType, Seen, SuffixList, Time, Tuple};
use observations::{
    Appended, Batch, BatchId, Cursor, Matching, Options, Query, Record, Snapshot, Store, Subject, ValueQuery,
};

use crate::chance::{self, Chance, DAY, START};

/// The list by which it was written.
fn frozen_options() -> Options {
    Options { suffixes: Arc::new(SuffixList::parse("// VERSION: frozen\nexample\ntest\n")), ..crate::options() }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format-1")
}

fn id(number: u8) -> BatchId {
    BatchId([number; 16])
}

fn seen(seen: &Seen) -> String {
    let spells = seen.spells.iter().map(|spell| {
        let (first, last) = (spell.span.first().0, spell.span.last().0);
        format!("{first}-{last}{}", if spell.reported { "r" } else { "" })
    });
    let spells: Vec<String> = spells.collect();
    format!("{}..{} x{} [{}]", seen.span.first().0, seen.span.last().0, seen.count, spells.join(" "))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn put_record(out: &mut String, record: &Record) {
    let Tuple { rrname, rrtype, bailiwick, rdata } = &record.tuple;
    let _ = write!(out, "  {rrname} {} {bailiwick:?} {}", rrtype.0, hex(rdata.as_octets()));
    for (source, said) in &record.sightings {
        let _ = write!(out, "; {source} {}", seen(said));
    }
    out.push('\n');
}

fn put_dns(out: &mut String, snapshot: &Snapshot) {
    let label: Box<[u8]> = b"www".as_slice().into();
    let name = |text: &str| text.parse().expect("a name");
    let long = [&[200][..], &[b'x'; 200]].concat();
    let subjects = [
        ("all", Subject::Within(name("."))),
        ("www.*", Subject::Beginning(vec![label])),
        ("name", Subject::Name(name("a.example"))),
        ("within", Subject::Within(name("b.example"))),
        ("0.0.0.0/0", Subject::Prefix("0.0.0.0/0".parse().expect("a prefix"))),
        ("::/0", Subject::Prefix("::/0".parse().expect("a prefix"))),
        ("address", Subject::Address([192, 0, 2, 1].into())),
        ("*.target", Subject::TargetWithin(name("."))),
        ("target", Subject::Target(name("ns.a.example"))),
        ("text", Subject::Rdata(b"\x02hi".to_vec())),
        ("long text", Subject::Rdata(long)),
    ];
    for (what, subject) in subjects {
        let page = snapshot.dns(&Query::new(subject, Readable::All, usize::MAX >> 1)).expect("an answer");
        let _ = writeln!(out, "{what}: {}", page.rows.len());
        page.rows.iter().for_each(|record| put_record(out, record));
    }
}

fn put_registrations(out: &mut String, snapshot: &Snapshot) {
    for domain in chance::domains() {
        let first = snapshot.first_arrival(&domain, &Readable::All).expect("an answer");
        let _ = writeln!(out, "{domain}: first {:?}", first.map(|first| first.0));
        for version in snapshot.registrations(&domain, &Readable::All).expect("an answer") {
            let (hash, said) = (hex(&version.hash), seen(&version.seen));
            let _ = writeln!(out, "  {} {hash} parser {} {said}", version.source, version.parser);
            for atom in version.registration.atoms() {
                let _ = writeln!(out, "    {} {} {}", atom.field, atom.role, atom.value);
            }
            for raw in snapshot.raw(&version).expect("an answer") {
                let _ = writeln!(out, "    {} {}", raw.server, hex(&raw.body));
            }
        }
    }
    let suffix = (Field::Email, Matching::Suffix("@mail.example".into()));
    let fields = Field::ALL.iter().map(|field| (*field, Matching::Prefix(String::new())));
    for (field, matching) in fields.chain([suffix]) {
        let query = ValueQuery { matching, ..ValueQuery::exact(field, None, "", Readable::All, 10_000) };
        let page = snapshot.registered_with(&query).expect("an answer");
        let _ = writeln!(out, "{field}: {}", page.rows.len());
        for hit in page.rows {
            let _ = writeln!(out, "  {} {} {} {} {}", hit.value, hit.role, hit.domain, hit.source, seen(&hit.seen));
        }
    }
}

fn put_rest(out: &mut String, snapshot: &Snapshot) {
    let none: Option<Cursor> = None;
    let arrivals = snapshot.arrivals(Time(0), Time(START * 2), &Readable::All, 10_000, none).expect("an answer");
    for arrival in arrivals.rows {
        let _ = writeln!(out, "arrived {} {} {}", arrival.hour.0, arrival.domain, arrival.source);
    }
    for address in ["192.0.2.9", "198.51.100.1", "2001:db8::1"] {
        for found in snapshot.networks(address.parse().expect("an address"), &Readable::All).expect("an answer") {
            let Network { name, origins, holder, .. } = &found.network;
            let holder = holder.holder.as_deref().unwrap_or_default();
            let said = seen(&found.seen);
            let _ = writeln!(out, "{address} {} {name:?} {origins:?} {holder} {} {said}", found.prefix, found.source);
        }
    }
}

/// Everything that a store says, in words that no later version changes.
fn said(store: &Store) -> String {
    let mut out = String::new();
    for source in store.sources().iter().filter(|source| !source.name.starts_with("unused")) {
        let (kind, counting) = (source.kind, source.counting);
        let (licence, kept) = (source.licence.as_deref().unwrap_or("-"), source.retention_days);
        let _ = writeln!(out, "{} {} {kind} {counting} {licence} {kept:?}", source.id, source.name);
    }
    let snapshot = store.snapshot();
    put_dns(&mut out, &snapshot);
    put_registrations(&mut out, &snapshot);
    put_rest(&mut out, &snapshot);
    out
}

fn copied(to: &Path) {
    for entry in fs::read_dir(fixture()).expect("the fixture is there") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none() {
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    }
}

#[test]
fn format_1_is_read_for_ever() {
    let expected = fs::read_to_string(fixture().join("said.txt")).expect("the fixture is there");
    let dir = tempfile::tempdir().expect("a directory");
    copied(dir.path());
    let reader = Store::open_reader(dir.path(), frozen_options()).expect("opened to read");
    assert!(said(&reader) == expected, "read beside a writer, it says something else:\n{}", said(&reader));
    crate::assert_clean(&reader);
    drop(reader);
    let store = Store::open(dir.path(), frozen_options()).expect("opened to write");
    assert!(said(&store) == expected, "opened to write, it says something else:\n{}", said(&store));
    for number in [1, 2, 3, 4] {
        let batch = Batch { id: Some(id(number)), ..Chance(1).batch(model::SourceId(1), Time(START), 5) };
        assert_eq!(store.append(batch).expect("appended"), Appended::Known, "batch {number}");
    }
    store.compact(true).expect("compacted");
    assert!(said(&store) == expected, "compacted, it says something else:\n{}", said(&store));
    crate::assert_clean(&store);
}

fn tuple(rrname: &str, rrtype: u16, rdata: &[u8]) -> model::Observation {
    let tuple = Tuple {
        rrname: rrname.parse().expect("a name"),
        rrtype: RecordType(rrtype),
        bailiwick: Some(1),
        rdata: Rdata::from_canonical(rdata),
    };
    model::Observation { tuple, span: model::Span::at(Time(START + 5)), count: 7 }
}

/// Rows of each kind that keys tell apart.
fn kinds() -> Vec<model::Observation> {
    let wire = |text: &str| text.parse::<model::Name>().expect("a name").as_wire().to_vec();
    let soa = [wire("ns.a.example"), wire("root.a.example"), vec![7; 20]].concat();
    vec![
        tuple("www.a.example", 1, &[192, 0, 2, 1]),
        tuple("www.a.example", 28, &[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        tuple("a.example", 2, &wire("ns.a.example")),
        tuple("a.example", 6, &soa),
        tuple("a.example", 15, &[&[0, 10][..], &wire("mail.b.example")].concat()),
        tuple("_sip._tcp.a.example", 33, &[&[0, 1, 0, 2, 0, 80][..], &wire("sip.b.example")].concat()),
        tuple("a.example", 16, b"\x02hi"),
        tuple("a.example", 16, &[&[200][..], &[b'x'; 200]].concat()),
        tuple("a.example", 65_280, b"\0\x01\xff"),
        tuple(r"\000\001.odd\000.test", 1, &[192, 0, 2, 200]),
    ]
}

fn network(prefix: &str, name: &str, day: i64) -> NetworkRecord {
    let prefix: model::Prefix = prefix.parse().expect("a prefix");
    let mut network = Network::block(prefix.first(), prefix.last());
    (network.name, network.origins) = (Some(name.into()), vec![64_496]);
    network.holder.holder = Some("Example Hosting".into());
    NetworkRecord { network, observed: Time(START + day * DAY) }
}

/// How the fixture was made, once. Kept to make that of the next format.
#[test]
#[ignore = "writes the fixture of a new format"]
fn write_the_fixture() {
    let dir = fixture();
    fs::create_dir(&dir).expect("there is none yet");
    let store = Store::open(&dir, frozen_options()).expect("opened");
    let add = |name: &str, counting, kept| {
        let licence = (counting == Counting::Statement).then(|| "CC0".to_owned());
        let source = model::Source { licence, retention_days: kept, ..chance::source(name, counting) };
        store.add_source(source).expect("added").id
    };
    let (sensor, export) = (add("sensor", Counting::Stream, Some(3650)), add("export", Counting::Statement, None));
    let (dropped, aged) = (add("dropped", Counting::Stream, None), add("aged", Counting::Stream, None));
    for number in 5..300 {
        add(&format!("unused-{number}"), Counting::Stream, None);
    }
    let wide = add("wide", Counting::Stream, None);
    let mut chance = Chance(1);
    let mut append = |number: u8, source, day: i64, rows: usize| {
        let mut batch = chance.batch(source, Time(START + day * DAY), 0);
        batch.id = Some(id(number));
        batch.observations = (0..rows).map(|_| chance.observation()).chain(kinds()).collect();
        batch.registrations = (0..rows / 8).map(|_| chance.registration()).collect();
        batch.networks = vec![network("192.0.2.0/24", "ONE", day), network("2001:db8::/32", "TWO", day)];
        store.append(batch).expect("appended");
    };
    append(1, sensor, 0, 40);
    append(5, dropped, 0, 30);
    store.flush().expect("flushed");
    append(6, aged, 1, 30);
    append(2, export, 1, 30);
    store.compact(true).expect("compacted");
    store.drop_source(dropped).expect("dropped");
    store.limit_age(aged, Time(START + 20 * DAY)).expect("limited");
    append(3, wide, 2, 30);
    store.flush().expect("flushed");
    append(4, sensor, 3, 30);
    fs::write(dir.join("said.txt"), said(&Store::open_reader(&dir, frozen_options()).expect("opened")))
        .expect("written");
    drop(store);
    let _ = fs::remove_file(dir.join("lock"));
}
