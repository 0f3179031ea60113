//! The query language: one for lists, the API and saved searches, in the manner of ThreatConnect's TQL.
//!
//! `type in (host, address) and rating >= 3 and lastSeen > -30d and hasGroup(type = adversary and name ~ "bear")`
//!
//! A query is about one [`Subject`]: an indicator as one owner holds it, or a group. [`parse()`] makes a [`Query`] of a
//! text, every value already of the type that its field has; what the fields are stands in one table a subject
//! ([`fields`]), from which the parser, its messages, [`completions`] and `docs/query.md` are made. A query is then
//! compiled to SQL (elsewhere), or asked of a row in memory by [`Query::matches`], which says what a query *means*.
//!
//! **Two values, not three.** A field holds no value, one, or several. A positive operator is true where one of the
//! field's values fits; so on an absent value it is false. `!=`, `!~` and everything that begins with `not` is true
//! exactly where its positive form is false; so on an absent value it is true.
//!
//! **Text** compares without regard to case (`str::to_lowercase`). The one exception is `value` with `=` and `in`:
//! it compares exactly with [`spellings`]. IPv4 addresses stand among those of IPv6 as their mapped ones (RFC 4291
//! §2.5.5.2), so `under = ::/0` is every address.

mod complete;
pub(crate) mod error;
mod evaluate;
mod parse;
mod row;
mod schema;
pub(crate) mod token;
pub(crate) mod value;
mod write;

pub use complete::{Completions, completions};
pub use error::QueryError;
pub use parse::parse;
pub use row::{GroupRow, IndicatorRow, Row};
pub use schema::{Condition, Field, FieldInfo, Kind, Operator, Presence, fields};
pub use value::{Moment, Value, spellings};

/// What a query is about: an indicator as one owner holds it, or a group.
pub use crate::object::ObjectType as Subject;

/// The longest text of a query, in octets, as written and in its canonical form.
pub const TEXT_OCTETS_MAX: usize = 4096;
/// The most conditions in a query, `has…(…)` included.
pub const CONDITIONS_MAX: usize = 64;
/// How deep parentheses, `not` and `has…(…)` may stand in each other.
pub const DEPTH_MAX: usize = 12;
/// How deep `has…(…)` may stand in each other.
pub const NESTING_MAX: usize = 3;
/// The most values in a list.
pub const VALUES_MAX: usize = 1000;

/// What is asked of a row. Its subject is not written into it: what it is asked of decides, and `HasGroup` and
/// `HasIndicator` change it for what stands in them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Query {
    /// Nothing: every row fits. [`parse()`] makes it of an empty text and of empty parentheses after `has…`.
    #[default]
    All,
    /// All of them; of [`parse()`] at least two, none of them an `And`.
    And(Vec<Query>),
    /// One of them; of [`parse()`] at least two, none of them an `Or`.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
    /// A field's value.
    Condition(Condition),
    /// A group for which this is true is associated, in either direction.
    HasGroup(Box<Query>),
    /// An indicator for which this is true is associated, in either direction.
    HasIndicator(Box<Query>),
}
