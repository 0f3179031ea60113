//! The range's servers, which speak for a whole world, over real sockets.

use std::sync::{Arc, LazyLock};

use collect::{Config, Outcome, Protocol};
use model::{Pap, RecordType};
use range::{Endpoints, Kind, Plan, Range, World};

use crate::{Scene, config, permit};

static WORLD: LazyLock<Arc<World>> =
    LazyLock::new(|| Arc::new(World::case_study(&Plan { seed: 7, benign: 100, without: vec![] })));

async fn range() -> Range {
    Range::start(WORLD.clone()).await.unwrap()
}

fn asking(endpoints: &Endpoints) -> Config {
    let socket = |url: &String| url.trim_end_matches('/').split("//").nth(1).unwrap().parse().unwrap();
    let urls = endpoints.rdap.values().chain(endpoints.rdap_tls.iter().map(|tls| &tls.url));
    let allowed: Vec<_> = endpoints.whois.values().copied().chain(urls.map(socket)).collect();
    let mut config = config(&allowed);
    config.limits.total_ms = 5_000;
    config.resolvers = vec![endpoints.dns];
    config.whois.enabled = true;
    config.whois.servers = endpoints.whois.clone();
    config.whois.zone_list = Some(endpoints.whois_zone_list.clone());
    config.rdap.enabled = true;
    config.rdap.servers = endpoints.rdap.clone();
    config.rdap.bootstrap = vec![endpoints.rdap_bootstrap.clone()];
    config
}

/// What the servers saw, or the ledger says, without how a server wants to be asked.
fn question(protocol: Kind, value: &str, rrtype: Option<RecordType>) -> String {
    let value = value.trim_start_matches('=').to_lowercase();
    format!("{protocol:?} {value} {}", rrtype.map_or(String::new(), |rrtype| rrtype.to_string()))
}

fn seen(range: &Range) -> Vec<String> {
    let questions = range.questions().into_iter();
    let mut seen: Vec<String> = questions.map(|q| question(q.protocol, &q.question, q.rrtype)).collect();
    seen.sort();
    seen
}

fn written(scene: &Scene) -> Vec<String> {
    let kind = |protocol| match protocol {
        Protocol::Dns => Kind::Dns,
        Protocol::Whois => Kind::Whois,
        Protocol::Rdap => Kind::Rdap,
        Protocol::Http => panic!("no list is fetched here"),
    };
    let entries = scene.entries().into_iter();
    let mut written: Vec<String> = entries.map(|e| question(kind(e.protocol), &e.value, e.rrtype)).collect();
    written.sort();
    written
}

#[tokio::test]
async fn seed_by_whois_and_dns_and_twelve_by_rdap() {
    let range = range().await;
    let scene = Scene::new(asking(range.endpoints()));
    let truth = range.world().truth();
    let twelve = truth.domain(12).unwrap();
    let permit = permit(Pap::Green);
    let seed = scene.collector.registration(&truth.seed, &permit, range.now()).await.found().unwrap();
    assert_eq!(seed.raw.len(), 2, "registry and registrar");
    assert_eq!(seed.registration.registrant.email.stated(), Some(truth.emails[0].as_str()));
    let twelve = scene.collector.registration(twelve, &permit, range.now()).await.found().unwrap();
    assert_eq!(twelve.raw.len(), 2, "registry and registrar");
    assert_eq!(twelve.registration.registrant.handle.stated(), Some(truth.handle.as_str()));
    let dns = scene.collector.dns(&truth.seed, &[RecordType::A, RecordType::NS], &permit, range.now()).await;
    let Outcome::Found(addresses) = &dns[0].1 else { panic!("{}", dns[0].1) };
    assert!(addresses.iter().any(|seen| seen.tuple.rdata.address(RecordType::A) == Some(truth.first_address)));
    assert_eq!(written(&scene), seen(&range), "the ledger is what the servers saw");
}

#[tokio::test]
async fn rdap_inside_tls_needs_a_trusted_certificate() {
    let range = range().await;
    let tls = range.endpoints().rdap_tls.clone().unwrap();
    let twelve = range.world().truth().domain(12).unwrap().clone();
    let mut config = asking(range.endpoints());
    config.rdap.servers.insert(tls.host, tls.url);
    let ask = async |config: Config| {
        let scene = Scene::new(config);
        scene.collector.rdap_domain(&twelve, &permit(Pap::Amber), range.now()).await
    };
    let outcome = ask(config.clone()).await;
    assert!(matches!(outcome, Outcome::Unreachable(_)), "{outcome}");
    config.rdap.extra_ca_pem = Some(tls.ca_pem);
    assert!(matches!(ask(config).await, Outcome::Found(_)));
}

#[tokio::test]
async fn servers_that_are_off_are_a_fact() {
    let range = range().await;
    let scene = Scene::new(asking(range.endpoints()));
    for kind in Kind::ALL {
        range.stop_kind(kind).await;
    }
    let (seed, permit) = (range.world().truth().seed.clone(), permit(Pap::Green));
    let outcome = scene.collector.registration(&seed, &permit, range.now()).await;
    assert!(matches!(outcome, Outcome::Unreachable(_)), "{outcome}");
    let dns = scene.collector.dns(&seed, &[RecordType::A], &permit, range.now()).await;
    assert!(!dns[0].1.is_answer(), "{}", dns[0].1);
}
