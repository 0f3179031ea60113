//! The append log: what was acknowledged and is in no segment yet.
//!
//! A file begins with a magic and a version; then come records: `mark (4) | length (4) | CRC-32 (4) | batches`. A
//! record is synced before the next is written, so a broken record with a whole one behind it is damage, and a broken
//! one at the end was never acknowledged: it is cut silently.
#![deny(clippy::indexing_slicing)]

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    disk::{Disk, File},
    octets::Input,
};

const MAGIC: &[u8; 8] = b"spoorlog";
const VERSION: u32 = 0;
/// Magic and version.
pub(crate) const HEAD: usize = 12;
const MARK: [u8; 4] = [0xf5, b'r', b'e', b'c'];
/// Mark, length, checksum.
pub(crate) const RECORD_HEAD: usize = 12;

/// The name of a log file.
pub(crate) fn name(number: u64) -> String {
    format!("log-{number:08}")
}

/// The number in the name of a log file.
pub(crate) fn number(name: &str) -> Option<u64> {
    name.strip_prefix("log-")?.parse().ok()
}

/// The log that is being written.
#[derive(Debug)]
pub(crate) struct LogWriter {
    file: Box<dyn File>,
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
}

impl LogWriter {
    /// Begins a file; its directory entry is durable at return.
    pub(crate) fn create(disk: &Disk, dir: &Path, number: u64) -> io::Result<LogWriter> {
        let path = dir.join(name(number));
        let mut file = disk.create(&path)?;
        file.write(&[&MAGIC[..], &VERSION.to_be_bytes()].concat())?;
        disk.sync_dir(dir)?;
        Ok(LogWriter { file, path, length: HEAD as u64 })
    }

    /// Appends a record and makes it durable. `record` begins with room for its head.
    pub(crate) fn append(&mut self, record: &mut [u8]) -> io::Result<()> {
        let Some((head, batches)) = record.split_first_chunk_mut::<RECORD_HEAD>() else { return Ok(()) };
        *head = record_head(batches);
        self.file.write(record)?;
        self.length += record.len() as u64;
        self.file.sync()
    }
}

pub(crate) fn record_head(batches: &[u8]) -> [u8; RECORD_HEAD] {
    let mut head = [0; RECORD_HEAD];
    let parts = [MARK, (batches.len() as u32).to_be_bytes(), crc32fast::hash(batches).to_be_bytes()];
    head.iter_mut().zip(parts.as_flattened()).for_each(|(to, from)| *to = *from);
    head
}

/// What stands in the octets of a log from some offset on.
#[derive(Debug, Default)]
pub(crate) struct Records<'a> {
    pub(crate) whole: Vec<&'a [u8]>,
    /// Offsets of damaged records that have whole ones behind them.
    pub(crate) damaged: Vec<u64>,
    /// Where the last whole record ends.
    pub(crate) end: u64,
}

/// Finds the records of a log file, beginning at `from`.
pub(crate) fn records(octets: &[u8], from: u64) -> Records<'_> {
    let mut found = Records { end: from, ..Records::default() };
    let mut at = from as usize;
    if at < HEAD {
        let Some(rest) = octets.strip_prefix(&MAGIC[..]).and_then(|rest| rest.strip_prefix(&VERSION.to_be_bytes()))
        else {
            // A file whose head was never synced; or a damaged head, and then records stand behind it.
            let Some(next) = resync(octets, 0) else { return found };
            found.damaged.push(0);
            at = next;
            return walk(octets, at, found);
        };
        at = octets.len() - rest.len();
        found.end = at as u64;
    }
    walk(octets, at, found)
}

fn walk<'a>(octets: &'a [u8], mut at: usize, mut found: Records<'a>) -> Records<'a> {
    loop {
        if let Some(batches) = record_at(octets, at) {
            found.whole.push(batches);
            at += RECORD_HEAD + batches.len();
            found.end = at as u64;
        } else if let Some(next) = resync(octets, at + 1) {
            found.damaged.push(at as u64);
            at = next;
        } else {
            return found;
        }
    }
}

fn record_at(octets: &[u8], at: usize) -> Option<&[u8]> {
    let mut input = Input(octets.get(at..)?);
    if input.array::<4>()? != MARK {
        return None;
    }
    let (length, sum) = (input.u32()? as usize, input.u32()?);
    let batches = input.take(length)?;
    (crc32fast::hash(batches) == sum).then_some(batches)
}

/// The next place where a whole record stands.
fn resync(octets: &[u8], from: usize) -> Option<usize> {
    let rest = octets.get(from..)?;
    let marks = rest.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
    marks.map(|(at, _)| from + at).find(|at| record_at(octets, *at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(records: &[&[u8]]) -> Vec<u8> {
        let mut out = [&MAGIC[..], &VERSION.to_be_bytes()].concat();
        for record in records {
            out.extend(record_head(record));
            out.extend_from_slice(record);
        }
        out
    }

    #[test]
    fn a_torn_tail_is_cut_and_damage_in_the_middle_is_told() {
        let whole = log(&[b"one", b"two", b"three"]);
        for cut in 0..whole.len() {
            let found = records(&whole[..cut], 0);
            assert!(found.damaged.is_empty() && found.whole.len() < 3, "{cut}");
        }
        for at in 0..whole.len() {
            let mut bad = whole.clone();
            bad[at] ^= 4;
            let found = records(&bad, 0);
            let last = at >= whole.len() - RECORD_HEAD - 5;
            assert_eq!(found.damaged.len(), usize::from(!last), "{at}");
            assert_eq!(found.whole.len(), if at < HEAD { 3 } else { 2 }, "{at}");
        }
    }
}
