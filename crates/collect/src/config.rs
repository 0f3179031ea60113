//! What may be asked of whom, and within which limits. The default is that nothing leaves.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use crate::provider::ProviderConfig;

/// The configuration of a [`crate::Collector`].
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The recursive resolvers to ask, in this order. None: names are not resolved.
    pub resolvers: Vec<SocketAddr>,
    /// WHOIS.
    pub whois: WhoisConfig,
    /// RDAP.
    pub rdap: RdapConfig,
    /// Lists that are fetched.
    pub feeds: FeedConfig,
    /// Services that may be asked.
    pub providers: Vec<ProviderConfig>,
    /// Private, loopback and other special-purpose targets that may be asked all the same, one by one. A resolver in
    /// [`Config::resolvers`] need not be repeated here.
    pub allow_private: Vec<SocketAddr>,
    /// Limits of time, size and number.
    pub limits: Limits,
}

/// WHOIS: whether, and whom to ask.
#[derive(Clone, Debug, Default)]
pub struct WhoisConfig {
    /// Whether WHOIS servers may be asked.
    pub enabled: bool,
    /// Where a host answers instead of at its own address, port 43. A host named here is one that may be asked.
    pub servers: BTreeMap<String, SocketAddr>,
    /// Which server answers for which zone, in the form of the bundled `whois-servers.json`, which it replaces.
    pub zone_list: Option<String>,
    /// Hosts of registrars to which a registry may refer, beyond the bundled list.
    pub registrar_hosts: Vec<String>,
}

/// RDAP: whether, and whom to ask.
#[derive(Clone, Debug, Default)]
pub struct RdapConfig {
    /// Whether RDAP servers may be asked.
    pub enabled: bool,
    /// Bootstrap documents (RFC 9224) for domains, addresses or AS numbers. Empty: the bundled ones; else these alone.
    pub bootstrap: Vec<String>,
    /// Hosts of registrars to which a registry may refer, beyond the bundled list.
    pub allow_hosts: Vec<String>,
    /// Where a host answers instead: its scheme, authority and path prefix (`http://127.0.0.1:8080/rdap`). A host named
    /// here is one that may be asked.
    pub servers: BTreeMap<String, String>,
    /// Certificates in PEM to trust beside the system's.
    pub extra_ca_pem: Option<String>,
}

/// Feeds: whether, and where they may lead.
#[derive(Clone, Debug, Default)]
pub struct FeedConfig {
    /// Whether lists may be fetched.
    pub enabled: bool,
    /// Hosts to which a list's own host may redirect.
    pub redirect_hosts: Vec<String>,
    /// Certificates in PEM to trust beside the system's.
    pub extra_ca_pem: Option<String>,
}

/// Limits of time, size and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Milliseconds until a connection must stand.
    pub connect_ms: u64,
    /// Milliseconds until a server's answer must be complete.
    pub total_ms: u64,
    /// The longest WHOIS answer in octets.
    pub whois_bytes_max: usize,
    /// The longest RDAP answer in octets.
    pub rdap_bytes_max: usize,
    /// Milliseconds until a list must be complete.
    pub feed_total_ms: u64,
    /// The longest list in octets, decoded.
    pub feed_bytes_max: usize,
    /// How many referrals or redirects one question follows.
    pub referrals_max: usize,
    /// For each resolver.
    pub dns_budget: Budget,
    /// For each WHOIS server.
    pub whois_budget: Budget,
    /// For each RDAP server.
    pub rdap_budget: Budget,
    /// For each server of lists.
    pub feed_budget: Budget,
    /// For each server of a provider.
    pub provider_budget: Budget,
    /// Milliseconds until a provider's answer must be complete.
    pub provider_total_ms: u64,
    /// The longest answer of a provider in octets.
    pub provider_bytes_max: usize,
    /// How long "no such domain" is believed before a registry is asked for that domain again, in seconds.
    pub absent_seconds: i64,
    /// How long a refusal to answer for a domain stands before it is asked for again, in seconds.
    pub refused_seconds: i64,
    /// How long a WHOIS or RDAP server is left alone that did not answer or asked us to wait without saying for how
    /// long. Doubles each time in a row, up to a day. Zero: not at all.
    pub back_off_ms: u64,
}

/// How often a server may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many questions may follow each other at once after a rest; at least 1.
    pub burst: u32,
    /// Milliseconds until there is room for one more. Zero: no limit.
    pub interval_ms: u64,
}

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The zone list is unreadable.
    #[error("WHOIS zone list: {0}: expected {{\"ZONE\": {{\"host\": \"HOST\", \"format\": \"%s\"}}, …}}")]
    ZoneList(String),
    /// A bootstrap document is unreadable.
    #[error("RDAP bootstrap: {0}: expected a document as in RFC 9224 §3")]
    Bootstrap(String),
    /// An override is not a base URL.
    #[error("RDAP server of {host}: `{url}`: expected http:// or https://, a host and perhaps a path")]
    BaseUrl {
        /// The host that it stands for.
        host: String,
        /// What was given.
        url: String,
    },
    /// A provider cannot be asked as it is written.
    #[error("provider `{name}`: {what}")]
    Provider {
        /// Its name.
        name: String,
        /// What is the matter.
        what: String,
    },
    /// The HTTP client cannot be made, most often for want of certificates.
    #[error("HTTPS: {0}: install the system's CA certificates or give some in `extra_ca_pem`")]
    Tls(String),
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect_ms: 5_000,
            total_ms: 15_000,
            whois_bytes_max: 1 << 20,
            rdap_bytes_max: 4 << 20,
            feed_total_ms: 120_000,
            feed_bytes_max: 128 << 20,
            referrals_max: 3,
            dns_budget: Budget { burst: 200, interval_ms: 20 },
            whois_budget: Budget { burst: 5, interval_ms: 2_000 },
            rdap_budget: Budget { burst: 5, interval_ms: 2_000 },
            // The events of a MISP feed follow each other.
            feed_budget: Budget { burst: 600, interval_ms: 1_000 },
            provider_budget: Budget { burst: 10, interval_ms: 1_000 },
            provider_total_ms: 60_000,
            provider_bytes_max: 32 << 20,
            absent_seconds: 900,
            refused_seconds: 21_600,
            back_off_ms: 10_000,
        }
    }
}

impl Limits {
    pub(crate) fn connect(&self) -> Duration {
        Duration::from_millis(self.connect_ms)
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_millis(self.total_ms)
    }
}
