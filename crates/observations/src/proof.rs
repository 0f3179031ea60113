//! Proof that a store keeps what it acknowledged: lives drawn by chance on a disk that fails, and a plain map beside.
//!
//! A *workload* is the life of one store on a [`FaultDisk`](crate::disk::fault::FaultDisk): batches of several sources,
//! with and without ids and sent again, flushes, compactions, drop marks, age limits, values forgotten, snapshots held,
//! another process reading, backups and life going on in what was restored from them. Meanwhile power fails, writes stop
//! half-way, the disk fills up, syncs fail; what was not synced is lost, kept, torn or reordered; and bits flip on a copy.
//! After each failure the store is opened again, sometimes failing at that too, and must hold exactly what the
//! [`Oracle`](oracle::Oracle) holds: everything acknowledged, once; of what was under way, all or nothing of each batch.
//!
//! Everything follows from a seed, so a failure is repeated by its number alone. [`kill`] does the same with a real
//! process and `kill -9`, where the operating system and threads take part and chance does not repeat.
//!
//! Nothing here is used by a store; tests and `spoor bench durability` run it.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

mod act;
pub mod chance;
mod damage;
mod holding;
pub mod kill;
mod life;
pub mod oracle;

pub use holding::holds;
use life::Life;

/// How much is to be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// So many workloads, of this seed and those that follow.
    pub workloads: u64,
    /// The first one's seed.
    pub seed: u64,
    /// Things done in each.
    pub acts: usize,
}

impl Default for Config {
    fn default() -> Config {
        Config { workloads: 1000, seed: 1, acts: 60 }
    }
}

/// What was proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Workloads lived through.
    pub workloads: u64,
    /// How often each thing was done, happened or was compared, by its name.
    pub counts: BTreeMap<&'static str, u64>,
    /// What did not hold.
    pub failures: Vec<Failure>,
}

/// A workload in which something was lost, counted twice or invented, or that panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its seed: a run of this one workload repeats it.
    pub seed: u64,
    /// What did not hold, and when.
    pub why: String,
    /// What was done and what happened until then, in order.
    pub journal: Vec<String>,
}

/// Runs workloads; `after` is told each one's number, and breaks off by saying false.
pub fn run(config: Config, mut after: impl FnMut(u64) -> bool) -> Report {
    let mut report = Report::default();
    for number in 0..config.workloads {
        let seed = config.seed.wrapping_add(number);
        let mut life = Life::new(seed);
        let lived = catch_unwind(AssertUnwindSafe(|| life.live(config.acts)));
        let failed = match lived {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(why),
            Err(cause) => Some(format!("panic: {}", panic_text(&*cause))),
        };
        report.failures.extend(failed.map(|why| Failure { seed, why, journal: life.journal().to_vec() }));
        report.workloads += 1;
        for (what, count) in life.counts() {
            *report.counts.entry(what).or_default() += count;
        }
        if !after(number) {
            break;
        }
    }
    report
}

fn panic_text(cause: &(dyn std::any::Any + Send)) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or(cause.downcast_ref::<&str>().copied()).unwrap_or("no text")
}
