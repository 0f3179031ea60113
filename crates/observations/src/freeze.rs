//! From the memory table to segments: sorts its rows, derives those of the other spaces, writes each lane.

use std::{borrow::Cow, sync::Arc, thread};

use model::SuffixList;

use crate::{
    cursor::{Merge, Skip},
    disk::Disk,
    error::Error,
    key::{ARRIVAL, BATCH, DOMAIN, EMAIL, FORWARD, INVERSE, NAME, RAW, REGISTRATION, VALUE},
    segment::Segment,
    sighting::Sighting,
    table::Table,
    tuple,
    view::{Range, View},
    writer::{self, SegmentWriter, Target},
};

/// A key and the number of its row, with the beginning of the key at hand for sorting.
#[derive(Clone, Copy, Debug)]
struct Item {
    front: u128,
    at: u32,
    length: u32,
    row: u32,
}

/// Keys of one space, end to end, and their order.
#[derive(Debug, Default)]
struct Run<'a> {
    arena: Cow<'a, [u8]>,
    items: Vec<Item>,
}

impl Item {
    fn new(key: &[u8], at: u32, row: u32) -> Item {
        let mut front = [0; 16];
        let from = key.get(1..).unwrap_or_default();
        let count = from.len().min(16);
        front[..count].copy_from_slice(&from[..count]);
        Item { front: u128::from_be_bytes(front), at, length: key.len() as u32, row }
    }
}

