//! Sections: a run of a segment's blocks with an index and a filter of their own.
//!
//! A segment may have a million blocks, and what is known of them must not stay in memory. So it is cut into sections, of
//! which only an [`Outline`] does; what a section knows of its blocks is read when somebody asks and kept within a bound, as
//! blocks are.
#![deny(clippy::indexing_slicing)]

use crate::{
    cursor::Skip,
    filter::Filter,
    octets::{Input, put_string, put_varint, put_zigzag},
};

/// The most blocks of a section.
pub(crate) const BLOCKS_MAX: usize = 128;

/// When and what rows are, so that they can be passed over together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Bit `n % 64` for each record type `n`.
    pub(crate) types: u64,
    /// Bit `n % 64` for each source `n`.
    pub(crate) sources: u64,
}

impl Default for Extent {
    /// Of no rows.
    fn default() -> Extent {
        Extent { first: i64::MAX, last: i64::MIN, types: 0, sources: 0 }
    }
}

impl Extent {
    /// Takes in other rows.
    pub(crate) fn widen(&mut self, other: &Extent) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        self.types |= other.types;
        self.sources |= other.sources;
    }

    /// Whether there may be wanted rows.
    pub(crate) fn is_wanted(&self, skip: &Skip) -> bool {
        (skip.types == 0 || self.types & skip.types != 0)
            && self.sources & skip.sources != 0
            && skip.times.is_none_or(|(first, last)| self.first <= first && self.last >= last)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        put_zigzag(out, self.first);
        put_zigzag(out, self.last);
        out.extend(self.types.to_be_bytes());
        out.extend(self.sources.to_be_bytes());
    }

    fn decode(input: &mut Input<'_>) -> Option<Extent> {
        Some(Extent { first: input.zigzag()?, last: input.zigzag()?, types: input.u64()?, sources: input.u64()? })
    }
}

/// What the index knows of a block without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) last_key: Box<[u8]>,
    pub(crate) offset: u64,
    pub(crate) stored: u32,
    pub(crate) rows: u32,
    pub(crate) extent: Extent,
}

/// What a segment knows of a section without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outline {
    pub(crate) last_key: Box<[u8]>,
    /// Where its first block stands.
    pub(crate) offset: u64,
    /// Octets of its blocks; behind them stand index and filter.
    pub(crate) octets: u64,
    /// Octets of index and filter.
    pub(crate) stored: u32,
    /// How many blocks of the segment stand before it.
    pub(crate) before: u32,
    pub(crate) blocks: u32,
    pub(crate) extent: Extent,
}

impl Outline {
    /// Where its index stands.
    pub(crate) fn index_at(&self) -> u64 {
        self.offset.saturating_add(self.octets)
    }
}

/// Keys in ascending order, to find the first that is not below another.
#[derive(Debug)]
pub(crate) struct Keys<T> {
    pub(crate) items: Vec<T>,
    /// The beginnings of the keys, close together, where most of a search is done.
    fronts: Vec<u128>,
}

impl<T> Keys<T> {
    pub(crate) fn new(items: Vec<T>, key: impl Fn(&T) -> &[u8]) -> Keys<T> {
        Keys { fronts: items.iter().map(|item| front(key(item))).collect(), items }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&T> {
        self.items.get(at)
    }

    /// The first whose key is not below `target`.
    pub(crate) fn find(&self, target: &[u8], key: impl Fn(&T) -> &[u8]) -> usize {
        let asked = front(target);
        let from = self.fronts.partition_point(|front| *front < asked);
        let alike = self.fronts.get(from..).unwrap_or_default().partition_point(|front| *front == asked);
        let alike = self.items.get(from..from + alike).unwrap_or_default();
        from + alike.partition_point(|item| key(item) < target)
    }
}

/// The first sixteen octets of a key, so that they compare as it does.
fn front(key: &[u8]) -> u128 {
    let mut octets = [0; 16];
    octets.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(octets)
}

/// What a section knows of its blocks.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) fences: Keys<Fence>,
    pub(crate) filter: Filter,
}

impl Section {
    /// The number of blocks, each block's fence with what its key shares with the one before, the filter.
    pub(crate) fn encode(fences: &[Fence], filter: &Filter) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, fences.len() as u64);
        let mut before: &[u8] = &[];
        for fence in fences {
            put_key(&mut out, before, &fence.last_key);
            put_varint(&mut out, fence.stored.into());
            put_varint(&mut out, fence.rows.into());
            fence.extent.encode(&mut out);
            before = &fence.last_key;
        }
        out.extend(filter.encode());
        out
    }

    /// Of the section that this outline is of; none where the two do not fit each other.
    pub(crate) fn decode(octets: &[u8], outline: &Outline) -> Option<Section> {
        let mut input = Input(octets);
        let mut fences: Vec<Fence> = Vec::new();
        let mut offset = outline.offset;
        for _ in 0..input.size()? {
            let last_key = take_key(&mut input, fences.last().map_or(&[][..], |fence| &fence.last_key))?;
            let stored = u32::try_from(input.varint()?).ok()?;
            let rows = u32::try_from(input.varint()?).ok()?;
            fences.push(Fence { last_key, offset, stored, rows, extent: Extent::decode(&mut input)? });
            offset = offset.checked_add(stored.into())?;
        }
        let fits = fences.len() == outline.blocks as usize
            && offset == outline.index_at()
            && fences.last().is_some_and(|fence| fence.last_key == outline.last_key);
        let filter = Filter::decode(input.0).filter(|_| fits)?;
        Some(Section { fences: Keys::new(fences, |fence| &fence.last_key), filter })
    }

    /// The first block whose last key is not below `target`.
    pub(crate) fn block_of(&self, target: &[u8]) -> usize {
        self.fences.find(target, |fence| &fence.last_key)
    }

    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        let keys: usize = self.fences.items.iter().map(|fence| fence.last_key.len() + 16).sum();
        keys + self.fences.items.len() * (size_of::<Fence>() + size_of::<u128>()) + self.filter.size()
    }
}

