//! What the store knows at this moment: its manifest, its segments, and what came since the last flush.

use std::{collections::HashMap, path::Path, sync::Arc};

use model::{SuffixList, Time, time::DAY};

use crate::{
    batch::BatchId,
    cache::Cache,
    check::Damage,
    compaction::BATCH_DAYS,
    cursor::Skip,
    disk::Disk,
    error::Error,
    key::BATCH,
    manifest::Manifest,
    octets::Input,
    record,
    segment::Segment,
    table::{NewRow, Table},
    view::{AgeLimit, Catalog, Range, View},
};

/// So many rows go into the table together.
const TOGETHER: usize = 32;

/// What all states of an open store share.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    pub(crate) cache: Arc<Cache>,
    pub(crate) suffixes: Arc<SuffixList>,
}

/// What a flush takes away: a table, which nobody can read until it is written, or segments in memory, which stay.
#[derive(Clone, Debug)]
pub(crate) struct Flushing {
    pub(crate) table: Option<Arc<Table>>,
    pub(crate) memory: Vec<Arc<Segment>>,
    pub(crate) sequences: (u64, u64),
    /// The log after those that hold all of it.
    pub(crate) next_log: u64,
}

/// Everything that changes, behind one lock.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) manifest: Manifest,
    pub(crate) table: Table,
    /// First and last sequence number in the table and the segments in memory that no flush has taken.
    pub(crate) sequences: Option<(u64, u64)>,
    /// The number of the last batch.
    pub(crate) last_sequence: u64,
    /// What a flush is writing at this moment.
    pub(crate) flushing: Option<Flushing>,
    /// Segments on disk, then those in memory.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// Segments that the manifest names and that cannot be read.
    pub(crate) lost: Vec<Damage>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) cache: Arc<Cache>,
    /// Batches that are known, and when they arrived.
    pub(crate) batches: HashMap<BatchId, Time>,
    pub(crate) newest_arrival: i64,
    /// Damaged records of the log.
    pub(crate) log_damage: Vec<Damage>,
}

impl State {
    /// What a manifest describes; segments that are open already are taken from `open`.
    pub(crate) fn load(
        manifest: Manifest,
        disk: &Disk,
        dir: &Path,
        shelf: &Shelf,
        open: &[Arc<Segment>],
    ) -> Result<State, Error> {
        let Shelf { cache, suffixes } = shelf.clone();
        let newest_arrival = manifest.newest_arrival;
        let catalog = Arc::new(catalog_of(&manifest, suffixes, newest_arrival));
        let (mut segments, mut lost) = (Vec::new(), Vec::new());
        for name in &manifest.segments {
            if let Some(segment) = open.iter().find(|segment| segment.name == *name) {
                segments.push(segment.clone());
                continue;
            }
            match Segment::open(disk, dir, name) {
                Ok(segment) => segments.push(Arc::new(segment)),
                Err(Error::Corrupt { offset, what, .. }) => lost.push(Damage { file: name.clone(), offset, what }),
                Err(error) => return Err(error),
            }
        }
        let mut state = State {
            last_sequence: manifest.sequence,
            flushing: None,
            manifest,
            table: Table::default(),
            sequences: None,
            segments,
            lost,
            catalog,
            cache,
            batches: HashMap::new(),
            newest_arrival,
            log_damage: Vec::new(),
        };
        state.load_batches()?;
        Ok(state)
    }

    fn load_batches(&mut self) -> Result<(), Error> {
        let mut rows = self.view().scan(&Range::prefix(&[BATCH]), &Skip::nothing())?;
        while let Some(row) = rows.next()? {
            if let Some(id) = row.key.get(1..).and_then(|id| id.try_into().ok()) {
                self.batches.insert(BatchId(id), Time(row.sighting.first));
                self.note_arrival(row.sighting.first);
            }
        }
        self.forget_batches();
        Ok(())
    }

