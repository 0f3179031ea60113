//! A value that is forgotten is in no file any more, and nothing else is gone.

use std::path::Path;

use model::{
    Counting, Disclosed, Field, Network, NetworkRecord, Observation, RawAnswer, Rdata, Readable, RecordType,
    Registration, RegistrationRecord, Span, Time, Tuple, registration::Protocol, registration::State,
};
use observations::{Batch, Disk, Forgotten, Options, Query, Store, Subject, ValueQuery, disk::fault::FaultDisk};

use crate::{
    chance::{self, START},
    count_all, options,
};

fn tuple(rrname: &str, rrtype: RecordType, rdata: &[u8]) -> Observation {
    let rdata = Rdata::from_canonical(rdata);
    let tuple = Tuple { rrname: rrname.parse().expect("a name"), rrtype, bailiwick: None, rdata };
    Observation { tuple, span: Span::at(Time(START)), count: 1 }
}

fn target(name: &str) -> Vec<u8> {
    let name: model::Name = name.parse().expect("a name");
    name.as_wire().to_vec()
}

fn registered(domain: &str, email: &str) -> RegistrationRecord {
    let body = format!("Domain Name: {domain}\nRegistrant Email: {}\n", email.to_uppercase()).into_bytes();
    let mut registration = Registration { state: State::Registered, ..Registration::default() };
    registration.registrant.email = Disclosed::Stated(email.into());
    let raw = vec![RawAnswer { protocol: Protocol::Whois, server: "whois.test".into(), body }];
    RegistrationRecord { domain: domain.parse().expect("a name"), registration, raw, observed: Time(START) }
}

fn filled(disk: &Disk) -> Store {
    let store = Store::open(Path::new("/store"), Options { disk: disk.clone(), ..options() }).expect("opened");
    let source = store.add_source(chance::source("one", Counting::Stream)).expect("added").id;
    let observations = vec![
        tuple("secret.one.test", RecordType::A, &[192, 0, 2, 1]),
        tuple("www.one.test", RecordType::CNAME, &target("secret.one.test")),
        tuple("mail.one.test", RecordType::A, &[192, 0, 2, 77]),
        tuple("below.secret.one.test", RecordType::A, &[192, 0, 2, 1]),
        tuple("two.test", RecordType::NS, &target("ns.one.test")),
    ];
    let registrations = vec![registered("one.test", "someone@mail.test"), registered("two.test", "other@mail.test")];
    let arrived = Time(START);
    store
        .append(Batch { id: None, source, arrived, observations, registrations, networks: Vec::new(), parser: 1 })
        .expect("appended");
    store
}

fn emails(store: &Store, email: &str) -> usize {
    let query = ValueQuery::exact(Field::Email, None, email, Readable::All, 10);
    store.snapshot().registered_with(&query).expect("an answer").rows.len()
}

fn versions(store: &Store, domain: &str) -> usize {
    store.snapshot().registrations(&domain.parse().expect("a name"), &Readable::All).expect("an answer").len()
}

fn raw_answers(store: &Store) -> u64 {
    let stats = store.stats().expect("numbers");
    stats.spaces.iter().find(|space| space.name == "raw answers").expect("it is there").rows
}

#[test]
fn a_name_is_forgotten_as_owner_and_in_data() {
    let disk = FaultDisk::new(1).disk();
    let store = filled(&disk);
    let report = store.forget(&Forgotten::Name("secret.one.test".parse().expect("a name"))).expect("forgotten");
    // Twice by owner and target, each forward and inverse, and once among names.
    assert_eq!((report.rows, report.segments, report.damaged), (5, 2, 0));
    assert_eq!(count_all(&store.snapshot()), 3);
    drop(store);
    let store = Store::open(Path::new("/store"), Options { disk, ..options() }).expect("opened");
    assert_eq!(count_all(&store.snapshot()), 3);
    assert_eq!((versions(&store, "one.test"), emails(&store, "someone@mail.test")), (1, 1));
    crate::assert_clean(&store);
}

