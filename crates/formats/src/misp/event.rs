//! Events: what a MISP feed serves for each `UUID.json`, and what its API answers.
//!
//! Of an event the attributes are taken, those of its objects included. `to_ids` says that a defence should act on a
//! value: such values are for alerts, the others for context. Galaxies and the event's own text are left to the reader
//! of the event, except that its tags count for each attribute.

use std::collections::BTreeMap;

use model::{Indicator, IndicatorType, Time, opinion::Use};
use serde_json::Value;

use crate::{
    list::{Refusal, Stated, Taken, value},
    member::{cut, items, text},
    remark::{Remark, RemarkKind},
};

/// The largest file, in octets.
pub const EVENT_OCTETS_MAX: usize = 64 << 20;
/// How many attributes of one file are read.
pub const ATTRIBUTES_MAX: usize = 1_000_000;

/// What a file of events says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// The values.
    pub taken: Taken,
    /// The texts of the events (`info`), in order.
    pub events: Vec<String>,
    /// How many attributes of each type are no indicators for us.
    pub passed_over: BTreeMap<String, usize>,
}

/// Reads one event, or an array or answer of several.
pub fn read(octets: &[u8]) -> Read {
    let mut reader = Reader::default();
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    if octets.len() > EVENT_OCTETS_MAX {
        let text = format!("a file of more than {EVENT_OCTETS_MAX} octets is not read");
        reader.read.taken.remark(Remark::whole(RemarkKind::Limit, &text));
        return reader.read;
    }
    match serde_json::from_slice::<Value>(octets) {
        Ok(whole) => reader.any(&whole),
        Err(error) => {
            let text = format!("not an event in JSON: {error}");
            reader.read.taken.remark(Remark::whole(RemarkKind::NotUnderstood, &text));
        }
    }
    reader.read
}

#[derive(Default)]
struct Reader {
    read: Read,
    attributes: usize,
}

/// What an event says about all its attributes.
#[derive(Default)]
struct Context<'a> {
    maker: Option<&'a str>,
    tags: Vec<&'a str>,
}

impl Reader {
    /// `[…]`, `{"response": …}`, `{"Event": …}`, a bare event, or bare attributes.
    fn any(&mut self, whole: &Value) {
        match whole {
            Value::Array(events) => events.iter().for_each(|event| self.any_inner(event)),
            _ => self.any_inner(whole),
        }
    }

    fn any_inner(&mut self, whole: &Value) {
        match whole.get("response") {
            Some(Value::Array(events)) => events.iter().for_each(|event| self.event(event)),
            Some(event) => self.event(event),
            None => self.event(whole),
        }
    }

    fn event(&mut self, event: &Value) {
        let event = event.get("Event").unwrap_or(event);
        if let Some(info) = text(event, "info") {
            self.read.events.push(cut(info));
        }
        let maker = ["Orgc", "Org"].iter().find_map(|org| text(event.get(org)?, "name"));
        let context = Context { maker, tags: tags(event).collect() };
        let objects = event.get("Object").and_then(Value::as_array).into_iter().flatten();
        let holders = std::iter::once(event).chain(objects);
        for holder in holders {
            match holder.get("Attribute") {
                Some(Value::Array(attributes)) => attributes.iter().for_each(|one| self.attribute(one, &context)),
                Some(one) => self.attribute(one, &context),
                None => {}
            }
        }
    }

    fn attribute(&mut self, attribute: &Value, context: &Context<'_>) {
        self.attributes += 1;
        if self.attributes > ATTRIBUTES_MAX {
            if self.attributes == ATTRIBUTES_MAX + 1 {
                let text = format!("more than {ATTRIBUTES_MAX} attributes: the rest was not read");
                self.read.taken.remark(Remark::whole(RemarkKind::Limit, &text));
            }
            return;
        }
        if attribute.get("deleted").is_some_and(is_true) {
            return;
        }
        let kind = text(attribute, "type").unwrap_or_default();
        let value = text(attribute, "value").unwrap_or_default();
        let parts = parts_of(kind, value);
        if parts.is_empty() {
            *self.read.passed_over.entry(kind.chars().take(60).collect()).or_default() += 1;
        }
        for (of, part) in parts {
            let entry = match value_of(of, part) {
                Ok(indicator) => Ok(opinion(Stated::new(self.attributes, indicator), attribute, context)),
                Err(why) => Err(Refusal { column: Some(kind.to_owned()), ..Refusal::new(self.attributes, part, why) }),
            };
            self.read.taken.add(entry);
        }
    }
}

fn opinion(mut stated: Stated, attribute: &Value, context: &Context<'_>) -> Stated {
    let to_ids = attribute.get("to_ids").is_some_and(is_true);
    stated.usage = Some(if to_ids { Use::Alert } else { Use::Context });
    stated.reference = text(attribute, "uuid").map(cut);
    stated.owner = context.maker.map(cut);
    let words: Vec<&str> = text(attribute, "category").into_iter().chain(text(attribute, "comment")).collect();
    stated.description = if words.is_empty() { None } else { stated.cut(&words.join(": ")) };
    stated.first_seen = time(attribute, "first_seen");
    stated.last_seen = time(attribute, "last_seen");
    stated.modified = time(attribute, "timestamp");
    for tag in context.tags.iter().copied().chain(tags(attribute)) {
        label(&mut stated, tag);
    }
    stated
}

