//! Segments: immutable files of rows in order of their keys.
//!
//! A head, blocks, then three frames (index, filter, summary) and a tail that says where they stand. Index, filter and
//! summary are kept in memory; blocks are read one by one and kept in the [`Cache`].
#![deny(clippy::indexing_slicing)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use crate::{
    block::Block,
    cache::Cache,
    disk::{Disk, File},
    error::Error,
    filter::Filter,
    frame::{self, Unpacked},
    key::SPACES,
    octets::{Input, put_string, put_varint, put_zigzag},
    part::Signatures,
    sketch::Sketch,
};

pub(crate) const MAGIC: &[u8; 8] = b"spoorseg";
/// The format; 0 may change without notice.
pub(crate) const VERSION: u32 = 0;
/// Magic and version at the front.
pub(crate) const HEAD: u64 = 12;
/// Three offsets, their checksum, version, magic at the end.
pub(crate) const TAIL: usize = 8 * 3 + 4 + 4 + 8;

/// Last labels that a segment counts by; those beyond stand together under none.
const ZONES_MAX: usize = 4096;

/// What the index knows of a block without reading it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) last_key: Box<[u8]>,
    pub(crate) offset: u64,
    pub(crate) stored: u32,
    pub(crate) rows: u32,
    pub(crate) first: i64,
    pub(crate) last: i64,
    /// Bit `n % 64` for each record type `n`.
    pub(crate) types: u64,
    /// Bit `n % 64` for each source `n`.
    pub(crate) sources: u64,
}

/// What a segment says of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceSummary {
    pub(crate) oldest: Option<i64>,
    pub(crate) newest: Option<i64>,
    pub(crate) dns: Sketch,
    pub(crate) registrations: Sketch,
    /// Domains with a registration, by the last label of their names.
    pub(crate) zones: BTreeMap<Box<[u8]>, ZoneSummary>,
}

/// What a segment says of one source's registrations under one last label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZoneSummary {
    pub(crate) domains: u64,
    pub(crate) newest: i64,
}

/// What a segment says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) lane: u8,
    pub(crate) first_sequence: u64,
    pub(crate) last_sequence: u64,
    /// Hash of the version of the public suffix list by which registrable domains were cut.
    pub(crate) suffixes: u64,
    pub(crate) rows: [u64; SPACES],
    pub(crate) octets: [u64; SPACES],
    pub(crate) first_key: Vec<u8>,
    pub(crate) sources: BTreeMap<u32, SourceSummary>,
    /// The blocks behind which a frame of signatures stands; see [`crate::part`].
    pub(crate) parts: Vec<u32>,
}

/// An open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Its number in this process, for the cache.
    serial: u64,
    /// Its file's name; empty for one in memory.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    file: Box<dyn File>,
    disk: Disk,
    pub(crate) length: u64,
    pub(crate) fences: Vec<Fence>,
    /// The beginnings of the fences' keys, close together, where most of a search is done.
    fronts: Vec<u128>,
    pub(crate) filter: Filter,
    pub(crate) summary: Summary,
    /// The file goes when the last reader does.
    doomed: AtomicBool,
    /// A block turned out to be damaged: the file is kept as it is.
    damaged: AtomicBool,
}

impl Segment {
    /// Opens the file `name` in `dir`.
    pub(crate) fn open(disk: &Disk, dir: &Path, name: &str) -> Result<Segment, Error> {
        let path = dir.join(name);
        let file = disk.open(&path).map_err(|error| Error::Io { path: path.clone(), error })?;
        Segment::read(disk, file, path, name.to_owned())
    }

