//! Providers in the shapes of seven services: what they say, what it costs to ask, and what is not asked.

use std::net::SocketAddr;

use collect::{Config, Inquiry, Outcome, ProviderConfig, ProviderKind, Quota, Secret, Spend};
use formats::provider::{CERTIFICATE, Held, Told};
use model::{Exposure, Pap, PivotKind, Time};
use range::provider::{Knowledge, Providers};

use crate::{NOW, Scene, config, name, permit, said};

const EMAIL: &str = "ada@sample.example";

fn knowledge() -> Knowledge {
    let record = |name: &str, rrtype, data: &str| (name.to_owned(), rrtype, data.to_owned(), 1_000, 2_000);
    Knowledge {
        records: vec![
            record("widgets.example", "A", "192.0.2.7"),
            record("www.widgets.example", "A", "192.0.2.8"),
            record("gadgets.example", "A", "192.0.2.7"),
        ],
        registered: vec![
            (EMAIL.into(), "widgets.example".into()),
            (EMAIL.into(), "gadgets.example".into()),
            ("other@sample.example".into(), "tools.example".into()),
        ],
        certificates: vec![(
            vec!["shop.widgets.example".into(), "gadgets.example".into()],
            "03b5".into(),
            "2026-03-01T10:00:00.118".into(),
        )],
    }
}

fn provider(kind: ProviderKind, url: &str) -> ProviderConfig {
    let path = if kind == ProviderKind::Cof { "/pdns/query" } else { "" };
    ProviderConfig {
        name: format!("sample-{kind}"),
        kind,
        url: format!("{url}{path}"),
        user: Some("team".into()),
        key: Some(Secret::new("key")),
        exposure: Exposure::ThirdParty,
        licence: Some("not to be passed on".into()),
        quota: None,
        cost: None,
    }
}

fn asking(allowed: &[SocketAddr], providers: Vec<ProviderConfig>) -> Config {
    let mut config = config(allowed);
    config.limits.connect_ms = 2_000;
    config.limits.provider_total_ms = 5_000;
    config.limits.provider_budget = super::FREE;
    Config { providers, ..config }
}

fn held(value: &str) -> Inquiry {
    Inquiry::Held(Held { kind: PivotKind::Email, value: value.into() })
}

async fn ask(scene: &Scene, kind: ProviderKind, inquiry: &Inquiry, spend: Spend) -> Outcome<Told> {
    scene.collector.ask_provider(&format!("sample-{kind}"), inquiry, spend, &permit(Pap::Amber), NOW).await
}

#[tokio::test]
async fn each_shape_is_asked_and_understood() {
    let server = Providers::start(knowledge(), "key").await.unwrap();
    let providers = ProviderKind::ALL.map(|(_, kind)| provider(kind, &server.url())).into();
    let scene = Scene::new(asking(&[server.address()], providers));
    let dns = |told: Told| {
        let mut names: Vec<String> = told.observations.iter().map(|seen| seen.tuple.rrname.to_string()).collect();
        names.sort();
        names
    };
    for kind in [ProviderKind::Dnsdb, ProviderKind::Cof, ProviderKind::Otx] {
        let told = ask(&scene, kind, &Inquiry::Name(name("widgets.example")), Spend::No).await.found().unwrap();
        assert_eq!(told.observations[0].span.last(), Time(2_000));
        assert_eq!(dns(told), ["widgets.example"], "{kind}");
        let told = ask(&scene, kind, &Inquiry::Address("192.0.2.7".parse().unwrap()), Spend::No).await.found().unwrap();
        assert_eq!(dns(told), ["gadgets.example", "widgets.example"], "{kind}");
        let none = ask(&scene, kind, &Inquiry::Name(name("nothing.example")), Spend::No).await;
        assert_eq!(none, Outcome::NoData, "{kind}");
    }
    let below = Inquiry::Below(name("widgets.example"));
    let told = ask(&scene, ProviderKind::Dnsdb, &below, Spend::No).await.found().unwrap();
    assert_eq!(dns(told), ["www.widgets.example"]);
    let told = ask(&scene, ProviderKind::CrtSh, &below, Spend::No).await.found().unwrap();
    assert!(told.observations.iter().all(|seen| seen.tuple.rrtype == CERTIFICATE));
    assert_eq!(dns(told), ["gadgets.example", "shop.widgets.example"]);
    for kind in [ProviderKind::DomainTools, ProviderKind::WhoisXml, ProviderKind::SecurityTrails] {
        let told = ask(&scene, kind, &held(EMAIL), Spend::No).await.found().unwrap();
        let domains: Vec<String> = told.registrations.iter().map(|record| record.domain.to_string()).collect();
        assert_eq!((domains.len(), told.total, told.more), (2, Some(2), false), "{kind}");
        let registrant = &told.registrations[0].registration.registrant;
        assert_eq!((registrant.email.stated(), told.registrations[0].observed), (Some(EMAIL), NOW));
        assert_eq!(ask(&scene, kind, &held("nobody@sample.example"), Spend::No).await, Outcome::NoData, "{kind}");
    }
    let entries = scene.entries();
    assert_eq!(entries.len(), server.asked().len(), "the ledger is what was asked");
    assert!(entries.iter().all(|entry| entry.exposure == Exposure::ThirdParty && entry.provider.is_some()));
    assert!(entries.iter().any(|entry| entry.value == EMAIL));
}

