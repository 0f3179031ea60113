//! Tracks: standing queries over registrations and DNS.
//!
//! [`model::TrackQuery::matches`] alone decides whether a Track is true of a record. With a hundred thousand Tracks and
//! a stream of records nobody can ask each of each, so [`Index`] proposes: a query is registered under terms of which
//! every record that it is true of holds at least one (`term`), and a record proposes the queries whose terms it holds.
//! Elasticsearch calls this percolation, Lucene's Monitor a presearcher.
//!
//! Read in this order: `term` (what a query needs), `posting` (equal terms, by hash), `literal` (parts of texts, by one
//! automaton a field), [`Index`], `judge` (what a record says beside what was known), [`Watch`] (the order of a batch).

mod gate;
mod index;
mod judge;
mod keep;
mod literal;
mod posting;
pub mod preview;
mod privacy;
pub mod propose;
mod scan;
pub mod search;
mod term;
mod watch;

pub use gate::Gate;
pub use index::{Index, IndexFull, Scratch};
pub use keep::{Changed, Coverage, HITS_MAX, NewTrack, TRACKS_MAX};
pub use privacy::CONTACT_DAYS;
pub use watch::{Judged, Watch, keep};
