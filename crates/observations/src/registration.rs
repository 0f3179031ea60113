//! Registrations as octets: tag, length, value, by a table of numbers that only ever grows.
//!
//! A registration is a list of fields, each `number (varint) | length (varint) | value`, in order of their numbers;
//! fields that are absent are not written, unknown ones are passed over. Contacts and name servers are lists of the
//! same kind inside a field.
#![deny(clippy::indexing_slicing)]

use std::net::IpAddr;

use model::{
    Atom, Contact, Disclosed, Field, Name, RawAnswer, Registration, Role, Scope, SourceId, Time,
    registration::{NameServer, Protocol, State},
};

use crate::{
    hash::hash128,
    key::{self, EMAIL, REGISTRATION, VALUE},
    octets::{Input, put_string, put_varint, put_zigzag},
};

/// Writes fields in order of their numbers.
pub(crate) struct Fields<'a>(pub(crate) &'a mut Vec<u8>);

impl Fields<'_> {
    pub(crate) fn octets(&mut self, number: u64, value: &[u8]) {
        put_varint(self.0, number);
        put_string(self.0, value);
    }

    pub(crate) fn text(&mut self, number: u64, value: Option<&String>) {
        if let Some(text) = value {
            self.octets(number, text.as_bytes());
        }
    }

    pub(crate) fn moment(&mut self, number: u64, value: Option<Time>) {
        if let Some(time) = value {
            let mut out = Vec::new();
            put_zigzag(&mut out, time.0);
            self.octets(number, &out);
        }
    }

    fn disclosed(&mut self, number: u64, value: &Disclosed) {
        let (kind, text) = match value {
            Disclosed::Absent => return,
            Disclosed::Redacted(text) => (1, text),
            Disclosed::Proxy(text) => (2, text),
            Disclosed::Stated(text) => (3, text),
        };
        self.octets(number, &[&[kind][..], text.as_bytes()].concat());
    }
}

/// A registration as octets.
pub(crate) fn encode(registration: &Registration) -> Vec<u8> {
    let mut out = Vec::new();
    let mut fields = Fields(&mut out);
    if let Some(domain) = &registration.domain {
        fields.octets(1, domain.as_wire());
    }
    fields.octets(2, &[state_number(registration.state)]);
    fields.text(3, registration.registry_id.as_ref());
    let registrar = &registration.registrar;
    fields.text(4, registrar.name.as_ref());
    if let Some(id) = registrar.iana_id {
        fields.octets(5, &id.to_be_bytes());
    }
    fields.text(6, registrar.url.as_ref());
    fields.text(7, registrar.whois_server.as_ref());
    fields.text(8, registrar.abuse_email.as_ref());
    fields.text(9, registrar.abuse_phone.as_ref());
    fields.text(10, registration.reseller.as_ref());
    fields.moment(11, registration.created);
    fields.moment(12, registration.updated);
    fields.moment(13, registration.expires);
    for status in &registration.statuses {
        fields.text(14, Some(status));
    }
    for server in &registration.nameservers {
        fields.octets(15, &encode_server(server));
    }
    if let Some(signed) = registration.signed {
        fields.octets(16, &[signed.into()]);
    }
    for (number, role) in (17..).zip(Role::CONTACTS) {
        let contact = registration.contact(role).map(encode_contact).unwrap_or_default();
        if !contact.is_empty() {
            fields.octets(number, &contact);
        }
    }
    out
}

fn encode_server(server: &NameServer) -> Vec<u8> {
    let mut out = server.name.as_wire().to_vec();
    for address in &server.addresses {
        match address {
            IpAddr::V4(v4) => put_string(&mut out, &v4.octets()),
            IpAddr::V6(v6) => put_string(&mut out, &v6.octets()),
        }
    }
    out
}

