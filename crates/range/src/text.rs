//! How registrations are written: WHOIS text in five layouts, and RDAP.
//!
//! RFC 3912 says nothing of what a WHOIS answer looks like, so each server writes as it likes. The layouts here stand
//! for the families that are in use: ICANN's key-value pairs, other key-value pairs, sections with indented blocks,
//! objects joined by handles (RPSL), and labels in brackets; and the answer of a thin registry, which has no contacts
//! and refers to the registrar.

mod icann;
mod key_value;
pub(crate) mod rdap;
mod rpsl;
mod section;

use model::Time;

use crate::{
    domain::{Domain, Holding},
    infrastructure::Registrar,
};

pub(crate) const TEST_WHOIS: &str = "whois.nic.test";
pub(crate) const EXAMPLE_WHOIS: &str = "whois.nic.example";
pub(crate) const EXAMPLE_RDAP: &str = "rdap.nic.example";

/// How a WHOIS server writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layout {
    /// Key-value pairs without contacts, and a reference to the registrar.
    Thin,
    /// `Registrant Name: x`, as ICANN prescribes it.
    Icann,
    /// `registrant-name: x`.
    KeyValue,
    /// `Registrant:` and an indented block below it.
    Sections,
    /// Objects that name each other by handles.
    Rpsl,
    /// `[Registrant] x`.
    Bracketed,
}

/// A registration to be written, as it is at a moment.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) domain: &'a Domain,
    pub(crate) holding: &'a Holding,
    pub(crate) registrar: &'a Registrar,
    pub(crate) at: Time,
}

impl Layout {
    /// The answer to a question for a registered domain.
    pub(crate) fn write(self, record: &Record<'_>) -> String {
        match self {
            Layout::Thin => icann::thin(record),
            Layout::Icann => icann::write(record),
            Layout::KeyValue => key_value::write(record),
            Layout::Bracketed => key_value::bracketed(record),
            Layout::Sections => section::write(record),
            Layout::Rpsl => rpsl::write(record),
        }
    }

    /// The answer where nobody holds the domain.
    pub(crate) fn not_found(self, domain: &str) -> String {
        match self {
            Layout::Thin => format!("No match for domain \"{}\".\n", domain.to_uppercase()),
            Layout::Icann => format!("Domain not found: {domain}\n"),
            Layout::KeyValue => format!("domain:  {domain}\nstatus:  free\n"),
            Layout::Sections => format!("No match for \"{domain}\".\n\nThis domain name has not been registered.\n"),
            Layout::Rpsl => format!("% No entries found for the selected source.\n%\n% query: {domain}\n"),
            Layout::Bracketed => "No match!!\n".into(),
        }
    }

    /// What a server of this layout says to whoever asks too often.
    pub(crate) fn throttled(self) -> &'static str {
        match self {
            Layout::Thin => "WHOIS LIMIT EXCEEDED - SEE WWW.NIC.TEST FOR DETAILS\n",
            Layout::Icann => "You have exceeded your quota of queries. Please try again in 60 seconds.\n",
            Layout::KeyValue => "request limit exceeded\n",
            Layout::Sections => "The WHOIS query quota has been exceeded and will be replenished in 60 seconds.\n",
            Layout::Rpsl => "% Error: 55000000002 Connection refused; access control limit reached.\n",
            Layout::Bracketed => "Your connection limit exceeded. Please slow down and try again later.\n",
        }
    }
}

impl Record<'_> {
    /// The registry's id of the domain.
    pub(crate) fn registry_id(&self) -> String {
        let zone = self.domain.name.rsplit('.').next().unwrap_or_default().to_uppercase();
        format!("D{}-{zone}", number(&self.domain.name) % 100_000_000)
    }

    /// A handle of the registry for a contact of this domain in this role; no two domains share one.
    pub(crate) fn registry_handle(&self, role: &str) -> String {
        format!("{role}{:012}-EXAMPLE", number(&self.domain.name) % 1_000_000_000_000)
    }

    /// The registrar's WHOIS server, where it has one.
    pub(crate) fn registrar_whois(&self) -> String {
        self.registrar.whois_host().unwrap_or_default()
    }
}

/// A number for a name: FNV-1a.
fn number(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// A line `label: value`, or nothing where there is no value.
fn line(out: &mut String, label: &str, value: &str) {
    if !value.is_empty() {
        out.push_str(label);
        out.push_str(value);
        out.push('\n');
    }
}
