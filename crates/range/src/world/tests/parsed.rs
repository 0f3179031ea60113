//! What a world writes is what the product's own parsers read, in every layout and by both protocols.

use std::net::IpAddr;

use formats::{
    cof, rdap,
    registration_lines::{Defaults, parse_line},
};
use model::{
    Contact, Disclosed, RawAnswer, Registration, Scope,
    registration::{Protocol, State},
};

use super::*;
use crate::domain::{Holding, Party};

fn read(answers: &[(Protocol, &str, &str)], domain: &str) -> Registration {
    let raw = answers.iter().map(|(protocol, server, body)| RawAnswer {
        protocol: *protocol,
        server: (*server).to_owned(),
        body: body.as_bytes().to_vec(),
    });
    formats::read(&raw.collect::<Vec<_>>(), &domain.parse().unwrap()).0
}

/// Whether a field says what was written: nothing, something withheld, or the value itself.
fn same(field: &Disclosed, written: &str) -> bool {
    match field {
        Disclosed::Absent => written.is_empty() || written.starts_with("REDACTED"),
        Disclosed::Redacted(_) => written.starts_with("REDACTED"),
        Disclosed::Proxy(text) | Disclosed::Stated(text) => text == written,
    }
}

fn differences(contact: &Contact, party: &Party, role: &str) -> Vec<String> {
    let fields = [
        ("name", &contact.name, &party.name),
        ("organization", &contact.organization, &party.organization),
        ("email", &contact.email, &party.email),
        ("phone", &contact.phone, &party.phone),
        ("street", &contact.street, &party.street),
        ("city", &contact.city, &party.city),
        ("postal code", &contact.postal_code, &party.postal_code),
        ("country", &contact.country, &party.country),
    ];
    let differ = fields.into_iter().filter(|(_, read, written)| !same(read, written));
    differ.map(|(field, read, written)| format!("{role} {field}: wrote {written:?}, read {read:?}")).collect()
}

fn compare(read: &Registration, holding: &Holding, registrar: &Registrar) -> Vec<String> {
    let mut found = Vec::new();
    for (role, contact, party) in [
        ("registrant", &read.registrant, &holding.registrant),
        ("admin", &read.admin, &holding.admin),
        ("tech", &read.tech, &holding.tech),
    ] {
        found.extend(differences(contact, party, role));
    }
    let servers: Vec<String> = read.nameservers.iter().map(|server| server.name.to_string()).collect();
    let mut check = |what: &str, good: bool| {
        if !good {
            found.push(what.to_owned())
        }
    };
    check("state", read.state == State::Registered);
    check("created", read.created == Some(holding.created));
    check("expires", read.expires == Some(holding.expires));
    check("registrar name", read.registrar.name.as_deref() == Some(&registrar.name));
    check("registrar id", read.registrar.iana_id.is_none_or(|id| id == registrar.iana_id));
    check("name servers", servers == holding.name_servers);
    found
}

#[test]
fn every_fed_registration_is_read_as_it_was_written() {
    let world = World::case_study(&Plan { seed: 21, benign: 1200, without: Vec::new() });
    let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: NOW };
    let mut differ: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut layouts = BTreeSet::new();
    for domain in world.domains() {
        for holding in &domain.holdings {
            let registrar = world.registrar(holding.registrar);
            let Some(line) = line::registration(&domain, holding, registrar) else { continue };
            let read = parse_line(line.as_bytes(), &defaults).unwrap().unwrap().record;
            let server = &read.raw[0].server;
            let layout =
                world.whois_servers().into_iter().find(|known| known.host == *server).map(|known| known.layout);
            layouts.insert(layout);
            for difference in compare(&read.registration, holding, registrar) {
                let what = difference.split(':').next().unwrap_or_default();
                differ.entry(format!("{layout:?} {what}")).or_insert((0, difference.clone())).0 += 1;
            }
        }
    }
    assert_eq!(layouts.len(), 6, "five layouts and RDAP: {layouts:?}");
    assert!(differ.is_empty(), "{differ:#?}");
}

