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
    extra_restarts: Vec<u64>,
    extra_lengths: Vec<u64>,
    extras: Vec<u8>,
}

/// When a row was seen and its payload, as a block holds them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u64,
    /// Spells, where it is not a single witnessed one, and payload.
    pub(crate) extra: &'a [u8],
}

impl<'a> Value<'a> {
    /// Takes spells and payload apart; none where they make no sense.
    pub(crate) fn decode(&self) -> Option<(Sighting, &'a [u8])> {
        let mut extra = Input(self.extra);
        let &Value { first, last, count, .. } = self;
        let (reported, spells) = if extra.is_empty() { (false, None) } else { take_spells(&mut extra, first, last)? };
        Some((Sighting { first, last, count, reported, spells }, extra.0))
    }
}

impl BlockBuilder {
    /// Adds a row that shares so many octets with the one before, where that is known.
    pub(crate) fn push(&mut self, key: &[u8], shared: Option<usize>, value: &Value<'_>) {
        let mut kept = 0;
        if self.shared.len().is_multiple_of(RESTART) {
            self.restarts.push(self.keys.len() as u64);
            self.extra_restarts.push(self.extras.len() as u64);
        } else {
            let most = self.last.len().min(SHARED_MAX);
            kept = shared.unwrap_or_else(|| common(&self.last, key)).min(most);
            debug_assert_eq!(self.last.get(..kept), key.get(..kept));
        }
        let suffix = key.get(kept..).unwrap_or_default();
        self.shared.push(kept as u64);
        self.lengths.push(suffix.len() as u64);
        self.keys.extend_from_slice(suffix);
        self.firsts.push(value.first as u64 ^ SIGN);
        self.durations.push(value.last.wrapping_sub(value.first) as u64);
        self.counts.push(value.count);
        self.extra_lengths.push(value.extra.len() as u64);
        self.extras.extend_from_slice(value.extra);
        self.last.truncate(kept);
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
        put_column(out, &self.extra_restarts);
        put_varint(out, self.keys.len() as u64);
        out.extend_from_slice(&self.keys);
        out.extend_from_slice(&self.extras);
        for column in [&mut self.shared, &mut self.lengths, &mut self.restarts, &mut self.firsts] {
            column.clear();
        }
        for column in [&mut self.durations, &mut self.counts, &mut self.extra_lengths, &mut self.extra_restarts] {
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
pub(crate) fn put_extra(out: &mut Vec<u8>, sighting: &Sighting, payload: &[u8]) {
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
    extra_restarts: Column,
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

/// What a block's columns say of a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbers {
    first: i64,
    last: i64,
    count: u64,
    /// Where its extras stand in the block.
    extra: (usize, usize),
}

/// Some rows of a block's columns unpacked, for whoever reads row after row.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    numbers: [Vec<u64>; 5],
    /// The first of these rows, and how many there are.
    from: usize,
    rows: usize,
}

/// So many rows are unpacked at once.
const CHUNK: usize = 64;

impl Columns {
    /// Whether it has the numbers of this row.
    pub(crate) fn covers(&self, row: usize) -> bool {
        row.wrapping_sub(self.from) < self.rows
    }

    /// Of no row.
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
    }
}

/// Columns that are unpacked.
#[derive(Clone, Copy)]
enum Of {
    Shared,
    Lengths,
    Firsts,
    Durations,
    Counts,
}

impl Block {
    /// Unpacks its columns from a row on.
    pub(crate) fn unpack(&self, columns: &mut Columns, from: usize) {
        let packed = [Of::Shared, Of::Lengths, Of::Firsts, Of::Durations, Of::Counts].map(|of| self.column(of));
        (columns.from, columns.rows) = (from, CHUNK.min(self.rows.saturating_sub(from)));
        let rows = from..from + columns.rows;
        packed
            .iter()
            .zip(&mut columns.numbers)
            .for_each(|(packed, out)| packed.unpack(&self.octets, rows.clone(), out));
    }

    fn column(&self, of: Of) -> &Column {
        match of {
            Of::Shared => &self.shared,
            Of::Lengths => &self.lengths,
            Of::Firsts => &self.firsts,
            Of::Durations => &self.durations,
            Of::Counts => &self.counts,
        }
    }

    fn number(&self, of: Of, row: usize, columns: Option<&Columns>) -> u64 {
        let unpacked =
            columns.and_then(|columns| columns.numbers.get(of as usize)?.get(row.wrapping_sub(columns.from)));
        unpacked.copied().unwrap_or_else(|| self.column(of).get(&self.octets, row))
    }

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
        let extra_restarts = Column::find(&mut input, all, rows.div_ceil(RESTART))?;
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
            extra_restarts,
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

    /// Goes to the first row; `key` becomes its key. Returns how many octets of what `key` was it shares.
    pub(crate) fn first(&self, key: &mut Vec<u8>) -> Option<(Place, usize)> {
        let mut place = Place { suffix_end: self.keys_at, extra_end: self.extras_at, ..Place::default() };
        let shared = self.read(&mut place, key, None)?;
        Some((place, shared))
    }

    /// Goes on to the next row, which there is; returns how many octets its key shares with the one before.
    pub(crate) fn step(&self, place: &mut Place, key: &mut Vec<u8>, columns: Option<&Columns>) -> Option<usize> {
        place.row += 1;
        self.read(place, key, columns)
    }

