//! WHOIS: chains, referrals and throttling.

use collect::{Config, Outcome};
use model::Pap;

use crate::{NOW, Scene, config, name, permit, said, server};

const LIST: &str = r#"{"test": {"host": "whois.nic.test", "adapter": "verisign"}}"#;

fn thin(referral: &str) -> String {
    format!(
        "   Domain Name: SEED.TEST\r\n   Registrar WHOIS Server: {referral}\r\n   Registrar: One Registrar\r\n   \
         Registrar IANA ID: 9999\r\n   Creation Date: 2026-09-01T10:11:12Z\r\n   Name Server: NS1.HOST.EXAMPLE\r\n"
    )
}

fn thick() -> String {
    "Domain Name: seed.test\r\nRegistrar WHOIS Server: whois.registrar.example\r\nRegistrar: One Registrar\r\n\
     Registrar IANA ID: 9999\r\nRegistrant Name: A Person\r\nRegistrant Email: a.person@mail.example\r\n"
        .into()
}

fn asking(registry: &server::Server, further: &[(&str, &server::Server)]) -> Config {
    let servers = further.iter().copied().chain([("whois.nic.test", registry)]);
    let mut config = config(&servers.clone().map(|(_, server)| server.socket).collect::<Vec<_>>());
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    config.whois.servers = servers.map(|(host, server)| (host.to_owned(), server.socket)).collect();
    config
}

#[tokio::test]
async fn registry_refers_to_registrar_and_both_are_merged() {
    let registry = server::whois(|_| thin("whois.registrar.example")).await;
    let registrar = server::whois(|_| thick()).await;
    let scene = Scene::new(asking(&registry, &[("WHOIS.Registrar.example", &registrar)]));
    let record = scene.collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await.found().unwrap();
    assert_eq!((registry.asked(), registrar.asked()), (vec!["=seed.test".into()], vec!["seed.test".into()]));
    assert_eq!(scene.sent(), ["whois.nic.test seed.test", "whois.registrar.example seed.test"]);
    assert_eq!(record.raw.len(), 2);
    assert_eq!(record.observed, NOW);
    assert_eq!(record.registration.registrant.email.stated(), Some("a.person@mail.example"));
    assert_eq!(record.registration.nameservers.len(), 1);
}

#[tokio::test]
async fn unlisted_referral_is_told_and_the_registry_still_answers() {
    let registry = server::whois(|_| thin("whois.elsewhere.example")).await;
    let scene = Scene::new(asking(&registry, &[]));
    let (outcome, steps) = scene.collector.registration_steps(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(outcome.found().unwrap().raw.len(), 1);
    let told: Vec<String> = steps.iter().map(|step| format!("{} {}", step.server, step.outcome)).collect();
    assert_eq!(
        told,
        [
            "whois.nic.test found",
            "whois.elsewhere.example not permitted (exposure registry): `whois.elsewhere.example` stands on no published \
             list of WHOIS servers"
        ]
    );
    assert_eq!(scene.sent(), ["whois.nic.test seed.test"]);
    assert_eq!(scene.refused().len(), 1);
}

#[tokio::test]
async fn silent_registrar_does_not_spoil_the_registrys_answer() {
    let registry = server::whois(|_| thin("whois.registrar.example")).await;
    let registrar = server::whois(|_| "No match for domain \"SEED.TEST\".\r\n".into()).await;
    let scene = Scene::new(asking(&registry, &[("whois.registrar.example", &registrar)]));
    let (outcome, steps) = scene.collector.registration_steps(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(outcome.found().unwrap().raw.len(), 1);
    assert_eq!(said(&steps[1].outcome), "no such name");
}

#[tokio::test]
async fn unregistered_is_a_fact() {
    let registry = server::whois(|_| "No match for domain \"OTHER.TEST\".\r\n".into()).await;
    let scene = Scene::new(asking(&registry, &[]));
    let outcome = scene.collector.whois(&name("other.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(outcome, Outcome::NoSuchName);
    let outcome = scene.collector.whois(&name("other.example"), &permit(Pap::Amber), NOW).await;
    assert_eq!(said(&outcome), "not configured: no WHOIS server is known for `example`");
}

#[tokio::test]
async fn throttled_server_is_left_alone_for_as_long_as_it_says() {
    let text = "The WHOIS query quota for 192.0.2.1 has been exceeded and will be replenished in 50 seconds\r\n";
    let registry = server::whois(|_| text.into()).await;
    let scene = Scene::new(asking(&registry, &[]));
    let first = scene.collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(first, Outcome::Throttled { wait_seconds: Some(50) });
    let second = scene.collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert!(matches!(second, Outcome::BudgetSpent { retry_after_seconds: 45..=50 }), "{second}");
    assert_eq!((registry.asked().len(), scene.sent().len()), (1, 1));
}

#[tokio::test]
async fn budget_is_for_each_server() {
    let registry = server::whois(|_| thin("whois.registrar.example")).await;
    let registrar = server::whois(|_| thick()).await;
    let mut config = asking(&registry, &[("whois.registrar.example", &registrar)]);
    config.limits.whois_budget = collect::Budget { burst: 1, interval_ms: 60_000 };
    let scene = Scene::new(config);
    let first = scene.collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(first.found().unwrap().raw.len(), 2);
    let second = scene.collector.clone().whois(&name("next.test"), &permit(Pap::Amber), NOW).await;
    assert!(matches!(second, Outcome::BudgetSpent { retry_after_seconds: 55..=60 }), "{second}");
    assert_eq!(registry.asked().len(), 1);
}

#[tokio::test]
async fn what_a_registry_does_not_have_is_not_asked_for_again_at_once() {
    let registry = server::whois(|_| "No match for domain \"OTHER.TEST\".\r\n".into()).await;
    let scene = Scene::new(asking(&registry, &[]));
    let (domain, permit) = (name("other.test"), permit(Pap::Amber));
    let ask = async |after: i64| scene.collector.registration_steps(&domain, &permit, model::Time(NOW.0 + after)).await;
    assert_eq!(ask(0).await.1.len(), 1);
    let (outcome, steps) = ask(899).await;
    assert_eq!((outcome, steps.len(), registry.asked().len()), (Outcome::NoSuchName, 0, 1), "remembered");
    assert_eq!(ask(900).await.1.len(), 1);
    assert_eq!((registry.asked().len(), scene.sent().len()), (2, 2));
}
