//! The manifest: which files make up the store. It is replaced as a whole, so that a flush, a compaction or a
//! deletion happens at one moment or not at all.
#![deny(clippy::indexing_slicing)]

use std::path::Path;

use model::{Counting, Exposure, Source, SourceId, SourceKind, Time};

use crate::{
    FORMAT,
    disk::{self, Disk},
    error::Error,
    octets::{Input, put_string, put_varint, put_zigzag},
    view::{AgeLimit, DropMark},
};

/// The name of the file.
pub(crate) const NAME: &str = "manifest";
const MAGIC: &[u8; 8] = b"spoorman";
/// The most octets of a manifest that are read.
const OCTETS_MAX: u64 = 64 << 20;

/// What the manifest says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Manifest {
    /// Counts up with every change.
    pub(crate) generation: u64,
    pub(crate) gap: i64,
    /// The newest arrival of a batch that is in segments: what retention counts from.
    pub(crate) newest_arrival: i64,
    /// Files get numbers from here on.
    pub(crate) next_file: u64,
    /// The last sequence number that is in segments.
    pub(crate) sequence: u64,
    /// Logs below this number are in segments.
    pub(crate) first_log: u64,
    pub(crate) sources: Vec<Source>,
    pub(crate) drops: Vec<DropMark>,
    pub(crate) ages: Vec<AgeLimit>,
    /// Names of the segments' files.
    pub(crate) segments: Vec<String>,
}

impl Manifest {
    /// Reads it; none where there is no such file.
    pub(crate) fn read(disk: &Disk, dir: &Path) -> Result<Option<Manifest>, Error> {
        let path = dir.join(NAME);
        let octets = match disk::read_all(disk, &path, OCTETS_MAX) {
            Ok(octets) => octets,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::Io { path, error }),
        };
        let mut input = Input(&octets);
        if input.array() != Some(*MAGIC) {
            return Err(Error::Foreign { path, what: "its manifest begins with something else".into() });
        }
        match input.u32() {
            Some(FORMAT) => {}
            version => return Err(Error::Foreign { path, what: format!("format {}", version.unwrap_or_default()) }),
        }
        let sum = input.u32();
        if sum != Some(crc32fast::hash(input.0)) {
            return Err(Error::Corrupt { path, offset: 12, what: "wrong checksum of the manifest" });
        }
        let manifest = Manifest::decode(&mut input);
        manifest.map(Some).ok_or(Error::Corrupt { path, offset: 16, what: "the manifest does not parse" })
    }

    /// Puts it in place of the one before.
    pub(crate) fn write(&self, disk: &Disk, dir: &Path) -> Result<(), Error> {
        disk::replace(disk, &dir.join(NAME), &self.encode()).map_err(|(path, error)| Error::Io { path, error })
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        put_varint(&mut body, self.generation);
        put_zigzag(&mut body, self.gap);
        put_zigzag(&mut body, self.newest_arrival);
        for number in [self.next_file, self.sequence, self.first_log, self.sources.len() as u64] {
            put_varint(&mut body, number);
        }
        for source in &self.sources {
            put_described(&mut body, source);
        }
        put_varint(&mut body, self.drops.len() as u64);
        for mark in &self.drops {
            put_varint(&mut body, mark.source.0.into());
            put_varint(&mut body, mark.sequence);
        }
        put_varint(&mut body, self.ages.len() as u64);
        for limit in &self.ages {
            put_varint(&mut body, limit.source.0.into());
            put_zigzag(&mut body, limit.last_seen.0);
        }
        put_varint(&mut body, self.segments.len() as u64);
        for name in &self.segments {
            put_string(&mut body, name.as_bytes());
        }
        let mut out = MAGIC.to_vec();
        out.extend(FORMAT.to_be_bytes());
        out.extend(crc32fast::hash(&body).to_be_bytes());
        out.extend(body);
        out
    }

    pub(crate) fn decode(input: &mut Input<'_>) -> Option<Manifest> {
        let mut manifest = Manifest {
            generation: input.varint()?,
            gap: input.zigzag()?,
            newest_arrival: input.zigzag()?,
            next_file: input.varint()?,
            sequence: input.varint()?,
            first_log: input.varint()?,
            ..Manifest::default()
        };
        for _ in 0..input.varint()? {
            manifest.sources.push(take_described(input)?);
        }
        for _ in 0..input.varint()? {
            manifest.drops.push(DropMark { source: take_id(input)?, sequence: input.varint()? });
        }
        for _ in 0..input.varint()? {
            manifest.ages.push(AgeLimit { source: take_id(input)?, last_seen: Time(input.zigzag()?) });
        }
        for _ in 0..input.varint()? {
            manifest.segments.push(input.text()?.to_owned());
        }
        input.is_empty().then_some(manifest)
    }
}

fn take_id(input: &mut Input<'_>) -> Option<SourceId> {
    u32::try_from(input.varint()?).ok().map(SourceId)
}

/// A source: number, name, kind, counting and exposure as words, population, licence, retention.
fn put_described(out: &mut Vec<u8>, source: &Source) {
    put_varint(out, source.id.0.into());
    for text in [&source.name, source.kind.as_str(), source.counting.as_str(), source.exposure.as_str()] {
        put_string(out, text.as_bytes());
    }
    out.push(source.population.into());
    out.push(source.licence.is_some().into());
    put_string(out, source.licence.as_deref().unwrap_or_default().as_bytes());
    put_varint(out, source.retention_days.map_or(0, |days| u64::from(days) + 1));
}

fn take_described(input: &mut Input<'_>) -> Option<Source> {
    let id = take_id(input)?;
    let name = input.text()?.to_owned();
    let kind: SourceKind = input.text()?.parse().ok()?;
    let counting: Counting = input.text()?.parse().ok()?;
    let exposure: Exposure = input.text()?.parse().ok()?;
    let population = input.byte()? != 0;
    let licensed = input.byte()? != 0;
    let licence = Some(input.text()?.to_owned()).filter(|_| licensed);
    let retention_days = input.varint()?.checked_sub(1).and_then(|days| u32::try_from(days).ok());
    Some(Source { id, name, kind, counting, exposure, population, licence, retention_days })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips() {
        let manifest = Manifest {
            generation: 3,
            gap: 7,
            sources: vec![Source {
                id: SourceId(1),
                name: "sensor".into(),
                kind: SourceKind::Sensor,
                counting: Counting::Stream,
                exposure: Exposure::Nobody,
                population: true,
                licence: Some("CC0".into()),
                retention_days: Some(0),
            }],
            drops: vec![DropMark { source: SourceId(1), sequence: 9 }],
            ages: vec![AgeLimit { source: SourceId(1), last_seen: Time(-1) }],
            segments: vec!["seg-00000001".into()],
            ..Manifest::default()
        };
        let encoded = manifest.encode();
        assert_eq!(Manifest::decode(&mut Input(&encoded[16..])), Some(manifest));
        for end in 16..encoded.len() {
            assert_eq!(Manifest::decode(&mut Input(&encoded[16..end])), None);
        }
    }
}
