//! What indicators, observables and `observed-data` say, on their way in.

use model::{IndicatorType, opinion::Use};
use serde_json::Value;

use super::property::{markings, number, source, time};
use crate::{
    list::{Field, Stated},
    member::{is_true, text, texts},
};

/// How labels begin in which our exports say more than STIX can.
const OWN_LABELS: &str = "spoor:";
/// How many hashes of one file are taken.
const HASHES_MAX: usize = 8;

/// Adds what an object says beside its value. What it does not say stays, and the stricter label holds.
pub(super) fn add_opinion(stated: &mut Stated, object: &Value, usage: Use) {
    stated.usage = Some(usage);
    stated.confidence = number(object, "confidence").or(stated.confidence);
    stated.added = time(object, "created").or(stated.added);
    stated.modified = time(object, "modified").or(stated.modified);
    stated.expires = time(object, "valid_until").or(stated.expires);
    stated.first_seen = time(object, "first_observed").or(stated.first_seen);
    stated.last_seen = time(object, "last_observed").or(stated.last_seen);
    if is_true(object, "revoked") {
        stated.active = Some(false);
    }
    let (tlp, pap) = markings(object);
    stated.tlp = stated.tlp.max(tlp);
    stated.pap = pap.into_iter().chain(stated.pap).min();
    if let Some(words) = words(stated, object) {
        stated.description = stated.cut(words);
    }
    stated.source = source(object).or(stated.source.take());
    if texts(object, "indicator_types").any(|kind| kind == "benign") {
        stated.rating = Some(0);
    }
    texts(object, "labels").for_each(|label| add_label(stated, label));
}

/// The description, else the name, unless it only repeats the value.
fn words<'a>(stated: &Stated, object: &'a Value) -> Option<&'a str> {
    let words = text(object, "description").or(text(object, "name"))?;
    (words != stated.indicator.defanged() && words != stated.indicator.canonical()).then_some(words)
}

/// A label is a tag, or one of our own words.
fn add_label(stated: &mut Stated, label: &str) {
    let own = label.strip_prefix(OWN_LABELS).and_then(|own| own.split_once('='));
    match own.and_then(|(name, text)| Some((name.parse::<Field>().ok()?, text))) {
        Some((field @ (Field::Use | Field::Rating | Field::Role | Field::Grade), text)) => {
            if stated.set(field, text, ',').is_err() {
                stated.note("a label of ours has a value that is none");
            }
        }
        _ => stated.tag(label),
    }
}

/// The values in an observable, as text: one, or one for each hash. None where the type of object is no observable of
/// ours.
pub(super) fn observable_values(kind: &str, object: &Value) -> Option<Vec<(IndicatorType, String)>> {
    let (of, property) = match kind {
        "domain-name" => (IndicatorType::Host, "value"),
        "ipv4-addr" | "ipv6-addr" => (IndicatorType::Address, "value"),
        "url" => (IndicatorType::Url, "value"),
        "email-addr" => (IndicatorType::EmailAddress, "value"),
        "autonomous-system" => (IndicatorType::Asn, "number"),
        "mutex" => (IndicatorType::Mutex, "name"),
        "windows-registry-key" => (IndicatorType::RegistryKey, "key"),
        "file" => return Some(hashes(IndicatorType::File, object)),
        "x509-certificate" => return Some(hashes(IndicatorType::Certificate, object)),
        _ => return None,
    };
    Some(object.get(property).and_then(scalar).map(|text| (of, text)).into_iter().collect())
}

/// Hashes of a kind that we have no type for are left out.
fn hashes(of: IndicatorType, object: &Value) -> Vec<(IndicatorType, String)> {
    let wanted = |name: &str| match name.to_ascii_lowercase().replace('-', "").as_str() {
        "sha1" | "sha256" => true,
        "md5" | "sha512" => of == IndicatorType::File,
        _ => false,
    };
    let hashes = object.get("hashes").and_then(Value::as_object).into_iter().flatten();
    let texts = hashes.filter(|(name, _)| wanted(name)).filter_map(|(_, hash)| hash.as_str());
    texts.take(HASHES_MAX).map(|hash| (of, hash.to_owned())).collect()
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
