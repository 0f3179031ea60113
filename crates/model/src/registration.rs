//! Who registered a domain: one version of its WHOIS or RDAP record.
//!
//! Three things that look alike are kept apart in every field (see [`Disclosed`]): *redacted* is policy, *proxy* is a
//! third party standing in, *absent* was not stated. Only [`Disclosed::Stated`] values identify anybody.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{name::Name, source::words, time::Time};

/// One version of a registration, as one or more answers state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registration {
    /// The domain as the record writes it; none where it does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<Name>,
    /// What the answer says of the domain.
    pub state: State,
    /// The registry's id of the domain (`Registry Domain ID`, RDAP `handle`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_id: Option<String>,
    /// Through whom it was registered.
    pub registrar: Registrar,
    /// The reseller, where stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller: Option<String>,
    /// When the domain was registered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<Time>,
    /// When the registration was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Time>,
    /// When it ends unless renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Time>,
    /// Status codes as written, in order (`clientTransferProhibited`, `ok`, …).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<String>,
    /// Delegated name servers, sorted, without repeats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nameservers: Vec<NameServer>,
    /// Whether the delegation is signed, where stated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// Who holds it.
    pub registrant: Contact,
    /// The administrative contact.
    pub admin: Contact,
    /// The technical contact.
    pub tech: Contact,
    /// The billing contact.
    pub billing: Contact,
}

/// What an answer says of a domain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Somebody holds it.
    Registered,
    /// Nobody holds it.
    Available,
    /// The registry keeps it back.
    Reserved,
    /// For sale by the registry at a price of its own.
    Premium,
    /// Expired and in its grace or redemption period.
    Redemption,
    /// The server would not answer now; says nothing about the domain.
    Throttled,
    /// The server refuses to answer this asker or this question; says nothing about the domain.
    Refused,
    /// The answer could not be read as any of these.
    #[default]
    Malformed,
}

impl State {
    /// Whether the answer says anything about the domain.
    pub fn is_answer(self) -> bool {
        !matches!(self, State::Throttled | State::Refused | State::Malformed)
    }
}

/// A registrar.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Registrar {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its number in the IANA registry "Registrar IDs".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iana_id: Option<u32>,
    /// Its web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its WHOIS server, which a thin registry refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub whois_server: Option<String>,
    /// Where to report abuse by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_email: Option<String>,
    /// Where to report abuse by phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_phone: Option<String>,
}

/// A delegated name server, with glue addresses where stated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NameServer {
    /// Its name.
    pub name: Name,
    /// Its addresses, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
}

/// The role of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Who holds the domain.
    Registrant,
    /// The administrative contact.
    Admin,
    /// The technical contact.
    Tech,
    /// The billing contact.
    Billing,
    /// Not a contact: the value belongs to the domain itself, such as a name server.
    Domain,
}

words!(Role, "role", "registrant, admin, tech, billing, domain",
    "registrant" => Role::Registrant, "admin" => Role::Admin, "tech" => Role::Tech,
    "billing" => Role::Billing, "domain" => Role::Domain);
words!(State, "state", "registered, available, reserved, premium, redemption, throttled, refused, malformed",
    "registered" => State::Registered, "available" => State::Available, "reserved" => State::Reserved,
    "premium" => State::Premium, "redemption" => State::Redemption, "throttled" => State::Throttled,
    "refused" => State::Refused, "malformed" => State::Malformed);

impl Role {
    /// The four contact roles.
    pub const CONTACTS: [Role; 4] = [Role::Registrant, Role::Admin, Role::Tech, Role::Billing];
}