fn encode_contact(contact: &Contact) -> Vec<u8> {
    let mut out = Vec::new();
    let mut fields = Fields(&mut out);
    fields.disclosed(1, &contact.handle);
    match &contact.scope {
        Some(Scope::Registry(zone)) => fields.octets(2, zone.as_bytes()),
        Some(Scope::Registrar(id)) => fields.octets(3, &id.to_be_bytes()),
        Some(Scope::RegistrarNamed(name)) => fields.octets(4, name.as_bytes()),
        None => {}
    }
    let disclosed = [
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
    ];
    for (number, value) in (5..).zip(disclosed) {
        fields.disclosed(number, value);
    }
    out
}

/// A registration from its octets.
pub(crate) fn decode(octets: &[u8]) -> Option<Registration> {
    let mut registration = Registration::default();
    let mut input = Input(octets);
    while !input.is_empty() {
        let (number, value) = (input.varint()?, input.string()?);
        decode_field(&mut registration, number, value)?;
    }
    Some(registration)
}

fn decode_field(registration: &mut Registration, number: u64, value: &[u8]) -> Option<()> {
    let text = || String::from_utf8(value.to_vec()).ok();
    let registrar = &mut registration.registrar;
    match number {
        1 => registration.domain = Some(Name::from_wire(value).ok()?),
        2 => registration.state = state_of(*value.first()?)?,
        3 => registration.registry_id = Some(text()?),
        4 => registrar.name = Some(text()?),
        5 => registrar.iana_id = Some(Input(value).u32()?),
        6 => registrar.url = Some(text()?),
        7 => registrar.whois_server = Some(text()?),
        8 => registrar.abuse_email = Some(text()?),
        9 => registrar.abuse_phone = Some(text()?),
        10 => registration.reseller = Some(text()?),
        11 => registration.created = Some(Time(Input(value).zigzag()?)),
        12 => registration.updated = Some(Time(Input(value).zigzag()?)),
        13 => registration.expires = Some(Time(Input(value).zigzag()?)),
        14 => registration.statuses.push(text()?),
        15 => registration.nameservers.push(decode_server(value)?),
        16 => registration.signed = Some(*value.first()? != 0),
        17..=20 => {
            let role = Role::CONTACTS.get(usize::try_from(number - 17).ok()?)?;
            *registration.contact_mut(*role)? = decode_contact(value)?;
        }
        _ => {}
    }
    Some(())
}

fn decode_server(value: &[u8]) -> Option<NameServer> {
    let (name, used) = Name::split_wire(value).ok()?;
    let mut input = Input(value.get(used..)?);
    let mut addresses = Vec::new();
    while !input.is_empty() {
        let octets = input.string()?;
        addresses.push(match octets.len() {
            4 => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
            _ => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        });
    }
    Some(NameServer { name, addresses })
}

fn decode_contact(octets: &[u8]) -> Option<Contact> {
    let mut contact = Contact::default();
    let mut input = Input(octets);
    while !input.is_empty() {
        let (number, value) = (input.varint()?, input.string()?);
        let text = || String::from_utf8(value.to_vec()).ok();
        let place = match number {
            1 => &mut contact.handle,
            2 => {
                contact.scope = Some(Scope::Registry(text()?));
                continue;
            }
            3 => {
                contact.scope = Some(Scope::Registrar(Input(value).u32()?));
                continue;
            }
            4 => {
                contact.scope = Some(Scope::RegistrarNamed(text()?));
                continue;
            }
            5 => &mut contact.name,
            6 => &mut contact.organization,
            7 => &mut contact.email,
            8 => &mut contact.phone,
            9 => &mut contact.fax,
            10 => &mut contact.street,
            11 => &mut contact.city,
            12 => &mut contact.state,
            13 => &mut contact.postal_code,
            14 => &mut contact.country,
            _ => continue,
        };
        *place = decode_disclosed(value)?;
    }
    Some(contact)
}

fn decode_disclosed(value: &[u8]) -> Option<Disclosed> {
    let (kind, text) = value.split_first()?;
    let text = String::from_utf8(text.to_vec()).ok()?;
    match kind {
        1 => Some(Disclosed::Redacted(text)),
        2 => Some(Disclosed::Proxy(text)),
        3 => Some(Disclosed::Stated(text)),
        _ => None,
    }
}

