//! What one actor sees: a snapshot of the store, the sources they may read, and out of how much things are counted.
//!
//! A count means something only over a measured population (a sensor's traffic, a zone): a store that was filled by
//! look-ups alone makes shared hosting look rare, because only what somebody asked for is in it. So every value is
//! counted twice: over the sources that are populations, and over everything readable.

use std::{collections::BTreeSet, net::IpAddr};

use model::{
    Actor, Field, Name, Readable, RecordType, Registrable, Role, Source, SourceId, SourceKind, Time, evidence::Share,
};
use observations::{
    Arrival, Counts, Cursor, Interrupt, NetworkVersion, Page, Population, Query, Record, Snapshot, Subject, ValueHit,
    ValueQuery, Version,
};
use serde::{Deserialize, Serialize};

use crate::{Engine, error::Error};

/// Counting stops here and says so.
pub const COUNT_MAX: u64 = 1_000_000;

/// A snapshot as one actor may see it.
pub struct View<'a> {
    /// The engine whose rules apply.
    pub engine: &'a Engine,
    snapshot: Snapshot,
    sources: Vec<Source>,
    readable: Readable,
    measured_dns: Measured,
    measured_registrations: Measured,
    interrupt: Interrupt,
}

/// The measured sources of one kind of observation and how much they hold.
struct Measured {
    sources: Readable,
    count: u32,
    domains: u64,
}

/// Out of what something was counted, or not found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denominator {
    /// The names of the sources that were read.
    pub sources: Vec<String>,
    /// How many registrable domains they hold in DNS, estimated.
    pub dns_domains: u64,
    /// How many registrations they hold, estimated.
    pub registrations: u64,
    /// The newest moment observed.
    pub newest: Option<Time>,
}

