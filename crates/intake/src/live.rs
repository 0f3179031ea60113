//! The way to the outside: asks what an engine needs, and tells the store what came.

use std::{net::IpAddr, path::Path, sync::Arc};

use anyhow::Context;
use collect::{Collector, Config, Inquiry, Ledger, Outcome, Permit, ProviderConfig, Spend};
use engine::{Engine, hunt::Need, pivot::PivotValue};
use formats::provider::{Held, Told};
use model::{
    Actor, Counting, Exposure, Indicator, Name, Network, NetworkRecord, Observation, PivotKind, Quality, RecordType,
    RegistrationRecord, Source, SourceId, SourceKind, Time,
};
use observations::{Batch, Interrupt, Store};
use tokio::runtime::Runtime;

/// The record types that a live look-up asks for.
const TYPES: [RecordType; 6] =
    [RecordType::A, RecordType::AAAA, RecordType::NS, RecordType::MX, RecordType::SOA, RecordType::TXT];

/// At most so many addresses of a looked-up name have their network asked for.
const NETWORKS_MAX: usize = 4;

/// At most so many values of a pivot are asked for at providers.
const VALUES_MAX: usize = 3;

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
    spend: Spend,
    clock: Arc<dyn Fn() -> Time + Send + Sync>,
}

impl Live {
    /// Opens the exposure ledger and makes the collector.
    pub fn new(
        config: Config,
        data: &Path,
        permit: Permit,
        clock: Arc<dyn Fn() -> Time + Send + Sync>,
    ) -> anyhow::Result<Live> {
        let collector = Collector::new(config, Ledger::open(data)?)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("async runtime")?;
        Ok(Live { collector, runtime, permit, spend: Spend::No, clock })
    }

    /// The same, with leave to spend or not.
    pub fn spending(self, spend: Spend) -> Live {
        Live { spend, ..self }
    }

    /// Looks up what a hunt needs. That nothing was found is a fact to show, not a failure.
    pub fn answer(&self, engine: &Engine, need: &Need, note: Note<'_>) -> anyhow::Result<()> {
        match need {
            Need::Registration(domain) => self.registration(engine, domain, note),
            Need::Dns(name) => {
                self.dns(engine, name, note)?;
                self.ask_providers(engine, &inquiries(name, true), &mut *note)?;
                self.reverse(engine, name, note)
            }
        }
    }

    /// Looks up everything that may be asked of a value.
    pub fn look_up(&self, engine: &Engine, indicator: &Indicator, note: Note<'_>) -> anyhow::Result<()> {
        match indicator {
            Indicator::Host(host) => {
                let domain = engine.suffixes.registrable(host.name()).map_or(host.name().clone(), |found| found.domain);
                self.registration(engine, &domain, note)?;
                let addresses = self.dns(engine, host.name(), note)?;
                addresses.into_iter().take(NETWORKS_MAX).try_for_each(|address| self.network(engine, address, note))?;
                self.ask_providers(engine, &inquiries(host.name(), domain == *host.name()), note)
            }
            Indicator::Address(address) => {
                self.network(engine, *address, note)?;
                self.ask_providers(engine, &[Inquiry::Address(*address)], note)
            }
            Indicator::EmailAddress(_) => {
                self.ask_providers(engine, &[held(PivotKind::Email, &indicator.to_string())], note)
            }
            other => Ok(note(&format!("nothing to ask about a value of type {}", other.kind()))?),
        }
    }

    /// Asks providers who else is registered with the e-mail addresses of a seed.
    fn reverse(&self, engine: &Engine, domain: &Name, note: Note<'_>) -> anyhow::Result<()> {
        let any = held(PivotKind::Email, "any");
        if !self.collector.providers((self.clock)()).iter().any(|offer| offer.provider.answers(&any)) {
            return Ok(());
        }
        let actor = Actor::local(self.permit.actor.clone());
        let view = engine.view(&actor, Interrupt::default());
        let pivot = engine::pivot::pivot(&view, &domain.to_string(), PivotKind::Email)?;
        self.share(engine, &pivot.values, note)
    }

    /// Asks providers who shares the values of a pivot; those of which that would say nothing are left out.
    pub fn share(&self, engine: &Engine, values: &[PivotValue], note: Note<'_>) -> anyhow::Result<()> {
        let worth = values.iter().filter(|value| value.quality != Quality::Poison).take(VALUES_MAX);
        let inquiries: Vec<Inquiry> = worth.filter_map(|value| inquiry(value.kind, &value.value)).collect();
        self.ask_providers(engine, &inquiries, note)
    }