pub(crate) fn state_number(state: State) -> u8 {
    match state {
        State::Registered => 1,
        State::Available => 2,
        State::Reserved => 3,
        State::Premium => 4,
        State::Redemption => 5,
        State::Throttled => 6,
        State::Refused => 7,
        State::Malformed => 8,
    }
}

fn state_of(number: u8) -> Option<State> {
    State::ALL.iter().copied().find(|state| state_number(*state) == number)
}

fn field_number(field: Field) -> u8 {
    match field {
        Field::Email => 1,
        Field::Name => 2,
        Field::Organization => 3,
        Field::Phone => 4,
        Field::Fax => 5,
        Field::Street => 6,
        Field::Handle => 7,
        Field::Registrar => 8,
        Field::NameServer => 9,
        Field::NameServers => 10,
        Field::RegisteredMinute => 11,
    }
}

/// The field of a number.
pub(crate) fn field_of(number: u8) -> Option<Field> {
    Field::ALL.iter().copied().find(|field| field_number(*field) == number)
}

pub(crate) fn role_number(role: Role) -> u8 {
    match role {
        Role::Registrant => 1,
        Role::Admin => 2,
        Role::Tech => 3,
        Role::Billing => 4,
        Role::Domain => 5,
    }
}

/// The identity of a version: domain and fields without noise.
pub(crate) fn hash(domain: &Name, registration: &Registration) -> [u8; 16] {
    let mut octets = domain.as_wire().to_vec();
    octets.extend(encode(&registration.without_noise()));
    hash128(&octets)
}

/// The key of a version: domain, hash, source.
pub(crate) fn version_key(domain: &Name, hash: [u8; 16], source: SourceId) -> Vec<u8> {
    let mut key = vec![REGISTRATION];
    key::put_name(&mut key, domain);
    key.extend(hash);
    key::put_source(&mut key, source);
    key
}

/// Domain and hash of a version's key without its source.
pub(crate) fn parse_version_key(front: &[u8]) -> Option<(Name, [u8; 16])> {
    let mut input = Input(front.get(1..)?);
    let domain = key::take_name(&mut input)?;
    Some((domain, input.array()?))
}

/// The keys by which a registration is found: its atoms, e-mails in both directions.
pub(crate) fn value_keys(domain: &Name, registration: &Registration, source: SourceId) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    for Atom { field, role, value } in registration.atoms() {
        let mut key = vec![VALUE, field_number(field)];
        key::put_escaped(&mut key, value.as_bytes());
        put_holder(&mut key, role, domain, source);
        keys.push(key);
        if field == Field::Email {
            let mut key = vec![EMAIL];
            let reversed: Vec<u8> = value.bytes().rev().collect();
            key::put_escaped(&mut key, &reversed);
            put_holder(&mut key, role, domain, source);
            keys.push(key);
        }
    }
    keys
}

fn put_holder(key: &mut Vec<u8>, role: Role, domain: &Name, source: SourceId) {
    key.push(role_number(role));
    key::put_name(key, domain);
    key::put_source(key, source);
}

/// The front of all keys of a field's values.
pub(crate) fn field_front(field: Field) -> Vec<u8> {
    vec![VALUE, field_number(field)]
}

/// Value, role and domain of a key of values without its source.
pub(crate) fn parse_value_key(front: &[u8]) -> Option<(String, Role, Name)> {
    let (&space, rest) = front.split_first()?;
    let mut input = Input(if space == VALUE { rest.get(1..)? } else { rest });
    let mut value = key::take_octets(&mut input)?;
    if space == EMAIL {
        value.reverse();
    }
    let number = input.byte()?;
    let role = Role::ALL.iter().copied().find(|role| role_number(*role) == number)?;
    Some((String::from_utf8(value).ok()?, role, key::take_name(&mut input)?))
}

/// What stands beside a version: what decides which payload stays when two meet comes first.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Payload {
    pub(crate) parser: u32,
    pub(crate) observed: i64,
    pub(crate) registration: Registration,
    pub(crate) raw: Vec<[u8; 16]>,
}

