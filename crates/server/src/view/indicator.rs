//! Indicators.

use engine::knowledge::{
    indicator::{Calculated, Known, Stance},
    list::Listed,
};
use model::{Decay, Indicator, IndicatorType, Opinion, Time};
use serde::{Deserialize, Serialize};
use store::evidence::Accepted;
use utoipa::ToSchema;

/// A value as one owner holds it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HeldView {
    /// The indicator.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value in canonical form.
    pub value: String,
    /// The name of the owner.
    pub owner: String,
    /// Its id.
    pub owner_id: String,
    /// How bad, 0 to 5.
    pub rating: Option<u8>,
    /// How sure, 0 to 100, as it has waned by now.
    pub confidence: Option<u8>,
    /// How sure when it was stated or renewed.
    pub stated_confidence: Option<u8>,
    /// context, alert or block.
    #[serde(rename = "use")]
    pub usage: String,
    /// What the host is.
    pub role: String,
    /// Admiralty code, as in B2.
    pub grade: Option<String>,
    /// How far it may be shared.
    pub tlp: String,
    /// Who may learn of questions about it.
    pub pap: String,
    /// Whether it holds now.
    pub active: bool,
    /// Why it does not, or holds again.
    pub active_reason: Option<String>,
    /// When it stops to hold by itself.
    pub expires: Option<String>,
    /// Since when the thing has been seen.
    pub first_seen: Option<String>,
    /// Until when.
    pub last_seen: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// Where the owner has it from.
    pub source: Option<String>,
    /// How often it was sighted.
    pub sightings: u64,
    /// How often somebody called it false.
    pub false_positives: u64,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it waits for a manager to let it in.
    pub pending: bool,
    /// The import that last brought it.
    pub import: Option<String>,
    /// When it was added.
    pub added: String,
    /// When it was last changed.
    pub modified: String,
    /// How its confidence wanes.
    pub decay: DecayView,
    /// Its ETag, for `If-Match`.
    pub etag: String,
}

/// How confidence wanes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecayView {
    /// Days in which what is above the floor halves; 0 for never.
    pub half_life_days: u16,
    /// It never falls below this.
    #[serde(default)]
    pub floor: u8,
}

/// A value with everything that one reader may know of it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IndicatorView {
    /// Its id.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value in canonical form.
    pub value: String,
    /// The value as it can be shown without being clicked.
    pub defanged: String,
    /// What the opinions come to that you may read.
    pub calculated: CalculatedView,
    /// What each owner holds, by its name.
    pub opinions: Vec<HeldView>,
    /// Why it is here.
    pub evidence: Vec<EvidenceView>,
}

/// What opinions come to.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CalculatedView {
    /// The mean of the ratings, weighed by confidence.
    pub rating: Option<u8>,
    /// The highest confidence.
    pub confidence: Option<u8>,
    /// The furthest use that is allowed.
    #[serde(rename = "use")]
    pub usage: String,
    /// The role that the surest opinion states.
    pub role: String,
    /// The strictest label.
    pub tlp: Option<String>,
    /// The strictest permitted exposure.
    pub pap: Option<String>,
    /// How many opinions hold.
    pub opinions: u32,
    /// Sightings, added up.
    pub sightings: u64,
    /// Reports that it is false, added up.
    pub false_positives: u64,
}

/// Why a value is here.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct EvidenceView {
    /// Whose evidence, by id.
    pub owner: String,
    /// When it was accepted.
    pub time: String,
    /// By whom; null where that may not be known.
    pub by: Option<String>,
    /// How far it may be shared.
    pub tlp: String,
    /// In words.
    pub words: String,
    /// In parts: origin, seed, steps with their counts then, sources.
    #[schema(value_type = Object)]
    pub provenance: serde_json::Value,
}

impl From<Decay> for DecayView {
    fn from(decay: Decay) -> DecayView {
        DecayView { half_life_days: decay.half_life_days, floor: decay.floor }
    }
}

