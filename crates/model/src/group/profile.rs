//! Threat profiles: what is held of an adversary or an intrusion set, how likely, on what evidence.
//!
//! Likelihood and confidence are different things (ICD 203, §D.6.e(2)): how likely the statement is, and how good the
//! ground is on which that is said. Both are written in fixed terms, so that two readers understand the same.

use serde::{Deserialize, Serialize};

use super::field::Problem;
use crate::{source::words, time::Time};

/// What is known of those behind an activity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "camelCase")]
pub struct Profile {
    /// Other names.
    pub aliases: Vec<String>,
    /// What they want.
    pub goals: Vec<String>,
    /// Why they want it.
    pub motivation: Option<Motivation>,
    /// What they are able to do.
    pub sophistication: Option<Sophistication>,
    /// Where they are suspected to act from, as ISO 3166-1 alpha-2: `AQ`.
    pub suspected_country: Option<String>,
    /// Sectors they aim at.
    pub sectors: Vec<String>,
    /// Regions they aim at.
    pub regions: Vec<String>,
    /// What is held of them.
    pub assessments: Vec<Assessment>,
    /// What they are to the owner.
    pub risk: Option<Risk>,
    /// What happened.
    pub timeline: Vec<Event>,
}

/// Why somebody attacks (STIX 2.1 `attack-motivation-ov`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words are those of the vocabulary")]
pub enum Motivation {
    Accidental,
    Coercion,
    Dominance,
    Ideology,
    Notoriety,
    OrganizationalGain,
    PersonalGain,
    PersonalSatisfaction,
    Revenge,
    Unpredictable,
}

/// What somebody is able to do (STIX 2.1 `threat-actor-sophistication-ov`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the words are those of the vocabulary")]
pub enum Sophistication {
    None,
    Minimal,
    Intermediate,
    Advanced,
    Expert,
    Innovator,
    Strategic,
}

/// How likely a statement is; the words and bands are those of a [`Yardstick`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// ICD 203: almost no chance; PHIA: remote chance.
    AlmostNoChance,
    /// ICD 203: very unlikely; PHIA: highly unlikely.
    VeryUnlikely,
    /// Unlikely in both.
    Unlikely,
    /// ICD 203: roughly even chance; PHIA: realistic possibility.
    RoughlyEvenChance,
    /// Likely in both.
    Likely,
    /// ICD 203: very likely; PHIA: highly likely.
    VeryLikely,
    /// Almost certain in both.
    AlmostCertain,
}

words!(Likelihood, "likelihood",
    "almost-no-chance, very-unlikely, unlikely, roughly-even-chance, likely, very-likely, almost-certain",
    "almost-no-chance" => Likelihood::AlmostNoChance, "very-unlikely" => Likelihood::VeryUnlikely,
    "unlikely" => Likelihood::Unlikely, "roughly-even-chance" => Likelihood::RoughlyEvenChance,
    "likely" => Likelihood::Likely, "very-likely" => Likelihood::VeryLikely,
    "almost-certain" => Likelihood::AlmostCertain);

/// By which table terms of likelihood are meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Yardstick {
    /// Intelligence Community Directive 203 (United States, 2015).
    #[default]
    Icd203,
    /// Professional Head of Intelligence Assessment (United Kingdom, 2019).
    Phia,
}

impl Likelihood {
    /// The term, and between which percentages it lies.
    pub fn term(self, yardstick: Yardstick) -> (&'static str, u8, u8) {
        const ICD203: [(&str, u8, u8); 7] = [
            ("almost no chance", 1, 5),
            ("very unlikely", 5, 20),
            ("unlikely", 20, 45),
            ("roughly even chance", 45, 55),
            ("likely", 55, 80),
            ("very likely", 80, 95),
            ("almost certain", 95, 99),
        ];
        const PHIA: [(&str, u8, u8); 7] = [
            ("remote chance", 0, 5),
            ("highly unlikely", 10, 20),
            ("unlikely", 25, 35),
            ("realistic possibility", 40, 50),
            ("likely", 55, 75),
            ("highly likely", 80, 90),
            ("almost certain", 95, 100),
        ];
        let table = match yardstick {
            Yardstick::Icd203 => ICD203,
            Yardstick::Phia => PHIA,
        };
        table[self as usize]
    }
}

/// How good the ground of an assessment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// Little, or of doubtful sources.
    Low,
    /// Plausible, not confirmed enough.
    Moderate,
    /// Good sources that agree.
    High,
}

/// A statement that somebody stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// What is stated.
    pub statement: String,
    /// How likely it is.
    pub likelihood: Likelihood,
    /// By which table the term is meant.
    #[serde(default)]
    pub yardstick: Yardstick,
    /// How good the ground is.
    pub confidence: Confidence,
    /// What it rests on: identifiers, reports, links.
    #[serde(default)]
    pub evidence: Vec<String>,
    /// What somebody who does not agree says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dissent: Option<String>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Time>,
}

/// What a threat is to the owner: likelihood times impact, with what went into them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    /// How likely it strikes, 1 to 5.
    pub likelihood: u8,
    /// What it would cost, 1 to 5.
    pub impact: u8,
    /// Why these numbers.
    pub inputs: Vec<String>,
}

impl Risk {
    /// Likelihood times impact: 1 to 25.
    pub fn score(&self) -> u8 {
        self.likelihood.saturating_mul(self.impact)
    }
}

/// Something that happened, on a threat's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// When.
    pub time: Time,
    /// What.
    pub what: String,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Profile {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let risk = self.risk.iter();
        let numbers = risk.flat_map(|risk| [("risk.likelihood", risk.likelihood), ("risk.impact", risk.impact)]);
        for (path, number) in numbers {
            Problem::unless((1..=5).contains(&number), path, "write 1 to 5")?;
        }
        let grounds = self.risk.as_ref().is_none_or(|risk| !risk.inputs.is_empty());
        Problem::unless(grounds, "risk.inputs", "say what the numbers rest on")?;
        let is_code = |code: &String| code.len() == 2 && code.bytes().all(|letter| letter.is_ascii_uppercase());
        let country = self.suspected_country.as_ref().is_none_or(is_code);
        Problem::unless(country, "suspectedCountry", "write two capital letters of ISO 3166-1")
    }
}
