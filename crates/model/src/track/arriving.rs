//! What a query is asked of: one record as it arrives, taken apart once.

use std::net::IpAddr;

use super::Place;
use crate::{
    name::Name,
    observation::Tuple,
    record_type::RecordType,
    registration::{Registration, Role, State},
    time::Time,
};

/// One text that a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where it stands.
    pub place: Place,
    /// In which role; [`Role::Domain`] for what is no contact's.
    pub role: Role,
    /// The folded text; never empty.
    pub text: String,
}

/// One version of a registration, or one DNS tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arriving {
    /// The registrable domain, or the name itself where it is a public suffix.
    pub domain: Name,
    /// When it was so.
    pub at: Time,
    /// The texts that it holds, those of contacts first.
    pub held: Vec<Held>,
    /// What a registration says of the domain; none in DNS.
    pub state: Option<State>,
    /// When the domain was registered.
    pub created: Option<Time>,
    /// When the registration ends.
    pub expires: Option<Time>,
    /// The type of a DNS record; none in a registration.
    pub rrtype: Option<RecordType>,
    /// The address in its data.
    pub address: Option<IpAddr>,
    /// Whether no source that may be read had the domain before; whoever asks says so.
    pub first_seen_here: bool,
}

impl Arriving {
    /// A version of a domain's registration.
    pub fn registration(domain: &Name, registration: &Registration, at: Time) -> Arriving {
        let atoms = registration.atoms();
        let mut held = Vec::with_capacity(atoms.len() + 1);
        for atom in atoms {
            let place = Place::of_field(atom.field);
            held.push(Held { place, role: atom.role, text: place.settle(atom.value) });
        }
        held.push(Held { place: Place::Domain, role: Role::Domain, text: domain.to_string() });
        Arriving {
            domain: domain.clone(),
            at,
            held,
            state: Some(registration.state),
            created: registration.created,
            expires: registration.expires,
            rrtype: None,
            address: None,
            first_seen_here: false,
        }
    }

    /// A tuple of DNS; `domain` is the registrable domain of its owner name.
    pub fn dns(domain: &Name, tuple: &Tuple, at: Time) -> Arriving {
        let mut held = Vec::with_capacity(4);
        let mut push = |place, text: String| held.push(Held { place, role: Role::Domain, text });
        push(Place::Domain, domain.to_string());
        push(Place::Host, tuple.rrname.to_string());
        for target in tuple.rdata.targets(tuple.rrtype) {
            let text = target.to_string();
            match tuple.rrtype {
                RecordType::NS => push(Place::NameServer, text.clone()),
                RecordType::MX => push(Place::MailServer, text.clone()),
                _ => {}
            }
            push(Place::Target, text);
        }
        Arriving {
            domain: domain.clone(),
            at,
            held,
            state: None,
            created: None,
            expires: None,
            rrtype: Some(tuple.rrtype),
            address: tuple.rdata.address(tuple.rrtype),
            first_seen_here: false,
        }
    }

    /// Whether it is of DNS.
    pub fn is_dns(&self) -> bool {
        self.rrtype.is_some()
    }
}
