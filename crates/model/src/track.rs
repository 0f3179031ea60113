//! Tracks: questions that stand over every record that arrives.
//!
//! A Track is a query over registrations and DNS, `email = "a@b.example" and registrant.org ~ "widgets"`, that is
//! asked once of everything known and from then on of each record as it comes. Products sell it as a daily job over
//! somebody else's data; here **one pure function decides**, [`TrackQuery::matches`], for reverse WHOIS, for the first
//! run and for the stream. Whatever finds candidates faster only proposes.
//!
//! **One record at a time.** A query is true of one [`Arriving`] record: one version of a registration, or one DNS
//! tuple. So `email = … and registrant.org = …` asks for both in the same version, and a condition on registrations
//! can never be true together with one on DNS: the parser says so.
//!
//! **Two values, not three**, as in [`crate::query`]: a condition on what a record does not have is false, and `not` is
//! true exactly where what stands in it is false. Redacted and proxy values are no values, so no Track matches the
//! world.
//!
//! **Folding.** Texts are compared as [`crate::atom`] folds them, in lower case: see [`Place`].
//!
//! Read in this order: [`Clause`] and [`Condition`] (the tree), [`Arriving`] (what is asked), `evaluate` (what it
//! means), `parse` and `write` (its text).

mod arriving;
mod complete;
mod condition;
mod evaluate;
mod near;
mod parse;
mod place;
mod standing;
mod write;

pub use arriving::{Arriving, Held};
pub use complete::completions;
pub use condition::{Clause, Condition, Event, Order, Pattern, Test};
pub use evaluate::{Matched, ends_label};
pub use near::{Near, distance_within};
pub use place::{Place, Records};
pub use standing::{Hit, HitKind, Track, Triage};

use crate::query::QueryError;

/// The longest text of a query, in octets.
pub const TEXT_OCTETS_MAX: usize = 4096;
/// The most conditions in a query, every value of a list counted.
pub const CONDITIONS_MAX: usize = 128;
/// How deep parentheses and `not` may stand in each other.
pub const DEPTH_MAX: usize = 12;
/// The most that the conditions of a query may cost together; see [`Condition::cost`].
pub const COST_MAX: u32 = 256;
/// The fewest characters that a substring may have.
pub const SUBSTRING_CHARS_MIN: usize = 3;

/// Which versions of a registration are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// What is so now: the newest version of each domain.
    #[default]
    Current,
    /// What ever was so.
    Historic,
}

/// A query over registrations and DNS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackQuery {
    /// Which versions are asked; written as the word `historic` in front.
    pub scope: Scope,
    /// What is asked.
    pub clause: Clause,
}

impl TrackQuery {
    /// Reads a query.
    pub fn parse(text: &str) -> Result<TrackQuery, QueryError> {
        parse::parse(text)
    }

    /// Which kinds of records it can be true of.
    pub fn records(&self) -> Records {
        self.clause.records()
    }

    /// Whether it asks if a domain is new here, which costs a look-up.
    pub fn asks_novelty(&self) -> bool {
        self.clause.any(&|condition| *condition == Condition::FirstSeenHere)
    }
}

impl std::str::FromStr for TrackQuery {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<TrackQuery, QueryError> {
        TrackQuery::parse(text)
    }
}
