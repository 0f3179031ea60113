//! Members of JSON objects from outside, within limits.

use serde_json::Value;

/// How many items of a list are taken.
const LIST_MAX: usize = 100;
/// How long a text may be, in characters.
const TEXT_CHARS_MAX: usize = 100_000;

/// A text that has something in it.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The first items of an array.
pub(crate) fn items<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().take(LIST_MAX)
}

/// The texts among the first items of an array.
pub(crate) fn texts<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    items(object, name).filter_map(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// Whether a member is `true`.
pub(crate) fn is_true(object: &Value, name: &str) -> bool {
    object.get(name) == Some(&Value::Bool(true))
}

/// A text, at most as long as one may be.
pub(crate) fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}
