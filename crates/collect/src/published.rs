//! Who may be asked: the hosts of the registries' and registrars' published lists.
//!
//! A registry's answer refers to a registrar's server, and an answer can be forged or bought: whoever controls a
//! referral would learn what is asked, and from where. So a referral is followed only to a host that stands in the
//! bundled lists, in those of the configuration, or is given an address there.

use std::collections::HashSet;

use crate::{config::Config, rdap::Bootstrap, whois::ServerList};

const REGISTRAR_HOSTS: &str = include_str!("../data/registrar-hosts.txt");

/// The hosts that may be asked, by protocol.
#[derive(Debug)]
pub(crate) struct Published {
    whois: HashSet<String>,
    rdap: HashSet<String>,
}

impl Published {
    pub(crate) fn new(config: &Config, list: &ServerList, bootstrap: &Bootstrap) -> Published {
        let lower = |host: &String| host.to_ascii_lowercase();
        let (whois, rdap) = (&config.whois, &config.rdap);
        let listed = list.hosts().map(String::from).chain(bundled("whois"));
        let whois = listed.chain(whois.registrar_hosts.iter().chain(whois.servers.keys()).map(lower));
        let listed = bootstrap.hosts().chain(bundled("rdap"));
        let rdap = listed.chain(rdap.allow_hosts.iter().chain(rdap.servers.keys()).map(lower));
        Published { whois: whois.collect(), rdap: rdap.collect() }
    }

    pub(crate) fn whois(&self, host: &str) -> bool {
        self.whois.contains(host)
    }

    pub(crate) fn rdap(&self, host: &str) -> bool {
        self.rdap.contains(host)
    }
}

fn bundled(protocol: &'static str) -> impl Iterator<Item = String> {
    REGISTRAR_HOSTS.lines().filter_map(move |line| line.strip_prefix(protocol)?.strip_prefix(' ')).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_lists_are_host_names() {
        let config = Config::default();
        let list = ServerList::new(None).unwrap();
        let bootstrap = Bootstrap::new(&[]).unwrap();
        let published = Published::new(&config, &list, &bootstrap);
        assert!(published.whois("whois.verisign-grs.com") && published.whois("whois.markmonitor.com"));
        assert!(published.rdap("rdap.markmonitor.com") && published.rdap("rdap.verisign.com"));
        assert!(!published.whois("whois.example") && !published.rdap("127.0.0.1"));
        for host in published.whois.iter().chain(&published.rdap) {
            assert!(model::Name::parse(host.as_bytes()).is_ok() && *host == host.to_ascii_lowercase(), "{host}");
        }
    }
}
