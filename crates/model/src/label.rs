//! Lists of values that are no indicators, or that nobody should block without thought.

use serde::{Deserialize, Serialize};

use crate::source::words;

/// How the entries of a list are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// Each as what it is: a host with everything below it, a prefix with what is in it, anything else as written.
    Value,
    /// Prefixes of addresses, or single addresses.
    Cidr,
    /// Hosts, and everything below them.
    Hostname,
    /// The whole value, or the host of a link; an entry that begins with a dot means everything below it.
    String,
    /// Anywhere in the value.
    Substring,
    /// Regular expressions, with or without slashes around them.
    Regex,
}

words!(Matching, "way of matching", "value, cidr, hostname, string, substring, regex",
    "value" => Matching::Value, "cidr" => Matching::Cidr, "hostname" => Matching::Hostname,
    "string" => Matching::String, "substring" => Matching::Substring, "regex" => Matching::Regex);
