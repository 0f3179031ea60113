//! A raw answer with what is stated of it.

use std::borrow::Cow;

use model::{Contact, Disclosed, Name, Registration, Role};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    line::{LINE_OCTETS_MAX, LineError},
    whois::{self, Parsed},
};

/// Zones whose SHA-256 begins with an octet below this are set aside.
const ASIDE_BELOW: u8 = 64;

/// What the contacts of an answer withhold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Withheld {
    /// Nothing: no text stands in place of a value.
    Open,
    /// Some text of policy stands in place of a value.
    Redacted,
    /// Some value is a service's that stands in for the holder.
    Proxy,
    /// Both.
    Both,
}

impl Withheld {
    /// What the fields of the four contacts withhold.
    pub fn of(registration: &Registration) -> Withheld {
        let contacts = Role::CONTACTS.into_iter().filter_map(|role| registration.contact(role));
        let (mut redacted, mut proxy) = (false, false);
        for field in contacts.flat_map(fields) {
            redacted |= matches!(field, Disclosed::Redacted(_));
            proxy |= matches!(field, Disclosed::Proxy(_));
        }
        match (redacted, proxy) {
            (false, false) => Withheld::Open,
            (true, false) => Withheld::Redacted,
            (false, true) => Withheld::Proxy,
            (true, true) => Withheld::Both,
        }
    }
}

fn fields(contact: &Contact) -> [&Disclosed; 11] {
    [
        &contact.handle,
        &contact.name,
        &contact.organization,
        &contact.email,
        &contact.phone,
        &contact.fax,
        &contact.street,
        &contact.city,
        &contact.state,
        &contact.postal_code,
        &contact.country,
    ]
}

/// One answer and what is stated of it.
///
/// As a line of JSON, of which only `raw` must be there:
///
/// ```json
/// {"raw": "Domain Name: …", "domain": "widgets.example", "zone": "example", "whois_server": "whois.nic.example",
///  "raw_referring": "what the registry said that referred to the server", "id": "any name for it",
///  "withheld": "open, redacted, proxy or both",
///  "expected": {"state": "registered", "registrar": "…", "created": "2025-01-02T00:00:00Z", "created_any": ["…"],
///               "updated": "…", "expires": "…", "nameservers": ["ns1.hoster.test"],
///               "registrant": {"id": "…", "name": "…", "org": "…", "name_or_org": "…", "email": "…", "phone": "…"},
///               "admin": {}, "tech": {}, "billing": {}},
///  "disputed": {"registrar": "anything: the value is not judged"}}
/// ```
#[derive(Clone, Debug)]
pub struct Sample {
    /// A name for it, to speak of it.
    pub id: String,
    /// The domain; `example.ZONE` where it is not stated.
    pub domain: Name,
    /// What the contacts withhold, where stated.
    pub withheld: Option<Withheld>,
    pub(super) zone: String,
    server: String,
    pub(super) answer: String,
    /// What referred to the server, registry first.
    pub(super) referring: Vec<String>,
    pub(super) expected: Value,
    pub(super) disputed: Value,
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    raw: Cow<'a, str>,
    #[serde(default)]
    raw_referring: Value,
    id: Option<String>,
    domain: Option<String>,
    zone: Option<String>,
    #[serde(alias = "server")]
    whois_server: Option<String>,
    withheld: Option<Withheld>,
    #[serde(default)]
    expected: Value,
    #[serde(default)]
    disputed: Value,
}

impl Sample {
    /// Reads a line, for use with [`Reader::next_batch`](crate::line::Reader::next_batch).
    pub fn parse_line(line: &[u8]) -> Result<Option<Sample>, LineError> {
        if line.len() > LINE_OCTETS_MAX {
            return Err(LineError::TooLong);
        }
        let line: Line<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
        let stated =
            line.domain.as_deref().and_then(|text| Name::from_unicode(text).ok()).filter(|name| !name.is_root());
        let zone = line.zone.unwrap_or_else(|| stated.as_ref().map_or_else(String::new, whois::zone_of));
        let domain = match stated {
            Some(name) => name,
            None => Name::from_unicode(&format!("example.{zone}")).map_err(|error| LineError::bad("zone", error))?,
        };
        Ok(Some(Sample {
            id: line.id.unwrap_or_default(),
            domain,
            withheld: line.withheld,
            zone,
            server: line.whois_server.unwrap_or_default(),
            answer: line.raw.into_owned(),
            referring: texts(line.raw_referring),
            expected: line.expected,
            disputed: line.disputed,
        }))
    }

    /// Whether its zone is set aside.
    pub fn is_set_aside(&self) -> bool {
        Sha256::digest(self.zone.as_bytes()).first().is_some_and(|octet| *octet < ASIDE_BELOW)
    }

    /// How many octets the answer has.
    pub fn octets(&self) -> usize {
        self.answer.len()
    }

    /// Parses the answer alone: what is timed.
    pub fn parse(&self) -> Parsed {
        whois::parse(&self.answer, &self.server, &self.domain)
    }

    /// What is read of the answer; where it says nothing of a field, of what referred to it. (Which of two answers is right
    /// is not the parser's business; most publishers take the second.)
    pub fn read(&self) -> Registration {
        let own = self.parse().registration;
        let parse = |text: &String| whois::parse(text, "", &self.domain).registration;
        self.referring.iter().map(parse).fold(own, or)
    }
}

fn or(own: Registration, other: Registration) -> Registration {
    let contacts = whois::merge(other.clone(), own.clone());
    Registration {
        registrar: if own.registrar.name.is_some() { own.registrar } else { other.registrar },
        created: own.created.or(other.created),
        updated: own.updated.or(other.updated),
        expires: own.expires.or(other.expires),
        nameservers: if own.nameservers.is_empty() { other.nameservers } else { own.nameservers },
        registrant: contacts.registrant,
        admin: contacts.admin,
        tech: contacts.tech,
        billing: contacts.billing,
        ..own
    }
}

/// A member of an object; null where there is none.
pub(super) fn member<'a>(value: &'a Value, key: &str) -> &'a Value {
    value.get(key).unwrap_or(&Value::Null)
}

fn texts(value: Value) -> Vec<String> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text],
        Value::Array(all) => all.into_iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}
