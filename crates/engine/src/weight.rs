//! What sharing a value is worth: data, in one file.

use std::collections::BTreeMap;

use model::PivotKind;
use serde::Deserialize;

use crate::error::Error;

/// The weights of a hunt. Their meaning stands beside them in `data/weights.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// A hunt follows what it holds at least this likely.
    pub expand_at: f64,
    /// From here on a candidate is *related*.
    pub related: f64,
    /// From here on a candidate is *probable*.
    pub probable: f64,
    /// Each hop after the first multiplies by this.
    pub decay: f64,
    /// Prior odds are (campaign so far + prior) to the population.
    pub prior: f64,
    /// The share of a second value of the same family that still counts.
    pub runner_up: f64,
    /// Days between two active periods that still count as together.
    pub overlap_slack_days: i64,
    /// By kind of shared value.
    pub kind: BTreeMap<PivotKind, KindWeight>,
    /// What supports a link.
    pub support: Support,
}

/// The weight of one kind of value.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindWeight {
    /// Which share of one owner's pairs have it in common.
    pub rho: f64,
    /// The most it can be worth, in bits.
    pub cap: f64,
    /// Above so many domains it finds nothing by itself.
    pub crowded_over: u64,
    /// Values of one family count once.
    pub family: String,
}

/// What supports a link that a shared value has made, in bits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Support {
    /// Both registrars are known and differ.
    pub different_registrar: f64,
    /// Created within a day of each other.
    pub created_same_day: f64,
    /// Created within three days.
    pub created_within_3_days: f64,
    /// Created within thirty days.
    pub created_within_a_month: f64,
    /// The names share an uncommon token.
    pub name_token: f64,
    /// The names share a long run of letters.
    pub name_substring: f64,
}

impl Weights {
    /// The weights inside the binary.
    pub fn bundled() -> Weights {
        Weights::parse(include_str!("../data/weights.toml")).expect("the bundled weights are tested")
    }

    /// Reads weights in the form of `data/weights.toml`.
    pub fn parse(text: &str) -> Result<Weights, Error> {
        let weights: Weights =
            toml::from_str(text).map_err(|error| Error::Invalid { field: "weights".into(), why: error.to_string() })?;
        let unit = [weights.expand_at, weights.related, weights.probable, weights.decay, weights.runner_up];
        let sane = unit.iter().all(|share| (0.0..=1.0).contains(share)) && weights.prior >= 1.0;
        let why = "shares stand between 0 and 1, the prior is at least 1".into();
        if sane { Ok(weights) } else { Err(Error::Invalid { field: "weights".into(), why }) }
    }

    /// Evidence of a shared value in bits: `log2(rho * population / count)`, between 0 and the kind's cap.
    pub fn bits(&self, kind: PivotKind, population: u64, count: u64) -> f64 {
        let Some(weight) = self.kind.get(&kind) else { return 0.0 };
        (weight.rho * population.max(1) as f64 / count.max(1) as f64).log2().clamp(0.0, weight.cap)
    }

    /// Above how many domains a value of this kind is crowded.
    pub fn crowded_over(&self, kind: PivotKind) -> u64 {
        self.kind.get(&kind).map_or(50, |weight| weight.crowded_over)
    }
}

/// Whether a kind of value says who registered (contact kinds) rather than where something is hosted. Hosting kinds
/// look rare in a store that was filled by look-ups, so without a measured population they stay *weak*.
pub fn is_contact(kind: PivotKind) -> bool {
    use PivotKind::{Email, Handle, Name, Organization, Phone, Street};
    matches!(kind, Email | Handle | Name | Organization | Phone | Street)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_weights_are_sane() {
        let weights = Weights::bundled();
        assert!(weights.bits(PivotKind::Email, 10_000, 6) > 10.0);
        assert_eq!(weights.bits(PivotKind::Address, 10_000, 100_000), 0.0);
        assert!(Weights::parse("decay = 2").is_err());
    }
}
