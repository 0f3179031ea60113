//! Segments: immutable files of rows in order of their keys.
//!
//! A head; sections, each some blocks and a frame with their index and filter; then two frames (directory, summary) and a tail
//! that says where they stand. Directory and summary are kept in memory; what sections know and blocks are read one by one
//! and kept in the [`Cache`].
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
    FORMAT,
    block::Block,
    cache::Cache,
    disk::{Disk, File},
    error::Error,
    frame::{self, Unpacked},
    key::SPACES,
    octets::{Input, put_string, put_varint, put_zigzag},
    part::Signatures,
    section::{self, Keys, Outline, Section},
    sketch::Sketch,
};

pub(crate) const MAGIC: &[u8; 8] = b"spoorseg";
/// Magic and version at the front.
pub(crate) const HEAD: u64 = 12;
/// Two offsets, their checksum, version, magic at the end.
pub(crate) const TAIL: usize = 8 * 2 + 4 + 4 + 8;

/// Last labels that a segment counts by; those beyond stand together under none.
const ZONES_MAX: usize = 4096;

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
    pub(crate) sections: Keys<Outline>,
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
        let [directory, summary] = offsets;
        let sections = section::decode_directory(&section(directory)?, HEAD);
        let sections = sections.ok_or_else(|| corrupt(directory, "the directory does not parse"))?;
        let summary =
            Summary::decode(&section(summary)?).ok_or_else(|| corrupt(summary, "the summary does not parse"))?;
        Ok(Segment {
            serial: next_serial(),
            name,
            path,
            file,
            disk: disk.clone(),
            length,
            sections,
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
        Ok(head == *[&MAGIC[..], &FORMAT.to_be_bytes()].concat())
    }

    /// What a section knows of its blocks, from the cache or from the file; the inner error says what is wrong with it.
    pub(crate) fn section(
        &self,
        at: usize,
        cache: Option<&Cache>,
    ) -> Result<Result<Arc<Section>, &'static str>, Error> {
        let id = (self.serial, at as u32);
        if let Some(section) = cache.and_then(|cache| cache.sections.get(id)) {
            return Ok(Ok(section));
        }
        let Some(outline) = self.sections.get(at) else { return Ok(Err("no such section")) };
        let octets = match self.frame(outline.index_at(), outline.stored)? {
            Unpacked::Plain(octets) => octets,
            Unpacked::Damaged(what) => return Ok(Err(what)),
        };
        let Some(section) = Section::decode(&octets, outline).map(Arc::new) else {
            return Ok(Err("the index does not parse"));
        };
        if let Some(cache) = cache {
            cache.sections.put(id, section.clone(), section.size());
        }
        Ok(Ok(section))
    }

    /// A block of a section, likewise.
    pub(crate) fn block(
        &self,
        (of, section): (usize, &Section),
        at: usize,
        cache: Option<&Cache>,
    ) -> Result<Result<Arc<Block>, &'static str>, Error> {
        let before = self.sections.get(of).map_or(0, |outline| outline.before);
        let id = (self.serial, before.wrapping_add(at as u32));
        if let Some(block) = cache.and_then(|cache| cache.blocks.get(id)) {
            return Ok(Ok(block));
        }
        let Some(fence) = section.fences.get(at) else { return Ok(Err("no such block")) };
        let octets = match self.frame(fence.offset, fence.stored)? {
            Unpacked::Plain(octets) => octets,
            Unpacked::Damaged(what) => return Ok(Err(what)),
        };
        let Some(block) = Block::parse(octets).map(Arc::new) else { return Ok(Err("the block does not parse")) };
        if let Some(cache) = cache {
            cache.blocks.put(id, block.clone(), block.size());
        }
        Ok(Ok(block))
    }

    /// The signatures behind a block, as one of [`Summary::parts`]; the inner error says what is wrong with them.
    pub(crate) fn signatures(&self, at: u32, cache: Option<&Cache>) -> Result<Result<Signatures, &'static str>, Error> {
        let of = self.section_before(at);
        let section = match self.section(of, cache)? {
            Ok(section) => section,
            Err(what) => return Ok(Err(what)),
        };
        let at = self.sections.get(of).and_then(|outline| at.checked_sub(outline.before));
        let Some(fence) = at.and_then(|at| section.fences.get(at as usize)) else { return Ok(Err("no such block")) };
        let end = fence.offset.saturating_add(fence.stored.into());
        let io = |error| Error::Io { path: self.path.clone(), error };
        let behind = frame::length_at(&*self.file, fence.offset).map_err(io)?;
        let unpacked = frame::read_unsized(&*self.file, fence.offset.saturating_add(behind), end).map_err(io)?;
        Ok(match unpacked {
            Unpacked::Plain(octets) => Signatures::decode(&octets).ok_or("signatures do not parse"),
            Unpacked::Damaged(what) => Err(what),
        })
    }

    /// The section that holds a block of the segment.
    pub(crate) fn section_before(&self, block: u32) -> usize {
        self.sections.items.partition_point(|outline| outline.before <= block).saturating_sub(1)
    }

    fn frame(&self, offset: u64, stored: u32) -> Result<Unpacked, Error> {
        let read = frame::read(&*self.file, offset, stored as usize);
        read.map_err(|error| Error::Io { path: self.path.clone(), error })
    }

    /// The first section whose last key is not below `target`.
    pub(crate) fn section_of(&self, target: &[u8]) -> usize {
        self.sections.find(target, |section| &section.last_key)
    }

    /// Whether filters admit rows with this hash among keys from `start` up to `end`. What cannot be read is met again by
    /// whoever looks there.
    pub(crate) fn may_hold(&self, (start, end): (&[u8], &[u8]), hash: u64, cache: &Cache) -> bool {
        let from = self.section_of(start);
        for (at, outline) in self.sections.items.iter().enumerate().skip(from) {
            let Ok(Ok(section)) = self.section(at, Some(cache)) else { return true };
            if section.filter.may_hold(hash) {
                return true;
            }
            if *outline.last_key >= *end {
                break;
            }
        }
        false
    }

    /// The highest key.
    pub(crate) fn last_key(&self) -> &[u8] {
        self.sections.items.last().map_or(&[], |section| &section.last_key)
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

fn next_serial() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn encode_tail(offsets: [u64; 2]) -> Vec<u8> {
    let mut out: Vec<u8> = offsets.iter().flat_map(|offset| offset.to_be_bytes()).collect();
    out.extend(crc32fast::hash(&out).to_be_bytes());
    out.extend(FORMAT.to_be_bytes());
    out.extend(MAGIC);
    out
}

fn parse_tail(tail: &[u8]) -> Result<[u64; 2], &'static str> {
    let mut input = Input(tail);
    let mut parse = || {
        let offsets = [input.u64()?, input.u64()?];
        Some((offsets, input.u32()?, input.u32()?, input.array::<8>()?))
    };
    let (offsets, sum, version, magic) = parse().ok_or("no tail")?;
    if &magic != MAGIC {
        return Err("not a segment, or cut short");
    }
    if version != FORMAT {
        return Err("a segment of another version");
    }
    let intact = tail.get(..16).is_some_and(|front| crc32fast::hash(front) == sum);
    if intact { Ok(offsets) } else { Err("wrong checksum in the tail") }
}

/// The sections of a segment, for the fuzz target.
pub(crate) fn fuzz(octets: &[u8]) {
    let _ = parse_tail(octets);
    let _ = section::decode_directory(octets, HEAD);
    let outline = Outline {
        last_key: Box::default(),
        offset: HEAD,
        octets: 0,
        stored: 0,
        before: 0,
        blocks: 0,
        extent: section::Extent::default(),
    };
    let _ = Section::decode(octets, &outline);
    let _ = Summary::decode(octets);
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
