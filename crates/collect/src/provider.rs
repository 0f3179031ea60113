//! Providers: services that know more of the Internet than the team does, and learn what it asks.
//!
//! None is asked unless the configuration names it. What each costs is known before it is asked ([`Offer`]): who learns
//! of the question, under which terms its data stand, how many of the agreed questions are used, and what one costs.
//! Where a question costs something, it is asked only with a word for it ([`Spend::Yes`]).
//!
//! A provider is spoken to in the shape of a well-known service ([`ProviderKind`]). It passes the same gate as everything
//! else. Redirects are not followed: a key goes to the host that the configuration names and to no other, and in the
//! clear only to an address that the configuration lists.

mod quota;
mod request;

use std::{fmt, net::IpAddr};

use formats::provider::{self as answer, Ended, Held, Told};
use model::{Exposure, Name, Time};

pub(crate) use quota::Usage;

use crate::{Collector, Outcome, Permit, Protocol, config::ConfigError, gate::Question, http::Reply, outcome::Fact};

/// A provider that may be asked.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Its name here, and that of the source of what it says.
    pub name: String,
    /// How it is spoken to.
    pub kind: ProviderKind,
    /// The beginning of its URLs.
    pub url: String,
    /// The name under which it knows us, where it wants one.
    pub user: Option<String>,
    /// The key that it gave us.
    pub key: Option<Secret>,
    /// Who learns of a question: a third party, or nobody where the team runs the service itself.
    pub exposure: Exposure,
    /// Under which terms its data stand.
    pub licence: Option<String>,
    /// How many questions are agreed.
    pub quota: Option<Quota>,
    /// What a question costs, in words.
    pub cost: Option<String>,
}

/// The service in whose shape a provider is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProviderKind {
    /// DomainTools: reverse WHOIS.
    DomainTools,
    /// WhoisXML API: reverse WHOIS.
    WhoisXml,
    /// SecurityTrails: reverse WHOIS.
    SecurityTrails,
    /// DNSDB, and every Spoor: passive DNS.
    Dnsdb,
    /// CIRCL's passive DNS and others in Common Output Format.
    Cof,
    /// OTX: passive DNS.
    Otx,
    /// crt.sh: certificate transparency.
    CrtSh,
}

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(String);

/// So many questions in so many days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many.
    pub questions: u32,
    /// In how many days, counted back from the moment of a question.
    pub days: u32,
}

/// What a provider may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// What is known of this very name.
    Name(Name),
    /// Which names stand below this one.
    Below(Name),
    /// Which names led to this address.
    Address(IpAddr),
    /// Which domains are registered with this value.
    Held(Held),
}

/// Whether a question may cost something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spend {
    /// Only what is free is asked.
    No,
    /// What costs is asked too.
    Yes,
    /// Only how many there are is asked, which services that sell answers tell for free.
    Count,
}

/// A provider and what a question to it takes, before it is asked.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The provider.
    pub provider: &'a ProviderConfig,
    /// How many questions went to it within the days of its quota; all within 30 days where it has none.
    pub used: u64,
}

impl Collector {
    /// The providers of the configuration, with what a question to each takes.
    pub fn providers(&self, now: Time) -> Vec<Offer<'_>> {
        let offer = |provider| Offer { provider, used: self.used(provider, now).map_or(0, |used| used.0) };
        self.config().providers.iter().map(offer).collect()
    }

    /// Asks a provider. An answer without anything in it is [`Outcome::NoData`].
    pub async fn ask_provider(
        &self,
        name: &str,
        inquiry: &Inquiry,
        spend: Spend,
        permit: &Permit,
        now: Time,
    ) -> Outcome<Told> {
        Outcome::of(self.provider_answer(name, inquiry, spend, permit, now).await)
    }

    async fn provider_answer(
        &self,
        name: &str,
        inquiry: &Inquiry,
        spend: Spend,
        permit: &Permit,
        now: Time,
    ) -> Result<Told, Fact> {
        let unknown = || Outcome::NotConfigured(format!("no provider `{name}`"));
        let provider = self.config().providers.iter().find(|provider| provider.name == name).ok_or_else(unknown)?;
        let http = self.provider_http().ok_or_else(unknown)?;
        let counting = spend == Spend::Count;
        let request = request::of(provider, inquiry, counting, now).map_err(Outcome::NotConfigured)?;
        if let (Some(cost), Spend::No) = (&provider.cost, spend) {
            return Err(Outcome::NotConfigured(format!(
                "a question to `{name}` costs {cost}, and nothing may be spent"
            )));
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let question = Question {
            value: inquiry.to_string(),
            rrtype: None,
            server: host,
            exposure: provider.exposure,
            protocol: Protocol::Http,
            provider: Some(&provider.name),
            permit,
            now,
        };
        self.gate().allow(&question)?;
        self.within_quota(provider, now)?;
        let sockets = self.sockets_of(&request.url, &question).await?;
        if request.url.scheme() != "https" && !sockets.iter().all(|socket| self.gate().lists(*socket)) {
            return Err(self.gate().refuse(&question, None, format!("`{name}` has to be asked over HTTPS")));
        }
        let reply = self.gate().ask(&question, &sockets, |socket| http.send(&request, socket)).await?;
        let told = read(provider.kind, inquiry, reply, now)?;
        let is_empty = told.observations.is_empty() && told.registrations.is_empty() && told.total.unwrap_or(0) == 0;
        if is_empty { Err(Outcome::NoData) } else { Ok(told) }
    }

    fn within_quota(&self, provider: &ProviderConfig, now: Time) -> Result<(), Fact> {
        let Some(quota) = provider.quota else { return Ok(()) };
        let (used, oldest) = self.used(provider, now)?;
        if used < u64::from(quota.questions) {
            return Ok(());
        }
        let free = oldest.map_or(0, |oldest| oldest.0 + quota.seconds() - now.0).max(1);
        Err(Outcome::BudgetSpent { retry_after_seconds: u32::try_from(free).unwrap_or(u32::MAX) })
    }

    /// How many questions went to a provider within its days, and when the first of them did.
    fn used(&self, provider: &ProviderConfig, now: Time) -> Result<(u64, Option<Time>), Fact> {
        let window = provider.quota.map_or(30 * model::time::DAY, Quota::seconds);
        let count = self.usage().count(self.gate().ledger(), &provider.name, Time(now.0 - window));
        let needs = provider.exposure;
        count.map_err(|error| Outcome::NotPermitted { needs, why: error.to_string() })
    }
}

