//! A world of many domains: time to load, size, and time of look-up, pivot and hunt.
//!
//!     cargo bench -p engine --bench world -- 1000000
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement on a terminal")]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use engine::{
    Engine,
    hunt::{Budget, Hunt},
    lookup::lookup,
    pivot::pivot,
};
use formats::{cof, registration_lines};
use model::{Actor, Indicator, PivotKind, registration::Protocol};
use observations::{Batch, Interrupt, Options, Store};
use range::World;

/// Lines that are stored at once.
const LINES: usize = 50_000;

fn main() {
    let domains = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(20_000);
    let world = World::generated(1, domains);
    let dir = tempfile::tempdir().unwrap();
    let mut engine = Engine::new(Store::open(dir.path(), Options::default()).unwrap());
    engine.labels.add(&world.labels()).unwrap();
    load(&engine, &world, domains);
    let compacting = Instant::now();
    engine.store.compact(true).unwrap();
    println!("compacted in {:.1} s, {} MiB", compacting.elapsed().as_secs_f64(), octets(dir.path()) >> 20);
    ask(&engine, &world);
}

fn load(engine: &Engine, world: &World, domains: usize) {
    let (began, mut stored, mut storing) = (Instant::now(), [0, 0], Duration::ZERO);
    let defaults =
        registration_lines::Defaults { protocol: Protocol::Whois, server: String::new(), observed: world.now() };
    for source in world.sources() {
        let id = engine.store.add_source(source.clone()).unwrap().id;
        let batch = || Batch {
            id: None,
            source: id,
            arrived: world.now(),
            observations: vec![],
            registrations: vec![],
            networks: vec![],
            parser: 1,
        };
        let mut keep = |batch: Batch| {
            stored[0] += batch.observations.len();
            stored[1] += batch.registrations.len();
            engine.store.append(batch).unwrap();
        };
        for lines in chunks(world.dns_lines(&source.name, world.now())) {
            let reading = Instant::now();
            let read = lines.iter().flat_map(|line| cof::parse_line(line.as_bytes()).unwrap());
            keep(Batch { observations: read.map(|record| record.observation).collect(), ..batch() });
            storing += reading.elapsed();
        }
        for lines in chunks(world.registration_lines(&source.name, world.now())) {
            let reading = Instant::now();
            let read =
                lines.iter().filter_map(|line| registration_lines::parse_line(line.as_bytes(), &defaults).unwrap());
            keep(Batch { registrations: read.map(|line| line.record).collect(), ..batch() });
            storing += reading.elapsed();
        }
    }
    engine.store.flush().unwrap();
    println!(
        "{domains} domains: {} observations and {} registrations in {:.1} s, of these {:.1} s reading and storing",
        stored[0],
        stored[1],
        began.elapsed().as_secs_f64(),
        storing.as_secs_f64(),
    );
}

fn chunks(mut lines: impl Iterator<Item = String>) -> impl Iterator<Item = Vec<String>> {
    std::iter::from_fn(move || {
        let chunk: Vec<String> = lines.by_ref().take(LINES).collect();
        (!chunk.is_empty()).then_some(chunk)
    })
}

fn ask(engine: &Engine, world: &World) {
    let (actor, truth) = (Actor::local("bench"), world.truth());
    let view = || engine.view(&actor, Interrupt::default());
    let seed = truth.domain(1).unwrap();
    let indicator = Indicator::guess(&seed.to_string()).unwrap();
    time("look-up of a domain", || drop(lookup(&view(), &indicator, world.now()).unwrap()));
    time("pivot along an e-mail address", || drop(pivot(&view(), &truth.emails[0], PivotKind::Email).unwrap()));
    time("pivot along an address", || {
        drop(pivot(&view(), &truth.first_address.to_string(), PivotKind::Address).unwrap());
    });
    time("hunt", || {
        let seeds = [seed.clone()];
        let hunt = Hunt::new(engine, &actor, &seeds, Budget::default(), Interrupt::default(), world.now());
        drop(hunt.run(engine).unwrap());
    });
}

/// The first time and the median of nine more.
fn time(what: &str, work: impl Fn()) {
    let once = || {
        let began = Instant::now();
        work();
        began.elapsed()
    };
    let first = once();
    let mut again: Vec<Duration> = (0..9).map(|_| once()).collect();
    again.sort();
    println!("{what}: first {:.2} ms, then {:.2} ms", first.as_secs_f64() * 1e3, again[4].as_secs_f64() * 1e3);
}

fn octets(dir: &Path) -> u64 {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}