#[test]
fn an_address_is_forgotten() {
    let store = filled(&FaultDisk::new(1).disk());
    let report = store.forget(&Forgotten::Address("192.0.2.1".parse().expect("an address"))).expect("forgotten");
    assert_eq!((report.rows, report.segments), (4, 2));
    assert_eq!(count_all(&store.snapshot()), 3);
    let again = store.forget(&Forgotten::Address("192.0.2.1".parse().expect("an address"))).expect("forgotten");
    assert_eq!((again.rows, again.segments), (0, 0));
}

#[test]
fn what_a_registration_says_is_forgotten_with_its_raw_answer() {
    let store = filled(&FaultDisk::new(1).disk());
    store.flush().expect("flushed");
    assert_eq!(raw_answers(&store), 2);
    store.forget(&Forgotten::Text("someone@mail.test".into())).expect("forgotten");
    assert_eq!((versions(&store, "one.test"), emails(&store, "someone@mail.test")), (0, 0));
    assert_eq!((versions(&store, "two.test"), emails(&store, "other@mail.test")), (1, 1));
    assert_eq!((raw_answers(&store), count_all(&store.snapshot())), (1, 5));
    store.forget(&Forgotten::Name("two.test".parse().expect("a name"))).expect("forgotten");
    assert_eq!((versions(&store, "two.test"), emails(&store, "other@mail.test"), raw_answers(&store)), (0, 0, 0));
    assert_eq!(count_all(&store.snapshot()), 4);
    crate::assert_clean(&store);
}

#[test]
fn names_below_a_domain_are_found_after_it_is_forgotten() {
    let store = filled(&FaultDisk::new(1).disk());
    store.forget(&Forgotten::Name("one.test".parse().expect("a name"))).expect("forgotten");
    let below = |store: &Store| {
        let query = Query::new(Subject::Within("one.test".parse().expect("a name")), Readable::All, 10);
        store.snapshot().dns(&query).expect("an answer").rows.len()
    };
    assert_eq!((below(&store), versions(&store, "one.test")), (4, 0));
    store.compact(true).expect("compacted");
    assert_eq!(below(&store), 4);
}

#[test]
fn what_is_said_of_networks_is_forgotten() {
    let store = filled(&FaultDisk::new(1).disk());
    let block = |first: &str, last: &str, email: &str| {
        let [first, last] = [first, last].map(|text| text.parse().expect("an address"));
        let mut network = Network::block(first, last);
        network.holder.abuse_email = Some(email.into());
        NetworkRecord { network, observed: Time(START) }
    };
    let networks = vec![
        block("192.0.2.0", "192.0.2.255", "Abuse@net.test"),
        block("198.51.100.0", "198.51.100.255", "other@net.test"),
        block("192.0.2.77", "192.0.2.77", "other@net.test"),
    ];
    let (arrived, source) = (Time(START), store.sources()[0].id);
    let (observations, registrations) = (Vec::new(), Vec::new());
    store
        .append(Batch { id: None, source, arrived, observations, registrations, networks, parser: 1 })
        .expect("appended");
    let known = |address: &str| {
        let address = address.parse().expect("an address");
        store.snapshot().networks(address, &Readable::All).expect("an answer").len()
    };
    assert_eq!((known("192.0.2.77"), known("198.51.100.1")), (2, 1));
    assert_eq!(store.forget(&Forgotten::Text("abuse@net.test".into())).expect("forgotten").rows, 1);
    assert_eq!((known("192.0.2.77"), known("192.0.2.1"), known("198.51.100.1")), (1, 0, 1));
    store.forget(&Forgotten::Address("192.0.2.77".parse().expect("an address"))).expect("forgotten");
    assert_eq!((known("192.0.2.77"), known("198.51.100.1")), (0, 1));
    crate::assert_clean(&store);
}
