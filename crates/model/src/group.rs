//! Threat profiles and what belongs to them.

mod field;
mod profile;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use field::{
    AttackPattern, Campaign, CourseOfAction, CveId, Cvss, Document, ENTRIES_MAX, FIELDS_OCTETS_MAX, GroupFields,
    Incident, IncidentStatus, Malware, Problem, Report, Sha256, Signature, SignatureFormat, TechniqueId, Threat, Tool,
    Vulnerability,
};
pub use profile::{Assessment, Confidence, Event, Likelihood, Motivation, Profile, Risk, Sophistication, Yardstick};

use crate::{
    exposure::Pap,
    id::{GroupId, OwnerId},
    marking::Tlp,
    source::words,
    time::Time,
};

/// The longest name of a group, in characters.
pub const NAME_CHARACTERS_MAX: usize = 200;
/// The longest description, in characters.
pub const DESCRIPTION_CHARACTERS_MAX: usize = 50_000;

/// A threat profile, or what belongs to one; one owner's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its identifier.
    pub id: GroupId,
    /// Whose.
    pub owner: OwnerId,
    /// Its name, unique among the owner's groups of its kind without regard to case.
    pub name: String,
    /// Its kind, and what that kind of group says of itself.
    #[serde(flatten)]
    pub fields: GroupFields,
    /// In words.
    pub description: Option<String>,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// Who may learn of questions about it.
    pub pap: Pap,
    /// Whether it waits for a manager to let it in.
    pub pending: bool,
    /// Since when it has been active.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// When it was added.
    pub added: Time,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}

impl Group {
    /// Its kind.
    pub fn kind(&self) -> GroupKind {
        self.fields.kind()
    }
}

/// What kind of group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GroupKind {
    /// Who is behind it.
    Adversary,
    /// What they did over a time.
    Campaign,
    /// Activity that belongs together, whoever is behind it.
    IntrusionSet,
    /// Malicious software.
    Malware,
    /// Anything else that threatens.
    Threat,
    /// Something that happened.
    Incident,
    /// Something written about it.
    Report,
    /// Software that is used for harm and not made for it.
    Tool,
    /// A weakness, by its CVE number.
    Vulnerability,
    /// A technique, by its ATT&CK id.
    AttackPattern,
    /// What to do about it.
    CourseOfAction,
    /// A file with words in it.
    Document,
    /// A rule that finds it: YARA, Sigma, Suricata.
    Signature,
}

words!(GroupKind, "type of group",
    "adversary, campaign, intrusion-set, malware, threat, incident, report, tool, vulnerability, attack-pattern, \
     course-of-action, document, signature",
    "adversary" => GroupKind::Adversary, "campaign" => GroupKind::Campaign,
    "intrusion-set" => GroupKind::IntrusionSet, "malware" => GroupKind::Malware, "threat" => GroupKind::Threat,
    "incident" => GroupKind::Incident, "report" => GroupKind::Report, "tool" => GroupKind::Tool,
    "vulnerability" => GroupKind::Vulnerability, "attack-pattern" => GroupKind::AttackPattern,
    "course-of-action" => GroupKind::CourseOfAction, "document" => GroupKind::Document,
    "signature" => GroupKind::Signature);

/// A kind of association, in the words of STIX 2.1 relationship types; each is read from its first end to its second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssociationKind {
    /// Belongs together, in no direction that anybody could name.
    RelatedTo,
    /// A value that shows a group at work.
    Indicates,
    /// Makes use of.
    Uses,
    /// Is aimed at.
    Targets,
    /// Is thought to be the work of.
    AttributedTo,
    /// Is a form of.
    VariantOf,
    /// Gives a place to.
    Hosts,
    /// Talks to.
    CommunicatesWith,
    /// Brings.
    Delivers,
    /// Makes use of a weakness.
    Exploits,
    /// Helps against.
    Mitigates,
    /// Is a part of.
    PartOf,
    /// Was derived from.
    DerivedFrom,
}

words!(AssociationKind, "kind of association",
    "related-to, indicates, uses, targets, attributed-to, variant-of, hosts, communicates-with, delivers, exploits, \
     mitigates, part-of, derived-from",
    "related-to" => AssociationKind::RelatedTo, "indicates" => AssociationKind::Indicates,
    "uses" => AssociationKind::Uses, "targets" => AssociationKind::Targets,
    "attributed-to" => AssociationKind::AttributedTo, "variant-of" => AssociationKind::VariantOf,
    "hosts" => AssociationKind::Hosts, "communicates-with" => AssociationKind::CommunicatesWith,
    "delivers" => AssociationKind::Delivers, "exploits" => AssociationKind::Exploits,
    "mitigates" => AssociationKind::Mitigates, "part-of" => AssociationKind::PartOf,
    "derived-from" => AssociationKind::DerivedFrom);
