//! JSON lines, as [`crate::export::json`] writes them. Only `value` must be there; members of other names say nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Entry, Field, Refusal, Stated, value};
use crate::{export::csv::TAG_SEPARATOR, line::LINE_OCTETS_MAX};

/// Reads a list.
pub fn read(text: &str) -> impl Iterator<Item = Entry> + '_ {
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start_matches('\u{feff}')));
    lines.filter(|(_, line)| !line.trim().is_empty()).map(|(number, line)| one(number, line))
}

fn one(number: usize, line: &str) -> Entry {
    if line.len() > LINE_OCTETS_MAX {
        return Err(Refusal::new(number, line, format!("longer than {LINE_OCTETS_MAX} octets")));
    }
    let members: BTreeMap<String, Value> = serde_json::from_str(line)
        .map_err(|error| Refusal::new(number, line, format!("not an object in JSON: {error}")))?;
    let blame = |field: Field, text: &str, why: String| Refusal {
        column: Some(field.to_string()),
        ..Refusal::new(number, text, why)
    };
    let text = |field: Field| members.get(field.as_str()).and_then(scalar);
    let kind = text(Field::Type).filter(|kind| !kind.is_empty());
    let kind = kind.map(|kind| value::kind(&kind).map_err(|why| blame(Field::Type, &kind, why))).transpose()?;
    let written =
        text(Field::Value).ok_or_else(|| blame(Field::Value, line, "missing: the indicator as text".into()))?;
    let found = value::read(&written, kind).map_err(|why| blame(Field::Value, &written, why))?;
    let mut stated = Stated::new(number, found.indicator);
    stated.note = found.note.map(str::to_owned);
    for (name, member) in &members {
        let Ok(field) = name.parse::<Field>() else { continue };
        take(&mut stated, field, member).map_err(|why| blame(field, &member.to_string(), why))?;
    }
    Ok(stated)
}

fn take(stated: &mut Stated, field: Field, member: &Value) -> Result<(), String> {
    match (field, member) {
        (_, Value::Null) => Ok(()),
        (Field::Tags, Value::Array(tags)) => {
            tags.iter().filter_map(Value::as_str).for_each(|tag| stated.tag(tag));
            Ok(())
        }
        _ => {
            let text = scalar(member).ok_or("write a text, a number, true or false")?;
            stated.set(field, &text, TAG_SEPARATOR)
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Taken;

    #[test]
    fn what_is_missing_is_left_open_and_what_is_wrong_is_named() {
        let text = "{\"value\":\"widgets[.]example\"}\n\n{\"value\":\"widgets.example\",\"rating\":9}\n[1]\n{\"type\":\"host\"}\n\
                    {\"value\":\"widgets.example\",\"colour\":{},\"tags\":[\"a;b\",\"c\"],\"rating\":\"4\",\"tlp\":\"TLP:AMBER\"}";
        let taken = Taken::of(read(text));
        assert_eq!(taken.stated[0], Stated::new(1, "widgets.example".parse().map(model::Indicator::Host).unwrap()));
        assert_eq!(
            (taken.stated[1].tags.as_slice(), taken.stated[1].rating),
            (&["a;b".into(), "c".into()][..], Some(4))
        );
        let refused: Vec<String> = taken.refused.iter().map(ToString::to_string).collect();
        assert_eq!(refused[0], "line 3, rating: write a whole number from 0 to 5: `9`");
        assert!(refused[1].starts_with("line 4: not an object in JSON"));
        assert!(refused[2].starts_with("line 5, value: missing"));
    }
}
