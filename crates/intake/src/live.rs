//! The way to the outside: asks what an engine needs, and tells the store what came.

use std::{net::IpAddr, path::Path, sync::Arc};

use anyhow::Context;
use collect::{Collector, Config, Ledger, Outcome, Permit};
use engine::{Engine, hunt::Need};
use model::{
    Counting, Exposure, Indicator, Name, Network, NetworkRecord, Observation, RecordType, RegistrationRecord, Source,
    SourceId, SourceKind, Time,
};
use observations::{Batch, Store};
use tokio::runtime::Runtime;

/// The record types that a live look-up asks for.
const TYPES: [RecordType; 6] =
    [RecordType::A, RecordType::AAAA, RecordType::NS, RecordType::MX, RecordType::SOA, RecordType::TXT];

/// At most so many addresses of a looked-up name have their network asked for.
const NETWORKS_MAX: usize = 4;

/// Hears, a line at a time, what was asked and what came of it.
pub type Note<'a> = &'a mut dyn FnMut(&str) -> std::io::Result<()>;

/// What a question brought.
#[derive(Default)]
struct Learnt {
    observations: Vec<Observation>,
    registrations: Vec<RegistrationRecord>,
    networks: Vec<NetworkRecord>,
}

/// A collector at work for one person and one reason.
pub struct Live {
    collector: Collector,
    runtime: Runtime,
    permit: Permit,
    clock: Arc<dyn Fn() -> Time>,
}

impl Live {
    /// Opens the exposure ledger and makes the collector.
    pub fn new(config: Config, data: &Path, permit: Permit, clock: Arc<dyn Fn() -> Time>) -> anyhow::Result<Live> {
        let collector = Collector::new(config, Ledger::open(data)?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("async runtime")?;
        Ok(Live { collector, runtime, permit, clock })
    }

    /// Looks up what a hunt needs. That nothing was found is a fact to show, not a failure.
    pub fn answer(&self, engine: &Engine, need: &Need, note: Note<'_>) -> anyhow::Result<()> {
        match need {
            Need::Registration(domain) => self.registration(engine, domain, note),
            Need::Dns(name) => self.dns(engine, name, note).map(drop),
        }
    }

    /// Looks up everything that may be asked of a value.
    pub fn look_up(&self, engine: &Engine, indicator: &Indicator, note: Note<'_>) -> anyhow::Result<()> {
        match indicator {
            Indicator::Host(host) => {
                let domain = engine.suffixes.registrable(host.name()).map_or(host.name().clone(), |found| found.domain);
                self.registration(engine, &domain, note)?;
                let addresses = self.dns(engine, host.name(), note)?;
                addresses.into_iter().take(NETWORKS_MAX).try_for_each(|address| self.network(engine, address, note))
            }
            Indicator::Address(address) => self.network(engine, *address, note),
            other => Ok(note(&format!("nothing to ask about a value of type {}", other.kind()))?),
        }
    }

    /// Asks the address registry whose an address is.
    fn network(&self, engine: &Engine, address: IpAddr, note: Note<'_>) -> anyhow::Result<()> {
        let now = (self.clock)();
        let outcome = self.runtime.block_on(self.collector.rdap_network(address, &self.permit, now));
        let text = match &outcome {
            Outcome::Found(network) => network_words(network),
            other => other.to_string(),
        };
        note(&format!("network of {address}: {text}"))?;
        let networks = outcome.found().map(|network| NetworkRecord { network, observed: now });
        self.remember(
            engine,
            Exposure::Registry,
            now,
            Learnt { networks: networks.into_iter().collect(), ..Learnt::default() },
        )
    }

    fn registration(&self, engine: &Engine, domain: &Name, note: Note<'_>) -> anyhow::Result<()> {
        let now = (self.clock)();
        let asking = self.collector.registration_steps(domain, &self.permit, now);
        let (outcome, steps) = self.runtime.block_on(asking);
        let asked: Vec<String> = steps.iter().map(|step| format!("{} ({})", step.server, step.outcome)).collect();
        let asked = if asked.is_empty() { String::new() } else { format!(", asked {}", asked.join(", ")) };
        note(&format!("registration of {domain}: {outcome}{asked}"))?;
        let Outcome::Found(record) = outcome else { return Ok(()) };
        self.remember(engine, Exposure::Registry, now, Learnt { registrations: vec![record], ..Learnt::default() })
    }

    /// Asks for the records of a name; the addresses that came.
    fn dns(&self, engine: &Engine, name: &Name, note: Note<'_>) -> anyhow::Result<Vec<IpAddr>> {
        let now = (self.clock)();
        let answers = self.runtime.block_on(self.collector.dns(name, &TYPES, &self.permit, now));
        let mut observations: Vec<Observation> = Vec::new();
        let mut facts: Vec<String> = Vec::new();
        for (rrtype, outcome) in answers {
            let count = match outcome {
                Outcome::Found(found) => {
                    let count = found.len();
                    observations.extend(found);
                    format!("{count}")
                }
                other => other.to_string(),
            };
            facts.push(format!("{rrtype} {count}"));
        }
        facts.dedup_by(|a, b| a.split_once(' ').map(|(_, fact)| fact) == b.split_once(' ').map(|(_, fact)| fact));
        note(&format!("DNS of {name}: {}", facts.join(", ")))?;
        let addresses = observations
            .iter()
            .filter_map(|observation| observation.tuple.rdata.address(observation.tuple.rrtype))
            .collect();
        self.remember(engine, Exposure::Target, now, Learnt { observations, ..Learnt::default() })?;
        Ok(addresses)
    }

    fn remember(&self, engine: &Engine, exposure: Exposure, arrived: Time, learnt: Learnt) -> anyhow::Result<()> {
        let Learnt { observations, registrations, networks } = learnt;
        if observations.is_empty() && registrations.is_empty() && networks.is_empty() {
            return Ok(());
        }
        let source = look_up_source(&engine.store, exposure)?;
        let parser = formats::whois::REVISION;
        engine.append(Batch { id: None, source, arrived, observations, registrations, networks, parser })?;
        Ok(())
    }
}

/// A network in one line: its range, name, holder and country, as far as stated.
fn network_words(network: &Network) -> String {
    let stated = [&network.name, &network.holder.holder, &network.holder.country].into_iter().flatten().cloned();
    format!("{} to {}, {}", network.first, network.last, stated.collect::<Vec<_>>().join(", "))
}

/// The source of our own look-ups; never a population, since only what was asked for is in it.
fn look_up_source(store: &Store, exposure: Exposure) -> anyhow::Result<SourceId> {
    let name = if exposure == Exposure::Target { "look-up-dns" } else { "look-up-registration" };
    if let Some(source) = store.source(name) {
        return Ok(source.id);
    }
    let source = Source {
        id: SourceId(0),
        name: name.into(),
        kind: SourceKind::Lookup,
        counting: Counting::Stream,
        exposure,
        population: false,
        licence: None,
        retention_days: None,
    };
    Ok(store.add_source(source)?.id)
}
