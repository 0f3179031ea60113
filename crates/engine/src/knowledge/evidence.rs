//! Evidence: why an indicator is here.

use model::{Actor, IndicatorId, OwnerId, Provenance, Time, Tlp};
use store::{Viewer, audit::Detail, evidence::Accepted};

use super::{
    Knowledge,
    object::{derived, held, log, seen},
};
use crate::error::Error;

/// The most pieces of evidence in one answer.
pub const LIST_MAX: usize = 500;

impl Knowledge {
    /// Adds evidence that somebody accepted. It carries the strictest of its own label and the indicator's.
    pub fn add_evidence(
        &self,
        actor: &Actor,
        of: OwnerId,
        indicator: IndicatorId,
        provenance: &Provenance,
        tlp: Option<Tlp>,
        now: Time,
    ) -> Result<(), Error> {
        self.store.write(|tx| {
            let held = held(tx, actor, of, indicator.into())?;
            let tlp = derived(tlp, held.tlp, None)?;
            store::evidence::append(tx, &held.owner, indicator, provenance, tlp, actor.user, now)?;
            let detail = Detail::default().with("origin", provenance.origin.as_str()).with("tlp", tlp.as_str());
            log(tx, actor, now, "evidence.add", of, indicator.into(), detail)
        })
    }

    /// Why readable owners hold an indicator; at most [`LIST_MAX`] pieces. What was found by a source that
    /// the actor may not read is left out of them.
    pub fn evidence(&self, actor: &Actor, indicator: IndicatorId) -> Result<Vec<Accepted>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, indicator.into())?;
            Ok(store::evidence::of(tx, indicator, &Viewer::of(actor), &actor.sources, LIST_MAX)?)
        })
    }
}