/// The directory of a segment: its sections.
pub(crate) fn encode_directory(sections: &[Outline]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, sections.len() as u64);
    let mut before: &[u8] = &[];
    for section in sections {
        put_key(&mut out, before, &section.last_key);
        put_varint(&mut out, section.blocks.into());
        put_varint(&mut out, section.octets);
        put_varint(&mut out, section.stored.into());
        section.extent.encode(&mut out);
        before = &section.last_key;
    }
    out
}

/// Reads a directory whose first section begins at `offset`.
pub(crate) fn decode_directory(octets: &[u8], mut offset: u64) -> Option<Keys<Outline>> {
    let mut input = Input(octets);
    let mut sections: Vec<Outline> = Vec::new();
    let mut before = 0u32;
    for _ in 0..input.size()? {
        let last_key = take_key(&mut input, sections.last().map_or(&[][..], |section| &section.last_key))?;
        let blocks = u32::try_from(input.varint()?).ok()?;
        let octets = input.varint()?;
        let stored = u32::try_from(input.varint()?).ok()?;
        let extent = Extent::decode(&mut input)?;
        sections.push(Outline { last_key, offset, octets, stored, before, blocks, extent });
        before = before.checked_add(blocks)?;
        offset = offset.checked_add(octets)?.checked_add(stored.into())?;
    }
    input.is_empty().then(|| Keys::new(sections, |section| &section.last_key))
}

fn put_key(out: &mut Vec<u8>, before: &[u8], key: &[u8]) {
    let shared = crate::block::common(before, key);
    put_varint(out, shared as u64);
    put_string(out, key.get(shared..).unwrap_or_default());
}

fn take_key(input: &mut Input<'_>, before: &[u8]) -> Option<Box<[u8]>> {
    let shared = input.size()?;
    Some([before.get(..shared)?, input.string()?].concat().into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Rdata, RecordType, SourceId, SuffixList, Tuple};

    use super::*;
    use crate::{
        cache::Cache,
        cursor::Cursor,
        disk::{Disk, RealDisk},
        hash::hash64,
        key,
        segment::Segment,
        sighting::Sighting,
        tuple::put_forward,
        view::after,
        writer::{SegmentWriter, Target, domain_hash},
    };

    const ROWS: usize = 60_000;
    const OF_A_DOMAIN: usize = 50;

    fn key_of(row: usize) -> Vec<u8> {
        let rrname = format!("n{row:06}.d{:05}.test", row / OF_A_DOMAIN).parse().unwrap();
        let rdata = Rdata::from_canonical(&(row as u32).to_be_bytes());
        let mut key = Vec::new();
        put_forward(&mut key, &Tuple { rrname, rrtype: RecordType::A, bailiwick: None, rdata }, SourceId(1));
        key
    }

    fn segment() -> Arc<Segment> {
        let disk: Disk = Arc::new(RealDisk);
        let suffixes = Arc::new(SuffixList::parse("// VERSION: 1\ntest\n"));
        let target = Target { path: None, lane: 0, sequences: (1, 1), level: Some(1) };
        let mut writer = SegmentWriter::new(&disk, suffixes, target).unwrap();
        (0..ROWS).for_each(|row| writer.push(&key_of(row), &Sighting::moment(row as i64, 1), &[]).unwrap());
        Arc::new(writer.finish().unwrap().unwrap())
    }

    #[test]
    fn rows_are_found_across_sections_and_filters_know_them() {
        let segment = segment();
        assert!(segment.sections.items.len() >= 3);
        let cache = Arc::new(Cache::new(1 << 20, 64 << 10));
        let skip = Skip { types: 2, sources: 2, times: None };
        let mut cursor =
            Cursor::new(segment.clone(), Some(cache.clone()), skip, Vec::new(), (&[], &[0xff; 32])).unwrap();
        for row in 0..ROWS {
            assert!(cursor.is_valid() && cursor.key == key_of(row), "{row}");
            cursor.step().unwrap();
        }
        assert!(!cursor.is_valid() && cursor.damaged == 0);
        for row in (0..ROWS).step_by(97).chain([0, ROWS - 1]).rev() {
            let key = key_of(row);
            cursor.seek(&key).unwrap();
            assert_eq!(cursor.key, key);
            let front = &key[..key::name_end(&key, 1).unwrap()];
            assert!(segment.may_hold((front, &after(front)), hash64(front), &cache));
            // The name's parent is the domain: its labels without the last.
            let labels = &front[..front.len() - "n000000".len() - 2];
            assert!(segment.may_hold((labels, &after(labels)), domain_hash(key::FORWARD, &labels[1..]), &cache));
        }
        let absent = |row: &usize| {
            let front = [&key_of(*row)[..6 + 7 + 7], b"x\0\0"].concat();
            segment.may_hold((&front, &after(&front)), hash64(&front), &cache)
        };
        assert!((0..ROWS).step_by(10).filter(absent).count() < ROWS / 10 / 30);
        let empty = Skip { types: 4, sources: 2, times: None };
        let cursor = Cursor::new(segment, Some(cache), empty, Vec::new(), (&[], &[0xff; 32])).unwrap();
        assert!(!cursor.is_valid());
    }
}
