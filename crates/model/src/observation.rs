//! What was seen in DNS: tuples, and when.
//!
//! Times merge by minimum and maximum, counts by the source's [`crate::Counting`], spells by union. The merge is
//! commutative and associative below the cap on spells, so the order in which observations arrive never matters.

use crate::{name::Name, rdata::Rdata, record_type::RecordType, time::Time};

/// One fact of DNS: this name had this record, said from this zone cut.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    /// The owner name.
    pub rrname: Name,
    /// The record type.
    pub rrtype: RecordType,
    /// How many labels of `rrname` the zone that said it covers; none where unknown.
    pub bailiwick: Option<u8>,
    /// The record data in canonical wire form.
    pub rdata: Rdata,
}

impl Tuple {
    /// The zone cut as a name, where it is known.
    pub fn bailiwick_name(&self) -> Option<Name> {
        self.bailiwick.map(|labels| self.rrname.suffix(labels.into()))
    }
}

/// A closed interval of time; `first <= last` always.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    first: Time,
    last: Time,
}

impl Span {
    /// The interval between two moments; none where `last` is before `first`.
    pub fn new(first: Time, last: Time) -> Option<Span> {
        (first <= last).then_some(Span { first, last })
    }

    /// A single moment.
    pub fn at(moment: Time) -> Span {
        Span { first: moment, last: moment }
    }

    /// The first moment.
    pub fn first(self) -> Time {
        self.first
    }

    /// The last moment.
    pub fn last(self) -> Time {
        self.last
    }

    /// The smallest interval that holds both.
    pub fn union(self, other: Span) -> Span {
        Span { first: self.first.min(other.first), last: self.last.max(other.last) }
    }

    /// Whether they share a moment.
    pub fn overlaps(self, other: Span) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether they are at most `seconds` apart.
    pub fn within(self, other: Span, seconds: i64) -> bool {
        self.first <= other.last.plus(seconds) && other.first <= self.last.plus(seconds)
    }
}

/// An interval of activity without a long gap; shown to people as *active period*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spell {
    /// From when to when.
    pub span: Span,
    /// Taken from somebody's aggregate and longer than the gap: weaker evidence of activity than a witnessed one.
    pub reported: bool,
}

/// When and how often something was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The first and last time.
    pub span: Span,
    /// How often; what that counts is the source's business.
    pub count: u64,
    /// Active periods in order of time, disjoint, at least the store's gap apart, at most sixteen.
    pub spells: Vec<Spell>,
}

/// A tuple with the time and count of its sightings, as a source says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// What was seen.
    pub tuple: Tuple,
    /// First and last time.
    pub span: Span,
    /// How often, at least 1.
    pub count: u64,
}
