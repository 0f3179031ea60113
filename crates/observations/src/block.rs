//! Blocks: some hundred rows in order of their keys, all of one space.
//!
//! A key is written as how many octets it shares with the key before it and what follows; every sixteenth shares
//! none, so that a search leaps between those. Keys, times and counts stand in [`crate::column`]s, apart from the
//! octets of keys and from what few rows have: lists of spells, and payloads.
#![deny(clippy::indexing_slicing)]

use model::{Span, Spell, Time};

use crate::{
    column::{Column, put_column},
    octets::{Input, put_varint, put_zigzag},
    sighting::{SPELLS_MAX, Sighting},
};

/// Every so many rows a key stands whole.
const RESTART: usize = 16;
/// The most rows in a block.
const ROWS_MAX: usize = 4096;
/// The most octets that a key shares with the one before.
const SHARED_MAX: usize = 255;
const SIGN: u64 = 1 << 63;

/// Gathers the rows of a block.
#[derive(Debug, Default)]
pub(crate) struct BlockBuilder {
    last: Vec<u8>,
    shared: Vec<u64>,
    lengths: Vec<u64>,
    restarts: Vec<u64>,
    keys: Vec<u8>,
    firsts: Vec<u64>,
    durations: Vec<u64>,
    counts: Vec<u64>,
    extra_lengths: Vec<u64>,
    extras: Vec<u8>,
}

impl BlockBuilder {
    pub(crate) fn push(&mut self, key: &[u8], sighting: &Sighting, payload: &[u8]) {
        let mut shared = 0;
        if self.shared.len().is_multiple_of(RESTART) {
            self.restarts.push(self.keys.len() as u64);
        } else {
            shared = self.last.iter().zip(key).take(SHARED_MAX).take_while(|(a, b)| a == b).count();
        }
        let suffix = key.get(shared..).unwrap_or_default();
        self.shared.push(shared as u64);
        self.lengths.push(suffix.len() as u64);
        self.keys.extend_from_slice(suffix);
        self.firsts.push(sighting.first as u64 ^ SIGN);
        self.durations.push(sighting.last.wrapping_sub(sighting.first) as u64);
        self.counts.push(sighting.count);
        let before = self.extras.len();
        put_extra(&mut self.extras, sighting, payload);
        self.extra_lengths.push((self.extras.len() - before) as u64);
        self.last.truncate(shared);
        self.last.extend_from_slice(suffix);
    }

    pub(crate) fn rows(&self) -> usize {
        self.shared.len()
    }

    /// Whether it has reached the size of a block.
    pub(crate) fn is_full(&self, octets: usize) -> bool {
        self.keys.len() + self.extras.len() + self.rows() * 10 >= octets || self.rows() >= ROWS_MAX
    }

    /// The key pushed last.
    pub(crate) fn last_key(&self) -> &[u8] {
        &self.last
    }

    /// Writes the block and begins anew.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        put_varint(out, self.rows() as u64);
        for column in [&self.shared, &self.lengths, &self.restarts, &self.firsts, &self.durations, &self.counts] {
            put_column(out, column);
        }
        put_column(out, &self.extra_lengths);
        put_varint(out, self.keys.len() as u64);
        out.extend_from_slice(&self.keys);
        out.extend_from_slice(&self.extras);
        for column in [&mut self.shared, &mut self.lengths, &mut self.restarts, &mut self.firsts] {
            column.clear();
        }
        for column in [&mut self.durations, &mut self.counts, &mut self.extra_lengths] {
            column.clear();
        }
        self.last.clear();
        self.keys.clear();
        self.extras.clear();
    }
}

/// What few rows have: nothing for one witnessed spell and no payload; else the number of spells (0 for one witnessed,
/// 1 for one reported), for two and more each one's distance from the end before and twice its length plus the
/// reported bit, then the payload.
fn put_extra(out: &mut Vec<u8>, sighting: &Sighting, payload: &[u8]) {
    match &sighting.spells {
        None if !sighting.reported && payload.is_empty() => return,
        None => out.push(sighting.reported.into()),
        Some(spells) => {
            out.push(spells.len() as u8);
            let mut end = sighting.first;
            for spell in spells {
                let (first, last) = (spell.span.first().0, spell.span.last().0);
                put_zigzag(out, first.wrapping_sub(end));
                put_varint(out, last.wrapping_sub(first) as u64);
                out.push(spell.reported.into());
                end = last;
            }
        }
    }
    out.extend_from_slice(payload);
}