#[test]
fn the_customer_number_is_the_registrars() {
    let world = world(22, &[]);
    let truth = world.truth();
    let scope = Some(Scope::Registrar(truth.registrar));
    let handle = Disclosed::Stated(truth.handle.clone());
    let (one, twelve) = (truth.domain(1).unwrap().to_string(), truth.domain(12).unwrap().to_string());
    let host = world.infrastructure.registrars[0].whois_host().unwrap();
    let (thin, thick) = (world.answer_whois(TEST_WHOIS, &one, NOW), world.answer_whois(&host, &one, NOW));
    let both = [(Protocol::Whois, TEST_WHOIS, thin.as_str()), (Protocol::Whois, host.as_str(), thick.as_str())];
    for answers in [&both[..], &both[1..]] {
        let contact = read(answers, &one).registrant;
        assert_eq!((contact.handle, contact.scope), (handle.clone(), scope.clone()));
    }
    let rdap_host = world.infrastructure.registrars[0].rdap_host().unwrap();
    let path = format!("/domain/{twelve}");
    let (_, registry) = world.answer_rdap(EXAMPLE_RDAP, &path, NOW).unwrap();
    let (_, registrar) = world.answer_rdap(&rdap_host, &path, NOW).unwrap();
    let contact = read(&[(Protocol::Rdap, EXAMPLE_RDAP, &registry), (Protocol::Rdap, &rdap_host, &registrar)], &twelve)
        .registrant;
    assert_eq!((contact.handle, contact.scope), (handle, scope));
    assert_eq!(contact.email.stated(), Some(truth.emails[3].as_str()));
    let related = rdap::parse_domain(registry.as_bytes(), EXAMPLE_RDAP, truth.domain(12).unwrap()).related;
    assert_eq!(related, Some(format!("https://{rdap_host}{path}")));
}

#[test]
fn the_decoys_handle_is_another_registrars() {
    let world = world(23, &[]);
    let decoy = world.truth().decoys.iter().find(|decoy| decoy.rule == "handle-scope").unwrap();
    let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: NOW };
    let line = world
        .registration_lines(REGISTRATIONS, NOW)
        .find(|line| line.contains(&format!("\"{}\"", decoy.domain)))
        .unwrap();
    let contact = parse_line(line.as_bytes(), &defaults).unwrap().unwrap().record.registration.registrant;
    assert_eq!(contact.handle.stated(), Some(world.truth().handle.as_str()));
    assert!(matches!(contact.scope, Some(Scope::Registrar(id)) if id != world.truth().registrar));
}

#[test]
fn what_is_said_of_nothing_and_to_the_impatient_is_understood() {
    let world = world(24, &[]);
    for server in world.whois_servers() {
        let state = |text: &str| read(&[(Protocol::Whois, &server.host, text)], "not-there.test").state;
        let nothing = world.answer_whois(&server.host, "not-there.test", NOW);
        assert_eq!(state(&nothing), State::Available, "{}: {nothing}", server.host);
        assert_eq!(state(&world.throttle_text(&server.host)), State::Throttled, "{}", server.host);
    }
}

#[test]
fn every_dns_line_is_read() {
    let world = world(25, &[]);
    for source in [SENSOR_ONE, SENSOR_TWO, PROVIDER] {
        assert!(world.dns_lines(source, NOW).all(|line| cof::parse_line(line.as_bytes()).is_ok()));
    }
}

#[test]
fn addresses_of_the_story_have_a_holder() {
    let world = world(26, &[]);
    let mut addresses: Vec<IpAddr> = vec!["2001:db8:3::1".parse().unwrap()];
    for number in 0..=15 {
        let domain = world.find(&world.truth().domain(number).unwrap().to_string()).unwrap();
        addresses.extend(domain.facts.iter().filter_map(|fact| match fact.data {
            Data::Address(address) => Some(address),
            _ => None,
        }));
    }
    for address in addresses {
        let (_, body) = world.answer_rdap(EXAMPLE_RDAP, &format!("/ip/{address}"), NOW).unwrap();
        let network = rdap::parse_network(body.as_bytes()).found.unwrap();
        assert!(network.contains(address) && network.holder.holder.is_some() && network.holder.country.is_some());
    }
    let (_, body) = world.answer_rdap(EXAMPLE_RDAP, "/autnum/64500", NOW).unwrap();
    assert!(rdap::parse_autnum(body.as_bytes()).found.is_some());
    assert_eq!(world.answer_rdap(EXAMPLE_RDAP, "/ip/127.0.0.1", NOW), None);
}
