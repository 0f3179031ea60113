//! From the memory table to segments: sorts its rows, derives those of the other spaces, writes each lane.

use std::{sync::Arc, thread};

use model::SuffixList;

use crate::{
    arena::{Arena, Head, Order},
    block::Value,
    cache::Cache,
    cursor::{Cursor, Skip},
    disk::Disk,
    error::Error,
    key::{ARRIVAL, BATCH, DOMAIN, EMAIL, FORWARD, NETWORK, RAW, REGISTRATION, VALUE},
    segment::Segment,
    table::{Table, moment_of},
    tuple::{self, Forward},
    view::{Range, View, after},
    writer::{self, SegmentWriter, Target},
};

/// Derived rows of one space and their order.
#[derive(Debug, Default)]
struct Run {
    arena: Arena,
    order: Order,
    /// The row pushed last.
    last: Option<u32>,
}

impl Run {
    fn with_capacity(octets: usize) -> Run {
        Run { arena: Arena::with_capacity(octets), ..Run::default() }
    }

    /// Adds a row, or widens the one pushed last where that has this key.
    fn push(&mut self, key: &[u8], head: Head) {
        if self.last.is_some_and(|last| self.arena.key(last) == key) {
            return self.widen(head);
        }
        let place = self.arena.push(&head, key);
        self.order.push(key, place);
        self.last = Some(place);
    }

    /// Widens the row pushed last.
    fn widen(&mut self, head: Head) {
        if let Some(last) = self.last {
            let merged = widest(self.arena.head(last), head);
            self.arena.set_head(last, &merged);
        }
    }

    /// Calls `then` for each key in order, with the widest of what rows say under it.
    fn each(self, mut then: impl FnMut(&[u8], Head) -> Result<(), Error>) -> Result<(), Error> {
        let arena = &self.arena;
        let mut before: Option<(u32, Head)> = None;
        self.order.each(arena, |place| {
            let head = arena.head(place);
            match &mut before {
                Some((at, known)) if arena.key(*at) == arena.key(place) => *known = widest(*known, head),
                _ => {
                    if let Some((at, head)) = before.replace((place, head)) {
                        return then(arena.key(at), head);
                    }
                }
            }
            Ok(())
        })?;
        before.map_or(Ok(()), |(at, head)| then(arena.key(at), head))
    }
}

/// The earlier first and the later last of two.
fn widest(a: Head, b: Head) -> Head {
    Head { first: a.first.min(b.first), last: a.last.max(b.last), ..a }
}

/// What freezing needs beside the table.
#[derive(Clone, Copy)]
pub(crate) struct Freezer<'a> {
    pub(crate) table: &'a Table,
    /// What is in segments already: a domain arrives once.
    pub(crate) older: &'a View,
    pub(crate) disk: &'a Disk,
    pub(crate) suffixes: &'a Arc<SuffixList>,
}

