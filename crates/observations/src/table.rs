//! The memory table: rows as they come, merged on insertion, unsorted.
//!
//! Rows lie end to end in one arena; a hash table finds them. A repeat of a tuple costs one look-up and no memory.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry as Slot};
use model::{Counting, Spell};

use crate::{
    arena::{Arena, Head},
    block::put_extra,
    cursor::merge_values,
    key::{FORWARD, SPACES},
    sighting::Sighting,
};

/// Seconds in an hour.
const HOUR: i64 = 3600;

/// Of [`Head::more`]: the row's only spell is a reported one.
const REPORTED: u32 = 1 << 31;

/// What few rows have.
#[derive(Debug, Default)]
struct More {
    spells: Option<Box<[Spell]>>,
    payload: Vec<u8>,
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    arena: Arena,
    /// Half of the hash of a row's key, and its place.
    slots: HashTable<(u32, u32)>,
    more: Vec<More>,
    payload_octets: usize,
    /// The places of each space's rows.
    rows: [Vec<u32>; SPACES],
}

/// What is inserted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewRow<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u64,
    pub(crate) payload: &'a [u8],
}

/// The full hours since 1970 of a moment.
fn hours(moment: i64) -> i32 {
    moment.div_euclid(HOUR).clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// The half of a key's hash that is kept.
fn half_of(key: &[u8]) -> u32 {
    FixedState::default().hash_one(key) as u32
}

/// A hash for the slots, from the half that is kept.
fn spread(half: u32) -> u64 {
    u64::from(half).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// The moment at which an hour begins.
pub(crate) fn moment_of(hour: i32) -> i64 {
    i64::from(hour) * HOUR
}

/// Where in the list of what few rows have a row's own stands.
fn place_of(head: &Head) -> Option<usize> {
    ((head.more & !REPORTED) as usize).checked_sub(1)
}

fn is_reported(head: &Head) -> bool {
    head.more & REPORTED != 0
}

/// Keeps what a row has beside its head, if anything, in its place.
fn put_more(list: &mut Vec<More>, head: &mut Head, more: More, reported: bool) {
    match place_of(head).and_then(|at| list.get_mut(at)) {
        Some(place) => *place = more,
        None if more.spells.is_some() || !more.payload.is_empty() => {
            list.push(more);
            head.more = list.len() as u32;
        }
        None => {}
    }
    head.more = head.more & !REPORTED | if reported { REPORTED } else { 0 };
}

impl Table {
    /// Brings what is known of these rows to the processor, all at once.
    pub(crate) fn warm(&self, rows: &[NewRow<'_>]) {
        let places = rows.iter().map(|row| {
            let half = half_of(row.key);
            self.slots.find(spread(half), |(other, _)| *other == half).map_or(0, |(_, place)| *place)
        });
        self.arena.warm(places);
    }

    /// Inserts a row or merges it into the one that is there.
    pub(crate) fn insert(&mut self, row: &NewRow<'_>, hour: i64, counting: Counting, gap: i64) {
        let sighting = Sighting::new(row.first, row.last, row.count, gap);
        self.insert_sighting(row.key, sighting, row.payload, hour, (counting, gap));
    }

    /// The same for a row that may have several spells.
    pub(crate) fn insert_sighting(
        &mut self,
        key: &[u8],
        sighting: Sighting,
        payload: &[u8],
        hour: i64,
        rule: (Counting, i64),
    ) {
        let half = half_of(key);
        let arena = &self.arena;
        let is_same = |(other, place): &(u32, u32)| *other == half && arena.key(*place) == key;
        match self.slots.entry(spread(half), is_same, |(half, _)| spread(*half)) {
            Slot::Occupied(slot) => {
                let (_, place) = *slot.get();
                self.merge(place, key, (sighting, payload), hours(hour), rule);
            }
            Slot::Vacant(slot) => {
                let Sighting { first, last, count, reported, spells } = sighting;
                let mut head = Head { first, last, count, hour: hours(hour), more: 0 };
                let more = More { spells, payload: payload.to_vec() };
                self.payload_octets += payload.len();
                put_more(&mut self.more, &mut head, more, reported);
                let place = self.arena.push(&head, key);
                slot.insert((half, place));
                if let Some(rows) = key.first().and_then(|space| self.rows.get_mut(usize::from(*space))) {
                    rows.push(place);
                }
            }
        }
    }

    fn merge(
        &mut self,
        place: u32,
        key: &[u8],
        (other, payload): (Sighting, &[u8]),
        hour: i32,
        (counting, gap): (Counting, i64),
    ) {
        let mut head = self.arena.head(place);
        head.hour = head.hour.min(hour);
        let mut taken = place_of(&head).and_then(|at| self.more.get_mut(at)).map(std::mem::take).unwrap_or_default();
        let Head { first, last, count, .. } = head;
        let mut own = Sighting { first, last, count, reported: is_reported(&head), spells: taken.spells.take() };
        let space = key.first().copied().unwrap_or(FORWARD);
        merge_values(space, counting, gap, (&mut own, &mut taken.payload), (&other, payload));
        (head.first, head.last, head.count) = (own.first, own.last, own.count);
        put_more(&mut self.more, &mut head, More { spells: own.spells, payload: taken.payload }, own.reported);
        self.arena.set_head(place, &head);
    }

    /// All rows.
    pub(crate) fn arena(&self) -> &Arena {
        &self.arena
    }

    /// Spells and payload of a row, as blocks hold them, appended to `out`.
    pub(crate) fn put_extra(&self, out: &mut Vec<u8>, head: &Head) {
        let &Head { first, last, count, .. } = head;
        let more = place_of(head).and_then(|at| self.more.get(at));
        let spells = more.and_then(|more| more.spells.clone());
        let sighting = Sighting { first, last, count, reported: is_reported(head), spells };
        put_extra(out, &sighting, more.map_or(&[], |more| &more.payload));
    }

    /// The places of a space's rows, as they came.
    pub(crate) fn rows(&self, space: u8) -> &[u32] {
        &self.rows[usize::from(space)]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// About how much memory it takes, with a part of what writing it takes.
    pub(crate) fn size(&self) -> usize {
        self.arena.size() + self.slots.len() * 80 + self.more.len() * size_of::<More>() + self.payload_octets
    }
}
