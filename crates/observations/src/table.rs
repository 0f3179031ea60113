//! The memory table: rows as they come, merged on insertion, unsorted.
//!
//! Keys lie end to end in one arena; a hash table finds them. A repeat of a tuple costs one look-up and no memory.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use hashbrown::{HashTable, hash_table::Entry as Slot};
use model::Counting;

use crate::{cursor::merge_values, key::SPACES, sighting::Sighting};

/// Seconds in an hour.
const HOUR: i64 = 3600;

/// One row.
#[derive(Debug)]
pub(crate) struct Entry {
    hash: u64,
    /// Where its key begins in the arena.
    pub(crate) at: u32,
    length: u32,
    /// The earliest hour in which it arrived, counted from 1970.
    hour: i32,
    /// Which payload it has, counted from 1; none where zero.
    payload: u32,
    pub(crate) sighting: Sighting,
}

impl Entry {
    /// The earliest full hour in which it arrived.
    pub(crate) fn hour(&self) -> i64 {
        i64::from(self.hour) * HOUR
    }
}

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Table {
    arena: Vec<u8>,
    slots: HashTable<u32>,
    pub(crate) entries: Vec<Entry>,
    payloads: Vec<Vec<u8>>,
    /// Octets of payloads.
    payload_octets: usize,
    /// The rows of each space.
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

impl Table {
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
        (counting, gap): (Counting, i64),
    ) {
        let hash = FixedState::default().hash_one(key);
        let hour = hour.div_euclid(HOUR).clamp(i32::MIN.into(), i32::MAX.into()) as i32;
        let (arena, entries) = (&self.arena, &self.entries);
        let is_same = |at: &u32| {
            let entry = &entries[*at as usize];
            entry.hash == hash && key_of(arena, entry) == key
        };
        match self.slots.entry(hash, is_same, |at| entries[*at as usize].hash) {
            Slot::Occupied(slot) => {
                let entry = &mut self.entries[*slot.get() as usize];
                entry.hour = entry.hour.min(hour);
                let space = key.first().copied().unwrap_or(0);
                let mut none = Vec::new();
                let at = (entry.payload as usize).checked_sub(1);
                let own = at.and_then(|at| self.payloads.get_mut(at)).unwrap_or(&mut none);
                merge_values(space, counting, gap, (&mut entry.sighting, own), (&sighting, payload));
            }
            Slot::Vacant(slot) => {
                let row = self.entries.len() as u32;
                slot.insert(row);
                if let Some(rows) = key.first().and_then(|space| self.rows.get_mut(usize::from(*space))) {
                    rows.push(row);
                }
                let mut place = 0;
                if !payload.is_empty() {
                    self.payloads.push(payload.to_vec());
                    self.payload_octets += payload.len();
                    place = self.payloads.len() as u32;
                }
                let (at, length) = (self.arena.len() as u32, key.len() as u32);
                self.arena.extend_from_slice(key);
                self.entries.push(Entry { hash, at, length, hour, payload: place, sighting });
            }
        }
    }

    pub(crate) fn key(&self, entry: &Entry) -> &[u8] {
        key_of(&self.arena, entry)
    }

    /// All keys, end to end.
    pub(crate) fn arena(&self) -> &[u8] {
        &self.arena
    }

    pub(crate) fn payload(&self, entry: &Entry) -> &[u8] {
        let at = (entry.payload as usize).checked_sub(1);
        at.and_then(|at| self.payloads.get(at)).map_or(&[], Vec::as_slice)
    }

    /// The rows of a space, as they came.
    pub(crate) fn rows(&self, space: u8) -> impl Iterator<Item = (u32, &Entry)> {
        self.rows[usize::from(space)].iter().map(|row| (*row, &self.entries[*row as usize]))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// About how much memory it takes, once sorted for writing.
    pub(crate) fn size(&self) -> usize {
        2 * self.arena.len() + self.entries.len() * (size_of::<Entry>() + 80) + self.payload_octets
    }
}

fn key_of<'a>(arena: &'a [u8], entry: &Entry) -> &'a [u8] {
    &arena[entry.at as usize..][..entry.length as usize]
}
