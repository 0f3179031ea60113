//! What goes back to the SOC: each value with why, since when, and why not to block it.

use std::collections::{BTreeMap, BTreeSet};

use formats::answer::Row;
use model::{
    Actor, Indicator, Name, Span, Time,
    opinion::{HostRole, Use},
    query::Query,
};
use observations::Subject;
use store::search::{Order, PAGE_MAX};

use crate::{
    error::Error,
    knowledge::{
        Knowledge,
        already::BAD,
        collateral,
        exit::Audience,
        indicator::{Calculated, Known},
        list,
    },
    view::{View, address_subject},
};

/// The most values of one answer.
pub const VALUES_MAX: usize = 1_000;
/// At most so many records of a value are read for its active periods.
const RECORDS_MAX: usize = 1_000;
/// Active periods closer than this are one.
const GAP: i64 = model::time::DAY;

impl Knowledge {
    /// The values that an import brought and that are still held so, for an answer.
    pub fn values_of_import(&self, actor: &Actor, import: model::ImportId, now: Time) -> Result<Vec<Indicator>, Error> {
        self.import_by_id(actor, import)?;
        let query: Query = list::parse(&format!("import = {import}"))?;
        let page = self.list(actor, &query, Order::Id, None, PAGE_MAX.min(VALUES_MAX), now)?;
        if page.next.is_some() {
            return Err(Error::Limit(format!("an answer has at most {VALUES_MAX} values; name those that matter")));
        }
        Ok(page.rows.into_iter().map(|row| row.held.indicator).collect())
    }

    /// One row for each value, as far as it may go to the audience: of what a value is labelled stricter, only the
    /// value itself and what our observations say are in the answer.
    pub fn answer(
        &self,
        view: &View,
        actor: &Actor,
        values: &[Indicator],
        audience: Audience,
        now: Time,
    ) -> Result<Vec<Row>, Error> {
        if values.len() > VALUES_MAX {
            return Err(Error::Limit(format!("an answer has at most {VALUES_MAX} values, here are {}", values.len())));
        }
        let distinct: BTreeSet<Indicator> = values.iter().cloned().collect();
        let bad = self.bad_domains(view, actor, &distinct, now)?;
        let mut seen = BTreeSet::new();
        let first = values.iter().filter(|value| seen.insert(*value));
        first.map(|value| self.row(view, actor, value, &bad, audience, now)).collect()
    }

    fn row(
        &self,
        view: &View,
        actor: &Actor,
        value: &Indicator,
        bad: &BTreeSet<Name>,
        audience: Audience,
        now: Time,
    ) -> Result<Row, Error> {
        let known = match self.indicator_by_value(actor, value, now) {
            Ok(known) => admitted(known, audience, now),
            Err(Error::NotFound) => None,
            Err(error) => return Err(error),
        };
        let active = periods(view, value)?;
        let stated =
            known.as_ref().and_then(|known| known.opinions.iter().filter_map(|of| of.opinion.first_seen).min());
        let search_from = active.iter().map(|span| span.first()).chain(stated).min();
        let mut do_not_block = known.as_ref().map(reservations).unwrap_or_default();
        do_not_block.extend(cautions(view, value, bad, now)?);
        let reason = match &known {
            Some(known) => self.reason(actor, known, audience)?,
            None => "asked about; nothing is held of it here".into(),
        };
        let tier = known.as_ref().and_then(|known| known.calculated.rating).map(|rating| format!("rating {rating}"));
        Ok(Row { indicator: value.clone(), reason, tier, active, search_from, do_not_block })
    }

    /// The newest evidence that may go out, else what the team wrote.
    fn reason(&self, actor: &Actor, known: &Known, audience: Audience) -> Result<String, Error> {
        let evidence = self.evidence(actor, known.id)?;
        let newest = evidence.iter().filter(|piece| audience.admits(piece.tlp)).max_by_key(|piece| piece.time);
        let written = || known.opinions.iter().find_map(|of| of.opinion.description.clone());
        Ok(newest.map(|piece| piece.provenance.words()).or_else(written).unwrap_or_else(|| "held by the team".into()))
    }

