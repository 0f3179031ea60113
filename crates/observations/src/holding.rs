//! Reverse WHOIS by a part of a value: a walk over the blocks of one field that may hold it.
//!
//! Segments are walked one after another and not merged, so that blocks can be passed over: a row that stands in several
//! segments is visited once for each.

use std::{ops::ControlFlow, sync::Arc};

use model::{Field, Readable, Role};

use crate::{
    block::{Block, Columns, Place},
    error::Error,
    key::{self, VALUE},
    part::{Needles, Signatures},
    query::{Interrupt, ValueHit, Visited},
    registration,
    segment::Segment,
    snapshot::{Snapshot, Walked},
    view::{after, source_mask},
};

/// A question about parts of values.
#[derive(Clone, Debug)]
pub struct PartQuery {
    /// In which field.
    pub field: Field,
    /// In which role; any where none.
    pub role: Option<Role>,
    /// What a value must hold for it to be looked at, as Tracks compare it (lower case): all texts of one of these lists.
    /// Texts of less than three octets narrow nothing; every value is looked at where there is no list.
    pub holding: Vec<Vec<String>>,
    /// The sources that may be read.
    pub sources: Readable,
    /// When to stop.
    pub interrupt: Interrupt,
}

/// Who decides about values, and who hears of their holders.
pub struct Judge<'a> {
    /// Whether a stored value is what is asked for; asked once for values that stand together.
    pub fits: &'a mut dyn FnMut(&str) -> bool,
    /// Hears of each holder of such a value, of one that stands in several segments more than once.
    pub visit: &'a mut dyn FnMut(ValueHit) -> ControlFlow<()>,
}

/// A walk over the blocks of one segment.
struct Walk<'a> {
    query: &'a PartQuery,
    segment: &'a Arc<Segment>,
    /// The beginning of all keys of the field.
    front: Vec<u8>,
    hidden: Vec<model::SourceId>,
    columns: Columns,
    key: Vec<u8>,
    walked: &'a mut Walked,
}

impl Snapshot {
    /// Visits the holders of values of a field that hold a part and fit.
    pub fn visit_values(&self, query: &PartQuery, judge: &mut Judge<'_>) -> Result<Visited, Error> {
        let front = registration::field_front(query.field);
        let lane = key::lane(VALUE);
        let needles = Needles::of(&query.holding);
        let mut walked = Walked::default();
        for segment in self.view.segments.iter().filter(|segment| segment.summary.lane == lane) {
            if !segment.overlaps(&front, &after(&front)) {
                continue;
            }
            let hidden = self.view.catalog.hidden(segment);
            let (front, columns) = (front.clone(), Columns::default());
            let mut walk = Walk { query, segment, front, hidden, columns, key: Vec::new(), walked: &mut walked };
            if walk.run(self, &needles, judge)?.is_break() {
                break;
            }
        }
        Ok(Visited { interrupted: walked.interrupted, damaged: walked.damaged + self.lost })
    }
}