    /// Reads head, tail and what the tail points to.
    pub(crate) fn read(disk: &Disk, file: Box<dyn File>, path: PathBuf, name: String) -> Result<Segment, Error> {
        let io = |error| Error::Io { path: path.clone(), error };
        let corrupt = |offset, what| Error::Corrupt { path: path.clone(), offset, what };
        let length = file.length().map_err(io)?;
        let tail_at = length.checked_sub(TAIL as u64).ok_or_else(|| corrupt(0, "too short for a segment"))?;
        let mut tail = [0; TAIL];
        file.read_at(&mut tail, tail_at).map_err(io)?;
        let offsets = parse_tail(&tail).map_err(|what| corrupt(tail_at, what))?;
        let section = |offset| match frame::read_unsized(&*file, offset, length).map_err(io)? {
            Unpacked::Plain(octets) => Ok(octets),
            Unpacked::Damaged(what) => Err(corrupt(offset, what)),
        };
        let [index, filter, summary] = offsets;
        let fences = decode_index(&section(index)?).ok_or_else(|| corrupt(index, "the index does not parse"))?;
        let bloom = Filter::decode(&section(filter)?).ok_or_else(|| corrupt(filter, "the filter does not parse"))?;
        let summary =
            Summary::decode(&section(summary)?).ok_or_else(|| corrupt(summary, "the summary does not parse"))?;
        Ok(Segment {
            serial: next_serial(),
            name,
            path,
            file,
            disk: disk.clone(),
            length,
            fronts: fences.iter().map(|fence| front(&fence.last_key)).collect(),
            fences,
            filter: bloom,
            summary,
            doomed: AtomicBool::new(false),
            damaged: AtomicBool::new(false),
        })
    }

    /// Whether the file begins as a segment does. Nothing else looks there, so that only a check finds damage in it.
    pub(crate) fn has_head(&self) -> Result<bool, Error> {
        let mut head = [0; HEAD as usize];
        let read = self.file.read_at(&mut head, 0);
        read.map_err(|error| Error::Io { path: self.path.clone(), error })?;
        Ok(head == *[&MAGIC[..], &VERSION.to_be_bytes()].concat())
    }

    /// A block, from the cache or from the file; the inner error says what is wrong with it.
    pub(crate) fn block(&self, at: usize, cache: Option<&Cache>) -> Result<Result<Arc<Block>, &'static str>, Error> {
        let id = (self.serial, at as u32);
        if let Some(block) = cache.and_then(|cache| cache.get(id)) {
            return Ok(Ok(block));
        }
        let Some(fence) = self.fences.get(at) else { return Ok(Err("no such block")) };
        let unpacked = frame::read(&*self.file, fence.offset, fence.stored as usize)
            .map_err(|error| Error::Io { path: self.path.clone(), error })?;
        let octets = match unpacked {
            Unpacked::Plain(octets) => octets,
            Unpacked::Damaged(what) => return Ok(Err(what)),
        };
        let Some(block) = Block::parse(octets).map(Arc::new) else { return Ok(Err("the block does not parse")) };
        if let Some(cache) = cache {
            cache.put(id, block.clone());
        }
        Ok(Ok(block))
    }

    /// The signatures behind a block, as one of [`Summary::parts`]; the inner error says what is wrong with them.
    pub(crate) fn signatures(&self, at: u32) -> Result<Result<Signatures, &'static str>, Error> {
        let Some(fence) = self.fences.get(at as usize) else { return Ok(Err("no such block")) };
        let end = fence.offset.saturating_add(fence.stored.into());
        let io = |error| Error::Io { path: self.path.clone(), error };
        let behind = frame::length_at(&*self.file, fence.offset).map_err(io)?;
        let unpacked = frame::read_unsized(&*self.file, fence.offset.saturating_add(behind), end).map_err(io)?;
        Ok(match unpacked {
            Unpacked::Plain(octets) => Signatures::decode(&octets).ok_or("signatures do not parse"),
            Unpacked::Damaged(what) => Err(what),
        })
    }

    /// The first block whose last key is not below `target`.
    pub(crate) fn block_of(&self, target: &[u8]) -> usize {
        let asked = front(target);
        let from = self.fronts.partition_point(|front| *front < asked);
        let alike = self.fronts.get(from..).unwrap_or_default().partition_point(|front| *front == asked);
        let alike = self.fences.get(from..from + alike).unwrap_or_default();
        from + alike.partition_point(|fence| &*fence.last_key < target)
    }

    /// The highest key.
    pub(crate) fn last_key(&self) -> &[u8] {
        self.fences.last().map_or(&[], |fence| &fence.last_key)
    }

    /// Whether keys from `start` up to `end` may stand here.
    pub(crate) fn overlaps(&self, start: &[u8], end: &[u8]) -> bool {
        self.summary.first_key.as_slice() < end && start <= self.last_key()
    }

    /// The file goes when the last reader does.
    pub(crate) fn doom(&self) {
        self.doomed.store(true, Ordering::Relaxed);
    }

    /// It has damaged blocks: the file is kept as it is.
    pub(crate) fn mark_damaged(&self) {
        self.damaged.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_damaged(&self) -> bool {
        self.damaged.load(Ordering::Relaxed)
    }

    pub(crate) fn in_memory(&self) -> bool {
        self.name.is_empty()
    }

    /// All its octets, to copy them.
    pub(crate) fn octets(&self) -> Result<Vec<u8>, Error> {
        let mut octets = vec![0; self.length as usize];
        let read = self.file.read_at(&mut octets, 0).map_err(|error| Error::Io { path: self.path.clone(), error })?;
        octets.truncate(read);
        Ok(octets)
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        if self.doomed.load(Ordering::Relaxed) && !self.in_memory() {
            // Whatever stays behind is removed at the next opening, since no manifest names it.
            let _ = self.disk.remove(&self.path);
        }
    }
}