fn take_spells(extra: &mut Input<'_>, first: i64, last: i64) -> Option<(bool, Option<Box<[Spell]>>)> {
    let count = usize::from(extra.byte()?);
    if count < 2 {
        return Some((count == 1, None));
    }
    let mut spells = Vec::with_capacity(count.min(SPELLS_MAX));
    let mut end = first;
    for _ in 0..count {
        let from = end.checked_add(extra.zigzag()?)?;
        end = from.checked_add(i64::try_from(extra.varint()?).ok()?)?;
        spells.push(Spell { span: Span::new(Time(from), Time(end))?, reported: extra.byte()? != 0 });
    }
    (end == last && count <= SPELLS_MAX).then(|| (false, Some(spells.into())))
}

/// A decompressed block.
#[derive(Debug)]
pub(crate) struct Block {
    octets: Vec<u8>,
    rows: usize,
    shared: Column,
    lengths: Column,
    restarts: Column,
    firsts: Column,
    durations: Column,
    counts: Column,
    extra_lengths: Column,
    keys_at: usize,
    extras_at: usize,
}

/// Where a reader stands in a block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) row: usize,
    suffix_end: usize,
    extra_at: usize,
    extra_end: usize,
}

impl Block {
    /// Takes a block apart; none where its parts do not fit each other.
    pub(crate) fn parse(octets: Vec<u8>) -> Option<Block> {
        let all = octets.len();
        let mut input = Input(&octets);
        let rows = input.size().filter(|rows| (1..=ROWS_MAX).contains(rows))?;
        let [shared, lengths] = [Column::find(&mut input, all, rows)?, Column::find(&mut input, all, rows)?];
        let restarts = Column::find(&mut input, all, rows.div_ceil(RESTART))?;
        let [firsts, durations, counts, extra_lengths] = [
            Column::find(&mut input, all, rows)?,
            Column::find(&mut input, all, rows)?,
            Column::find(&mut input, all, rows)?,
            Column::find(&mut input, all, rows)?,
        ];
        let keys = input.size()?;
        let keys_at = all - input.0.len();
        input.take(keys)?;
        let extras_at = keys_at + keys;
        Some(Block {
            octets,
            rows,
            shared,
            lengths,
            restarts,
            firsts,
            durations,
            counts,
            extra_lengths,
            keys_at,
            extras_at,
        })
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// How much memory it takes.
    pub(crate) fn size(&self) -> usize {
        self.octets.len() + size_of::<Block>()
    }

    /// Begins at the first row.
    pub(crate) fn first(&self, key: &mut Vec<u8>) -> Option<Place> {
        let mut place = Place { suffix_end: self.keys_at, extra_end: self.extras_at, ..Place::default() };
        self.read(&mut place, key)?;
        Some(place)
    }

    /// Goes on to the next row, which there is.
    pub(crate) fn step(&self, place: &mut Place, key: &mut Vec<u8>) -> Option<()> {
        place.row += 1;
        self.read(place, key)
    }

    fn read(&self, place: &mut Place, key: &mut Vec<u8>) -> Option<()> {
        self.read_key(place, key)?;
        place.extra_at = place.extra_end;
        if !self.extra_lengths.is_zero() {
            place.extra_end = self.extra_after(place.extra_end, place.row)?;
        }
        Some(())
    }

    fn read_key(&self, place: &mut Place, key: &mut Vec<u8>) -> Option<()> {
        let shared = self.shared.get(&self.octets, place.row) as usize;
        let length = self.lengths.get(&self.octets, place.row) as usize;
        let end = place.suffix_end.checked_add(length).filter(|end| *end <= self.extras_at)?;
        if shared > key.len() {
            return None;
        }
        key.truncate(shared);
        key.extend_from_slice(self.octets.get(place.suffix_end..end)?);
        place.suffix_end = end;
        Some(())
    }

    /// The first row whose key is not below `target`; the outer none is damage, the inner says that all are below.
    pub(crate) fn seek(&self, target: &[u8], key: &mut Vec<u8>) -> Option<Option<Place>> {
        let (mut low, mut high) = (0, self.rows.div_ceil(RESTART));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.restart(middle)? < target { low = middle } else { high = middle }
        }
        let restart = usize::try_from(self.restarts.get(&self.octets, low)).ok()?;
        let mut place =
            Place { row: low * RESTART, suffix_end: self.keys_at.checked_add(restart)?, ..Place::default() };
        key.clear();
        self.read_key(&mut place, key)?;
        while key.as_slice() < target {
            place.row += 1;
            if place.row == self.rows {
                return Some(None);
            }
            self.read_key(&mut place, key)?;
        }
        place.extra_at = self.extras_at;
        place.extra_end = self.extras_at;
        if !self.extra_lengths.is_zero() {
            for row in 0..=place.row {
                place.extra_at = place.extra_end;
                place.extra_end = self.extra_after(place.extra_end, row)?;
            }
        }
        Some(Some(place))
    }

