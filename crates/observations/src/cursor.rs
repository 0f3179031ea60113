//! Walking over rows: a cursor over one segment, and the merge of several.
#![deny(clippy::indexing_slicing)]

use std::{cmp::Ordering, sync::Arc};

use model::{Counting, SourceId};

use crate::{
    block::{Block, Place},
    cache::Cache,
    error::Error,
    key,
    segment::Segment,
    sighting::Sighting,
    view::Catalog,
};

/// What of a segment is to be passed over without looking at rows.
#[derive(Clone, Debug)]
pub(crate) struct Skip {
    /// Blocks without any of these record types; all are wanted where zero.
    pub(crate) types: u64,
    /// Blocks without any of these sources.
    pub(crate) sources: u64,
    /// Blocks wholly outside this (first at or before, last at or after); only sound where a range stands in one
    /// segment, since rows merge.
    pub(crate) times: Option<(i64, i64)>,
}

impl Skip {
    /// Nothing is passed over.
    pub(crate) fn nothing() -> Skip {
        Skip { types: 0, sources: u64::MAX, times: None }
    }
}

/// Walks over a range of one segment.
#[derive(Debug)]
pub(crate) struct Cursor {
    segment: Arc<Segment>,
    cache: Option<Arc<Cache>>,
    skip: Skip,
    /// Sources whose rows in this segment were dropped.
    hidden: Vec<SourceId>,
    end: Vec<u8>,
    next_block: usize,
    block: Option<(Arc<Block>, Place)>,
    pub(crate) key: Vec<u8>,
    pub(crate) damaged: usize,
}

impl Cursor {
    /// A cursor before the first key not below `start`; it ends before `end`.
    pub(crate) fn new(
        segment: Arc<Segment>,
        cache: Option<Arc<Cache>>,
        skip: Skip,
        hidden: Vec<SourceId>,
        range: (&[u8], &[u8]),
    ) -> Result<Cursor, Error> {
        let end = range.1.to_vec();
        let mut cursor =
            Cursor { segment, cache, skip, hidden, end, next_block: 0, block: None, key: Vec::new(), damaged: 0 };
        cursor.seek(range.0)?;
        Ok(cursor)
    }

    /// Whether it stands on a row.
    pub(crate) fn is_valid(&self) -> bool {
        self.block.is_some()
    }

    /// Goes to the first row not below `target`.
    pub(crate) fn seek(&mut self, target: &[u8]) -> Result<(), Error> {
        self.block = None;
        self.next_block = self.segment.fences.partition_point(|fence| &*fence.last_key < target);
        if let Some(block) = self.load()? {
            match block.seek(target, &mut self.key) {
                Some(Some(place)) => self.block = Some((block, place)),
                Some(None) => self.enter()?,
                None => {
                    self.damaged += 1;
                    self.enter()?;
                }
            }
        }
        self.settle()
    }

    /// Goes to the next row.
    pub(crate) fn step(&mut self) -> Result<(), Error> {
        self.step_raw()?;
        self.settle()
    }

    fn step_raw(&mut self) -> Result<(), Error> {
        let Some((block, place)) = &mut self.block else { return Ok(()) };
        if place.row + 1 < block.rows() {
            if block.step(place, &mut self.key).is_some() {
                return Ok(());
            }
            self.damaged += 1;
        }
        self.enter()
    }

    /// Passes over hidden rows and stops at the end of the range.
    fn settle(&mut self) -> Result<(), Error> {
        while self.block.is_some() {
            if self.key >= self.end {
                self.block = None;
            } else if self.is_hidden() {
                self.step_raw()?;
            } else {
                return Ok(());
            }
        }
        Ok(())
    }

    fn is_hidden(&self) -> bool {
        !self.hidden.is_empty()
            && self.key.first().is_some_and(|space| key::has_source(*space))
            && key::split_source(&self.key).is_none_or(|(_, source)| self.hidden.contains(&source))
    }

    /// Stands on the first row of the next block that is wanted and whole.
    fn enter(&mut self) -> Result<(), Error> {
        self.block = None;
        while let Some(block) = self.load()? {
            self.key.clear();
            if let Some(place) = block.first(&mut self.key) {
                self.block = Some((block, place));
                return Ok(());
            }
            self.damaged += 1;
        }
        Ok(())
    }

    /// The next block that is wanted and whole; `next_block` moves past it.
    fn load(&mut self) -> Result<Option<Arc<Block>>, Error> {
        loop {
            let at = self.next_block;
            let Some(fence) = self.segment.fences.get(at) else { return Ok(None) };
            let before = at.checked_sub(1).and_then(|at| self.segment.fences.get(at));
            if before.is_some_and(|before| *before.last_key >= *self.end) {
                return Ok(None);
            }
            self.next_block += 1;
            let wanted = (self.skip.types == 0 || fence.types & self.skip.types != 0)
                && fence.sources & self.skip.sources != 0
                && self.skip.times.is_none_or(|(first, last)| fence.first <= first && fence.last >= last);
            if !wanted {
                continue;
            }
            match self.segment.block(at, self.cache.as_deref())? {
                Ok(block) => return Ok(Some(block)),
                Err(_) => self.damaged += 1,
            }
        }
    }

