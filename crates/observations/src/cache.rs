//! Decompressed blocks, and what sections of segments know of theirs: as many of each as fit in a bound.
//!
//! Two generations: blocks enter the young one; when it holds half the bound it becomes the old one and what was old
//! goes. A block found in the old generation becomes young again.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use hashbrown::HashMap;

use crate::{block::Block, section::Section};

const SHARDS: usize = 16;

/// A segment's number in this process, and which of its blocks or sections.
pub(crate) type Id = (u64, u32);

/// What is kept for all readers of a store.
#[derive(Debug)]
pub(crate) struct Cache {
    pub(crate) blocks: Bounded<Block>,
    pub(crate) sections: Bounded<Section>,
}

impl Cache {
    /// Keeps blocks and sections in so many octets each.
    pub(crate) fn new(blocks: usize, sections: usize) -> Cache {
        Cache { blocks: Bounded::new(blocks), sections: Bounded::new(sections) }
    }
}

/// Things of one kind within a bound.
#[derive(Debug)]
pub(crate) struct Bounded<T> {
    shards: Vec<Mutex<Shard<T>>>,
    bound: usize,
}

#[derive(Debug)]
struct Shard<T> {
    young: HashMap<Id, Kept<T>>,
    old: HashMap<Id, Kept<T>>,
    octets: usize,
}

/// A thing and how much memory it takes.
type Kept<T> = (Arc<T>, usize);

impl<T> Bounded<T> {
    fn new(octets: usize) -> Bounded<T> {
        let shard = || Mutex::new(Shard { young: HashMap::new(), old: HashMap::new(), octets: 0 });
        Bounded { shards: (0..SHARDS).map(|_| shard()).collect(), bound: octets / SHARDS / 2 }
    }

    pub(crate) fn get(&self, id: Id) -> Option<Arc<T>> {
        let mut shard = self.shard(id);
        if let Some((thing, _)) = shard.young.get(&id) {
            return Some(thing.clone());
        }
        let (thing, octets) = shard.old.remove(&id)?;
        shard.insert(id, (thing.clone(), octets), self.bound);
        Some(thing)
    }

    pub(crate) fn put(&self, id: Id, thing: Arc<T>, octets: usize) {
        self.shard(id).insert(id, (thing, octets), self.bound);
    }

    fn shard(&self, id: Id) -> std::sync::MutexGuard<'_, Shard<T>> {
        let at = (id.0.wrapping_mul(31).wrapping_add(id.1.into())) as usize % SHARDS;
        // A cache is whole after every step, so a panic elsewhere does not spoil it.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Shard<T> {
    fn insert(&mut self, id: Id, kept: Kept<T>, bound: usize) {
        self.octets += kept.1;
        self.young.insert(id, kept);
        if self.octets > bound {
            self.old = mem::take(&mut self.young);
            self.octets = 0;
        }
    }
}
