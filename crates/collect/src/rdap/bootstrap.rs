//! Which RDAP server answers for which zone, address block or AS number (RFC 9224).

use std::{collections::HashMap, net::IpAddr};

use model::{Name, Prefix};
use reqwest::Url;
use serde::Deserialize;

use crate::config::ConfigError;

/// The IANA bootstrap registries, dated in the files themselves (`publication`).
const BUNDLED: [&str; 4] = [
    include_str!("../../data/rdap-dns.json"),
    include_str!("../../data/rdap-ipv4.json"),
    include_str!("../../data/rdap-ipv6.json"),
    include_str!("../../data/rdap-asn.json"),
];

/// The bootstrap registries in one: an entry's form tells its kind.
#[derive(Debug, Default)]
pub(crate) struct Bootstrap {
    zones: HashMap<String, Url>,
    networks: Vec<(Prefix, Url)>,
    numbers: Vec<(u32, u32, Url)>,
}

#[derive(Deserialize)]
struct Document {
    services: Vec<(Vec<String>, Vec<String>)>,
}

impl Bootstrap {
    /// Reads documents, or the bundled ones where none are given.
    pub(crate) fn new(documents: &[String]) -> Result<Bootstrap, ConfigError> {
        let mut bootstrap = Bootstrap::default();
        if documents.is_empty() {
            BUNDLED.iter().try_for_each(|text| bootstrap.add(text))?;
        }
        documents.iter().try_for_each(|text| bootstrap.add(text))?;
        Ok(bootstrap)
    }

    fn add(&mut self, text: &str) -> Result<(), ConfigError> {
        let document: Document =
            serde_json::from_str(text).map_err(|error| ConfigError::Bootstrap(error.to_string()))?;
        for (entries, urls) in document.services {
            let Some(url) = preferred(&urls) else {
                return Err(ConfigError::Bootstrap(format!("no base URL for {}", entries.join(", "))));
            };
            entries.iter().for_each(|entry| self.add_entry(entry, &url));
        }
        Ok(())
    }

    fn add_entry(&mut self, entry: &str, url: &Url) {
        if let Ok(prefix) = entry.parse() {
            self.networks.push((prefix, url.clone()));
        } else if let Some((first, last)) = numbers(entry) {
            self.numbers.push((first, last, url.clone()));
        } else {
            self.zones.insert(entry.trim_matches('.').to_ascii_lowercase(), url.clone());
        }
    }

    /// The server for a domain: of the longest zone that holds it.
    pub(crate) fn domain(&self, domain: &Name) -> Option<&Url> {
        (1..domain.label_count()).rev().find_map(|count| self.zones.get(&domain.suffix(count).to_string()))
    }

    /// The server for an address: of the longest block that holds it.
    pub(crate) fn address(&self, address: IpAddr) -> Option<&Url> {
        let holding = self.networks.iter().filter(|(prefix, _)| prefix.contains(address));
        holding.max_by_key(|(prefix, _)| prefix.length()).map(|(_, url)| url)
    }

    /// The server for an AS number.
    pub(crate) fn number(&self, number: u32) -> Option<&Url> {
        self.numbers.iter().find(|(first, last, _)| (*first..=*last).contains(&number)).map(|(_, _, url)| url)
    }

    /// The hosts of all servers.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = String> {
        self.urls().filter_map(Url::host_str).map(String::from)
    }

    /// Whether the registries state this scheme, host and port.
    pub(super) fn states(&self, url: &Url) -> bool {
        self.urls().any(|base| base.origin() == url.origin())
    }

    fn urls(&self) -> impl Iterator<Item = &Url> {
        let networks = self.networks.iter().map(|(_, url)| url);
        self.zones.values().chain(networks).chain(self.numbers.iter().map(|(_, _, url)| url))
    }
}

/// HTTPS where there is a choice (RFC 9224 §3).
fn preferred(urls: &[String]) -> Option<Url> {
    let urls = || urls.iter().filter_map(|url| Url::parse(url).ok()).filter(Url::has_host);
    urls().find(|url| url.scheme() == "https").or_else(|| urls().find(|url| url.scheme() == "http"))
}

/// `64496` or `64496-64511` (RFC 9224 §5.3).
fn numbers(entry: &str) -> Option<(u32, u32)> {
    let (first, last) = entry.split_once('-').unwrap_or((entry, entry));
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundled_registries_answer_for_all_kinds() {
        let bootstrap = Bootstrap::new(&[]).unwrap();
        let host = |url: Option<&Url>| url.and_then(Url::host_str).map(String::from);
        assert_eq!(host(bootstrap.domain(&"example.com".parse().unwrap())).as_deref(), Some("rdap.verisign.com"));
        assert_eq!(host(bootstrap.address("193.0.6.139".parse().unwrap())).as_deref(), Some("rdap.db.ripe.net"));
        assert_eq!(host(bootstrap.address("2001:67c:2e8::1".parse().unwrap())).as_deref(), Some("rdap.db.ripe.net"));
        assert_eq!(host(bootstrap.number(3333)).as_deref(), Some("rdap.db.ripe.net"));
        assert_eq!(bootstrap.address("10.0.0.1".parse().unwrap()), None);
        assert_eq!(bootstrap.domain(&"example.example".parse().unwrap()), None);
        assert!(bootstrap.zones.len() > 1_100 && bootstrap.numbers.len() > 50);
    }

    #[test]
    fn given_documents_stand_alone_and_are_checked() {
        let text = r#"{"services": [[["test", "co.test"], ["http://a.example/x", "https://b.example/"]],
            [["192.0.2.0/24"], ["https://net.example/"]], [["64496-64511"], ["https://as.example/"]]]}"#;
        let bootstrap = Bootstrap::new(&[text.into()]).unwrap();
        assert_eq!(bootstrap.domain(&"a.b.co.test".parse().unwrap()).unwrap().as_str(), "https://b.example/");
        assert_eq!(bootstrap.address("192.0.2.9".parse().unwrap()).unwrap().as_str(), "https://net.example/");
        assert_eq!(bootstrap.number(64500).unwrap().as_str(), "https://as.example/");
        assert_eq!(bootstrap.domain(&"example.com".parse().unwrap()), None);
        for bad in ["", "[]", r#"{"services": [[["test"], ["ftp://x.example/"]]]}"#] {
            assert!(Bootstrap::new(&[bad.into()]).is_err(), "{bad}");
        }
    }
}
