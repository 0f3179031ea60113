//! The append log: what was acknowledged and is in no segment yet.
//!
//! A file begins with a magic and a version; then come records: a mark (4) and a frame of batches, compressed quickly,
//! so that the memory table, and not the log, says when it is time to write segments. A record is synced before the next is written, so a broken record with a whole one behind it is damage, and a broken
//! one at the end was never acknowledged: it is cut silently.
#![deny(clippy::indexing_slicing)]

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    FORMAT,
    disk::{Disk, File},
    frame::{self, Packer},
};

const MAGIC: &[u8; 8] = b"spoorlog";
/// Magic and version.
pub(crate) const HEAD: usize = 12;
const MARK: [u8; 4] = [0xf5, b'r', b'e', b'c'];
/// How much records are compressed.
const LEVEL: i32 = -3;

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
    packer: Packer,
    record: Vec<u8>,
    pub(crate) path: PathBuf,
}

impl LogWriter {
    /// Begins a file; its directory entry is durable at return.
    pub(crate) fn create(disk: &Disk, dir: &Path, number: u64) -> io::Result<LogWriter> {
        let path = dir.join(name(number));
        let mut file = disk.create(&path)?;
        file.write(&[&MAGIC[..], &FORMAT.to_be_bytes()].concat())?;
        // Synced before the first record is written: that one arriving without the head would look like damage.
        file.sync()?;
        disk.sync_dir(dir)?;
        Ok(LogWriter { file, packer: Packer::new(Some(LEVEL))?, record: Vec::new(), path })
    }

    /// Appends a record of batches and makes it durable; returns how long it is.
    pub(crate) fn append(&mut self, batches: &[u8]) -> io::Result<u64> {
        self.record.clear();
        self.record.extend(MARK);
        self.packer.put(&mut self.record, batches)?;
        self.file.write(&self.record)?;
        self.file.sync()?;
        Ok(self.record.len() as u64)
    }
}

/// What stands in the octets of a log from some offset on.
#[derive(Debug, Default)]
pub(crate) struct Records<'a> {
    /// Codec and payload of each whole record.
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
        let Some(rest) = octets.strip_prefix(&MAGIC[..]).and_then(|rest| rest.strip_prefix(&FORMAT.to_be_bytes()))
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
        if let Some(body) = record_at(octets, at) {
            found.whole.push(body);
            at += MARK.len() + frame::HEAD + body.len();
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
    frame::body(octets.get(at..)?.strip_prefix(&MARK)?).ok()
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
        let mut out = [&MAGIC[..], &FORMAT.to_be_bytes()].concat();
        let mut packer = Packer::new(None).unwrap();
        for record in records {
            out.extend(MARK);
            packer.put(&mut out, record).unwrap();
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
            let last = at >= whole.len() - MARK.len() - frame::HEAD - 6;
            assert_eq!(found.damaged.len(), usize::from(!last), "{at}");
            assert_eq!(found.whole.len(), if at < HEAD { 3 } else { 2 }, "{at}");
        }
    }
}