impl Payload {
    /// Parser (4), moment (8, the sign bit inverted), number of raw answers, their hashes, the registration.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = self.parser.to_be_bytes().to_vec();
        out.extend((self.observed as u64 ^ 1 << 63).to_be_bytes());
        put_varint(&mut out, self.raw.len() as u64);
        out.extend(self.raw.iter().flatten());
        out.extend(encode(&self.registration));
        out
    }

    pub(crate) fn decode(octets: &[u8]) -> Option<Payload> {
        let mut input = Input(octets);
        let parser = input.u32()?;
        let observed = (input.u64()? ^ 1 << 63) as i64;
        let mut raw = Vec::new();
        for _ in 0..input.size()? {
            raw.push(input.array()?);
        }
        Some(Payload { parser, observed, raw, registration: decode(input.0)? })
    }
}

/// A raw answer: protocol (1 WHOIS, 2 RDAP), server (string), body.
pub(crate) fn encode_raw(answer: &RawAnswer) -> Vec<u8> {
    let mut out = vec![match answer.protocol {
        Protocol::Whois => 1,
        Protocol::Rdap => 2,
    }];
    put_string(&mut out, answer.server.as_bytes());
    out.extend_from_slice(&answer.body);
    out
}

pub(crate) fn decode_raw(octets: &[u8]) -> Option<RawAnswer> {
    let mut input = Input(octets);
    let protocol = match input.byte()? {
        1 => Protocol::Whois,
        2 => Protocol::Rdap,
        _ => return None,
    };
    Some(RawAnswer { protocol, server: input.text()?.to_owned(), body: input.0.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Registration {
        let stated = |text: &str| Disclosed::Stated(text.into());
        Registration {
            domain: "example.test".parse().ok(),
            state: State::Registered,
            created: Some(Time(1_700_000_040)),
            updated: Some(Time(-5)),
            statuses: vec!["ok".into(), "clientHold".into()],
            nameservers: vec![NameServer {
                name: "ns1.example.test".parse().unwrap(),
                addresses: vec!["192.0.2.1".parse().unwrap(), "2001:db8::1".parse().unwrap()],
            }],
            signed: Some(false),
            registrant: Contact {
                handle: stated("C-1"),
                scope: Some(Scope::Registrar(4711)),
                email: stated("a@mail.example"),
                name: Disclosed::Redacted("REDACTED".into()),
                ..Contact::default()
            },
            billing: Contact { phone: Disclosed::Proxy("+1".into()), ..Contact::default() },
            ..Registration::default()
        }
    }

    #[test]
    fn registrations_round_trip_and_damage_is_none() {
        let encoded = encode(&sample());
        assert_eq!(decode(&encoded), Some(sample()));
        for end in 0..encoded.len() {
            let _ = decode(&encoded[..end]);
        }
        let payload = Payload { parser: 3, observed: -9, registration: sample(), raw: vec![[7; 16]] };
        assert_eq!(Payload::decode(&payload.encode()), Some(payload));
    }

    #[test]
    fn noise_makes_no_version() {
        let domain: Name = "example.test".parse().unwrap();
        let mut noisy = sample();
        noisy.updated = Some(Time(77));
        noisy.statuses.reverse();
        assert_eq!(hash(&domain, &sample()), hash(&domain, &noisy));
        noisy.signed = Some(true);
        assert_ne!(hash(&domain, &sample()), hash(&domain, &noisy));
    }

    #[test]
    fn value_keys_parse_back() {
        let domain: Name = "example.test".parse().unwrap();
        let keys = value_keys(&domain, &sample(), SourceId(300));
        assert_eq!(keys.iter().filter(|key| key[0] == EMAIL).count(), 1);
        for key in keys {
            let (front, source) = key::split_source(&key).unwrap();
            let (value, _, holder) = parse_value_key(front).unwrap();
            assert!(source == SourceId(300) && holder == domain && !value.is_empty());
        }
    }
}
