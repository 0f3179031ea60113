//! A world: everything that is so, and everything that its sensors, lists and servers say of it.

use std::collections::HashMap;

use model::{Counting, Exposure, Name, RecordType, Source, SourceId, SourceKind, Time};
use serde_json::json;

use crate::{
    case_study::{CaseStudy, Plan},
    clock::NOW,
    domain::Domain,
    infrastructure::{Infrastructure, Registrar},
    label, line,
    names::{Names, ZONES},
    network,
    population::Population,
    text::{EXAMPLE_RDAP, EXAMPLE_WHOIS, Layout, Record, TEST_WHOIS, rdap},
    truth::Truth,
    zone::{self, DnsAnswer},
};

/// The larger sensor.
pub const SENSOR_ONE: &str = "sensor-one";
/// The smaller sensor.
pub const SENSOR_TWO: &str = "sensor-two";
/// The registrations that are fed.
pub const REGISTRATIONS: &str = "registrations";
/// A provider of passive DNS whose statements span years.
pub const PROVIDER: &str = "almanac";

/// A fictional Internet. It never changes; what changes is the moment at which it is asked.
pub struct World {
    names: Names,
    infrastructure: Infrastructure,
    population: Population,
    /// The domains that are written out: infrastructure, case study, decoys.
    written: Vec<Domain>,
    /// Where they stand in `written`.
    places: HashMap<String, usize>,
    truth: Truth,
    seed: u64,
}

/// A WHOIS server of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WhoisServer {
    /// Its host name.
    pub host: String,
    /// The zones that it is the registry's server of; none for a registrar's.
    pub zones: Vec<String>,
    /// The registrar's IANA id; none for a registry's.
    pub registrar: Option<u32>,
    /// How it writes.
    pub layout: Layout,
}

/// An RDAP server of a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RdapServer {
    /// Its host name.
    pub host: String,
    /// The zones that it is the registry's server of; none for a registrar's.
    pub zones: Vec<String>,
    /// The registrar's IANA id; none for a registry's.
    pub registrar: Option<u32>,
}

impl World {
    /// The case study on top of ordinary domains.
    pub fn case_study(plan: &Plan) -> World {
        let names = Names::new(plan.seed);
        let infrastructure = Infrastructure::new(plan.seed, &names);
        let population = Population::new(plan.seed, plan.benign);
        let mut written = infrastructure.domains(plan.seed, &names);
        let study = CaseStudy::new(plan, &names, &infrastructure, &population);
        written.extend(study.domains);
        let places = written.iter().enumerate().map(|(place, domain)| (domain.name.clone(), place)).collect();
        World { names, infrastructure, population, written, places, truth: study.truth, seed: plan.seed }
    }

    /// The same with so many ordinary domains, for measurements: up to two million; they are made when asked for.
    pub fn generated(seed: u64, domains: usize) -> World {
        World::case_study(&Plan { seed, benign: domains, without: Vec::new() })
    }

    /// Today, before the clock is moved.
    pub fn now(&self) -> Time {
        NOW
    }

    /// What is so.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// How many registrable domains there are.
    pub fn domain_count(&self) -> usize {
        self.written.len() + self.population.len() as usize
    }

    /// What the lines come from.
    pub fn sources(&self) -> Vec<Source> {
        let source = |id, name: &str, kind, counting, population| Source {
            id: SourceId(id),
            name: name.into(),
            kind,
            counting,
            // The lines are handed in: no question leaves for them.
            exposure: Exposure::Nobody,
            population,
            licence: Some("fictional".into()),
            retention_days: None,
        };
        vec![
            source(1, SENSOR_ONE, SourceKind::Sensor, Counting::Stream, true),
            source(2, SENSOR_TWO, SourceKind::Sensor, Counting::Stream, true),
            source(3, REGISTRATIONS, SourceKind::Import, Counting::Statement, true),
            source(4, PROVIDER, SourceKind::Provider, Counting::Statement, false),
        ]
    }

    /// The DNS lines of a source that are known by `at`, in the Common Output Format.
    pub fn dns_lines(&self, source: &str, at: Time) -> impl Iterator<Item = String> {
        self.new_dns_lines(source, Time(i64::MIN), at)
    }

