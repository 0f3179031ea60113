//! Reading files into the store: the same for the command line, watched directories, the API and the demo.
//!
//! What a sensor saw (captures, dnstap, logs) goes through the rules of a sensor ([`crate::sensor`]); so does whatever
//! else is said by a source of kind `sensor`. Lines are read in batches of 50,000, each with an id that is a hash of the source and of every octet up to its end:
//! a file that is read twice counts once, and one that was cut short goes on where it was cut.

pub mod answers;
pub mod input;
pub mod zone_difference;

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
    time::{Duration, Instant},
};

use anyhow::Context;
use engine::{
    Engine,
    sensor::{Kept, Window},
};
use formats::{
    answered::Answered,
    cof::{self, CofRecord},
    dnsdb_lines, eve,
    line::{Batch as LineBatch, LineError, Reader, Refusals},
    observation_table::Table,
    passivedns, prefixes,
    registration_lines::{self, Defaults},
    registration_table, zeek,
    zone::ZoneFile,
};
use model::{Name, NetworkRecord, Observation, RegistrationRecord, Source, SourceKind, Time};
use observations::{Appended, Batch, BatchId};
use serde::Serialize;

use crate::{
    misuse,
    sensor::{
        Into, Sensor,
        intake::{Intake, Taken},
    },
};

/// The format of what is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Passive DNS in Common Output Format, one JSON object a line
    Cof,
    /// Results of a DNSDB API as JSON lines, as `dnsdbq -j` writes them
    Dnsdb,
    /// dnstap frames, as DNS servers write them
    Dnstap,
    /// Packet captures, pcap or pcapng
    Pcap,
    /// Zeek's dns.log, tab-separated or JSON
    Zeek,
    /// Suricata's EVE log
    Eve,
    /// Lines of gamelinux/passivedns
    Passivedns,
    /// A zone file
    Zone,
    /// A table with a row for each observation (see --columns)
    Csv,
    /// WHOIS answers: raw text with --domain, or JSON lines {domain?, server?, observed?, raw}
    Whois,
    /// RDAP answers: a JSON answer with --domain, or JSON lines as for whois
    Rdap,
    /// Registrations in bulk: a table or JSON lines with a field for each (see --columns), or a directory of raw answers,
    /// one a file that is named for its domain
    Registrations,
    /// Who holds and announces addresses: prefix, origin AS, holder, country, date; a block a line
    Prefixes,
}

/// What came of an input.
#[derive(Debug, Default, Serialize)]
pub struct Summary {
    /// Lines, frames or packets read.
    pub lines: u64,
    /// DNS messages among them.
    pub messages: u64,
    /// Octets read.
    pub octets: u64,
    /// Observations and registrations stored now.
    pub stored: u64,
    /// Observations and registrations that were stored by the same input before.
    pub known: u64,
    /// Lines refused.
    pub refused: u64,
    /// Registrations stored with something in them that was not understood.
    pub remarked: u64,
    /// Answers that the observations stand for, repetitions counted.
    pub answers: u64,
    /// What was not taken, by reason: messages, records, answers.
    pub dropped: BTreeMap<String, u64>,
    /// Where the input cannot be read any further.
    pub damaged: Option<String>,
    /// Hits of Tracks.
    pub hits: u64,
    /// Seconds it took.
    pub seconds: f64,
    #[serde(skip)]
    /// The lines refused, by reason.
    pub refusals: Refusals,
}

impl Summary {
    /// Counts what became of a window.
    pub fn add(&mut self, kept: &Kept, known: bool) {
        self.answers += kept.answers;
        *if known { &mut self.known } else { &mut self.stored } += kept.observations;
        for (reason, count) in &kept.dropped {
            *self.dropped.entry(reason.clone()).or_default() += count;
        }
    }

    fn lines<T>(&mut self, batch: LineBatch<T>) {
        self.lines = batch.lines;
        self.octets = batch.octets;
        self.refused += batch.refusals.total();
        self.refusals.absorb(batch.refusals);
    }
}

/// How an input is to be read.
pub struct Reading<'a> {
    /// How it is written.
    pub format: Format,
    /// What registrations do not say themselves.
    pub defaults: &'a Defaults,
    /// When it arrives here, which is another moment than that of what it says: batches are known again by it.
    pub arrived: Time,
    /// The first line that cannot be read ends it before its batch is stored.
    pub strict: bool,
    /// Which column of a table means what.
    pub columns: Option<&'a str>,
    /// The origin of a zone file.
    pub origin: Option<&'a Name>,
    /// Which messages are taken.
    pub taken: Taken,
}

