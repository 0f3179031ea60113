//! Whose opinion it is, and who belongs to whom.

use serde::{Deserialize, Serialize};

use crate::{
    id::{OwnerId, UserId},
    marking::Tlp,
    source::words,
};

/// What kind of owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnerKind {
    /// One's own organisation; there may be several.
    Organization,
    /// Several organisations that share.
    Community,
    /// A list that is fetched.
    Feed,
}

words!(OwnerKind, "kind of owner", "organization, community, feed",
    "organization" => OwnerKind::Organization, "community" => OwnerKind::Community, "feed" => OwnerKind::Feed);

/// What a member may do with an owner's things, the least first; each includes what is before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads.
    Reader,
    /// Adds; where the owner reviews contributions, a manager lets them in.
    Contributor,
    /// Adds, changes and takes away.
    Analyst,
    /// Also lets members in, reviews contributions, and sets defaults. In a community: its moderator.
    Manager,
}

words!(Role, "role", "reader, contributor, analyst, manager",
    "reader" => Role::Reader, "contributor" => Role::Contributor, "analyst" => Role::Analyst, "manager" => Role::Manager);

/// Whose opinion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its identifier.
    pub id: OwnerId,
    /// Its name, unique without regard to case: 1 to 100 characters.
    pub name: String,
    /// What kind of owner it is.
    pub kind: OwnerKind,
    /// Whether what contributors add waits for a manager.
    pub reviewed: bool,
    /// Whether every account of this installation may read it; used for feeds.
    pub open: bool,
    /// The label of what is added without one.
    pub tlp: Tlp,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}

/// That an account belongs to an owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The owner.
    pub owner: OwnerId,
    /// The account.
    pub user: UserId,
    /// What it may do there.
    pub role: Role,
    /// The name that other members see, where it is not the account's.
    pub pseudonym: Option<String>,
}
