//! The exposure ledger: which question left, to whom, when, for whom and why.
//!
//! An append file, `exposure.log` in the data directory. A line is the CRC-32 (IEEE) of the rest as eight hexadecimal
//! digits, a space, and one JSON object:
//!
//! ```text
//! 5f0c1a2b {"time":"2026-10-01T00:00:00Z","value":"example.test","server":"whois.nic.example",…,"sent":true}
//! ```
//!
//! A line is on disk *before* its question leaves, so the ledger may name a question that never arrived, and never
//! misses one that did. Questions that were refused are there too, marked as not sent. A crash can cut the last line:
//! the next writer ends it, and readers report it as damaged and read on.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use model::{Exposure, RecordType, Time};
use serde::{Deserialize, Serialize};

/// The name of the file in the data directory.
const FILE: &str = "exposure.log";
/// The longest text of a field; what is beyond is cut and ends in `…`.
const TEXT_MAX: usize = 300;
/// The longest line that is read as one; a longer one is damage.
const LINE_MAX: u64 = 16 * 1024;

/// One question that left, or was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When.
    pub time: Time,
    /// What was asked about: a name, an address, an AS number.
    pub value: String,
    /// The record type, for DNS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rrtype: Option<RecordType>,
    /// The server's name, or its address where it has none.
    pub server: String,
    /// Where it was sent; none where it was refused before that was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub socket: Option<SocketAddr>,
    /// Who learns of it.
    pub exposure: Exposure,
    /// By which protocol.
    pub protocol: Protocol,
    /// The provider that was asked, by its name in the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// For whom.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// Whether it was sent; a refused question was not.
    pub sent: bool,
    /// Why it was not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
}

/// By which protocol a question leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// DNS, to a recursive resolver.
    Dns,
    /// RFC 3912.
    Whois,
    /// RFC 7480.
    Rdap,
    /// RFC 9110: a list that is fetched, or a provider that is asked.
    Http,
}

/// What a ledger holds of a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The entries, oldest first.
    pub entries: Vec<Entry>,
    /// The numbers of lines, from 1, that are damaged and could not be read.
    pub damaged: Vec<u64>,
}

/// The ledger could not be opened, written or read.
#[derive(Debug, thiserror::Error)]
#[error("exposure ledger `{}`: {error}", path.display())]
pub struct LedgerError {
    path: PathBuf,
    error: io::Error,
}

/// The exposure ledger of one data directory. Clones write to the same file, and so may other processes.
#[derive(Clone, Debug)]
pub struct Ledger {
    path: Arc<Path>,
    file: Arc<Mutex<File>>,
}

impl Ledger {
    /// Opens the ledger in a data directory, and begins one where there is none.
    pub fn open(directory: &Path) -> Result<Ledger, LedgerError> {
        let path = directory.join(FILE);
        let opened = OpenOptions::new().create(true).read(true).append(true).open(&path).and_then(end_last_line);
        // The directory too: a new file's name has to last as long as its lines.
        match opened.and_then(|file| File::open(directory)?.sync_all().map(|()| file)) {
            Ok(file) => Ok(Ledger { path: path.into(), file: Arc::new(Mutex::new(file)) }),
            Err(error) => Err(LedgerError { path, error }),
        }
    }

