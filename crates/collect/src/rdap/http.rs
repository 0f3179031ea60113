//! HTTP as RDAP uses it (RFC 7480), with the addresses checked before and the redirects left to the caller.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Client, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{ACCEPT, LOCATION, RETRY_AFTER},
    redirect::Policy,
};

use super::route;
use crate::{
    config::{Config, ConfigError},
    outcome::{Fact, Outcome},
};

/// The HTTP client: no proxy, no redirects, no cookies, no connection kept.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    pins: Pins,
    total: Duration,
    bytes_max: usize,
}

/// What a server replied.
pub(super) enum Reply {
    /// An answer.
    Body(Vec<u8>),
    /// A redirect, to be judged like any referral.
    Redirect(String),
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Http, ConfigError> {
        config.rdap.servers.iter().try_for_each(|(host, base)| route::check(host, base))?;
        let pins = Pins::default();
        let extra = config.rdap.extra_ca_pem.as_deref().map(certificates).transpose()?;
        let client = client(config, &pins, extra.unwrap_or_default())?;
        Ok(Http { client, pins, total: config.limits.total(), bytes_max: config.limits.rdap_bytes_max })
    }

    /// Asks for a URL at the address that was checked, and at no other.
    pub(super) async fn get(&self, url: &Url, socket: SocketAddr) -> Result<Reply, Fact> {
        self.pins.pin(url.host_str().unwrap_or_default(), socket);
        tokio::time::timeout(self.total, self.exchange(url)).await.unwrap_or(Err(Outcome::Timeout))
    }

    async fn exchange(&self, url: &Url) -> Result<Reply, Fact> {
        let request = self.client.get(url.clone()).header(ACCEPT, "application/rdap+json, application/json;q=0.9");
        let response = request.send().await.map_err(fact)?;
        match response.status() {
            StatusCode::OK => Ok(Reply::Body(self.body(response).await?)),
            status if status.is_redirection() => match header(&response, LOCATION) {
                Some(location) => Ok(Reply::Redirect(location)),
                None => Err(Outcome::Malformed(format!("HTTP {status} without a location"))),
            },
            StatusCode::NOT_FOUND => Err(Outcome::NoSuchName),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait_seconds = header(&response, RETRY_AFTER).and_then(|text| text.trim().parse().ok());
                Err(Outcome::Throttled { wait_seconds })
            }
            status => Err(Outcome::Refused(format!("HTTP {status}"))),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Fact> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fact)? {
            if body.len() + chunk.len() > self.bytes_max {
                return Err(Outcome::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

pub(crate) fn certificates(pem: &str) -> Result<Vec<Certificate>, ConfigError> {
    let read = Certificate::from_pem_bundle(pem.as_bytes());
    match read.map_err(|error| ConfigError::Tls(error.to_string()))? {
        none if none.is_empty() => Err(ConfigError::Tls("`extra_ca_pem` holds no certificate".into())),
        read => Ok(read),
    }
}

/// With the system's certificates and those of the configuration. A machine without any can still ask plain servers,
/// such as the demo's; HTTPS then fails with "unknown issuer".
pub(crate) fn client(config: &Config, pins: &Pins, extra: Vec<Certificate>) -> Result<Client, ConfigError> {
    // The provider is chosen here and nowhere else. Another one installed before us serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            .user_agent(concat!("spoor/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .redirect(Policy::none())
            .referer(false)
            .connect_timeout(config.limits.connect())
            .pool_max_idle_per_host(0)
            .dns_resolver(pins.clone())
    };
    let built = builder().tls_certs_merge(extra.clone()).build();
    built.or_else(|_| builder().tls_certs_only(extra).build()).map_err(|error| ConfigError::Tls(error.to_string()))
}

/// Which address stands for which host: what the guard let through. Other names have no address here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pins(Arc<Mutex<HashMap<String, SocketAddr>>>);

impl Pins {
    pub(crate) fn pin(&self, host: &str, socket: SocketAddr) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), socket);
    }
}

impl Resolve for Pins {
    fn resolve(&self, name: Name) -> Resolving {
        let pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name.as_str()).copied();
        Box::pin(std::future::ready(match pinned {
            Some(socket) => Ok(Box::new(std::iter::once(socket)) as Addrs),
            None => Err("no checked address".into()),
        }))
    }
}

pub(crate) fn header(response: &Response, name: reqwest::header::HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(String::from)
}

pub(crate) fn fact(error: reqwest::Error) -> Fact {
    if error.is_timeout() {
        return Outcome::Timeout;
    }
    match error.is_connect() {
        true => Outcome::Unreachable(innermost(&error)),
        false => Outcome::Malformed(innermost(&error)),
    }
}

/// The cause at the bottom: the layers above it only say "error sending request".
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
