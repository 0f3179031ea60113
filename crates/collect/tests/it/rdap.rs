//! RDAP: bootstrap, links, redirects and statuses.

use collect::{Config, Outcome};
use model::Pap;

use crate::{NOW, Scene, config, name, permit, said, server};

const BOOTSTRAP: &str = r#"{"services": [[["test"], ["https://rdap.nic.test/v1/"]],
    [["192.0.2.0/24", "2001:db8::/32"], ["https://rdap.numbers.test/"]], [["64496-64511"], ["https://rdap.numbers.test/"]]]}"#;

fn domain(related: Option<&str>) -> (u16, String, String) {
    let link = |url| format!(r#"{{"rel":"related","type":"application/rdap+json","href":"{url}"}}"#);
    let links = related.map(link).unwrap_or_default();
    let body = format!(
        r#"{{"objectClassName":"domain","ldhName":"seed.test","handle":"D1-TEST","status":["active"],"links":[{links}],
        "events":[{{"eventAction":"registration","eventDate":"2026-09-01T10:11:12Z"}}]}}"#
    );
    (200, "Content-Type: application/rdap+json\r\n".into(), body)
}

fn status(status: u16, headers: &str) -> (u16, String, String) {
    (status, headers.into(), String::new())
}

fn asking(servers: &[(&str, &server::Server)]) -> Config {
    let mut config = config(&servers.iter().map(|(_, server)| server.socket).collect::<Vec<_>>());
    config.rdap.enabled = true;
    config.rdap.bootstrap = vec![BOOTSTRAP.into()];
    config.rdap.servers = servers.iter().map(|(host, server)| ((*host).to_owned(), server.base_url())).collect();
    config
}

async fn outcome(answer: (u16, String, String)) -> String {
    let registry = server::http(move |_| answer.clone()).await;
    let scene = Scene::new(asking(&[("rdap.nic.test", &registry)]));
    said(&scene.collector.rdap_domain(&name("seed.test"), &permit(Pap::Amber), NOW).await)
}

#[tokio::test]
async fn registry_links_to_registrar() {
    let registry = server::http(|_| domain(Some("https://rdap.registrar.example/rdap/domain/SEED.TEST"))).await;
    let registrar = server::http(|_| domain(None)).await;
    let scene = Scene::new(asking(&[("rdap.nic.test", &registry), ("rdap.registrar.example", &registrar)]));
    let record = scene.collector.rdap_domain(&name("seed.test"), &permit(Pap::Amber), NOW).await.found().unwrap();
    assert_eq!(registry.asked(), ["GET /v1/domain/seed.test HTTP/1.1"]);
    assert_eq!(registrar.asked(), ["GET /rdap/domain/SEED.TEST HTTP/1.1"]);
    assert_eq!(scene.sent(), ["rdap.nic.test seed.test", "rdap.registrar.example seed.test"]);
    assert_eq!(record.raw[1].server, "https://rdap.registrar.example/rdap/domain/SEED.TEST");
    assert_eq!(record.registration.registry_id.as_deref(), Some("D1-TEST"));
}

