//! What was seen on the Internet: an embedded, append-only, merging store of DNS tuples and registrations.
//!
//! It knows sources and times; it knows nothing of anybody's opinions, and every read names the sources that may be
//! read. It is **not** a general key-value store, and it does no network.
//!
//! The format is specified byte by byte in `docs/observation-format.md`.

mod batch;
pub mod disk;
mod error;
mod query;
pub mod workload;

pub use batch::{Appended, Batch, BatchId};
pub use disk::{Disk, RealDisk};
pub use error::Error;
pub use query::{
    Arrival, Counts, Cursor, Fences, Interrupt, Matching, Novelty, Page, Population, Query, Record, Subject, ValueHit,
    ValueQuery, Version,
};
