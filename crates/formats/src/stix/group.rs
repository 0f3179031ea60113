//! Groups and associations on their way out.

use model::{
    GroupId, GroupKind, Indicator, OwnerId,
    association::Association,
    group::{Group, GroupFields, Profile, SignatureFormat},
    opinion::Use,
};
use serde_json::{Value, json};

use super::{
    id,
    object::{Common, Object, identity, stamp},
    observable,
};
use crate::export::Holder;

/// A group ready to go out. Assessments, risks and timelines stay at home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedGroup<'a> {
    /// The group.
    pub group: &'a Group,
    /// Whose.
    pub owner: &'a Holder,
    /// Its tags.
    pub tags: &'a [String],
    /// What a report, document, threat or signature without text is about.
    pub about: &'a [End],
}

/// An association ready to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedAssociation<'a> {
    /// The association.
    pub association: &'a Association,
    /// Whose.
    pub owner: &'a Holder,
    /// Its first end.
    pub from: End,
    /// Its second end.
    pub to: End,
}

/// An end of an association, with what its id in STIX depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// A value as one owner holds it.
    Indicator {
        /// The owner.
        owner: OwnerId,
        /// The value.
        indicator: Indicator,
        /// Its use: a value for context goes out as an observable.
        usage: Use,
    },
    /// A group.
    Group {
        /// Its identifier.
        id: GroupId,
        /// What kind.
        kind: GroupKind,
        /// Whether it goes out as a pattern: see [`End::of`].
        pattern: bool,
    },
}

impl End {
    /// The end that a group is.
    pub fn of(group: &Group) -> End {
        End::Group { id: group.id, kind: group.kind(), pattern: rule(group).is_some() }
    }

    fn id(&self) -> String {
        match self {
            End::Indicator { owner, indicator, usage } => value_id(*owner, indicator, *usage),
            End::Group { id, kind, pattern } => id::object(object_type(*kind, *pattern), &[&id.0.0]),
        }
    }
}

/// The id of an indicator object, or of the observable or note that a value for context becomes.
pub(super) fn value_id(owner: OwnerId, indicator: &Indicator, usage: Use) -> String {
    match usage {
        Use::Context => observable::id(indicator).unwrap_or_else(|| id::opinion("note", owner.0, indicator)),
        Use::Alert | Use::Block => id::opinion("indicator", owner.0, indicator),
    }
}

/// The type of object that a kind of group becomes.
fn object_type(kind: GroupKind, pattern: bool) -> &'static str {
    match kind {
        GroupKind::Adversary => "threat-actor",
        GroupKind::Threat => "grouping",
        GroupKind::Document => "note",
        GroupKind::Signature if pattern => "indicator",
        GroupKind::Signature => "note",
        other => other.as_str(),
    }
}

/// The text of a signature, in a language that STIX has a word for (§10.17).
fn rule(group: &Group) -> Option<(&'static str, &str)> {
    let GroupFields::Signature(signature) = &group.fields else { return None };
    let language = match signature.format? {
        SignatureFormat::Yara => "yara",
        SignatureFormat::Sigma => "sigma",
        SignatureFormat::Suricata => "suricata",
        SignatureFormat::Snort => "snort",
        // Its grammar would be checked by everybody, and nobody here checks it.
        SignatureFormat::Stix | SignatureFormat::Kql | SignatureFormat::Spl | SignatureFormat::Other => return None,
    };
    signature.text.as_deref().filter(|text| !text.trim().is_empty()).map(|text| (language, text))
}

impl ExportedGroup<'_> {
    pub(super) fn object(&self) -> Value {
        let group = self.group;
        let kind = object_type(group.kind(), rule(group).is_some());
        let common = Common {
            owner: self.owner,
            created: group.added,
            modified: group.modified,
            tlp: group.tlp,
            pap: Some(group.pap),
        };
        let mut object = Object::made(kind, &End::of(group).id(), &common);
        object.set_texts("labels", self.tags);
        object.set_list("external_references", external_references(&group.fields));
        if kind == "note" {
            object.set("abstract", group.name.as_str());
            object.set("content", self.content());
        } else {
            object.set("name", group.name.as_str());
            object.set_text("description", group.description.as_deref());
        }
        if matches!(kind, "report" | "grouping" | "note") {
            object.set("object_refs", self.about());
        }
        set_fields(&mut object, group);
        object.into_value()
    }

    /// A note must say something.
    fn content(&self) -> &str {
        let text = match &self.group.fields {
            GroupFields::Signature(signature) => signature.text.as_deref(),
            _ => self.group.description.as_deref(),
        };
        text.filter(|text| !text.trim().is_empty()).unwrap_or(&self.group.name)
    }

    /// What it is about; these lists must not be empty, so where nothing is known it is about its owner.
    fn about(&self) -> Vec<Value> {
        let mut about: Vec<String> = self.about.iter().map(End::id).collect();
        if about.is_empty() {
            about.push(identity(self.owner));
        }
        about.sort();
        about.dedup();
        about.into_iter().map(Value::from).collect()
    }
}

