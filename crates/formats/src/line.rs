//! Files and pipes of one JSON object a line: batches with repeatable ids, and an account of what was refused.
//!
//! A batch is what is stored at once. Its id is a hash of the source and of *all* octets of the input up to the end of
//! the batch, so that the same input sent twice gives the same ids (and is counted once), while the same lines after
//! other lines give others. The hash is FNV-1a with 128 bits (draft-eastlake-fnv §2): stable for ever, and small; it
//! tells inputs apart, it does not defend against somebody who builds two inputs with one hash.

use std::{
    collections::BTreeMap,
    io::{self, BufRead},
};

/// The longest line, in octets without its end.
pub const LINE_OCTETS_MAX: usize = 1 << 20;
/// How many lines make a batch.
pub const BATCH_LINES_MAX: u64 = 50_000;
/// After how many octets a batch ends, however few lines it has.
pub const BATCH_OCTETS_MAX: u64 = 32 << 20;
/// How many line numbers are kept for each reason of refusal.
const EXAMPLES_MAX: usize = 5;

/// Reads lines in batches.
#[derive(Debug)]
pub struct Reader<R> {
    input: R,
    hash: Fnv128,
    lines: u64,
    octets: u64,
    line: Vec<u8>,
}

/// What a batch of lines says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<T> {
    /// The hash of the source and of all octets up to the end of this batch.
    pub id: [u8; 16],
    /// How many lines the input had up to the end of this batch.
    pub lines: u64,
    /// How many octets the input had up to the end of this batch.
    pub octets: u64,
    /// What the lines of this batch say, in order.
    pub records: Vec<T>,
    /// Which lines of this batch were refused, and why.
    pub refusals: Refusals,
}

/// Why a line is refused: the field and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The line is longer than the limit.
    #[error("line is longer than {LINE_OCTETS_MAX} octets")]
    TooLong,
    /// The line is no JSON object, or a field has a type that is never right.
    #[error("not a record in JSON: {0}")]
    Json(String),
    /// A field that must be there is not.
    #[error("missing field \"{field}\": {remedy}")]
    Missing {
        /// Its name.
        field: &'static str,
        /// What to write.
        remedy: &'static str,
    },
    /// A field's value cannot be read.
    #[error("field \"{field}\": {problem}")]
    Bad {
        /// Its name.
        field: &'static str,
        /// What is the matter with it, and what to write.
        problem: String,
    },
    /// The line is well-formed, and says nothing that could be stored.
    #[error("nothing to store: {0}")]
    Empty(&'static str),
}

impl LineError {
    /// The same text for all lines that are wrong in the same way.
    pub fn reason(&self) -> String {
        match self {
            LineError::Json(_) => "not a record in JSON".to_owned(),
            LineError::Bad { field, .. } => format!("bad field \"{field}\""),
            other => other.to_string(),
        }
    }

    pub(crate) fn bad(field: &'static str, problem: impl ToString) -> LineError {
        LineError::Bad { field, problem: problem.to_string() }
    }
}

impl<R: BufRead> Reader<R> {
    /// Reads `input`, whose records are said by `source`.
    pub fn new(input: R, source: &str) -> Reader<R> {
        let mut hash = Fnv128::new();
        hash.write(source.as_bytes());
        hash.write(&[0]);
        Reader { input, hash, lines: 0, octets: 0, line: Vec::new() }
    }

    /// The next batch, its lines read by `parse` in order, without the blanks at their end; lines of blanks alone are
    /// left out. Nothing at the end of the input.
    pub fn next_batch<T, I: IntoIterator<Item = T>>(
        &mut self,
        mut parse: impl FnMut(&[u8]) -> Result<I, LineError>,
    ) -> io::Result<Option<Batch<T>>> {
        let (first_line, first_octet) = (self.lines, self.octets);
        let (mut records, mut refusals) = (Vec::new(), Refusals::default());
        while self.lines - first_line < BATCH_LINES_MAX && self.octets - first_octet < BATCH_OCTETS_MAX {
            let Some(fits) = self.read_line()? else { break };
            self.lines += 1;
            let line = self.line.trim_ascii_end();
            if fits && line.is_empty() {
                continue;
            }
            match if fits { parse(line) } else { Err(LineError::TooLong) } {
                Ok(found) => records.extend(found),
                Err(error) => refusals.add(self.lines, &error),
            }
        }
        let id = self.hash.0.to_be_bytes();
        let batch = Batch { id, lines: self.lines, octets: self.octets, records, refusals };
        Ok((batch.lines > first_line).then_some(batch))
    }

    /// Puts the next line into `self.line`; tells whether it fits. Of one that does not, the rest is skipped.
    fn read_line(&mut self) -> io::Result<Option<bool>> {
        self.line.clear();
        let (mut fits, mut started) = (true, false);
        loop {
            let buffer = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer?,
            };
            if buffer.is_empty() {
                return Ok(started.then_some(fits));
            }
            started = true;
            let end = memchr::memchr(b'\n', buffer);
            let (text, used) = match end {
                Some(at) => buffer.split_at(at),
                None => (buffer, &[][..]),
            };
            let used = text.len() + usize::from(!used.is_empty());
            if self.line.len() + text.len() > LINE_OCTETS_MAX {
                fits = false;
            } else {
                self.line.extend_from_slice(text);
            }
            self.hash.write(text);
            if end.is_some() {
                self.hash.write(b"\n");
            }
            self.octets += used as u64;
            self.input.consume(used);
            if end.is_some() {
                return Ok(Some(fits));
            }
        }
    }
}

