//! Sightings: that somebody saw a value, or found it to be a false positive.

use serde::{Deserialize, Serialize};

use crate::{
    id::{IndicatorId, OwnerId, SightingId},
    source::words,
    time::Time,
};

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SightingKind {
    /// It was seen: confidence is renewed.
    Seen,
    /// What was seen was harmless.
    FalsePositive,
}

words!(SightingKind, "kind of sighting", "seen, false-positive",
    "seen" => SightingKind::Seen, "false-positive" => SightingKind::FalsePositive);

/// That an owner's people or sensors met an indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Its identifier.
    pub id: SightingId,
    /// The value.
    pub indicator: IndicatorId,
    /// Whose sighting.
    pub owner: OwnerId,
    /// What was found.
    pub kind: SightingKind,
    /// When it was met.
    pub time: Time,
    /// How often; at least once.
    pub count: u32,
    /// Where, or by what.
    pub note: Option<String>,
}
