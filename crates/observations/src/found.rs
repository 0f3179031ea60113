//! Tuples as a walk meets them: gathered from the rows of their sources, and decoded only as far as somebody asks.
#![deny(clippy::indexing_slicing)]

use model::{Name, RecordType, Seen, SourceId, Span, Spell, Time, Tuple};

use crate::{
    block::Value,
    cursor::RawRow,
    key::{self, FORWARD},
    query::{Record, Subject},
    tuple,
};

/// What one source says of a tuple.
#[derive(Clone, Copy, Debug)]
struct Said {
    source: SourceId,
    first: i64,
    last: i64,
    count: u64,
    /// Where its spells stand in the group's octets.
    extra: (usize, usize),
}

/// The rows of one tuple, gathered.
#[derive(Debug, Default)]
pub(crate) struct Group {
    front: Vec<u8>,
    said: Vec<Said>,
    extras: Vec<u8>,
}

impl Group {
    /// Whether a row whose key without its source is `front` is of the same tuple.
    pub(crate) fn is_of(&self, front: &[u8], shared: usize) -> bool {
        self.front.len() == front.len() && (shared >= front.len() || self.front == front)
    }

    /// Begins another tuple, whose key shares so many octets with the row before.
    pub(crate) fn begin(&mut self, front: &[u8], shared: usize) {
        let kept = shared.min(self.front.len()).min(front.len());
        self.front.truncate(kept);
        self.front.extend_from_slice(front.get(kept..).unwrap_or_default());
        self.said.clear();
        self.extras.clear();
    }

    pub(crate) fn add(&mut self, source: SourceId, row: &RawRow<'_>) {
        let Value { first, last, count, extra } = row.value;
        let from = self.extras.len();
        if !extra.is_empty() {
            self.extras.extend_from_slice(extra);
        }
        self.said.push(Said { source, first, last, count, extra: (from, self.extras.len()) });
    }

    /// The tuple, if any source says it and it belongs to the subject.
    pub(crate) fn found<'a>(&'a mut self, subject: &'a Subject) -> Option<Found<'a>> {
        if self.said.is_empty() {
            return None;
        }
        if self.said.len() > 1 {
            self.said.sort_by_key(|said| said.source);
        }
        let found = Found { group: self, subject };
        (!found.is_elsewhere()).then_some(found)
    }
}

/// A tuple that was found, still encoded: what is asked of it is decoded then.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    group: &'a Group,
    subject: &'a Subject,
}

impl<'a> Found<'a> {
    /// Where it stands: the octets of a [`crate::Cursor`] that goes on behind it.
    pub fn place(&self) -> &'a [u8] {
        &self.group.front
    }

    /// The record type.
    pub fn rrtype(&self) -> Option<RecordType> {
        tuple::rrtype(self.place()).map(RecordType)
    }

    /// The tuple; none where its key is damaged.
    pub fn tuple(&self) -> Option<Tuple> {
        match (self.place().first()?, self.subject) {
            (&FORWARD, _) => tuple::split_forward(self.place())?.tuple(),
            (_, Subject::Rdata(rdata)) => tuple::split_inverse(self.place())?.tuple(rdata),
            _ => tuple::split_inverse(self.place())?.tuple(&[]),
        }
    }

    /// Each source that says it, with first, last and count.
    pub fn sightings(&self) -> impl Iterator<Item = (SourceId, Span, u64)> {
        self.group.said.iter().map(|said| {
            let span = Span::at(Time(said.first)).union(Span::at(Time(said.last)));
            (said.source, span, said.count)
        })
    }

    /// The active periods as this source saw them.
    pub fn spells(&self, of: SourceId) -> impl Iterator<Item = Spell> {
        let said = self.group.said.iter().filter(move |said| said.source == of);
        said.filter_map(|said| self.seen(said)).flat_map(|seen| seen.spells)
    }

    pub(crate) fn record(&self) -> Option<Record> {
        let said = self.group.said.iter();
        let sightings: Vec<_> = said.filter_map(|said| Some((said.source, self.seen(said)?))).collect();
        if sightings.is_empty() { None } else { Some(Record { tuple: self.tuple()?, sightings }) }
    }

    fn seen(&self, said: &Said) -> Option<Seen> {
        let &Said { first, last, count, extra: (from, to), .. } = said;
        let extra = self.group.extras.get(from..to)?;
        Some(Value { first, last, count, extra }.decode()?.0.seen())
    }

    /// The owner name as the store encodes it: equal where the names are, and cheap to compare.
    pub fn owner(&self) -> Option<&'a [u8]> {
        match self.place().first()? {
            &FORWARD => self.place().get(1..key::name_end(self.place(), 1)?),
            _ => Some(tuple::split_inverse(self.place())?.name),
        }
    }

    /// Whether it stands under its other name too, and is given there, or has other data than those asked for.
    fn is_elsewhere(&self) -> bool {
        let is_second = || tuple::split_inverse(self.place()).is_none_or(|parts| parts.position == 1);
        match self.subject {
            Subject::Target(name) => is_second() && self.first_target().as_ref() == Some(name),
            Subject::TargetWithin(name) => {
                is_second() && self.first_target().is_some_and(|first| first.is_within(name))
            }
            Subject::Rdata(rdata) => {
                is_second() || self.tuple().is_none_or(|tuple| tuple.rdata.as_octets() != rdata.as_slice())
            }
            _ => false,
        }
    }

    fn first_target(&self) -> Option<Name> {
        let tuple = self.tuple()?;
        let target = tuple::target(tuple.rrtype.0, tuple.rdata.as_octets(), 0)?;
        Name::from_wire(target.wire).ok()
    }
}
