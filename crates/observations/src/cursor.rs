//! Walking over rows: a cursor over one segment, and the merge of several.
#![deny(clippy::indexing_slicing)]

use std::sync::Arc;

use model::{Counting, SourceId};

use crate::{
    block::{Block, Columns, Numbers, Place, Value, put_extra},
    cache::Cache,
    error::Error,
    key,
    race::Race,
    section::Section,
    segment::Segment,
    sighting::Sighting,
    view::Catalog,
};

/// After so many steps behind a search it is worth while to unpack columns.
const SOON: usize = 6;

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
    /// In which section it reads, and what that knows, once it was read.
    at: usize,
    section: Option<Arc<Section>>,
    /// The block of the section that comes next.
    next_block: usize,
    block: Option<(Arc<Block>, Place)>,
    /// Whether the end stands in this block, or before it.
    is_last: bool,
    /// Steps taken since it was sought.
    steps: usize,
    /// Columns of the block, from some steps on.
    columns: Columns,
    pub(crate) key: Vec<u8>,
    /// How many octets the key shares with the one that it stood on before.
    shared: usize,
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
        let mut cursor = Cursor {
            segment,
            cache,
            skip,
            hidden,
            end,
            at: 0,
            section: None,
            next_block: 0,
            block: None,
            is_last: false,
            steps: 0,
            columns: Columns::default(),
            key: Vec::new(),
            shared: 0,
            damaged: 0,
        };
        cursor.seek(range.0)?;
        Ok(cursor)
    }

    /// How many octets its key shares with the one that it stood on before.
    pub(crate) fn shared(&self) -> usize {
        self.shared
    }

    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// Whether it stands on a row.
    pub(crate) fn is_valid(&self) -> bool {
        self.block.is_some()
    }

    /// Goes to the first row not below `target`.
    pub(crate) fn seek(&mut self, target: &[u8]) -> Result<(), Error> {
        self.shared = 0;
        let section = self.section.as_ref().zip(self.next_block.checked_sub(1));
        let within = section.and_then(|(section, at)| section.fences.get(at));
        if within.is_some_and(|fence| *fence.last_key >= *target)
            && self.key.as_slice() < target
            && let Some((block, place)) = &mut self.block
            && let Some(Some(found)) = block.seek(target, &mut self.key)
        {
            *place = found;
            self.steps = 0;
            return self.settle();
        }
        self.block = None;
        self.steps = 0;
        self.is_last = false;
        let at = self.segment.section_of(target);
        if at != self.at {
            (self.at, self.section) = (at, None);
        }
        self.next_block = self.section()?.map_or(0, |section| section.block_of(target));
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
        self.shared = usize::MAX;
        self.step_raw()?;
        if self.hidden.is_empty() && !self.is_last { Ok(()) } else { self.settle() }
    }

    fn step_raw(&mut self) -> Result<(), Error> {
        let Some((block, place)) = &mut self.block else { return Ok(()) };
        let next = place.row + 1;
        if next < block.rows() {
            if !self.columns.covers(next) {
                self.steps += 1;
                if self.steps > SOON {
                    block.unpack(&mut self.columns, next);
                }
            }
            let columns = self.columns.covers(next).then_some(&self.columns);
            if let Some(shared) = block.step(place, &mut self.key, columns) {
                self.shared = self.shared.min(shared);
                return Ok(());
            }
            self.damaged += 1;
        }
        self.enter()
    }

    /// Passes over hidden rows and stops at the end of the range.
    fn settle(&mut self) -> Result<(), Error> {
        while self.block.is_some() {
            if self.is_last && self.key >= self.end {
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
            if let Some((place, shared)) = block.first(&mut self.key) {
                self.block = Some((block, place));
                self.shared = self.shared.min(shared);
                return Ok(());
            }
            self.damaged += 1;
        }
        Ok(())
    }

    /// What the section knows in which it reads; none behind the last and where that is damaged.
    fn section(&mut self) -> Result<Option<Arc<Section>>, Error> {
        if self.section.is_none() && self.segment.sections.get(self.at).is_some() {
            self.section = self.segment.section(self.at, self.cache.as_deref())?.ok();
        }
        Ok(self.section.clone())
    }

    /// The next block that is wanted and whole; it moves past it.
    fn load(&mut self) -> Result<Option<Arc<Block>>, Error> {
        while !self.is_last {
            let Some(outline) = self.segment.sections.get(self.at) else { return Ok(None) };
            let is_wanted = outline.extent.is_wanted(&self.skip);
            let is_last = *outline.last_key >= *self.end;
            let section = if is_wanted { self.section()? } else { None };
            self.damaged += usize::from(is_wanted && section.is_none());
            if let Some(section) = section
                && let Some(block) = self.load_from(&section)?
            {
                return Ok(Some(block));
            }
            self.is_last |= is_last;
            (self.at, self.section, self.next_block) = (self.at + 1, None, 0);
        }
        Ok(None)
    }

    fn load_from(&mut self, section: &Section) -> Result<Option<Arc<Block>>, Error> {
        while !self.is_last
            && let Some(fence) = section.fences.get(self.next_block)
        {
            let at = self.next_block;
            self.next_block += 1;
            self.columns.clear();
            self.is_last = *fence.last_key >= *self.end;
            if !fence.extent.is_wanted(&self.skip) {
                continue;
            }
            match self.segment.block((self.at, section), at, self.cache.as_deref())? {
                Ok(block) => return Ok(Some(block)),
                Err(_) => self.damaged += 1,
            }
        }
        Ok(None)
    }

    /// What is said by the row that it stands on; none where that is damaged.
    pub(crate) fn value(&self) -> Option<Value<'_>> {
        let (block, _) = self.block.as_ref()?;
        Some(block.value_of(self.numbers()?))
    }

    fn numbers(&self) -> Option<Numbers> {
        let (block, place) = self.block.as_ref()?;
        block.numbers(place, self.columns.covers(place.row).then_some(&self.columns))
    }
}

