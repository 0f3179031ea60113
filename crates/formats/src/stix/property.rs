//! Properties that objects of many types share (STIX 2.1 §3.2), read from outside.

use model::{Pap, Time, Tlp};
use serde_json::Value;

use super::marking;
use crate::member::{cut, items, text, texts};

/// The strictest of the labels.
pub(super) fn markings(object: &Value) -> (Option<Tlp>, Option<Pap>) {
    let markings = || texts(object, "object_marking_refs");
    (markings().filter_map(marking::tlp_of).max(), markings().filter_map(marking::pap_of).min())
}

/// The first number that a well-known catalogue gives it, and the first link.
pub(crate) fn external(object: &Value) -> (Option<String>, Option<String>) {
    let references = || items(object, "external_references");
    let catalogue = |reference: &&Value| {
        text(reference, "source_name").is_some_and(|name| name.starts_with("mitre-") || matches!(name, "cve" | "capec"))
    };
    let known = references().find(catalogue);
    let id = known.and_then(|reference| text(reference, "external_id")).map(cut);
    let url = known.and_then(|reference| text(reference, "url"));
    (id, url.or_else(|| references().find_map(|reference| text(reference, "url"))).map(cut))
}

pub(super) fn source(object: &Value) -> Option<String> {
    let reference = items(object, "external_references").next()?;
    let name = text(reference, "source_name").filter(|name| *name != "source");
    let parts: Vec<&str> =
        name.into_iter().chain(text(reference, "description")).chain(text(reference, "url")).collect();
    (!parts.is_empty()).then(|| cut(&parts.join(", ")))
}

pub(super) fn time(object: &Value, name: &str) -> Option<Time> {
    text(object, name)?.parse().ok()
}

pub(super) fn number(object: &Value, name: &str) -> Option<u8> {
    object
        .get(name)
        .and_then(Value::as_u64)
        .and_then(|number| u8::try_from(number).ok())
        .filter(|number| *number <= 100)
}
