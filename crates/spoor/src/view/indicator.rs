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
pub(crate) struct HeldView {
    /// The indicator.
    pub(crate) id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The value in canonical form.
    pub(crate) value: String,
    /// The name of the owner.
    pub(crate) owner: String,
    /// Its id.
    pub(crate) owner_id: String,
    /// How bad, 0 to 5.
    pub(crate) rating: Option<u8>,
    /// How sure, 0 to 100, as it has waned by now.
    pub(crate) confidence: Option<u8>,
    /// How sure when it was stated or renewed.
    pub(crate) stated_confidence: Option<u8>,
    /// context, alert or block.
    #[serde(rename = "use")]
    pub(crate) usage: String,
    /// What the host is.
    pub(crate) role: String,
    /// Admiralty code, as in B2.
    pub(crate) grade: Option<String>,
    /// How far it may be shared.
    pub(crate) tlp: String,
    /// Who may learn of questions about it.
    pub(crate) pap: String,
    /// Whether it holds now.
    pub(crate) active: bool,
    /// Why it does not, or holds again.
    pub(crate) active_reason: Option<String>,
    /// When it stops to hold by itself.
    pub(crate) expires: Option<String>,
    /// Since when the thing has been seen.
    pub(crate) first_seen: Option<String>,
    /// Until when.
    pub(crate) last_seen: Option<String>,
    /// In words.
    pub(crate) description: Option<String>,
    /// Where the owner has it from.
    pub(crate) source: Option<String>,
    /// How often it was sighted.
    pub(crate) sightings: u64,
    /// How often somebody called it false.
    pub(crate) false_positives: u64,
    /// Its tags.
    pub(crate) tags: Vec<String>,
    /// Whether it waits for a manager to let it in.
    pub(crate) pending: bool,
    /// The import that last brought it.
    pub(crate) import: Option<String>,
    /// When it was added.
    pub(crate) added: String,
    /// When it was last changed.
    pub(crate) modified: String,
    /// How its confidence wanes.
    pub(crate) decay: DecayView,
    /// Its ETag, for `If-Match`.
    pub(crate) etag: String,
}

/// How confidence wanes.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DecayView {
    /// Days in which what is above the floor halves; 0 for never.
    pub(crate) half_life_days: u16,
    /// It never falls below this.
    #[serde(default)]
    pub(crate) floor: u8,
}

/// A value with everything that one reader may know of it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IndicatorView {
    /// Its id.
    pub(crate) id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The value in canonical form.
    pub(crate) value: String,
    /// The value as it can be shown without being clicked.
    pub(crate) defanged: String,
    /// What the opinions come to that you may read.
    pub(crate) calculated: CalculatedView,
    /// What each owner holds, by its name.
    pub(crate) opinions: Vec<HeldView>,
    /// Why it is here.
    pub(crate) evidence: Vec<EvidenceView>,
}

/// What opinions come to.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CalculatedView {
    /// The mean of the ratings, weighed by confidence.
    pub(crate) rating: Option<u8>,
    /// The highest confidence.
    pub(crate) confidence: Option<u8>,
    /// The furthest use that is allowed.
    #[serde(rename = "use")]
    pub(crate) usage: String,
    /// The role that the surest opinion states.
    pub(crate) role: String,
    /// The strictest label.
    pub(crate) tlp: Option<String>,
    /// The strictest permitted exposure.
    pub(crate) pap: Option<String>,
    /// How many opinions hold.
    pub(crate) opinions: u32,
    /// Sightings, added up.
    pub(crate) sightings: u64,
    /// Reports that it is false, added up.
    pub(crate) false_positives: u64,
}

/// Why a value is here.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct EvidenceView {
    /// Whose evidence, by id.
    pub(crate) owner: String,
    /// When it was accepted.
    pub(crate) time: String,
    /// By whom; null where that may not be known.
    pub(crate) by: Option<String>,
    /// How far it may be shared.
    pub(crate) tlp: String,
    /// In words.
    pub(crate) words: String,
    /// In parts: origin, seed, steps with their counts then, sources.
    #[schema(value_type = Object)]
    pub(crate) provenance: serde_json::Value,
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
    pub(crate) fn of_row(row: Listed, now: Time) -> HeldView {
        let held = row.held;
        HeldView::new(&held.indicator, row.owner, held.opinion, row.confidence, held.decay, row.tags, now)
    }

    /// An opinion of an indicator.
    pub(crate) fn of_stance(indicator: &Indicator, stance: Stance, now: Time) -> HeldView {
        HeldView::new(indicator, stance.owner, stance.opinion, stance.confidence, stance.decay, stance.tags, now)
    }

    /// The value, to be shown.
    pub(crate) fn defanged(&self) -> String {
        defanged(&self.kind, &self.value)
    }
}

impl IndicatorView {
    /// What is known, with its evidence.
    pub(crate) fn new(known: Known, evidence: Vec<Accepted>, now: Time) -> IndicatorView {
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
pub(crate) fn defanged(kind: &str, value: &str) -> String {
    let kind = kind.parse::<IndicatorType>().ok();
    let indicator = kind.and_then(|kind| Indicator::parse(kind, value).ok());
    indicator.map_or_else(|| model::text::defang(value), |indicator| indicator.defanged())
}