fn read(kind: ProviderKind, inquiry: &Inquiry, reply: Reply, now: Time) -> Result<Told, Fact> {
    let body = match reply {
        Reply::Body { octets, .. } => octets,
        Reply::NotFound => return Err(Outcome::NoData),
        Reply::Redirect(to) => {
            return Err(Outcome::Refused(format!("it leads to `{to}`, and a key goes nowhere else")));
        }
        Reply::Unchanged => return Err(Outcome::Malformed("unchanged since never".into())),
    };
    let told = match (kind, inquiry) {
        (ProviderKind::DomainTools, Inquiry::Held(held)) => answer::domain_tools(&body, held, now),
        (ProviderKind::WhoisXml, Inquiry::Held(held)) => answer::whois_xml(&body, held, now),
        (ProviderKind::SecurityTrails, Inquiry::Held(held)) => answer::security_trails(&body, held, now),
        (ProviderKind::Otx, _) => answer::otx(&body),
        (ProviderKind::CrtSh, _) => answer::crt_sh(&body),
        (ProviderKind::Dnsdb, _) => answer::dnsdb(&body, Ended::ByFrame),
        _ => answer::cof(&body),
    };
    told.map_err(|error| Outcome::Malformed(error.to_string()))
}

impl ProviderConfig {
    /// Whether this kind of provider can be asked that at all.
    pub fn answers(&self, inquiry: &Inquiry) -> bool {
        request::of(self, inquiry, false, Time(0)).is_ok()
    }

    /// Whether the provider can be asked at all with what the configuration says.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let wrong = |what: &str| ConfigError::Provider { name: self.name.clone(), what: what.to_owned() };
        if !model::source::is_source_name(&self.name) {
            return Err(wrong("its name is that of a source: lower-case letters, digits, `-`, `_`, `.`, at most 64"));
        }
        let url = reqwest::Url::parse(&self.url).map_err(|error| wrong(&format!("url: {error}")))?;
        if !matches!(url.scheme(), "https" | "http") || url.host_str().is_none() || !url.username().is_empty() {
            return Err(wrong("url: write https://, a host and perhaps a path; user and key stand apart"));
        }
        if self.exposure > Exposure::ThirdParty {
            return Err(wrong("exposure: a provider is a third party, or nobody where the team runs it"));
        }
        match (self.kind, &self.user, &self.key) {
            (ProviderKind::DomainTools, None, _) => Err(wrong("user: this kind of provider wants one")),
            (ProviderKind::Cof | ProviderKind::Otx | ProviderKind::CrtSh, ..) => Ok(()),
            (_, _, None) => Err(wrong("key_file: this kind of provider wants a key")),
            _ => Ok(()),
        }
    }
}

impl Quota {
    fn seconds(self) -> i64 {
        i64::from(self.days) * model::time::DAY
    }
}

impl Secret {
    /// A text to keep to ourselves.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl ProviderKind {
    /// All kinds with the words for them.
    pub const ALL: [(&'static str, ProviderKind); 7] = [
        ("domaintools", ProviderKind::DomainTools),
        ("whoisxml", ProviderKind::WhoisXml),
        ("securitytrails", ProviderKind::SecurityTrails),
        ("dnsdb", ProviderKind::Dnsdb),
        ("cof", ProviderKind::Cof),
        ("otx", ProviderKind::Otx),
        ("crt.sh", ProviderKind::CrtSh),
    ];

    /// The kind that a word means.
    pub fn of(word: &str) -> Option<ProviderKind> {
        ProviderKind::ALL.into_iter().find(|(known, _)| *known == word).map(|(_, kind)| kind)
    }
}

impl fmt::Display for ProviderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(ProviderKind::ALL.iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word))
    }
}

impl fmt::Display for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Inquiry::Name(name) => write!(f, "{name}"),
            Inquiry::Below(name) => write!(f, "*.{name}"),
            Inquiry::Address(address) => write!(f, "{address}"),
            Inquiry::Held(held) => f.write_str(&held.value),
        }
    }
}

impl fmt::Display for Offer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Offer { provider, used } = self;
        write!(f, "{} ({}), {} learns of it", provider.name, provider.kind, provider.exposure)?;
        write!(f, "; licence: {}", provider.licence.as_deref().unwrap_or("not stated"))?;
        match provider.quota {
            Some(Quota { questions, days }) => write!(f, "; {used} of {questions} questions used in {days} days")?,
            None => write!(f, "; {used} questions in 30 days, no quota")?,
        }
        write!(f, "; cost: {}", provider.cost.as_deref().unwrap_or("none stated"))
    }
}
