//! `kill -9`: a process appends, says what was acknowledged, and is killed; what it said must be there.
//!
//! Unlike the workloads on a simulated disk this runs threads, pipes and the operating system's files, and no run is like
//! another. Power does not fail: what the process wrote, the kernel keeps.

use std::{
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use model::{Counting, SourceId, Time};

use super::{
    chance::{self, Chance, START},
    holds,
    oracle::Oracle,
};
use crate::{Appended, Batch, BatchId, Error, Options, Store};

/// What the writer prints in front of the number of each batch that was acknowledged.
const ACKNOWLEDGED: &str = "acknowledged ";

/// What a loop of kills found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// So often a writer was killed.
    pub kills: u64,
    /// Batches acknowledged.
    pub acknowledged: u64,
    /// Batches that were under way at a kill and turned out durable.
    pub under_way: u64,
}

/// Small figures, so that flushes and merges run all the time.
fn options() -> Options {
    Options { memory_bytes: 64 << 10, log_bytes: 64 << 10, block_cache_bytes: 256 << 10, ..Options::default() }
}

/// The batch of this number: always the same, with its id.
fn batch(source: SourceId, number: u64) -> Batch {
    let mut chance = Chance(number);
    let observations = (0..40).map(|_| chance.observation()).collect();
    let registrations = if number.is_multiple_of(5) { vec![chance.registration()] } else { Vec::new() };
    let id = [number.to_be_bytes(), [7; 8]].concat().try_into().expect("sixteen octets");
    let arrived = Time(START + number as i64 * 60);
    Batch { id: Some(BatchId(id)), source, arrived, observations, registrations, networks: Vec::new(), parser: 1 }
}

/// The writer: appends batches from this number on, and says after each that it is durable. It ends by being killed, or
/// when nobody listens.
pub fn write(dir: &Path, from: u64, mut out: impl io::Write) -> Result<(), Error> {
    let store = Store::open(dir, options())?;
    let source = store.source("sensor").ok_or(Error::Invalid("no store of a loop of kills".into()))?.id;
    for number in from.. {
        store.append(batch(source, number))?;
        let line = format!("\n{ACKNOWLEDGED}{number}\n");
        if out.write_all(line.as_bytes()).and_then(|()| out.flush()).is_err() {
            break;
        }
        if number % 17 == 16 {
            store.compact(number % 34 == 33)?;
        }
    }
    Ok(())
}

/// Starts a writer as often as asked for, kills it at moments drawn from the seed, and compares. `writer` makes the
/// command that calls [`write()`] with this directory and number; `after` is told each kill.
pub fn run(
    dir: &Path,
    (kills, seed): (u64, u64),
    writer: impl Fn(&Path, u64) -> Command,
    mut after: impl FnMut(&Report),
) -> Result<Report, String> {
    let mut oracle = Oracle::new();
    let source = {
        let store = open(dir)?;
        store.add_source(chance::source("sensor", Counting::Stream)).map_err(|error| error.to_string())?
    };
    oracle.add_source(&source);
    let (mut next, mut stored) = (0, 0);
    let (mut chance, mut report) = (Chance(seed), Report::default());
    for _ in 0..kills {
        // The last acknowledged batch is sent again: its sender may not have heard.
        let from = u64::saturating_sub(next, 1);
        next = next.max(kill_after(&mut writer(dir, from), 1 + chance.below(60), from)?);
        for number in stored..next {
            oracle.append(&batch(source.id, number));
        }
        report.kills += 1;
        report.acknowledged = next;
        let before = stored.max(next);
        stored = before
            + u64::from(
                compare(dir, &mut oracle, source.id, before)
                    .map_err(|why| format!("kill {}, with {next} batches acknowledged: {why}", report.kills))?,
            );
        report.under_way += stored - before;
        after(&report);
    }
    Ok(report)
}

fn open(dir: &Path) -> Result<Store, String> {
    Store::open(dir, options()).map_err(|error| format!("not opened: {error}"))
}

/// Whether the store holds everything acknowledged, once; true where it holds the batch under way, too.
fn compare(dir: &Path, oracle: &mut Oracle, source: SourceId, stored: u64) -> Result<bool, String> {
    let store = open(dir)?;
    let report = store.check().map_err(|error| format!("not checked: {error}"))?;
    if !report.damage.is_empty() {
        return Err(format!("damage: {:?}", report.damage));
    }
    if holds(&store.snapshot(), oracle).is_ok() {
        return Ok(false);
    }
    oracle.append(&batch(source, stored));
    holds(&store.snapshot(), oracle)?;
    match store.append(batch(source, stored)) {
        Ok(Appended::Known) => Ok(true),
        other => Err(format!("a batch that is there was taken again: {other:?}")),
    }
}

/// Kills the writer after so many acknowledgements; returns the number of the next batch to be acknowledged.
fn kill_after(writer: &mut Command, acknowledgements: usize, from: u64) -> Result<u64, String> {
    let io = |error: io::Error| format!("the writer: {error}");
    let mut child = writer.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(io)?;
    let output = child.stdout.take().map(BufReader::new).ok_or("the writer has no output")?;
    let next = listen(output, acknowledgements, from, &mut child);
    child.kill().map_err(io)?;
    child.wait().map_err(io)?;
    next
}

fn listen(output: BufReader<ChildStdout>, enough: usize, from: u64, child: &mut Child) -> Result<u64, String> {
    let (mut next, mut seen) = (from, 0);
    // A line that the kill cuts says a smaller number or none.
    for line in output.lines().map_while(Result::ok) {
        if let Some(number) = line.strip_prefix(ACKNOWLEDGED).and_then(|number| number.parse::<u64>().ok()) {
            next = next.max(number + 1);
            seen += 1;
        }
        if seen == enough {
            child.kill().map_err(|error| error.to_string())?;
        }
    }
    if seen < enough { Err("the writer ended on its own".into()) } else { Ok(next) }
}
