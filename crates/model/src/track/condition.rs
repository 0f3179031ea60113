//! The tree of a query.

use regex::{Regex, RegexBuilder};

use super::{Near, Place, Records};
use crate::{
    address::Prefix,
    query::Moment,
    record_type::RecordType,
    registration::{Role, State},
    source::words,
};

/// The largest compiled regular expression, in octets.
const PATTERN_OCTETS_MAX: usize = 256 << 10;

/// Conditions joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clause {
    /// All of them; at least two.
    All(Vec<Clause>),
    /// One of them; at least two.
    Any(Vec<Clause>),
    /// Not this.
    Not(Box<Clause>),
    /// This.
    Is(Condition),
}

/// One condition on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A text at a place.
    Text {
        /// Where.
        place: Place,
        /// In which role; in any where none.
        role: Option<Role>,
        /// What it must be.
        test: Test,
    },
    /// What the answer says of the domain.
    State(State),
    /// When something happened to a registration.
    Moment {
        /// What.
        event: Event,
        /// Before or not.
        order: Order,
        /// The moment; a relative one is seen from when the record was so.
        moment: Moment,
    },
    /// A DNS record whose data are an address in this prefix.
    Address(Prefix),
    /// A DNS record of this type.
    Type(RecordType),
    /// A record of a domain that no readable source had before.
    FirstSeenHere,
}

/// What a text must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// This.
    Equal(Box<str>),
    /// Begin with this.
    Prefix(Box<str>),
    /// End with this.
    Suffix(Box<str>),
    /// Hold this; at least three characters.
    Substring(Box<str>),
    /// Be this name or one below it.
    Within(Box<str>),
    /// Be nearly this.
    Near(Box<Near>),
    /// Fit this regular expression.
    Pattern(Box<Pattern>),
}

/// A moment in the life of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// It was registered.
    Created,
    /// It ends.
    Expires,
}

words!(Event, "moment", "created, expires", "created" => Event::Created, "expires" => Event::Expires);

/// On which side of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Before it.
    Before,
    /// At it or later.
    From,
}

words!(Order, "order", "<, >=", "<" => Order::Before, ">=" => Order::From);

/// A regular expression that takes time linear in the text, without regard to case.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.regex.as_str() == other.regex.as_str()
    }
}

impl Eq for Pattern {}

impl Pattern {
    /// Compiles one; says in a line why it cannot.
    pub fn new(text: &str) -> Result<Pattern, String> {
        let regex = RegexBuilder::new(text)
            .case_insensitive(true)
            .size_limit(PATTERN_OCTETS_MAX)
            .dfa_size_limit(PATTERN_OCTETS_MAX)
            .build();
        let why = |error: regex::Error| match error {
            regex::Error::CompiledTooBig(_) => "it is too large when compiled".to_owned(),
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        regex.map(|regex| Pattern { regex }).map_err(why)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        self.regex.as_str()
    }

    /// Whether a value fits.
    pub fn fits(&self, value: &str) -> bool {
        self.regex.is_match(value)
    }
}

impl Clause {
    /// Which kinds of records it can be true of.
    pub fn records(&self) -> Records {
        match self {
            Clause::All(all) => all.iter().fold(Records::ALL, |records, clause| records.and(clause.records())),
            Clause::Any(any) => any.iter().fold(Records::NONE, |records, clause| records.or(clause.records())),
            Clause::Not(_) => Records::ALL,
            Clause::Is(condition) => condition.records(),
        }
    }

    /// Whether something must hold, and not only be missing.
    pub fn is_anchored(&self) -> bool {
        match self {
            Clause::All(all) => all.iter().any(Clause::is_anchored),
            Clause::Any(any) => any.iter().all(Clause::is_anchored),
            Clause::Not(_) => false,
            Clause::Is(_) => true,
        }
    }

    /// Whether this is true of one of its conditions.
    pub fn any(&self, test: &dyn Fn(&Condition) -> bool) -> bool {
        match self {
            Clause::All(clauses) | Clause::Any(clauses) => clauses.iter().any(|clause| clause.any(test)),
            Clause::Not(clause) => clause.any(test),
            Clause::Is(condition) => test(condition),
        }
    }
}

impl Condition {
    /// The kinds of records that it can be true of.
    pub fn records(&self) -> Records {
        match self {
            Condition::Text { place, .. } => place.records(),
            Condition::State(_) | Condition::Moment { .. } => Records::REGISTRATIONS,
            Condition::Address(_) | Condition::Type(_) => Records::DNS,
            Condition::FirstSeenHere => Records::ALL,
        }
    }

    /// How dear it is to ask, beside an equal text.
    pub fn cost(&self) -> u32 {
        match self {
            Condition::Text { test: Test::Pattern(_), .. } => 32,
            Condition::Text { test: Test::Near(_), .. } => 16,
            Condition::Text { test: Test::Substring(_) | Test::Suffix(_) | Test::Prefix(_), .. } => 4,
            Condition::FirstSeenHere => 16,
            _ => 1,
        }
    }
}
