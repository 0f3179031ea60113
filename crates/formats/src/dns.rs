//! DNS messages as they stand on the wire (RFC 1035 §4), and which of their answers are worth remembering.
//!
//! A *message* is a header of twelve octets, a question, and three sections of records: the answer, the authority that
//! stands behind it, and additional data. Names may end in a pointer to an earlier name (§4.1.4), so that a record can
//! only be read with the whole message at hand; pointers that do not lead strictly backwards are refused, which makes
//! reading linear and loops impossible.
//!
//! What a passive DNS keeps is less than what is said: [`select`] takes the answers that belong to the question and
//! that the one who says them has a say in (*bailiwick*), and names the reason for everything else.

mod data;
mod message;
mod name;
mod select;

pub use data::DATA_OCTETS_MAX;
pub use message::{Message, MessageError, Question, Record, Section};
pub use name::WireName;
pub use select::{Answer, Asked, LINKS_MAX, Reason, Refused, select};
