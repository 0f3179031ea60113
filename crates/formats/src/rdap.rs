//! RDAP answers (RFC 9083): domains, IP networks and AS numbers.
//!
//! An answer is read by what is in it, not by what it claims to conform to. Nothing makes it fail as a whole: what is
//! not understood is remarked, and a text that is no RDAP answer at all gives [`State::Malformed`]. An error answer is
//! a fact too: *not found* says that the object is not registered, *too many requests* says nothing about it.
//!
//! A domain has up to two answers: the registry's, and the registrar's that the registry links to (`related`).
//! Handles are scoped by who gave them out, so whose answer it is matters: see [`Giver`].

mod document;
mod domain;
mod entity;
mod jcard;
mod link;
mod network;
mod redaction;
mod status;

use model::{AutonomousSystem, Name, Network, Registration, registration::State};

use self::document::{Notes, Object, error_state, objects, text};
use crate::remark::{Remark, RemarkKind};

pub use self::document::BODY_OCTETS_MAX;

/// Whose answer about a domain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Giver {
    /// The registry's: handles mean something within its zone.
    Registry,
    /// The registrar's: handles mean something among its own customers.
    Registrar,
}

/// A domain's answer as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What it says; its state tells an answer from an error.
    pub registration: Registration,
    /// Where the registrar's own answer is said to be. A claim from outside: check it before asking there.
    pub related: Option<String>,
    /// What was not understood.
    pub remarks: Vec<Remark>,
}

/// An answer about addresses or AS numbers as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The object.
    pub found: Option<T>,
    /// [`State::Registered`] where there is one, else what the server said.
    pub state: State,
    /// What was not understood.
    pub remarks: Vec<Remark>,
}

/// Reads an answer about a domain. `url` is where it was asked; a registrar's answer is told by it.
pub fn parse_domain(body: &[u8], url: &str, domain: &Name) -> Parsed {
    parse(body, url, domain, None)
}

/// Reads an answer about a domain of which it is known whose it is.
pub fn parse_domain_of(body: &[u8], url: &str, domain: &Name, giver: Giver) -> Parsed {
    parse(body, url, domain, Some(giver))
}

/// Reads an answer about an address.
pub fn parse_network(body: &[u8]) -> Answer<Network> {
    parse_number(body, "ip network", network::read_network)
}

/// Reads an answer about an AS number.
pub fn parse_autnum(body: &[u8]) -> Answer<AutonomousSystem> {
    parse_number(body, "autnum", network::read_autnum)
}

fn parse(body: &[u8], url: &str, domain: &Name, giver: Option<Giver>) -> Parsed {
    let mut notes = Notes::default();
    let mut parsed = Parsed::default();
    if let Some(answer) = document::read(body, &mut notes) {
        let answer = found_in_search(&answer, domain).unwrap_or(&answer);
        if let Some(state) = error_state(answer, &mut notes) {
            parsed.registration.state = state;
        } else if is_object(answer, "domain", &["ldhName", "unicodeName"], &mut notes) {
            parsed.registration = domain::read(answer, url, domain, giver, &mut notes);
            parsed.related = link::related(answer, url, &mut notes);
        }
    }
    parsed.remarks = notes.0;
    parsed
}

fn parse_number<T>(body: &[u8], class: &str, read: impl Fn(&Object, &mut Notes) -> Option<T>) -> Answer<T> {
    let mut notes = Notes::default();
    let (mut found, mut state) = (None, State::Malformed);
    if let Some(answer) = document::read(body, &mut notes) {
        if let Some(error) = error_state(&answer, &mut notes) {
            state = error;
        } else if is_object(&answer, class, &["startAddress", "cidr0_cidrs", "startAutnum"], &mut notes) {
            found = read(&answer, &mut notes);
        }
    }
    if found.is_some() {
        state = State::Registered;
    }
    Answer { found, state, remarks: notes.0 }
}

/// Whether the answer is an object of this class: it says so, or does not say and has one of the members.
fn is_object(answer: &Object, class: &str, members: &[&str], notes: &mut Notes) -> bool {
    let is = match text(answer, "objectClassName") {
        Some(own) => own.eq_ignore_ascii_case(class),
        None => members.iter().any(|member| answer.contains_key(*member)),
    };
    if !is {
        notes.whole(RemarkKind::NotUnderstood, &format!("the answer is no RDAP object of class `{class}`"));
    }
    is
}

/// The one domain asked for, where the answer is the result of a search (RFC 9083 §8).
fn found_in_search<'a>(answer: &'a Object, domain: &Name) -> Option<&'a Object> {
    let results = objects(answer, "", "domainSearchResults", &mut Notes::default());
    let is_it =
        |result: &Object| text(result, "ldhName").and_then(|name| name.parse::<Name>().ok()).as_ref() == Some(domain);
    results.into_iter().map(|(_, result)| result).find(|result| is_it(result))
}
