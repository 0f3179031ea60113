//! When segments are merged, and how the result takes the place of what it was made of.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use model::{SourceId, Time};

use crate::{
    compaction::{self, Compaction, CompactionReport, Merged},
    error::Error,
    key::LANES,
    segment::Segment,
    state::State,
    store::{FRESH, Role, Shared, Store, lock},
    view::{AgeLimit, Catalog, DropMark},
};

impl Store {
    /// Merges segments that are due; all of them where `full`, which also removes what was dropped, what is too old,
    /// ids of old batches and raw answers that nothing refers to.
    pub fn compact(&self, full: bool) -> Result<CompactionReport, Error> {
        self.flush()?;
        let shared = self.shared();
        if full { shared.merge_all() } else { shared.merge_due() }
    }

    /// Deletes everything that a source said up to now: hidden at once, gone from disk after a full compaction.
    pub fn drop_source(&self, source: SourceId) -> Result<(), Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        // What is dropped ends with a segment, so that a mark covers whole segments.
        shared.flush(&mut appender)?;
        let mut state = lock(&shared.state);
        known(&state, source)?;
        let sequence = state.last_sequence;
        shared.commit(&mut state, |manifest| {
            manifest.drops.retain(|mark| mark.source != source);
            manifest.drops.push(DropMark { source, sequence });
        })
    }

    /// Deletes what a source saw last before a moment, now and whenever more of it comes; hidden at once, gone from
    /// disk after a full compaction. A limit only ever moves forward. That a domain arrived is no sighting and stays.
    pub fn limit_age(&self, source: SourceId, last_seen_before: Time) -> Result<(), Error> {
        let shared = self.shared();
        let _appender = shared.appender()?;
        let mut state = lock(&shared.state);
        known(&state, source)?;
        shared.commit(&mut state, |manifest| match manifest.ages.iter_mut().find(|limit| limit.source == source) {
            Some(limit) => limit.last_seen = limit.last_seen.max(last_seen_before),
            None => manifest.ages.push(AgeLimit { source, last_seen: last_seen_before }),
        })
    }
}

/// How much of a lane a merge takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    /// What was due.
    Some,
    /// All segments that can be read.
    Lane,
    /// All there is: what is not in them is nowhere.
    Everything,
}

fn known(state: &State, source: SourceId) -> Result<(), Error> {
    let known = state.catalog.source(source).is_some();
    if known { Ok(()) } else { Err(Error::Invalid(format!("there is no source with number {source}"))) }
}

impl Shared {
    /// Merges segments in memory while there are many of one size.
    pub(crate) fn merge_memory(&self, state: &mut State) {
        for lane in 0..LANES {
            while let Some(inputs) = memory_due(state, lane)
                && let Some(merged) = self.merged_memory(state.catalog.clone(), &inputs)
            {
                replace_memory(state, &inputs, merged);
            }
        }
    }

    /// The same without keeping readers waiting; nothing else may take segments in memory meanwhile.
    pub(crate) fn merge_published(&self) {
        for lane in 0..LANES {
            loop {
                let (due, catalog) = {
                    let state = lock(&self.state);
                    (memory_due(&state, lane), state.catalog.clone())
                };
                let Some(inputs) = due else { break };
                let Some(merged) = self.merged_memory(catalog, &inputs) else { break };
                replace_memory(&mut lock(&self.state), &inputs, merged);
            }
        }
    }

    fn merged_memory(&self, catalog: Arc<Catalog>, inputs: &[Arc<Segment>]) -> Option<Option<Arc<Segment>>> {
        match self.compaction(catalog, inputs, None).run(None, None) {
            Ok(Merged::Done(merged)) => Some(merged),
            _ => None,
        }
    }