impl Freezer<'_> {
    /// Writes the table as at most one segment a lane, two lanes at a time.
    pub(crate) fn write(&self, targets: [Target; 3]) -> Result<Vec<Segment>, Error> {
        let [forward, inverse, registrations] = targets;
        let (first, second) = thread::scope(|scope| {
            let inverse = scope.spawn(|| self.inverse_lane(inverse));
            let first = self.forward_lane(forward).and_then(|segment| {
                let other = self.registration_lane(registrations)?;
                Ok([segment, other])
            });
            (first, inverse.join())
        });
        let second = second.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(first?.into_iter().chain([second]).flatten().collect())
    }

    fn writer(&self, target: Target) -> Result<SegmentWriter<'_>, Error> {
        SegmentWriter::new(self.disk, self.suffixes.clone(), target)
    }

    /// The order of the table's own rows of a space.
    fn order(&self, space: u8) -> Order {
        let rows = self.table.rows(space);
        let mut order = Order::default();
        order.reserve(rows.len());
        for place in rows {
            order.push(self.table.arena().key(*place), *place);
        }
        order
    }

    /// Writes a row that says what a row of the table says.
    fn push(&self, writer: &mut SegmentWriter<'_>, key: &[u8], head: &Head, extra: &mut Vec<u8>) -> Result<(), Error> {
        extra.clear();
        self.table.put_extra(extra, head);
        let &Head { first, last, count, .. } = head;
        writer.push_raw(key, None, &Value { first, last, count, extra })
    }

    fn write_space(&self, writer: &mut SegmentWriter<'_>, space: u8) -> Result<(), Error> {
        let arena = self.table.arena();
        let mut extra = Vec::new();
        self.order(space).each(arena, |place| self.push(writer, arena.key(place), &arena.head(place), &mut extra))
    }

    /// Addresses of four octets stand in front of all else and are half of the rows: they go first, so that only half of
    /// the keys are in memory at a time.
    fn inverse_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut writer = self.writer(target)?;
        self.write_inverse(&mut writer, |parts| parts.is_v4())?;
        self.write_inverse(&mut writer, |parts| !parts.is_v4())?;
        writer.finish()
    }

    fn write_inverse(&self, writer: &mut SegmentWriter<'_>, of: impl Fn(&Forward<'_>) -> bool) -> Result<(), Error> {
        // Memory taken at once is given back at once.
        let (mut arena, mut order) = (Arena::with_capacity(self.table.arena().size()), Order::default());
        order.reserve(self.table.rows(FORWARD).len());
        let mut scratch = Vec::new();
        for place in self.table.rows(FORWARD) {
            if let Some(parts) = tuple::split_forward(self.table.arena().key(*place)).filter(&of) {
                let head = self.table.arena().head(*place);
                parts.inverse(&mut scratch, |key| order.push(key, arena.push(&head, key)));
            }
        }
        let mut extra = Vec::new();
        order.each(&arena, |place| self.push(writer, arena.key(place), &arena.head(place), &mut extra))
    }

    /// Writes the lane of registrations.
    pub(crate) fn registration_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut writer = self.writer(target)?;
        for space in [REGISTRATION, VALUE, EMAIL, RAW, NETWORK] {
            self.write_space(&mut writer, space)?;
        }
        writer.finish()
    }

    fn forward_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut writer = self.writer(target)?;
        let arena = self.table.arena();
        let (mut names, mut domains) = (Run::with_capacity(arena.size()), Run::with_capacity(arena.size()));
        let (mut scratch, mut extra) = (Vec::new(), Vec::new());
        let (mut name, mut source): (&[u8], &[u8]) = (&[], &[]);
        let mut domain = None;
        self.order(FORWARD).each(arena, |place| {
            let (key, head) = (arena.key(place), arena.head(place));
            if let Some(parts) = tuple::split_forward(key) {
                let is_new = parts.name != name;
                if is_new {
                    name = parts.name;
                    domain = writer::registrable(self.suffixes, name);
                }
                let end = period_end(head.last);
                if is_new || parts.source != source {
                    source = parts.source;
                    scratch.clear();
                    parts.put_name(&mut scratch);
                    names.push(&scratch, Head { first: end, last: end, ..Head::default() });
                } else {
                    names.widen(Head { first: end, last: end, ..Head::default() });
                }
                if let Some(domain) = domain {
                    scratch.clear();
                    [&[DOMAIN], domain, &[0], parts.source].iter().for_each(|part| scratch.extend_from_slice(part));
                    let hour = moment_of(head.hour);
                    domains.push(&scratch, Head { first: hour, last: hour, ..Head::default() });
                }
            }
            self.push(&mut writer, key, &head, &mut extra)
        })?;
        names.each(|key, head| writer.push_raw(key, None, &moment(head.last)))?;
        self.write_domains(&mut writer, domains)?;
        self.write_space(&mut writer, BATCH)?;
        writer.finish()
    }

    /// Registrable domains with the hour in which they arrived first, and the arrivals of those that are new.
    fn write_domains(&self, writer: &mut SegmentWriter<'_>, domains: Run) -> Result<(), Error> {
        let mut arrivals = Run::default();
        let mut known = Known::new(self.older);
        domains.each(|key, head| {
            if known.is_first(key, head.first) {
                arrivals.push(&arrival_key(key, head.first), Head::default());
            }
            writer.push_raw(key, None, &moment(head.first))
        })?;
        arrivals.each(|key, _| writer.push_raw(key, None, &moment(0)))
    }
}

/// A single moment of no particular count.
fn moment(at: i64) -> Value<'static> {
    Value { first: at, last: at, count: 0, extra: &[] }
}

/// Domains in segments. What cannot be read counts as not known: whoever reads an arrival asks again.
struct Known {
    cursors: Vec<Cursor>,
    cache: Arc<Cache>,
}

impl Known {
    /// The largest segments first: most domains are there.
    fn new(view: &View) -> Known {
        let mut cursors = view.cursors(&Range::prefix(&[DOMAIN]), &Skip::nothing(), None).unwrap_or_default();
        cursors.sort_by_key(|cursor| std::cmp::Reverse(cursor.segment().length));
        Known { cursors, cache: view.cache.clone() }
    }

    /// Whether no segment knows this domain from that hour or before; domains come in order.
    fn is_first(&mut self, key: &[u8], hour: i64) -> bool {
        let Some(hash) = writer::asked_hash(key) else { return true };
        let end = after(key);
        !self.cursors.iter_mut().any(|cursor| {
            if !cursor.segment().may_hold((key, &end), hash, &self.cache) {
                return false;
            }
            let sought = cursor.key.as_slice() >= key || cursor.seek(key).is_ok();
            sought && cursor.is_valid() && cursor.key == key && cursor.value().is_some_and(|value| value.first <= hour)
        })
    }
}

/// The key of an arrival, from the key of its domain.
fn arrival_key(domain: &[u8], hour: i64) -> Vec<u8> {
    [&[ARRIVAL], &arrival_hour(hour)[..], domain.get(1..).unwrap_or_default()].concat()
}

/// An hour so that it sorts.
pub(crate) fn arrival_hour(hour: i64) -> [u8; 8] {
    (hour as u64 ^ 1 << 63).to_be_bytes()
}

/// The end of the period of 2^22 seconds (48 days) in which a moment stands, so that no age limit cuts a name early.
/// Names need to know no more, and equal numbers compress to nothing.
fn period_end(moment: i64) -> i64 {
    (moment >> 22).saturating_add(1).saturating_mul(1 << 22)
}
