//! Lives drawn by chance on a disk that fails, and copies made while others write.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use model::{Counting, SourceId, Time};
use observations::{
    Appended, Batch, Options, Store,
    proof::{
        self, Config,
        chance::{self, Chance, START},
        oracle::Oracle,
    },
};

#[test]
fn whatever_fails_what_was_acknowledged_is_there_once() {
    let workloads = if crate::long() { 3000 } else { 60 };
    let config = match std::env::var("SPOOR_TEST_SEED").ok().and_then(|seed| seed.parse().ok()) {
        Some(seed) => Config { workloads: 1, seed, ..Config::default() },
        None => Config { workloads, ..Config::default() },
    };
    let report = proof::run(config, |_| true);
    assert!(report.failures.is_empty(), "{:#?}", report.failures);
    if config.workloads == 1 {
        return;
    }
    let happened = |what| report.counts.get(what).is_some_and(|count| *count > 0);
    for what in ["losses of power", "full disks", "failed syncs", "writes cut short", "restores", "values forgotten"] {
        assert!(happened(what), "no {what}: {:#?}", report.counts);
    }
}

/// The batch of this number: always the same.
fn batch(source: SourceId, number: u64) -> Batch {
    let arrived = Time(START + number as i64 * 60);
    Batch { id: None, ..Chance(number).batch(source, arrived, 40) }
}

/// A writer goes on while its store is copied; each copy, restored, is the store of one moment during the copying.
#[test]
fn backups_beside_a_writer_are_restored_as_of_one_moment() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = Options { memory_bytes: 64 << 10, background: true, ..crate::options() };
    let store = Store::open(&dir.path().join("home"), options.clone()).expect("opened");
    let source = store.add_source(chance::source("sensor", Counting::Stream)).expect("added");
    let (acknowledged, enough) = (AtomicU64::new(0), AtomicBool::new(false));
    let mut oracle = Oracle::new();
    oracle.add_source(&source);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in (0..5000).take_while(|_| !enough.load(Ordering::Acquire)) {
                store.append(batch(source.id, number)).expect("appended");
                acknowledged.store(number + 1, Ordering::Release);
            }
        });
        let mut taken = 0;
        for round in 0..if crate::long() { 20 } else { 4 } {
            let (copy, back) = (dir.path().join(format!("copy{round}")), dir.path().join(format!("back{round}")));
            let before = acknowledged.load(Ordering::Acquire);
            store.backup(&copy).expect("copied");
            let after = acknowledged.load(Ordering::Acquire) + 1;
            Store::restore(&copy, &back).expect("restored");
            let restored = Store::open(&back, options.clone()).expect("opened");
            crate::assert_clean(&restored);
            (taken..before).for_each(|number| assert_eq!(oracle.append(&batch(source.id, number)), Appended::Stored));
            taken = before;
            let snapshot = restored.snapshot();
            while let Err(why) = proof::holds(&snapshot, &oracle) {
                assert!(taken < after, "backup {round} is of no moment between {before} and {after}: {why}");
                oracle.append(&batch(source.id, taken));
                taken += 1;
            }
        }
        enough.store(true, Ordering::Release);
    });
}