    /// Writes segments in memory to disk, one a lane.
    pub(crate) fn flush_frozen(
        &self,
        catalog: &Arc<Catalog>,
        memory: &[Arc<Segment>],
        paths: [PathBuf; LANES as usize],
    ) -> Result<Vec<Arc<Segment>>, Error> {
        let mut written = Vec::new();
        for (lane, path) in (0..).zip(paths) {
            let inputs: Vec<_> = memory.iter().filter(|segment| segment.summary.lane == lane).cloned().collect();
            if inputs.is_empty() {
                continue;
            }
            match self.compaction(catalog.clone(), &inputs, None).run(Some(path), Some(FRESH))? {
                Merged::Done(segment) => written.extend(segment),
                Merged::Damaged | Merged::Stopped => {
                    return Err(Error::Invalid("rows in memory could not be read back".into()));
                }
            }
        }
        Ok(written)
    }

    fn compaction<'a>(
        &'a self,
        catalog: Arc<Catalog>,
        inputs: &'a [Arc<Segment>],
        full: Option<i64>,
    ) -> Compaction<'a> {
        // Memory is merged to the end whatever happens: it is short, and a half is of no use.
        static NEVER: AtomicBool = AtomicBool::new(false);
        let stop = if inputs.iter().any(|input| input.in_memory()) { &NEVER } else { &self.stop };
        Compaction { inputs, catalog, disk: &self.options.disk, suffixes: &self.suffixes, full, stop }
    }

    /// Merges what is due, until nothing is.
    pub(crate) fn merge_due(&self) -> Result<CompactionReport, Error> {
        let _merging = lock(&self.merging);
        let mut report = CompactionReport::default();
        for lane in 0..LANES {
            loop {
                let due = {
                    let state = lock(&self.state);
                    let on_disk = state.segments.iter().filter(|segment| !segment.in_memory()).cloned();
                    compaction::pick(&on_disk.collect::<Vec<_>>(), lane)
                };
                let Some(inputs) = due else { break };
                if !self.merge(&inputs, Extent::Some, &mut report)? {
                    break;
                }
            }
        }
        Ok(report)
    }

    /// Merges each lane into one segment; lanes side by side where threads are allowed.
    fn merge_all(&self) -> Result<CompactionReport, Error> {
        let _merging = lock(&self.merging);
        let mut report = CompactionReport::default();
        let lanes = 0..LANES;
        let merged: Vec<Result<CompactionReport, Error>> = if self.options.background {
            thread::scope(|scope| {
                let threads: Vec<_> = lanes.map(|lane| scope.spawn(move || self.merge_lane(lane))).collect();
                let joined = threads.into_iter().map(|thread| thread.join());
                joined.map(|lane| lane.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
            })
        } else {
            lanes.map(|lane| self.merge_lane(lane)).collect()
        };
        for lane in merged {
            report.add(lane?);
        }
        let mut state = lock(&self.state);
        self.forget_drops(&mut state)?;
        report.damaged = state.segments.iter().filter(|segment| segment.is_damaged()).count();
        Ok(report)
    }

    fn merge_lane(&self, lane: u8) -> Result<CompactionReport, Error> {
        let mut report = CompactionReport::default();
        let (inputs, all) = self.whole_lane(lane);
        if !inputs.is_empty() {
            let extent = if all { Extent::Everything } else { Extent::Lane };
            self.merge(&inputs, extent, &mut report)?;
        }
        Ok(report)
    }

    /// The segments of a lane that can be merged, and whether nothing of it is anywhere else.
    fn whole_lane(&self, lane: u8) -> (Vec<Arc<Segment>>, bool) {
        let state = lock(&self.state);
        let in_lane = || state.segments.iter().filter(|segment| segment.summary.lane == lane);
        let whole: Vec<_> = in_lane().filter(|s| !s.in_memory() && !s.is_damaged()).cloned().collect();
        let elsewhere = !state.table.is_empty() || state.flushing.is_some() || !state.lost.is_empty();
        let all = whole.len() == in_lane().count() && !elsewhere;
        (whole, all)
    }

    /// Merges these segments and puts the result in their place; whether it went through.
    fn merge(&self, inputs: &[Arc<Segment>], extent: Extent, report: &mut CompactionReport) -> Result<bool, Error> {
        let before: u64 = inputs.iter().map(|input| input.length).sum();
        let (merge, path) = {
            let mut state = lock(&self.state);
            self.writable()?;
            let newest = (extent == Extent::Everything).then_some(state.newest_arrival);
            (self.compaction(state.catalog.clone(), inputs, newest), self.new_file(&mut state))
        };
        let merged = match merge.run(Some(path.clone()), Some(compaction::level(extent != Extent::Some, before))) {
            Ok(Merged::Done(merged)) => merged,
            Ok(Merged::Damaged | Merged::Stopped) => {
                // Whatever stays behind is removed at the next opening.
                let _ = self.options.disk.remove(&path);
                return Ok(false);
            }
            Err(error) if unreadable(inputs, &error) => return Ok(false),
            Err(error) => return self.writing(Err(error)),
        };
        report.merged += inputs.len();
        report.octets_before += before;
        report.octets_after += merged.as_ref().map_or(0, |segment| segment.length);
        report.written += usize::from(merged.is_some());
        self.replace(inputs, merged.into_iter().collect())?;
        Ok(true)
    }

    /// Puts segments in force in place of those that they were made of.
    pub(crate) fn replace(&self, inputs: &[Arc<Segment>], merged: Vec<Arc<Segment>>) -> Result<(), Error> {
        let synced = self.options.disk.sync_dir(&self.dir);
        self.writing(synced.map_err(|error| Error::Io { path: self.dir.clone(), error }))?;
        let mut state = lock(&self.state);
        self.writable()?;
        self.commit(&mut state, |manifest| {
            manifest.segments.retain(|name| !inputs.iter().any(|input| input.name == *name));
            manifest.segments.extend(merged.iter().map(|segment| segment.name.clone()));
        })?;
        let octets = merged.iter().map(|segment| segment.length).sum();
        self.merged_octets.fetch_add(octets, Ordering::Relaxed);
        state.segments.retain(|segment| !inputs.iter().any(|input| Arc::ptr_eq(input, segment)));
        state.segments.extend(merged);
        inputs.iter().for_each(|input| input.doom());
        Ok(())
    }

    /// Drop marks whose source no older segment mentions have done their work.
    fn forget_drops(&self, state: &mut State) -> Result<(), Error> {
        let needed = |mark: &DropMark| {
            !state.lost.is_empty()
                || state.segments.iter().any(|segment| {
                    segment.summary.last_sequence <= mark.sequence
                        && segment.summary.sources.contains_key(&mark.source.0)
                })
        };
        let left: Vec<DropMark> = state.manifest.drops.iter().copied().filter(needed).collect();
        if left.len() == state.manifest.drops.len() {
            return Ok(());
        }
        self.commit(state, |manifest| manifest.drops = left)
    }

    fn writable(&self) -> Result<(), Error> {
        match &self.role {
            Role::Reader { .. } => Err(Error::ReadOnly),
            Role::Writer { .. } if self.poisoned.load(Ordering::Relaxed) => Err(Error::Poisoned),
            Role::Writer { .. } => Ok(()),
        }
    }
}

/// Segments in memory to merge next in a lane, but for those that are being written.
fn memory_due(state: &State, lane: u8) -> Option<Vec<Arc<Segment>>> {
    let flushing = state.flushing.as_ref().map_or(&[][..], |flushing| &flushing.memory);
    let is_free =
        |segment: &&Arc<Segment>| segment.in_memory() && !flushing.iter().any(|taken| Arc::ptr_eq(taken, segment));
    let memory: Vec<_> = state.segments.iter().filter(is_free).cloned().collect();
    compaction::pick(&memory, lane)
}

fn replace_memory(state: &mut State, inputs: &[Arc<Segment>], merged: Option<Arc<Segment>>) {
    state.segments.retain(|segment| !inputs.iter().any(|input| Arc::ptr_eq(input, segment)));
    state.segments.extend(merged);
}

/// Whether it was an input that could not be read: then that one is left alone, and nothing is wrong with writing.
fn unreadable(inputs: &[Arc<Segment>], error: &Error) -> bool {
    let Error::Io { path, .. } = error else { return false };
    let unreadable = inputs.iter().find(|input| input.path == *path);
    unreadable.inspect(|input| input.mark_damaged()).is_some()
}
