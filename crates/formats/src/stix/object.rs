//! What all objects have in common (STIX 2.1 §3.1).

use model::{Pap, Time, Tlp};
use serde_json::{Map, Value};

use super::{id, marking};
use crate::export::Holder;

/// An object under construction.
pub(super) struct Object(Map<String, Value>);

/// What every object that somebody made says of itself.
pub(super) struct Common<'a> {
    pub(super) owner: &'a Holder,
    pub(super) created: Time,
    pub(super) modified: Time,
    pub(super) tlp: Tlp,
    pub(super) pap: Option<Pap>,
}

impl Object {
    /// An observable, or anything else without an author.
    pub(super) fn bare(kind: &str, id: &str) -> Object {
        let mut object = Object(Map::new());
        object.set("type", kind);
        object.set("spec_version", "2.1");
        object.set("id", id);
        object
    }

    /// Something that somebody made and changed.
    pub(super) fn made(kind: &str, id: &str, common: &Common<'_>) -> Object {
        let mut object = Object::bare(kind, id);
        object.set("created", stamp(common.created));
        object.set("modified", stamp(common.modified.max(common.created)));
        object.set("created_by_ref", identity(common.owner));
        let labels = std::iter::once(marking::tlp_id(common.tlp).to_owned()).chain(common.pap.map(marking::pap_id));
        object.set("object_marking_refs", labels.collect::<Vec<String>>());
        object
    }

    /// Sets a property.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// Sets a property that is known.
    pub(super) fn set_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }

    /// Sets a text that has something in it.
    pub(super) fn set_text(&mut self, name: &str, text: Option<&str>) {
        self.set_some(name, text.filter(|text| !text.trim().is_empty()));
    }

    /// Sets a list that has something in it: empty ones are forbidden (§2.6).
    pub(super) fn set_list(&mut self, name: &str, list: Vec<Value>) {
        if !list.is_empty() {
            self.set(name, list);
        }
    }

    /// Sets a list of texts, without those that are empty.
    pub(super) fn set_texts(&mut self, name: &str, texts: &[String]) {
        let texts = texts.iter().filter(|text| !text.trim().is_empty());
        self.set_list(name, texts.map(|text| text.as_str().into()).collect());
    }

    pub(super) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// The id of an owner's identity.
pub(super) fn identity(owner: &Holder) -> String {
    id::object("identity", &[&owner.id.0.0])
}

/// A timestamp with the milliseconds that `created` and `modified` must have (§3.2).
pub(super) fn stamp(time: Time) -> String {
    const LAST: i64 = 253_402_300_799;
    Time(time.0.clamp(0, LAST)).to_string().replace('Z', ".000Z")
}
