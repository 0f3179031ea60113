//! Which values go into which query.

use std::collections::BTreeMap;

use model::{Indicator, Prefix, Time};

use super::{Class, Dialect, Language, esql, grep, kql, sigma, spl};

/// How many values stand in one query; more make further queries.
pub const VALUES_MAX: usize = 500;

/// Queries that are ready to run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    /// The queries, each complete.
    pub texts: Vec<String>,
    /// Values that no query looks for, and why.
    pub left_out: Vec<(Indicator, &'static str)>,
}

/// A value, and the fields to look for it in.
type Wanted<'a> = (Class, &'a [String], &'a Indicator);

/// The values of one query.
pub(super) struct Part<'a> {
    /// The index, table or log source.
    pub(super) source: &'a str,
    /// By class, with the fields to look in.
    pub(super) groups: Vec<Group<'a>>,
}

/// Values of one class.
pub(super) struct Group<'a> {
    pub(super) class: Class,
    pub(super) fields: &'a [String],
    pub(super) tests: Vec<Test>,
}

/// When a field has a value.
pub(super) enum Test {
    /// It is this text.
    Is(String),
    /// It is this number.
    Number(u32),
    /// It is this host, or one below it.
    Below(String),
    /// It is an address in this prefix.
    Within(Prefix),
}

/// Writes queries for values, over events from `since` on.
pub fn queries(dialect: &Dialect, values: &[Indicator], since: Option<Time>) -> Queries {
    if dialect.language == Language::Grep {
        return grep::queries(values);
    }
    let mut queries = Queries::default();
    let mut by_source: BTreeMap<&str, Vec<Wanted<'_>>> = BTreeMap::new();
    let mut sorted: Vec<&Indicator> = values.iter().collect();
    sorted.sort();
    sorted.dedup();
    for value in sorted {
        let class = Class::of(value);
        match dialect.targets.get(&class).filter(|target| !target.fields.is_empty()) {
            Some(target) => by_source.entry(&target.source).or_default().push((class, &target.fields, value)),
            None => queries.left_out.push((value.clone(), "no field is known for values of this type")),
        }
    }
    for (source, wanted) in by_source {
        for chunk in wanted.chunks(VALUES_MAX) {
            let part = Part { source, groups: grouped(chunk) };
            queries.texts.extend(write(dialect, &part, since));
        }
    }
    queries
}

fn write(dialect: &Dialect, part: &Part<'_>, since: Option<Time>) -> Vec<String> {
    match dialect.language {
        Language::Spl => spl::queries(part, since),
        Language::Kql => vec![kql::query(part, &dialect.time, since)],
        Language::Esql => vec![esql::query(part, &dialect.time, since)],
        Language::Sigma => vec![sigma::rule(part, since)],
        Language::Grep => Vec::new(),
    }
}

fn grouped<'a>(wanted: &[Wanted<'a>]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for (class, fields, value) in wanted {
        match groups.iter_mut().find(|group| group.class == *class) {
            Some(group) => group.tests.push(test(value)),
            None => groups.push(Group { class: *class, fields, tests: vec![test(value)] }),
        }
    }
    groups
}

fn test(value: &Indicator) -> Test {
    match value {
        Indicator::Host(host) => Test::Below(host.to_string()),
        Indicator::Cidr(prefix) => Test::Within(*prefix),
        Indicator::Address(address) => {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            Prefix::of(*address, bits).map_or_else(|_| Test::Is(address.to_string()), Test::Within)
        }
        Indicator::Asn(number) => Test::Number(*number),
        Indicator::Certificate(digest) => Test::Is(digest.hex().to_owned()),
        other => Test::Is(other.canonical()),
    }
}

impl Test {
    /// The address, where the prefix holds one alone.
    pub(super) fn one_address(prefix: Prefix) -> Option<String> {
        (prefix.first() == prefix.last()).then(|| prefix.first().to_string())
    }
}

impl Group<'_> {
    /// Texts that must be equal, as written.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().filter_map(|test| match test {
            Test::Is(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Hosts.
    pub(super) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.tests.iter().filter_map(|test| match test {
            Test::Below(host) => Some(host.as_str()),
            _ => None,
        })
    }

    /// Prefixes.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = Prefix> {
        self.tests.iter().filter_map(|test| match test {
            Test::Within(prefix) => Some(*prefix),
            _ => None,
        })
    }

    /// Numbers.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.tests.iter().filter_map(|test| match test {
            Test::Number(number) => Some(*number),
            _ => None,
        })
    }
}

/// A text between double quotes: backslash and quote have a backslash in front, and what ends a line is written as its
/// escape. Splunk, Kusto and Elasticsearch read this alike.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Other line ends and control characters stand in no value, and no language needs them.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Quoted texts, with commas between.
pub(super) fn quoted_list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    texts.map(quoted).collect::<Vec<_>>().join(", ")
}
