//! Tracks and their hits.

use engine::track::Coverage;
use model::track::{Hit, Track};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A Track.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TrackView {
    /// Its identifier.
    pub id: String,
    /// Whose, by id.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// The query in its canonical form.
    pub query: String,
    /// The group whose infrastructure it finds.
    pub threat: Option<String>,
    /// What somebody wrote of it.
    pub notes: Option<String>,
    /// When it ends by itself.
    pub expires: Option<String>,
    /// Whether its hits are kept as ignored.
    pub muted: bool,
    /// Domains that make no hit.
    pub exclusions: Vec<String>,
    /// Since when it stands.
    pub created: String,
    /// When it was last changed.
    pub modified: String,
    /// How often it was changed.
    pub revision: i64,
    /// What feeds it, and how its hits stand; where one Track is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<super::search::CoverageAnswer>)]
    pub coverage: Option<Coverage>,
}

impl From<Track> for TrackView {
    fn from(track: Track) -> TrackView {
        TrackView {
            id: track.id.to_string(),
            owner: track.owner.to_string(),
            name: track.name,
            query: track.query,
            threat: track.threat.map(|id| id.to_string()),
            notes: track.notes,
            expires: track.expires.map(|time| time.to_string()),
            muted: track.muted,
            exclusions: track.exclusions.iter().map(ToString::to_string).collect(),
            created: track.created.to_string(),
            modified: track.modified.to_string(),
            revision: track.revision,
            coverage: None,
        }
    }
}

/// Something that a Track found.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HitView {
    /// Its identifier: the same for the same, however often it comes.
    pub id: String,
    /// Which Track.
    pub track: String,
    /// The registrable domain.
    pub domain: String,
    /// found, new, moved, reregistered, changed, left or dns.
    pub kind: String,
    /// The same in words.
    pub words: String,
    /// What matched: condition, place and value.
    #[schema(value_type = Vec<super::search::MatchedAnswer>)]
    pub matched: Vec<model::track::Matched>,
    /// In which version of the record, as hexadecimal digits.
    pub version: String,
    /// The number of the source.
    pub source: u32,
    /// When it was so.
    pub observed: String,
    /// When it was found.
    pub found: String,
    /// new, watched, ignored or escalated.
    pub triage: String,
    /// Why.
    pub note: Option<String>,
    /// Where a list goes on after it.
    #[serde(skip)]
    #[schema(ignore)]
    pub place: i64,
}

impl From<Hit> for HitView {
    fn from(hit: Hit) -> HitView {
        HitView {
            place: hit.place,
            id: hit.id.to_string(),
            track: hit.track.to_string(),
            domain: hit.domain.to_string(),
            kind: hit.kind.to_string(),
            words: hit.kind.words().to_owned(),
            matched: hit.matched,
            version: hit.version.iter().map(|octet| format!("{octet:02x}")).collect(),
            source: hit.source.0,
            observed: hit.observed.to_string(),
            found: hit.found.to_string(),
            triage: hit.triage.to_string(),
            note: hit.note,
        }
    }
}