#[tokio::test]
async fn unlisted_link_is_told_and_the_registry_still_answers() {
    for (link, why) in [
        ("https://rdap.elsewhere.example/domain/seed.test", "`rdap.elsewhere.example` stands on no published list"),
        ("http://rdap.markmonitor.com/domain/seed.test", "may only be https:// on its own port"),
        ("https://rdap.markmonitor.com:8443/domain/seed.test", "may only be https:// on its own port"),
        ("https://user:secret@rdap.markmonitor.com/domain/seed.test", "carries credentials"),
    ] {
        let registry = server::http(move |_| domain(Some(link))).await;
        let scene = Scene::new(asking(&[("rdap.nic.test", &registry)]));
        let (outcome, steps) = scene.collector.registration_steps(&name("seed.test"), &permit(Pap::Amber), NOW).await;
        assert_eq!(outcome.found().unwrap().raw.len(), 1);
        // A reader of links may drop one that no client should follow before it gets here.
        if let Some(step) = steps.get(1) {
            assert!(said(&step.outcome).contains(why), "{link}: {}", step.outcome);
        }
        assert_eq!(scene.sent().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_followed_to_listed_hosts_only() {
    let moved = |to: &'static str| {
        move |path: &str| match path {
            "/v1/domain/seed.test" => status(302, &format!("Location: {to}\r\n")),
            _ => domain(None),
        }
    };
    let registry = server::http(moved("/moved/seed.test")).await;
    let scene = Scene::new(asking(&[("rdap.nic.test", &registry)]));
    let record = scene.collector.rdap_domain(&name("seed.test"), &permit(Pap::Amber), NOW).await.found().unwrap();
    assert_eq!(record.raw[0].server, "https://rdap.nic.test/moved/seed.test");
    assert_eq!(scene.sent().len(), 2);
    let registry = server::http(moved("https://rdap.elsewhere.example/seed.test")).await;
    let scene = Scene::new(asking(&[("rdap.nic.test", &registry)]));
    let outcome = scene.collector.rdap_domain(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert!(matches!(outcome, Outcome::NotPermitted { .. }), "{outcome}");
}

#[tokio::test]
async fn statuses_are_facts() {
    assert_eq!(outcome(status(404, "")).await, "no such name");
    assert_eq!(outcome(status(429, "Retry-After: 7\r\n")).await, "throttled: wait 7 s");
    assert_eq!(outcome(status(429, "")).await, "throttled");
    assert_eq!(outcome(status(403, "")).await, "refused: HTTP 403 Forbidden");
    assert_eq!(outcome(status(302, "")).await, "unreadable answer: HTTP 302 Found without a location");
    let error = r#"{"errorCode": 404, "title": "not found"}"#;
    assert_eq!(outcome((200, String::new(), error.into())).await, "no such name");
}

#[tokio::test]
async fn numbers_are_asked_at_their_registry() {
    let body = |path: &str| match path {
        "/ip/192.0.2.7" => {
            r#"{"objectClassName":"ip network","startAddress":"192.0.2.0","endAddress":"192.0.2.255",
            "ipVersion":"v4","name":"EXAMPLE-NET","country":"XX"}"#
        }
        "/autnum/64500" => r#"{"objectClassName":"autnum","startAutnum":64500,"endAutnum":64500,"name":"EXAMPLE-AS"}"#,
        _ => "{}",
    };
    let registry = server::http(move |path| (200, String::new(), body(path).into())).await;
    let scene = Scene::new(asking(&[("rdap.numbers.test", &registry)]));
    let permit = permit(Pap::Amber);
    let network = scene.collector.rdap_network("192.0.2.7".parse().unwrap(), &permit, NOW).await.found().unwrap();
    assert_eq!(network.name.as_deref(), Some("EXAMPLE-NET"));
    let number = scene.collector.rdap_autnum(64_500, &permit, NOW).await.found().unwrap();
    assert_eq!(number.name.as_deref(), Some("EXAMPLE-AS"));
    let other = scene.collector.rdap_network("2001:db8::1".parse().unwrap(), &permit, NOW).await;
    assert!(matches!(other, Outcome::Malformed(_)), "{other}");
    let unknown = scene.collector.rdap_network("203.0.113.1".parse().unwrap(), &permit, NOW).await;
    assert_eq!(said(&unknown), "not configured: no RDAP server is known for `203.0.113.1`");
    assert_eq!(scene.sent().len(), 3);
}

#[tokio::test]
async fn whois_where_rdap_gives_no_answer() {
    let rdap = server::http(|_| status(500, "")).await;
    let whois = server::whois(|_| "Domain Name: SEED.TEST\r\nRegistrar: One Registrar\r\n".into()).await;
    let mut config = asking(&[("rdap.nic.test", &rdap)]);
    config.allow_private.push(whois.socket);
    config.whois.enabled = true;
    config.whois.zone_list = Some(r#"{"test": {"host": "whois.nic.test"}}"#.into());
    config.whois.servers = [("whois.nic.test".to_owned(), whois.socket)].into();
    let scene = Scene::new(config);
    let (outcome, steps) = scene.collector.registration_steps(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(outcome.found().unwrap().raw[0].server, "whois.nic.test");
    assert_eq!(said(&steps[0].outcome), "refused: HTTP 500 Internal Server Error");
}
