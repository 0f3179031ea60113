//! RDAP (RFC 7480, 9082, 9083): the server is found by the bootstrap registries (RFC 9224), and a registry's `related`
//! link leads to the registrar's answer.

mod bootstrap;
mod route;

use std::net::IpAddr;

use model::{
    Exposure, Name, RawAnswer, RegistrationRecord, Time,
    network::{AutonomousSystem, Network},
    registration::Protocol as RawProtocol,
};
use reqwest::{Url, header::ACCEPT};

pub(crate) use bootstrap::Bootstrap;
pub(crate) use route::check;

use crate::{
    Collector, Outcome, Permit, Protocol, Step,
    gate::Question,
    http::{Reply, Request},
    outcome::Fact,
    registration::{beginning, judge, judge_state, registrable},
};

/// One answer about a domain, and the registrar's URL that it refers to.
struct Answer {
    raw: RawAnswer,
    related: Option<String>,
}

impl Collector {
    /// The registration of a domain by RDAP: the registry's answer, and the registrar's where the registry links to
    /// one that may be asked.
    pub async fn rdap_domain(&self, domain: &Name, permit: &Permit, now: Time) -> Outcome<RegistrationRecord> {
        Outcome::of(self.rdap_chain(domain, permit, now, &mut Vec::new()).await)
    }

    /// The block that holds an address, as its address registry says.
    pub async fn rdap_network(&self, address: IpAddr, permit: &Permit, now: Time) -> Outcome<Network> {
        let address = address.to_canonical();
        let base = self.bootstrap().address(address);
        let body = self.ask_registry(base, "ip", address.to_string(), permit, now).await;
        Outcome::of(body.and_then(|body| settle(formats::rdap::parse_network(&body), &body)))
    }

    /// An AS number, as its address registry says.
    pub async fn rdap_autnum(&self, number: u32, permit: &Permit, now: Time) -> Outcome<AutonomousSystem> {
        let base = self.bootstrap().number(number);
        let body = self.ask_registry(base, "autnum", number.to_string(), permit, now).await;
        Outcome::of(body.and_then(|body| settle(formats::rdap::parse_autnum(&body), &body)))
    }

    async fn ask_registry(
        &self,
        base: Option<&Url>,
        kind: &str,
        value: String,
        permit: &Permit,
        now: Time,
    ) -> Result<Vec<u8>, Fact> {
        self.rdap_on()?;
        let base = base.ok_or_else(|| Outcome::NotConfigured(format!("no RDAP server is known for `{value}`")))?;
        let url = route::below(base, kind, &value);
        self.fetch(url, value, permit, now).await.map(|(_, body)| body)
    }

    pub(crate) async fn rdap_chain(
        &self,
        domain: &Name,
        permit: &Permit,
        now: Time,
        steps: &mut Vec<Step>,
    ) -> Result<RegistrationRecord, Fact> {
        self.rdap_on()?;
        registrable(domain)?;
        let Some(base) = self.bootstrap().domain(domain) else {
            return Err(Outcome::NotConfigured(format!("no RDAP server is known for the zone of `{domain}`")));
        };
        let url = route::below(base, "domain", &domain.to_string());
        let registry = self.ask_rdap(&url, domain, permit, now, steps).await?;
        let mut answers = vec![registry.raw];
        if let Some(url) =
            registry.related.and_then(|related| Url::parse(&related).ok()).filter(|related| *related != url)
            && let Ok(registrar) = self.ask_rdap(&url, domain, permit, now, steps).await
        {
            answers.push(registrar.raw);
        }
        let (registration, _) = formats::read(&answers, domain);
        Ok(RegistrationRecord { domain: domain.clone(), registration, raw: answers, observed: now })
    }

    fn rdap_on(&self) -> Result<(), Fact> {
        if self.config().rdap.enabled { Ok(()) } else { Err(Outcome::NotConfigured("RDAP is off".into())) }
    }

    async fn ask_rdap(
        &self,
        url: &Url,
        domain: &Name,
        permit: &Permit,
        now: Time,
        steps: &mut Vec<Step>,
    ) -> Result<Answer, Fact> {
        let fetched = self.fetch(url.clone(), domain.to_string(), permit, now).await;
        let answer = fetched.and_then(|(url, body)| read(url, body, domain));
        steps.push(Step::new(Protocol::Rdap, url.host_str().unwrap_or_default(), &answer));
        answer
    }

    /// Asks for a URL and follows redirects, each checked like a first question. Returns the URL that answered.
    async fn fetch(&self, mut url: Url, value: String, permit: &Permit, now: Time) -> Result<(Url, Vec<u8>), Fact> {
        let mut question = Question {
            value,
            rrtype: None,
            server: String::new(), // each hop fills in its own
            exposure: Exposure::Registry,
            protocol: Protocol::Rdap,
            provider: None,
            permit,
            now,
        };
        for _ in 0..=self.config().limits.referrals_max {
            question.server = url.host_str().unwrap_or_default().to_owned();
            match self.fetch_once(&url, &question).await? {
                Reply::Body { octets, .. } => return Ok((url, octets)),
                Reply::NotFound => return Err(Outcome::NoSuchName),
                Reply::Unchanged => return Err(Outcome::Malformed("unchanged since never".into())),
                Reply::Redirect(location) => {
                    let why = |_| Outcome::Malformed(format!("redirect to `{location}`"));
                    url = url.join(&location).map_err(why)?;
                }
            }
        }
        Err(Outcome::Malformed("too many redirects".into()))
    }

    async fn fetch_once(&self, url: &Url, question: &Question<'_>) -> Result<Reply, Fact> {
        self.gate().allow(question)?;
        let http = self.http().ok_or_else(|| Outcome::NotConfigured("RDAP is off".into()))?;
        let route = match self.route(url) {
            Ok(route) => route,
            Err(why) => return Err(self.gate().refuse(question, None, why)),
        };
        let sockets = match route.socket {
            Some(socket) => vec![socket],
            None => self.locate(question, route.port).await?,
        };
        let accept = "application/rdap+json, application/json;q=0.9".to_owned();
        let request = Request { url: route.url, headers: vec![(ACCEPT, accept)], body: None };
        self.gate().ask(question, &sockets, |socket| http.send(&request, socket)).await
    }
}

fn read(url: Url, body: Vec<u8>, domain: &Name) -> Result<Answer, Fact> {
    let parsed = formats::rdap::parse_domain(&body, url.as_str(), domain);
    judge(&parsed.registration, domain, None, &body)?;
    let raw = RawAnswer { protocol: RawProtocol::Rdap, server: url.into(), body };
    Ok(Answer { raw, related: parsed.related })
}

/// An answer about a number resource, or what the server said instead.
fn settle<T>(answer: formats::rdap::Answer<T>, body: &[u8]) -> Result<T, Fact> {
    judge_state(answer.state, None, body)?;
    answer.found.ok_or_else(|| Outcome::Malformed(beginning(body)))
}
