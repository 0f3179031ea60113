//! What the store holds at one moment: a list of segments that nobody changes, and how to read them.

use std::sync::Arc;

use model::{Readable, Source, SourceId, SuffixList, Time};

use crate::{
    cache::Cache,
    cursor::{Cursor, Merge, Skip},
    error::Error,
    key,
    segment::Segment,
    writer,
};

/// Everything of this source that was appended up to a sequence number is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DropMark {
    pub(crate) source: SourceId,
    pub(crate) sequence: u64,
}

/// What this source saw last before a moment is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AgeLimit {
    pub(crate) source: SourceId,
    pub(crate) last_seen: Time,
}

/// What is needed to make sense of rows.
#[derive(Clone, Debug)]
pub(crate) struct Catalog {
    /// Number `n` stands at `n - 1`.
    pub(crate) sources: Vec<Source>,
    pub(crate) drops: Vec<DropMark>,
    pub(crate) ages: Vec<AgeLimit>,
    /// Seconds without a sighting after which a new spell begins.
    pub(crate) gap: i64,
    pub(crate) suffixes: Arc<SuffixList>,
}

impl Catalog {
    /// A source by its number.
    pub(crate) fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.get(usize::try_from(id.0.checked_sub(1)?).ok()?)
    }

    /// The sources of which everything in this segment was dropped.
    pub(crate) fn hidden(&self, segment: &Segment) -> Vec<SourceId> {
        let covers = |mark: &&DropMark| {
            segment.summary.last_sequence <= mark.sequence && segment.summary.sources.contains_key(&mark.source.0)
        };
        self.drops.iter().filter(covers).map(|mark| mark.source).collect()
    }

    /// Whether a row is older than its source's limit allows.
    pub(crate) fn is_too_old(&self, key: &[u8], last: i64) -> bool {
        if self.ages.is_empty() || !key.first().is_some_and(|space| writer::ages(*space)) {
            return false;
        }
        let Some((_, source)) = key::split_source(key) else { return false };
        self.ages.iter().any(|limit| limit.source == source && last < limit.last_seen.0)
    }
}

/// A list of segments and how to read them.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) segments: Vec<Arc<Segment>>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) cache: Arc<Cache>,
}

/// A range of keys of one space, and what is known of it beforehand.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) start: Vec<u8>,
    pub(crate) end: Vec<u8>,
    /// What filters must hold for a segment to be looked into.
    pub(crate) probe: Option<Probe>,
}

/// What to ask filters for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Probe {
    /// The hash of the beginning of all keys of the range.
    Front(u64),
    /// A registrable domain of all names of the range, cut by the public suffix list that we have.
    Domain(u64),
}

impl Range {
    /// All keys that begin with `front`.
    pub(crate) fn prefix(front: &[u8]) -> Range {
        Range { start: front.to_vec(), end: after(front), probe: None }
    }

    /// The same, where segments know all such fronts.
    pub(crate) fn known_front(front: &[u8]) -> Range {
        Range { probe: Some(Probe::Front(crate::hash::hash64(front))), ..Range::prefix(front) }
    }
}

/// The first key above all that begin with `front`.
pub(crate) fn after(front: &[u8]) -> Vec<u8> {
    let mut end = front.to_vec();
    while end.pop_if(|last| *last == 0xff).is_some() {}
    if let Some(last) = end.last_mut() {
        *last += 1;
    } else {
        end = vec![0xff; 32];
    }
    end
}

impl View {
    /// All rows of a range, merged, without what was dropped.
    pub(crate) fn scan(&self, range: &Range, skip: &Skip) -> Result<Merge, Error> {
        Ok(Merge::new(self.cursors(range, skip, Some(&self.cache))?, self.catalog.clone()))
    }

    /// A cursor for each segment that may hold rows of a range.
    pub(crate) fn cursors(&self, range: &Range, skip: &Skip, cache: Option<&Arc<Cache>>) -> Result<Vec<Cursor>, Error> {
        let mut held_by = Vec::new();
        let lane = key::lane(range.start.first().copied().unwrap_or(0));
        for segment in self.segments.iter().filter(|segment| segment.summary.lane == lane) {
            if segment.overlaps(&range.start, &range.end) && self.may_hold(segment, range) {
                held_by.push(segment);
            }
        }
        let times = skip.times.filter(|_| held_by.len() == 1);
        let skip = Skip { times, ..skip.clone() };
        let cursor = |segment: &Arc<Segment>| {
            let hidden = self.catalog.hidden(segment);
            Cursor::new(segment.clone(), cache.cloned(), skip.clone(), hidden, (&range.start, &range.end))
        };
        held_by.into_iter().map(cursor).collect()
    }

    fn may_hold(&self, segment: &Segment, range: &Range) -> bool {
        let within = (&*range.start, &*range.end);
        match range.probe {
            None => true,
            Some(Probe::Front(hash)) => segment.may_hold(within, hash, &self.cache),
            Some(Probe::Domain(hash)) => {
                segment.summary.suffixes != writer::suffixes_hash(&self.catalog.suffixes)
                    || segment.may_hold(within, hash, &self.cache)
            }
        }
    }
}

/// The mask by which blocks without readable sources are passed over.
pub(crate) fn source_mask(readable: &Readable) -> u64 {
    match readable {
        Readable::All => u64::MAX,
        Readable::Only(sources) => sources.iter().fold(0, |mask, source| mask | 1 << (source.0 % 64)),
    }
}
