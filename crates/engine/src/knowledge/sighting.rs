//! Sightings and false positives.

use model::{Actor, IndicatorId, OwnerId, Sighting, SightingId, SightingKind, Time, time::DAY};
use store::{Viewer, audit::Detail, fresh};

use super::{
    Knowledge,
    object::{LIST_MAX, held, log, maybe_text, seen},
};
use crate::error::Error;

/// The longest note of a sighting, in characters.
pub const NOTE_MAX: usize = 1000;

/// A sighting to be reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSighting {
    /// What was found.
    pub kind: SightingKind,
    /// When; at most a day ahead of here.
    pub time: Time,
    /// How often.
    pub count: u32,
    /// Where, or by what.
    pub note: Option<String>,
}

impl Knowledge {
    /// Reports that an indicator which an owner holds was seen, or that it is a false positive.
    pub fn sight(
        &self,
        actor: &Actor,
        of: OwnerId,
        indicator: IndicatorId,
        new: &NewSighting,
        now: Time,
    ) -> Result<Sighting, Error> {
        if new.count == 0 {
            return Err(Error::invalid("count", "at least 1"));
        }
        // Clocks differ; a sighting of next year would keep confidence from waning until then.
        if new.time > now.plus(DAY) {
            return Err(Error::invalid("time", "it lies in the future"));
        }
        let sighting = Sighting {
            id: SightingId(fresh::id(now)),
            indicator,
            owner: of,
            kind: new.kind,
            time: new.time,
            count: new.count,
            note: maybe_text("note", new.note.as_deref(), NOTE_MAX)?,
        };
        self.store.write(|tx| {
            let held = held(tx, actor, of, indicator.into())?;
            if !store::sighting::add(tx, &held.owner, &sighting, actor.user, now)? {
                return Err(Error::NotFound);
            }
            let detail = Detail::default().with("kind", sighting.kind.as_str()).with("count", sighting.count);
            log(tx, actor, now, "sighting.add", of, indicator.into(), detail)
        })?;
        Ok(sighting)
    }

    /// The sightings of an indicator that the actor may read, the newest report first; at most [`LIST_MAX`].
    pub fn sightings(
        &self,
        actor: &Actor,
        indicator: IndicatorId,
        before: Option<SightingId>,
        limit: u32,
    ) -> Result<Vec<Sighting>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, indicator.into())?;
            Ok(store::sighting::of(tx, indicator, &Viewer::of(actor), before, limit.min(LIST_MAX))?)
        })
    }
}
