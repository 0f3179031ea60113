//! What an owner holds of an indicator.

use serde::{Deserialize, Serialize};

use crate::{
    exposure::Pap,
    id::{ImportId, IndicatorId, OwnerId},
    indicator::IndicatorType,
    marking::Tlp,
    source::words,
    time::{DAY, Time},
};

/// What defences may do with a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    /// Nothing by itself: it helps people to understand.
    #[default]
    Context,
    /// Tell somebody when it is seen.
    Alert,
    /// Stop it.
    Block,
}

words!(Use, "use", "context, alert, block", "context" => Use::Context, "alert" => Use::Alert, "block" => Use::Block);

/// What a host is to the owner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostRole {
    /// Nobody has said.
    #[default]
    Unknown,
    /// Set up by the adversary.
    ActorControlled,
    /// Somebody else's, broken into.
    Compromised,
    /// A service for everybody that the adversary uses.
    AbusedService,
    /// Taken over by defenders.
    Sinkholed,
    /// A target.
    Victim,
}

words!(HostRole, "role of a host", "unknown, actor-controlled, compromised, abused-service, sinkholed, victim",
    "unknown" => HostRole::Unknown, "actor-controlled" => HostRole::ActorControlled,
    "compromised" => HostRole::Compromised, "abused-service" => HostRole::AbusedService,
    "sinkholed" => HostRole::Sinkholed, "victim" => HostRole::Victim);

/// Reliability of a source and credibility of what it said (Admiralty code; NATO AJP-2.1): `B2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Grade {
    source: u8,
    information: u8,
}

/// Text that is no grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a grade: write a letter A to F for the source and a digit 1 to 6 for what it said, as in B2")]
pub struct GradeError;

impl std::str::FromStr for Grade {
    type Err = GradeError;

    fn from_str(text: &str) -> Result<Grade, GradeError> {
        match *text.as_bytes() {
            [source, information]
                if matches!(source.to_ascii_uppercase(), b'A'..=b'F') && (b'1'..=b'6').contains(&information) =>
            {
                Ok(Grade { source: source.to_ascii_uppercase(), information })
            }
            _ => Err(GradeError),
        }
    }
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{}{}", char::from(self.source), char::from(self.information)))
    }
}

impl Serialize for Grade {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Grade {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Grade, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// How confidence wanes: from the day it was last renewed, what is above `floor` halves every `half_life_days`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decay {
    /// Days in which what is above the floor halves; 0 for never.
    pub half_life_days: u16,
    /// It never falls below this (a confidence that began lower stays what it was).
    pub floor: u8,
}

impl Decay {
    /// What holds until an owner decides otherwise: an address changes hands soon, a name later, a hash never.
    pub fn usual(kind: IndicatorType) -> Decay {
        let half_life_days = match kind {
            IndicatorType::Address | IndicatorType::Url => 30,
            IndicatorType::Cidr | IndicatorType::UserAgent => 60,
            IndicatorType::Host | IndicatorType::Asn => 90,
            IndicatorType::EmailAddress | IndicatorType::Certificate => 180,
            IndicatorType::File | IndicatorType::Mutex | IndicatorType::RegistryKey => 0,
        };
        Decay { half_life_days, floor: 0 }
    }

    /// Confidence that stays.
    pub const NEVER: Decay = Decay { half_life_days: 0, floor: 0 };

    /// What is left at `now` of a confidence stated or renewed at `renewed`.
    pub fn confidence(self, stated: u8, renewed: Time, now: Time) -> u8 {
        if self.half_life_days == 0 || stated <= self.floor || now <= renewed {
            return stated;
        }
        let half_lives = (now.0 - renewed.0) as f64 / self.half_life_seconds();
        let above = f64::from(stated - self.floor) * (-half_lives).exp2();
        self.floor + above.round() as u8
    }

    /// A number that does not change with time and orders opinions of one decay as their confidence does, now and
    /// ever: the moment at which one point above the floor is left. What never wanes has its confidence instead.
    pub fn key(self, stated: u8, renewed: Time) -> i64 {
        match stated.saturating_sub(self.floor) {
            _ if self.half_life_days == 0 => i64::from(stated),
            // At or below the floor nothing wanes: before everything that does, in the order of what was stated.
            0 => i64::MIN + i64::from(stated),
            above => renewed.0.saturating_add((f64::from(above).log2() * self.half_life_seconds()) as i64),
        }
    }

    /// Keys below this are of what was stated at or below the floor.
    pub const WANING: i64 = i64::MIN + 256;

    /// The least [`Decay::key`] that has at least `wanted` confidence at `now`.
    pub fn least_key(self, wanted: u8, now: Time) -> i64 {
        if self.half_life_days == 0 {
            return i64::from(wanted);
        }
        if wanted <= self.floor {
            return i64::MIN + i64::from(wanted);
        }
        // Confidence is rounded: half a point less is enough.
        let above = f64::from(wanted - self.floor) - 0.5;
        now.0.saturating_add((above.log2() * self.half_life_seconds()).ceil() as i64)
    }