#[tokio::test]
async fn what_costs_is_asked_only_with_a_word_for_it_and_a_count_is_free() {
    let server = Providers::start(knowledge(), "key").await.unwrap();
    for kind in [ProviderKind::DomainTools, ProviderKind::WhoisXml] {
        let priced = ProviderConfig { cost: Some("0.50 EUR".into()), ..provider(kind, &server.url()) };
        let scene = Scene::new(asking(&[server.address()], vec![priced]));
        let refused = said(&ask(&scene, kind, &held(EMAIL), Spend::No).await);
        assert!(refused.ends_with("costs 0.50 EUR, and nothing may be spent"), "{refused}");
        assert_eq!(scene.entries(), []);
        let counted = ask(&scene, kind, &held(EMAIL), Spend::Count).await.found().unwrap();
        assert_eq!((counted.total, counted.registrations.len(), counted.more), (Some(2), 0, false));
        let bought = ask(&scene, kind, &held(EMAIL), Spend::Yes).await.found().unwrap();
        assert_eq!(bought.registrations.len(), 2);
        let offer = scene.collector.providers(NOW).remove(0).to_string();
        assert!(offer.contains("third-party learns of it") && offer.contains("not to be passed on"), "{offer}");
        assert!(offer.contains("2 questions in 30 days") && offer.ends_with("cost: 0.50 EUR"), "{offer}");
    }
}

#[tokio::test]
async fn a_quota_holds_across_restarts() {
    let server = Providers::start(knowledge(), "key").await.unwrap();
    let quota = Some(Quota { questions: 2, days: 1 });
    let limited = ProviderConfig { quota, ..provider(ProviderKind::Cof, &server.url()) };
    let scene = Scene::new(asking(&[server.address()], vec![limited.clone()]));
    let address = Inquiry::Address("192.0.2.7".parse().unwrap());
    let at = async |collector: &collect::Collector, now: i64| {
        collector.ask_provider("sample-cof", &address, Spend::No, &permit(Pap::Amber), Time(NOW.0 + now)).await
    };
    assert!(at(&scene.collector, 0).await.is_answer() && at(&scene.collector, 100).await.is_answer());
    let config = asking(&[server.address()], vec![limited]);
    let again = collect::Collector::new(config, scene.ledger.clone()).unwrap();
    for collector in [&scene.collector, &again] {
        assert_eq!(at(collector, 200).await, Outcome::BudgetSpent { retry_after_seconds: 86_200 });
    }
    assert!(again.providers(Time(NOW.0 + 200))[0].to_string().contains("2 of 2 questions used in 1 days"));
    assert!(at(&again, 86_400).await.is_answer(), "the first question is a day old");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn what_may_not_be_asked_is_not() {
    let server = Providers::start(knowledge(), "key").await.unwrap();
    let inquiry = Inquiry::Name(name("widgets.example"));
    let scene = Scene::new(asking(&[server.address()], vec![provider(ProviderKind::Cof, &server.url())]));
    let red = scene.collector.ask_provider("sample-cof", &inquiry, Spend::No, &permit(Pap::Red), NOW).await;
    assert!(said(&red).contains("permitted exposure is red"));
    let unlisted = Scene::new(asking(&[], vec![provider(ProviderKind::Cof, &server.url())]));
    let why = said(&ask(&unlisted, ProviderKind::Cof, &inquiry, Spend::No).await);
    assert!(why.contains("has to be asked over HTTPS"), "a key in the clear: {why}");
    assert!(server.asked().is_empty());
    let unknown = scene.collector.ask_provider("other", &inquiry, Spend::No, &permit(Pap::Amber), NOW).await;
    assert_eq!(said(&unknown), "not configured: no provider `other`");
    let held = said(&ask(&scene, ProviderKind::Cof, &held(EMAIL), Spend::No).await);
    assert!(held.contains("of kind cof is not asked that"), "{held}");
}

#[tokio::test]
async fn what_a_provider_says_instead_of_an_answer_is_a_fact() {
    let server = Providers::start(knowledge(), "another key").await.unwrap();
    let at = |path: &str| {
        let url = format!("{}{path}", server.url());
        Scene::new(asking(&[server.address()], vec![ProviderConfig { url, ..provider(ProviderKind::Cof, "") }]))
    };
    let inquiry = Inquiry::Name(name("widgets.example"));
    let scene = Scene::new(asking(&[server.address()], vec![provider(ProviderKind::Dnsdb, &server.url())]));
    assert_eq!(said(&ask(&scene, ProviderKind::Dnsdb, &inquiry, Spend::No).await), "refused: HTTP 403 Forbidden");
    let moved = said(&ask(&at("/moved"), ProviderKind::Cof, &inquiry, Spend::No).await);
    assert_eq!(moved, "refused: it leads to `/elsewhere`, and a key goes nowhere else");
    assert_eq!(ask(&at("/nowhere"), ProviderKind::Cof, &inquiry, Spend::No).await, Outcome::NoData);
}

#[test]
fn providers_that_cannot_be_asked_are_a_mistake_of_the_configuration() {
    let wrong = |change: fn(&mut ProviderConfig)| {
        let mut config = provider(ProviderKind::DomainTools, "https://service.example");
        change(&mut config);
        let directory = tempfile::tempdir().unwrap();
        let ledger = collect::Ledger::open(directory.path()).unwrap();
        collect::Collector::new(Config { providers: vec![config], ..Config::default() }, ledger)
            .unwrap_err()
            .to_string()
    };
    assert!(wrong(|config| config.user = None).contains("wants one"));
    assert!(wrong(|config| config.key = None).contains("wants a key"));
    assert!(wrong(|config| config.name = "Two Words".into()).contains("name is that of a source"));
    assert!(wrong(|config| config.url = "ftp://service.example".into()).contains("url"));
    assert!(wrong(|config| config.exposure = Exposure::Target).contains("third party"));
}
