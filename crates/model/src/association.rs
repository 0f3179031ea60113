//! Associations: something somebody believed about two objects. What merely shares a value is a pivot, and is never
//! stored.

use serde::{Deserialize, Serialize};

use crate::{
    group::AssociationKind,
    id::{AssociationId, OwnerId},
    marking::Tlp,
    object::Object,
    source::words,
    time::Time,
};

/// The longest reason, in characters.
pub const REASON_CHARACTERS_MAX: usize = 4000;

/// A typed, reasoned link, read from its first end to its second: malware *uses* a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Association {
    /// Its identifier.
    pub id: AssociationId,
    /// Who believes it.
    pub owner: OwnerId,
    /// What kind.
    pub kind: AssociationKind,
    /// The first end.
    pub from: Object,
    /// The second end.
    pub to: Object,
    /// Why.
    pub reason: String,
    /// How sure, 0 to 100.
    pub confidence: Option<u8>,
    /// Since when it holds.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// When it was added.
    pub added: Time,
    /// How often it was changed.
    pub revision: i64,
}

/// Who makes an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Decider {
    /// Somebody decided it.
    Person,
    /// A rule, an import or a feed did; none of them names an adversary.
    Automatic,
}

/// Which end of an association an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// The first: the association leads away from it.
    From,
    /// The second: the association leads to it.
    To,
}

words!(End, "end", "from, to", "from" => End::From, "to" => End::To);