    /// The most confidence whose [`Decay::least_key`] a key reaches: what lists by confidence go by, so that their
    /// order is that of the keys to the last second.
    pub fn confidence_of_key(self, key: i64, now: Time) -> u8 {
        (1..=100).take_while(|wanted| self.least_key(*wanted, now) <= key).last().unwrap_or(0)
    }

    fn half_life_seconds(self) -> f64 {
        f64::from(self.half_life_days) * DAY as f64
    }
}

impl Opinion {
    /// What an owner holds who has said nothing yet.
    pub fn new(indicator: IndicatorId, owner: OwnerId, tlp: Tlp, now: Time) -> Opinion {
        Opinion {
            indicator,
            owner,
            rating: None,
            confidence: None,
            renewed: now,
            usage: Use::default(),
            role: HostRole::default(),
            grade: None,
            tlp,
            pap: Pap::Amber,
            active: true,
            active_reason: None,
            expires: None,
            first_seen: None,
            last_seen: None,
            description: None,
            source: None,
            sightings: 0,
            false_positives: 0,
            pending: false,
            import: None,
            added: now,
            modified: now,
            revision: 1,
        }
    }

    /// Whether it holds at `now`: it was not ended and has not expired.
    pub fn holds(&self, now: Time) -> bool {
        self.active && self.expires.is_none_or(|expires| now < expires)
    }
}

/// The most a rating can be.
pub const RATING_MAX: u8 = 5;

/// What one owner holds of one indicator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// The value.
    pub indicator: IndicatorId,
    /// Whose opinion.
    pub owner: OwnerId,
    /// How bad, 0 to [`RATING_MAX`]; none where nobody has said.
    pub rating: Option<u8>,
    /// How sure, 0 to 100, when it was stated or renewed.
    pub confidence: Option<u8>,
    /// When confidence was stated or last renewed by a sighting.
    pub renewed: Time,
    /// What defences may do with it.
    #[serde(rename = "use")]
    pub usage: Use,
    /// What the host is.
    pub role: HostRole,
    /// Reliability and credibility.
    pub grade: Option<Grade>,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// Who may learn of questions about it.
    pub pap: Pap,
    /// Whether it holds.
    pub active: bool,
    /// Why it does not, or holds again.
    pub active_reason: Option<String>,
    /// When it stops to hold by itself.
    pub expires: Option<Time>,
    /// Since when the thing has been seen, as far as the owner knows.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// In words.
    pub description: Option<String>,
    /// Where the owner has it from.
    pub source: Option<String>,
    /// How often it was sighted.
    pub sightings: u64,
    /// How often somebody called it false.
    pub false_positives: u64,
    /// Whether it waits for a manager to let it in.
    pub pending: bool,
    /// The import that last brought it.
    pub import: Option<ImportId>,
    /// When it was added.
    pub added: Time,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn confidence_halves_towards_its_floor() {
        let decay = Decay { half_life_days: 30, floor: 10 };
        let day = |days: i64| Time(days * DAY);
        assert_eq!(decay.confidence(90, day(0), day(0)), 90);
        assert_eq!(decay.confidence(90, day(0), day(30)), 50);
        assert_eq!(decay.confidence(90, day(0), day(60)), 30);
        assert_eq!(decay.confidence(90, day(0), day(3000)), 10);
        assert_eq!(decay.confidence(5, day(0), day(3000)), 5, "what began below the floor stays");
        assert_eq!(Decay::NEVER.confidence(90, day(0), day(3000)), 90);
    }

    #[test]
    fn grades() {
        assert_eq!("b2".parse::<Grade>().unwrap().to_string(), "B2");
        for wrong in ["", "G1", "A7", "A0", "A11", "1A"] {
            assert_eq!(wrong.parse::<Grade>(), Err(GradeError), "{wrong}");
        }
    }

    proptest! {
        /// The key selects by an index what computing each confidence would select.
        #[test]
        fn the_key_does_not_depend_on_now(
            half_life_days in 0u16..400, floor in 0u8..60, stated in 0u8..=100, age in 0i64..1000 * DAY, wanted in 1u8..=100,
        ) {
            let decay = Decay { half_life_days, floor };
            let (renewed, now) = (Time(1_700_000_000), Time(1_700_000_000 + age));
            let computed = decay.confidence(stated, renewed, now) >= wanted;
            let (key, least) = (decay.key(stated, renewed), decay.least_key(wanted, now));
            prop_assert!(computed == (key >= least) || key.abs_diff(least) <= 2, "{computed} {key} {least}");
            let of_key = decay.confidence_of_key(key, now);
            prop_assert!(of_key.abs_diff(decay.confidence(stated, renewed, now)) <= 1, "{of_key}");
            prop_assert_eq!(key < Decay::WANING, half_life_days > 0 && stated <= floor);
        }
    }
}
