//! What may be imported, and where each row came from: the rows of a file, or of a look-up, a pivot or a hunt.
//!
//! What was looked up is asked again when it is imported, so that the evidence holds the counts and denominators that
//! the engine saw, not those that a client claims to have seen.

mod file;
mod observed;

use formats::{Remark, list::Refusal};

pub use file::{Form, Reading};
pub(crate) use observed::values_of;
pub use observed::{Chosen, of_hunt, of_lookup, of_pivot};

use super::import::Offered;

/// Rows that are offered.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// From where, in words: "pivot along address from seed.example", "list.csv".
    pub origin: String,
    /// The rows.
    pub rows: Vec<Offered>,
    /// Lines that say nothing that can be taken, the first of them.
    pub refused: Vec<Refusal>,
    /// How many more.
    pub refused_more: usize,
    /// What the reader should know about the whole.
    pub remarks: Vec<Remark>,
}
