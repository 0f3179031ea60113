//! Splunk: a search for texts, and one for prefixes that leaves them to `cidrmatch` in a `where` behind it.
//!
//! A search takes no account of case. An asterisk in a value matches any text, since a search has no escape for it: the
//! answer may hold more than the value, never less.

use model::Time;

use super::plan::{Group, Part, Test, quoted};

pub(super) fn queries(part: &Part<'_>, since: Option<Time>) -> Vec<String> {
    let earliest = since.map_or_else(String::new, |time| format!(" earliest={}", time.0));
    let head = format!("search {}{earliest}", part.source);
    let terms = conditions(part, term);
    let ranges = conditions(part, range);
    let terms = (!terms.is_empty()).then(|| format!("{head} ({})", terms.join("\n    OR ")));
    let ranges = (!ranges.is_empty()).then(|| format!("{head}\n| where {}", ranges.join("\n    OR ")));
    terms.into_iter().chain(ranges).collect()
}

fn conditions(part: &Part<'_>, write: fn(&str, &Test) -> Vec<String>) -> Vec<String> {
    let of_field =
        |group: &Group<'_>, field: &str| group.tests.iter().flat_map(|test| write(field, test)).collect::<Vec<_>>();
    part.groups
        .iter()
        .flat_map(|group| group.fields.iter().flat_map(|field| of_field(group, field)).collect::<Vec<_>>())
        .collect()
}

fn term(field: &str, test: &Test) -> Vec<String> {
    let equal = |text: &str| format!("{field}={}", quoted(text));
    match test {
        Test::Is(text) => vec![equal(text)],
        Test::Number(number) => vec![format!("{field}={number}")],
        Test::Below(host) => vec![equal(host), equal(&format!("*.{host}"))],
        Test::Within(prefix) => Test::one_address(*prefix).map(|address| equal(&address)).into_iter().collect(),
    }
}

fn range(field: &str, test: &Test) -> Vec<String> {
    match test {
        Test::Within(prefix) if Test::one_address(*prefix).is_none() => {
            vec![format!("cidrmatch({}, '{field}')", quoted(&prefix.to_string()))]
        }
        _ => Vec::new(),
    }
}
