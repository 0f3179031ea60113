//! What of something that was found is known already, and known to be bad, to one reader.

use std::collections::{BTreeMap, BTreeSet};

use model::{Actor, Indicator, IndicatorId, Name, Time};
use serde::Serialize;

use super::{Knowledge, offer::values_of};
use crate::{error::Error, pivot::PivotRow};

/// From this rating on a value is called bad.
pub const BAD: u8 = 3;

/// What readable owners hold of a domain or its names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Already {
    /// How many opinions hold.
    pub opinions: u32,
    /// The highest rating among them.
    pub rating: Option<u8>,
}

impl Already {
    /// Whether one of them calls it bad.
    pub fn is_bad(self) -> bool {
        self.rating.is_some_and(|rating| rating >= BAD)
    }
}

impl Knowledge {
    /// For each domain that shares a value, what readable owners hold of it or of its names that do; domains of which
    /// nothing is held are not there.
    pub fn already(&self, actor: &Actor, rows: &[PivotRow], now: Time) -> Result<BTreeMap<Name, Already>, Error> {
        let of_domain = values_of(rows);
        let all: BTreeSet<Indicator> = of_domain.values().flatten().cloned().collect();
        let held = self.held_now(actor, &all, now)?;
        let mut known = BTreeMap::new();
        for (domain, values) in of_domain {
            let found = values.iter().filter_map(|value| held.get(value)).copied().reduce(together);
            known.extend(found.map(|found| (domain.clone(), found)));
        }
        Ok(known)
    }

    /// What readable owners hold of these values now.
    pub fn held_now(
        &self,
        actor: &Actor,
        values: &BTreeSet<Indicator>,
        now: Time,
    ) -> Result<BTreeMap<Indicator, Already>, Error> {
        let ids: Vec<IndicatorId> = values.iter().map(store::indicator::id).collect();
        let mut known: BTreeMap<Indicator, Already> = BTreeMap::new();
        let all = self.store.read(|tx| store::opinion::of_indicators(tx, &ids, &actor.readable(), false))?;
        for held in all.into_iter().filter(|held| held.opinion.holds(now)) {
            let one = Already { opinions: 1, rating: held.opinion.rating };
            known.entry(held.indicator).and_modify(|known| *known = together(*known, one)).or_insert(one);
        }
        Ok(known)
    }
}

fn together(a: Already, b: Already) -> Already {
    Already { opinions: a.opinions + b.opinions, rating: a.rating.max(b.rating) }
}
