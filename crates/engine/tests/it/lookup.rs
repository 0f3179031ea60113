//! Look-ups and pivots say out of what they answer, and nothing that the actor may not read.

use std::collections::BTreeSet;

use engine::{lookup::lookup, pivot::pivot};
use model::{Actor, Indicator, PivotKind, Quality, Readable, SourceKind, Time};
use observations::Interrupt;

use crate::scene::{Scene, address, registration};

fn scene() -> Scene {
    let scene = Scene::new();
    let sensor = scene.source("sensor", SourceKind::Sensor);
    let lookup = scene.source("look-up", SourceKind::Lookup);
    let mut seen = vec![
        address("www.one.example", "192.0.2.1", "2026-08-01", "2026-08-05"),
        address("two.example", "192.0.2.1", "2026-08-02", "2026-08-04"),
    ];
    seen.extend((0..100).map(|n| address(&format!("other{n}.example"), "192.0.2.99", "2026-08-01", "2026-08-02")));
    scene.append(sensor, seen, Vec::new());
    let looked_up = address("three.example", "192.0.2.1", "2026-09-01", "2026-09-01");
    let registered = registration("one.example", "x@mail.example", "2026-07-01", &["ns.a.example"], "2026-09-01");
    scene.append(lookup, vec![looked_up], vec![registered]);
    scene
}

#[test]
fn counts_are_over_populations_and_what_else_is_known_is_said() {
    let scene = scene();
    let found = pivot(&scene.view(), "192.0.2.1", PivotKind::Address).unwrap();
    let value = &found.values[0];
    assert_eq!((value.share.domains, value.share.known, value.quality), (2, 3, Quality::Selective));
    assert!((95..=110).contains(&value.share.population), "{}", value.share.population);
    assert!(value.reason.contains("1 more known from look-ups"), "{}", value.reason);
    let crowded = pivot(&scene.view(), "192.0.2.99", PivotKind::Address).unwrap();
    assert_eq!(crowded.values[0].quality, Quality::Crowded);
}

#[test]
fn a_lookup_has_registration_addresses_and_age() {
    let scene = scene();
    let now: Time = "2026-09-09".parse().unwrap();
    let found = lookup(&scene.view(), &Indicator::guess("one[.]example").unwrap(), now).unwrap();
    assert_eq!(found.age_days, Some(70));
    assert_eq!(found.addresses.len(), 1);
    assert_eq!(found.registration.unwrap().registrant.email.stated(), Some("x@mail.example"));
    let nothing = lookup(&scene.view(), &Indicator::guess("nobody.example").unwrap(), now).unwrap();
    assert!(!nothing.found() && nothing.known.contains("2 sources"), "{}", nothing.known);
}

#[test]
fn what_may_not_be_read_changes_nothing() {
    let scene = scene();
    let sensor = scene.engine.store.source("sensor").unwrap().id;
    let actor = Actor { sources: Readable::Only(BTreeSet::from([sensor])), ..Actor::local("soc") };
    let answer = || {
        let view = scene.engine.view(&actor, Interrupt::default());
        let found = pivot(&view, "192.0.2.1", PivotKind::Address).unwrap();
        let looked = lookup(&view, &Indicator::guess("one.example").unwrap(), Time(0)).unwrap();
        format!("{found:?} {looked:?}")
    };
    let before = answer();
    let secret = scene.source("secret", SourceKind::Sensor);
    let seen = address("hidden.example", "192.0.2.1", "2026-08-01", "2026-08-05");
    let registered = registration("one.example", "y@mail.example", "2026-07-01", &["ns.b.example"], "2026-09-02");
    scene.append(secret, vec![seen], vec![registered]);
    assert_eq!(answer(), before);
}