impl<'a> View<'a> {
    pub(crate) fn new(engine: &'a Engine, actor: &Actor, interrupt: Interrupt) -> View<'a> {
        let snapshot = engine.store.snapshot();
        let sources: Vec<Source> =
            engine.store.sources().into_iter().filter(|source| actor.sources.allows(source.id)).collect();
        let readable = Readable::Only(sources.iter().map(|source| source.id).collect());
        let populations: Vec<(SourceId, Population)> = sources
            .iter()
            .filter(|source| source.population)
            .map(|source| (source.id, snapshot.population(source.id)))
            .collect();
        let measured_dns = Measured::of(&populations, |population| population.dns_domains);
        let measured_registrations = Measured::of(&populations, |population| population.registrations);
        View { engine, snapshot, sources, readable, measured_dns, measured_registrations, interrupt }
    }

    /// The snapshot, for a module that asks what nothing here does; it names the sources that may be read.
    pub(crate) fn snapshot(&self) -> (&Snapshot, &Readable, &Interrupt) {
        (&self.snapshot, &self.readable, &self.interrupt)
    }

    /// The sources that are read.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// A source by its number.
    pub fn source(&self, id: SourceId) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// Registrable domains that arrived between two moments, each source by itself.
    pub(crate) fn arrivals(
        &self,
        since: Time,
        until: Time,
        sources: &Readable,
        limit: usize,
        cursor: Option<Cursor>,
    ) -> Result<Page<Arrival>, Error> {
        Ok(self.snapshot.arrivals(since, until, sources, limit, cursor)?)
    }

    /// Whether any of these sources brought a domain before this hour.
    pub(crate) fn arrived_before(&self, domain: &Name, hour: Time, sources: &Readable) -> Result<bool, Error> {
        Ok(self.snapshot.first_arrival(domain, sources)?.is_some_and(|first| first < hour))
    }

    /// What was read, and how much it holds.
    pub fn denominator(&self) -> Denominator {
        let populations: Vec<Population> =
            self.sources.iter().map(|source| self.snapshot.population(source.id)).collect();
        Denominator {
            sources: self.sources.iter().map(|source| source.name.clone()).collect(),
            dns_domains: populations.iter().map(|population| population.dns_domains).max().unwrap_or(0),
            registrations: populations.iter().map(|population| population.registrations).max().unwrap_or(0),
            newest: populations.iter().filter_map(|population| population.newest).max(),
        }
    }

    /// The registrable domain of a name, or the name itself where it is a public suffix.
    pub fn registrable(&self, name: &Name) -> Name {
        self.engine.suffixes.registrable(name).map_or_else(|| name.clone(), |found: Registrable| found.domain)
    }

    /// Records of a subject, at most `limit`, and whether there are more.
    pub fn records(&self, subject: Subject, types: &[RecordType], limit: usize) -> Result<(Vec<Record>, bool), Error> {
        let page = self.snapshot.dns(&self.query(subject, types, self.readable.clone(), limit))?;
        Ok((page.rows, page.next.is_some() || page.interrupted))
    }

    /// Records of a subject that measured populations saw at or after `since`, at most `limit`, and whether there are
    /// more.
    pub fn measured_since(
        &self,
        subject: Subject,
        types: &[RecordType],
        since: Time,
        limit: usize,
    ) -> Result<(Vec<Record>, bool), Error> {
        let mut query = self.query(subject, types, self.measured_dns.sources.clone(), limit);
        query.fences.last_after = Some(since);
        let page = self.snapshot.dns(&query)?;
        Ok((page.rows, page.next.is_some() || page.interrupted))
    }

    /// The names of the sources that are populations in DNS.
    pub fn measured_sources(&self) -> Vec<String> {
        let measured = self.sources.iter().filter(|source| self.measured_dns.sources.allows(source.id));
        measured.map(|source| source.name.clone()).collect()
    }

    /// How many share a subject in DNS.
    pub fn share(&self, subject: Subject, types: &[RecordType]) -> Result<Share, Error> {
        let count = |sources: &Readable| {
            self.snapshot.count(&self.query(subject.clone(), types, sources.clone(), usize::MAX), COUNT_MAX)
        };
        let known = count(&self.readable)?;
        Ok(self.measured_dns.share(known, count(&self.measured_dns.sources)?))
    }

    /// How many registrations hold a folded value in any contact role (or in the domain's own).
    pub fn share_of_value(&self, field: Field, role: Option<Role>, value: &str) -> Result<Share, Error> {
        let count = |sources: &Readable| {
            let query = ValueQuery::exact(field, role, value, sources.clone(), usize::MAX);
            self.snapshot.count_registered_with(&ValueQuery { interrupt: self.interrupt.clone(), ..query }, COUNT_MAX)
        };
        let known = count(&self.readable)?;
        Ok(self.measured_registrations.share(known, count(&self.measured_registrations.sources)?))
    }

    /// Domains whose registrations hold a folded value, at most `limit`, and whether there are more.
    pub fn registered_with(
        &self,
        field: Field,
        role: Option<Role>,
        value: &str,
        limit: usize,
    ) -> Result<(Vec<ValueHit>, bool), Error> {
        let query = ValueQuery::exact(field, role, value, self.readable.clone(), limit);
        let page = self.snapshot.registered_with(&ValueQuery { interrupt: self.interrupt.clone(), ..query })?;
        Ok((page.rows, page.next.is_some() || page.interrupted))
    }

    /// The history of a domain's registration, ordered by first seen.
    pub fn registrations(&self, domain: &Name) -> Result<Vec<Version>, Error> {
        Ok(self.snapshot.registrations(domain, &self.readable)?)
    }

    /// The blocks that hold an address, the longest prefix first.
    pub fn networks(&self, address: IpAddr) -> Result<Vec<NetworkVersion>, Error> {
        Ok(self.snapshot.networks(address, &self.readable)?)
    }

    /// The raw answers behind a version.
    pub fn raw(&self, version: &Version) -> Result<Vec<model::RawAnswer>, Error> {
        Ok(self.snapshot.raw(version)?)
    }

    /// How many registrable domains the measured populations hold: in registrations, and in DNS.
    pub fn populations(&self) -> (u64, u64) {
        (self.measured_registrations.domains, self.measured_dns.domains)
    }

    /// Whether times of this source are of our own active look-ups.
    pub fn is_lookup(&self, id: SourceId) -> bool {
        self.source(id).is_some_and(|source| source.kind == SourceKind::Lookup)
    }

    fn query(&self, subject: Subject, types: &[RecordType], sources: Readable, limit: usize) -> Query {
        Query { interrupt: self.interrupt.clone(), ..Query::new(subject, sources, limit).of_types(types) }
    }
}

impl Measured {
    fn of(populations: &[(SourceId, Population)], held: impl Fn(&Population) -> u64) -> Measured {
        let holding: Vec<_> = populations.iter().filter(|(_, population)| held(population) > 0).collect();
        Measured {
            sources: Readable::Only(holding.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>()),
            count: holding.len() as u32,
            // Populations overlap to an unknown degree: the largest is the safe size of their union.
            domains: holding.iter().map(|(_, population)| held(population)).max().unwrap_or(0),
        }
    }

    fn share(&self, known: Counts, measured: Counts) -> Share {
        Share {
            domains: measured.domains,
            names: measured.names,
            known: known.domains,
            population: self.domains,
            sources: self.count,
            at_least: known.at_least || measured.at_least,
        }
    }
}

/// The subject of an address in DNS data, and the record type that carries it.
pub fn address_subject(address: IpAddr) -> (Subject, RecordType) {
    (Subject::Address(address), if address.is_ipv4() { RecordType::A } else { RecordType::AAAA })
}
