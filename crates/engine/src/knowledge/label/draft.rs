//! A list on its way in.

use std::collections::BTreeSet;

use formats::misp::warninglist::{self, Warninglist};
use model::{IndicatorType, label::Matching};

use super::matcher::{pattern, prefix};

/// A list as it is brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What standing on it means.
    pub description: String,
    /// How its entries are meant.
    pub matching: Matching,
    /// The types of indicators that it is for; all where empty.
    pub types: BTreeSet<IndicatorType>,
    /// Its publisher's version.
    pub version: u64,
    /// The entries.
    pub entries: Vec<String>,
}

impl Draft {
    /// Own values, each taken as what it is.
    pub fn values(name: impl Into<String>, description: impl Into<String>, entries: Vec<String>) -> Draft {
        let (name, description) = (name.into(), description.into());
        Draft { name, description, matching: Matching::Value, types: BTreeSet::new(), version: 0, entries }
    }

    /// A warninglist; none where it is for nothing that can be an indicator here.
    pub fn warninglist(list: Warninglist) -> Option<Draft> {
        let types = list.types();
        let matching = match list.matching {
            warninglist::Matching::Cidr => Matching::Cidr,
            warninglist::Matching::Hostname => Matching::Hostname,
            warninglist::Matching::String => Matching::String,
            warninglist::Matching::Substring => Matching::Substring,
            warninglist::Matching::Regex => Matching::Regex,
        };
        let Warninglist { name, description, version, values: entries, .. } = list;
        (!types.is_empty()).then_some(Draft { name, description, matching, types, version, entries })
    }

    /// The entries that can be read, one a line, their number, and how many cannot.
    pub(super) fn written(&self) -> (String, u64, u64) {
        let (mut text, mut count, mut left_out) = (String::new(), 0, 0);
        for entry in self.entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
            if entry.contains(['\n', '\r', '\0']) || !readable(self.matching, entry) {
                left_out += 1;
                continue;
            }
            text.push_str(entry);
            text.push('\n');
            count += 1;
        }
        (text, count, left_out)
    }
}

fn readable(matching: Matching, entry: &str) -> bool {
    match matching {
        Matching::Cidr => prefix(entry).is_some(),
        Matching::Regex => pattern(entry).is_some(),
        _ => entry.len() <= usize::from(u16::MAX),
    }
}
