//! De-duplication: the same tuple within a window is one observation with its count.
//!
//! This is the one place that sees every answer, so nothing is allocated for one that was seen before: octets lie one
//! after the other in one buffer, and a hash table of numbers leads to them.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::RandomState;
use formats::dns::{Answer, Section};
use hashbrown::HashTable;
use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};

/// How many different tuples make a window full.
const TUPLES_MAX: usize = 200_000;
/// How many octets of names and data do.
const OCTETS_MAX: usize = 64 << 20;
/// No bailiwick; no name has so many labels.
const UNKNOWN: u8 = 255;
/// The question of a tuple that several questions led to.
const SEVERAL: u64 = 0;

/// What was seen since the last window.
#[derive(Debug, Default)]
pub struct Window {
    hasher: RandomState,
    table: HashTable<u32>,
    entries: Vec<Entry>,
    octets: Vec<u8>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    at: u32,
    data_octets: u16,
    name_octets: u8,
    bailiwick: u8,
    rrtype: RecordType,
    question: u64,
    first: i64,
    last: i64,
    count: u64,
}

/// A tuple of a window.
#[derive(Clone, Copy, Debug)]
pub struct Distinct<'a> {
    /// The owner name in folded wire form.
    pub name: &'a [u8],
    /// The record data.
    pub data: &'a [u8],
    /// The record type.
    pub rrtype: RecordType,
    /// How many labels of the name the zone covers.
    pub bailiwick: Option<u8>,
    /// When it was first seen, in seconds since 1970.
    pub first: i64,
    /// When it was last seen.
    pub last: i64,
    /// How often.
    pub count: u64,
    /// The hash of the one question that led to it.
    pub(super) question: Option<u64>,
}

impl Distinct<'_> {
    /// The same as an observation; none where the data do not fit the type.
    pub fn observation(&self) -> Option<Observation> {
        let rdata = Rdata::from_wire(self.rrtype, self.data).ok()?;
        let rrname = Name::from_wire(self.name).ok()?;
        let span = Span::new(Time(self.first), Time(self.last))?;
        let tuple = Tuple { rrname, rrtype: self.rrtype, bailiwick: self.bailiwick, rdata };
        Some(Observation { tuple, span, count: self.count })
    }
}

impl Window {
    /// Adds an answer that was seen so often in this span.
    pub fn add(&mut self, answer: &Answer<'_>, span: Span, count: u64) {
        let (first, last) = (span.first().0, span.last().0);
        let bailiwick = answer.bailiwick.unwrap_or(UNKNOWN);
        let question = self.question(answer.question);
        let hash = self.hash(answer, bailiwick);
        let (entries, octets) = (&self.entries, &self.octets);
        let is_same =
            |number: &u32| entries.get(*number as usize).is_some_and(|entry| entry.is(answer, bailiwick, octets));
        if let Some(number) = self.table.find(hash, is_same) {
            if let Some(entry) = self.entries.get_mut(*number as usize) {
                entry.first = entry.first.min(first);
                entry.last = entry.last.max(last);
                entry.count = entry.count.saturating_add(count);
                entry.question = if entry.question == question { question } else { SEVERAL };
            }
            return;
        }
        let (Ok(name_octets), Ok(data_octets)) = (answer.name.len().try_into(), answer.data.len().try_into()) else {
            return; // longer than a name or data can be
        };
        let (number, at) = (self.entries.len() as u32, self.octets.len() as u32);
        self.octets.extend_from_slice(answer.name);
        self.octets.extend_from_slice(answer.data);
        let rrtype = answer.rrtype;
        self.entries.push(Entry {
            hash,
            at,
            data_octets,
            name_octets,
            bailiwick,
            rrtype,
            question,
            first,
            last,
            count,
        });
        let entries = &self.entries;
        let hash_of = |number: &u32| entries.get(*number as usize).map_or(0, |entry| entry.hash);
        self.table.insert_unique(hash, number, hash_of);
    }

    /// Adds an observation; where nobody says which question led to it, it is its owner name's.
    pub fn add_observation(&mut self, question: Option<&Name>, observation: &Observation) {
        let Tuple { rrname, rrtype, bailiwick, rdata } = &observation.tuple;
        let answer = Answer {
            question: question.unwrap_or(rrname).as_wire(),
            name: rrname.as_wire(),
            rrtype: *rrtype,
            bailiwick: *bailiwick,
            data: rdata.as_octets(),
            section: Section::Answer,
        };
        self.add(&answer, observation.span, observation.count);
    }

    /// How many different tuples it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether it should be emptied now.
    pub fn is_full(&self) -> bool {
        self.entries.len() >= TUPLES_MAX || self.octets.len() >= OCTETS_MAX
    }

    /// What it holds, in the order in which it was first seen.
    pub fn distinct(&self) -> impl Iterator<Item = Distinct<'_>> {
        self.entries.iter().map(|entry| {
            let (name, data) = entry.octets(&self.octets);
            Distinct {
                name,
                data,
                rrtype: entry.rrtype,
                bailiwick: (entry.bailiwick != UNKNOWN).then_some(entry.bailiwick),
                first: entry.first,
                last: entry.last,
                count: entry.count,
                question: (entry.question != SEVERAL).then_some(entry.question),
            }
        })
    }

    pub(super) fn clear(&mut self) {
        self.table.clear();
        self.entries.clear();
        self.octets.clear();
    }

    /// The hash of a question; never the one that says *several*.
    pub(super) fn question(&self, name: &[u8]) -> u64 {
        self.hasher.hash_one(name) | 1
    }

    fn hash(&self, answer: &Answer<'_>, bailiwick: u8) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write_u32(u32::from(answer.rrtype.0) << 8 | u32::from(bailiwick));
        hasher.write(answer.name);
        hasher.write(answer.data);
        hasher.finish()
    }
}

impl Entry {
    fn octets<'o>(&self, all: &'o [u8]) -> (&'o [u8], &'o [u8]) {
        let (name, data) = (usize::from(self.name_octets), usize::from(self.data_octets));
        let own = all.get(self.at as usize..).and_then(|rest| rest.get(..name + data));
        own.and_then(|own| own.split_at_checked(name)).unwrap_or_default()
    }

    fn is(&self, answer: &Answer<'_>, bailiwick: u8, all: &[u8]) -> bool {
        let same = self.rrtype == answer.rrtype && self.bailiwick == bailiwick;
        same && self.octets(all) == (answer.name, answer.data)
    }
}
