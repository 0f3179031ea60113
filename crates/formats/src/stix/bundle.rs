//! A bundle, written object by object.

use std::{
    collections::{BTreeSet, HashMap},
    io::{self, Write},
};

use model::{Indicator, OwnerId, OwnerKind, Pap, Tlp, id::Id, opinion::HostRole, opinion::Use};
use serde_json::{Value, json};

use super::{
    group::{ExportedAssociation, ExportedGroup, value_id},
    id, marking,
    object::{Common, Object, identity, stamp},
    observable,
    pattern::pattern_of,
};
use crate::export::{Exported, Holder};

/// A bundle under way. It remembers which identities, markings and observables it has written: about 100 octets
/// for each observable.
///
/// An observable that two owners hold stands once; again, with the stricter label, where the second holds it so.
pub struct Bundle<W: Write> {
    out: W,
    empty: bool,
    owners: BTreeSet<OwnerId>,
    labels: BTreeSet<Tlp>,
    permissions: BTreeSet<Pap>,
    observables: HashMap<String, Tlp>,
}

impl<W: Write> Bundle<W> {
    /// Begins a bundle, whose id is made from `id`.
    pub fn begin(mut out: W, id: Id) -> io::Result<Bundle<W>> {
        write!(out, "{{\"type\":\"bundle\",\"id\":\"{}\",\"objects\":[", id::object("bundle", &[&id.0]))?;
        Ok(Bundle {
            out,
            empty: true,
            owners: BTreeSet::new(),
            labels: BTreeSet::new(),
            permissions: BTreeSet::new(),
            observables: HashMap::new(),
        })
    }

    /// Writes what a row becomes.
    pub fn indicator(&mut self, row: &Exported) -> io::Result<()> {
        self.context(&row.owner, row.tlp, Some(row.pap))?;
        let seen = row.first_seen.or(row.last_seen).is_some();
        match row.usage {
            Use::Context if observable::id(&row.indicator).is_none() => self.object(&note(row)),
            Use::Context => {
                self.observable(&row.indicator, row.tlp)?;
                self.object(&observed(row))
            }
            Use::Alert | Use::Block => {
                self.object(&indicator(row))?;
                if !seen || observable::id(&row.indicator).is_none() {
                    return Ok(());
                }
                self.observable(&row.indicator, row.tlp)?;
                self.object(&observed(row))?;
                self.object(&based_on(row))
            }
        }
    }

    /// Writes a group.
    pub fn group(&mut self, group: &ExportedGroup<'_>) -> io::Result<()> {
        self.context(group.owner, group.group.tlp, Some(group.group.pap))?;
        self.object(&group.object())
    }

    /// Writes an association. Its ends should be in the bundle, or known to the receiver.
    pub fn association(&mut self, association: &ExportedAssociation<'_>) -> io::Result<()> {
        self.context(association.owner, association.association.tlp, None)?;
        self.object(&association.object())
    }

    /// Ends the bundle and gives the writer back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.write_all(b"]}\n")?;
        Ok(self.out)
    }

    /// Who says it, and the markings that it refers to.
    fn context(&mut self, owner: &Holder, tlp: Tlp, pap: Option<Pap>) -> io::Result<()> {
        if self.labels.insert(tlp) {
            self.object(&marking::tlp_definition(tlp))?;
        }
        if let Some(pap) = pap.filter(|pap| self.permissions.insert(*pap)) {
            self.object(&marking::pap_definition(pap))?;
        }
        if self.owners.insert(owner.id) {
            self.object(&who(owner))?;
        }
        Ok(())
    }

    fn observable(&mut self, indicator: &Indicator, tlp: Tlp) -> io::Result<()> {
        let (Some(id), Some(object)) = (observable::id(indicator), observable::object(indicator, tlp)) else {
            return Ok(());
        };
        match self.observables.get(&id) {
            Some(written) if *written >= tlp => Ok(()),
            _ => {
                self.observables.insert(id, tlp);
                self.object(&object)
            }
        }
    }

    fn object(&mut self, object: &Value) -> io::Result<()> {
        if !std::mem::replace(&mut self.empty, false) {
            self.out.write_all(b",")?;
        }
        self.out.write_all(b"\n")?;
        serde_json::to_writer(&mut self.out, object)?;
        Ok(())
    }
}

fn who(owner: &Holder) -> Value {
    let made = stamp(id::made(owner.id.0));
    let mut object = Object::bare("identity", &identity(owner));
    object.set("created", made.as_str());
    object.set("modified", made.as_str());
    object.set("name", owner.name.as_str());
    object.set(
        "identity_class",
        match owner.kind {
            OwnerKind::Organization => "organization",
            OwnerKind::Community => "group",
            OwnerKind::Feed => "system",
        },
    );
    object.into_value()
}

