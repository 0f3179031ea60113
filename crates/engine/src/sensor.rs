//! What a sensor keeps of what it sees, and what it must not.
//!
//! A sensor sees every answer; nine in ten say what the last ten minutes said already, and some say more of the team
//! than of the Internet. Between the decoders (`formats::dns`) and the store stand, in this order:
//!
//! 1. a [`Window`]: the same tuple again is one more on its count, not one more observation;
//! 2. a [`DropList`]: own and internal zones, private reverse names, block-list and antivirus look-ups, names whose
//!    answer says who asked;
//! 3. Spoor's own questions, which are no traffic ([`OwnQuestions`]);
//! 4. [`Crowds`]: a zone that brings new names by the thousand, as tunnels do, becomes a counter until somebody
//!    releases it.
//!
//! Nothing here knows who asked: the decoders do not say it. What is not kept is counted by reason ([`Kept`]).

mod crowd;
mod drop_list;
mod own;
mod rate;
mod window;

use std::{collections::BTreeMap, sync::Arc};

use model::{Observation, SuffixList};

pub use crowd::{Crowd, Crowds, NAMES_AN_HOUR};
pub use drop_list::{DropList, DropListError};
pub use own::OwnQuestions;
pub use rate::{Oddity, Rates};
pub use window::{Distinct, Window};

/// Why something is not kept, besides the kinds of a drop list.
mod reason {
    pub(super) const OWN: &str = "own-question";
    pub(super) const CROWD: &str = "high-cardinality";
    pub(super) const BAD_DATA: &str = "bad-data";
    pub(super) const NO_TIME: &str = "no-time";
}

/// The rules of a sensor, and what they remember.
#[derive(Debug)]
pub struct Discretion {
    /// What is dropped.
    pub list: DropList,
    /// What Spoor asked itself.
    pub own: OwnQuestions,
    /// Zones with very many names.
    pub crowds: Crowds,
    suffixes: Arc<SuffixList>,
}

/// What became of what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Answers that are in the store, repetitions counted.
    pub answers: u64,
    /// Observations that these became.
    pub observations: u64,
    /// Answers that were dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
}

impl Kept {
    /// Takes over what became of another part.
    pub fn absorb(&mut self, other: &Kept) {
        self.answers += other.answers;
        self.observations += other.observations;
        other.dropped.iter().for_each(|(reason, count)| self.drop(reason, *count));
    }

    fn drop(&mut self, reason: &str, count: u64) {
        match self.dropped.get_mut(reason) {
            Some(counted) => *counted += count,
            None => drop(self.dropped.insert(reason.to_owned(), count)),
        }
    }
}

impl Discretion {
    /// The rules with these lists.
    pub fn new(list: DropList, crowds: Crowds, suffixes: Arc<SuffixList>) -> Discretion {
        Discretion { list, own: OwnQuestions::default(), crowds, suffixes }
    }

    /// Empties a window: what may be kept, in the order in which it was first seen.
    pub fn judge(&mut self, window: &mut Window) -> (Vec<Observation>, Kept) {
        let (mut observations, mut kept) = (Vec::with_capacity(window.len()), Kept::default());
        self.own.begin(window);
        for distinct in window.distinct() {
            match self.admit(&distinct) {
                Ok(observation) => {
                    kept.answers += distinct.count;
                    observations.push(observation);
                }
                Err(reason) => kept.drop(reason, distinct.count),
            }
        }
        window.clear();
        kept.observations = observations.len() as u64;
        (observations, kept)
    }

    /// What may be kept of observations that somebody else gathered and counted.
    pub fn filter(&mut self, observations: Vec<Observation>) -> (Vec<Observation>, Kept) {
        let mut kept = Kept::default();
        let admitted = observations.into_iter().filter(|observation| {
            let fate = self.permit(observation);
            match fate {
                Ok(()) => kept.answers += observation.count,
                Err(reason) => kept.drop(reason, observation.count),
            }
            fate.is_ok()
        });
        let admitted: Vec<Observation> = admitted.collect();
        kept.observations = admitted.len() as u64;
        (admitted, kept)
    }

    fn admit(&mut self, distinct: &Distinct<'_>) -> Result<Observation, &str> {
        if distinct.first <= 0 {
            return Err(reason::NO_TIME);
        }
        if self.own.asked(distinct) {
            return Err(reason::OWN);
        }
        let observation = distinct.observation().ok_or(reason::BAD_DATA)?;
        self.permit(&observation).map(|()| observation)
    }

    fn permit(&mut self, observation: &Observation) -> Result<(), &str> {
        let name = &observation.tuple.rrname;
        if let Some(kind) = self.list.kind(name.as_wire()) {
            return Err(kind);
        }
        match self.suffixes.registrable(name) {
            Some(found) if !self.crowds.admit(name, &found.domain, observation.span.last(), observation.count) => {
                Err(reason::CROWD)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
