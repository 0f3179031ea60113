//! One registration query for each registrable domain that a sensor sees for the first time.
//!
//! It brings a reverse WHOIS of one's own, of just the domains that matter, without a paid feed; and it tells registries
//! and registrars which domains somebody in the network has begun to use. So it is off unless it is given a budget, and
//! asks within the permitted exposure like everything else.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Engine, hunt::Need};
use model::{Actor, Name, SourceId, SourceKind, Time};
use observations::Interrupt;

use crate::live::{Live, Note};

const HOUR: i64 = 3_600;
/// How far back arrivals are looked at: what was not asked for by then is left.
const WINDOW: i64 = 2 * HOUR;

/// Which domains are still to be asked for.
#[derive(Debug)]
pub struct FirstSeen {
    an_hour: usize,
    since: Time,
    asked: BTreeMap<Name, Time>,
}

impl FirstSeen {
    /// Domains that arrive from this moment on, so many an hour.
    pub fn new(an_hour: u32, since: Time) -> FirstSeen {
        FirstSeen { an_hour: an_hour as usize, since, asked: BTreeMap::new() }
    }

    /// Asks for the domains that arrived since the last round and of which no registration is known, as far as the budget
    /// of this hour goes. How many were asked for.
    pub fn round(&mut self, engine: &Engine, live: &Live, now: Time, note: Note<'_>) -> anyhow::Result<usize> {
        let due = self.due(engine, now)?;
        for domain in &due {
            self.asked.insert(domain.clone(), now);
            live.answer(engine, &Need::Registration(domain.clone()), &mut *note)?;
        }
        Ok(due.len())
    }

    /// The domains to ask for now.
    fn due(&mut self, engine: &Engine, now: Time) -> anyhow::Result<Vec<Name>> {
        self.asked.retain(|_, at| now.0 - at.0 < 2 * WINDOW);
        let spent = self.asked.values().filter(|at| now.0 - at.0 < HOUR).count();
        let room = self.an_hour.saturating_sub(spent);
        if room == 0 {
            return Ok(Vec::new());
        }
        let actor = Actor::local("first-seen".to_owned());
        let view = engine.view(&actor, Interrupt::default());
        let is_sensor =
            |source: &SourceId| view.source(*source).is_some_and(|source| source.kind == SourceKind::Sensor);
        // Arrivals are kept by the hour.
        let since = self.since.0.max(now.0 - WINDOW);
        let since = Time(since - since.rem_euclid(HOUR));
        let limit = room + self.asked.len();
        let new = engine::new::domains(&view, since, now.plus(HOUR), &BTreeSet::new(), limit)?;
        let mut due = Vec::new();
        for found in new.domains.into_iter().filter(|found| found.sources.iter().any(is_sensor)) {
            let known = self.asked.contains_key(&found.domain) || !view.registrations(&found.domain)?.is_empty();
            if !known && due.len() < room {
                due.push(found.domain);
            }
        }
        Ok(due)
    }
}
