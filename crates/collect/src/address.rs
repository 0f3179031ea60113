//! From a server's name to the addresses at which it is asked.

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
pub(crate) struct Addresses(Mutex<HashMap<String, (Vec<IpAddr>, Instant)>>);

impl Addresses {
    fn recall(&self, host: &str) -> Option<Vec<IpAddr>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(host).filter(|(_, at)| at.elapsed() < REMEMBERED).map(|(addresses, _)| addresses.clone())
    }

    fn remember(&self, host: &str, addresses: Vec<IpAddr>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(host.to_owned(), (addresses, Instant::now()));
    }
}

impl Collector {
    /// Where a server is asked: the first of its addresses of each family that the guard lets through, IPv4 first. Where
    /// none passes, the first one, so that the refusal is recorded with its question.
    ///
    /// The server's name is resolved by the configured resolvers, or by the system where there are none. That is
    /// exposure *third party*: the resolver learns which registry is asked, not what about.
    pub(crate) async fn locate(&self, question: &Question<'_>, port: u16) -> Result<Vec<SocketAddr>, Fact> {
        let host = question.server.as_str();
        let addresses = match self.addresses().recall(host) {
            Some(known) => known,
            None => {
                let found = self.resolve_server(question, port).await?;
                let passes = |address: IpAddr| self.gate().passes(SocketAddr::new(address, port));
                let chosen = one_of_each_family(&found, passes);
                if chosen.is_empty() {
                    return Err(Outcome::Unreachable(format!("{host} has no address")));
                }
                self.addresses().remember(host, chosen.clone());
                chosen
            }
        };
        Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect())
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

/// The first of each family that passes; where none does, the first of all.
fn one_of_each_family(found: &[IpAddr], passes: impl Fn(IpAddr) -> bool) -> Vec<IpAddr> {
    let passing = |of_family: fn(&IpAddr) -> bool| found.iter().copied().find(|ip| of_family(ip) && passes(*ip));
    let chosen: Vec<IpAddr> = [passing(IpAddr::is_ipv4), passing(IpAddr::is_ipv6)].into_iter().flatten().collect();
    if chosen.is_empty() { found.first().copied().into_iter().collect() } else { chosen }
}

async fn system_addresses(host: &str, port: u16, limit: Duration) -> Result<Vec<IpAddr>, Fact> {
    let found = tokio::time::timeout(limit, tokio::net::lookup_host((host, port))).await;
    let found =
        found.map_err(|_| Outcome::Timeout)?.map_err(|error| Outcome::Unreachable(format!("{host}: {error}")))?;
    let mut found: Vec<IpAddr> = found.map(|socket| socket.ip()).collect();
    found.sort_by_key(|address| address.is_ipv6());
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_families_are_kept_and_what_leads_inward_is_not() {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let public = |ip: IpAddr| !ip.is_loopback();
        let found = parse(&["127.0.0.1", "198.51.100.1", "198.51.100.2", "::1", "2001:db8::2"]);
        assert_eq!(one_of_each_family(&found, public), parse(&["198.51.100.1", "2001:db8::2"]));
        assert_eq!(one_of_each_family(&parse(&["2001:db8::2"]), public), parse(&["2001:db8::2"]));
        assert_eq!(one_of_each_family(&parse(&["127.0.0.1", "::1"]), public), parse(&["127.0.0.1"]), "to be refused");
        assert_eq!(one_of_each_family(&[], public), [] as [IpAddr; 0]);
    }
}
