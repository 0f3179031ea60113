//! Failures at every write of a scripted life: afterwards everything acknowledged is there, nothing twice, nothing
//! invented.

use std::path::Path;

use model::{Counting, SourceId, Time};
use observations::{
    Batch, Error, Options, Store,
    disk::fault::{Fault, FaultDisk, Unsynced},
};

use crate::{
    chance::{self, Chance, DAY, START},
    compare,
    oracle::Oracle,
};

const DIR: &str = "/store";

/// One thing done to a store.
#[derive(Clone, Debug)]
enum Act {
    Append(Box<Batch>),
    Group(Vec<Batch>),
    Flush,
    Compact(bool),
    Drop(SourceId),
    Limit(SourceId, Time),
    Reopen,
}

/// A store on a disk that may fail.
struct Life {
    disk: FaultDisk,
    store: Option<Store>,
}

impl Life {
    /// A store with its sources, and what it should hold.
    fn begin(seed: u64) -> (Life, Oracle, Vec<SourceId>) {
        let mut life = Life { disk: FaultDisk::new(seed), store: None };
        life.open().expect("opened");
        let mut oracle = Oracle::new();
        let mut add = |name, counting| {
            let source = life.store().add_source(chance::source(name, counting)).expect("a new source");
            oracle.add_source(&source);
            source.id
        };
        let sources = vec![add("sensor", Counting::Stream), add("export", Counting::Statement)];
        (life, oracle, sources)
    }

    fn open(&mut self) -> Result<(), Error> {
        self.store = None;
        let options = Options { memory_bytes: 24 << 10, disk: self.disk.disk(), ..crate::options() };
        self.store = Some(Store::open(Path::new(DIR), options)?);
        Ok(())
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("opened before")
    }

    fn perform(&mut self, act: &Act) -> Result<(), Error> {
        match act {
            Act::Append(batch) => self.store().append(Batch::clone(batch)).map(drop),
            Act::Group(batches) => self.store().append_all(batches.clone()).map(drop),
            Act::Flush => self.store().flush(),
            Act::Compact(full) => self.store().compact(*full).map(drop),
            Act::Drop(source) => self.store().drop_source(*source),
            Act::Limit(source, limit) => self.store().limit_age(*source, *limit),
            Act::Reopen => self.open(),
        }
    }
}

/// What the store may hold when an act was begun and not acknowledged: before it, after it, and, of a group, after
/// each of its batches. The last one is after it.
fn outcomes(before: &Oracle, act: &Act) -> Vec<Oracle> {
    let mut after = before.clone();
    let mut outcomes = vec![before.clone()];
    match act {
        Act::Append(batch) => {
            after.append(batch);
        }
        Act::Group(batches) => {
            for batch in batches {
                after.append(batch);
                outcomes.push(after.clone());
            }
        }
        Act::Drop(source) => after.drop_source(*source),
        Act::Limit(source, limit) => after.limit_age(*source, *limit),
        Act::Compact(true) => after.forget(),
        Act::Flush | Act::Compact(false) | Act::Reopen => {}
    }
    outcomes.push(after);
    outcomes
}

fn script(seed: u64, sources: &[SourceId], length: usize) -> Vec<Act> {
    let mut chance = Chance(seed);
    let batch = |chance: &mut Chance, at: usize| {
        let source = sources[chance.below(sources.len())];
        chance.batch(source, Time(START + at as i64 * 1800), 12)
    };
    let mut acts = Vec::new();
    for at in 0..length {
        acts.push(match at % 12 {
            3 | 9 => Act::Flush,
            5 => Act::Group((0..3).map(|_| batch(&mut chance, at)).collect()),
            6 => Act::Reopen,
            10 => Act::Compact(at % 24 == 10),
            _ => Act::Append(Box::new(batch(&mut chance, at))),
        });
    }
    let limited = [Act::Flush, Act::Compact(true), Act::Limit(sources[0], Time(START + 20 * DAY)), Act::Compact(true)];
    acts.splice(length * 2 / 3..length * 2 / 3, limited);
    acts.insert(length / 2, Act::Drop(sources[1]));
    acts
}

/// Lives through a script with one failure; returns false when the failure never came.
fn live(seed: u64, length: usize, at: u64, fault: Fault, unsynced: Option<Unsynced>) -> bool {
    let (mut life, mut oracle, sources) = Life::begin(seed);
    let acts = script(seed, &sources, length);
    life.disk.fail_at(life.disk.operations() + at, fault);
    let mut failed = false;
    for (number, act) in acts.iter().enumerate() {
        let mut outcomes = outcomes(&oracle, act);
        if life.perform(act).is_err() {
            assert!(!failed && life.disk.has_failed(), "act {number} failed on its own");
            failed = true;
            oracle = recover(&mut life, &outcomes, unsynced, &format!("act {number}"));
            outcomes = self::outcomes(&oracle, act);
            life.perform(act).expect("the repeated act succeeds");
        }
        oracle = outcomes.pop().expect("the last is after it");
    }
    if !failed && life.disk.has_failed() {
        // Something that nobody waited for failed, such as removing an old file.
        oracle = recover(&mut life, &[oracle], unsynced, "the end");
    }
    compare::holds(&life.store().snapshot(), &oracle).expect("everything, once, in the end");
    let happened = life.disk.has_failed();
    life.disk.heal();
    life.open().expect("opened in the end");
    crate::assert_clean(life.store());
    compare::holds(&life.store().snapshot(), &oracle).expect("everything, once, after opening");
    // What was acknowledged after the failure is no less durable than what was before it.
    life.store = None;
    life.disk.reboot(Unsynced::Lost);
    life.open().expect("opened after one more loss of power");
    compare::holds(&life.store().snapshot(), &oracle).expect("everything, once, after one more loss of power");
    compare::one(&life.store().snapshot(), &oracle, &mut Chance(seed ^ at));
    happened
}

