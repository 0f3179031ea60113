//! Decompressed blocks, as many as fit in a bound.
//!
//! Two generations: blocks enter the young one; when it holds half the bound it becomes the old one and what was old
//! goes. A block found in the old generation becomes young again.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use hashbrown::HashMap;

use crate::block::Block;

const SHARDS: usize = 16;

/// A segment's number in this process, and which of its blocks.
pub(crate) type BlockId = (u64, u32);

/// A bounded cache, shared by all readers of a store.
#[derive(Debug)]
pub(crate) struct Cache {
    shards: Vec<Mutex<Shard>>,
    bound: usize,
}

#[derive(Debug, Default)]
struct Shard {
    young: HashMap<BlockId, Arc<Block>>,
    old: HashMap<BlockId, Arc<Block>>,
    octets: usize,
}

impl Cache {
    pub(crate) fn new(octets: usize) -> Cache {
        Cache { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), bound: octets / SHARDS / 2 }
    }

    pub(crate) fn get(&self, id: BlockId) -> Option<Arc<Block>> {
        let mut shard = self.shard(id);
        if let Some(block) = shard.young.get(&id) {
            return Some(block.clone());
        }
        let block = shard.old.remove(&id)?;
        shard.insert(id, block.clone(), self.bound);
        Some(block)
    }

    pub(crate) fn put(&self, id: BlockId, block: Arc<Block>) {
        self.shard(id).insert(id, block, self.bound);
    }

    fn shard(&self, id: BlockId) -> std::sync::MutexGuard<'_, Shard> {
        let at = (id.0.wrapping_mul(31).wrapping_add(id.1.into())) as usize % SHARDS;
        // A cache is whole after every step, so a panic elsewhere does not spoil it.
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    fn insert(&mut self, id: BlockId, block: Arc<Block>, bound: usize) {
        self.octets += block.size();
        self.young.insert(id, block);
        if self.octets > bound {
            self.old = mem::take(&mut self.young);
            self.octets = 0;
        }
    }
}