    /// Those among them that were not known by `since`.
    pub fn new_dns_lines(&self, source: &str, since: Time, at: Time) -> impl Iterator<Item = String> {
        let teller = [SENSOR_ONE, SENSOR_TWO, PROVIDER].iter().position(|name| *name == source);
        let seed = self.seed;
        let domains = teller.is_some().then(|| self.domains());
        domains.into_iter().flatten().flat_map(move |domain| {
            let lines = domain.facts.iter().flat_map(|fact| {
                let sightings = match teller {
                    Some(sensor @ 0..2) => fact.sightings(seed, sensor),
                    _ => fact.statement().into_iter().collect(),
                };
                line::cof(&domain, fact, sightings, since, at)
            });
            lines.collect::<Vec<_>>()
        })
    }

    /// The registrations of a source that are known by `at`: JSON lines with `domain`, `server`, `protocol`,
    /// `observed` and `raw`.
    pub fn registration_lines(&self, source: &str, at: Time) -> impl Iterator<Item = String> {
        self.new_registration_lines(source, Time(i64::MIN), at)
    }

    /// Those among them that were not known by `since`.
    pub fn new_registration_lines(&self, source: &str, since: Time, at: Time) -> impl Iterator<Item = String> {
        let fed = source == REGISTRATIONS;
        let domains = fed.then(|| self.domains());
        domains.into_iter().flatten().flat_map(move |domain| {
            let known = |time: Time| since < time && time <= at;
            let holdings = domain.holdings.iter().filter(|holding| holding.fed.is_some_and(known));
            let lines =
                holdings.filter_map(|holding| line::registration(&domain, holding, self.registrar(holding.registrar)));
            lines.collect::<Vec<_>>()
        })
    }

    /// What is known to be shared, and why: a list of labels as TOML, `[[label]]` with `kind`, `value`, `label`,
    /// `source`.
    pub fn labels(&self) -> String {
        label::list(&self.infrastructure)
    }

    /// What DNS says of a name.
    pub fn answer_dns(&self, name: &Name, rrtype: RecordType, at: Time) -> DnsAnswer {
        zone::answer(name, rrtype, at, &|domain| self.find(domain))
    }

    /// What a WHOIS server says to a question: a domain, with `=` or `domain ` in front where one likes.
    pub fn answer_whois(&self, server: &str, query: &str, at: Time) -> String {
        let asked = query.trim().trim_start_matches('=');
        let asked = asked.strip_prefix("domain ").unwrap_or(asked).trim().trim_end_matches('.').to_lowercase();
        let Some(found) = self.whois_servers().into_iter().find(|known| known.host == server) else {
            return "Unknown server.\n".into();
        };
        let answers = |registrar: &Registrar| match found.registrar {
            Some(id) => registrar.iana_id == id,
            None => found.zones.iter().any(|zone| asked.rsplit('.').next() == Some(zone)),
        };
        let answer =
            self.with_record(&asked, at, |record| answers(record.registrar).then(|| found.layout.write(record)));
        // What a question has in it that is no name is not repeated.
        let shown = if asked.parse::<Name>().is_ok() { asked.as_str() } else { "" };
        answer.flatten().unwrap_or_else(|| found.layout.not_found(shown))
    }

    /// What a WHOIS server says to whoever asks too often.
    pub fn throttle_text(&self, server: &str) -> String {
        let known = self.whois_servers().into_iter().find(|known| known.host == server);
        known.map_or(Layout::Icann, |known| known.layout).throttled().into()
    }

    /// The WHOIS servers.
    pub fn whois_servers(&self) -> Vec<WhoisServer> {
        let registry = |host: &str, zone: &str, layout| WhoisServer {
            host: host.into(),
            zones: vec![zone.into()],
            registrar: None,
            layout,
        };
        let mut servers =
            vec![registry(TEST_WHOIS, ZONES[0], Layout::Thin), registry(EXAMPLE_WHOIS, ZONES[1], Layout::Rpsl)];
        servers.extend(self.infrastructure.registrars.iter().filter_map(|registrar| {
            let (registrar, layout, host) = (Some(registrar.iana_id), registrar.layout, registrar.whois_host()?);
            Some(WhoisServer { host, zones: Vec::new(), registrar, layout })
        }));
        servers
    }