/// Starts again after a failure, and says which of the possible outcomes came true.
fn recover(life: &mut Life, outcomes: &[Oracle], unsynced: Option<Unsynced>, when: &str) -> Oracle {
    life.store = None;
    match unsynced {
        Some(unsynced) => life.disk.reboot(unsynced),
        None => life.disk.heal(),
    }
    life.open().unwrap_or_else(|error| panic!("not opened after {when}: {error}"));
    crate::assert_clean(life.store());
    let snapshot = life.store().snapshot();
    let results: Vec<_> = outcomes.iter().map(|oracle| compare::holds(&snapshot, oracle)).collect();
    let true_one = results.iter().position(Result::is_ok);
    outcomes[true_one.unwrap_or_else(|| panic!("{when}: {results:?}"))].clone()
}

/// Fails at one operation after another until the script ends before the failure comes.
fn everywhere(seed: u64, length: usize, fault: Fault, unsynced: Option<Unsynced>) {
    for at in 0.. {
        let lived = std::panic::catch_unwind(|| live(seed, length, at, fault, unsynced));
        match lived {
            Ok(true) => {}
            Ok(false) => return,
            Err(cause) => {
                let why = cause.downcast_ref::<String>().map_or("see above", String::as_str);
                panic!("seed {seed}, {fault:?} at operation {at}, unsynced {unsynced:?}: {why}");
            }
        }
    }
}

fn scripts() -> Vec<(u64, usize)> {
    if crate::long() { (1..=4).map(|seed| (seed, 40)).collect() } else { vec![(1, 13)] }
}

#[test]
fn power_lost_at_every_write() {
    for (seed, length) in scripts() {
        for unsynced in Unsynced::ALL {
            everywhere(seed, length, Fault::PowerLoss, Some(unsynced));
        }
    }
}

#[test]
fn every_write_cut_short() {
    for (seed, length) in scripts() {
        everywhere(seed, length, Fault::ShortWrite, None);
        everywhere(seed, length, Fault::ShortWrite, Some(Unsynced::Torn));
    }
}

#[test]
fn no_space_at_every_write() {
    for (seed, length) in scripts() {
        everywhere(seed, length, Fault::NoSpace, None);
        everywhere(seed, length, Fault::NoSpace, Some(Unsynced::Lost));
    }
}

#[test]
fn every_sync_fails_once() {
    for (seed, length) in scripts() {
        everywhere(seed, length, Fault::FailedSync, None);
        everywhere(seed, length, Fault::FailedSync, Some(Unsynced::Kept));
    }
}

/// After a failed sync nothing more is written until the store is opened again.
#[test]
fn a_failed_sync_poisons() {
    let (mut life, mut oracle, sources) = Life::begin(5);
    let mut chance = Chance(5);
    let batch = |chance: &mut Chance| Batch { id: None, ..chance.batch(sources[0], Time(START), 9) };
    let first = batch(&mut chance);
    life.store().append(first.clone()).expect("appended");
    oracle.append(&first);
    life.disk.fail_at(life.disk.operations(), Fault::FailedSync);
    life.store().append(batch(&mut chance)).expect_err("the sync fails");
    assert!(matches!(life.store().append(batch(&mut chance)), Err(Error::Poisoned)));
    compare::holds(&life.store().snapshot(), &oracle).expect("reads go on");
    life.store = None;
    life.disk.reboot(Unsynced::Lost);
    life.open().expect("opened");
    compare::holds(&life.store().snapshot(), &oracle).expect("what was acknowledged");
    life.store().append(batch(&mut chance)).expect("writes again");
}

#[test]
fn sources_survive_a_cut_or_were_never_there() {
    for at in 0..12 {
        let (mut life, ..) = Life::begin(6);
        life.disk.fail_at(life.disk.operations() + at, Fault::PowerLoss);
        let added = life.store().add_source(chance::source("late", Counting::Stream));
        life.store = None;
        life.disk.reboot(Unsynced::Lost);
        life.open().expect("opened");
        let there = life.store().source("late");
        assert!(added.is_err() || there == added.ok(), "at {at}");
        if there.is_none() {
            let fresh = life.store().add_source(chance::source("late", Counting::Stream)).expect("added");
            let ids: Vec<SourceId> = life.store().sources().iter().map(|source| source.id).collect();
            assert_eq!(ids.iter().filter(|id| **id == fresh.id).count(), 1);
        }
    }
}
