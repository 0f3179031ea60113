//! Which WHOIS server answers for which zone, and how it wants to be asked.

use std::collections::{BTreeMap, HashMap};

use model::Name;
use serde::Deserialize;

use crate::config::ConfigError;

/// Facts dated in the file itself, under the key `_`.
const BUNDLED: &str = include_str!("../../data/whois-servers.json");

/// The list: zone → server.
#[derive(Debug)]
pub(crate) struct ServerList {
    zones: BTreeMap<String, Zone>,
    formats: HashMap<String, String>,
}

/// One zone of the list. The file's form is that of the `whois` Ruby gem's `tld.json`, of which `adapter` is understood
/// where it says how to ask (`verisign`) or that nobody can be asked (`web`, `none`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Zone {
    host: Option<String>,
    format: Option<String>,
    adapter: Option<String>,
    url: Option<String>,
}

impl ServerList {
    /// Reads a list, or the bundled one.
    pub(crate) fn new(text: Option<&str>) -> Result<ServerList, ConfigError> {
        let parsed: Result<BTreeMap<String, Zone>, _> = serde_json::from_str(text.unwrap_or(BUNDLED));
        let mut zones = parsed.map_err(|error| ConfigError::ZoneList(error.to_string()))?;
        zones.remove("_");
        let mut formats = HashMap::new();
        for zone in zones.values_mut() {
            zone.host = zone.host.take().map(|host| host.to_ascii_lowercase());
            if let (Some(host), Some(format)) = (&zone.host, zone.format()) {
                formats.insert(host.clone(), format.to_owned());
            }
        }
        Ok(ServerList { zones, formats })
    }

    /// The hosts of the list.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = &str> {
        self.zones.values().filter_map(|zone| zone.host.as_deref())
    }

    /// Whom to ask about a domain, and the line to send; or what is missing. The longest zone that holds it decides.
    pub(crate) fn question(&self, domain: &Name) -> Result<(String, String), String> {
        let mut zones = (1..domain.label_count()).rev().map(|count| domain.suffix(count).to_string());
        let Some(zone) = zones.find_map(|zone| self.zones.get(&zone)) else {
            return Err(format!("no WHOIS server is known for `{}`", domain.suffix(1)));
        };
        match (&zone.host, &zone.url) {
            (Some(host), _) => Ok((host.clone(), self.query(host, domain))),
            (None, Some(url)) => Err(format!("the registry answers on the web only: {url}")),
            (None, None) => Err("the registry runs no WHOIS server".into()),
        }
    }

    /// The line by which this host wants to be asked about a domain; the plain name where nothing else is known.
    pub(crate) fn query(&self, host: &str, domain: &Name) -> String {
        let domain = domain.to_string();
        self.formats.get(host).map_or(domain.clone(), |format| format.replace("%s", &domain))
    }
}

impl Zone {
    /// Verisign's server takes a plain word for the beginning of names; `=` makes it exact.
    fn format(&self) -> Option<&str> {
        self.format.as_deref().or((self.adapter.as_deref() == Some("verisign")).then_some("=%s"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(list: &ServerList, domain: &str) -> Result<String, String> {
        let question = list.question(&Name::parse(domain.as_bytes()).unwrap());
        question.map(|(host, query)| format!("{host} {query}"))
    }

    #[test]
    fn bundled_list_knows_how_to_ask() {
        let list = ServerList::new(None).unwrap();
        for (domain, expected) in [
            ("example.com", "whois.verisign-grs.com =example.com"),
            ("example.de", "whois.denic.de -T dn,ace example.de"),
            ("example.jp", "whois.jprs.jp example.jp/e"),
            ("example.name", "whois.nic.name domain=example.name"),
            ("example.co.za", "coza-whois.registry.net.za example.co.za"),
            ("example.co.uk", "whois.nic.uk example.co.uk"),
        ] {
            assert_eq!(asked(&list, domain).as_deref(), Ok(expected));
        }
        assert!(asked(&list, "example.gr").unwrap_err().contains("on the web only"));
        assert!(asked(&list, "www.example.example").unwrap_err().ends_with("known for `example`"));
        assert!(list.zones.len() > 1_300);
    }

    #[test]
    fn replaced_list_is_checked() {
        let list =
            ServerList::new(Some(r#"{"_": {"date": "x"}, "test": {"host": "WHOIS.nic.test", "adapter": "verisign"}}"#));
        assert_eq!(asked(&list.unwrap(), "a.test").as_deref(), Ok("whois.nic.test =a.test"));
        assert!(ServerList::new(Some("[]")).is_err());
    }
}