/// A contact as one record states it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// The contact's id; means something only within [`Contact::scope`].
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub handle: Disclosed,
    /// Who gave out the handle: the same text from two of them is no match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// A person's name.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub name: Disclosed,
    /// An organisation's name.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub organization: Disclosed,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub email: Disclosed,
    /// The telephone number as written.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub phone: Disclosed,
    /// The fax number as written.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub fax: Disclosed,
    /// The street lines, joined by `, `.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub street: Disclosed,
    /// The city.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub city: Disclosed,
    /// State or province.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub state: Disclosed,
    /// Postal code.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub postal_code: Disclosed,
    /// Country, as a code of ISO 3166-1 where the record has one, else as written.
    #[serde(skip_serializing_if = "Disclosed::is_absent")]
    pub country: Disclosed,
}

/// A field of a contact: what was disclosed of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disclosed {
    /// The record does not have the field, or leaves it empty.
    #[default]
    Absent,
    /// Withheld by policy; the text that stands in its place.
    Redacted(String),
    /// A privacy or proxy service's value, which says nothing of the holder unless it is a token of its own.
    Proxy(String),
    /// The value.
    Stated(String),
}

impl Disclosed {
    /// The value, where it is a stated one.
    pub fn stated(&self) -> Option<&str> {
        match self {
            Disclosed::Stated(text) => Some(text),
            _ => None,
        }
    }

    /// Whatever text stands in the record.
    pub fn text(&self) -> Option<&str> {
        match self {
            Disclosed::Absent => None,
            Disclosed::Redacted(text) | Disclosed::Proxy(text) | Disclosed::Stated(text) => Some(text),
        }
    }

    /// Whether the record does not have the field.
    pub fn is_absent(&self) -> bool {
        *self == Disclosed::Absent
    }
}

/// Who gave out a handle.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A registry, by the zone it keeps (`example`) or the region of an address registry (`ripe`).
    Registry(String),
    /// A registrar, by its IANA id.
    Registrar(u32),
    /// A registrar that states no IANA id, by its folded name.
    RegistrarNamed(String),
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Registry(zone) => write!(f, "registry:{zone}"),
            Scope::Registrar(id) => write!(f, "registrar:{id}"),
            Scope::RegistrarNamed(name) => write!(f, "registrar:{name}"),
        }
    }
}

impl Registration {
    /// The contact of a role; none for [`Role::Domain`].
    pub fn contact(&self, role: Role) -> Option<&Contact> {
        match role {
            Role::Registrant => Some(&self.registrant),
            Role::Admin => Some(&self.admin),
            Role::Tech => Some(&self.tech),
            Role::Billing => Some(&self.billing),
            Role::Domain => None,
        }
    }

    /// The contact of a role, to fill in.
    pub fn contact_mut(&mut self, role: Role) -> Option<&mut Contact> {
        match role {
            Role::Registrant => Some(&mut self.registrant),
            Role::Admin => Some(&mut self.admin),
            Role::Tech => Some(&mut self.tech),
            Role::Billing => Some(&mut self.billing),
            Role::Domain => None,
        }
    }

    /// The record without what changes though nothing happened: two versions that are equal here are one version.
    /// Left out: the time of the last update and the order of statuses and name servers.
    pub fn without_noise(&self) -> Registration {
        let mut plain = Registration { updated: None, ..self.clone() };
        plain.statuses.sort();
        plain.statuses.dedup();
        plain.nameservers.sort();
        plain.nameservers.dedup();
        plain
    }
}

/// By which protocol a raw answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// RFC 3912.
    Whois,
    /// RFC 9083.
    Rdap,
}

words!(Protocol, "protocol", "whois, rdap", "whois" => Protocol::Whois, "rdap" => Protocol::Rdap);

/// One answer as it came from a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawAnswer {
    /// By which protocol.
    pub protocol: Protocol,
    /// The server's host name, or the URL asked.
    pub server: String,
    /// The octets that came.
    pub body: Vec<u8>,
}

/// A registration as it was observed: what the store keeps as one sighting of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationRecord {
    /// The domain it is about.
    pub domain: Name,
    /// What was understood.
    pub registration: Registration,
    /// The answers it was read from: registry first, then the registrar it referred to.
    pub raw: Vec<RawAnswer>,
    /// When it was so.
    pub observed: Time,
}
