//! Answers that say that there is nothing to be had, remembered for a while, so that a registry is not asked the same
//! over and over: "no such domain", and a refusal to answer for it.
//!
//! The moment is the caller's, as for everything that is observed; one that lies ahead of it counts as forgotten.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use model::{Name, Time};

use crate::{
    config::Limits,
    outcome::{Fact, Outcome},
};

/// How many domains are remembered.
const DOMAINS_MAX: usize = 100_000;

/// What was answered for domains lately.
#[derive(Debug, Default)]
pub(crate) struct Remembered(Mutex<HashMap<Name, (Fact, Time)>>);

impl Remembered {
    /// What was answered for this domain, where that still stands.
    pub(crate) fn recall(&self, domain: &Name, limits: &Limits, now: Time) -> Option<Fact> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (fact, at) = known.get(domain)?;
        let life = match fact {
            Outcome::NoSuchName => limits.absent_seconds,
            _ => limits.refused_seconds,
        };
        (0..life).contains(&(now.0 - at.0)).then(|| fact.clone())
    }

    /// Remembers an answer that says that there is nothing; any other one takes its place.
    pub(crate) fn note<T>(&self, domain: &Name, answer: &Result<T, Fact>, now: Time) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Err(fact @ (Outcome::NoSuchName | Outcome::Refused(_))) => {
                if known.len() >= DOMAINS_MAX {
                    known.clear();
                }
                known.insert(domain.clone(), (fact.clone(), now));
            }
            Ok(_) => drop(known.remove(domain)),
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_life() {
        let (known, limits) = (Remembered::default(), Limits::default());
        let (absent, refused) = ("absent.example".parse().unwrap(), "refused.example".parse().unwrap());
        known.note::<()>(&absent, &Err(Outcome::NoSuchName), Time(1_000));
        known.note::<()>(&refused, &Err(Outcome::Refused("no".into())), Time(1_000));
        let recall = |domain, at| known.recall(domain, &limits, Time(1_000 + at));
        assert_eq!(recall(&absent, limits.absent_seconds - 1), Some(Outcome::NoSuchName));
        assert_eq!(recall(&absent, limits.absent_seconds), None);
        assert!(
            recall(&refused, limits.refused_seconds - 1).is_some()
                && recall(&refused, limits.refused_seconds).is_none()
        );
        assert_eq!(recall(&absent, -1), None, "a clock that was set back");
        known.note(&absent, &Ok(()), Time(1_001));
        assert_eq!(recall(&absent, 1), None);
        known.note::<()>(&absent, &Err(Outcome::Timeout), Time(1_002));
        assert_eq!(recall(&absent, 2), None, "says nothing of the domain");
    }
}
