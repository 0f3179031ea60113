//! Reading files into the store: the same for the command line and the demo.
//!
//! Lines are read in batches of 50,000, each with an id that is a hash of the source and of every octet up to its end:
//! a file that is read twice counts once, and one that was cut short goes on where it was cut.

use std::{
    io::{self, BufRead},
    time::{Duration, Instant},
};

use anyhow::Context;
use formats::{
    cof,
    line::{Batch as LineBatch, LineError, Reader, Refusals},
    registration_lines::{self, Defaults},
};
use model::{Observation, RegistrationRecord, Source, SourceKind, Time};
use observations::{Appended, Batch, BatchId, Store};
use serde::Serialize;

use crate::arguments::Format;

/// What came of an input.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Summary {
    /// Lines read.
    pub(crate) lines: u64,
    /// Octets read.
    pub(crate) octets: u64,
    /// Observations and registrations stored now.
    pub(crate) stored: u64,
    /// Observations and registrations that were stored by the same input before.
    pub(crate) known: u64,
    /// Lines refused.
    pub(crate) refused: u64,
    /// Registrations stored with something in them that was not understood.
    pub(crate) remarked: u64,
    /// Seconds it took.
    pub(crate) seconds: f64,
    #[serde(skip)]
    pub(crate) refusals: Refusals,
}

/// What one line gives.
enum Given {
    Observation(Observation),
    Registration(Box<RegistrationRecord>, bool),
}

/// Reads lines to their end and stores them; `progress` hears of every batch. With `strict`, the first line that cannot
/// be read ends it before its batch is stored.
pub(crate) fn lines(
    store: &Store,
    source: &Source,
    input: impl BufRead,
    format: Format,
    defaults: &Defaults,
    strict: bool,
    mut progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let mut reader = Reader::new(input, &source.name);
    let mut summary = Summary::default();
    while let Some(batch) = next(&mut reader, source, format, defaults)? {
        if let Some((_, refused)) = batch.refusals.reasons().next().filter(|_| strict) {
            let line = refused.lines.first().copied().unwrap_or_default();
            anyhow::bail!("line {line}: {}; nothing of this batch was stored (--strict)", refused.example);
        }
        keep(store, source, batch, defaults.observed, &mut summary)?;
        summary.seconds = seconds(started.elapsed());
        progress(&summary);
    }
    Ok(summary)
}

fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}

fn next(
    reader: &mut Reader<impl BufRead>,
    source: &Source,
    format: Format,
    defaults: &Defaults,
) -> io::Result<Option<LineBatch<Given>>> {
    reader.next_batch(|line| match format {
        Format::Cof => dns(line, source),
        Format::Whois | Format::Rdap => registration(line, defaults),
    })
}

/// Times of a zone file are another kind of statement than sightings: they go to sources of kind `zone` alone.
fn dns(line: &[u8], source: &Source) -> Result<Vec<Given>, LineError> {
    let records = cof::parse_line(line)?;
    let is_zone = source.kind == SourceKind::Zone;
    let fitting: Vec<Given> = records
        .into_iter()
        .filter(|record| record.zone_time == is_zone || source.kind == SourceKind::Import)
        .map(|record| Given::Observation(record.observation))
        .collect();
    match fitting.is_empty() {
        true if is_zone => Err(LineError::Empty("times of sightings, but the source is a zone file")),
        true => {
            Err(LineError::Empty("times of a zone file (zone_time_*), but the source is none; add one of kind zone"))
        }
        false => Ok(fitting),
    }
}

fn registration(line: &[u8], defaults: &Defaults) -> Result<Vec<Given>, LineError> {
    let read = registration_lines::parse_line(line, defaults)?;
    Ok(read.map(|line| Given::Registration(Box::new(line.record), !line.remarks.is_empty())).into_iter().collect())
}

fn keep(
    store: &Store,
    source: &Source,
    lines: LineBatch<Given>,
    arrived: Time,
    summary: &mut Summary,
) -> anyhow::Result<()> {
    let count = lines.records.len() as u64;
    let mut batch = Batch {
        id: Some(BatchId(lines.id)),
        source: source.id,
        arrived,
        observations: Vec::new(),
        registrations: Vec::new(),
        parser: formats::whois::REVISION,
    };
    let mut remarked = 0;
    for given in lines.records {
        match given {
            Given::Observation(observation) => batch.observations.push(observation),
            Given::Registration(record, remarks) => {
                batch.registrations.push(*record);
                remarked += u64::from(remarks);
            }
        }
    }
    match store.append(batch).context("the store refused a batch; what was acknowledged before it is kept")? {
        Appended::Stored => summary.stored += count,
        Appended::Known => summary.known += count,
    }
    summary.remarked += remarked;
    summary.lines = lines.lines;
    summary.octets = lines.octets;
    summary.refused += lines.refusals.total();
    summary.refusals.absorb(lines.refusals);
    Ok(())
}
