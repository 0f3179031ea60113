//! What was seen on the Internet: an embedded, append-only, merging store of DNS tuples and registrations.
//!
//! It knows sources and times; it knows nothing of anybody's opinions, and every read names the sources that may be
//! read. It is **not** a general key-value store, and it does no network.
//!
//! Read in this order: `key` and `tuple` (what a row is), `sighting` (how two rows become one), `block`, `section` and `segment` (how rows
//! lie on disk), `cursor` and `race` (how they are read and merged), `record`, `arena`, `table`, `log` and `freeze` (how they come in), `manifest`, `store`
//! and `flush` (how a change becomes durable), `merging` (how segments become fewer), `snapshot`, `dns` and `registered`
//! (questions).
//!
//! The format is specified octet by octet in `docs/observation-format.md`.

mod arena;
mod backup;
mod batch;
mod block;
mod cache;
mod census;
mod check;
mod column;
mod compaction;
mod cursor;
pub mod disk;
mod dns;
#[cfg(test)]
mod document;
mod error;
mod filter;
mod flush;
mod forget;
mod found;
mod frame;
mod freeze;
#[doc(hidden)]
pub mod fuzz;
mod hash;
mod holding;
mod key;
mod log;
mod manifest;
pub mod measure;
mod merging;
mod network;
mod octets;
mod part;
pub mod proof;
mod query;
mod race;
mod reader;
mod record;
mod registered;
mod registration;
mod reparse;
mod section;
mod segment;
mod sighting;
mod sketch;
mod snapshot;
mod state;
mod stats;
mod store;
mod table;
mod tuple;
mod view;
pub mod workload;
mod writer;

/// The version that every file says it has. It is frozen: `docs/observation-format.md` says what that means.
pub(crate) const FORMAT: u32 = 1;

pub use backup::BackupReport;
pub use batch::{Appended, Batch, BatchId};
pub use census::Census;
pub use check::{CheckReport, Damage};
pub use compaction::CompactionReport;
pub use disk::{Disk, RealDisk};

pub use error::Error;
pub use forget::{ForgetReport, Forgotten};
pub use found::Found;
pub use holding::{Judge, PartQuery};
pub use network::NetworkVersion;
pub use query::{
    Arrival, Counts, Cursor, Fences, Interrupt, Matching, Novelty, Page, Population, Query, Record, Subject, ValueHit,
    ValueQuery, Version, Visited, ZonePopulation,
};
pub use reparse::{Parser, ReparseReport};
pub use snapshot::Snapshot;
pub use stats::{SpaceStats, Stats};
pub use store::{Options, Store};