impl Walk<'_> {
    fn run(&mut self, snapshot: &Snapshot, needles: &Needles, judge: &mut Judge<'_>) -> Result<ControlFlow<()>, Error> {
        let field = self.front.last().copied().unwrap_or(0);
        let (mask, end) = (source_mask(&self.query.sources), after(&self.front));
        let mut group = Group::default();
        for of in self.segment.section_of(&self.front)..=self.segment.section_of(&end) {
            let Some(outline) = self.segment.sections.get(of) else { break };
            if outline.extent.sources & mask == 0 {
                continue;
            }
            let Ok(section) = self.segment.section(of, Some(&snapshot.view.cache))? else {
                self.walked.damaged += 1;
                continue;
            };
            for at in section.block_of(&self.front)..=section.block_of(&end) {
                if section.fences.get(at).is_none_or(|fence| fence.extent.sources & mask == 0)
                    || !group.may_hold(snapshot, self.segment, outline.before as usize + at, field, needles)?
                {
                    continue;
                }
                match self.segment.block((of, &section), at, Some(&snapshot.view.cache))? {
                    Ok(block) => {
                        if self.block(snapshot, &block, judge).is_break() {
                            return Ok(ControlFlow::Break(()));
                        }
                    }
                    Err(_) => self.walked.damaged += 1,
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn block(&mut self, snapshot: &Snapshot, block: &Block, judge: &mut Judge<'_>) -> ControlFlow<()> {
        let Some((mut place, _)) = block.first(&mut self.key) else {
            self.walked.damaged += 1;
            return ControlFlow::Continue(());
        };
        self.columns.clear();
        // Where the value of the key ends, just behind its zero, and whether it is what is asked for.
        let (mut end, mut fits) = (0, false);
        let mut shared = 0;
        loop {
            if shared < end || end == 0 {
                end = self.value_end();
                fits = end > 0 && self.fits(end, judge);
            }
            if fits && let Some(hit) = self.hit(snapshot, block, &place) {
                (judge.visit)(hit)?;
            }
            if self.walked.is_due(&self.query.interrupt) {
                return ControlFlow::Break(());
            }
            if place.row + 1 >= block.rows() {
                return ControlFlow::Continue(());
            }
            if !self.columns.covers(place.row + 1) {
                block.unpack(&mut self.columns, place.row + 1);
            }
            match block.step(&mut place, &mut self.key, Some(&self.columns)) {
                Some(common) => shared = common,
                None => {
                    self.walked.damaged += 1;
                    return ControlFlow::Continue(());
                }
            }
        }
    }

    /// Where the value of the key ends; zero where it is of another field.
    fn value_end(&self) -> usize {
        let value = self.key.strip_prefix(&self.front[..]);
        let length = value.and_then(|value| value.iter().position(|octet| *octet == 0));
        length.map_or(0, |length| self.front.len() + length + 1)
    }

    fn fits(&self, end: usize, judge: &mut Judge<'_>) -> bool {
        let escaped = &self.key[self.front.len()..end - 1];
        if !escaped.contains(&1) {
            return std::str::from_utf8(escaped).is_ok_and(|value| (judge.fits)(value));
        }
        let mut input = crate::octets::Input(&self.key[self.front.len()..end]);
        let value = key::take_octets(&mut input).and_then(|octets| String::from_utf8(octets).ok());
        value.is_some_and(|value| (judge.fits)(&value))
    }

    fn hit(&self, snapshot: &Snapshot, block: &Block, place: &Place) -> Option<ValueHit> {
        let (front, source) = key::split_source(&self.key)?;
        if !self.query.sources.allows(source) || self.hidden.contains(&source) {
            return None;
        }
        let (sighting, _) = block.value(place, self.columns.covers(place.row).then_some(&self.columns))?.decode()?;
        if snapshot.view.catalog.is_too_old(&self.key, sighting.last) {
            return None;
        }
        let (value, role, domain) = registration::parse_value_key(front)?;
        let asked = self.query.role.is_none_or(|asked| asked == role);
        asked.then(|| ValueHit { value, role, domain, source, seen: sighting.seen() })
    }
}

/// The signatures read last, and of which blocks they tell.
#[derive(Default)]
struct Group {
    /// The block behind which they stand.
    at: Option<usize>,
    signatures: Option<Signatures>,
}

impl Group {
    /// Whether a block may hold what is asked for. Damaged signatures say yes: they spare work and decide nothing.
    fn may_hold(
        &mut self,
        snapshot: &Snapshot,
        segment: &Segment,
        at: usize,
        field: u8,
        needles: &Needles,
    ) -> Result<bool, Error> {
        if needles.is_empty() {
            return Ok(true);
        }
        if self.at.is_none_or(|end| end < at) {
            let parts = &segment.summary.parts;
            let Some(end) = parts.get(parts.partition_point(|end| (*end as usize) < at)) else { return Ok(true) };
            self.at = Some(*end as usize);
            self.signatures = segment.signatures(*end, Some(&snapshot.view.cache))?.ok();
        }
        let (Some(end), Some(signatures)) = (self.at, &self.signatures) else { return Ok(true) };
        let first = (end + 1).saturating_sub(signatures.len());
        Ok(at.checked_sub(first).is_none_or(|block| signatures.may_hold(block, field, needles)))
    }
}
