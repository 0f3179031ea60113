//! A Track as somebody keeps it, and what it found.

use serde::{Deserialize, Serialize};

use super::Matched;
use crate::{
    id::{GroupId, HitId, OwnerId, TrackId},
    name::Name,
    source::{SourceId, words},
    time::Time,
};

/// A query that stands for an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Its identifier.
    pub id: TrackId,
    /// Whose.
    pub owner: OwnerId,
    /// Its name.
    pub name: String,
    /// The query in its canonical form.
    pub query: String,
    /// The group whose infrastructure it finds; what is imported is associated with it.
    pub threat: Option<GroupId>,
    /// What somebody wrote of it.
    pub notes: Option<String>,
    /// When it ends by itself.
    pub expires: Option<Time>,
    /// Whether it is silent: it is asked, and its hits are kept as ignored.
    pub muted: bool,
    /// Domains that make no hit, with what stands below them.
    pub exclusions: Vec<Name>,
    /// Since when it stands.
    pub created: Time,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}

/// What happened that a Track says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// It was so already when that became known here: by the first run, or by the first record of a domain that was
    /// registered long before.
    Found,
    /// A new registration.
    New,
    /// A known domain that was somebody else's.
    Moved,
    /// A domain that was dropped and registered again.
    Reregistered,
    /// It still matches, in another version.
    Changed,
    /// It matches no more.
    Left,
    /// A DNS record that was not seen before.
    Dns,
}

words!(HitKind, "kind", "found, new, moved, reregistered, changed, left, dns",
    "found" => HitKind::Found, "new" => HitKind::New, "moved" => HitKind::Moved,
    "reregistered" => HitKind::Reregistered, "changed" => HitKind::Changed, "left" => HitKind::Left,
    "dns" => HitKind::Dns);

impl HitKind {
    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            HitKind::Found => "matched already",
            HitKind::New => "new registration",
            HitKind::Moved => "moved to this owner",
            HitKind::Reregistered => "registered again after it was dropped",
            HitKind::Changed => "still matches, but changed",
            HitKind::Left => "matches no more",
            HitKind::Dns => "seen first in DNS",
        }
    }
}

/// What somebody decided about a hit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Triage {
    /// Nothing yet.
    #[default]
    New,
    /// Worth watching.
    Watched,
    /// Of no interest.
    Ignored,
    /// Somebody must act on it.
    Escalated,
}

words!(Triage, "state of a hit", "new, watched, ignored, escalated",
    "new" => Triage::New, "watched" => Triage::Watched, "ignored" => Triage::Ignored,
    "escalated" => Triage::Escalated);

/// Something that a Track found. Its identifier is made from Track, domain, kind and version: however often the same
/// record comes, it is one hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Its identifier.
    pub id: HitId,
    /// Which Track.
    pub track: TrackId,
    /// Whose.
    pub owner: OwnerId,
    /// The registrable domain.
    pub domain: Name,
    /// What happened.
    pub kind: HitKind,
    /// In which version of the record: a hash of what can be matched in it.
    pub version: [u8; 16],
    /// What matched; in a hit that says "no more", what did.
    pub matched: Vec<Matched>,
    /// Which source said so.
    pub source: SourceId,
    /// When it was so.
    pub observed: Time,
    /// When it was found.
    pub found: Time,
    /// What somebody decided.
    pub triage: Triage,
    /// Why.
    pub note: Option<String>,
    /// Where it stands in the order in which hits were kept; 0 until it is.
    pub place: i64,
}
