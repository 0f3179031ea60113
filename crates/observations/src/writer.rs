//! Writes a segment, row by row in order of keys.

use std::{path::PathBuf, sync::Arc};

use model::{Name, SuffixList};

use crate::{
    FORMAT,
    block::{BlockBuilder, Value, put_extra},
    disk::{Disk, File},
    error::Error,
    filter::Filter,
    frame::Packer,
    hash::hash64,
    key::{self, ARRIVAL, DOMAIN, EMAIL, FORWARD, INVERSE, NETWORK, REGISTRATION, VALUE},
    network,
    octets::Input,
    part::Gatherer,
    registration,
    section::{BLOCKS_MAX, Extent, Fence, Outline, Section, encode_directory},
    segment::{HEAD, MAGIC, Segment, SourceSummary, Summary, encode_tail},
    sighting::Sighting,
    tuple,
};

/// About how many octets of rows make a block, by level of compression, from this level on. Where one row of a name stands
/// in several segments, each costs a block: so the blocks of young ones are small and quick to unpack. What a full
/// compaction writes is read most and rewritten seldom: there, size matters more.
const BLOCK_OCTETS: [(i32, usize); 3] = [(9, 32 << 10), (3, 8 << 10), (i32::MIN, 4 << 10)];
/// How many octets are gathered before they are written.
const BUFFER: usize = 1 << 20;

/// Where a segment goes and how.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The file; none keeps the segment in memory.
    pub(crate) path: Option<PathBuf>,
    pub(crate) lane: u8,
    pub(crate) sequences: (u64, u64),
    /// Level of compression; none for plain.
    pub(crate) level: Option<i32>,
}

/// Writes one segment.
pub(crate) struct SegmentWriter<'a> {
    disk: &'a Disk,
    suffixes: Arc<SuffixList>,
    path: PathBuf,
    file: Box<dyn File>,
    packer: Packer,
    block_octets: usize,
    buffer: Vec<u8>,
    offset: u64,
    block: BlockBuilder,
    extent: Extent,
    space: u8,
    plain: Vec<u8>,
    /// Of the blocks of the section that is being written, and what its filter will hold.
    fences: Vec<Fence>,
    hashes: Vec<u64>,
    sections: Vec<Outline>,
    blocks: u32,
    filtered: Vec<u8>,
    /// The registrable domain that the filter took last.
    domain: Option<u64>,
    /// Where the beginning of the last key ends that questions ask for.
    asked: Option<usize>,
    extra: Vec<u8>,
    summary: Summary,
    /// What the summary will say of each source, and the hash of its domain counted last; few enough to look through.
    sources: Vec<(u32, SourceSummary, u64)>,
    /// What values hold, block by block.
    parts: Gatherer,
    rows: u64,
}