/// A row as several segments together say it, taken apart.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) key: Vec<u8>,
    pub(crate) sighting: Sighting,
    pub(crate) payload: Vec<u8>,
}

/// A row as several segments together say it, still encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRow<'a> {
    pub(crate) key: &'a [u8],
    /// How many octets it shares with the row before, at least.
    pub(crate) shared: usize,
    pub(crate) value: Value<'a>,
}

/// Where a merge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    /// Before the first row, or on one whose cursors moved on already.
    Between,
    /// On the row of this cursor alone.
    One(usize),
    /// On a row that several cursors had.
    Merged,
}

/// Walks over a range of several segments at once, by a tree of losers (Knuth, TAOCP vol. 3, 5.4.1).
#[derive(Debug)]
pub(crate) struct Merge {
    cursors: Vec<Cursor>,
    race: Race,
    catalog: Arc<Catalog>,
    row: Row,
    extra: Vec<u8>,
    shared: usize,
    stand: Stand,
}

impl Merge {
    pub(crate) fn new(cursors: Vec<Cursor>, catalog: Arc<Catalog>) -> Merge {
        let row = Row { key: Vec::new(), sighting: Sighting::moment(0, 0), payload: Vec::new() };
        let race = Race::new(&cursors);
        Merge { cursors, race, catalog, row, extra: Vec::new(), shared: 0, stand: Stand::Between }
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

    /// The row after, all that is said under its key merged.
    pub(crate) fn next(&mut self) -> Result<Option<&Row>, Error> {
        self.shared = usize::MAX;
        while self.advance()? {
            if self.stand == Stand::Merged {
                return Ok(Some(&self.row));
            }
            let Stand::One(at) = self.stand else { break };
            let Some(cursor) = self.cursors.get_mut(at) else { break };
            if let Some((sighting, payload)) = cursor.value().and_then(|value| value.decode()) {
                self.row.set(&cursor.key, sighting, payload);
                return Ok(Some(&self.row));
            }
            cursor.damaged += 1;
        }
        Ok(None)
    }

    /// The same, without taking apart what one segment alone says.
    pub(crate) fn next_raw(&mut self) -> Result<Option<RawRow<'_>>, Error> {
        self.shared = usize::MAX;
        while self.advance()? {
            let Stand::One(at) = self.stand else { return Ok(Some(self.merged())) };
            if let Some(numbers) = self.numbers(at) {
                return Ok(self.raw(at, numbers));
            }
        }
        Ok(None)
    }