    /// Adds an entry; on return it is on disk.
    pub fn append(&self, entry: &Entry) -> Result<(), LedgerError> {
        let line = encode(entry);
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // One write each line: appends of several processes do not mix.
        let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_data());
        written.map_err(|error| self.failed(error))
    }

    /// The entries about a value or, for a domain, names below it; all entries for none.
    pub fn read(&self, value: Option<&str>) -> Result<Reading, LedgerError> {
        let file = File::open(&self.path).map_err(|error| self.failed(error))?;
        read_lines(BufReader::new(file), value).map_err(|error| self.failed(error))
    }

    /// At most `limit` lines that begin at or after a place in the file, each with the place where it ends; none for a
    /// damaged one. A line that is still being written is left for the next time.
    pub fn after(&self, place: u64, limit: usize) -> Result<Vec<(u64, Option<Entry>)>, LedgerError> {
        let read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(place))?;
            read_ends(BufReader::new(file), place, limit)
        };
        read().map_err(|error| self.failed(error))
    }

    /// The questions that were sent to providers and stand at or after a place in the file, and the place where that
    /// ends. Lines that name no provider are passed over unread.
    pub(crate) fn sent_to_providers(&self, place: u64) -> Result<(Vec<(String, Time)>, u64), LedgerError> {
        let read = || {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(place))?;
            read_providers(BufReader::new(file), place)
        };
        read().map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> LedgerError {
        LedgerError { path: self.path.to_path_buf(), error }
    }
}

/// Ends a line that a crash cut, so that the next one stands by itself.
fn end_last_line(mut file: File) -> io::Result<File> {
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    Ok(file)
}

fn encode(entry: &Entry) -> String {
    let entry = Entry {
        value: cut(&entry.value),
        server: cut(&entry.server),
        actor: cut(&entry.actor),
        reason: cut(&entry.reason),
        refusal: entry.refusal.as_deref().map(cut),
        ..entry.clone()
    };
    let json = serde_json::to_string(&entry).expect("an entry has no map and no failing serializer");
    format!("{:08x} {json}\n", crc32fast::hash(json.as_bytes()))
}

fn decode(line: &[u8]) -> Option<Entry> {
    let line = std::str::from_utf8(line).ok()?.strip_suffix('\n')?;
    let (sum, json) = line.split_once(' ')?;
    let sum = u32::from_str_radix(sum, 16).ok()?;
    (sum == crc32fast::hash(json.as_bytes())).then(|| serde_json::from_str(json).ok())?
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TEXT_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

fn read_lines(mut input: impl BufRead, value: Option<&str>) -> io::Result<Reading> {
    let mut reading = Reading::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        if input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match decode(&line) {
            Some(entry) if value.is_none_or(|value| concerns(&entry.value, value)) => reading.entries.push(entry),
            Some(_) => {}
            None if line == b"\n" => {}
            None => {
                reading.damaged.push(number);
                skip_line(&mut input, &line)?;
            }
        }
    }
    Ok(reading)
}

fn read_ends(mut input: impl BufRead, mut place: u64, limit: usize) -> io::Result<Vec<(u64, Option<Entry>)>> {
    let mut lines = Vec::new();
    let mut line = Vec::new();
    while lines.len() < limit {
        line.clear();
        let mut length = input.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)?;
        let entry = decode(&line);
        if line.last() != Some(&b'\n') {
            let mut rest = Vec::new();
            length += if length as u64 == LINE_MAX { input.read_until(b'\n', &mut rest)? } else { 0 };
            if rest.last() != Some(&b'\n') {
                break;
            }
        }
        place += length as u64;
        lines.push((place, entry));
    }
    Ok(lines)
}

fn read_providers(mut input: impl BufRead, mut place: u64) -> io::Result<(Vec<(String, Time)>, u64)> {
    const MEMBER: &[u8] = br#""provider":"#;
    let (mut sent, mut line) = (Vec::new(), Vec::new());
    loop {
        line.clear();
        let length = input.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((sent, place));
        }
        place += length as u64;
        let names_one = line.windows(MEMBER.len()).any(|window| window == MEMBER);
        let Some(entry) = names_one.then(|| decode(&line)).flatten() else { continue };
        sent.extend(entry.provider.filter(|_| entry.sent).map(|provider| (provider, entry.time)));
    }
}

/// Passes over the rest of a line that is longer than [`LINE_MAX`].
fn skip_line(input: &mut impl BufRead, read: &[u8]) -> io::Result<()> {
    if read.last() != Some(&b'\n') { input.skip_until(b'\n').map(drop) } else { Ok(()) }
}

