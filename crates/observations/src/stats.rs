//! What the store is made of, in numbers.

use std::sync::atomic::Ordering;

use crate::{
    error::Error,
    key::{self, LANES},
    log,
    store::Store,
};

/// A key space and its size on disk and in memory segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpaceStats {
    /// What it holds, in words.
    pub name: &'static str,
    /// Rows; one that stands in several segments counts in each.
    pub rows: u64,
    /// Octets of its blocks.
    pub octets: u64,
}

/// A store in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sources known.
    pub sources: usize,
    /// Segments on disk.
    pub segments: usize,
    /// Octets of segments on disk, everything included.
    pub octets: u64,
    /// Octets of the log.
    pub log_octets: u64,
    /// About how much memory rows take that are not in segments on disk.
    pub memory_octets: usize,
    /// The number of the last batch.
    pub sequence: u64,
    /// Segments that cannot be read, and damaged log records.
    pub damaged: usize,
    /// Each key space.
    pub spaces: Vec<SpaceStats>,
    /// Segments of each lane, largest first, in octets: forward, inverse, registrations.
    pub lanes: Vec<Vec<u64>>,
    /// Octets of segments written from memory since the store was opened.
    pub flushed_octets: u64,
    /// Octets of segments written by merging since the store was opened.
    pub merged_octets: u64,
}

impl Stats {
    /// How often what came from memory was written since the store was opened, in all; none where nothing came.
    pub fn write_amplification(&self) -> Option<f64> {
        let written = self.flushed_octets + self.merged_octets;
        (self.flushed_octets > 0).then(|| written as f64 / self.flushed_octets as f64)
    }
}

impl Store {
    /// What the store is made of.
    pub fn stats(&self) -> Result<Stats, Error> {
        let mut stats = self.with_state(|state| {
            let mut stats = Stats {
                sources: state.manifest.sources.len(),
                memory_octets: state.memory(),
                sequence: state.last_sequence,
                damaged: state.lost.len() + state.log_damage.len(),
                spaces: SPACES.iter().map(|(name, _)| SpaceStats { name, rows: 0, octets: 0 }).collect(),
                lanes: vec![Vec::new(); LANES.into()],
                ..Stats::default()
            };
            for segment in &state.segments {
                for (space, (_, number)) in stats.spaces.iter_mut().zip(SPACES) {
                    space.rows += segment.summary.rows[usize::from(*number)];
                    space.octets += segment.summary.octets[usize::from(*number)];
                }
                if !segment.in_memory() {
                    stats.segments += 1;
                    stats.octets += segment.length;
                    stats.lanes[usize::from(segment.summary.lane.min(LANES - 1))].push(segment.length);
                }
            }
            stats
        });
        stats.lanes.iter_mut().for_each(|lane| lane.sort_by_key(|octets| std::cmp::Reverse(*octets)));
        stats.log_octets = self.log_octets()?;
        stats.flushed_octets = self.shared().flushed_octets.load(Ordering::Relaxed);
        stats.merged_octets = self.shared().merged_octets.load(Ordering::Relaxed);
        Ok(stats)
    }

    fn log_octets(&self) -> Result<u64, Error> {
        let io = |error| Error::Io { path: self.dir().to_path_buf(), error };
        let names = self.disk().list(self.dir()).map_err(io)?;
        let logs = names.iter().filter(|name| log::number(name).is_some());
        // A log may be replaced by segments between the two looks.
        Ok(logs.filter_map(|name| self.disk().open(&self.dir().join(name)).ok()?.length().ok()).sum())
    }
}

const SPACES: &[(&str, u8)] = &[
    ("forward", key::FORWARD),
    ("names", key::NAME),
    ("domains", key::DOMAIN),
    ("arrivals", key::ARRIVAL),
    ("batches", key::BATCH),
    ("inverse", key::INVERSE),
    ("registrations", key::REGISTRATION),
    ("values", key::VALUE),
    ("e-mails reversed", key::EMAIL),
    ("raw answers", key::RAW),
    ("networks", key::NETWORK),
];