    /// Forgets the ids of old batches.
    pub(crate) fn forget_batches(&mut self) {
        let oldest = self.newest_arrival.saturating_sub(BATCH_DAYS * DAY);
        self.batches.retain(|_, arrived| arrived.0 >= oldest);
    }

    pub(crate) fn view(&self) -> View {
        View { segments: self.segments.clone(), catalog: self.catalog.clone(), cache: self.cache.clone() }
    }

    /// Takes the batches of a log record into the table; none where they do not parse.
    pub(crate) fn apply(&mut self, record: &[u8]) -> Option<()> {
        let mut input = Input(record);
        while !input.is_empty() {
            let mut batch = record::take_batch(&mut input)?;
            let (first, last) = self.sequences.unwrap_or((batch.sequence, batch.sequence));
            self.sequences = Some((first.min(batch.sequence), last.max(batch.sequence)));
            self.last_sequence = self.last_sequence.max(batch.sequence);
            self.note_arrival(batch.arrived.0);
            let hour = record::hour(batch.arrived);
            let counting = self.catalog.counting(Some(batch.source));
            let mut rows = Vec::with_capacity(TOGETHER);
            loop {
                rows.clear();
                while rows.len() < TOGETHER
                    && let Some(row) = batch.row()?
                {
                    rows.push(row);
                }
                if rows.is_empty() {
                    break;
                }
                self.table.warm(&rows);
                rows.iter().for_each(|row| self.table.insert(row, hour, counting, self.catalog.gap));
            }
            if let Some(id) = batch.id {
                self.batches.insert(id, batch.arrived);
                let (key, at) = ([&[BATCH][..], &id.0].concat(), batch.arrived.0);
                let row = NewRow { key: &key, first: at, last: at, count: 0, payload: &[] };
                self.table.insert(&row, hour, counting, self.catalog.gap);
            }
            input = batch.rest();
        }
        Some(())
    }

    /// Takes note of when a batch arrived: what sources keep for so many days ages by that, from hour to hour.
    fn note_arrival(&mut self, arrived: i64) {
        let before = self.newest_arrival;
        self.newest_arrival = before.max(arrived);
        let is_kept_for_days = self.manifest.sources.iter().any(|source| source.retention_days.is_some());
        if is_kept_for_days && record::hour(Time(before)) != record::hour(Time(self.newest_arrival)) {
            self.catalog = self.catalog_of(&self.manifest);
        }
    }

    fn catalog_of(&self, manifest: &Manifest) -> Arc<Catalog> {
        Arc::new(catalog_of(manifest, self.catalog.suffixes.clone(), self.newest_arrival))
    }

    /// Puts a changed manifest in force after it was written.
    pub(crate) fn adopt(&mut self, manifest: Manifest) {
        self.catalog = self.catalog_of(&manifest);
        self.manifest = manifest;
    }

    /// Octets of memory in the table and the segments in memory.
    pub(crate) fn memory(&self) -> usize {
        let frozen = self.segments.iter().filter(|segment| segment.in_memory());
        self.table.size() + frozen.map(|segment| segment.length as usize).sum::<usize>()
    }
}

fn catalog_of(manifest: &Manifest, suffixes: Arc<SuffixList>, newest_arrival: i64) -> Catalog {
    Catalog {
        sources: manifest.sources.clone(),
        drops: manifest.drops.clone(),
        ages: ages(manifest, newest_arrival),
        gap: manifest.gap,
        suffixes,
    }
}

/// Age limits as they were set, and those of sources that are kept for so many days before the newest arrival.
fn ages(manifest: &Manifest, newest_arrival: i64) -> Vec<AgeLimit> {
    let now = record::hour(Time(newest_arrival));
    let kept = manifest.sources.iter().filter_map(|source| {
        let last_seen = Time(now.saturating_sub(i64::from(source.retention_days?) * DAY));
        Some(AgeLimit { source: source.id, last_seen })
    });
    manifest.ages.iter().copied().chain(kept).collect()
}