/// Reads an input of any format to its end; `progress` hears of every batch.
pub fn read(
    engine: &Engine,
    source: &Source,
    sensor: &Sensor,
    input: impl BufRead,
    reading: &Reading<'_>,
    progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let to = Into { engine, source: source.id, arrived: reading.arrived };
    let mut input = input;
    let intake = || Intake::new(sensor, to, reading.taken.clone(), Some(&source.name));
    let mut summary = match reading.format {
        Format::Dnstap => {
            let mut intake = intake();
            intake.dnstap(&mut input, progress)?;
            intake.summary
        }
        Format::Pcap => {
            let mut intake = intake();
            intake.capture(input, progress)?;
            intake.summary
        }
        Format::Zeek | Format::Eve | Format::Passivedns | Format::Csv => {
            log(source, sensor, &to, input, reading, progress)?
        }
        Format::Zone if !matches!(source.kind, SourceKind::Zone | SourceKind::Import) => {
            return Err(misuse("a zone file goes to a source of kind zone or import"));
        }
        Format::Cof | Format::Dnsdb | Format::Zone if source.kind == SourceKind::Sensor => {
            filtered(engine, source, sensor, input, reading, progress)?
        }
        _ => unfiltered(engine, source, input, reading, progress)?,
    };
    summary.seconds = seconds(started.elapsed());
    Ok(summary)
}

/// Lines of logs: through a window, and the rules of a sensor where it is one that speaks.
fn log(
    source: &Source,
    sensor: &Sensor,
    to: &Into<'_>,
    input: impl BufRead,
    reading: &Reading<'_>,
    mut progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    let (mut zeek, mut table) = (zeek::Log::default(), Table::new(reading.columns));
    let mut parse = |line: &[u8]| match reading.format {
        Format::Zeek => zeek.line(line),
        Format::Eve => eve::parse_line(line),
        Format::Passivedns => passivedns::parse_line(line),
        _ => table.line(line),
    };
    let mut reader = Reader::new(input, &source.name);
    let (mut summary, mut window) = (Summary::default(), Window::default());
    while let Some(mut batch) = reader.next_batch(&mut parse)? {
        refuse_where_strict(&batch, reading.strict)?;
        for Answered { question, observations } in batch.records.drain(..) {
            observations.iter().for_each(|observation| window.add_observation(question.as_ref(), observation));
        }
        let stored = sensor.keep(to, &mut window, Some(BatchId(batch.id)))?;
        summary.add(&stored.kept, stored.fate == Appended::Known);
        summary.lines(batch);
        progress(&summary);
    }
    Ok(summary)
}

fn refuse_where_strict<T>(batch: &LineBatch<T>, strict: bool) -> anyhow::Result<()> {
    let Some((_, refused)) = batch.refusals.reasons().next().filter(|_| strict) else { return Ok(()) };
    let line = refused.lines.first().copied().unwrap_or_default();
    anyhow::bail!("line {line}: {}; nothing of this batch was stored (--strict)", refused.example)
}

/// What one line gives.
enum Given {
    Observation(Observation),
    Registration(Box<RegistrationRecord>, bool),
    Network(Box<NetworkRecord>),
}

/// Lines of observations that a sensor gathered: what it must not keep is dropped.
fn filtered(
    engine: &Engine,
    source: &Source,
    sensor: &Sensor,
    input: impl BufRead,
    reading: &Reading<'_>,
    progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    let mut dropped = Kept::default();
    let mut summary = batches(engine, source, input, reading, progress, |observations| {
        let (observations, kept) = sensor.filter(observations)?;
        dropped.absorb(&kept);
        Ok(observations)
    })?;
    summary.dropped = dropped.dropped;
    Ok(summary)
}

fn unfiltered(
    engine: &Engine,
    source: &Source,
    input: impl BufRead,
    reading: &Reading<'_>,
    progress: impl FnMut(&Summary),
) -> anyhow::Result<Summary> {
    batches(engine, source, input, reading, progress, Ok)
}

/// Reads lines of Common Output Format or of registrations to their end and stores them.
pub fn lines(
    engine: &Engine,
    source: &Source,
    input: impl BufRead,
    format: Format,
    defaults: &Defaults,
) -> anyhow::Result<Summary> {
    let taken = Taken { client: false, below_resolver: false, ports: Vec::new() };
    let arrived = defaults.observed;
    let reading = Reading { format, defaults, arrived, strict: false, columns: None, origin: None, taken };
    unfiltered(engine, source, input, &reading, |_| {})
}

