//! `spoor bench`: what Spoor does, measured on somebody's own data.

mod observations;

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context;
use engine::quality::grouped;
use formats::{
    line::Reader,
    whois::score::{Judgement, Sample, Table, Verdict, judge},
};
use intake::ingest::input;

use crate::{
    arguments::{Bench, BenchWhois},
    exit::{Ending, misuse},
    output::Output,
};

/// How often each answer is parsed; the fastest time counts, since other work on the machine only makes it slower.
const ROUNDS: usize = 5;

pub(crate) fn run(arguments: &Bench, output: &mut Output) -> anyhow::Result<Ending> {
    match arguments {
        Bench::Whois(arguments) => whois(arguments, output),
        Bench::Durability(arguments) => observations::durability(arguments, output),
        Bench::Observations(arguments) => observations::measured(arguments, output),
        Bench::Writer { dir, from } => observations::writer(dir, *from),
    }
}

/// Scores of the WHOIS parser over answers with stated results, and how fast it is.
fn whois(arguments: &BenchWhois, output: &mut Output) -> anyhow::Result<Ending> {
    let path = &arguments.file;
    let samples = read(path, output).with_context(|| format!("`{}`", path.display()))?;
    if samples.is_empty() {
        return Err(misuse("no answers in it; how a line is written: docs/whois.md"));
    }
    let mut stated = arguments.stated.as_deref().map(create).transpose()?;
    let mut table = Table::default();
    for sample in &samples {
        let found = sample.read();
        let judged = judge(sample, &found);
        table.add(sample, &sample.parse(), &found, &judged);
        show(sample, &judged, arguments.show.as_deref(), output)?;
        if let Some(stated) = &mut stated {
            write_stated(sample, &judged, stated)?;
        }
    }
    stated.map_or(Ok(()), |mut stated| stated.flush())?;
    report(&table, &Speed::of(&samples), output)?;
    output.flush()?;
    Ok(Ending::Found)
}

fn read(path: &Path, output: &mut Output) -> anyhow::Result<Vec<Sample>> {
    let (input, _) = input::open(path)?;
    let mut reader = Reader::new(input::plain(input)?, "");
    let mut samples = Vec::new();
    while let Some(batch) = reader.next_batch(Sample::parse_line)? {
        samples.extend(batch.records);
        for (reason, refused) in batch.refusals.reasons() {
            output.note(&format!("refused {}: {reason} (lines {:?} …)", refused.count, refused.lines))?;
        }
    }
    Ok(samples)
}

fn create(path: &Path) -> anyhow::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).with_context(|| format!("`{}`", path.display()))?))
}

/// What was read wrongly of a field; never of a zone that is set aside.
fn show(sample: &Sample, judged: &[Judgement], field: Option<&str>, output: &mut Output) -> anyhow::Result<()> {
    let Some(field) = field.filter(|_| !sample.is_set_aside()) else { return Ok(()) };
    for one in judged.iter().filter(|one| matches!(one.verdict, Verdict::Wrong(_)) && one.field.contains(field)) {
        let (domain, Judgement { field, stated, read, .. }) = (&sample.domain, one);
        output.line(&format!("{} {domain} {field}: stated {stated:?}, read {read}", sample.id))?;
    }
    Ok(())
}

/// The values that were judged, whatever came of it: for asking another parser for the same.
fn write_stated(sample: &Sample, judged: &[Judgement], out: &mut impl Write) -> anyhow::Result<()> {
    for one in judged.iter().filter(|one| !matches!(one.verdict, Verdict::Disputed(_))) {
        let line = serde_json::json!({
            "id": sample.id, "field": one.field, "stated": one.stated, "set_aside": sample.is_set_aside(),
        });
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How fast answers are parsed, on one core.
struct Speed {
    answers: usize,
    whole: Duration,
    slowest: Duration,
    /// Octets of the slowest.
    octets: usize,
}

impl Speed {
    fn of(samples: &[Sample]) -> Speed {
        let mut best = vec![Duration::MAX; samples.len()];
        for _ in 0..ROUNDS {
            for (sample, best) in samples.iter().zip(&mut best) {
                let start = Instant::now();
                std::hint::black_box(sample.parse());
                *best = start.elapsed().min(*best);
            }
        }
        let slowest = best.iter().zip(samples).max_by_key(|(taken, _)| **taken);
        Speed {
            answers: samples.len(),
            whole: best.iter().sum(),
            slowest: slowest.map_or(Duration::ZERO, |(taken, _)| *taken),
            octets: slowest.map_or(0, |(_, sample)| sample.octets()),
        }
    }

    fn rate(&self) -> u64 {
        (self.answers as f64 / self.whole.as_secs_f64().max(1e-9)) as u64
    }
}

fn report(table: &Table, speed: &Speed, output: &mut Output) -> anyhow::Result<()> {
    if !output.is_json() {
        table.to_string().lines().try_for_each(|line| output.line(line))?;
        let slowest = speed.slowest.as_micros();
        output.line("")?;
        output.line(&format!("{} answers a second on one core", grouped(speed.rate())))?;
        output.line(&format!("the slowest took {slowest} µs ({} octets)", grouped(speed.octets as u64)))?;
        return Ok(());
    }
    for (field, [tuned, aside]) in table.rows() {
        let score = |(right, all)| serde_json::json!({"right": right, "all": all});
        output.object(&serde_json::json!({
            "type": "field", "field": field, "tuned": score(tuned), "setAside": score(aside),
        }))?;
    }
    output.object(&serde_json::json!({
        "type": "speed", "answers": speed.answers, "perSecond": speed.rate(),
        "slowestMicroseconds": speed.slowest.as_micros(), "slowestOctets": speed.octets,
        "throttledTakenForAvailable": table.false_available(),
    }))?;
    Ok(())
}
