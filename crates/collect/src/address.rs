//! From a server's name to the one address that is asked.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use model::{Exposure, Name, RecordType};
use tokio::time::Instant;

use crate::{
    Collector, Protocol,
    gate::Question,
    outcome::{Fact, Outcome},
};

/// How long an address is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);

/// Addresses of servers, as resolved lately. Their names come from the published lists, which bounds their number.
#[derive(Debug, Default)]
pub(crate) struct Addresses(Mutex<HashMap<String, (IpAddr, Instant)>>);

impl Addresses {
    fn recall(&self, host: &str) -> Option<IpAddr> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(host).filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(address, _)| *address)
    }

    fn remember(&self, host: &str, address: IpAddr) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(host.to_owned(), (address, Instant::now()));
    }
}

impl Collector {
    /// The address of a server: the first of its addresses that the guard lets through, IPv4 first. Where none passes,
    /// the first one, so that the refusal is recorded with its question.
    ///
    /// The server's name is resolved by the configured resolvers, or by the system where there are none. That is
    /// exposure *third party*: the resolver learns which registry is asked, not what about.
    pub(crate) async fn locate(&self, question: &Question<'_>, port: u16) -> Result<SocketAddr, Fact> {
        let host = question.server.as_str();
        if let Some(address) = self.addresses().recall(host) {
            return Ok(SocketAddr::new(address, port));
        }
        let found = self.resolve_server(question, port).await?;
        let passing = found.iter().copied().find(|address| self.gate().passes(SocketAddr::new(*address, port)));
        let Some(address) = passing.or(found.first().copied()) else {
            return Err(Outcome::Unreachable(format!("{host} has no address")));
        };
        self.addresses().remember(host, address);
        Ok(SocketAddr::new(address, port))
    }

    async fn resolve_server(&self, question: &Question<'_>, port: u16) -> Result<Vec<IpAddr>, Fact> {
        let host = question.server.as_str();
        let name =
            Name::parse(host.as_bytes()).map_err(|_| Outcome::Unreachable(format!("`{host}` is no host name")))?;
        if self.config().resolvers.is_empty() {
            return system_addresses(host, port, self.config().limits.total()).await;
        }
        let mut found = Vec::new();
        for rrtype in [RecordType::A, RecordType::AAAA] {
            let asked = Question {
                value: host.to_owned(),
                rrtype: Some(rrtype),
                exposure: Exposure::ThirdParty,
                protocol: Protocol::Dns,
                ..question.clone()
            };
            if let Ok(records) = self.ask_resolvers(&name, rrtype, asked).await {
                found.extend(
                    records.iter().filter(|record| record.rrtype == rrtype).filter_map(|record| record.address()),
                );
            }
        }
        Ok(found)
    }
}

async fn system_addresses(host: &str, port: u16, limit: Duration) -> Result<Vec<IpAddr>, Fact> {
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await;
    let found =
        found.map_err(|_| Outcome::Timeout)?.map_err(|error| Outcome::Unreachable(format!("{host}: {error}")))?;
    let mut found: Vec<IpAddr> = found.map(|socket| socket.ip()).collect();
    found.sort_by_key(|address| address.is_ipv6());
    Ok(found)
}
