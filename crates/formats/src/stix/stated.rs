//! Groups and associations on their way in.

use model::{
    AssociationKind, GroupKind, Pap, Time, Tlp,
    group::{GroupFields, SignatureFormat},
};
use serde_json::Value;

use super::property::{external, markings, number, time};
use crate::member::{cut, is_true, items, text, texts};

/// How long a name may be, in characters.
const NAME_CHARS_MAX: usize = 200;

/// A group that a bundle states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedGroup {
    /// The number of the object, counted from 1.
    pub line: usize,
    /// The sender's id.
    pub reference: String,
    /// Its name.
    pub name: String,
    /// Its kind, and what that kind says of itself. A pattern that is more than a list of values is a signature.
    pub fields: GroupFields,
    /// In words.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// How sure, 0 to 100.
    pub confidence: Option<u8>,
    /// How far it may be shared.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    pub pap: Option<Pap>,
    /// Since when it is active.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
}

/// An association that a bundle states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatedAssociation {
    /// The number of the object, counted from 1.
    pub line: usize,
    /// What kind; where the sender's word is none of ours, `related-to`.
    pub kind: AssociationKind,
    /// The sender's word.
    pub word: String,
    /// The sender's id of its first end.
    pub from: String,
    /// The sender's id of its second end.
    pub to: String,
    /// Why.
    pub reason: Option<String>,
    /// How sure, 0 to 100.
    pub confidence: Option<u8>,
    /// Since when.
    pub start: Option<Time>,
    /// Until when.
    pub stop: Option<Time>,
}

impl StatedGroup {
    /// What an object says; none without an id.
    pub(super) fn of(line: usize, object: &Value, kind: GroupKind) -> Option<StatedGroup> {
        let reference = text(object, "id").map(cut)?;
        let (tlp, pap) = markings(object);
        let name = text(object, "name").or(text(object, "abstract")).or(text(object, "content")).unwrap_or(&reference);
        Some(StatedGroup {
            line,
            name: name.chars().take(NAME_CHARS_MAX).collect(),
            fields: fields(object, kind),
            description: text(object, "description").or(text(object, "content")).map(cut),
            tags: texts(object, "labels").map(cut).collect(),
            confidence: number(object, "confidence"),
            tlp,
            pap,
            first_seen: time(object, "first_seen"),
            last_seen: time(object, "last_seen"),
            reference,
        })
    }
}

/// What the kind of group has a field for; the rest of an object is passed over.
fn fields(object: &Value, kind: GroupKind) -> GroupFields {
    let (number, url) = external(object);
    let list = |name: &str| texts(object, name).map(cut).collect::<Vec<_>>();
    let word = |name: &str| object.get(name).cloned().unwrap_or_default();
    let mut fields = GroupFields::new(kind);
    match &mut fields {
        GroupFields::Adversary(profile) | GroupFields::IntrusionSet(profile) => {
            profile.aliases = aliases(object);
            profile.goals = list("goals");
            // Words outside the open vocabularies are passed over.
            profile.motivation = serde_json::from_value(word("primary_motivation")).ok();
            profile.sophistication = serde_json::from_value(word("sophistication")).ok();
        }
        GroupFields::Campaign(campaign) => {
            campaign.aliases = aliases(object);
            campaign.objective = text(object, "objective").map(cut);
        }
        GroupFields::Malware(malware) => {
            malware.aliases = aliases(object);
            malware.types = list("malware_types");
            malware.is_family = is_true(object, "is_family");
            malware.platforms = list("x_mitre_platforms");
        }
        GroupFields::Threat(threat) => threat.nature = text(object, "context").map(cut),
        GroupFields::Incident(_) => {}
        GroupFields::Report(report) => {
            report.published = time(object, "published");
            report.url = url;
        }
        GroupFields::Tool(tool) => {
            tool.aliases = aliases(object);
            tool.version = text(object, "tool_version").map(cut);
            tool.platforms = list("x_mitre_platforms");
            tool.url = url;
        }
        GroupFields::Vulnerability(vulnerability) => {
            let number = number.as_deref().or(text(object, "name"));
            vulnerability.cve = number.and_then(|number| number.parse().ok());
        }
        GroupFields::AttackPattern(pattern) => {
            pattern.technique = number.and_then(|number| number.parse().ok());
            pattern.tactics = tactics(object);
            pattern.platforms = list("x_mitre_platforms");
            pattern.url = url;
        }
        GroupFields::CourseOfAction(action) => action.url = url,
        GroupFields::Document(document) => document.url = url,
        GroupFields::Signature(signature) => {
            signature.format = Some(format(text(object, "pattern_type").unwrap_or("stix")));
            signature.text = text(object, "pattern").map(cut);
        }
    }
    fields
}

fn aliases(object: &Value) -> Vec<String> {
    let names = texts(object, "aliases").chain(texts(object, "x_mitre_aliases"));
    names.filter(|alias| Some(*alias) != text(object, "name")).map(cut).collect()
}

/// The short names of the ATT&CK tactics of an object.
pub(crate) fn tactics(object: &Value) -> Vec<String> {
    let phases = items(object, "kill_chain_phases");
    let of_attack =
        phases.filter(|phase| text(phase, "kill_chain_name").is_some_and(|name| name.starts_with("mitre-")));
    of_attack.filter_map(|phase| text(phase, "phase_name")).map(cut).collect()
}

fn format(language: &str) -> SignatureFormat {
    serde_json::from_value(language.to_ascii_lowercase().into()).unwrap_or(SignatureFormat::Other)
}

/// The kind of group that a type of object is.
pub(super) fn group_kind(kind: &str) -> Option<GroupKind> {
    Some(match kind {
        "threat-actor" => GroupKind::Adversary,
        "campaign" => GroupKind::Campaign,
        "intrusion-set" => GroupKind::IntrusionSet,
        "malware" => GroupKind::Malware,
        "tool" => GroupKind::Tool,
        "vulnerability" => GroupKind::Vulnerability,
        "attack-pattern" => GroupKind::AttackPattern,
        "course-of-action" => GroupKind::CourseOfAction,
        "incident" => GroupKind::Incident,
        "report" => GroupKind::Report,
        "grouping" => GroupKind::Threat,
        "note" => GroupKind::Document,
        _ => return None,
    })
}

impl StatedAssociation {
    /// What a relationship says; none without a type or an end.
    pub(super) fn of(line: usize, object: &Value) -> Option<StatedAssociation> {
        let word = text(object, "relationship_type")?;
        Some(StatedAssociation {
            line,
            kind: association_kind(word),
            word: word.chars().take(NAME_CHARS_MAX).collect(),
            from: text(object, "source_ref").map(cut)?,
            to: text(object, "target_ref").map(cut)?,
            reason: text(object, "description").map(cut),
            confidence: number(object, "confidence"),
            start: time(object, "start_time"),
            stop: time(object, "stop_time"),
        })
    }
}

/// Relationship types of STIX 2.1 that say the same as one of ours (appendix B).
fn association_kind(word: &str) -> AssociationKind {
    match word {
        "beacons-to" | "exfiltrates-to" => AssociationKind::CommunicatesWith,
        "drops" | "downloads" => AssociationKind::Delivers,
        "remediates" => AssociationKind::Mitigates,
        "authored-by" => AssociationKind::AttributedTo,
        "consists-of" | "subtechnique-of" => AssociationKind::PartOf,
        other => other.parse().unwrap_or(AssociationKind::RelatedTo),
    }
}
