//! How much each source says an hour, so that one that falls silent, or says ten times as much or as little as it is
//! wont to, is noticed.

use std::collections::BTreeMap;

use model::{SourceId, Time};
use serde::{Deserialize, Serialize};

/// How many hours are remembered: a week.
const HOURS: i64 = 7 * 24;
/// How many complete hours there must be before anything is usual.
const USUAL_HOURS: i64 = 6;
/// How many answers an hour are so few that their number says nothing.
const FEW: u64 = 100;
/// How many times as much or as little is a change.
const TIMES: u64 = 10;

/// Answers by source and hour.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rates {
    /// By hour since 1970.
    sources: BTreeMap<u32, BTreeMap<i64, u64>>,
}

/// What is odd about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oddity {
    /// It says nothing any more.
    Silent {
        /// The end of the last hour in which it did.
        since: Time,
    },
    /// It says ten times as much as it is wont to, or as little.
    Changed {
        /// How much an hour it is wont to say.
        usual: u64,
        /// How much it said in the last hour.
        last: u64,
    },
}

impl Rates {
    /// Counts answers of a source.
    pub fn add(&mut self, source: SourceId, at: Time, answers: u64) {
        let hour = at.0.div_euclid(3600);
        let hours = self.sources.entry(source.0).or_default();
        *hours.entry(hour).or_default() += answers;
        hours.retain(|known, _| hour - known <= HOURS);
    }

    /// What is odd about a source: the last complete hour against those before it.
    pub fn oddity(&self, source: SourceId, now: Time) -> Option<Oddity> {
        let hours = self.sources.get(&source.0)?;
        let current = now.0.div_euclid(3600);
        let last = current - 1;
        let first = hours.keys().next().copied().filter(|first| last - first >= USUAL_HOURS)?;
        let first = first.max(last - HOURS);
        let before: u64 = hours.range(first..last).map(|(_, answers)| answers).sum();
        let usual = before / u64::try_from(last - first).unwrap_or(1).max(1);
        let said = |hour: i64| hours.get(&hour).copied().unwrap_or(0);
        if usual < FEW && said(last) < FEW {
            return None;
        }
        if said(last) == 0 && said(current) == 0 {
            let since = hours.keys().next_back().map_or(first, |hour| hour + 1);
            return Some(Oddity::Silent { since: Time(since * 3600) });
        }
        let (more, less) = (said(last) >= usual.max(1) * TIMES, said(last) * TIMES <= usual);
        (more || less).then(|| Oddity::Changed { usual, last: said(last) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: SourceId = SourceId(1);

    fn rates(hours: &[u64]) -> Rates {
        let mut rates = Rates::default();
        hours.iter().enumerate().filter(|(_, answers)| **answers > 0).for_each(|(hour, answers)| {
            rates.add(SOURCE, Time(hour as i64 * 3600 + 5), *answers);
        });
        rates
    }

    #[test]
    fn silence_and_tenfold_changes_are_odd() {
        let at = |hour: i64| Time(hour * 3600 + 60);
        assert_eq!(rates(&[1000; 10]).oddity(SOURCE, at(10)), None);
        assert_eq!(rates(&[1000; 10]).oddity(SOURCE, at(11)), Some(Oddity::Silent { since: Time(36_000) }));
        let loud = rates(&[100, 100, 100, 100, 100, 100, 100, 1000]);
        assert_eq!(loud.oddity(SOURCE, at(8)), Some(Oddity::Changed { usual: 100, last: 1000 }));
        let quiet = rates(&[1000, 1000, 1000, 1000, 1000, 1000, 1000, 100]);
        assert_eq!(quiet.oddity(SOURCE, at(8)), Some(Oddity::Changed { usual: 1000, last: 100 }));
    }

    #[test]
    fn what_is_new_or_small_is_not_odd() {
        assert_eq!(rates(&[1000, 10]).oddity(SOURCE, Time(7200)), None, "nothing is usual yet");
        assert_eq!(rates(&[9, 9, 9, 9, 9, 9, 9, 90]).oddity(SOURCE, Time(8 * 3600)), None);
        assert_eq!(Rates::default().oddity(SOURCE, Time(0)), None);
        let mut rates = rates(&[500; 400]);
        rates.add(SOURCE, Time(400 * 3600), 1);
        assert!(rates.sources[&1].len() as i64 <= HOURS + 1);
    }
}
