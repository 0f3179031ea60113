//! Tracks: standing queries over registrations and DNS.
//!
//! [`model::TrackQuery::matches`] alone decides whether a Track is true of a record. With a hundred thousand Tracks and
//! a stream of records nobody can ask each of each, so [`Index`] proposes: a query is registered under terms of which
//! every record that it is true of holds at least one (`term`), and a record proposes the queries whose terms it holds.
//! Elasticsearch calls this percolation, Lucene's Monitor a presearcher.
//!
//! Read in this order: `term` (what a query needs), `posting` (equal terms, by hash), `literal` (parts of texts, by one
//! automaton a field), [`Index`].

mod index;
mod literal;
mod posting;
mod term;

pub use index::{Index, IndexFull, Scratch};