fn batches(
    engine: &Engine,
    source: &Source,
    input: impl BufRead,
    reading: &Reading<'_>,
    mut progress: impl FnMut(&Summary),
    mut admit: impl FnMut(Vec<Observation>) -> anyhow::Result<Vec<Observation>>,
) -> anyhow::Result<Summary> {
    let started = Instant::now();
    let mut reader = Reader::new(input, &source.name);
    let mut parsers = Parsers {
        zone: ZoneFile::new(reading.origin.cloned(), reading.defaults.observed),
        registrations: registration_table::Table::new(reading.columns),
    };
    let mut summary = Summary::default();
    while let Some(batch) = next(&mut reader, source, reading, &mut parsers)? {
        refuse_where_strict(&batch, reading.strict)?;
        keep(engine, source, batch, reading.arrived, &mut summary, &mut admit)?;
        summary.seconds = seconds(started.elapsed());
        progress(&summary);
    }
    Ok(summary)
}

fn seconds(elapsed: Duration) -> f64 {
    (elapsed.as_secs_f64() * 1000.0).round() / 1000.0
}

/// What has to be remembered from one line to the next.
struct Parsers {
    zone: ZoneFile,
    registrations: registration_table::Table,
}

fn next(
    reader: &mut Reader<impl BufRead>,
    source: &Source,
    reading: &Reading<'_>,
    parsers: &mut Parsers,
) -> io::Result<Option<LineBatch<Given>>> {
    let defaults = reading.defaults;
    reader.next_batch(|line| match reading.format {
        Format::Whois => registration(line, defaults),
        Format::Rdap => registration(line, defaults).or_else(|error| {
            let network = registration_lines::parse_network_line(line, defaults).ok_or(error)?;
            Ok(vec![Given::Network(Box::new(network))])
        }),
        Format::Prefixes => network(line, defaults.observed),
        Format::Dnsdb => dns(dnsdb_lines::parse_line(line)?, source),
        Format::Registrations => Ok(given(parsers.registrations.line(line, defaults)?)),
        Format::Zone => Ok(parsers.zone.line(line)?.map(Given::Observation).into_iter().collect()),
        _ => dns(cof::parse_line(line)?, source),
    })
}

/// Times of a zone file are another kind of statement than sightings: they go to sources of kind `zone` alone.
fn dns(records: Vec<CofRecord>, source: &Source) -> Result<Vec<Given>, LineError> {
    if records.is_empty() {
        return Ok(Vec::new());
    }
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
    Ok(given(registration_lines::parse_line(line, defaults)?))
}

fn given(read: Option<registration_lines::RegistrationLine>) -> Vec<Given> {
    read.map(|line| Given::Registration(Box::new(line.record), !line.remarks.is_empty())).into_iter().collect()
}

fn network(line: &[u8], observed: Time) -> Result<Vec<Given>, LineError> {
    Ok(prefixes::parse_line(line, observed)?.map(|record| Given::Network(Box::new(record))).into_iter().collect())
}

fn keep(
    engine: &Engine,
    source: &Source,
    lines: LineBatch<Given>,
    arrived: Time,
    summary: &mut Summary,
    admit: &mut impl FnMut(Vec<Observation>) -> anyhow::Result<Vec<Observation>>,
) -> anyhow::Result<()> {
    let mut lines = lines;
    let mut batch = Batch {
        id: Some(BatchId(lines.id)),
        source: source.id,
        arrived,
        observations: Vec::new(),
        registrations: Vec::new(),
        networks: Vec::new(),
        parser: formats::whois::REVISION,
    };
    let mut remarked = 0;
    for given in lines.records.drain(..) {
        match given {
            Given::Observation(observation) => batch.observations.push(observation),
            Given::Registration(record, remarks) => {
                batch.registrations.push(*record);
                remarked += u64::from(remarks);
            }
            Given::Network(record) => batch.networks.push(*record),
        }
    }
    batch.observations = admit(batch.observations)?;
    let count = (batch.observations.len() + batch.registrations.len() + batch.networks.len()) as u64;
    let appended =
        engine.append(batch).context("the store refused a batch; what was acknowledged before it is kept")?;
    summary.hits += appended.1.len() as u64;
    match appended.0 {
        Appended::Stored => summary.stored += count,
        Appended::Known => summary.known += count,
    }
    summary.remarked += remarked;
    summary.lines(lines);
    Ok(())
}
