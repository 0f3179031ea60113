//! Warninglists (MISP/misp-warninglists): values that are no indicators, or that nobody should block without thought.

use std::collections::BTreeSet;

use model::IndicatorType;
use serde::Deserialize;

use super::event::type_of;

/// How many values a list may have; what stands beyond is left out.
pub const VALUES_MAX: usize = 2_000_000;
/// The longest value, in octets; longer ones are left out.
const VALUE_OCTETS_MAX: usize = 8192;

/// How the values of a list are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Matching {
    /// Prefixes of addresses, or single addresses.
    Cidr,
    /// Hosts, and everything below them; a value that begins with a dot says so itself.
    Hostname,
    /// The whole value, as written.
    String,
    /// Anywhere in the value.
    Substring,
    /// Regular expressions, with or without slashes around them.
    Regex,
}

/// A warninglist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warninglist {
    /// Its name.
    pub name: String,
    /// What being on it means.
    pub description: String,
    /// Its version; by convention a date.
    pub version: u64,
    /// How its values are meant.
    pub matching: Matching,
    /// Which MISP attribute types it is for; none for all.
    pub attributes: Vec<String>,
    /// The values, trimmed; empty ones are left out.
    pub values: Vec<String>,
    /// How many values were left out because of a limit.
    pub left_out: usize,
}

impl Warninglist {
    /// The types of indicators that it is for; none of them where it is for something else, all where it does not say.
    pub fn types(&self) -> BTreeSet<IndicatorType> {
        if self.attributes.is_empty() {
            return IndicatorType::ALL.iter().copied().collect();
        }
        self.attributes.iter().flat_map(|attribute| attribute.split('|')).filter_map(type_of).collect()
    }
}

#[derive(Deserialize)]
struct Raw {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    version: serde_json::Value,
    #[serde(rename = "type")]
    matching: Matching,
    #[serde(default)]
    matching_attributes: Vec<String>,
    list: Vec<String>,
}

/// Reads a `list.json`. The error says what is wrong with it.
pub fn read(octets: &[u8]) -> Result<Warninglist, String> {
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let raw: Raw = serde_json::from_slice(octets).map_err(|error| format!("not a warninglist: {error}"))?;
    let given = raw.list.len();
    let mut empty = 0;
    let mut values = raw.list;
    values.retain_mut(|value| {
        *value = value.trim().to_owned();
        empty += usize::from(value.is_empty());
        !value.is_empty() && value.len() <= VALUE_OCTETS_MAX
    });
    values.truncate(VALUES_MAX);
    Ok(Warninglist {
        name: raw.name,
        description: raw.description,
        version: raw.version.as_u64().or_else(|| raw.version.as_str()?.parse().ok()).unwrap_or(0),
        matching: raw.matching,
        attributes: raw.matching_attributes,
        left_out: given - empty - values.len(),
        values,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_list() {
        let text = br#"{"name":"Widgets","description":"Makers of widgets","version":20240615,"type":"hostname",
            "matching_attributes":["hostname","url"],"list":["widgets.example"," .gadgets.example ",""]}"#;
        let list = read(text).unwrap();
        assert_eq!((list.matching, list.version, list.left_out), (Matching::Hostname, 20_240_615, 0));
        assert_eq!(list.values, ["widgets.example", ".gadgets.example"]);
        assert!(read(br#"{"name":"x","type":"colour","list":[]}"#).unwrap_err().contains("colour"));
    }
}