    /// The registrable domains of values that somebody calls bad, or that are in the answer themselves.
    fn bad_domains(
        &self,
        view: &View,
        actor: &Actor,
        values: &BTreeSet<Indicator>,
        now: Time,
    ) -> Result<BTreeSet<Name>, Error> {
        let domain = |value: &Indicator| match value {
            Indicator::Host(host) => Some(view.registrable(host.name())),
            _ => None,
        };
        let mut bad: BTreeSet<Name> = values.iter().filter_map(domain).collect();
        let mut near: BTreeMap<Indicator, Name> = BTreeMap::new();
        for value in values {
            let Indicator::Address(address) = value else { continue };
            let (subject, rrtype) = address_subject(*address);
            for record in view.records(subject, &[rrtype], RECORDS_MAX)?.0 {
                let name = record.tuple.rrname;
                let domain = view.registrable(&name);
                let hosts = [&name, &domain].into_iter().filter_map(|name| model::HostName::new(name.clone()).ok());
                near.extend(hosts.map(|host| (Indicator::Host(host), domain.clone())));
            }
        }
        let held = self.held_now(actor, &near.keys().cloned().collect(), now)?;
        let is_bad = |value: &Indicator| held.get(value).and_then(|held| held.rating).is_some_and(|r| r >= BAD);
        bad.extend(near.iter().filter(|(value, _)| is_bad(value)).map(|(_, domain)| domain.clone()));
        Ok(bad)
    }
}

/// The opinions that may go to an audience, and what they come to.
fn admitted(known: Known, audience: Audience, now: Time) -> Option<Known> {
    let opinions: Vec<_> = known.opinions.into_iter().filter(|of| audience.admits(of.opinion.tlp)).collect();
    let calculated = Calculated::of(&opinions, now);
    (!opinions.is_empty()).then_some(Known { opinions, calculated, ..known })
}

fn reservations(known: &Known) -> Vec<String> {
    let role = match known.calculated.role {
        HostRole::Compromised => Some("somebody else's, broken into: its owner's visitors would be cut off"),
        HostRole::AbusedService => Some("a service for everybody that is abused"),
        HostRole::Sinkholed => Some("taken over by defenders"),
        HostRole::Victim => Some("a victim's"),
        HostRole::Unknown | HostRole::ActorControlled => None,
    };
    let context = (known.calculated.usage == Use::Context).then_some("the team holds it for context alone");
    role.into_iter().chain(context).map(str::to_owned).collect()
}

/// What speaks against blocking a value: labels, and who else was seen at an address lately.
fn cautions(view: &View, value: &Indicator, bad: &BTreeSet<Name>, now: Time) -> Result<Vec<String>, Error> {
    let labels = collateral::bundled(view, value).into_iter();
    let mut words: Vec<String> = labels.filter_map(|of| Some(format!("{} ({})", of.kind?.as_str(), of.list))).collect();
    // What stands below a host is meant with it.
    if matches!(value, Indicator::Address(_) | Indicator::Cidr(_)) {
        words.extend(collateral::of(view, value, bad, now)?.words());
    }
    Ok(words)
}

/// When a value was active by our own passive DNS, in order.
fn periods(view: &View, value: &Indicator) -> Result<Vec<Span>, Error> {
    let (subject, types) = match value {
        Indicator::Host(host) => (Subject::Name(host.name().clone()), Vec::new()),
        Indicator::Address(address) => {
            let (subject, rrtype) = address_subject(*address);
            (subject, vec![rrtype])
        }
        Indicator::Cidr(prefix) => (Subject::Prefix(*prefix), Vec::new()),
        _ => return Ok(Vec::new()),
    };
    let records = view.records(subject, &types, RECORDS_MAX)?.0;
    let passive = records.iter().flat_map(|record| &record.sightings).filter(|(source, _)| !view.is_lookup(*source));
    let mut spans: Vec<Span> = passive.flat_map(|(_, seen)| &seen.spells).map(|spell| spell.span).collect();
    spans.sort_by_key(|span| (span.first(), span.last()));
    let mut periods: Vec<Span> = Vec::new();
    for span in spans {
        match periods.last_mut() {
            Some(last) if span.first() <= last.last().plus(GAP) => *last = last.union(span),
            _ => periods.push(span),
        }
    }
    Ok(periods)
}
