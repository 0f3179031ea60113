//! From the URL of a registry, a link or a redirect to what is really asked: whether it may be, and where.

use std::net::SocketAddr;

use reqwest::Url;

use crate::{Collector, config::ConfigError};

/// Where a URL leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The URL to ask for.
    pub(super) url: Url,
    /// The address, where the configuration states it.
    pub(super) socket: Option<SocketAddr>,
    /// The port, where the address has to be found.
    pub(super) port: u16,
}

impl Collector {
    /// The way to a URL, or why it is not gone: another scheme, a host that stands on no published list, a port that
    /// no list states, or credentials in the URL.
    pub(super) fn route(&self, url: &Url) -> Result<Route, String> {
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "https" | "http") {
            return Err(format!("{}: links are not followed", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("the link to `{host}` carries credentials"));
        }
        if let Some(base) = self.config().rdap.servers.get(host) {
            return instead(host, base, url).map_err(|error| error.to_string());
        }
        if !self.published().rdap(host) {
            return Err(format!("`{host}` stands on no published list of RDAP servers"));
        }
        let listed = self.bootstrap().states(url);
        if !listed && (url.scheme() != "https" || url.port().is_some()) {
            return Err(format!("a link to `{host}` may only be https:// on its own port"));
        }
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Route { url: url.clone(), socket: None, port })
    }
}

/// The same path at the server that the configuration puts in a host's place.
fn instead(host: &str, base: &str, url: &Url) -> Result<Route, ConfigError> {
    let wrong = || ConfigError::BaseUrl { host: host.to_owned(), url: base.to_owned() };
    let parsed = Url::parse(base).ok().filter(|base| matches!(base.scheme(), "http" | "https")).ok_or_else(wrong)?;
    let mut target = parsed.clone();
    target.set_path(&format!("{}{}", parsed.path().trim_end_matches('/'), url.path()));
    let port = target.port_or_known_default().ok_or_else(wrong)?;
    let address = match target.host_str().unwrap_or_default() {
        "localhost" => Some(std::net::Ipv4Addr::LOCALHOST.into()),
        host => host.trim_matches(['[', ']']).parse().ok(),
    };
    Ok(Route { socket: address.map(|address| SocketAddr::new(address, port)), port, url: target })
}

/// Whether this is a base URL that [`Collector::route`] can use.
pub(crate) fn check(host: &str, base: &str) -> Result<(), ConfigError> {
    let any = Url::parse("https://host.example/").expect("a constant URL");
    instead(host, base, &any).map(drop)
}

/// `BASE/KIND/VALUE` (RFC 9082 §3.1); the base ends in a slash or is meant to.
pub(super) fn below(base: &Url, kind: &str, value: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{kind}/{value}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_kept_below_the_base() {
        let url = below(&Url::parse("https://rdap.example/v1/").unwrap(), "domain", "a.test");
        assert_eq!(url.as_str(), "https://rdap.example/v1/domain/a.test");
        let route = instead("rdap.example", "http://127.0.0.1:8080/x/", &url).unwrap();
        assert_eq!(route.url.as_str(), "http://127.0.0.1:8080/x/v1/domain/a.test");
        assert_eq!(route.socket, Some("127.0.0.1:8080".parse().unwrap()));
        let route = instead("rdap.example", "https://[2001:db8::1]", &url).unwrap();
        assert_eq!(route.socket, Some("[2001:db8::1]:443".parse().unwrap()));
        for base in ["127.0.0.1:8080", "ftp://rdap.example/", ""] {
            assert!(check("rdap.example", base).is_err(), "{base}");
        }
    }

    #[test]
    fn values_cannot_leave_their_place_in_the_path() {
        let base = Url::parse("https://rdap.example/").unwrap();
        assert_eq!(below(&base, "domain", "a?b#c").as_str(), "https://rdap.example/domain/a%3Fb%23c");
    }
}