fn concerns(asked: &str, value: &str) -> bool {
    let (asked, value) = (asked.to_ascii_lowercase(), value.trim_end_matches('.').to_ascii_lowercase());
    asked.strip_suffix(&value).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(value: &str) -> Entry {
        Entry {
            time: Time(1_790_000_000),
            value: value.into(),
            rrtype: Some(RecordType::A),
            server: "192.0.2.53:53".into(),
            socket: Some("192.0.2.53:53".parse().unwrap()),
            exposure: Exposure::Target,
            protocol: Protocol::Dns,
            provider: None,
            actor: "analyst".into(),
            reason: "a \u{1b}[31mreason\u{1b}[0m\nin two lines".into(),
            sent: true,
            refusal: None,
        }
    }

    fn values(reading: &Reading) -> Vec<&str> {
        reading.entries.iter().map(|entry| entry.value.as_str()).collect()
    }

    #[test]
    fn reads_back_what_concerns_a_value() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(directory.path()).unwrap();
        for value in ["one.test", "www.one.test", "someone.test", "192.0.2.1"] {
            ledger.append(&entry(value)).unwrap();
        }
        assert_eq!(values(&ledger.read(Some("ONE.test.")).unwrap()), ["one.test", "www.one.test"]);
        assert_eq!(ledger.read(None).unwrap().entries[2], entry("someone.test"));
        let text = std::fs::read_to_string(directory.path().join(FILE)).unwrap();
        assert_eq!(text.lines().count(), 4, "control characters are escaped: {text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn damage_is_reported_and_the_rest_read() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(FILE);
        let ledger = Ledger::open(directory.path()).unwrap();
        for value in ["one.test", "two.test", "three.test"] {
            ledger.append(&entry(value)).unwrap();
        }
        let mut text = std::fs::read_to_string(&path).unwrap().replacen("two.test", "tvo.test", 1);
        text.truncate(text.len() - 20);
        std::fs::write(&path, text + &"x".repeat(3 * LINE_MAX as usize)).unwrap();
        Ledger::open(directory.path()).unwrap().append(&entry("four.test")).unwrap();
        let reading = ledger.read(None).unwrap();
        assert_eq!((values(&reading), &reading.damaged), (vec!["one.test", "four.test"], &vec![2, 3]));
    }

    #[test]
    fn is_read_on_from_where_it_was_left() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(directory.path()).unwrap();
        let append = |value| ledger.append(&entry(value)).unwrap();
        ["one.test", "two.test"].into_iter().for_each(append);
        let first = ledger.after(0, 1).unwrap();
        let rest = ledger.after(first[0].0, 9).unwrap();
        assert_eq!(rest[0].1.as_ref().unwrap().value, "two.test");
        assert!(ledger.after(rest[0].0, 9).unwrap().is_empty());
        std::fs::OpenOptions::new()
            .append(true)
            .open(directory.path().join(FILE))
            .and_then(|mut file| file.write_all(format!("{}\nhalf", "x".repeat(2 * LINE_MAX as usize)).as_bytes()))
            .unwrap();
        let damaged = ledger.after(rest[0].0, 9).unwrap();
        assert_eq!(damaged.len(), 1, "half a line is left for the next time");
        assert_eq!(damaged[0].1, None);
        Ledger::open(directory.path()).unwrap().append(&entry("three.test")).unwrap();
        let last = ledger.after(damaged[0].0, 9).unwrap();
        assert_eq!(last.last().unwrap().1.as_ref().unwrap().value, "three.test");
    }

    #[test]
    fn long_texts_are_cut_so_that_the_line_stays_readable() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(directory.path()).unwrap();
        let long = Entry { actor: "\u{1}".repeat(5000), reason: "é".repeat(5000), ..entry("one.test") };
        ledger.append(&long).unwrap();
        let reading = ledger.read(None).unwrap();
        assert_eq!((reading.entries.len(), reading.damaged.len()), (1, 0));
        assert!(reading.entries[0].reason.ends_with("é…"));
    }
}