    /// What an RDAP server answers to a path such as `/domain/a.example`: status and body; none where there is
    /// nothing. The registry's server answers `/ip/` and `/autnum/` too.
    pub fn answer_rdap(&self, server: &str, path: &str, at: Time) -> Option<(u16, String)> {
        let found = self.rdap_servers().into_iter().find(|known| known.host == server)?;
        let (class, value) = path.trim_start_matches('/').split_once('/')?;
        let body = match (class, found.registrar) {
            ("domain", registrar) => {
                self.rdap_domain(&found, registrar, &value.trim_end_matches('.').to_lowercase(), at)?
            }
            ("ip", None) => network::block(&self.infrastructure, value.split('/').next()?.parse().ok()?)?,
            ("autnum", None) => network::autonomous_system(&self.infrastructure, value.parse().ok()?)?,
            _ => return None,
        };
        Some((200, body.to_string()))
    }

    /// The RDAP servers.
    pub fn rdap_servers(&self) -> Vec<RdapServer> {
        let registry = RdapServer { host: EXAMPLE_RDAP.into(), zones: vec![ZONES[1].into()], registrar: None };
        let registrars = self.infrastructure.registrars.iter().filter_map(|registrar| {
            let host = registrar.rdap_host()?;
            Some(RdapServer { host, zones: Vec::new(), registrar: Some(registrar.iana_id) })
        });
        std::iter::once(registry).chain(registrars).collect()
    }

    /// Which WHOIS server has which zone, in the format of the published list.
    pub fn whois_zone_list(&self) -> String {
        json!({
            "_": { "schema": "2", "updated": "2026-10-01 00:00:00 UTC" },
            "example": { "_type": "newgtld", "host": EXAMPLE_WHOIS },
            "test": { "_type": "newgtld", "host": TEST_WHOIS, "adapter": "verisign" },
        })
        .to_string()
    }

    /// Which RDAP server has which zone (RFC 9224 §4); `url_of` says where a host's server is.
    pub fn rdap_bootstrap(&self, url_of: &dyn Fn(&str) -> String) -> String {
        json!({
            "version": "1.0",
            "publication": NOW.to_string(),
            "description": "RDAP bootstrap file of a simulated Internet",
            "services": [[[ZONES[1]], [url_of(EXAMPLE_RDAP)]], [network::BLOCKS, [url_of(EXAMPLE_RDAP)]]],
        })
        .to_string()
    }

    fn rdap_domain(
        &self,
        server: &RdapServer,
        registrar: Option<u32>,
        domain: &str,
        at: Time,
    ) -> Option<serde_json::Value> {
        self.with_record(domain, at, |record| match registrar {
            Some(id) => (record.registrar.iana_id == id).then(|| rdap::domain(record, rdap::Server::Registrar)),
            None => (domain.rsplit('.').next() == server.zones.first().map(String::as_str))
                .then(|| rdap::domain(record, rdap::Server::Registry)),
        })?
    }

    fn with_record<T>(&self, domain: &str, at: Time, then: impl FnOnce(&Record<'_>) -> T) -> Option<T> {
        let domain = self.find(domain)?;
        let holding = domain.holding(at)?;
        Some(then(&Record { domain: &domain, holding, registrar: self.registrar(holding.registrar), at }))
    }

    fn registrar(&self, number: usize) -> &Registrar {
        &self.infrastructure.registrars[number % self.infrastructure.registrars.len()]
    }

    fn find(&self, domain: &str) -> Option<Domain> {
        if let Some(place) = self.places.get(domain) {
            return Some(self.written[*place].clone());
        }
        let number = self.names.find(domain).filter(|number| *number < self.population.len())?;
        Some(self.population.domain(number, &self.names, &self.infrastructure))
    }

    /// All domains: those written out, then the ordinary ones, each made as it comes.
    pub(crate) fn domains(&self) -> impl Iterator<Item = Domain> {
        let ordinary =
            (0..self.population.len()).map(|number| self.population.domain(number, &self.names, &self.infrastructure));
        self.written.iter().cloned().chain(ordinary)
    }
}

#[cfg(test)]
mod tests;
