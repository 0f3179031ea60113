//! The observation store under the workload: rates, sizes, latencies, as `docs/benchmarks.md` states them.
//!
//! `cargo bench -p observations --bench stream -- [--tuples N] [--observations N] [--seed N] [--no-questions]
//! [--no-peer] [--input DIR]`
//!
//! With `--input` the input is kept in a directory: the first run makes it and ends, others read it.
//!
//! The input is made beforehand and read from a file, so what is measured is the store and not the generator. Times
//! are wall clock; CPU seconds of the whole process stand beside them, for runs on a machine that is shared.

#![expect(clippy::print_stdout, reason = "a program that reports")]

mod input;
mod peer;
mod question;

use std::{
    error::Error,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use model::{SourceId, Time};
use observations::{Batch, Options, Store, workload::Workload};

/// Rows of a batch, as the command line cuts its input.
const BATCH: usize = 50_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

struct Arguments {
    seed: u64,
    tuples: u32,
    observations: u64,
    questions: bool,
    peer: bool,
    input: Option<PathBuf>,
}

fn main() -> Outcome<()> {
    let arguments = arguments()?;
    let dir = tempfile::tempdir()?;
    let workload = Workload::new(arguments.seed, arguments.tuples);
    println!("{} tuples, {} domains", workload.tuples(), workload.domains());
    let inputs = arguments.input.as_deref().unwrap_or(dir.path());
    let [bulk, stream] = ["bulk", "stream"].map(|name| inputs.join(name));
    if !stream.exists() {
        input::write(&bulk, workload.bulk(), BATCH)?;
        input::write(&stream, workload.stream(arguments.observations), BATCH)?;
        if arguments.input.is_some() {
            return Ok(());
        }
    }

    let home = dir.path().join("store");
    // The block cache is as large as it was for the peers that the goals compare with.
    let suffixes = Arc::new(workload.suffix_list());
    let options = Options { suffixes, block_cache_bytes: 512 << 20, ..Options::default() };
    let store = Store::open(&home, options)?;
    let mut sources = Vec::new();
    for source in Workload::sources() {
        sources.push(store.add_source(source)?.id);
    }
    ingest("bulk", &store, &bulk, &sources)?;
    ingest("stream", &store, &stream, &sources)?;
    println!("peak memory, ingest: {} MiB", status("VmHWM:")? / 1024);
    if arguments.questions {
        question::exact("exact name, right after the stream", &store, &workload)?;
        question::within("left wildcard, right after the stream", &store, &workload)?;
    }

    let times = store.stats()?.write_amplification().unwrap_or(0.0);
    println!("octets of segments written for each that came from memory: {times:.2}");
    let clock = Clock::start();
    store.compact(true)?;
    println!("full compaction: {clock}");
    let octets = octets_in(&home)?;
    let each = octets as f64 / f64::from(workload.tuples());
    println!("size: {octets} octets, {each:.1} a distinct tuple");
    if arguments.questions {
        question::all(&store, &workload)?;
    }
    println!("peak memory, all in all: {} MiB", status("VmHWM:")? / 1024);
    if arguments.peer {
        let limit = peer::limit(&store)?;
        println!("zstd -19 --long=27 of the same rows: {limit:.1} octets a distinct tuple; ratio {:.2}", each / limit);
    }
    Ok(())
}

fn arguments() -> Outcome<Arguments> {
    let mut arguments =
        Arguments { seed: 1, tuples: 1_000_000, observations: 0, questions: true, peer: true, input: None };
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a number"));
        match argument.as_str() {
            "--tuples" => arguments.tuples = value()?.parse()?,
            "--observations" => arguments.observations = value()?.parse()?,
            "--seed" => arguments.seed = value()?.parse()?,
            "--input" => arguments.input = Some(value()?.into()),
            "--no-questions" => arguments.questions = false,
            "--no-peer" => arguments.peer = false,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    if arguments.observations == 0 {
        arguments.observations = u64::from(arguments.tuples) * 30 / 13;
    }
    Ok(arguments)
}

/// Appends a file batch by batch, each durable when the next begins; then until everything is in segments.
fn ingest(what: &str, store: &Store, file: &Path, sources: &[SourceId]) -> Outcome<()> {
    let clock = Clock::start();
    let mut rows = 0;
    for batch in input::Batches::open(file)? {
        let (source, observations) = batch?;
        rows += observations.len();
        let arrived = observations.last().map_or(Time(0), |row| row.span.last());
        let batch = Batch {
            id: None,
            source: sources[source],
            arrived,
            observations,
            registrations: Vec::new(),
            networks: Vec::new(),
            parser: 0,
        };
        store.append(batch)?;
    }
    let durable = clock.to_string();
    let rate = rows as f64 / clock.seconds();
    store.flush()?;
    println!("{what}: {rows} observations, {rate:.0}/s durable ({durable}); in segments after {clock}");
    Ok(())
}

fn octets_in(dir: &Path) -> Outcome<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(dir)? {
        sum += entry?.metadata()?.len();
    }
    Ok(sum)
}

/// A figure of `/proc/self/status`, in KiB.
fn status(field: &str) -> Outcome<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)).ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Wall clock and CPU time of this process.
struct Clock {
    began: Instant,
    cpu: f64,
}

impl Clock {
    fn start() -> Clock {
        Clock { began: Instant::now(), cpu: cpu_seconds() }
    }

    fn seconds(&self) -> f64 {
        self.began.elapsed().as_secs_f64()
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.2} s, {:.1} CPU-s", self.seconds(), cpu_seconds() - self.cpu)
    }
}

/// User and system time in `/proc/self/stat`, whose unit is a hundredth of a second.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
