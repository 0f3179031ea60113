//! What the best general compressor makes of the same rows: the limit to compare sizes with.
//!
//! As in the measurements behind the design: keys in the order of each key space and the columns of their values,
//! each a stream of its own, `zstd -19 --long=27` over a contiguous fifth.

use std::io::Write;

use model::{Name, Readable, RecordType, Seen, SourceId, Tuple};
use zstd::stream::write::Encoder;

use super::{Outcome, Say};
use crate::{Query, Record, Snapshot, Store, Subject};

const PART: usize = 5;

/// Calls for each record in order of names; returns how many rows (records and sources) there were.
pub(super) fn each_row(snapshot: &Snapshot, mut then: impl FnMut(&Record)) -> Outcome<u64> {
    let mut query = Query::new(Subject::Within(Name::root()), Readable::All, 10_000);
    let mut rows = 0;
    loop {
        let page = snapshot.dns(&query)?;
        for record in &page.rows {
            rows += record.sightings.len() as u64;
            then(record);
        }
        query.cursor = page.next;
        if query.cursor.is_none() {
            return Ok(rows);
        }
    }
}

/// Octets for a distinct tuple, all key spaces of DNS together.
pub(super) fn limit(store: &Store, say: Say<'_>) -> Outcome<f64> {
    let (mut forward, mut inverse, mut names, mut tuples) = (Vec::new(), Vec::new(), Vec::<Box<[u8]>>::new(), 0u64);
    each_row(&store.snapshot(), |record| {
        tuples += 1;
        names.push(record.tuple.rrname.as_wire().into());
        for (source, seen) in &record.sightings {
            forward.push((forward_key(&record.tuple, *source), value(seen)));
            for key in inverse_keys(&record.tuple, *source) {
                inverse.push((key, value(seen)));
            }
        }
    })?;
    names.sort();
    names.dedup();
    let names = names.into_iter().map(|name| (name, Value::default())).collect();
    let mut sum = 0.0;
    for (what, mut rows) in [("forward", forward), ("inverse", inverse), ("name-forward", names)] {
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let octets = compressed(&rows)?;
        say(&format!("zstd limit, {what}: {:.2} octets a tuple ({} rows)", octets / tuples as f64, rows.len()));
        sum += octets;
    }
    Ok(sum / tuples as f64)
}

/// What a row says beside its key.
#[derive(Default)]
struct Value {
    first: u32,
    length: u32,
    count: u64,
    spells: Box<[u8]>,
}

/// Keys, first times, lengths, counts and further spells: a column each.
fn compressed(rows: &[(Box<[u8]>, Value)]) -> Outcome<f64> {
    let part = rows.len() / PART;
    let rows = &rows[part * 2..part * 3];
    let mut octets = packed(rows.iter().map(|(key, _)| key.to_vec()))?;
    octets += packed(rows.iter().map(|(_, value)| value.first.to_be_bytes().to_vec()))?;
    octets += packed(rows.iter().map(|(_, value)| varint(value.length.into())))?;
    octets += packed(rows.iter().map(|(_, value)| varint(value.count)))?;
    octets += packed(rows.iter().map(|(_, value)| value.spells.to_vec()))?;
    Ok((octets * PART) as f64)
}

fn packed(rows: impl Iterator<Item = Vec<u8>>) -> Outcome<usize> {
    let mut encoder = Encoder::new(Vec::new(), 19)?;
    encoder.long_distance_matching(true)?;
    encoder.window_log(27)?;
    for row in rows {
        encoder.write_all(&row)?;
    }
    Ok(encoder.finish()?.len())
}

fn value(seen: &Seen) -> Value {
    let mut spells = varint(seen.spells.len() as u64);
    for pair in seen.spells.windows(2) {
        spells.extend(varint((pair[0].span.last().0 - pair[0].span.first().0) as u64));
        spells.extend(varint((pair[1].span.first().0 - pair[0].span.last().0) as u64));
    }
    Value {
        first: seen.span.first().0 as u32,
        length: (seen.span.last().0 - seen.span.first().0) as u32,
        count: seen.count,
        spells: spells.into(),
    }
}

fn varint(mut number: u64) -> Vec<u8> {
    let mut octets = Vec::new();
    while number >= 128 {
        octets.push(number as u8 | 128);
        number >>= 7;
    }
    octets.push(number as u8);
    octets
}

fn reversed(name: &Name, key: &mut Vec<u8>) {
    let labels: Vec<&[u8]> = name.labels().collect();
    for label in labels.iter().rev() {
        key.extend(*label);
        key.push(0);
    }
    key.push(0);
}

fn forward_key(tuple: &Tuple, source: SourceId) -> Box<[u8]> {
    let mut key = Vec::new();
    reversed(&tuple.rrname, &mut key);
    key.extend(tuple.rrtype.0.to_be_bytes());
    key.push(tuple.bailiwick.unwrap_or(255));
    key.extend(tuple.rdata.as_octets());
    key.push(source.0 as u8);
    key.into()
}

/// Two for a start of authority, by its names.
fn inverse_keys(tuple: &Tuple, source: SourceId) -> Vec<Box<[u8]>> {
    let octets = tuple.rdata.as_octets();
    let name = |at: usize| Name::split_wire(&octets[at..]).ok();
    let key = |target: Option<&Name>, rest: &[u8]| {
        let mut key = Vec::new();
        if let Some(target) = target {
            reversed(target, &mut key);
        }
        key.extend(rest);
        key.extend(tuple.rrtype.0.to_be_bytes());
        reversed(&tuple.rrname, &mut key);
        key.extend([tuple.bailiwick.unwrap_or(255), source.0 as u8]);
        key.into()
    };
    match (tuple.rrtype, name(0), if tuple.rrtype == RecordType::MX { name(2) } else { None }) {
        (RecordType::NS | RecordType::CNAME, Some((target, _)), _) => vec![key(Some(&target), &[])],
        (RecordType::MX, _, Some((target, _))) => vec![key(Some(&target), &octets[..2])],
        (RecordType::SOA, Some((mname, used)), _) => {
            let rname = name(used).map_or(Name::root(), |(rname, _)| rname);
            vec![key(Some(&mname), &octets[used..]), key(Some(&rname), octets)]
        }
        _ => vec![key(None, octets)],
    }
}
