//! Which queries stand under an equal term: a table of hashes, with a filter in front that fits into a processor's
//! cache, so that the many texts of a record that nobody asked for cost next to nothing.

use std::{
    hash::{BuildHasher, Hasher},
    net::IpAddr,
};

use foldhash::fast::FixedState;
use hashbrown::HashTable;
use model::{Prefix, track::Place};

/// Bits of the filter for each query, at the least.
const FILTER_BITS: usize = 16;
/// Any number; a fixed one, so that the same records always take the same way.
const SEED: u64 = 0x5900_725e_7acc_0001;

/// What is hashed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Probe<'a> {
    /// A whole text at a place.
    Equal(Place, &'a str),
    /// A name at a place, or one above it.
    Within(Place, &'a str),
    /// The prefix of this length that holds an address.
    Address(Prefix),
}

impl Probe<'_> {
    pub(super) fn hash(self) -> u64 {
        let mut hasher = FixedState::with_seed(SEED).build_hasher();
        match self {
            Probe::Equal(place, text) => {
                hasher.write_u8(place as u8);
                hasher.write(text.as_bytes());
            }
            Probe::Within(place, text) => {
                hasher.write_u8(place as u8 | 0x80);
                hasher.write(text.as_bytes());
            }
            Probe::Address(prefix) => {
                hasher.write_u8(0xfe);
                hasher.write_u8(prefix.length());
                match prefix.first() {
                    IpAddr::V4(v4) => hasher.write_u32(v4.to_bits()),
                    IpAddr::V6(v6) => hasher.write_u128(v6.to_bits()),
                }
            }
        }
        hasher.finish()
    }
}

/// A hash and the number of a query, without the padding that a `u64` would bring.
#[derive(Clone, Copy, Debug)]
struct Posting {
    hash: [u32; 2],
    slot: u32,
}

impl Posting {
    fn hash(&self) -> u64 {
        u64::from(self.hash[0]) << 32 | u64::from(self.hash[1])
    }
}

/// Numbers of queries by the hashes of their terms.
#[derive(Debug, Default)]
pub(super) struct Postings {
    table: HashTable<Posting>,
    filter: Vec<u64>,
}

impl Postings {
    pub(super) fn add(&mut self, hash: u64, slot: u32) {
        let posting = Posting { hash: [(hash >> 32) as u32, hash as u32], slot };
        self.table.insert_unique(hash, posting, Posting::hash);
        if self.filter.len() * 64 < self.table.len() * FILTER_BITS {
            self.widen();
        } else {
            set(&mut self.filter, hash);
        }
    }

    pub(super) fn remove(&mut self, hash: u64, slot: u32) {
        // Its bit stays until the filter is made anew: it costs a look into the table, no more.
        if let Ok(entry) = self.table.find_entry(hash, |posting| posting.slot == slot && posting.hash() == hash) {
            entry.remove();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Whether a query may stand under this hash.
    pub(super) fn may_hold(&self, hash: u64) -> bool {
        let place = place(self.filter.len(), hash);
        self.filter.get(place).is_some_and(|word| word >> (hash & 63) & 1 == 1)
    }

    /// The queries under this hash.
    pub(super) fn of(&self, hash: u64) -> impl Iterator<Item = u32> {
        let equal = self.table.iter_hash(hash).filter(move |posting| posting.hash() == hash);
        equal.map(|posting| posting.slot)
    }

    fn widen(&mut self) {
        let words = (self.table.len() * FILTER_BITS * 2).div_ceil(64).next_power_of_two().max(16);
        let mut filter = vec![0; words];
        self.table.iter().for_each(|posting| set(&mut filter, posting.hash()));
        self.filter = filter;
    }
}

/// The word of a hash. The lowest bits choose the bit in it, the highest stand in the table's own tags.
fn place(words: usize, hash: u64) -> usize {
    (hash >> 6) as usize & words.wrapping_sub(1)
}

fn set(filter: &mut [u64], hash: u64) {
    let at = place(filter.len(), hash);
    if let Some(word) = filter.get_mut(at) {
        *word |= 1 << (hash & 63);
    }
}
