//! The store under its [workload](crate::workload): rates, sizes, latencies, as `docs/benchmarks.md` states them.
//!
//! The input is made beforehand and read from a file, so what is measured is the store and not the generator. Times
//! are wall clock; CPU seconds of the whole process stand beside them, for runs on a machine that is shared.
//!
//! `spoor bench observations` and the bench `stream` of this crate run it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{SourceId, Time};

use crate::{Batch, Options, Store, workload::Workload};

pub mod clock;
pub mod input;
mod limit;
pub mod question;

use clock::Clock;
use question::Kind;

/// Rows of a batch, as the command line cuts its input.
pub const BATCH: usize = 50_000;

/// Batches that come in while questions are asked.
const BESIDE: usize = 60;

/// Whatever goes wrong ends a measurement.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Where lines of results go.
pub type Say<'a> = &'a mut dyn FnMut(&str);

/// What is measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The population's seed.
    pub seed: u64,
    /// Distinct tuples.
    pub tuples: u32,
    /// Observations of the stream; thirty for every thirteen tuples where 0.
    pub observations: u64,
    /// Whether to ask questions.
    pub questions: bool,
    /// Whether to compress the same rows with `zstd -19 --long=27`, which takes minutes.
    pub limit: bool,
    /// Keeps the input in this directory: the first run makes it and ends, others read it.
    pub input: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Config {
        Config { seed: 1, tuples: 1_000_000, observations: 0, questions: true, limit: true, input: None }
    }
}

impl Config {
    /// The population.
    pub fn workload(&self) -> Workload {
        Workload::new(self.seed, self.tuples)
    }

    /// Writes `bulk` and `stream` into a directory.
    pub fn write_input(&self, workload: &Workload, dir: &Path) -> Outcome<()> {
        let observations = match self.observations {
            0 => u64::from(self.tuples) * 30 / 13,
            stated => stated,
        };
        input::write(&dir.join("bulk"), workload.bulk(), BATCH)?;
        input::write(&dir.join("stream"), workload.stream(observations), BATCH)?;
        Ok(())
    }
}

/// Measures in an empty directory.
pub fn run(config: &Config, dir: &Path, say: Say<'_>) -> Outcome<()> {
    let workload = config.workload();
    say(&format!("{} tuples, {} domains", workload.tuples(), workload.domains()));
    let inputs = config.input.as_deref().unwrap_or(dir);
    if !inputs.join("stream").exists() {
        config.write_input(&workload, inputs)?;
        if config.input.is_some() {
            return Ok(());
        }
    }
    let home = dir.join("store");
    let store = filled(&workload, &home, inputs, say)?;
    if config.questions {
        question::ask_all(Kind::Exact, "exact name, right after the stream", &store, &workload, say)?;
        question::ask_all(Kind::Within, "left wildcard, right after the stream", &store, &workload, say)?;
    }

    let times = store.stats()?.write_amplification().unwrap_or(0.0);
    say(&format!("octets of segments written for each that came from memory: {times:.2}"));
    let clock = Clock::start();
    store.compact(true)?;
    say(&format!("full compaction: {clock}"));
    let octets = octets_in(&home)?;
    let each = octets as f64 / f64::from(workload.tuples());
    say(&format!("size: {octets} octets, {each:.1} a distinct tuple"));
    if config.questions {
        question::all(&store, &workload, say)?;
        beside(&store, &workload, &inputs.join("stream"), say)?;
    }
    say(&format!("peak memory, all in all: {} MiB", clock::status("VmHWM:").unwrap_or(0) / 1024));
    if config.limit {
        let limit = limit::limit(&store, say)?;
        let ratio = each / limit;
        say(&format!("zstd -19 --long=27 of the same rows: {limit:.1} octets a distinct tuple; ratio {ratio:.2}"));
    }
    Ok(())
}

/// A store with bulk and stream in it.
fn filled(workload: &Workload, home: &Path, inputs: &Path, say: Say<'_>) -> Outcome<Store> {
    // The block cache is as large as it was for the peers that the goals compare with.
    let suffixes = Arc::new(workload.suffix_list());
    let options = Options { suffixes, block_cache_bytes: 512 << 20, ..Options::default() };
    let store = Store::open(home, options)?;
    let mut sources = Vec::new();
    for source in Workload::sources() {
        sources.push(store.add_source(source)?.id);
    }
    ingest("bulk", &store, &inputs.join("bulk"), &sources, say)?;
    ingest("stream", &store, &inputs.join("stream"), &sources, say)?;
    say(&format!("peak memory, ingest: {} MiB", clock::status("VmHWM:").unwrap_or(0) / 1024));
    Ok(store)
}

/// Look-ups beside a running stream: its first batches come once more.
fn beside(store: &Store, workload: &Workload, stream: &Path, say: Say<'_>) -> Outcome<()> {
    let sources: Vec<SourceId> = store.sources().iter().map(|source| source.id).collect();
    let mut appended = String::new();
    let append =
        || ingest_some("stream beside look-ups", store, stream, &sources, BESIDE, &mut |line| appended = line.into());
    question::beside("exact name beside a stream", store, workload, append, say)?;
    say(&appended);
    Ok(())
}

/// Appends a file batch by batch, each durable when the next begins; then until everything is in segments.
fn ingest(what: &str, store: &Store, file: &Path, sources: &[SourceId], say: Say<'_>) -> Outcome<()> {
    ingest_some(what, store, file, sources, usize::MAX, say)
}

/// The same with so many batches.
fn ingest_some(
    what: &str,
    store: &Store,
    file: &Path,
    sources: &[SourceId],
    batches: usize,
    say: Say<'_>,
) -> Outcome<()> {
    let clock = Clock::start();
    let mut rows = 0;
    for batch in input::Batches::open(file)?.take(batches) {
        let (source, observations) = batch?;
        rows += observations.len();
        let arrived = observations.last().map_or(Time(0), |row| row.span.last());
        let source = *sources.get(source).ok_or("an input of other sources")?;
        let (registrations, networks) = (Vec::new(), Vec::new());
        store.append(Batch { id: None, source, arrived, observations, registrations, networks, parser: 0 })?;
    }
    let durable = clock.to_string();
    let rate = rows as f64 / clock.seconds();
    store.flush()?;
    say(&format!("{what}: {rows} observations, {rate:.0}/s durable ({durable}); in segments after {clock}"));
    Ok(())
}

fn octets_in(dir: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        sum += entry?.metadata()?.len();
    }
    Ok(sum)
}
