//! The audit log and the exposure ledger, for those who may read them.

use model::{Actor, Time};
use store::{
    audit::{Detail, Entry, Filter, Record, Verified},
    exposure::Line,
};

use crate::{error::Error, knowledge::Knowledge};

impl Knowledge {
    /// Entries of the audit log, the newest first.
    pub fn audit(&self, actor: &Actor, filter: &Filter, limit: u32) -> Result<Vec<Record>, Error> {
        let right = actor.may_audit()?;
        self.store.read(|tx| Ok(store::audit::list(tx, &right, filter, limit)?))
    }

    /// Walks the chain of the audit log.
    pub fn verify_audit(&self, actor: &Actor) -> Result<Verified, Error> {
        let right = actor.may_audit()?;
        self.store.read(|tx| {
            tx.unlimited()?;
            Ok(store::audit::verify(tx, &right)?)
        })
    }

    /// Forgets a personal value wherever the audit log names it; whether it was known. That it was done is an entry
    /// itself, which does not say what.
    pub fn forget_in_audit(&self, actor: &Actor, value: &str, now: Time) -> Result<bool, Error> {
        actor.may_administer()?;
        self.store.write(|tx| {
            let known = store::audit::forget(tx, value)?;
            let detail = Detail::default().with("known", known);
            let entry = Entry { time: now, actor, action: "audit.forget", object: None, owner: None, detail };
            store::audit::append(tx, &entry)?;
            Ok(known)
        })
    }

    /// Writes down that somebody lets the observations forget a value: of which kind, and not which.
    pub fn forgets_observations(&self, actor: &Actor, kind: &str, now: Time) -> Result<(), Error> {
        actor.may_administer()?;
        self.store.write(|tx| {
            let detail = Detail::default().with("kind", kind);
            let entry = Entry { time: now, actor, action: "observations.forget", object: None, owner: None, detail };
            store::audit::append(tx, &entry)?;
            Ok(())
        })
    }

    /// Questions that left, or were refused, the newest first: about a value or, for a domain, names below it.
    pub fn exposures(
        &self,
        actor: &Actor,
        value: Option<&str>,
        below: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Line>, Error> {
        let right = actor.may_audit()?;
        let value = value.map(|value| value.trim().trim_end_matches('.').to_lowercase());
        self.store.read(|tx| Ok(store::exposure::list(tx, &right, value.as_deref(), below, limit)?))
    }

    /// The place of the last line of the exposure ledger that is in the index.
    pub fn exposures_indexed(&self) -> Result<i64, Error> {
        self.store.read(|tx| Ok(store::exposure::last(tx)?))
    }

    /// Adds lines of the exposure ledger to its index. Lines that are there already stay.
    pub fn index_exposures(&self, lines: &[Line]) -> Result<(), Error> {
        self.store.write(|tx| {
            for line in lines {
                store::exposure::add(tx, line)?;
            }
            Ok(())
        })
    }
}
