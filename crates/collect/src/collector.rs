//! The collector: configuration and state of all that leaves.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    address::Addresses,
    config::{Config, ConfigError},
    dns::Resolver,
    gate::Gate,
    guard::Guard,
    http::Http,
    ledger::Ledger,
    provider::{ProviderConfig, Usage},
    published::Published,
    rdap::{self, Bootstrap},
    remembered::Remembered,
    whois::ServerList,
};

/// The only door to the outside. Clones share budgets and ledger.
#[derive(Clone, Debug)]
pub struct Collector(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: Config,
    gate: Gate,
    resolvers: Vec<Resolver>,
    addresses: Addresses,
    server_list: ServerList,
    bootstrap: Bootstrap,
    published: Published,
    http: Option<Http>,
    feed_http: Option<Http>,
    provider_http: Option<Http>,
    remembered: Remembered,
    usage: Usage,
}

impl Collector {
    /// A collector that asks what the configuration allows, and records in this ledger what leaves.
    pub fn new(mut config: Config, ledger: Ledger) -> Result<Collector, ConfigError> {
        config.whois.servers = lower_keys(config.whois.servers);
        config.rdap.servers = lower_keys(config.rdap.servers);
        let server_list = ServerList::new(config.whois.zone_list.as_deref())?;
        let bootstrap = Bootstrap::new(&config.rdap.bootstrap)?;
        let published = Published::new(&config, &server_list, &bootstrap);
        let resolvers = resolvers(&config)?;
        config.rdap.servers.iter().try_for_each(|(host, base)| rdap::check(host, base))?;
        let (limits, extra) = (&config.limits, config.rdap.extra_ca_pem.as_deref());
        let http = || Http::new(&config, extra, limits.total_ms, limits.rdap_bytes_max);
        let http = config.rdap.enabled.then(http).transpose()?;
        let extra = config.feeds.extra_ca_pem.as_deref();
        let feed_http = || Http::new(&config, extra, limits.feed_total_ms, limits.feed_bytes_max);
        let feed_http = config.feeds.enabled.then(feed_http).transpose()?;
        config.providers.iter().try_for_each(ProviderConfig::check)?;
        let provider_http = || Http::new(&config, None, limits.provider_total_ms, limits.provider_bytes_max);
        let provider_http = (!config.providers.is_empty()).then(provider_http).transpose()?;
        let (remembered, usage) = (Remembered::default(), Usage::default());
        let allowed = config.allow_private.iter().chain(&config.resolvers).copied().collect();
        let gate = Gate::new(Guard::new(allowed), ledger, config.limits);
        let addresses = Addresses::default();
        let inner = Inner {
            config,
            gate,
            resolvers,
            addresses,
            server_list,
            bootstrap,
            published,
            http,
            feed_http,
            provider_http,
            remembered,
            usage,
        };
        Ok(Collector(Arc::new(inner)))
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.0.gate
    }

    pub(crate) fn resolvers(&self) -> &[Resolver] {
        &self.0.resolvers
    }

    pub(crate) fn addresses(&self) -> &Addresses {
        &self.0.addresses
    }

    pub(crate) fn server_list(&self) -> &ServerList {
        &self.0.server_list
    }

    pub(crate) fn bootstrap(&self) -> &Bootstrap {
        &self.0.bootstrap
    }

    pub(crate) fn published(&self) -> &Published {
        &self.0.published
    }

    pub(crate) fn feed_http(&self) -> Option<&Http> {
        self.0.feed_http.as_ref()
    }

    pub(crate) fn remembered(&self) -> &Remembered {
        &self.0.remembered
    }

    pub(crate) fn usage(&self) -> &Usage {
        &self.0.usage
    }

    pub(crate) fn provider_http(&self) -> Option<&Http> {
        self.0.provider_http.as_ref()
    }

    pub(crate) fn http(&self) -> Option<&Http> {
        self.0.http.as_ref()
    }
}

/// Host names are looked up in lower case.
fn lower_keys<T>(servers: BTreeMap<String, T>) -> BTreeMap<String, T> {
    servers.into_iter().map(|(host, server)| (host.to_ascii_lowercase(), server)).collect()
}

/// The resolvers, each with its part of the limit of time, so that a dead first one leaves time for the next.
fn resolvers(config: &Config) -> Result<Vec<Resolver>, ConfigError> {
    let share = config.limits.total() / u32::try_from(config.resolvers.len().max(1)).unwrap_or(u32::MAX);
    config.resolvers.iter().map(|socket| Resolver::new(*socket, share)).collect()
}
