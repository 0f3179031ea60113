//! Sigma rules (Sigma specification 2.0): one for each log source.
//!
//! Texts stand in double quotes, whose escapes YAML 1.2 shares with JSON. In a value, an asterisk, a question mark and
//! a backslash have a backslash in front, as the specification asks for what is meant literally.

use model::Time;
use serde_json::Value;
use uuid::Uuid;

use super::plan::{Group, Part};

/// Our namespace for ids of rules.
const RULES: Uuid = uuid::uuid!("3f0b6a54-0a53-5a4a-9d2e-5a0c7b9a1e55");

pub(super) fn rule(part: &Part<'_>, since: Option<Time>) -> String {
    let mut detection = String::new();
    let mut number = 0;
    for group in &part.groups {
        for (key, values) in selections(group) {
            number += 1;
            detection.push_str(&format!("    selection_{number}:\n        {key}:\n"));
            for value in values {
                detection.push_str(&format!("            - {value}\n"));
            }
        }
    }
    let id = Uuid::new_v5(&RULES, format!("{}\n{detection}", part.source).as_bytes());
    let since = since.map_or_else(String::new, |since| format!(" Search events from {} on.", since.day()));
    format!(
        "title: Values from a threat intelligence answer\nid: {id}\nstatus: experimental\n\
         description: {}\nlogsource:\n    category: {}\ndetection:\n{detection}    condition: 1 of selection_*\n\
         falsepositives:\n    - Unknown\nlevel: medium\n",
        quoted(&format!("Looks for values that an answer names.{since}")),
        quoted(part.source),
    )
}

/// Keys with their modifiers, and the values as they stand in YAML.
fn selections(group: &Group<'_>) -> Vec<(String, Vec<String>)> {
    let cased = if group.class.minds_case() { "|cased" } else { "" };
    let texts = || group.texts().chain(group.hosts()).map(literal).collect::<Vec<_>>();
    let below = || group.hosts().map(|host| literal(&format!(".{host}"))).collect::<Vec<_>>();
    let prefixes = || group.prefixes().map(|prefix| quoted(&prefix.to_string())).collect::<Vec<_>>();
    let numbers = || group.numbers().map(|number| number.to_string()).collect::<Vec<_>>();
    let of_field = |field: &String| {
        [
            (quoted(&format!("{field}{cased}")), texts()),
            (quoted(&format!("{field}|endswith")), below()),
            (quoted(&format!("{field}|cidr")), prefixes()),
            (quoted(field), numbers()),
        ]
    };
    group.fields.iter().flat_map(of_field).filter(|(_, values)| !values.is_empty()).collect()
}

fn literal(text: &str) -> String {
    quoted(&text.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?"))
}

/// JSON leaves DEL, C1 and the separators of Unicode as they are; YAML does not allow all of them.
fn quoted(text: &str) -> String {
    let unsafe_in_yaml = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    Value::from(text.replace(unsafe_in_yaml, " ")).to_string()
}
