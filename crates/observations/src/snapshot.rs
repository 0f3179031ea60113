//! What the store held at one moment: what is new to it, what arrived, how much it holds.

use std::collections::BTreeMap;

use model::{Name, Observation, Readable, SourceId, Time};

use crate::{
    cursor::Skip,
    error::Error,
    freeze::arrival_hour,
    key::{self, ARRIVAL, DOMAIN},
    octets::Input,
    query::{Arrival, Cursor, Interrupt, Novelty, Page, Population, ZonePopulation},
    record::hour,
    sketch::Sketch,
    tuple,
    view::{Range, View, after, source_mask},
};

/// Rows between two looks at the clock.
const CLOCK: u64 = 2048;

/// The store as it was at one moment. Holding one keeps the files that it reads.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(crate) view: View,
    /// Segments that could not be opened.
    pub(crate) lost: usize,
}

/// How a walk ended.
#[derive(Debug, Default)]
pub(crate) struct Walked {
    pub(crate) damaged: usize,
    pub(crate) interrupted: bool,
    pub(crate) rows: u64,
}

impl Walked {
    /// Whether to stop; looked at every few thousand rows.
    pub(crate) fn is_due(&mut self, interrupt: &Interrupt) -> bool {
        self.rows += 1;
        self.interrupted |= self.rows.is_multiple_of(CLOCK) && interrupt.is_due();
        self.interrupted
    }
}

impl Snapshot {
    /// Whether each observation's tuple is new to these sources, seen again, or back after the store's gap.
    pub fn novelty(&self, observations: &[Observation], sources: &Readable) -> Result<Vec<Novelty>, Error> {
        observations.iter().map(|observation| self.novelty_of(observation, sources)).collect()
    }

    fn novelty_of(&self, observation: &Observation, sources: &Readable) -> Result<Novelty, Error> {
        let mut front = Vec::with_capacity(96);
        tuple::put_tuple(&mut front, &observation.tuple);
        let end = key::name_end(&front, 1).unwrap_or(front.len());
        let probe = Range::known_front(&front[..end]).probe;
        let mut merge = self.view.scan(&Range { probe, ..Range::prefix(&front) }, &Skip::nothing())?;
        let mut last: Option<i64> = None;
        while let Some(row) = merge.next()? {
            let allowed = key::split_source(&row.key).is_some_and(|(_, source)| sources.allows(source));
            if allowed && !self.view.catalog.is_too_old(&row.key, row.sighting.last) {
                last = last.max(Some(row.sighting.last));
            }
        }
        let gap = self.view.catalog.gap;
        Ok(match last {
            None => Novelty::New,
            Some(last) if observation.span.first().0 > last.saturating_add(gap) => {
                Novelty::BackAfterGap { last: Time(last) }
            }
            Some(_) => Novelty::SeenAgain,
        })
    }

    /// Registrable domains that arrived here for the first time between two moments (each source by itself), by hour,
    /// domain and source. The hours in which the moments stand are included.
    pub fn arrivals(
        &self,
        from: Time,
        to: Time,
        sources: &Readable,
        limit: usize,
        cursor: Option<Cursor>,
    ) -> Result<Page<Arrival>, Error> {
        let front = |at: Time| [&[ARRIVAL][..], &arrival_hour(hour(at))].concat();
        let mut range = Range { start: front(from), end: after(&front(to)), probe: None };
        if let Some(cursor) = cursor {
            range.start = range.start.max([&cursor.0[..], &[0]].concat());
        }
        let mut page = Page { rows: Vec::new(), next: None, interrupted: false, damaged: self.lost };
        if range.start >= range.end {
            return Ok(page);
        }
        let mut merge = self.view.scan(&range, &Skip { sources: source_mask(sources), ..Skip::nothing() })?;
        let mut last = Vec::new();
        while let Some(row) = merge.next()? {
            let Some(arrival) = parse_arrival(&row.key) else { continue };
            if !sources.allows(arrival.source) || !self.is_first(&row.key, arrival.hour)? {
                continue;
            }
            if page.rows.len() == limit {
                page.next = Some(Cursor(last));
                break;
            }
            last.clone_from(&row.key);
            page.rows.push(arrival);
        }
        page.damaged += merge.damaged();
        Ok(page)
    }

    /// The full hour in which the first of these sources brought a registrable domain; none where none has.
    pub fn first_arrival(&self, domain: &Name, sources: &Readable) -> Result<Option<Time>, Error> {
        let mut front = vec![DOMAIN];
        key::put_name(&mut front, domain);
        let mut merge =
            self.view.scan(&Range::prefix(&front), &Skip { sources: source_mask(sources), ..Skip::nothing() })?;
        let mut first: Option<i64> = None;
        while let Some(row) = merge.next()? {
            if key::split_source(&row.key).is_some_and(|(_, source)| sources.allows(source)) {
                first = Some(first.map_or(row.sighting.first, |known| known.min(row.sighting.first)));
            }
        }
        Ok(first.map(Time))
    }

    /// Whether a domain was not known in an earlier hour: batches may come in any order.
    fn is_first(&self, arrival: &[u8], hour: Time) -> Result<bool, Error> {
        let key = [&[DOMAIN], arrival.get(9..).unwrap_or_default()].concat();
        let mut merge = self.view.scan(&Range::prefix(&key), &Skip::nothing())?;
        Ok(merge.next()?.is_none_or(|row| row.key != key || row.sighting.first == hour.0))
    }

    /// How many domains with a registration these sources hold, by the last label of their names. A domain that several
    /// sources or segments hold counts in each.
    pub fn zones(&self, sources: &Readable) -> Vec<ZonePopulation> {
        let mut zones: BTreeMap<Name, ZonePopulation> = BTreeMap::new();
        for segment in &self.view.segments {
            let hidden = self.view.catalog.hidden(segment);
            let read = |source: SourceId| sources.allows(source) && !hidden.contains(&source);
            let summaries = segment.summary.sources.iter().filter(|(source, _)| read(SourceId(**source)));
            for (label, counted) in summaries.flat_map(|(_, summary)| &summary.zones) {
                let Some(zone) = zone_of(label) else { continue };
                let newest = Time(counted.newest);
                let known = zones.entry(zone.clone()).or_insert(ZonePopulation { zone, domains: 0, newest });
                known.domains += counted.domains;
                known.newest = known.newest.max(newest);
            }
        }
        zones.into_values().collect()
    }

    /// How much a source holds.
    pub fn population(&self, source: SourceId) -> Population {
        let (mut dns, mut registrations) = (Sketch::default(), Sketch::default());
        let mut newest = None;
        for segment in &self.view.segments {
            let Some(summary) = segment.summary.sources.get(&source.0) else { continue };
            if !self.view.catalog.hidden(segment).contains(&source) {
                dns.merge(&summary.dns);
                registrations.merge(&summary.registrations);
                newest = newest.max(summary.newest);
            }
        }
        Population { dns_domains: dns.estimate(), registrations: registrations.estimate(), newest: newest.map(Time) }
    }
}

/// The name of an encoded label.
fn zone_of(label: &[u8]) -> Option<Name> {
    let mut octets = label.to_vec();
    octets.extend(if label.is_empty() { &[0][..] } else { &[0, 0] });
    key::take_name(&mut Input(&octets))
}

pub(crate) fn parse_arrival(key: &[u8]) -> Option<Arrival> {
    let (front, source) = key::split_source(key)?;
    let mut input = Input(front.get(1..)?);
    let hour = Time((input.u64()? ^ 1 << 63) as i64);
    Some(Arrival { hour, domain: key::take_name(&mut input)?, source })
}