impl From<Calculated> for CalculatedView {
    fn from(of: Calculated) -> CalculatedView {
        CalculatedView {
            rating: of.rating,
            confidence: of.confidence,
            usage: of.usage.to_string(),
            role: of.role.to_string(),
            tlp: of.tlp.map(|tlp| tlp.to_string()),
            pap: of.pap.map(|pap| pap.to_string()),
            opinions: of.opinions,
            sightings: of.sightings,
            false_positives: of.false_positives,
        }
    }
}

impl From<Accepted> for EvidenceView {
    fn from(of: Accepted) -> EvidenceView {
        EvidenceView {
            owner: of.owner.to_string(),
            time: of.time.to_string(),
            by: of.by,
            tlp: of.tlp.to_string(),
            words: of.provenance.words(),
            provenance: serde_json::to_value(&of.provenance).unwrap_or_default(),
        }
    }
}

impl HeldView {
    fn new(
        indicator: &Indicator,
        owner: String,
        opinion: Opinion,
        confidence: Option<u8>,
        decay: Decay,
        tags: Vec<String>,
        now: Time,
    ) -> HeldView {
        let moment = |time: Option<Time>| time.map(|time| time.to_string());
        HeldView {
            id: opinion.indicator.to_string(),
            kind: indicator.kind().to_string(),
            value: indicator.canonical(),
            owner,
            owner_id: opinion.owner.to_string(),
            rating: opinion.rating,
            confidence,
            stated_confidence: opinion.confidence,
            usage: opinion.usage.to_string(),
            role: opinion.role.to_string(),
            grade: opinion.grade.map(|grade| grade.to_string()),
            tlp: opinion.tlp.to_string(),
            pap: opinion.pap.to_string(),
            active: opinion.holds(now),
            expires: moment(opinion.expires),
            first_seen: moment(opinion.first_seen),
            last_seen: moment(opinion.last_seen),
            active_reason: opinion.active_reason,
            description: opinion.description,
            source: opinion.source,
            sightings: opinion.sightings,
            false_positives: opinion.false_positives,
            tags,
            pending: opinion.pending,
            import: opinion.import.map(|import| import.to_string()),
            added: opinion.added.to_string(),
            modified: opinion.modified.to_string(),
            decay: decay.into(),
            etag: format!("\"r{}\"", opinion.revision),
        }
    }

    /// A row of a list.
    pub fn of_row(row: Listed, now: Time) -> HeldView {
        let held = row.held;
        HeldView::new(&held.indicator, row.owner, held.opinion, row.confidence, held.decay, row.tags, now)
    }

    /// An opinion of an indicator.
    pub fn of_stance(indicator: &Indicator, stance: Stance, now: Time) -> HeldView {
        HeldView::new(indicator, stance.owner, stance.opinion, stance.confidence, stance.decay, stance.tags, now)
    }

    /// The value, to be shown.
    pub fn defanged(&self) -> String {
        defanged(&self.kind, &self.value)
    }
}

impl IndicatorView {
    /// What is known, with its evidence.
    pub fn new(known: Known, evidence: Vec<Accepted>, now: Time) -> IndicatorView {
        let indicator = known.indicator;
        IndicatorView {
            id: known.id.to_string(),
            kind: indicator.kind().to_string(),
            value: indicator.canonical(),
            defanged: indicator.defanged(),
            calculated: known.calculated.into(),
            opinions: known.opinions.into_iter().map(|of| HeldView::of_stance(&indicator, of, now)).collect(),
            evidence: evidence.into_iter().map(EvidenceView::from).collect(),
        }
    }
}

/// A value of a type as it can be shown without being clicked.
pub fn defanged(kind: &str, value: &str) -> String {
    let kind = kind.parse::<IndicatorType>().ok();
    let indicator = kind.and_then(|kind| Indicator::parse(kind, value).ok());
    indicator.map_or_else(|| model::text::defang(value), |indicator| indicator.defanged())
}
