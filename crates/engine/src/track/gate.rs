//! The way into the observation store, past the Tracks.

use std::sync::{Arc, Mutex, PoisonError};

use model::{SuffixList, track::Hit};
use observations::{Appended, Batch, Store};

use super::Watch;
use crate::{error::Error, knowledge::Knowledge};

/// Judges batches one after another and stores them. Whatever writes observations goes through one of these, so that
/// no Track misses a record.
pub struct Gate {
    knowledge: Knowledge,
    suffixes: Arc<SuffixList>,
    watch: Mutex<Watch>,
}

impl Gate {
    /// Over the Tracks of a knowledge base.
    pub fn open(knowledge: Knowledge) -> Result<Gate, Error> {
        let watch = Mutex::new(Watch::open(&knowledge)?);
        Ok(Gate { knowledge, suffixes: SuffixList::bundled(), watch })
    }

    /// Judges a batch, keeps its hits, stores it. Says which hits were not kept before.
    pub fn append(&self, store: &Store, batch: Batch) -> Result<(Appended, Vec<Hit>), Error> {
        // What a panic left behind is memories of judged tuples at worst: a hit is kept before a tuple is remembered.
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.append(store, &self.suffixes, &self.knowledge, batch)
    }

    /// How many Tracks stand.
    pub fn tracks(&self) -> usize {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}
