//! One store's life on a disk that fails.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use model::{Counting, Observation, Rdata, RecordType, SourceId, Span, Time, Tuple};

use super::{
    act::{self, Act},
    chance::{self, Chance, DAY, START},
    damage,
    holding::{self, holds},
    oracle::Oracle,
};
use crate::{
    Appended, Batch, Error, Options, Snapshot, Store,
    disk::fault::{Fault, FaultDisk, Unsynced},
};

/// Later than any limit on age: what is seen then is never too old.
const MARKED: Time = Time(START + 300 * DAY);
/// Among so many changing operations from now on a planned failure comes.
const NEAR: usize = 40;

/// A store, what it should hold, and who else looks at it.
pub(super) struct Life {
    seed: u64,
    disk: FaultDisk,
    dir: PathBuf,
    store: Option<Store>,
    reader: Option<Store>,
    held: Vec<(Snapshot, Oracle)>,
    oracle: Oracle,
    chance: Chance,
    planned: Option<Fault>,
    arrived: i64,
    sent: Vec<Batch>,
    counts: BTreeMap<&'static str, u64>,
    journal: Vec<String>,
}

impl Life {
    pub(super) fn new(seed: u64) -> Life {
        Life {
            seed,
            disk: FaultDisk::new(seed),
            dir: "/store".into(),
            store: None,
            reader: None,
            held: Vec::new(),
            oracle: Oracle::new(),
            chance: Chance(seed),
            planned: None,
            arrived: START,
            sent: Vec::new(),
            counts: BTreeMap::new(),
            journal: Vec::new(),
        }
    }

