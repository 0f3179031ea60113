//! What goes back to the SOC: which values, why, since when, and how to look for them.
//!
//! [`table()`] writes the words, defanged. [`queries()`] writes searches that can be run as they are, in the language and
//! with the names of fields that a [`Dialect`] gives. In all languages a host means itself and everything below it, an
//! address means itself alone, a prefix every address in it, and every other value itself.

mod dialect;
mod esql;
mod grep;
mod kql;
mod plan;
mod sigma;
mod spl;
mod table;
#[cfg(test)]
mod tests;

use model::{Indicator, Span, Time};

pub use dialect::{BadName, Class, Dialect, Language, Target};
pub use grep::fixed_strings;
pub use plan::{Queries, VALUES_MAX, queries};
pub use table::table;

/// One value of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The value.
    pub indicator: Indicator,
    /// Why it is in the answer, in words.
    pub reason: String,
    /// How sure: `related`, `probable`, `weak`, or what the team says.
    pub tier: Option<String>,
    /// When it was active, in order.
    pub active: Vec<Span>,
    /// From when on logs should be searched.
    pub search_from: Option<Time>,
    /// Why it should not be blocked as it is: what else would break.
    pub do_not_block: Vec<String>,
}
