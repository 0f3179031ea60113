//! What a world promises.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use model::time::DAY;
use serde_json::Value;

use super::*;
use crate::{Tie, clock::END, domain::Data};

mod parsed;

const SMALL: usize = 3000;

fn world(seed: u64, without: &[Tie]) -> World {
    World::case_study(&Plan { seed, benign: SMALL, without: without.into() })
}

/// D1 to D15 and S by number, and names below them, by which of them a text speaks of.
fn carriers(world: &World, of: impl Fn(&Domain) -> bool) -> BTreeSet<String> {
    world.domains().filter(of).map(|domain| number(world, &domain.name)).collect()
}

fn number(world: &World, name: &str) -> String {
    let found = (0..=15).find(|n| world.truth().domain(*n).is_some_and(|domain| domain.to_string() == name));
    found.map_or_else(|| name.to_owned(), |n| if n == 0 { "S".into() } else { format!("D{n}") })
}

fn has_email(email: &str) -> impl Fn(&Domain) -> bool {
    move |domain| {
        domain.holdings.iter().any(|holding| {
            [&holding.registrant, &holding.admin, &holding.tech].iter().any(|party| party.email == email)
        })
    }
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn owners(world: &World, address: std::net::IpAddr) -> BTreeSet<String> {
    let data = Data::Address(address);
    let facts = world.domains().flat_map(|domain| domain.facts);
    facts.filter(|fact| fact.data == data).map(|fact| fact.name).collect()
}

fn has_handle(world: &World) -> impl Fn(&Domain) -> bool {
    |domain| {
        domain.holdings.iter().any(|holding| {
            holding.account == world.truth().handle
                && world.registrar(holding.registrar).iana_id == world.truth().registrar
        })
    }
}

#[test]
fn ties_are_where_the_story_has_them() {
    let world = world(1, &[]);
    let truth = world.truth();
    let emails = [
        &["S", "D1", "D2", "D3", "D4", "D5"][..],
        &["D6", "D8", "D9"],
        &["D7", "D10", "D11"],
        &["D12", "D13", "D14", "D15"],
    ];
    for (email, expected) in truth.emails.iter().zip(emails) {
        assert_eq!(carriers(&world, has_email(email)), set(expected));
    }
    assert_eq!(carriers(&world, has_handle(&world)), set(&["D1", "D12"]));
    let names = |numbers: Vec<usize>| numbers.into_iter().filter_map(|n| truth.domain(n)).map(Name::to_string);
    assert_eq!(owners(&world, truth.first_address), names(vec![0, 6, 7]).collect());
    let below = truth.below_twelve.iter().chain(&truth.subdomains[1..3]).map(Name::to_string);
    assert_eq!(owners(&world, truth.second_address), names(vec![12]).chain(below).collect());
}

#[test]
fn nine_has_four_names_below_it() {
    let world = world(2, &[]);
    let nine = world.find(&world.truth().domains[8].to_string()).unwrap();
    let below: BTreeSet<String> =
        nine.facts.iter().filter(|fact| fact.name != nine.name).map(|fact| fact.name.clone()).collect();
    assert_eq!(below, world.truth().subdomains.iter().map(Name::to_string).collect());
}

/// Contact values of a domain, without those that everybody may have.
fn own_values(domain: &Domain) -> Vec<String> {
    let mut values = Vec::new();
    for holding in domain.holdings.iter().rev().take(1) {
        for party in [&holding.registrant, &holding.admin, &holding.tech] {
            values.extend(
                [&party.name, &party.organization, &party.email, &party.phone, &party.street].map(String::clone),
            );
        }
        values.push(format!("{}/{}", holding.registrar, holding.account));
        values.push(format!("{} {}", holding.registrar, holding.created.0 / 60));
    }
    let addresses = domain.facts.iter().filter(|fact| matches!(fact.data, Data::Address(_)));
    values.extend(addresses.map(|fact| fact.data.text()));
    values.retain(|value| !value.is_empty());
    values.sort();
    values.dedup();
    values
}

#[test]
fn nothing_else_joins_the_domains_of_the_story() {
    let world = world(3, &Tie::ALL);
    let mut carriers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for domain in world.domains() {
        for value in own_values(&domain) {
            carriers.entry(value).or_default().insert(number(&world, &domain.name));
        }
    }
    let of_story = |name: &String| !name.contains('.');
    for (value, names) in carriers {
        let story = names.iter().filter(|name| of_story(name)).count();
        // Shared by several of them only where it is crowded.
        assert!(story < 2 || names.len() > 15, "{value}: {names:?}");
    }
}

#[test]
fn a_cut_replaces_one_tie_and_nothing_else() {
    let whole = world(4, &[]);
    let truth = whole.truth();
    for tie in Tie::ALL {
        let cut = world(4, &[tie]);
        let is = |other: Tie| tie == other;
        for (email, name) in truth.emails.iter().zip([Tie::E1, Tie::E2, Tie::E3, Tie::E4]) {
            assert_eq!(carriers(&cut, has_email(email)).is_empty(), is(name), "{tie:?}");
        }
        assert_eq!(owners(&cut, truth.first_address).is_empty(), is(Tie::A1));
        assert_eq!(owners(&cut, truth.second_address).is_empty(), is(Tie::A2));
        assert_eq!(carriers(&cut, has_handle(&whole)).is_empty(), is(Tie::H));
        assert_eq!(cut.truth().emails, truth.emails);
    }
}

#[test]
fn seeds_share_no_name() {
    let names = |seed| -> HashSet<String> {
        let fixed = |name: &String| !name.ends_with("nic.test") && !name.ends_with("nic.example");
        world(seed, &[]).domains().map(|domain| domain.name).filter(fixed).collect()
    };
    let common: Vec<String> = names(10).intersection(&names(11)).cloned().collect();
    // Two seeds may draw one stem; they do not draw the same domains.
    assert!(common.len() < 3, "{common:?}");
    let (one, two) = (world(10, &[]), world(11, &[]));
    assert!((0..=15).all(|n| one.truth().domain(n) != two.truth().domain(n)));
}

#[test]
fn a_seed_draws_the_same_world_again() {
    let lines = || world(5, &[]).dns_lines(SENSOR_ONE, NOW).collect::<Vec<_>>();
    assert_eq!(lines(), lines());
}

#[test]
fn every_line_is_json_with_what_it_needs() {
    let world = world(6, &[]);
    let mut counts = BTreeMap::new();
    for source in world.sources() {
        for line in world.dns_lines(&source.name, NOW) {
            let line: Value = serde_json::from_str(&line).unwrap();
            let (first, last) = (line["time_first"].as_i64().unwrap(), line["time_last"].as_i64().unwrap());
            assert!(first <= last && last <= NOW.0, "{line}");
            assert!(!source.population || last - first <= 7 * DAY, "sensors witness: {line}");
            *counts.entry((source.name.clone(), "dns")).or_insert(0) += 1;
        }
        for line in world.registration_lines(&source.name, NOW) {
            let line: Value = serde_json::from_str(&line).unwrap();
            let observed: Time = line["observed"].as_str().unwrap().parse().unwrap();
            assert!(observed <= NOW && line["raw"].as_str().unwrap().contains(line["domain"].as_str().unwrap()));
            *counts.entry((source.name.clone(), "registration")).or_insert(0) += 1;
        }
    }
    assert!(counts[&(SENSOR_ONE.to_owned(), "dns")] > 2 * SMALL, "{counts:?}");
    assert!(counts[&(REGISTRATIONS.to_owned(), "registration")] > SMALL, "{counts:?}");
    assert_eq!(counts[&(PROVIDER.to_owned(), "dns")], 1);
}

#[test]
fn four_registrations_are_not_fed() {
    let world = world(7, &[]);
    let fed: HashSet<String> = world
        .registration_lines(REGISTRATIONS, END)
        .map(|line| serde_json::from_str::<Value>(&line).unwrap()["domain"].as_str().unwrap().to_owned())
        .collect();
    let absent: Vec<usize> =
        (0..=15).filter(|n| !fed.contains(&world.truth().domain(*n).unwrap().to_string())).collect();
    assert_eq!(absent, [0, 6, 7, 12]);
}

#[test]
fn the_fifteenth_comes_with_the_clock() {
    let world = world(8, &[]);
    let fifteen = world.truth().domain(15).unwrap().clone();
    let later = world.truth().late.plus(4 * DAY);
    let (name, lines) = (fifteen.to_string(), |since, at| {
        let dns =
            world.new_dns_lines(SENSOR_ONE, since, at).chain(world.new_registration_lines(REGISTRATIONS, since, at));
        dns.filter(|line| line.contains(&fifteen.to_string())).count()
    });
    assert_eq!(lines(Time(0), NOW), 0);
    assert!(lines(NOW, later) > 1);
    assert!(matches!(world.answer_dns(&fifteen, RecordType::A, NOW), DnsAnswer::NxDomain { .. }));
    assert!(matches!(world.answer_dns(&fifteen, RecordType::A, later), DnsAnswer::Records { .. }));
    assert!(world.answer_whois(TEST_WHOIS, &name, NOW).starts_with("No match"));
    assert!(world.answer_whois(TEST_WHOIS, &name, later).contains("Registrar WHOIS Server: whois."));
}

#[test]
fn decoys_are_there_and_carry_no_tie() {
    let world = World::case_study(&Plan { seed: 9, ..Plan::default() });
    let truth = world.truth();
    let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
    for decoy in &truth.decoys {
        *rules.entry(&decoy.rule).or_default() += 1;
        let domain = world.find(&decoy.domain.to_string()).unwrap();
        assert!(!truth.emails.iter().any(|email| has_email(email)(&domain)) && !has_handle(&world)(&domain));
    }
    assert_eq!(
        rules.into_iter().collect::<Vec<_>>(),
        [
            ("crowded", 50),
            ("handle-scope", 1),
            ("name-alone", 12),
            ("no-overlap", 2),
            ("ownership-epoch", 40),
            ("parking", 50),
            ("privacy-service", 50),
            ("reported-span", 1),
            ("sinkhole", 30),
        ]
    );
}

#[test]
fn what_is_called_crowded_is_crowded() {
    for seed in [12, 13, 14] {
        let world = World::case_study(&Plan { seed, ..Plan::default() });
        let sharing =
            |data: &Data| world.domains().filter(|domain| domain.facts.iter().any(|fact| fact.data == *data)).count();
        let machine = sharing(&Data::Address(crate::infrastructure::shared_host(0)));
        let server = crate::infrastructure::name_servers(&world.infrastructure.parking[0].domain).remove(0);
        let parked = sharing(&Data::NameServer(server));
        let private = carriers(&world, has_email(&world.infrastructure.registrars[0].privacy.email)).len();
        for count in [machine, parked, private] {
            assert!((200..2000).contains(&count), "{seed}: {machine} {parked} {private}");
        }
    }
}

#[test]
fn the_resolver_answers_like_one() {
    let world = world(13, &[]);
    let ask = |name: &str, rrtype| world.answer_dns(&name.parse().unwrap(), rrtype, NOW);
    let seed = world.truth().seed.to_string();
    let DnsAnswer::Records { answer, authority } = ask(&seed, RecordType::A) else { panic!("S has an address") };
    assert_eq!((answer.len(), authority.len()), (1, 2));
    assert!(matches!(ask(&seed, RecordType::TXT), DnsAnswer::NoData { authority } if authority.len() == 1));
    assert!(
        matches!(ask(&format!("nothing.{seed}"), RecordType::A), DnsAnswer::NxDomain { authority } if authority.len() == 1)
    );
    assert!(matches!(ask("not-there.test", RecordType::A), DnsAnswer::NxDomain { authority } if authority.len() == 1));
    assert!(matches!(ask("elsewhere.invalid", RecordType::A), DnsAnswer::NxDomain { .. }));
    let parked = world.domains().find(|domain| domain.facts.iter().any(|fact| fact.name.starts_with('*'))).unwrap();
    assert!(matches!(ask(&format!("any.thing.{}", parked.name), RecordType::A), DnsAnswer::Records { .. }));
    let alias =
        world.domains().find(|domain| domain.facts.iter().any(|fact| matches!(fact.data, Data::Alias(_)))).unwrap();
    let DnsAnswer::Records { answer, .. } = ask(&format!("www.{}", alias.name), RecordType::A) else {
        panic!("followed")
    };
    assert!(answer.len() > 1 && answer[0].rrtype == RecordType::CNAME);
}