impl<'a> SegmentWriter<'a> {
    /// Begins a segment.
    pub(crate) fn new(disk: &'a Disk, suffixes: Arc<SuffixList>, target: Target) -> Result<SegmentWriter<'a>, Error> {
        let path = target.path.unwrap_or_default();
        let io = |error| Error::Io { path: path.clone(), error };
        let file: Box<dyn File> = if path.as_os_str().is_empty() {
            Box::new(MemoryFile::default())
        } else {
            disk.create(&path).map_err(io)?
        };
        let packer = Packer::new(target.level).map_err(io)?;
        let level = target.level.unwrap_or(i32::MIN);
        let block_octets = BLOCK_OCTETS.iter().find(|(from, _)| level >= *from).map_or(0, |(_, octets)| *octets);
        let mut buffer = MAGIC.to_vec();
        buffer.extend(FORMAT.to_be_bytes());
        let summary = Summary {
            lane: target.lane,
            first_sequence: target.sequences.0,
            last_sequence: target.sequences.1,
            suffixes: suffixes_hash(&suffixes),
            ..Summary::default()
        };
        Ok(SegmentWriter {
            disk,
            suffixes,
            path,
            file,
            packer,
            block_octets,
            buffer,
            offset: HEAD,
            block: BlockBuilder::default(),
            extent: Extent::default(),
            space: 0,
            plain: Vec::new(),
            fences: Vec::new(),
            hashes: Vec::new(),
            sections: Vec::new(),
            blocks: 0,
            filtered: Vec::new(),
            domain: None,
            asked: None,
            extra: Vec::new(),
            summary,
            sources: Vec::new(),
            parts: Gatherer::default(),
            rows: 0,
        })
    }

    /// Adds a row; keys come in strictly ascending order.
    pub(crate) fn push(&mut self, key: &[u8], sighting: &Sighting, payload: &[u8]) -> Result<(), Error> {
        let mut extra = std::mem::take(&mut self.extra);
        extra.clear();
        put_extra(&mut extra, sighting, payload);
        let &Sighting { first, last, count, .. } = sighting;
        let pushed = self.push_raw(key, None, &Value { first, last, count, extra: &extra });
        self.extra = extra;
        pushed
    }

    /// The same for a row that is encoded already and shares so many octets with the one before, where that is known.
    pub(crate) fn push_raw(&mut self, key: &[u8], shared: Option<usize>, value: &Value<'_>) -> Result<(), Error> {
        let space = key.first().copied().unwrap_or(0);
        if space != self.space {
            self.end_block()?;
            self.end_parts()?;
            self.space = space;
            self.asked = None;
        }
        if self.rows == 0 {
            self.summary.first_key = key.to_vec();
        }
        self.rows += 1;
        // Where the row before has the same beginning, it ends at the same place and is noted already.
        if shared.is_none_or(|shared| self.asked.is_none_or(|end| end >= shared)) {
            self.asked = asked_end(space, key);
            self.filter(space, key, self.asked);
        }
        if space == VALUE
            && let Some((&number, value)) = self.asked.and_then(|end| key.get(1..end - 1)?.split_first())
        {
            self.parts.add(number, registration::field_of(number), value);
        }
        self.widen(space, key, self.asked, value);
        self.summarize(space, key, value);
        self.block.push(key, shared, value);
        if self.block.is_full(self.block_octets) {
            self.end_block()?;
        }
        Ok(())
    }

    /// Notes the beginnings of keys that questions ask for.
    fn filter(&mut self, space: u8, key: &[u8], end: Option<usize>) {
        let Some(asked) = end.and_then(|end| key.get(..end)) else { return };
        if asked == self.filtered.as_slice() {
            return;
        }
        self.filtered.clear();
        self.filtered.extend_from_slice(asked);
        self.hashes.push(hash_of(space, asked));
        let name = match (space, asked.get(1)) {
            (FORWARD, _) => asked.get(1..),
            (INVERSE, Some(&tuple::class::NAME)) => asked.get(2..),
            _ => None,
        };
        if let Some(domain) = name.and_then(|name| registrable(&self.suffixes, name)) {
            let hash = domain_hash(space, domain);
            if self.domain.replace(hash) != Some(hash) {
                self.hashes.push(hash);
            }
        }
    }

    /// Notes what the index says of the block.
    fn widen(&mut self, space: u8, key: &[u8], end: Option<usize>, value: &Value<'_>) {
        if matches!(space, FORWARD | INVERSE | REGISTRATION | VALUE | EMAIL | NETWORK) {
            self.extent.first = self.extent.first.min(value.first);
            self.extent.last = self.extent.last.max(value.last);
        }
        if matches!(space, FORWARD | INVERSE) {
            // The record type stands behind what is asked for.
            let rrtype = end.and_then(|end| key.get(end + 1));
            self.extent.types |= rrtype.map_or(u64::MAX, |low| 1 << (low % 64));
        }
    }

    fn summarize(&mut self, space: u8, key: &[u8], value: &Value<'_>) {
        if let Some(rows) = self.summary.rows.get_mut(usize::from(space)) {
            *rows += 1;
        }
        let source = if key::has_source(space) { key::split_source(key) } else { None };
        let Some((front, source)) = source else {
            self.extent.sources = u64::MAX;
            return;
        };
        self.extent.sources |= 1 << (source.0 % 64);
        let at = self.sources.iter().position(|(known, ..)| *known == source.0).unwrap_or_else(|| {
            self.sources.push((source.0, SourceSummary::default(), 0));
            self.sources.len() - 1
        });
        let (_, summary, counted) = &mut self.sources[at];
        match space {
            FORWARD | REGISTRATION | NETWORK => {
                summary.oldest = Some(summary.oldest.map_or(value.first, |oldest| oldest.min(value.first)));
                summary.newest = summary.newest.max(Some(value.last));
            }
            DOMAIN => summary.dns.add(hash64(front)),
            _ => {}
        }
        if space == REGISTRATION
            && let Some(domain) = key::name_end(key, 1).and_then(|end| key.get(..end))
        {
            let hash = hash64(domain);
            summary.registrations.add(hash);
            summary.count_zone(domain, std::mem::replace(counted, hash) != hash, value.last);
        }
    }

    fn end_block(&mut self) -> Result<(), Error> {
        if self.block.rows() == 0 {
            return Ok(());
        }
        let rows = self.block.rows() as u32;
        let last_key = self.block.last_key().into();
        self.plain.clear();
        self.block.finish(&mut self.plain);
        let before = self.buffer.len();
        self.packer.put(&mut self.buffer, &self.plain).map_err(|error| self.io(error))?;
        let stored = (self.buffer.len() - before) as u32;
        if let Some(octets) = self.summary.octets.get_mut(usize::from(self.space)) {
            *octets += u64::from(stored);
        }
        let mut extent = std::mem::take(&mut self.extent);
        if extent.first > extent.last {
            (extent.first, extent.last) = (i64::MIN, i64::MAX); // rows without times
        }
        self.fences.push(Fence { last_key, offset: self.offset, stored, rows, extent });
        self.offset += u64::from(stored);
        if self.space == VALUE && self.parts.end_block() {
            self.end_parts()?;
        }
        if self.fences.len() >= BLOCKS_MAX {
            self.end_section()?;
        }
        if self.buffer.len() >= BUFFER { self.write_out() } else { Ok(()) }
    }

    /// Writes what values hold behind the last of their blocks, as a part of what is stored of that block.
    fn end_parts(&mut self) -> Result<(), Error> {
        if self.parts.is_empty() {
            return Ok(());
        }
        let before = self.buffer.len();
        let parts = self.parts.take();
        self.packer.put(&mut self.buffer, &parts).map_err(|error| self.io(error))?;
        let stored = (self.buffer.len() - before) as u32;
        self.offset += u64::from(stored);
        if let Some(octets) = self.summary.octets.get_mut(usize::from(VALUE)) {
            *octets += u64::from(stored);
        }
        if let Some(fence) = self.fences.last_mut() {
            fence.stored += stored;
        }
        self.summary.parts.push(self.blocks + self.fences.len() as u32 - 1);
        Ok(())
    }

    /// Writes what the section knows of its blocks.
    fn end_section(&mut self) -> Result<(), Error> {
        self.end_parts()?;
        let (Some(first), Some(last)) = (self.fences.first(), self.fences.last()) else { return Ok(()) };
        let (offset, last_key) = (first.offset, last.last_key.clone());
        let octets = self.offset - offset;
        let mut extent = Extent::default();
        self.fences.iter().for_each(|fence| extent.widen(&fence.extent));
        let stored = self.put_frame(&Section::encode(&self.fences, &Filter::of(&self.hashes)))?;
        let blocks = self.fences.len() as u32;
        self.sections.push(Outline { last_key, offset, octets, stored, before: self.blocks, blocks, extent });
        self.blocks += blocks;
        self.fences.clear();
        self.hashes.clear();
        // The next section has a filter of its own.
        self.filtered.clear();
        self.domain = None;
        self.asked = None;
        Ok(())
    }

    /// Appends a frame that is no block; returns how long it is.
    fn put_frame(&mut self, section: &[u8]) -> Result<u32, Error> {
        let before = self.buffer.len();
        self.packer.put(&mut self.buffer, section).map_err(|error| self.io(error))?;
        let stored = (self.buffer.len() - before) as u32;
        self.offset += u64::from(stored);
        Ok(stored)
    }

    fn write_out(&mut self) -> Result<(), Error> {
        let written = self.file.write(&self.buffer);
        self.buffer.clear();
        written.map_err(|error| self.io(error))
    }

    fn io(&self, error: std::io::Error) -> Error {
        Error::Io { path: self.path.clone(), error }
    }

    /// Ends the segment, makes it durable and opens it; none where no row came.
    pub(crate) fn finish(mut self) -> Result<Option<Segment>, Error> {
        self.end_block()?;
        self.end_parts()?;
        if self.rows == 0 {
            return Ok(None);
        }
        self.end_section()?;
        self.summary.sources = self.sources.drain(..).map(|(source, summary, _)| (source, summary)).collect();
        let sections = [encode_directory(&self.sections), self.summary.encode()];
        let mut offsets = [0; 2];
        for (offset, section) in offsets.iter_mut().zip(&sections) {
            *offset = self.offset;
            self.put_frame(section)?;
        }
        self.buffer.extend(encode_tail(offsets));
        self.write_out()?;
        self.file.sync().map_err(|error| self.io(error))?;
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Segment::read(self.disk, self.file, self.path, name).map(Some)
    }
}

/// Where the beginning of a key ends that questions ask for.
fn asked_end(space: u8, key: &[u8]) -> Option<usize> {
    match space {
        FORWARD | REGISTRATION => key::name_end(key, 1),
        INVERSE => tuple::inverse_leading(key),
        NETWORK => network::front_end(key),
        DOMAIN => key::name_end(key, 1).map(|end| end - 1),
        VALUE => key.get(2..).and_then(|rest| rest.iter().position(|octet| *octet == 0)).map(|at| at + 3),
        _ => None,
    }
}

/// What stands in filters for the beginning of a key.
fn hash_of(space: u8, asked: &[u8]) -> u64 {
    if space == DOMAIN { domain_hash(FORWARD, &asked[1..]) } else { hash64(asked) }
}

/// What stands in filters for a key.
pub(crate) fn asked_hash(key: &[u8]) -> Option<u64> {
    let space = *key.first()?;
    Some(hash_of(space, key.get(..asked_end(space, key)?)?))
}

/// What stands in filters for a registrable domain in a space; it cannot equal the beginning of a key.
pub(crate) fn domain_hash(space: u8, labels: &[u8]) -> u64 {
    hash64(&[&[0, space], labels].concat())
}

/// The encoded registrable domain, without its end, of an encoded name.
pub(crate) fn registrable<'k>(suffixes: &SuffixList, name: &'k [u8]) -> Option<&'k [u8]> {
    let decoded: Name = key::take_name(&mut Input(name))?;
    let offset = suffixes.registrable_offset(&decoded)?;
    let skipped = decoded.as_wire()[..offset].len();
    let labels = decoded.label_count() - count_labels(decoded.as_wire(), skipped);
    let end = name.iter().enumerate().filter(|(_, octet)| **octet == 0).nth(labels - 1)?.0 + 1;
    name.get(..end)
}

fn count_labels(wire: &[u8], until: usize) -> usize {
    let (mut at, mut count) = (0, 0);
    while at < until {
        at += 1 + usize::from(wire[at]);
        count += 1;
    }
    count
}

/// Which version of the public suffix list cut the domains.
pub(crate) fn suffixes_hash(suffixes: &SuffixList) -> u64 {
    hash64(suffixes.version().as_bytes())
}

/// Whether a space's rows are kept by when they were last seen.
pub(crate) fn ages(space: u8) -> bool {
    !matches!(space, DOMAIN | ARRIVAL | key::BATCH | key::RAW)
}

/// A file that is only memory.
#[derive(Debug, Default)]
struct MemoryFile(Vec<u8>);

impl File for MemoryFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let rest = self.0.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn write(&mut self, octets: &[u8]) -> std::io::Result<()> {
        self.0.extend_from_slice(octets);
        Ok(())
    }

    fn sync(&mut self) -> std::io::Result<()> {
        Ok(())
    }

    fn length(&self) -> std::io::Result<u64> {
        Ok(self.0.len() as u64)
    }
}