    /// The row it stands on; none where it is damaged.
    fn value(&self) -> Option<(Sighting, &[u8])> {
        let (block, place) = self.block.as_ref()?;
        block.value(place)
    }
}

/// A row as several segments together say it.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Vec<u8>,
    pub(crate) sighting: Sighting,
    pub(crate) payload: Vec<u8>,
}

/// Walks over a range of several segments at once: a heap of cursors, the lowest key on top.
#[derive(Debug)]
pub(crate) struct Merge {
    cursors: Vec<Cursor>,
    heap: Vec<usize>,
    catalog: Arc<Catalog>,
    row: Row,
    valid: bool,
}

impl Merge {
    pub(crate) fn new(cursors: Vec<Cursor>, catalog: Arc<Catalog>) -> Merge {
        let row = Row { key: Vec::new(), sighting: Sighting::moment(0, 0), payload: Vec::new() };
        let mut merge = Merge { cursors, heap: Vec::new(), catalog, row, valid: false };
        merge.build();
        merge
    }

    fn build(&mut self) {
        self.heap = (0..self.cursors.len()).filter(|at| self.cursors.get(*at).is_some_and(Cursor::is_valid)).collect();
        for at in (0..self.heap.len() / 2).rev() {
            self.sift(at);
        }
    }

    /// Blocks passed over because they are damaged.
    pub(crate) fn damaged(&self) -> usize {
        self.cursors.iter().map(|cursor| cursor.damaged).sum()
    }

    /// Marks the segments in which damage was met; whether there was any.
    pub(crate) fn mark_damaged(&self) -> bool {
        let mut damaged = self.cursors.iter().filter(|cursor| cursor.damaged > 0).peekable();
        let any = damaged.peek().is_some();
        damaged.for_each(|cursor| cursor.segment.mark_damaged());
        any
    }

    /// Goes to the first row not below `target`.
    pub(crate) fn seek(&mut self, target: &[u8]) -> Result<(), Error> {
        for cursor in &mut self.cursors {
            if cursor.is_valid() && cursor.key.as_slice() < target {
                cursor.seek(target)?;
            }
        }
        self.build();
        Ok(())
    }

    /// The row after, all that is said under its key merged.
    pub(crate) fn next(&mut self) -> Result<Option<&Row>, Error> {
        self.valid = false;
        while let Some(&top) = self.heap.first() {
            let Some(cursor) = self.cursors.get_mut(top) else { break };
            if self.valid && cursor.key != self.row.key {
                break;
            }
            match cursor.value() {
                Some((sighting, payload)) if self.valid => self.catalog.merge(&mut self.row, &sighting, payload),
                Some((sighting, payload)) => {
                    self.row.payload.clear();
                    self.row.payload.extend_from_slice(payload);
                    self.row.sighting = sighting;
                    self.row.key.clear();
                    self.row.key.extend_from_slice(&cursor.key);
                    self.valid = true;
                }
                None => cursor.damaged += 1,
            }
            cursor.step()?;
            if !cursor.is_valid() {
                self.heap.swap_remove(0);
            }
            self.sift(0);
        }
        Ok(self.valid.then_some(&self.row))
    }

    fn sift(&mut self, mut at: usize) {
        loop {
            let mut lowest = at;
            for child in [2 * at + 1, 2 * at + 2] {
                if child < self.heap.len() && self.compare(child, lowest) == Ordering::Less {
                    lowest = child;
                }
            }
            if lowest == at {
                return;
            }
            self.heap.swap(at, lowest);
            at = lowest;
        }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let key =
            |at: usize| self.heap.get(at).and_then(|at| self.cursors.get(*at)).map(|cursor| cursor.key.as_slice());
        key(a).cmp(&key(b))
    }
}

impl Catalog {
    /// Merges what another segment says under the same key, by the rule of its space.
    pub(crate) fn merge(&self, row: &mut Row, other: &Sighting, payload: &[u8]) {
        let space = row.key.first().copied().unwrap_or(0);
        let source = if key::has_source(space) { key::split_source(&row.key).map(|(_, source)| source) } else { None };
        merge_values(space, self.counting(source), self.gap, (&mut row.sighting, &mut row.payload), (other, payload));
    }

    /// How a source's counts merge.
    pub(crate) fn counting(&self, source: Option<SourceId>) -> Counting {
        source.and_then(|source| self.source(source)).map_or(Counting::Statement, |source| source.counting)
    }
}

/// The one rule by which two values under one key become one; the order never matters.
pub(crate) fn merge_values(
    space: u8,
    counting: Counting,
    gap: i64,
    (own, own_payload): (&mut Sighting, &mut Vec<u8>),
    (other, payload): (&Sighting, &[u8]),
) {
    match space {
        key::FORWARD | key::INVERSE | key::REGISTRATION | key::VALUE | key::EMAIL => own.merge(other, counting, gap),
        key::NAME if other.last > own.last => *own = other.clone(),
        key::DOMAIN => *own = Sighting::moment(own.first.min(other.first), 0),
        key::BATCH => *own = Sighting::moment(own.first.max(other.first), 0),
        _ => {}
    }
    // The greatest payload stands: payloads begin with what decides between them.
    if payload > own_payload.as_slice() {
        own_payload.clear();
        own_payload.extend_from_slice(payload);
    }
}
