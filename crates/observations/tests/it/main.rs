//! Proof of the observation store: against a plain map, against a file system that fails, beside other processes, and
//! through `kill -9`.
//!
//! `SPOOR_TEST_LONG=1` runs the long forms.

mod compare;
mod corpus;
mod cut;
mod damage;
mod forget;
mod frozen;
mod kill;
mod merge;
mod network;
mod process;
mod proof;
mod random;
mod reading;
mod retention;

use model::{Name, Readable};
use observations::{
    Options, Query, Snapshot, Store, Subject,
    proof::{chance, oracle},
};

/// Whether the long forms are asked for.
fn long() -> bool {
    std::env::var_os("SPOOR_TEST_LONG").is_some_and(|value| value == "1")
}

/// Small figures, so that little data makes many segments; nothing in the background, so that a run repeats.
fn options() -> Options {
    let (block_cache_bytes, index_cache_bytes) = (256 << 10, 64 << 10);
    Options { log_bytes: 64 << 10, block_cache_bytes, index_cache_bytes, background: false, ..Options::default() }
}

fn everything() -> Query {
    Query::new(Subject::Within(Name::root()), Readable::All, usize::MAX >> 1)
}

fn count_all(snapshot: &Snapshot) -> u64 {
    snapshot.count(&everything(), u64::MAX).expect("counts").tuples
}

#[track_caller]
fn assert_clean(store: &Store) {
    let report = store.check().expect("checked");
    assert!(report.damage.is_empty(), "{report:#?}");
}