/// The first sixteen octets of a key, so that they compare as it does.
fn front(key: &[u8]) -> u128 {
    let mut octets = [0; 16];
    octets.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    u128::from_be_bytes(octets)
}

fn next_serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn encode_tail(offsets: [u64; 3]) -> Vec<u8> {
    let mut out: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_be_bytes()).collect();
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out.extend(VERSION.to_be_bytes());
    out.extend(MAGIC);
    out
}

fn parse_tail(tail: &[u8]) -> Result<[u64; 3], &'static str> {
    let mut input = Input(tail);
    let mut parse = || {
        let offsets = [input.u64()?, input.u64()?, input.u64()?];
        Some((offsets, input.u32()?, input.u32()?, input.array::<8>()?))
    };
    let (offsets, sum, version, magic) = parse().ok_or("no tail")?;
    if &magic != MAGIC {
        return Err("not a segment, or cut short");
    }
    if version != VERSION {
        return Err("a segment of another version");
    }
    let intact = tail.get(..24).is_some_and(|front| crc32fast::hash(front) == sum);
    if intact { Ok(offsets) } else { Err("wrong checksum in the tail") }
}

/// The index: the number of blocks, then each block's fence; keys share octets with the one before.
pub(crate) fn encode_index(fences: &[Fence]) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, fences.len() as u64);
    let mut before: &[u8] = &[];
    for fence in fences {
        let shared = before.iter().zip(&fence.last_key).take_while(|(a, b)| a == b).count();
        put_varint(&mut out, shared as u64);
        put_string(&mut out, fence.last_key.get(shared..).unwrap_or_default());
        put_varint(&mut out, fence.stored.into());
        put_varint(&mut out, fence.rows.into());
        put_zigzag(&mut out, fence.first);
        put_zigzag(&mut out, fence.last);
        out.extend(fence.types.to_be_bytes());
        out.extend(fence.sources.to_be_bytes());
        before = &fence.last_key;
    }
    out
}

/// The sections of a segment, for the fuzz target.
pub(crate) fn fuzz(octets: &[u8]) {
    let _ = parse_tail(octets);
    let _ = decode_index(octets);
    let _ = Summary::decode(octets);
}

fn decode_index(octets: &[u8]) -> Option<Vec<Fence>> {
    let mut input = Input(octets);
    let count = input.size()?;
    let mut fences: Vec<Fence> = Vec::new();
    let mut offset = HEAD;
    for _ in 0..count {
        let shared = input.size()?;
        let before = fences.last().map_or(&[][..], |fence| &fence.last_key);
        let last_key = [before.get(..shared)?, input.string()?].concat().into();
        let stored = u32::try_from(input.varint()?).ok()?;
        let rows = u32::try_from(input.varint()?).ok()?;
        let (first, last) = (input.zigzag()?, input.zigzag()?);
        let (types, sources) = (input.u64()?, input.u64()?);
        fences.push(Fence { last_key, offset, stored, rows, first, last, types, sources });
        offset = offset.checked_add(stored.into())?;
    }
    input.is_empty().then_some(fences)
}