/// `tlp:…` and `PAP:…` are markings, of which the strictest counts; all else are tags.
fn label(stated: &mut Stated, tag: &str) {
    let lower = tag.to_ascii_lowercase();
    if lower.starts_with("tlp:")
        && let Ok(tlp) = value::tlp(&lower)
    {
        stated.tlp = stated.tlp.max(Some(tlp));
    } else if lower.starts_with("pap:")
        && let Ok(pap) = value::pap(&lower)
    {
        stated.pap = Some(stated.pap.map_or(pap, |known| known.min(pap)));
    } else {
        stated.tag(tag);
    }
}

fn tags(holder: &Value) -> impl Iterator<Item = &str> {
    items(holder, "Tag").filter_map(|tag| text(tag, "name"))
}

/// MISP writes seconds as texts, and moments as RFC 3339.
fn time(attribute: &Value, name: &str) -> Option<Time> {
    match attribute.get(name)? {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64().map(Time),
        _ => None,
    }
    .filter(|time: &Time| time.0 > 0)
}

fn is_true(value: &Value) -> bool {
    matches!(value, Value::Bool(true)) || value.as_u64() == Some(1) || matches!(value.as_str(), Some("1" | "true"))
}

/// The indicators in an attribute; composite ones have a bar between their parts (`domain|ip`, `filename|sha256`,
/// `ip-dst|port`). None for types that are no indicators.
fn parts_of<'a>(kind: &str, value: &'a str) -> Vec<(IndicatorType, &'a str)> {
    let (first, second) = value.split_once('|').unwrap_or((value, ""));
    let (first_kind, second_kind) = kind.split_once('|').unwrap_or((kind, ""));
    // A bar in a single value is a bar.
    let first = if second_kind.is_empty() { value } else { first };
    let first = type_of(first_kind).map(|kind| (kind, first));
    let second = type_of(second_kind).map(|kind| (kind, second));
    first.into_iter().chain(second).filter(|(_, part)| !part.trim().is_empty()).collect()
}

/// Attribute types that are indicators (MISP core format, "type").
pub(super) fn type_of(kind: &str) -> Option<IndicatorType> {
    Some(match kind {
        "ip-src" | "ip-dst" | "ip" => IndicatorType::Address,
        "domain" | "hostname" => IndicatorType::Host,
        "url" | "link" | "uri" => IndicatorType::Url,
        "email" | "email-src" | "email-dst" | "email-reply-to" | "whois-registrant-email" | "dns-soa-email" => {
            IndicatorType::EmailAddress
        }
        "md5" | "sha1" | "sha256" | "sha512" | "malware-sample" => IndicatorType::File,
        "x509-fingerprint-sha1" | "x509-fingerprint-sha256" => IndicatorType::Certificate,
        "AS" => IndicatorType::Asn,
        "mutex" => IndicatorType::Mutex,
        "regkey" => IndicatorType::RegistryKey,
        "user-agent" => IndicatorType::UserAgent,
        _ => return None,
    })
}

/// `malware-sample` is `name|md5`; an address may be a prefix.
fn value_of(kind: IndicatorType, written: &str) -> Result<Indicator, String> {
    let hash = written.rsplit_once('|').filter(|_| kind == IndicatorType::File).map_or(written, |(_, hash)| hash);
    value::read(hash, Some(kind)).map(|found| found.indicator)
}

#[cfg(test)]
mod tests {
    use model::{Pap, Tlp};

    use super::*;

    const EVENT: &str = r#"{"Event":{"info":"Widgets","Orgc":{"name":"A team"},"Tag":[{"name":"tlp:amber"},{"name":"family=\"widget\""}],
        "Attribute":[
            {"type":"domain|ip","category":"Network activity","comment":"its gate","value":"widgets.example|192.0.2.1","to_ids":true,"uuid":"u1","timestamp":"1700000000"},
            {"type":"comment","value":"nothing"},
            {"type":"ip-dst|port","value":"192.0.2.2|443","to_ids":false,"Tag":[{"name":"tlp:red"},{"name":"PAP:RED"}]},
            {"type":"sha256","value":"short","to_ids":true},
            {"type":"domain","value":"gone.example","deleted":true}],
        "Object":[{"name":"file","Attribute":[{"type":"filename|md5","value":"a.exe|d41d8cd98f00b204e9800998ecf8427e","to_ids":"1"}]}]}}"#;

    #[test]
    fn attributes_become_statements() {
        for whole in [EVENT.to_owned(), format!("[{EVENT}]"), format!("{{\"response\":[{EVENT}]}}")] {
            let read = read(whole.as_bytes());
            let values: Vec<String> = read.taken.stated.iter().map(|stated| stated.indicator.canonical()).collect();
            assert_eq!(values, ["widgets.example", "192.0.2.1", "192.0.2.2", "d41d8cd98f00b204e9800998ecf8427e"]);
            let [first, _, third, ..] = read.taken.stated.as_slice() else { panic!() };
            assert_eq!(
                (first.usage, first.tlp, first.reference.as_deref()),
                (Some(Use::Alert), Some(Tlp::Amber), Some("u1"))
            );
            assert_eq!(first.description.as_deref(), Some("Network activity: its gate"));
            assert_eq!(
                (first.tags.as_slice(), first.owner.as_deref()),
                (&["family=\"widget\"".to_owned()][..], Some("A team"))
            );
            assert_eq!((third.usage, third.tlp, third.pap), (Some(Use::Context), Some(Tlp::Red), Some(Pap::Red)));
            assert_eq!((read.taken.refused.len(), read.passed_over.get("comment")), (1, Some(&1)));
        }
        assert_eq!(read(b"{").taken.remarks.len(), 1);
    }
}