    /// The numbers of a cursor's row; one that is damaged is counted.
    fn numbers(&mut self, at: usize) -> Option<Numbers> {
        let cursor = self.cursors.get_mut(at)?;
        let numbers = cursor.numbers();
        cursor.damaged += usize::from(numbers.is_none());
        numbers
    }

    fn raw(&self, at: usize, numbers: Numbers) -> Option<RawRow<'_>> {
        let cursor = self.cursors.get(at)?;
        let (block, _) = cursor.block.as_ref()?;
        Some(RawRow { key: &cursor.key, shared: self.shared, value: block.value_of(numbers) })
    }

    fn merged(&self) -> RawRow<'_> {
        let Sighting { first, last, count, .. } = self.row.sighting;
        let value = Value { first, last, count, extra: &self.extra };
        RawRow { key: &self.row.key, shared: self.shared, value }
    }

    /// The same where there is one cursor: nothing is to be merged.
    fn advance_alone(&mut self) -> Result<bool, Error> {
        let Some(cursor) = self.cursors.first_mut() else { return Ok(false) };
        let before = cursor.damaged;
        if self.stand == Stand::One(0) {
            cursor.step()?;
        }
        self.stand = Stand::One(0);
        let is_torn = cursor.damaged != before; // what its key shares with the one before is not known
        self.shared = if is_torn { 0 } else { self.shared.min(cursor.shared()) };
        Ok(cursor.is_valid())
    }

    /// Goes to the next row; whether there is one.
    fn advance(&mut self) -> Result<bool, Error> {
        if self.cursors.len() == 1 {
            return self.advance_alone();
        }
        if let Stand::One(at) = self.stand {
            self.step(at)?;
        }
        self.stand = Stand::Between;
        loop {
            let Some(top) = self.race.winner() else { return Ok(false) };
            self.shared = self.shared.min(self.race.shared());
            if !self.race.is_tied() {
                self.stand = Stand::One(top);
                return Ok(true);
            }
            if self.merge(top)? {
                self.stand = Stand::Merged;
                return Ok(true);
            }
        }
    }

    /// Merges what all cursors say under the winner's key; none of it may be whole.
    fn merge(&mut self, mut top: usize) -> Result<bool, Error> {
        let mut found = false;
        loop {
            let Some(cursor) = self.cursors.get_mut(top) else { return Ok(found) };
            match cursor.value().and_then(|value| value.decode()) {
                Some((sighting, payload)) if found => self.catalog.merge(&mut self.row, &sighting, payload),
                Some((sighting, payload)) => {
                    self.row.set(&cursor.key, sighting, payload);
                    found = true;
                }
                None => cursor.damaged += 1,
            }
            self.step(top)?;
            match self.race.winner() {
                Some(next) if self.race.is_same() => top = next,
                _ => break,
            }
        }
        self.extra.clear();
        put_extra(&mut self.extra, &self.row.sighting, &self.row.payload);
        Ok(found)
    }

    fn step(&mut self, at: usize) -> Result<(), Error> {
        let Some(cursor) = self.cursors.get_mut(at) else { return Ok(()) };
        let before = cursor.damaged;
        cursor.step()?;
        if cursor.damaged == before {
            self.race.replay(at, &self.cursors);
        } else {
            // What its key shares with the one before is not known.
            self.race = Race::new(&self.cursors);
        }
        Ok(())
    }
}

impl Row {
    fn set(&mut self, key: &[u8], sighting: Sighting, payload: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(key);
        self.sighting = sighting;
        self.payload.clear();
        self.payload.extend_from_slice(payload);
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
        key::FORWARD | key::INVERSE | key::REGISTRATION | key::VALUE | key::EMAIL | key::NETWORK => {
            own.merge(other, counting, gap);
        }
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
