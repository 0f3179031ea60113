//! The public suffix list and registrable domains.
//!
//! A registrable domain is a public suffix and one label more (publicsuffix.org, "Format"). The list has two sections,
//! told apart here: under an *ICANN* suffix somebody registered the domain; under a *private* one (dynamic DNS,
//! hosting) a customer was given it, and registration data say nothing about them.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use crate::name::Name;

/// A registrable domain and how it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registrable {
    /// The suffix and one label more.
    pub domain: Name,
    /// How many labels the suffix has.
    pub suffix_labels: usize,
    /// Whether the suffix stands in the private section.
    pub private: bool,
}

/// A parsed public suffix list.
#[derive(Debug)]
pub struct SuffixList {
    rules: HashMap<Box<[u8]>, Rules>,
    version: String,
}

#[derive(Clone, Copy, Debug, Default)]
struct Rules {
    exact: Option<Section>,
    wildcard: Option<Section>,
    exception: Option<Section>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Icann,
    Private,
}

impl SuffixList {
    /// The list inside the binary.
    pub fn bundled() -> Arc<SuffixList> {
        static BUNDLED: LazyLock<Arc<SuffixList>> =
            LazyLock::new(|| Arc::new(SuffixList::parse(include_str!("../data/public_suffix_list.dat"))));
        BUNDLED.clone()
    }

    /// Parses a list in the format of publicsuffix.org; lines that are no rule are skipped.
    pub fn parse(text: &str) -> SuffixList {
        let mut list = SuffixList { rules: HashMap::new(), version: "unknown".into() };
        let mut section = Section::Icann;
        for line in text.lines().map(str::trim) {
            if let Some(comment) = line.strip_prefix("//") {
                if comment.contains("BEGIN PRIVATE DOMAINS") {
                    section = Section::Private;
                } else if let Some(version) = comment.trim().strip_prefix("VERSION: ") {
                    list.version = version.into();
                }
            } else if let Some(rule) = line.split_whitespace().next() {
                list.add(rule, section);
            }
        }
        list
    }

    /// What the list calls its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    fn add(&mut self, rule: &str, section: Section) {
        let (base, kind) = match (rule.strip_prefix('!'), rule.strip_prefix("*.")) {
            (Some(base), _) => (base, 2),
            (_, Some(base)) => (base, 1),
            _ => (rule, 0),
        };
        let Ok(name) = Name::from_unicode(base) else { return };
        let rules = self.rules.entry(name.as_wire().into()).or_default();
        *[&mut rules.exact, &mut rules.wildcard, &mut rules.exception][kind] = Some(section);
    }

    /// The registrable domain of a name; none for a public suffix itself and for the root.
    pub fn registrable(&self, name: &Name) -> Option<Registrable> {
        let labels = name.label_count();
        let (suffix_labels, section) = self.suffix(name.as_wire(), labels);
        (labels > suffix_labels).then(|| Registrable {
            domain: name.suffix(suffix_labels + 1),
            suffix_labels,
            private: section == Section::Private,
        })
    }

    /// Where in the wire form of `name` its registrable domain begins; the cheap form for hot paths.
    pub fn registrable_offset(&self, name: &Name) -> Option<usize> {
        let labels = name.label_count();
        let (suffix_labels, _) = self.suffix(name.as_wire(), labels);
        let skip = labels.checked_sub(suffix_labels + 1)?;
        let wire = name.as_wire();
        Some((0..skip).fold(0, |at, _| at + 1 + usize::from(wire[at])))
    }

    /// Whether the list has the last label of a name; without a rule of its own any label would do as a suffix.
    pub fn has_top(&self, name: &Name) -> bool {
        name.label_count() > 0 && self.rules.contains_key(name.suffix(1).as_wire())
    }

    /// The prevailing rule: an exception beats all, else the longest match, else `*`.
    fn suffix(&self, wire: &[u8], labels: usize) -> (usize, Section) {
        let (mut at, mut left) = (0, labels);
        while left > 0 {
            let rules = self.rules.get(&wire[at..]).copied().unwrap_or_default();
            // Names get shorter, so the first match is the longest; a wildcard matches one label more than it stands at.
            if let Some(section) = rules.exception {
                return (left - 1, section);
            }
            if let Some(section) = rules.wildcard.filter(|_| left < labels) {
                return (left + 1, section);
            }
            if let Some(section) = rules.exact {
                return (left, section);
            }
            at += 1 + usize::from(wire[at]);
            left -= 1;
        }
        (1, Section::Icann)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_top_level_domains_from_endings_of_files() {
        let list = SuffixList::bundled();
        let has = |name: &str| list.has_top(&name.parse().unwrap());
        assert!(has("a.com") && has("a.uk") && has("com"));
        assert!(!has("report.docx") && !has("a.example") && !has("."));
    }

    /// The vectors published with the list (`tests/test_psl.txt`, CC0).
    #[test]
    fn published_vectors() {
        let list = SuffixList::bundled();
        let mut checked = 0;
        for line in include_str!("../tests/test_psl.txt").lines() {
            let Some(inner) = line.trim().strip_prefix("checkPublicSuffix(").and_then(|l| l.strip_suffix(");")) else {
                continue;
            };
            let (input, expected) = inner.split_once(", ").unwrap();
            let unquote = |text: &str| text.trim_matches('\'').parse::<Name>().ok();
            let found = unquote(input).filter(|_| !input.starts_with("'.")).and_then(|name| list.registrable(&name));
            let expected = if expected == "null" { None } else { unquote(expected) };
            assert_eq!(found.map(|r| r.domain), expected, "{line}");
            checked += 1;
        }
        assert!(checked > 70, "{checked}");
    }

    #[test]
    fn private_section_told_apart() {
        let list = SuffixList::bundled();
        let of = |text: &str| list.registrable(&text.parse().unwrap()).unwrap();
        assert!(of("www.someone.github.io").private);
        assert!(!of("www.example.co.uk").private);
        assert_eq!(of("www.example.co.uk").domain.to_string(), "example.co.uk");
        let name: Name = "www.example.co.uk".parse().unwrap();
        assert_eq!(list.registrable_offset(&name), Some(4));
    }
}