fn common(row: &Exported) -> Common<'_> {
    Common { owner: &row.owner, created: row.added, modified: row.modified, tlp: row.tlp, pap: Some(row.pap) }
}

fn made(kind: &str, row: &Exported) -> Object {
    let mut object = Object::made(kind, &id::opinion(kind, row.owner.id.0, &row.indicator), &common(row));
    object.set_some("confidence", row.confidence);
    object.set("labels", labels(row));
    object
}

fn labels(row: &Exported) -> Vec<Value> {
    let mut labels: Vec<Value> = row.tags.iter().filter(|tag| !tag.is_empty()).map(|tag| json!(tag)).collect();
    labels.push(json!(format!("spoor:use={}", row.usage)));
    labels.extend(row.rating.map(|rating| json!(format!("spoor:rating={rating}"))));
    labels.extend(row.grade.map(|grade| json!(format!("spoor:grade={grade}"))));
    if row.role != HostRole::Unknown {
        labels.push(json!(format!("spoor:role={}", row.role)));
    }
    labels
}

fn indicator(row: &Exported) -> Value {
    let from = row.first_seen.unwrap_or(row.added);
    let mut object = made("indicator", row);
    object.set("name", row.indicator.defanged());
    object.set_text("description", words(row).as_deref());
    object.set("indicator_types", indicator_types(row));
    object.set("pattern", pattern_of(&row.indicator));
    object.set("pattern_type", "stix");
    object.set("pattern_version", "2.1");
    object.set("valid_from", stamp(from));
    object.set_some("valid_until", row.expires.filter(|until| *until > from).map(stamp));
    if !row.active {
        object.set("revoked", true);
    }
    object.set_list("external_references", reference(row).into_iter().collect());
    object.into_value()
}

/// From the vocabulary of STIX 2.1 §10.10. Contact with a sinkhole shows an infection.
fn indicator_types(row: &Exported) -> Value {
    match (row.role, row.rating) {
        (_, Some(0)) => json!(["benign"]),
        (HostRole::Compromised | HostRole::Victim, _) => json!(["compromised", "malicious-activity"]),
        (HostRole::ActorControlled | HostRole::Sinkholed | HostRole::AbusedService, _) | (_, Some(_)) => {
            json!(["malicious-activity"])
        }
        (HostRole::Unknown, None) => json!(["unknown"]),
    }
}

/// Description and evidence, one after the other.
fn words(row: &Exported) -> Option<String> {
    let evidence = row.evidence.as_ref().map(|evidence| format!("Evidence: {evidence}"));
    let parts: Vec<String> = row.description.clone().into_iter().chain(evidence).collect();
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn reference(row: &Exported) -> Option<Value> {
    let source = row.source.as_ref().filter(|source| !source.trim().is_empty())?;
    Some(json!({ "source_name": "source", "description": source }))
}

/// What nobody dated was seen when it was added.
fn observed(row: &Exported) -> Value {
    let first = row.first_seen.or(row.last_seen).unwrap_or(row.added);
    let last = row.last_seen.unwrap_or(first).max(first);
    let mut object = made("observed-data", row);
    object.set("first_observed", stamp(first));
    object.set("last_observed", stamp(last));
    object.set("number_observed", 1);
    object.set_list("object_refs", observable::id(&row.indicator).map(Value::from).into_iter().collect());
    object.set_list("external_references", reference(row).into_iter().collect());
    object.into_value()
}

fn based_on(row: &Exported) -> Value {
    let from = value_id(row.owner.id, &row.indicator, row.usage);
    let to = id::opinion("observed-data", row.owner.id.0, &row.indicator);
    let mut object =
        Object::made("relationship", &id::object("relationship", &[from.as_bytes(), to.as_bytes()]), &common(row));
    object.set("relationship_type", "based-on");
    object.set("source_ref", from);
    object.set("target_ref", to);
    object.into_value()
}

/// A value for context that no observable can carry.
fn note(row: &Exported) -> Value {
    let mut object = made("note", row);
    object.set("abstract", format!("{} for context", row.indicator.kind()));
    let words = words(row).map(|words| format!("\n\n{words}")).unwrap_or_default();
    object.set("content", format!("{}{words}", row.indicator));
    object.set("object_refs", json!([identity(&row.owner)]));
    object.into_value()
}