/// FNV-1a, 128 bits.
#[derive(Clone, Copy, Debug)]
struct Fnv128(u128);

impl Fnv128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

    fn new() -> Fnv128 {
        Fnv128(Fnv128::OFFSET)
    }

    fn write(&mut self, octets: &[u8]) {
        self.0 = octets.iter().fold(self.0, |hash, octet| (hash ^ u128::from(*octet)).wrapping_mul(Fnv128::PRIME));
    }
}

/// Lines that were refused, by reason; there are only as many reasons as [`LineError`] can name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusals {
    reasons: BTreeMap<String, Refused>,
    total: u64,
}

/// The lines that were refused for one reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// How many.
    pub count: u64,
    /// The numbers of the first few.
    pub lines: Vec<u64>,
    /// What the first of them had, in full.
    pub example: String,
}

impl Refusals {
    /// Counts a refused line.
    pub fn add(&mut self, line: u64, error: &LineError) {
        self.total += 1;
        let refused = self.reasons.entry(error.reason()).or_default();
        if refused.count == 0 {
            refused.example = error.to_string();
        }
        refused.count += 1;
        if refused.lines.len() < EXAMPLES_MAX {
            refused.lines.push(line);
        }
    }

    /// Takes over what another part of the same input was refused for; the parts come in order.
    pub fn absorb(&mut self, later: Refusals) {
        self.total += later.total;
        for (reason, other) in later.reasons {
            let refused = self.reasons.entry(reason).or_default();
            if refused.count == 0 {
                refused.example = other.example;
            }
            refused.count += other.count;
            let room = EXAMPLES_MAX - refused.lines.len().min(EXAMPLES_MAX);
            refused.lines.extend(other.lines.into_iter().take(room));
        }
    }

    /// How many lines were refused.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Each reason with its lines, in alphabetical order.
    pub fn reasons(&self) -> impl Iterator<Item = (&str, &Refused)> {
        self.reasons.iter().map(|(reason, refused)| (reason.as_str(), refused))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batches(input: &[u8], source: &str, capacity: usize) -> Vec<Batch<String>> {
        let mut reader = Reader::new(io::BufReader::with_capacity(capacity, input), source);
        let parse = |line: &[u8]| match line {
            b"bad" => Err(LineError::bad("field", "x")),
            line => Ok([String::from_utf8_lossy(line).into_owned()]),
        };
        std::iter::from_fn(|| reader.next_batch(parse).unwrap()).collect()
    }

    #[test]
    fn published_vectors_of_the_hash() {
        let of = |text: &str| {
            let mut hash = Fnv128::new();
            hash.write(text.as_bytes());
            hash.0
        };
        assert_eq!(of(""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(of("a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(of("foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    #[test]
    fn lines_do_not_depend_on_the_buffer() {
        let input = b"one\r\n\n  two \nbad\nlast";
        let whole = batches(input, "s", 4096);
        assert_eq!(whole[0].records, ["one", "  two", "last"]);
        assert_eq!((whole[0].lines, whole[0].octets), (5, input.len() as u64));
        assert_eq!(whole[0].refusals.reasons().next().unwrap().1.lines, [4]);
        for capacity in 1..9 {
            assert_eq!(batches(input, "s", capacity), whole);
        }
        assert_eq!(batches(b"", "s", 8), []);
    }

    #[test]
    fn ids_repeat_for_the_same_input_and_source_alone() {
        let input = "x\n".repeat(BATCH_LINES_MAX as usize + 1);
        let ids = |input: &str, source, capacity| -> Vec<[u8; 16]> {
            batches(input.as_bytes(), source, capacity).iter().map(|batch| batch.id).collect()
        };
        let first = ids(&input, "a", 4096);
        assert_eq!(first.len(), 2);
        assert_eq!(ids(&input, "a", 77), first);
        assert_ne!(ids(&input, "b", 4096)[0], first[0]);
        assert_eq!(ids(&input[2..], "a", 4096), first[..1]);
    }

    #[test]
    fn a_line_too_long_is_skipped_alone() {
        let input = format!("a\n{}\nb\n", "x".repeat(LINE_OCTETS_MAX + 1));
        let batch = batches(input.as_bytes(), "s", 4096).remove(0);
        assert_eq!(batch.records, ["a", "b"]);
        assert_eq!(batch.refusals.total(), 1);
    }

    #[test]
    fn refusals_keep_the_first_lines() {
        let (mut refusals, mut later) = (Refusals::default(), Refusals::default());
        for line in 1..=4 {
            refusals.add(line, &LineError::bad("rdata", line));
            later.add(line + 10, &LineError::bad("rdata", "later"));
        }
        later.add(99, &LineError::TooLong);
        refusals.absorb(later);
        let (reason, refused) = refusals.reasons().next().unwrap();
        assert_eq!(
            (reason, refused.count, refused.lines.as_slice()),
            ("bad field \"rdata\"", 8, &[1, 2, 3, 4, 11][..])
        );
        assert_eq!((refused.example.as_str(), refusals.total()), ("field \"rdata\": 1", 9));
    }
}
