//! Where observations come from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::exposure::Exposure;

/// The number of a source in one store; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SourceId(pub u32);

/// What kind of thing a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// The team's own passive DNS sensor.
    Sensor,
    /// A zone file; its times answer as `zone_time_*`.
    Zone,
    /// Our own active look-ups; they never move what was passively observed.
    Lookup,
    /// Somebody's service.
    Provider,
    /// Files that were brought in.
    Import,
}

/// How counts of a source merge; fixed when the source is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Counting {
    /// A stream of sightings: counts add.
    Stream,
    /// Cumulative figures of somebody else: the largest stands.
    Statement,
}

/// A source of observations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its number in this store.
    pub id: SourceId,
    /// Its name, unique in this store: lower-case letters, digits, `-`, `_` and `.`, at most 64.
    pub name: String,
    /// What kind of thing it is.
    pub kind: SourceKind,
    /// How its counts merge.
    pub counting: Counting,
    /// Who learns of a question to it.
    pub exposure: Exposure,
    /// Whether it measures a population, so that counts over it mean something.
    pub population: bool,
    /// Under which terms its data stand, as free text.
    pub licence: Option<String>,
    /// How many days after they were last seen its observations are kept; none for ever.
    pub retention_days: Option<u32>,
}

/// Text that is none of the words it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{given}`: one of {known}")]
pub struct UnknownWord {
    what: &'static str,
    given: String,
    known: &'static str,
}

macro_rules! words {
    ($type:ty, $what:literal, $known:literal, $($word:literal => $variant:path),+ $(,)?) => {
        impl $type {
            /// The word for it, as written in files, options and answers.
            pub fn as_str(self) -> &'static str {
                match self { $($variant => $word),+ }
            }

            /// All of them, in their order.
            pub const ALL: &[$type] = &[$($variant),+];
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::source::UnknownWord;

            fn from_str(text: &str) -> Result<$type, $crate::source::UnknownWord> {
                match text {
                    $($word => Ok($variant),)+
                    _ => Err($crate::source::UnknownWord::new($what, text, $known)),
                }
            }
        }
    };
}
pub(crate) use words;

impl UnknownWord {
    pub(crate) fn new(what: &'static str, given: &str, known: &'static str) -> UnknownWord {
        UnknownWord { what, given: given.chars().take(40).collect(), known }
    }
}

words!(SourceKind, "kind of source", "sensor, zone, lookup, provider, import",
    "sensor" => SourceKind::Sensor, "zone" => SourceKind::Zone, "lookup" => SourceKind::Lookup,
    "provider" => SourceKind::Provider, "import" => SourceKind::Import);
words!(Counting, "way of counting", "stream, statement",
    "stream" => Counting::Stream, "statement" => Counting::Statement);

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether `name` may be the name of a source.
pub fn is_source_name(name: &str) -> bool {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'-' | b'_' | b'.');
    (1..=64).contains(&name.len()) && name.bytes().all(allowed)
}