impl Run<'_> {
    fn push(&mut self, key: &[u8], row: u32) {
        let arena = self.arena.to_mut();
        self.items.push(Item::new(key, arena.len() as u32, row));
        arena.extend_from_slice(key);
    }

    fn key(&self, item: &Item) -> &[u8] {
        &self.arena[item.at as usize..][..item.length as usize]
    }

    fn sort(&mut self) {
        let arena = &self.arena;
        let key = |item: &Item| &arena[item.at as usize..][..item.length as usize];
        self.items.sort_unstable_by(|a, b| a.front.cmp(&b.front).then_with(|| key(a).cmp(key(b))));
    }

    /// Keys in order with the numbers of all rows under each.
    fn groups(&self) -> impl Iterator<Item = (&[u8], impl Iterator<Item = usize>)> {
        let same = |a: &Item, b: &Item| a.front == b.front && self.key(a) == self.key(b);
        self.items.chunk_by(same).map(|group| (self.key(&group[0]), group.iter().map(|item| item.row as usize)))
    }
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

    /// The table's own rows of a space, sorted; their keys stay where they are.
    fn run(&self, space: u8) -> Run<'_> {
        let items =
            self.table.rows(space).map(|(row, entry)| Item::new(self.table.key(entry), entry.at, row)).collect();
        let mut run = Run { arena: Cow::Borrowed(self.table.arena()), items };
        run.sort();
        run
    }

    fn write_run(&self, writer: &mut SegmentWriter<'_>, run: &Run<'_>) -> Result<(), Error> {
        for item in &run.items {
            let entry = &self.table.entries[item.row as usize];
            writer.push(run.key(item), &entry.sighting, self.table.payload(entry))?;
        }
        Ok(())
    }

    fn inverse_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut run = Run::default();
        let mut scratch = Vec::new();
        for (row, entry) in self.table.rows(FORWARD) {
            if let Some(parts) = tuple::split_forward(self.table.key(entry)) {
                parts.inverse(&mut scratch, |key| run.push(key, row));
            }
        }
        run.sort();
        debug_assert!(run.items.iter().all(|item| run.key(item).first() == Some(&INVERSE)));
        let mut writer = self.writer(target)?;
        self.write_run(&mut writer, &run)?;
        writer.finish()
    }

    /// Writes the lane of registrations.
    pub(crate) fn registration_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut writer = self.writer(target)?;
        for space in [REGISTRATION, VALUE, EMAIL, RAW] {
            self.write_run(&mut writer, &self.run(space))?;
        }
        writer.finish()
    }

    fn forward_lane(&self, target: Target) -> Result<Option<Segment>, Error> {
        let mut writer = self.writer(target)?;
        let forward = self.run(FORWARD);
        self.write_run(&mut writer, &forward)?;
        self.write_names(&mut writer, &forward)?;
        self.write_domains(&mut writer, &forward)?;
        self.write_run(&mut writer, &self.run(BATCH))?;
        writer.finish()
    }

    /// Owner names with labels from the left, each with about when a source saw it last.
    fn write_names(&self, writer: &mut SegmentWriter<'_>, forward: &Run<'_>) -> Result<(), Error> {
        let mut run = Run::default();
        let mut ends: Vec<i64> = Vec::new();
        let mut scratch = Vec::new();
        let mut before: Option<(&[u8], &[u8])> = None;
        for item in &forward.items {
            let Some(parts) = tuple::split_forward(forward.key(item)) else { continue };
            let end = period_end(self.table.entries[item.row as usize].sighting.last);
            match ends.last_mut() {
                Some(last) if before == Some((parts.name, parts.source)) => *last = end.max(*last),
                _ => {
                    scratch.clear();
                    parts.put_name(&mut scratch);
                    run.push(&scratch, ends.len() as u32);
                    ends.push(end);
                }
            }
            before = Some((parts.name, parts.source));
        }
        run.sort();
        for (key, rows) in run.groups() {
            debug_assert_eq!(key.first(), Some(&NAME));
            let last = rows.map(|row| ends[row]).max().unwrap_or(0);
            writer.push(key, &Sighting::moment(last, 0), &[])?;
        }
        Ok(())
    }

    /// Registrable domains with the hour in which they arrived first, and the arrivals of those that are new.
    fn write_domains(&self, writer: &mut SegmentWriter<'_>, forward: &Run<'_>) -> Result<(), Error> {
        let (run, hours) = self.domains(forward);
        let mut arrivals = Run::default();
        let mut older = self.older.scan(&Range::prefix(&[DOMAIN]), &Skip::nothing()).ok();
        let mut known: Option<(Vec<u8>, i64)> = None;
        for (key, rows) in run.groups() {
            let hour = rows.map(|row| hours[row]).min().unwrap_or(0);
            writer.push(key, &Sighting::moment(hour, 0), &[])?;
            if is_first(&mut older, &mut known, key, hour) {
                arrivals.push(&arrival_key(key, hour), 0);
            }
        }
        arrivals.sort();
        for item in &arrivals.items {
            writer.push(arrivals.key(item), &Sighting::moment(0, 0), &[])?;
        }
        Ok(())
    }

    /// Keys of registrable domains, with the hour of each row.
    fn domains(&self, forward: &Run<'_>) -> (Run<'static>, Vec<i64>) {
        let mut run = Run::default();
        let mut hours: Vec<i64> = Vec::new();
        let mut name: &[u8] = &[];
        let mut domain = None;
        let mut before: Option<(&[u8], &[u8])> = None;
        for item in &forward.items {
            let Some(parts) = tuple::split_forward(forward.key(item)) else { continue };
            let hour = self.table.entries[item.row as usize].hour();
            if parts.name != name {
                name = parts.name;
                domain = writer::registrable(self.suffixes, name);
            }
            let Some(domain) = domain else { continue };
            match hours.last_mut() {
                Some(last) if before == Some((domain, parts.source)) => *last = hour.min(*last),
                _ => {
                    run.push(&[&[DOMAIN], domain, &[0], parts.source].concat(), hours.len() as u32);
                    hours.push(hour);
                }
            }
            before = Some((domain, parts.source));
        }
        run.sort();
        (run, hours)
    }
}

/// Whether no segment knows this domain from that hour or before; domains come in order. What cannot be read counts as
/// not known: whoever reads an arrival asks again.
fn is_first(older: &mut Option<Merge>, known: &mut Option<(Vec<u8>, i64)>, key: &[u8], hour: i64) -> bool {
    if let Some(merge) = older
        && known.as_ref().is_none_or(|(at, _)| at.as_slice() < key)
    {
        match merge.seek(key).and_then(|()| Ok(merge.next()?.map(|row| (row.key.clone(), row.sighting.first)))) {
            Ok(found) => *known = found,
            Err(_) => (*older, *known) = (None, None),
        }
    }
    known.as_ref().is_none_or(|(at, since)| at != key || *since > hour)
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
