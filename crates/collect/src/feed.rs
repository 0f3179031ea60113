//! Lists that are fetched by HTTP (RFC 9110): only where they changed, only from where they are, and within limits.
//!
//! A feed's link was decided by a person, but its host's address and its redirects come from outside. So every hop goes
//! through the gate like any other question (exposure *third party*: whoever serves the list learns that we read it),
//! to the address that was checked. A redirect may lead to the same host, or to one that the configuration lists; never
//! from https to http.

use std::net::{IpAddr, SocketAddr};

use model::{Exposure, Time};
use reqwest::{
    Url,
    header::{ACCEPT, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED},
};

use crate::{
    Collector, Outcome, Permit, Protocol,
    gate::Question,
    http::{Reply, Request, header},
    outcome::Fact,
};

/// The longest validator that is told again.
const VALIDATOR_OCTETS_MAX: usize = 500;

/// What a server said of a list, to be told again the next time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// What it calls the content (RFC 9110 §8.8.3).
    pub etag: Option<String>,
    /// Since when it has it (RFC 9110 §8.8.2).
    pub last_modified: Option<String>,
}

/// What came of asking for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum List {
    /// It is as it was.
    Unchanged,
    /// This is it, decoded.
    Content {
        /// The octets.
        octets: Vec<u8>,
        /// What to tell the server the next time.
        validators: Validators,
    },
}

impl Collector {
    /// Asks for a list, unless it is as it was.
    pub async fn list(&self, url: &str, known: &Validators, permit: &Permit, now: Time) -> Outcome<List> {
        Outcome::of(self.list_chain(url, known, permit, now).await)
    }

    async fn list_chain(&self, url: &str, known: &Validators, permit: &Permit, now: Time) -> Result<List, Fact> {
        let http = self.feed_http().ok_or_else(|| Outcome::NotConfigured("feeds are off".into()))?;
        let first = Url::parse(url).map_err(|error| Outcome::Malformed(format!("the feed's link: {error}")))?;
        let mut url = first.clone();
        for hop in 0..=self.config().limits.referrals_max {
            let question = question(&url, permit, now);
            self.gate().allow(&question)?;
            if let Err(why) = self.may_fetch(&first, &url, hop > 0) {
                return Err(self.gate().refuse(&question, None, why));
            }
            let sockets = self.sockets_of(&url, &question).await?;
            let request = request(&url, known);
            match self.gate().ask(&question, &sockets, |socket| http.send(&request, socket)).await? {
                Reply::Body { octets, headers } => {
                    return Ok(List::Content { octets, validators: validators(&headers) });
                }
                Reply::Unchanged => return Ok(List::Unchanged),
                Reply::NotFound => return Err(Outcome::Refused("HTTP 404 Not Found".into())),
                Reply::Redirect(location) => {
                    let why = |_| Outcome::Malformed(format!("redirect to `{location}`"));
                    url = url.join(&location).map_err(why)?;
                }
            }
        }
        Err(Outcome::Malformed("too many redirects".into()))
    }

    /// Why a hop is not gone.
    fn may_fetch(&self, first: &Url, url: &Url, redirected: bool) -> Result<(), String> {
        let host = url.host_str().unwrap_or_default();
        if !matches!(url.scheme(), "https" | "http") {
            return Err(format!("{}: links are not followed", url.scheme()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(format!("the link to `{host}` carries credentials"));
        }
        if first.scheme() == "https" && url.scheme() == "http" {
            return Err(format!("a redirect to `{host}` gives up encryption"));
        }
        let same = first.host_str() == url.host_str() && (!redirected || ports_fit(first, url));
        let listed = self.config().feeds.redirect_hosts.iter().any(|listed| listed.eq_ignore_ascii_case(host));
        if same || listed { Ok(()) } else { Err(format!("a redirect to `{host}`, which is not listed")) }
    }

    /// Where the host of a URL is asked; it may be an address itself.
    pub(crate) async fn sockets_of(&self, url: &Url, question: &Question<'_>) -> Result<Vec<SocketAddr>, Fact> {
        let port = url.port_or_known_default().unwrap_or(443);
        let host = question.server.trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
            Err(_) => self.locate(question, port).await,
        }
    }
}

/// A redirect on one host stays on its port, or goes from http to https on the usual ones.
fn ports_fit(first: &Url, url: &Url) -> bool {
    let (before, after) = (first.port_or_known_default(), url.port_or_known_default());
    before == after || (before, after) == (Some(80), Some(443))
}

/// Nothing is asked about; the ledger says which list was read, without what may be secret in its link.
fn question<'a>(url: &Url, permit: &'a Permit, now: Time) -> Question<'a> {
    let host = url.host_str().unwrap_or_default();
    Question {
        value: format!("{}://{host}{}", url.scheme(), url.path()),
        rrtype: None,
        server: host.to_owned(),
        exposure: Exposure::ThirdParty,
        protocol: Protocol::Http,
        provider: None,
        permit,
        now,
    }
}

/// A conditional request (RFC 9110 §13).
fn request(url: &Url, known: &Validators) -> Request {
    let validators = [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)];
    let told = validators.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    let headers = std::iter::once((ACCEPT, "*/*".to_owned())).chain(told).collect();
    Request { url: url.clone(), headers, body: None }
}

fn validators(headers: &HeaderMap) -> Validators {
    let told = |name| header(headers, name).filter(|text| text.len() <= VALIDATOR_OCTETS_MAX);
    Validators { etag: told(ETAG), last_modified: told(LAST_MODIFIED) }
}
