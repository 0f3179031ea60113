//! Kusto: `=~`, `in~` and `endswith` take no account of case.

use model::Time;

use super::plan::{Group, Part, quoted, quoted_list};

pub(super) fn query(part: &Part<'_>, time: &str, since: Option<Time>) -> String {
    let since = since.map_or_else(String::new, |since| format!("\n| where {} >= datetime({since})", name(time)));
    let conditions: Vec<String> = part.groups.iter().flat_map(conditions).collect();
    format!("{}{since}\n| where {}", part.source, conditions.join("\n    or "))
}

fn conditions(group: &Group<'_>) -> Vec<String> {
    let mut conditions = Vec::new();
    for field in group.fields {
        let name = name(field);
        let is_in = if group.class.minds_case() { "in" } else { "in~" };
        let mut listed = |texts: Vec<&str>| {
            if !texts.is_empty() {
                conditions.push(format!("{name} {is_in} ({})", quoted_list(texts.into_iter())));
            }
        };
        listed(group.texts().collect());
        listed(group.hosts().collect());
        conditions.extend(group.hosts().map(|host| format!("{name} endswith {}", quoted(&format!(".{host}")))));
        conditions.extend(group.prefixes().map(|prefix| {
            let family = if prefix.first().is_ipv4() { "ipv4" } else { "ipv6" };
            format!("{family}_is_in_range({name}, {})", quoted(&prefix.to_string()))
        }));
        conditions.extend(group.numbers().map(|number| format!("{name} == {number}")));
    }
    conditions
}

/// A name with a hyphen or an at sign needs brackets.
fn name(field: &str) -> String {
    if field.contains(['-', '@']) { format!("['{field}']") } else { field.to_owned() }
}
