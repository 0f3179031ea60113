//! Elasticsearch: `ENDS_WITH` and `CIDR_MATCH`; names and hashes are compared in lower case.

use model::Time;

use super::plan::{Group, Part, quoted, quoted_list};

pub(super) fn query(part: &Part<'_>, time: &str, since: Option<Time>) -> String {
    let since = since.map_or_else(String::new, |since| format!("\n| WHERE {} >= \"{since}\"", name(time)));
    let conditions: Vec<String> = part.groups.iter().flat_map(conditions).collect();
    format!("FROM {}{since}\n| WHERE {}", part.source, conditions.join("\n    OR "))
}

fn conditions(group: &Group<'_>) -> Vec<String> {
    let mut conditions = Vec::new();
    for field in group.fields {
        let name = name(field);
        let compared = if group.class.minds_case() { name.clone() } else { format!("TO_LOWER({name})") };
        let texts: Vec<String> = group
            .texts()
            .chain(group.hosts())
            .map(|text| match group.class.minds_case() {
                true => text.to_owned(),
                false => text.to_lowercase(),
            })
            .collect();
        if !texts.is_empty() {
            conditions.push(format!("{compared} IN ({})", quoted_list(texts.iter().map(String::as_str))));
        }
        conditions.extend(group.hosts().map(|host| format!("ENDS_WITH({compared}, {})", quoted(&format!(".{host}")))));
        let prefixes: Vec<String> = group.prefixes().map(|prefix| quoted(&prefix.to_string())).collect();
        if !prefixes.is_empty() {
            conditions.push(format!("CIDR_MATCH({name}, {})", prefixes.join(", ")));
        }
        conditions.extend(group.numbers().map(|number| format!("{name} == {number}")));
    }
    conditions
}

/// A name with more than letters, digits, underscores and dots stands in backticks.
fn name(field: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
    if field.chars().all(is_plain) || field == "@timestamp" { field.to_owned() } else { format!("`{field}`") }
}