fn set_fields(object: &mut Object, group: &Group) {
    match &group.fields {
        GroupFields::Adversary(profile) => {
            set_profile(object, profile);
            object.set_some("sophistication", profile.sophistication.map(|word| json!(word)));
            set_dates(object, group);
        }
        GroupFields::IntrusionSet(profile) => {
            set_profile(object, profile);
            set_dates(object, group);
        }
        GroupFields::Campaign(campaign) => {
            object.set_texts("aliases", &campaign.aliases);
            object.set_text("objective", campaign.objective.as_deref());
            set_dates(object, group);
        }
        GroupFields::Malware(malware) => {
            object.set_texts("aliases", &malware.aliases);
            object.set_texts("malware_types", &malware.types);
            object.set("is_family", malware.is_family);
            set_dates(object, group);
        }
        GroupFields::Tool(tool) => {
            object.set_texts("aliases", &tool.aliases);
            object.set_text("tool_version", tool.version.as_deref());
        }
        GroupFields::AttackPattern(pattern) => {
            let phase = |tactic: &String| json!({ "kill_chain_name": "mitre-attack", "phase_name": tactic });
            object.set_list("kill_chain_phases", pattern.tactics.iter().map(phase).collect());
        }
        GroupFields::Report(report) => {
            let published = report.published.or(group.first_seen).unwrap_or(group.added);
            object.set("published", stamp(published));
        }
        GroupFields::Threat(_) => object.set("context", "suspicious-activity"),
        GroupFields::Signature(_) => {
            if let Some((language, text)) = rule(group) {
                object.set("pattern", text);
                object.set("pattern_type", language);
                object.set("valid_from", stamp(group.first_seen.unwrap_or(group.added)));
            }
        }
        GroupFields::Document(_)
        | GroupFields::Incident(_)
        | GroupFields::Vulnerability(_)
        | GroupFields::CourseOfAction(_) => {}
    }
}

fn set_profile(object: &mut Object, profile: &Profile) {
    object.set_texts("aliases", &profile.aliases);
    object.set_texts("goals", &profile.goals);
    object.set_some("primary_motivation", profile.motivation.map(|word| json!(word)));
}

/// The last must not be before the first.
fn set_dates(object: &mut Object, group: &Group) {
    object.set_some("first_seen", group.first_seen.map(stamp));
    let last = group.last_seen.filter(|last| group.first_seen.is_none_or(|first| first <= *last));
    object.set_some("last_seen", last.map(stamp));
}

/// Its number in a catalogue, and where there is more about it.
fn external_references(fields: &GroupFields) -> Vec<Value> {
    let (number, url) = match fields {
        GroupFields::Vulnerability(vulnerability) => {
            (vulnerability.cve.as_ref().map(|cve| ("cve", cve.to_string())), &None)
        }
        GroupFields::AttackPattern(pattern) => {
            (pattern.technique.as_ref().map(|technique| ("mitre-attack", technique.to_string())), &pattern.url)
        }
        GroupFields::Report(report) => (None, &report.url),
        GroupFields::Tool(tool) => (None, &tool.url),
        GroupFields::CourseOfAction(action) => (None, &action.url),
        GroupFields::Document(document) => (None, &document.url),
        _ => (None, &None),
    };
    let number = number.map(|(catalogue, id)| json!({ "source_name": catalogue, "external_id": id }));
    let url = url.as_ref().map(|url| json!({ "source_name": "url", "url": url }));
    number.into_iter().chain(url).collect()
}

impl ExportedAssociation<'_> {
    pub(super) fn object(&self) -> Value {
        let association = self.association;
        let common = Common {
            owner: self.owner,
            created: association.added,
            modified: association.added,
            tlp: association.tlp,
            pap: None,
        };
        let mut object = Object::made("relationship", &id::object("relationship", &[&association.id.0.0]), &common);
        object.set("relationship_type", association.kind.as_str());
        object.set("source_ref", self.from.id());
        object.set("target_ref", self.to.id());
        object.set_text("description", Some(&association.reason));
        object.set_some("confidence", association.confidence);
        object.set_some("start_time", association.first_seen.map(stamp));
        let stop = association.last_seen.filter(|stop| association.first_seen.is_none_or(|start| start < *stop));
        object.set_some("stop_time", stop.map(stamp));
        object.into_value()
    }
}