    fn read(&self, place: &mut Place, key: &mut Vec<u8>, columns: Option<&Columns>) -> Option<usize> {
        let shared = self.read_key(place, key, columns)?;
        place.extra_at = place.extra_end;
        if !self.extra_lengths.is_zero() {
            place.extra_end = self.extra_after(place.extra_end, place.row)?;
        }
        Some(shared)
    }

    fn read_key(&self, place: &mut Place, key: &mut Vec<u8>, columns: Option<&Columns>) -> Option<usize> {
        let kept = self.number(Of::Shared, place.row, columns) as usize;
        let length = self.number(Of::Lengths, place.row, columns) as usize;
        let end = place.suffix_end.checked_add(length).filter(|end| *end <= self.extras_at)?;
        let suffix = self.octets.get(place.suffix_end..end)?;
        let before = key.get(kept..)?;
        // Keys that stand whole, and those that share the most that can be said, may share more.
        let shared = if kept == 0 || kept == SHARED_MAX { kept + common(before, suffix) } else { kept };
        key.truncate(kept);
        key.extend_from_slice(suffix);
        place.suffix_end = end;
        Some(shared)
    }

    /// The first row whose key is not below `target`; the outer none is damage, the inner says that all are below.
    pub(crate) fn seek(&self, target: &[u8], key: &mut Vec<u8>) -> Option<Option<Place>> {
        let (mut low, mut high) = (0, self.rows.div_ceil(RESTART));
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.restart(middle)? < target { low = middle } else { high = middle }
        }
        let start = |column: &Column| usize::try_from(column.get(&self.octets, low)).ok();
        let mut place = Place {
            row: low * RESTART,
            suffix_end: self.keys_at.checked_add(start(&self.restarts)?)?,
            extra_at: 0,
            extra_end: self.extras_at.checked_add(start(&self.extra_restarts)?)?,
        };
        key.clear();
        self.read(&mut place, key, None)?;
        while key.as_slice() < target {
            if place.row + 1 == self.rows {
                return Some(None);
            }
            self.step(&mut place, key, None)?;
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
    pub(crate) fn value(&self, place: &Place, columns: Option<&Columns>) -> Option<Value<'_>> {
        Some(self.value_of(self.numbers(place, columns)?))
    }

    /// The numbers of the row at a place; none where they make no sense.
    pub(crate) fn numbers(&self, place: &Place, columns: Option<&Columns>) -> Option<Numbers> {
        let number = |of| self.number(of, place.row, columns);
        let first = (number(Of::Firsts) ^ SIGN) as i64;
        let last = first.wrapping_add(number(Of::Durations) as i64);
        let extra = (place.extra_at, place.extra_end);
        (first <= last).then(|| Numbers { first, last, count: number(Of::Counts), extra })
    }

    /// A row's value, from its numbers.
    pub(crate) fn value_of(&self, numbers: Numbers) -> Value<'_> {
        let Numbers { first, last, count, extra: (from, to) } = numbers;
        Value { first, last, count, extra: self.octets.get(from..to).unwrap_or_default() }
    }
}

/// How many octets two keys have in common from the left.
pub(crate) fn common(a: &[u8], b: &[u8]) -> usize {
    let length = a.len().min(b.len());
    let (a, b) = (a.get(..length).unwrap_or_default(), b.get(..length).unwrap_or_default());
    let ((a, a_tail), (b, b_tail)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (at, (x, y)) in a.iter().zip(b).enumerate() {
        let difference = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if difference != 0 {
            return at * 8 + difference.trailing_zeros() as usize / 8;
        }
    }
    a.len() * 8 + a_tail.iter().zip(b_tail).take_while(|(x, y)| x == y).count()
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
            let mut extra = Vec::new();
            put_extra(&mut extra, &sighting, if n % 5 == 0 { b"payload" } else { b"" });
            let Sighting { first, last, count, .. } = sighting;
            builder.push(key, None, &Value { first, last, count, extra: &extra });
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
            let (sighting, payload) = block.value(&place, None).unwrap().decode().unwrap();
            assert_eq!(sighting.first, n as i64 * 10);
            assert_eq!(sighting.spells().count(), if n % 9 == 0 { 2 } else { 1 });
            assert_eq!(payload, if n % 5 == 0 { &b"payload"[..] } else { b"" });
        }
        assert!(block.seek(b"key-999", &mut key).unwrap().is_none());
        let mut place = block.first(&mut key).unwrap().0;
        let mut columns = Columns::default();
        for pair in keys.windows(2) {
            if !columns.covers(place.row + 1) {
                block.unpack(&mut columns, place.row + 1);
            }
            let shared = block.step(&mut place, &mut key, Some(&columns)).unwrap();
            assert_eq!((&key, shared), (&pair[1], common(&pair[0], &pair[1])));
            let of = |columns| block.value(&place, columns).unwrap().decode().unwrap();
            assert_eq!(of(None), of(Some(&columns)));
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
                let _ = bad
                    .seek(b"key-050", &mut key)
                    .flatten()
                    .map(|place| bad.value(&place, None).is_some_and(|value| value.decode().is_some()));
            }
            assert!(Block::parse(block.octets[..at].to_vec()).is_none_or(|short| short.rows > 0));
        }
    }
}
