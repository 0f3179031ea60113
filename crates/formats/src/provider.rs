//! Answers of providers: services that know more of the Internet than the team does, and learn what it asks.
//!
//! | shape | told by | says |
//! |---|---|---|
//! | DNSDB | [`dnsdb`] | DNS tuples with times, by owner name or by data |
//! | COF | [`cof`] | the same, as CIRCL's service and others write it |
//! | OTX | [`otx`] | the same, one JSON document |
//! | crt.sh | [`crt_sh`] | names in certificates, from the transparency logs (RFC 9162) |
//! | DomainTools, WhoisXML, SecurityTrails | [`domain_tools`], [`whois_xml`], [`security_trails`] | domains whose registration has a value in it (reverse WHOIS) |
//!
//! A reverse WHOIS answer is a list of domains and no record. What it says is kept as a registration that has the value
//! and nothing else: services search the registrant's fields or do not tell the role, so it stands with the registrant.
//! A certificate is no DNS record; its names are kept under the type [`CERTIFICATE`].
//!
//! What cannot be read of an answer is counted and left out. An answer that is not of its shape at all is an error of
//! the provider, told by [`Unreadable`].

mod certificate;
mod passive_dns;
mod reverse_whois;

use model::{
    Contact, Disclosed, Name, Observation, PivotKind, Registration, RegistrationRecord, Time, registration::State,
};

pub use certificate::{CERTIFICATE, crt_sh};
pub use passive_dns::{Ended, cof, dnsdb, otx};
pub use reverse_whois::{domain_tools, security_trails, whois_xml};

/// How many records of one answer are taken.
pub const RECORDS_MAX: usize = 100_000;

/// What a provider says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    /// What was seen.
    pub observations: Vec<Observation>,
    /// Which domains are registered with the value that was asked about.
    pub registrations: Vec<RegistrationRecord>,
    /// How many there are in all, where the provider says so.
    pub total: Option<u64>,
    /// There is more than the answer has.
    pub more: bool,
    /// How many records could not be read.
    pub refused: u64,
    /// What the first of them had.
    pub example: Option<String>,
}

/// An answer that is not of the shape that was expected; what is the matter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an answer of this kind of provider: {0}")]
pub struct Unreadable(pub String);

/// A value that registrations may have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Which kind: an e-mail address, a name, an organisation or a telephone number.
    pub kind: PivotKind,
    /// The value.
    pub value: String,
}

impl Held {
    /// A registration of which only this is known; nothing for other kinds of values.
    fn registration(&self, domain: Name, at: Time) -> Option<RegistrationRecord> {
        let mut registrant = Contact::default();
        let field = match self.kind {
            PivotKind::Email => &mut registrant.email,
            PivotKind::Name => &mut registrant.name,
            PivotKind::Organization => &mut registrant.organization,
            PivotKind::Phone => &mut registrant.phone,
            _ => return None,
        };
        *field = Disclosed::Stated(self.value.clone());
        let registration = Registration {
            domain: Some(domain.clone()),
            state: State::Registered,
            registrant,
            ..Registration::default()
        };
        Some(RegistrationRecord { domain, registration, raw: Vec::new(), observed: at })
    }
}

impl Told {
    fn refuse(&mut self, why: impl ToString) {
        self.refused += 1;
        self.example.get_or_insert_with(|| why.to_string().chars().take(200).collect());
    }

    /// Whether there is room for one more; where there is none, there is more than was taken.
    fn has_room(&mut self) -> bool {
        let fits = self.observations.len() + self.registrations.len() < RECORDS_MAX;
        self.more |= !fits;
        fits
    }

    /// Takes a domain of a reverse WHOIS answer.
    fn domain(&mut self, text: &str, held: &Held, at: Time) -> Option<&mut RegistrationRecord> {
        let domain = match Name::from_unicode(text.trim()) {
            Ok(domain) if domain.label_count() > 1 => domain,
            Ok(_) => {
                self.refuse(format!("`{text}` is no domain"));
                return None;
            }
            Err(error) => {
                self.refuse(format!("`{text}`: {error}"));
                return None;
            }
        };
        if !self.has_room() {
            return None;
        }
        self.registrations.push(held.registration(domain, at)?);
        self.registrations.last_mut()
    }
}

/// JSON as a value, or what is the matter with it.
fn json(body: &[u8]) -> Result<serde_json::Value, Unreadable> {
    serde_json::from_slice(body).map_err(|error| Unreadable(error.to_string()))
}
