//! Reverse WHOIS over many registrations: time to store, size, and time of counts and searches.
//!
//!     cargo bench -p engine --bench registration -- 10000000 [DIRECTORY]
//!
//! Registrations come from `range::bulk` straight into the store; a hundredth of as many more go through the parser as
//! text, to show that both ends meet. A directory that is there already is asked and not filled again.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on a terminal")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use engine::{Engine, track::search::search};
use formats::registration_lines;
use model::{Actor, Counting, Exposure, Source, SourceId, SourceKind, Time, TrackQuery, registration::Protocol};
use observations::{Batch, Interrupt, Options, Store};
use range::{World, bulk};

const NOW: Time = Time(1_790_000_000);
const BATCH: u64 = 50_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let count = arguments.first().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let scratch = tempfile::tempdir().unwrap();
    let dir = arguments.get(1).map_or_else(|| scratch.path().join("store"), PathBuf::from);
    let is_there = dir.exists();
    let store = Store::open(&dir, Options::default()).unwrap();
    if !is_there {
        fill(&store, count);
        text(&store, count / 100);
        let compacting = Instant::now();
        store.compact(true).unwrap();
        println!("compacted in {:.1} s", compacting.elapsed().as_secs_f64());
    }
    println!("{} MiB on disk", octets(&dir) >> 20);
    for space in store.stats().unwrap().spaces.iter().filter(|space| space.rows > 0) {
        println!("  {}: {} rows, {} MiB", space.name, space.rows, space.octets >> 20);
    }
    ask(&Engine::new(store));
}

fn source(store: &Store, name: &str) -> SourceId {
    let source = Source {
        id: SourceId(0),
        name: name.into(),
        kind: SourceKind::Provider,
        counting: Counting::Statement,
        exposure: Exposure::Nobody,
        population: true,
        licence: None,
        retention_days: None,
    };
    store.add_source(source).unwrap().id
}

fn batch(source: SourceId, registrations: Vec<model::RegistrationRecord>) -> Batch {
    Batch { id: None, source, arrived: NOW, observations: Vec::new(), registrations, networks: Vec::new(), parser: 1 }
}

fn fill(store: &Store, count: u64) {
    let source = source(store, "bulk");
    let (began, mut storing) = (Instant::now(), Duration::ZERO);
    for first in (0..count).step_by(BATCH as usize) {
        let last = count.min(first + BATCH);
        let records = (first..last).map(|number| bulk::registration(number, count, NOW)).collect();
        let before = Instant::now();
        store.append(batch(source, records)).unwrap();
        storing += before.elapsed();
    }
    store.flush().unwrap();
    println!(
        "{count} registrations in {:.1} s, of these {:.1} s storing: {:.0} a second",
        began.elapsed().as_secs_f64(),
        storing.as_secs_f64(),
        count as f64 / storing.as_secs_f64()
    );
}

/// Registrations of a world as answers of servers, through the parser.
fn text(store: &Store, domains: u64) {
    let world = World::generated(1, domains as usize);
    let defaults =
        registration_lines::Defaults { protocol: Protocol::Whois, server: String::new(), observed: world.now() };
    let (mut read, mut reading) = (0, Duration::ZERO);
    for known in world.sources() {
        let lines: Vec<String> = world.registration_lines(&known.name, world.now()).collect();
        if lines.is_empty() {
            continue;
        }
        let source = source(store, &known.name);
        let before = Instant::now();
        for lines in lines.chunks(BATCH as usize) {
            let parsed =
                lines.iter().filter_map(|line| registration_lines::parse_line(line.as_bytes(), &defaults).unwrap());
            let records: Vec<_> = parsed.map(|line| line.record).collect();
            read += records.len();
            store.append(batch(source, records)).unwrap();
        }
        reading += before.elapsed();
    }
    println!("{read} answers read and stored: {:.0} a second", read as f64 / reading.as_secs_f64());
}

fn ask(engine: &Engine) {
    let actor = Actor::local("bench");
    // Somebody with about a thousand domains, and nobody's neighbour in the alphabet.
    let email = bulk::email(17);
    let (local, host) = email.split_once('@').unwrap();
    let middle = &local[2..local.len() - 1];
    let questions = [
        ("exact", format!("email = {email:?}"), 1_000),
        ("exact, historic", format!("historic email = {email:?}"), 1_000),
        ("exact, count", format!("email = {email:?}"), 0),
        ("exact of a registrar, count", "registrar = \"iana:4000\"".into(), 0),
        ("suffix", format!("email endsWith {:?}", format!("@{host}")), 1_000),
        ("part of an e-mail", format!("email ~ {middle:?}"), 1_000),
        ("part of an e-mail, count", format!("email ~ {middle:?}"), 0),
        ("part, eight characters, of none", "email ~ \"qzxjwkvy\"".into(), 1_000),
        ("part, three characters", "email ~ \"xqu\"".into(), 1_000),
        ("part of an organisation", "org ~ \"tokanver qui\"".into(), 1_000),
        ("part of a handle", "handle ~ \"c17-x\"".into(), 1_000),
        ("regular expression", format!("email matches {:?}", format!("^{}.*@{}", &local[..5], &host[..6])), 1_000),
        ("almost equal", format!("email like {email:?}"), 1_000),
        ("two conditions", format!("email = {email:?} and created >= 2020-01-01"), 1_000),
        ("name pattern alone", "domain ~ \"quiquiqui\"".into(), 1_000),
    ];
    for (what, text, limit) in questions {
        let query = TrackQuery::parse(&text).unwrap();
        let mut times: Vec<Duration> = Vec::new();
        let mut found = None;
        for _ in 0..3 {
            let began = Instant::now();
            let view = engine.view(&actor, Interrupt::default());
            found = Some(search(&view, &query, None, limit).unwrap());
            times.push(began.elapsed());
        }
        let found = found.unwrap();
        println!(
            "  {what}: first {:.1} ms, then {:.1} ms; {} rows, {} now, {} ever{}: {text}",
            times[0].as_secs_f64() * 1e3,
            times[1].min(times[2]).as_secs_f64() * 1e3,
            found.rows.len(),
            found.current,
            found.historic,
            if found.at_least { " at least" } else { "" },
        );
    }
}

fn octets(dir: &Path) -> u64 {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
