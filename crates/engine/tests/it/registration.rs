//! Histories of registrations: what turned, whose the domain was, and one reading of several sources.

use engine::registration::{History, Turn, history, history_at};
use model::{
    Disclosed, RawAnswer, RegistrationRecord, SourceKind,
    registration::{Protocol, State},
};

use crate::scene::{Scene, name, registration};

fn said(registrar: u32, email: &str, created: &str, observed: &str) -> RegistrationRecord {
    let mut record = registration("widgets.example", email, created, &["ns1.hosting.test"], observed);
    record.registration.registrar.iana_id = Some(registrar);
    record
}

fn hidden(mut record: RegistrationRecord) -> RegistrationRecord {
    record.registration.registrant.email = Disclosed::Redacted("REDACTED FOR PRIVACY".into());
    record
}

fn of(records: Vec<RegistrationRecord>) -> (Scene, History) {
    let scene = Scene::new();
    let source = scene.source("registry", SourceKind::Lookup);
    scene.append(source, Vec::new(), records);
    let found = history(&scene.view(), &name("widgets.example")).unwrap();
    (scene, found)
}

fn turns(history: &History) -> Vec<(Turn, u32)> {
    history.steps.iter().map(|step| (step.turn, step.epoch)).collect()
}

#[test]
fn a_registrar_that_begins_to_withhold_changes_no_owner() {
    let (scene, found) = of(vec![
        said(1, "ada@mail.test", "2020-01-01", "2020-02-01"),
        hidden(said(1, "", "2020-01-01", "2021-02-01")),
        hidden(said(2, "", "2020-01-01", "2022-02-01")),
        said(2, "ada@mail.test", "2020-01-01", "2023-02-01"),
        hidden(said(3, "", "2020-01-01", "2024-02-01")),
        said(3, "eve@mail.test", "2020-01-01", "2025-02-01"),
    ]);
    let expected = [
        (Turn::First, 1),
        (Turn::Hidden, 1),
        (Turn::Transferred, 1),
        (Turn::Shown, 1),
        (Turn::Transferred, 1),
        (Turn::Moved, 2),
    ];
    assert_eq!(turns(&found), expected);
    assert_eq!(found.steps[1].changes.len(), 1, "{:?}", found.steps[1].changes);
    assert_eq!(found.steps[1].changes[0].field, "registrant email");
    let before = history_at(&scene.view(), &name("widgets.example"), "2021-06-01".parse().unwrap()).unwrap();
    assert_eq!(before.steps.len(), 2);
}

#[test]
fn dropped_and_registered_again() {
    let mut gone = said(1, "", "2020-01-01", "2021-02-01");
    gone.registration = model::Registration { state: State::Available, ..Default::default() };
    let mut throttled = gone.clone();
    throttled.registration.state = State::Throttled;
    throttled.observed = "2020-06-01".parse().unwrap();
    let first = said(1, "ada@mail.test", "2020-01-01", "2020-02-01");
    let (_, found) = of(vec![first.clone(), throttled, gone.clone()]);
    assert_eq!(turns(&found).last(), Some(&(Turn::Dropped, 1)));
    assert!(found.steps.iter().all(|step| step.turn != Turn::Reregistered), "a throttled answer changes nothing");
    assert_eq!(found.merged.len(), 1, "nobody's fields are left: {:?}", found.merged);
    let (_, found) = of(vec![first, gone, said(1, "ada@mail.test", "2021-03-01", "2021-04-01")]);
    assert_eq!(turns(&found), [(Turn::First, 1), (Turn::Dropped, 1), (Turn::Reregistered, 2)]);
}

#[test]
fn rdap_goes_before_whois_and_conflicts_are_shown() {
    let answer = |protocol, server: &str| RawAnswer { protocol, server: server.into(), body: vec![b'x'] };
    let scene = Scene::new();
    let source = scene.source("look-ups", SourceKind::Lookup);
    let mut whois = said(1, "ada@mail.test", "2020-01-05", "2020-02-02");
    whois.raw = vec![answer(Protocol::Whois, "whois.registry.test")];
    let mut rdap = hidden(said(1, "", "2020-01-01", "2020-02-01"));
    rdap.raw = vec![answer(Protocol::Rdap, "rdap.registry.test")];
    whois.registration.registrant.name = Disclosed::Stated("Ada Example".into());
    scene.append(source, Vec::new(), vec![whois, rdap]);
    let found = history(&scene.view(), &name("widgets.example")).unwrap();
    let field = |name: &str| found.merged.iter().find(|field| field.field == name);
    let email = field("registrant email").unwrap();
    assert_eq!(email.said.value.stated(), Some("ada@mail.test"), "a stated value goes before a withheld one");
    assert_eq!(field("registrant name").unwrap().said.protocol, Some(Protocol::Whois));
    assert!(field("registrar id").unwrap().conflicts.is_empty());
}
