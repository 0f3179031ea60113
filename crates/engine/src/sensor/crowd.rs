//! Zones with very many names: tunnels and other uses of DNS as a channel make a name for every message.
//!
//! A zone (a registrable domain) that brings more than so many new names within an hour becomes a *crowd*: from then
//! on names below it are counted and not stored, until somebody releases it. It stays visible with its figures: that a
//! zone is one is a finding. New is a name that this sensor has not seen, as far as its memory reaches.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::fast::RandomState;
use hashbrown::{HashMap, HashSet};
use model::{Name, Time};
use serde::{Deserialize, Serialize};
use std::hash::BuildHasher;

/// How many new names an hour make a zone a crowd, where nothing else is said.
pub const NAMES_AN_HOUR: u32 = 5_000;
/// How many names are remembered as seen.
const NAMES_MAX: usize = 4_000_000;
/// How many crowds there may be.
const CROWDS_MAX: usize = 100_000;

/// Which zones are crowds.
#[derive(Debug)]
pub struct Crowds {
    limit: u32,
    hour: i64,
    hasher: RandomState,
    seen: HashSet<u64, RandomState>,
    new_names: HashMap<u64, u32, RandomState>,
    counted: BTreeMap<Name, Crowd>,
    released: BTreeSet<Name>,
}

/// The figures of a zone that is a crowd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crowd {
    /// When it became one.
    pub since: Time,
    /// When a name below it was last seen.
    pub last: Time,
    /// How many new names an hour made it one.
    pub names: u32,
    /// How many answers were counted and not stored.
    pub answers: u64,
}

impl Crowds {
    /// So many new names an hour are too many; 0 for no limit.
    pub fn new(limit: u32) -> Crowds {
        Crowds {
            limit,
            hour: i64::MIN,
            hasher: RandomState::default(),
            seen: HashSet::default(),
            new_names: HashMap::default(),
            counted: BTreeMap::new(),
            released: BTreeSet::new(),
        }
    }

    /// Goes on with the crowds of a run before.
    pub fn resume(&mut self, crowds: impl IntoIterator<Item = (Name, Crowd)>) {
        self.counted.extend(crowds.into_iter().take(CROWDS_MAX));
    }

    /// These zones are no crowds, however many names they have; those that were released before and are not among
    /// them may become crowds again.
    pub fn release(&mut self, zones: BTreeSet<Name>) {
        self.counted.retain(|zone, _| !zones.contains(zone));
        self.released = zones;
    }

    /// The crowds, by zone.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Crowd)> {
        self.counted.iter()
    }

    /// Whether an answer about a name of this zone is to be stored.
    pub(super) fn admit(&mut self, name: &Name, zone: &Name, at: Time, answers: u64) -> bool {
        if name == zone || self.limit == 0 {
            return true;
        }
        if let Some(crowd) = self.counted.get_mut(zone) {
            crowd.last = crowd.last.max(at);
            crowd.answers = crowd.answers.saturating_add(answers);
            return false;
        }
        let Some(names) = self.note(name, zone, at).filter(|names| *names > self.limit) else { return true };
        if self.counted.len() >= CROWDS_MAX || self.released.contains(zone) {
            return true;
        }
        self.counted.insert(zone.clone(), Crowd { since: at, last: at, names, answers });
        false
    }

    /// How many new names the zone had in this hour, where this is one.
    fn note(&mut self, name: &Name, zone: &Name, at: Time) -> Option<u32> {
        let hour = at.0.div_euclid(3600);
        if hour > self.hour {
            self.hour = hour;
            self.new_names.clear();
        }
        if self.seen.len() >= NAMES_MAX {
            self.seen.clear();
        }
        if !self.seen.insert(self.hasher.hash_one(name.as_wire())) {
            return None;
        }
        let names = self.new_names.entry(self.hasher.hash_one(zone.as_wire())).or_default();
        *names = names.saturating_add(1);
        Some(*names)
    }
}