impl Summary {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.lane];
        put_varint(&mut out, self.first_sequence);
        put_varint(&mut out, self.last_sequence);
        out.extend(self.suffixes.to_be_bytes());
        put_varint(&mut out, SPACES as u64);
        for (rows, octets) in self.rows.iter().zip(self.octets) {
            put_varint(&mut out, *rows);
            put_varint(&mut out, octets);
        }
        put_string(&mut out, &self.first_key);
        put_varint(&mut out, self.sources.len() as u64);
        for (source, summary) in &self.sources {
            put_varint(&mut out, (*source).into());
            for moment in [summary.oldest, summary.newest] {
                out.push(moment.is_some().into());
                put_zigzag(&mut out, moment.unwrap_or(0));
            }
            put_string(&mut out, summary.dns.octets());
            put_string(&mut out, summary.registrations.octets());
            put_varint(&mut out, summary.zones.len() as u64);
            for (label, zone) in &summary.zones {
                put_string(&mut out, label);
                put_varint(&mut out, zone.domains);
                put_zigzag(&mut out, zone.newest);
            }
        }
        put_varint(&mut out, self.parts.len() as u64);
        let mut before = 0;
        for at in &self.parts {
            put_varint(&mut out, (at - before).into());
            before = *at;
        }
        out
    }

    fn decode(octets: &[u8]) -> Option<Summary> {
        let mut input = Input(octets);
        let lane = input.byte()?;
        let (first_sequence, last_sequence, suffixes) = (input.varint()?, input.varint()?, input.u64()?);
        let (mut rows, mut sizes) = ([0; SPACES], [0; SPACES]);
        for space in 0..input.size()? {
            let (count, size) = (input.varint()?, input.varint()?);
            // Spaces of later versions are counted nowhere.
            if let (Some(row), Some(octet)) = (rows.get_mut(space), sizes.get_mut(space)) {
                (*row, *octet) = (count, size);
            }
        }
        let first_key = input.string()?.to_vec();
        let mut sources = BTreeMap::new();
        for _ in 0..input.size()? {
            let source = u32::try_from(input.varint()?).ok()?;
            sources.insert(source, SourceSummary::decode(&mut input)?);
        }
        let (mut parts, mut before) = (Vec::new(), 0u32);
        for _ in 0..input.size()? {
            before = before.checked_add(u32::try_from(input.varint()?).ok()?)?;
            parts.push(before);
        }
        Some(Summary { lane, first_sequence, last_sequence, suffixes, rows, octets: sizes, first_key, sources, parts })
    }
}

impl SourceSummary {
    fn decode(input: &mut Input<'_>) -> Option<SourceSummary> {
        let mut moment = || {
            let there = input.byte()? != 0;
            input.zigzag().map(|at| there.then_some(at))
        };
        let (oldest, newest) = (moment()?, moment()?);
        let dns = Sketch::from_octets(input.string()?)?;
        let registrations = Sketch::from_octets(input.string()?)?;
        let mut zones = BTreeMap::new();
        for _ in 0..input.size()? {
            let label = input.string()?.into();
            zones.insert(label, ZoneSummary { domains: input.varint()?, newest: input.zigzag()? });
        }
        Some(SourceSummary { oldest, newest, dns, registrations, zones })
    }

    /// Counts a row of a registration whose key begins with this encoded domain.
    pub(crate) fn count_zone(&mut self, domain: &[u8], is_new: bool, last: i64) {
        let label = domain.get(1..).and_then(|name| name.split(|octet| *octet == 0).next()).unwrap_or_default();
        let label = if self.zones.len() < ZONES_MAX || self.zones.contains_key(label) { label } else { &[] };
        let counted = |zone: &mut ZoneSummary| {
            zone.domains += u64::from(is_new);
            zone.newest = zone.newest.max(last);
        };
        match self.zones.get_mut(label) {
            Some(zone) => counted(zone),
            None => counted(self.zones.entry(label.into()).or_insert(ZoneSummary { domains: 0, newest: last })),
        }
    }
}