    fn extra_after(&self, end: usize, row: usize) -> Option<usize> {
        let length = usize::try_from(self.extra_lengths.get(&self.octets, row)).ok()?;
        end.checked_add(length).filter(|end| *end <= self.octets.len())
    }

    fn restart(&self, at: usize) -> Option<&[u8]> {
        let start = self.keys_at.checked_add(usize::try_from(self.restarts.get(&self.octets, at)).ok()?)?;
        let length = self.lengths.get(&self.octets, at * RESTART) as usize;
        self.octets.get(start..start.checked_add(length)?)
    }

    /// When the row at a place was seen, and its payload.
    pub(crate) fn value(&self, place: &Place) -> Option<(Sighting, &[u8])> {
        let first = (self.firsts.get(&self.octets, place.row) ^ SIGN) as i64;
        let last = first.wrapping_add(self.durations.get(&self.octets, place.row) as i64);
        let count = self.counts.get(&self.octets, place.row);
        let mut extra = Input(self.octets.get(place.extra_at..place.extra_end)?);
        let (reported, spells) = if extra.is_empty() { (false, None) } else { take_spells(&mut extra, first, last)? };
        (first <= last).then_some((Sighting { first, last, count, reported, spells }, extra.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> (Vec<Vec<u8>>, Block) {
        let keys: Vec<Vec<u8>> = (0..100).map(|n| format!("key-{n:03}-{}", "x".repeat(n % 7)).into_bytes()).collect();
        let mut builder = BlockBuilder::default();
        for (n, key) in keys.iter().enumerate() {
            let mut sighting = Sighting::new(n as i64 * 10, n as i64 * 10 + 5, n as u64, 100);
            if n % 9 == 0 {
                sighting.merge(&Sighting::new(5000, 6000, 1, 100), model::Counting::Stream, 100);
            }
            builder.push(key, &sighting, if n % 5 == 0 { b"payload" } else { b"" });
        }
        let mut out = Vec::new();
        builder.finish(&mut out);
        (keys, Block::parse(out).unwrap())
    }

    #[test]
    fn every_row_is_found() {
        let (keys, block) = sample();
        let mut key = Vec::new();
        for (n, wanted) in keys.iter().enumerate() {
            let place = block.seek(wanted, &mut key).unwrap().unwrap();
            assert_eq!((place.row, &key), (n, wanted));
            let (sighting, payload) = block.value(&place).unwrap();
            assert_eq!(sighting.first, n as i64 * 10);
            assert_eq!(sighting.spells().count(), if n % 9 == 0 { 2 } else { 1 });
            assert_eq!(payload, if n % 5 == 0 { &b"payload"[..] } else { b"" });
        }
        assert!(block.seek(b"key-999", &mut key).unwrap().is_none());
        let mut place = block.first(&mut key).unwrap();
        for wanted in &keys[1..] {
            block.step(&mut place, &mut key).unwrap();
            assert_eq!(&key, wanted);
        }
    }

    #[test]
    fn damage_never_panics() {
        let (_, block) = sample();
        for at in 0..block.octets.len() {
            for bit in [0, 3, 7] {
                let mut octets = block.octets.clone();
                octets[at] ^= 1 << bit;
                let Some(bad) = Block::parse(octets) else { continue };
                let mut key = Vec::new();
                let _ = bad.seek(b"key-050", &mut key).flatten().map(|place| bad.value(&place).is_some());
            }
            assert!(Block::parse(block.octets[..at].to_vec()).is_none_or(|short| short.rows > 0));
        }
    }
}
