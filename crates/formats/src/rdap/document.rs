//! From octets to a JSON object with the remarks on it, and the errors that servers answer with (RFC 9083 §6).

use model::registration::State;
use serde_json::{Map, Value};

use crate::remark::{Remark, RemarkKind, note};

/// The longest answer that is read, in octets.
pub const BODY_OCTETS_MAX: usize = 4 << 20;
/// How many elements of one JSON array are looked at.
pub(super) const ELEMENTS_MAX: usize = 500;

/// The members of a JSON object.
pub(super) type Object = Map<String, Value>;

/// Collects remarks while an answer is read.
#[derive(Debug, Default)]
pub(super) struct Notes(pub(super) Vec<Remark>);

impl Notes {
    pub(super) fn member(&mut self, path: &str, what: RemarkKind, text: &str) {
        note(&mut self.0, Remark::member(path, what, text));
    }

    pub(super) fn whole(&mut self, what: RemarkKind, text: &str) {
        note(&mut self.0, Remark::whole(what, text));
    }
}

/// Reads a body as one JSON object. Depth is limited by `serde_json` itself: 128 levels.
pub(super) fn read(body: &[u8], notes: &mut Notes) -> Option<Object> {
    if body.len() > BODY_OCTETS_MAX {
        notes.whole(RemarkKind::Limit, &format!("the answer is longer than {BODY_OCTETS_MAX} octets"));
        return None;
    }
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        notes.whole(RemarkKind::Charset, "not UTF-8 throughout; bad octets are shown as \u{fffd}");
    }
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => Some(object),
        Ok(_) => {
            notes.whole(RemarkKind::NotUnderstood, "the answer is JSON, but no object");
            None
        }
        Err(error) => {
            notes.whole(RemarkKind::NotUnderstood, &format!("the answer is no JSON: {error}"));
            None
        }
    }
}

/// What an error answer says of the object; none where the answer is no error.
///
/// `404` is the only one that speaks of the object: it is not registered (RFC 7480 §5.3).
pub(super) fn error_state(answer: &Object, notes: &mut Notes) -> Option<State> {
    let code = number(answer.get("errorCode")?)?;
    let title = text(answer, "title").unwrap_or_default();
    let reason = list(answer, "description").iter().filter_map(Value::as_str).next().unwrap_or_default();
    notes.whole(RemarkKind::Notice, format!("error {code} {title} {reason}").trim_end());
    Some(match code {
        404 => State::Available,
        429 | 500..=599 if code != 501 => State::Throttled,
        _ => State::Refused,
    })
}

/// A member that is a text with something in it, blanks around it cut.
pub(super) fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A member that should be an array: a single value stands for an array of one, `null` and absence for an empty one.
pub(super) fn list<'a>(object: &'a Object, key: &str) -> &'a [Value] {
    let elements = match object.get(key) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(elements)) => elements.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    elements.get(..ELEMENTS_MAX).unwrap_or(elements)
}

/// The objects of an array, with their places; what is no object is remarked.
pub(super) fn objects<'a>(object: &'a Object, path: &str, key: &str, notes: &mut Notes) -> Vec<(String, &'a Object)> {
    let mut found = Vec::new();
    if object.get(key).and_then(Value::as_array).is_some_and(|elements| elements.len() > ELEMENTS_MAX) {
        notes.member(&join(path, key), RemarkKind::Limit, "only the first 500 elements were read");
    }
    for (index, element) in list(object, key).iter().enumerate() {
        let place = format!("{}[{index}]", join(path, key));
        match element {
            Value::Object(element) => found.push((place, element)),
            other => notes.member(&place, RemarkKind::NotUnderstood, &format!("not an object: {other}")),
        }
    }
    found
}

/// The texts of an array of texts; a single text stands for an array of one.
pub(super) fn texts<'a>(object: &'a Object, key: &str) -> impl Iterator<Item = &'a str> {
    list(object, key).iter().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
}

/// A number, also one that is written as a text.
pub(super) fn number(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(text) => {
            let digits = text.trim();
            digits.strip_prefix("AS").or(digits.strip_prefix("as")).unwrap_or(digits).parse().ok()
        }
        _ => None,
    }
}

/// The place of a member of the object at `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
