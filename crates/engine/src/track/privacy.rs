//! Contacts are personal data: how long they are kept, and how a value is forgotten where Tracks tell of it.

use std::collections::BTreeSet;

use model::{Actor, Indicator, IndicatorType, Name, SourceId, Time, time::DAY};
use observations::{ForgetReport, Forgotten};
use store::audit::{self, Detail, Entry};

use crate::{Engine, error::Error, knowledge::Knowledge};

/// Days after which registrations go whose source says nothing else: 24 months.
pub const CONTACT_DAYS: u32 = 730;

impl Knowledge {
    /// Removes versions of registrations that their sources saw last longer ago than they may be kept, with their raw
    /// answers, but for domains that somebody holds as an indicator: those are evidence of a ticket or a threat. It merges
    /// the whole store first, and takes as long.
    pub fn expire_contacts(&self, actor: &Actor, engine: &Engine, now: Time) -> Result<ForgetReport, Error> {
        actor.may_administer()?;
        let limits: Vec<(SourceId, Time)> = engine
            .store
            .sources()
            .iter()
            .map(|source| (source.id, now.plus(-i64::from(source.retention_days.unwrap_or(CONTACT_DAYS)) * DAY)))
            .collect();
        engine.store.compact(true)?;
        let mut kept = BTreeSet::new();
        for domain in engine.store.snapshot().stale_registrations(&limits)? {
            if self.is_evidence(&domain)? {
                kept.insert(domain);
            }
        }
        let report = engine.store.forget(&Forgotten::Stale { limits, kept })?;
        self.noted(actor, "registration.expire", report.rows, now)?;
        Ok(report)
    }

    /// Whether somebody holds a domain as an indicator.
    fn is_evidence(&self, domain: &Name) -> Result<bool, Error> {
        let Ok(indicator) = Indicator::parse(IndicatorType::Host, &domain.to_string()) else { return Ok(false) };
        let id = store::indicator::id(&indicator);
        Ok(self.store.read(|tx| store::indicator::by_id(tx, id))?.is_some())
    }

    /// Forgets the hits of a domain, and those that tell of a folded value of a registration; how many there were. Tracks
    /// that ask for it stay: they are somebody's words, and find it again only where it is stored again.
    pub fn forget_in_hits(&self, actor: &Actor, value: &str, now: Time) -> Result<u64, Error> {
        actor.may_administer()?;
        let hits = self.store.write(|tx| store::track::forget(tx, value))?;
        self.noted(actor, "track.forget", hits, now)?;
        Ok(hits)
    }

    /// An entry of the audit log that says how much went, and not what.
    fn noted(&self, actor: &Actor, action: &'static str, gone: u64, now: Time) -> Result<(), Error> {
        let detail = Detail::default().with("gone", gone.to_string());
        let entry = Entry { time: now, actor, action, object: None, owner: None, detail };
        Ok(self.store.write(|tx| audit::append(tx, &entry)).map(drop)?)
    }
}
