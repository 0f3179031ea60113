//! What is appended to the log: batches as rows, ready for the memory table.
//!
//! A record holds one or more batches that became durable together. A batch is: flags (1: has an id), the id (16 octets), sequence, source, arrival (zigzag), the number of rows, the rows. A row is: key
//! (string), first (zigzag), duration, count, payload (string).
#![deny(clippy::indexing_slicing)]

use model::{SourceId, Time};

use crate::{
    batch::{Batch, BatchId},
    error::Error,
    hash::hash128,
    key::{EMAIL, FORWARD, NETWORK, RAW, REGISTRATION, VALUE},
    network,
    octets::{Input, put_string, put_varint, put_zigzag},
    registration::{self, Payload},
    table::NewRow,
    tuple,
};

/// The most octets of one raw answer.
pub(crate) const RAW_MAX: usize = 1 << 20;
const HAS_ID: u8 = 1;

/// Encodes a batch as it stands in the log.
pub(crate) fn put_batch(out: &mut Vec<u8>, batch: &Batch, sequence: u64) -> Result<(), Error> {
    out.push(if batch.id.is_some() { HAS_ID } else { 0 });
    out.extend(batch.id.iter().flat_map(|id| id.0));
    put_varint(out, sequence);
    put_varint(out, batch.source.0.into());
    put_zigzag(out, batch.arrived.0);
    let mut registrations = Vec::new();
    let mut count = batch.observations.len() as u64;
    for record in &batch.registrations {
        count += put_registration(&mut registrations, record, batch)?;
    }
    for record in &batch.networks {
        count += put_network(&mut registrations, record, batch.source);
    }
    put_varint(out, count);
    out.reserve(batch.observations.len() * 72 + registrations.len());
    let mut scratch = Vec::with_capacity(128);
    for observation in &batch.observations {
        scratch.clear();
        tuple::put_forward(&mut scratch, &observation.tuple, batch.source);
        let (first, last) = (observation.span.first().0, observation.span.last().0);
        put_row(out, &NewRow { key: &scratch, first, last, count: observation.count, payload: &[] });
    }
    out.extend(registrations);
    Ok(())
}

fn put_registration(rows: &mut Vec<u8>, record: &model::RegistrationRecord, batch: &Batch) -> Result<u64, Error> {
    let mut count = 0;
    let mut raw = Vec::new();
    let mut put = |key: &[u8], moment: i64, number: u64, payload: &[u8]| {
        put_row(rows, &NewRow { key, first: moment, last: moment, count: number, payload });
        count += 1;
    };
    for answer in &record.raw {
        if answer.body.len() > RAW_MAX || answer.server.len() > 4096 {
            return Err(Error::Invalid(format!(
                "the answer of `{}` for `{}` is longer than {RAW_MAX} octets",
                answer.server.chars().take(80).collect::<String>(),
                record.domain
            )));
        }
        let octets = registration::encode_raw(answer);
        let hash = hash128(&octets);
        put(&[&[RAW][..], &hash].concat(), 0, 0, &octets);
        raw.push(hash);
    }
    let observed = record.observed.0;
    let payload = Payload { parser: batch.parser, observed, registration: record.registration.clone(), raw };
    let hash = registration::hash(&record.domain, &record.registration);
    put(&registration::version_key(&record.domain, hash, batch.source), observed, 1, &payload.encode());
    for key in registration::value_keys(&record.domain, &record.registration, batch.source) {
        put(&key, observed, 1, &[]);
    }
    Ok(count)
}

fn put_network(rows: &mut Vec<u8>, record: &model::NetworkRecord, source: SourceId) -> u64 {
    let (keys, payload, moment) = (network::keys(&record.network, source), network::payload(record), record.observed.0);
    for key in &keys {
        put_row(rows, &NewRow { key, first: moment, last: moment, count: 1, payload: &payload });
    }
    keys.len() as u64
}

fn put_row(out: &mut Vec<u8>, row: &NewRow<'_>) {
    debug_assert!(matches!(row.key.first(), Some(&FORWARD | &REGISTRATION | &VALUE | &EMAIL | &RAW | &NETWORK)));
    put_string(out, row.key);
    put_zigzag(out, row.first);
    put_varint(out, row.last.wrapping_sub(row.first) as u64);
    put_varint(out, row.count);
    put_string(out, row.payload);
}

/// The full hour of a moment.
pub(crate) fn hour(moment: Time) -> i64 {
    moment.0.div_euclid(3600).saturating_mul(3600)
}

/// A batch as it was read back.
#[derive(Debug)]
pub(crate) struct LoggedBatch<'a> {
    pub(crate) id: Option<BatchId>,
    pub(crate) sequence: u64,
    pub(crate) source: SourceId,
    pub(crate) arrived: Time,
    rows: Input<'a>,
    left: u64,
}

/// Reads the batch in front of a record; its rows follow it, and `rest` is what stands behind them.
pub(crate) fn take_batch<'a>(input: &mut Input<'a>) -> Option<LoggedBatch<'a>> {
    let flags = input.byte()?;
    let id = if flags & HAS_ID != 0 { Some(BatchId(input.array()?)) } else { None };
    let sequence = input.varint()?;
    let source = SourceId(u32::try_from(input.varint()?).ok()?);
    let arrived = Time(input.zigzag()?);
    let left = input.varint()?;
    Some(LoggedBatch { id, sequence, source, arrived, rows: *input, left })
}

impl<'a> LoggedBatch<'a> {
    /// The next row; the outer none is damage, the inner the end.
    pub(crate) fn row(&mut self) -> Option<Option<NewRow<'a>>> {
        if self.left == 0 {
            return Some(None);
        }
        self.left -= 1;
        let input = &mut self.rows;
        let key = input.string()?;
        let first = input.zigzag()?;
        let last = first.checked_add(i64::try_from(input.varint()?).ok()?)?;
        Some(Some(NewRow { key, first, last, count: input.varint()?, payload: input.string()? }))
    }

    /// What stands behind the rows, once all were read.
    pub(crate) fn rest(self) -> Input<'a> {
        self.rows
    }
}