    /// How often each thing was done.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.counts.iter().map(|(what, count)| (*what, *count))
    }

    /// What was done and what happened, in order.
    pub(super) fn journal(&self) -> &[String] {
        &self.journal
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
        self.journal.push(what.into());
    }

    /// Does so many things, with failures in between, and compares.
    pub(super) fn live(&mut self, acts: usize) -> Result<(), String> {
        self.open().map_err(|error| format!("not created: {error}"))?;
        for (name, counting) in
            [("sensor", Counting::Stream), ("export", Counting::Statement), ("other", Counting::Stream)]
        {
            let source = self.store().add_source(chance::source(name, counting)).map_err(|error| error.to_string())?;
            self.oracle.add_source(&source);
        }
        for _ in 0..acts {
            self.step()?;
        }
        self.disk.heal();
        self.planned = None;
        let oracle = self.oracle.clone();
        self.after_failure(std::slice::from_ref(&oracle), Fault::NoSpace)?;
        self.perform(&Act::Compact { full: true }).map_err(|error| error.to_string())?;
        self.oracle.forget();
        self.compare()?;
        // What was acknowledged after failures is no less durable than what was before them.
        self.reboot(Unsynced::Lost);
        self.open().map_err(|error| format!("not opened: {error}"))?;
        self.compare()?;
        self.assert_clean()
    }

    fn step(&mut self) -> Result<(), String> {
        if self.planned.is_none() && self.chance.percent(30) {
            let faults = [Fault::PowerLoss, Fault::PowerLoss, Fault::ShortWrite, Fault::NoSpace, Fault::FailedSync];
            let fault = faults[self.chance.below(faults.len())];
            self.plan(fault);
        }
        match self.chance.below(100) {
            0..76 => {
                let act = self.draw();
                self.act(&act)
            }
            76..82 => self.hold(),
            82..88 => self.look_back(),
            88..93 => self.read_beside(),
            93..97 => self.flip(),
            _ => self.compare(),
        }
    }

    /// Something will fail before long.
    fn plan(&mut self, fault: Fault) {
        self.planned = Some(fault);
        self.disk.fail_at(self.disk.operations() + self.chance.below(NEAR) as u64, fault);
    }

    /// What was planned, where it has happened.
    fn happened(&mut self) -> Option<Fault> {
        let fault = if self.disk.has_failed() { self.planned.take() } else { None }?;
        self.count(match fault {
            Fault::PowerLoss => "losses of power",
            Fault::ShortWrite => "writes cut short",
            Fault::NoSpace => "full disks",
            Fault::FailedSync => "failed syncs",
        });
        Some(fault)
    }

    fn draw(&mut self) -> Act {
        match self.chance.below(100) {
            0..46 => Act::Append(vec![self.batch()]),
            46..54 => Act::Append((0..3).map(|_| self.batch()).collect()),
            54..60 => Act::Append(self.repeated()),
            60..70 => Act::Flush,
            70..76 => Act::Compact { full: false },
            76..79 => Act::Compact { full: true },
            79..81 => Act::Drop(self.some_source()),
            81..84 => Act::Limit(self.some_source(), Time(START + self.chance.below(40) as i64 * DAY)),
            84..88 => Act::Forget(act::forgettable(&mut self.chance)),
            88..92 => Act::Backup { restore: self.chance.percent(50) },
            _ => Act::Reopen,
        }
    }

    fn some_source(&mut self) -> SourceId {
        SourceId(1 + self.chance.below(3) as u32)
    }

    /// A batch with a row in it that no other has.
    fn batch(&mut self) -> Batch {
        self.arrived += self.chance.below(7200) as i64;
        let source = self.some_source();
        let mut batch = self.chance.batch(source, Time(self.arrived), 20);
        let rrname = act::marker(self.sent.len() as u64);
        let tuple = Tuple { rrname, rrtype: RecordType::A, bailiwick: None, rdata: Rdata::from_canonical(&[10; 4]) };
        batch.observations.push(Observation { tuple, span: Span::at(MARKED), count: 1 });
        self.sent.push(batch.clone());
        batch
    }

    /// What was sent before, ids and all, behind something new.
    fn repeated(&mut self) -> Vec<Batch> {
        let fresh = self.batch();
        let earlier = self.sent.iter().filter(|batch| batch.id.is_some()).cloned();
        let earlier = self.chance.pick_from(earlier);
        std::iter::once(fresh).chain(earlier).collect()
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("open but while it is opened again")
    }

    fn options(&mut self) -> Options {
        Options {
            memory_bytes: [16 << 10, 64 << 10, 1 << 20][self.chance.below(3)],
            log_bytes: 64 << 10,
            block_cache_bytes: 256 << 10,
            background: false,
            disk: self.disk.disk(),
            ..Options::default()
        }
    }

    fn open(&mut self) -> Result<(), Error> {
        self.store = None;
        let options = self.options();
        self.store = Some(Store::open(&self.dir, options)?);
        Ok(())
    }

    fn reboot(&mut self, unsynced: Unsynced) {
        (self.store, self.reader) = (None, None);
        self.held.clear();
        self.disk.reboot(unsynced);
        self.count(match unsynced {
            Unsynced::Lost => "reboots, unsynced writes lost",
            Unsynced::Kept => "reboots, unsynced writes kept",
            Unsynced::Torn => "reboots, unsynced writes torn",
            Unsynced::Reordered => "reboots, unsynced writes reordered",
        });
    }

    /// Does something; where it fails as planned, finds out what became of it, and does it again.
    fn act(&mut self, act: &Act) -> Result<(), String> {
        let mut outcomes = act.outcomes(&self.oracle);
        self.count(act.name());
        match (self.perform(act), self.happened()) {
            (Ok(()), None) => {}
            (Err(error), None) => return Err(format!("failed on its own: {error}")),
            (Ok(()), Some(fault)) => {
                // Something that nobody waits for failed, such as removing an old file.
                let after = outcomes.pop().expect("the last is after it");
                return self.after_failure(std::slice::from_ref(&after), fault);
            }
            (Err(_), Some(fault)) => {
                match act {
                    Act::Forget(_) => self.after_failed_forget(&outcomes, fault)?,
                    _ => self.after_failure(&outcomes, fault)?,
                }
                outcomes = act.outcomes(&self.oracle);
                self.perform(act).map_err(|error| format!("failed when done again: {error}"))?;
            }
        }
        self.oracle = outcomes.pop().expect("the last is after it");
        Ok(())
    }

    fn perform(&mut self, act: &Act) -> Result<(), Error> {
        match act {
            Act::Append(batches) => self.append(batches),
            Act::Flush => self.store().flush(),
            Act::Compact { full } => match self.store().compact(*full)?.damaged {
                0 => Ok(()),
                _ => Err(Error::Invalid("segments that could not be read were left alone".into())),
            },
            Act::Drop(source) => self.store().drop_source(*source),
            Act::Limit(source, limit) => self.store().limit_age(*source, *limit),
            Act::Forget(value) => self.store().forget(value).map(drop),
            Act::Backup { restore } => self.back_up(*restore),
            Act::Reopen => self.open(),
        }
    }

    /// The store says of each batch whether it is new, and says it rightly.
    fn append(&self, batches: &[Batch]) -> Result<(), Error> {
        let mut oracle = self.oracle.clone();
        let expected: Vec<Appended> = batches.iter().map(|batch| oracle.append(batch)).collect();
        let said = self.store().append_all(batches.to_vec())?;
        assert!(said == expected, "{said:?} was said of batches that are {expected:?}");
        Ok(())
    }

    /// A backup is the store of its moment; sometimes life goes on in what is restored from it.
    fn back_up(&mut self, restore: bool) -> Result<(), Error> {
        let number = self.disk.operations();
        let (copy, back) = (PathBuf::from(format!("/copy-{number}")), PathBuf::from(format!("/back-{number}")));
        self.store().backup(&copy)?;
        if !restore {
            return self.compare_at(&copy);
        }
        Store::restore_on(&self.disk.disk(), &copy, &back)?;
        self.compare_at(&back)?;
        (self.store, self.reader) = (None, None);
        let before = std::mem::replace(&mut self.dir, back);
        self.open().inspect_err(|_| self.dir = before)
    }

    fn compare_at(&mut self, dir: &Path) -> Result<(), Error> {
        let options = self.options();
        let copy = Store::open_reader(dir, options)?;
        let held = holds(&copy.snapshot(), &self.oracle);
        assert!(held.is_ok(), "a copy: {held:?}");
        Ok(())
    }

    /// Starts again, and takes for true which of the possible outcomes came.
    fn after_failure(&mut self, outcomes: &[Oracle], fault: Fault) -> Result<(), String> {
        self.start_again(fault)?;
        let snapshot = self.store().snapshot();
        let results: Vec<_> = outcomes.iter().map(|oracle| holds(&snapshot, oracle)).collect();
        match results.iter().position(Result::is_ok) {
            Some(came) => self.oracle = outcomes[came].clone(),
            None => return Err(format!("afterwards none of {} outcomes: {:?}", results.len(), results.last())),
        }
        self.count("comparisons after a failure");
        self.assert_clean()
    }

    /// What holds a value goes segment by segment: in between some of it may be there, and all the rest is.
    fn after_failed_forget(&mut self, outcomes: &[Oracle], fault: Fault) -> Result<(), String> {
        self.start_again(fault)?;
        let [before, after] = outcomes else { return Err("forgetting has two ends".into()) };
        let snapshot = self.store().snapshot();
        holding::invents_nothing(&snapshot, before)?;
        holding::includes(&snapshot, after)?;
        self.count("comparisons after a failure");
        self.assert_clean()
    }

    /// The process ends; mostly the machine starts again, too. Opening may fail as well.
    fn start_again(&mut self, mut fault: Fault) -> Result<(), String> {
        self.store = None;
        loop {
            if fault == Fault::PowerLoss || self.chance.percent(50) {
                let unsynced = Unsynced::ALL[self.chance.below(4)];
                self.reboot(unsynced);
            } else {
                // A disk that is full may stay so for a while.
                let _ = self.open();
                self.store = None;
                self.disk.heal();
                self.count("restarts of the process");
            }
            if self.chance.percent(20) {
                self.plan(Fault::PowerLoss);
            }
            let opened = self.open();
            match (opened, self.happened()) {
                (Ok(()), None) => {
                    self.planned = None;
                    self.disk.heal();
                    return Ok(());
                }
                (_, Some(_)) => fault = Fault::PowerLoss,
                (Err(error), None) => return Err(format!("not opened after a failure: {error}")),
            }
        }
    }

    fn compare(&mut self) -> Result<(), String> {
        self.count("comparisons");
        holds(&self.store().snapshot(), &self.oracle)
    }

    fn assert_clean(&self) -> Result<(), String> {
        let report = self.store().check().map_err(|error| format!("not checked: {error}"))?;
        if report.damage.is_empty() { Ok(()) } else { Err(format!("damage: {:?}", report.damage)) }
    }

    fn hold(&mut self) -> Result<(), String> {
        self.held.push((self.store().snapshot(), self.oracle.clone()));
        if self.held.len() > 3 {
            self.held.remove(self.chance.below(3));
        }
        Ok(())
    }

    /// An older snapshot still answers as it did, whatever was merged or forgotten since.
    fn look_back(&mut self) -> Result<(), String> {
        *self.counts.entry("older snapshots read").or_default() += self.held.len() as u64;
        self.held.iter().try_for_each(|(snapshot, oracle)| holds(snapshot, oracle))
    }

    /// Another process sees what was acknowledged.
    fn read_beside(&mut self) -> Result<(), String> {
        let reader = match self.reader.take() {
            Some(reader) => reader.refresh().map(|()| reader),
            None => {
                let options = self.options();
                Store::open_reader(&self.dir, options)
            }
        };
        let reader = reader.map_err(|error| format!("not read by another process: {error}"))?;
        self.count("readings by another process");
        holds(&reader.snapshot(), &self.oracle).map_err(|why| format!("to another process: {why}"))?;
        self.reader = Some(reader);
        Ok(())
    }

    /// Bits flip on a copy of the disk, so that this life goes on unharmed.
    fn flip(&mut self) -> Result<(), String> {
        let disk = self.disk.fork();
        disk.heal();
        let options = Options { disk: disk.disk(), ..self.options() };
        let fresh = self.batch();
        self.sent.pop();
        let mut chance = Chance(self.seed ^ self.disk.operations());
        let damaged = damage::Damaged { disk, dir: &self.dir, oracle: &self.oracle, options };
        let seen = damaged.live(fresh, &mut chance)?;
        self.count(seen);
        Ok(())
    }
}