    /// Asks every provider that can be asked that; what it takes is said before.
    fn ask_providers(&self, engine: &Engine, inquiries: &[Inquiry], note: Note<'_>) -> anyhow::Result<()> {
        for offer in self.collector.providers((self.clock)()) {
            for inquiry in inquiries.iter().filter(|inquiry| offer.provider.answers(inquiry)) {
                self.ask_provider(engine, &offer.provider.name, inquiry, &mut *note)?;
            }
        }
        Ok(())
    }

    /// Asks one provider, and remembers what it says under its name. What a question takes is said before.
    pub fn ask_provider(
        &self,
        engine: &Engine,
        name: &str,
        inquiry: &Inquiry,
        note: Note<'_>,
    ) -> anyhow::Result<Outcome<u64>> {
        let now = (self.clock)();
        let offers = self.collector.providers(now);
        if let Some(offer) = offers.iter().find(|offer| offer.provider.name == name) {
            note(&format!("provider {offer}"))?;
        }
        let asking = self.collector.ask_provider(name, inquiry, self.spend, &self.permit, now);
        let outcome = self.runtime.block_on(asking);
        let text = match &outcome {
            Outcome::Found(told) => told_words(told),
            other => other.to_string(),
        };
        note(&format!("provider {name} about {inquiry}: {text}"))?;
        let Outcome::Found(told) = outcome else { return Ok(outcome.map(|_| 0)) };
        let count = told.total.unwrap_or((told.observations.len() + told.registrations.len()) as u64);
        if let Some(offer) = offers.iter().find(|offer| offer.provider.name == name) {
            let source = provider_source(&engine.store, offer.provider)?;
            let Told { observations, registrations, .. } = told;
            self.append(engine, source, now, Learnt { observations, registrations, networks: Vec::new() })?;
        }
        Ok(Outcome::Found(count))
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
        let source = look_up_source(&engine.store, exposure)?;
        self.append(engine, source, arrived, learnt)
    }

    fn append(&self, engine: &Engine, source: SourceId, arrived: Time, learnt: Learnt) -> anyhow::Result<()> {
        let Learnt { observations, registrations, networks } = learnt;
        if observations.is_empty() && registrations.is_empty() && networks.is_empty() {
            return Ok(());
        }
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

/// What providers are asked about a name: itself, and what stands below a registrable domain.
fn inquiries(name: &Name, is_domain: bool) -> Vec<Inquiry> {
    let below = is_domain.then(|| Inquiry::Below(name.clone()));
    std::iter::once(Inquiry::Name(name.clone())).chain(below).collect()
}

/// What providers are asked about a value of a pivot; none where they know nothing of its kind.
pub fn inquiry(kind: PivotKind, value: &str) -> Option<Inquiry> {
    match kind {
        PivotKind::Email | PivotKind::Name | PivotKind::Organization | PivotKind::Phone => Some(held(kind, value)),
        PivotKind::Address => value.parse().ok().map(Inquiry::Address),
        PivotKind::Subdomain => Name::from_unicode(value).ok().map(Inquiry::Below),
        _ => None,
    }
}

fn held(kind: PivotKind, value: &str) -> Inquiry {
    Inquiry::Held(Held { kind, value: value.to_owned() })
}

/// What a provider said, in one line.
fn told_words(told: &Told) -> String {
    let count = told.observations.len() + told.registrations.len();
    let total = told.total.map_or(String::new(), |total| format!(" of {total}"));
    let more = if told.more { ", and there are more" } else { "" };
    let refused = told.example.as_ref().map_or(String::new(), |example| {
        format!(", {} not understood ({})", told.refused, model::text::visible(example))
    });
    format!("{count}{total} records{more}{refused}")
}

/// The source of what a provider says, under its name; never a population, since only what was asked for is in it.
fn provider_source(store: &Store, provider: &ProviderConfig) -> anyhow::Result<SourceId> {
    if let Some(source) = store.source(&provider.name) {
        return Ok(source.id);
    }
    let source = Source {
        id: SourceId(0),
        name: provider.name.clone(),
        kind: SourceKind::Provider,
        counting: Counting::Statement,
        exposure: provider.exposure,
        population: false,
        licence: provider.licence.clone(),
        retention_days: None,
    };
    Ok(store.add_source(source)?.id)
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
