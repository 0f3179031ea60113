//! Compaction: several segments of a lane become one.
//!
//! Tiered: segments of about one size are merged when there are eight of them, so that a row is rewritten about once for
//! each power of eight that the store has grown. Since merging is commutative, any of them may meet.
//! What was dropped goes before rows merge; what is too old, batches that are forgotten and raw answers that nothing
//! refers to go in a full compaction, where nothing can hide in another segment.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use model::{SuffixList, time::DAY};

use crate::{
    cursor::{Cursor, Merge, RawRow, Skip},
    disk::Disk,
    error::Error,
    key::{BATCH, RAW, REGISTRATION},
    registration::Payload,
    segment::Segment,
    store::{MERGED, YOUNG},
    view::Catalog,
    writer::{SegmentWriter, Target},
};

/// So many segments of one size are merged.
const FAN_IN: usize = 8;
/// How long ids of batches are kept.
pub(crate) const BATCH_DAYS: i64 = 90;
/// Sizes are near each other up to this factor. What eight segments become is mostly larger than that.
const NEAR: u64 = 4;
/// Segments smaller than this are of one size.
const SMALLEST: u64 = 256 << 10;
/// What is merged from less than this is merged again before long.
const LARGE: u64 = 1 << 30;
/// How much a full compaction compresses: what it writes is rewritten seldom. The level above costs twice the time for a
/// twenty-fifth of the size, so whatever is rewritten soon does without.
const OLD: i32 = 9;

/// What a compaction did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompactionReport {
    /// Segments that were merged.
    pub merged: usize,
    /// Segments that came of it.
    pub written: usize,
    /// Octets before.
    pub octets_before: u64,
    /// Octets after.
    pub octets_after: u64,
    /// Segments left alone because blocks in them are damaged; `check` names them.
    pub damaged: usize,
}

impl CompactionReport {
    pub(crate) fn add(&mut self, other: CompactionReport) {
        self.merged += other.merged;
        self.written += other.written;
        self.octets_before += other.octets_before;
        self.octets_after += other.octets_after;
    }
}

/// The segments to merge next in a lane, if any: a run of many whose sizes are near each other, and all that are smaller,
/// which cost little and make fewer runs to read.
pub(crate) fn pick(segments: &[Arc<Segment>], lane: u8) -> Option<Vec<Arc<Segment>>> {
    let due = segments.iter().filter(|segment| segment.summary.lane == lane && !segment.is_damaged());
    let mut due: Vec<_> = due.cloned().collect();
    due.sort_by_key(|segment| segment.length);
    let sizes: Vec<u64> = due.iter().map(|segment| segment.length).collect();
    due.truncate(run(&sizes)?);
    Some(due)
}

/// How many of the smallest are to be merged, of sizes in ascending order.
fn run(sizes: &[u64]) -> Option<usize> {
    (0..sizes.len()).find_map(|from| {
        let near = sizes[from].max(SMALLEST).saturating_mul(NEAR);
        let end = sizes.partition_point(|size| *size <= near);
        (end >= from + FAN_IN).then_some(end)
    })
}

/// How much a merged segment is compressed.
pub(crate) fn level(full: bool, octets: u64) -> i32 {
    match full {
        true => OLD,
        false if octets < LARGE => MERGED,
        false => YOUNG,
    }
}

/// Merges segments of one lane.
pub(crate) struct Compaction<'a> {
    pub(crate) inputs: &'a [Arc<Segment>],
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) disk: &'a Disk,
    pub(crate) suffixes: &'a Arc<SuffixList>,
    /// These are all segments of the lane, so what is not in them is nowhere; the newest arrival of a batch.
    pub(crate) full: Option<i64>,
    pub(crate) stop: &'a AtomicBool,
}

/// What became of a merge.
#[derive(Debug)]
pub(crate) enum Merged {
    /// The new segment; none where no row was left.
    Done(Option<Arc<Segment>>),
    /// An input has damaged blocks: they are marked and left alone.
    Damaged,
    /// Somebody asked to stop.
    Stopped,
}

impl Compaction<'_> {
    /// Writes the merged segment.
    pub(crate) fn run(&self, path: Option<std::path::PathBuf>, level: Option<i32>) -> Result<Merged, Error> {
        let first = self.inputs.iter().map(|input| input.summary.first_sequence).min().unwrap_or(0);
        let last = self.inputs.iter().map(|input| input.summary.last_sequence).max().unwrap_or(0);
        let lane = self.inputs.first().map_or(0, |input| input.summary.lane);
        let target = Target { path, lane, sequences: (first, last), level };
        let mut merge = self.merge()?;
        let mut writer = SegmentWriter::new(self.disk, self.suffixes.clone(), target)?;
        let mut referred = HashSet::new();
        let mut rows = 0u64;
        let mut shared = 0;
        while let Some(row) = merge.next_raw()? {
            rows += 1;
            if rows.is_multiple_of(4096) && self.stop.load(Ordering::Relaxed) {
                return Ok(Merged::Stopped);
            }
            shared = row.shared.min(shared);
            if self.keeps(&row, &mut referred) {
                writer.push_raw(row.key, Some(shared), &row.value)?;
                shared = usize::MAX;
            }
        }
        if merge.mark_damaged() {
            return Ok(Merged::Damaged);
        }
        Ok(Merged::Done(writer.finish()?.map(Arc::new)))
    }

    fn merge(&self) -> Result<Merge, Error> {
        let cursors = self.inputs.iter().map(|input| {
            let hidden = self.catalog.hidden(input);
            Cursor::new(input.clone(), None, Skip::nothing(), hidden, (&[], &[0xff; 32]))
        });
        Ok(Merge::new(cursors.collect::<Result<_, _>>()?, self.catalog.clone()))
    }

    fn keeps(&self, row: &RawRow<'_>, referred: &mut HashSet<[u8; 16]>) -> bool {
        let Some(newest) = self.full else { return true };
        if self.catalog.is_too_old(row.key, row.value.last) {
            return false;
        }
        match row.key.first() {
            Some(&BATCH) => row.value.first >= newest.saturating_sub(BATCH_DAYS * DAY),
            Some(&REGISTRATION) => {
                let payload = row.value.decode().and_then(|(_, payload)| Payload::decode(payload));
                referred.extend(payload.into_iter().flat_map(|payload| payload.raw));
                true
            }
            Some(&RAW) => row.key.get(1..).is_some_and(|hash| referred.contains(hash)),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_of_about_one_size_are_merged_with_all_that_are_smaller() {
        let megabytes = |sizes: &[u64]| run(&sizes.iter().map(|size| size << 20).collect::<Vec<_>>());
        assert_eq!(megabytes(&[]), None);
        assert_eq!(megabytes(&[20; 7]), None);
        assert_eq!(megabytes(&[20; 8]), Some(8));
        assert_eq!(megabytes(&[1, 2, 20, 20, 21, 22, 23, 24, 25, 60, 150]), Some(10));
        assert_eq!(megabytes(&[20, 20, 20, 20, 20, 20, 20, 140]), None);
    }
}
