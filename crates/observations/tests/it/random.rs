//! Random operations on a store and on a plain ordered map: both answer every question alike, at any moment.

use std::{path::Path, time::Duration, time::Instant};

use model::{Counting, SourceId, Time};
use observations::{Appended, Batch, Options, Snapshot, Store, disk::fault::FaultDisk};

use crate::{
    chance::{self, Chance, DAY, START},
    compare,
    oracle::Oracle,
};

const DIR: &str = "/store";

/// A store, what it should answer, and snapshots of both.
struct Run {
    disk: FaultDisk,
    store: Option<Store>,
    oracle: Oracle,
    chance: Chance,
    arrived: i64,
    sent: Vec<Batch>,
    held: Vec<(Snapshot, Oracle)>,
}

impl Run {
    fn new(seed: u64) -> Run {
        let disk = FaultDisk::new(seed);
        let mut chance = Chance(seed);
        let store = open(&disk, &mut chance);
        let mut oracle = Oracle::new();
        for (name, counting) in
            [("sensor", Counting::Stream), ("export", Counting::Statement), ("other", Counting::Stream)]
        {
            let source = store.add_source(chance::source(name, counting)).expect("a new source");
            oracle.add_source(&source);
        }
        Run { disk, store: Some(store), oracle, chance, arrived: START, sent: Vec::new(), held: Vec::new() }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("open but while it is reopened")
    }

    fn step(&mut self) {
        match self.chance.below(100) {
            0..50 => self.append(),
            50..55 => self.append_group(),
            55..60 => self.repeat(),
            60..66 => self.store().flush().expect("flushed"),
            66..70 => drop(self.store().compact(false).expect("compacted")),
            70..72 => self.compact(),
            72..76 => self.reopen(),
            76..77 => self.drop_source(),
            77..78 => self.limit_age(),
            78..84 => self.hold(),
            84..88 => self.look_back(),
            _ => compare::one(&self.store().snapshot(), &self.oracle, &mut self.chance),
        }
    }

    fn batch(&mut self) -> Batch {
        self.arrived += self.chance.below(7200) as i64;
        let source = self.some_source();
        self.chance.batch(source, Time(self.arrived), 25)
    }

    fn some_source(&mut self) -> SourceId {
        let sources = self.store().sources();
        sources[self.chance.below(sources.len())].id
    }

    fn append(&mut self) {
        let batch = self.batch();
        assert_eq!(self.store().append(batch.clone()).expect("appended"), self.oracle.append(&batch));
        self.sent.push(batch);
    }

    fn append_group(&mut self) {
        let mut batches: Vec<Batch> = (0..3).map(|_| self.batch()).collect();
        batches.push(batches[0].clone());
        let expected: Vec<Appended> = batches.iter().map(|batch| self.oracle.append(batch)).collect();
        assert_eq!(self.store().append_all(batches).expect("appended"), expected);
    }

    /// What has an id counts once; what has none counts again.
    fn repeat(&mut self) {
        // Ids are kept for ninety days: after that the same batch is rightly taken again, and the map does not forget.
        let kept = self.arrived - 80 * 86_400;
        let recent = self.sent.iter().filter(|batch| batch.arrived.0 > kept).cloned();
        let Some(batch) = self.chance.pick_from(recent) else { return };
        assert_eq!(self.store().append(batch.clone()).expect("appended"), self.oracle.append(&batch));
    }

    fn reopen(&mut self) {
        self.held.clear();
        self.store = None;
        self.store = Some(open(&self.disk, &mut self.chance));
        crate::assert_clean(self.store());
    }

    fn drop_source(&mut self) {
        let source = self.some_source();
        self.store().drop_source(source).expect("dropped");
        self.oracle.drop_source(source);
    }

    fn limit_age(&mut self) {
        let (source, limit) = (self.some_source(), Time(START + self.chance.below(40) as i64 * DAY));
        self.store().limit_age(source, limit).expect("limited");
        self.oracle.limit_age(source, limit);
    }

    fn compact(&mut self) {
        self.store().compact(true).expect("compacted");
        self.oracle.forget();
    }

    fn hold(&mut self) {
        let snapshot = self.store().snapshot();
        self.held.push((snapshot, self.oracle.clone()));
        if self.held.len() > 3 {
            let oldest = self.chance.below(3);
            self.held.remove(oldest);
        }
    }

    /// An older snapshot still answers as it did.
    fn look_back(&mut self) {
        for (snapshot, oracle) in &self.held {
            compare::one(snapshot, oracle, &mut self.chance);
        }
    }
}

fn open(disk: &FaultDisk, chance: &mut Chance) -> Store {
    let memory_bytes = [16 << 10, 64 << 10, 1 << 20][chance.below(3)];
    let options = Options { memory_bytes, disk: disk.disk(), ..crate::options() };
    Store::open(Path::new(DIR), options).expect("opened")
}

/// Runs one seed; a failure names it.
fn run(seed: u64, steps: usize) {
    let result = std::panic::catch_unwind(|| {
        let mut run = Run::new(seed);
        (0..steps).for_each(|_| run.step());
        let (snapshot, before) = (run.store().snapshot(), run.oracle.clone());
        compare::all(&snapshot, &before, &mut run.chance);
        run.compact();
        compare::all(&run.store().snapshot(), &run.oracle, &mut run.chance);
        compare::all(&snapshot, &before, &mut run.chance);
        crate::assert_clean(run.store());
    });
    if let Err(cause) = result {
        let why = cause.downcast_ref::<String>().map_or("see above", String::as_str);
        panic!("random operations, seed {seed}: {why}");
    }
}

#[test]
fn answers_as_a_plain_map_does() {
    for seed in 0..if crate::long() { 300 } else { 12 } {
        run(seed, 120);
    }
}

#[test]
fn answers_as_a_plain_map_does_in_a_longer_life() {
    run(1000, if crate::long() { 5000 } else { 500 });
}

/// A reader thread asks while the writer goes on: each of its snapshots is one moment, and moments only advance.
#[test]
fn snapshots_are_consistent_beside_a_writer() {
    let mut run = Run::new(7);
    let store = run.store().clone();
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stop = done.clone();
    let reader = std::thread::spawn(move || {
        let (mut last, mut rounds) = (0, 0);
        let began = Instant::now();
        while !stop.load(std::sync::atomic::Ordering::Acquire) && began.elapsed() < Duration::from_secs(60) {
            let counts = crate::count_all(&store.snapshot());
            assert!(counts >= last, "{counts} after {last}");
            last = counts;
            rounds += 1;
        }
        rounds
    });
    for _ in 0..150 {
        run.append();
        if run.chance.percent(10) {
            run.store().compact(false).expect("compacted");
        }
    }
    done.store(true, std::sync::atomic::Ordering::Release);
    assert!(reader.join().expect("no panic") > 0);
    compare::all(&run.store().snapshot(), &run.oracle, &mut run.chance);
}
