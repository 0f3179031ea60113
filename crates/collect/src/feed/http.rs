//! Conditional requests (RFC 9110 §13), decoded within a limit of size.

use std::{net::SocketAddr, time::Duration};

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER},
};

use super::{List, Validators};
use crate::{
    config::{Config, ConfigError},
    outcome::{Fact, Outcome},
    rdap::{Pins, certificates, client, fact, header},
};

/// The longest validator that is told again.
const VALIDATOR_OCTETS_MAX: usize = 500;

/// The HTTP client of feeds: as guarded as that of RDAP, and it understands gzip.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    client: Client,
    pins: Pins,
    total: Duration,
    bytes_max: usize,
}

/// What a server replied.
pub(super) enum Reply {
    /// The list, or that it is as it was.
    List(List),
    /// A redirect, to be judged.
    Redirect(String),
}

impl Http {
    pub(crate) fn new(config: &Config) -> Result<Http, ConfigError> {
        let pins = Pins::default();
        let extra = config.feeds.extra_ca_pem.as_deref().map(certificates).transpose()?;
        let client = client(config, &pins, extra.unwrap_or_default())?;
        let total = Duration::from_millis(config.limits.feed_total_ms);
        Ok(Http { client, pins, total, bytes_max: config.limits.feed_bytes_max })
    }

    /// Asks for a list at the address that was checked, and at no other.
    pub(super) async fn get(&self, url: &Url, socket: SocketAddr, known: &Validators) -> Result<Reply, Fact> {
        self.pins.pin(url.host_str().unwrap_or_default(), socket);
        tokio::time::timeout(self.total, self.exchange(url, known)).await.unwrap_or(Err(Outcome::Timeout))
    }

    async fn exchange(&self, url: &Url, known: &Validators) -> Result<Reply, Fact> {
        let mut request = self.client.get(url.clone()).header(ACCEPT, "*/*");
        if let Some(etag) = &known.etag {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(since) = &known.last_modified {
            request = request.header(IF_MODIFIED_SINCE, since);
        }
        let response = request.send().await.map_err(fact)?;
        match response.status() {
            StatusCode::OK => {
                let validators = validators(&response);
                let octets = self.body(response).await?;
                Ok(Reply::List(List::Content { octets, validators }))
            }
            StatusCode::NOT_MODIFIED => Ok(Reply::List(List::Unchanged)),
            status if status.is_redirection() => match header(&response, LOCATION) {
                Some(location) => Ok(Reply::Redirect(location)),
                None => Err(Outcome::Malformed(format!("HTTP {status} without a location"))),
            },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let wait_seconds = header(&response, RETRY_AFTER).and_then(|text| text.trim().parse().ok());
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

fn validators(response: &Response) -> Validators {
    let told = |name| header(response, name).filter(|text| text.len() <= VALIDATOR_OCTETS_MAX);
    Validators { etag: told(ETAG), last_modified: told(LAST_MODIFIED) }
}
