//! HTTP as this crate uses it (RFC 9110): to an address that was checked before, within limits of time and size, with
//! redirects left to the caller.
//!
//! RDAP, lists and providers ask by the same client; they differ in what they send and in what they make of the reply.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{
    Certificate, Client, Response, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER},
    redirect::Policy,
};

use crate::{
    config::{Config, ConfigError},
    outcome::{Fact, Outcome},
};

/// The client: no proxy, no redirects, no cookies, no connection kept; it understands gzip.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    pins: Pins,
    total: Duration,
    bytes_max: usize,
}

/// What is sent.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) url: Url,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// A JSON text to post; a GET where there is none.
    pub(crate) body: Option<String>,
}

/// What a server replied, unless it refused.
pub(crate) enum Reply {
    /// A body, decoded, and the head that came with it.
    Body { octets: Vec<u8>, headers: HeaderMap },
    /// It is as it was when the validators that were sent were told (RFC 9110 §15.4.5).
    Unchanged,
    /// A redirect, to be judged.
    Redirect(String),
    /// There is nothing of that name: to RDAP (RFC 7480 §5.3) and to providers an answer, to others a refusal.
    NotFound,
}

impl Http {
    /// A client with limits of its own; `extra` are certificates in PEM to trust beside the system's.
    pub(crate) fn new(
        config: &Config,
        extra: Option<&str>,
        total_ms: u64,
        bytes_max: usize,
    ) -> Result<Http, ConfigError> {
        let pins = Pins::default();
        let extra = extra.map(certificates).transpose()?;
        let client = client(config, &pins, extra.unwrap_or_default())?;
        Ok(Http { client, pins, total: Duration::from_millis(total_ms), bytes_max })
    }

    /// Sends a request to the address that was checked, and to no other.
    pub(crate) async fn send(&self, request: &Request, socket: SocketAddr) -> Result<Reply, Fact> {
        self.pins.pin(request.url.host_str().unwrap_or_default(), socket);
        tokio::time::timeout(self.total, self.exchange(request)).await.unwrap_or(Err(Outcome::Timeout))
    }

    async fn exchange(&self, request: &Request) -> Result<Reply, Fact> {
        let url = request.url.clone();
        let mut sent = match &request.body {
            None => self.client.get(url),
            Some(body) => self.client.post(url).header(CONTENT_TYPE, "application/json").body(body.clone()),
        };
        for (name, value) in &request.headers {
            sent = sent.header(name, value);
        }
        let response = sent.send().await.map_err(fact)?;
        match response.status() {
            StatusCode::OK => {
                let headers = response.headers().clone();
                Ok(Reply::Body { octets: self.body(response).await?, headers })
            }
            StatusCode::NOT_MODIFIED => Ok(Reply::Unchanged),
            status if status.is_redirection() => match header(response.headers(), LOCATION) {
                Some(location) => Ok(Reply::Redirect(location)),
                None => Err(Outcome::Malformed(format!("HTTP {status} without a location"))),
            },
            StatusCode::NOT_FOUND => Ok(Reply::NotFound),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait_seconds = header(response.headers(), RETRY_AFTER).and_then(|text| text.trim().parse().ok());
                Err(Outcome::Throttled { wait_seconds })
            }
            status => Err(Outcome::Refused(format!("HTTP {status}"))),
        }
    }

    /// The body as it is after decoding: what inflates beyond the limit is not read to its end.
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

fn certificates(pem: &str) -> Result<Vec<Certificate>, ConfigError> {
    let read = Certificate::from_pem_bundle(pem.as_bytes());
    match read.map_err(|error| ConfigError::Tls(error.to_string()))? {
        none if none.is_empty() => Err(ConfigError::Tls("`extra_ca_pem` holds no certificate".into())),
        read => Ok(read),
    }
}

/// With the system's certificates and those of the configuration. A machine without any can still ask plain servers,
/// such as the demo's; HTTPS then fails with "unknown issuer".
fn client(config: &Config, pins: &Pins, extra: Vec<Certificate>) -> Result<Client, ConfigError> {
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
struct Pins(Arc<Mutex<HashMap<String, SocketAddr>>>);

impl Pins {
    fn pin(&self, host: &str, socket: SocketAddr) {
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

pub(crate) fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(String::from)
}

fn fact(error: reqwest::Error) -> Fact {
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
