//! What leaves, and what does not.

use collect::{Config, Outcome, Protocol};
use model::{Exposure, Pap, RecordType};

use crate::{NOW, Scene, config, name, permit, said, server};

const LIST: &str = r#"{"test": {"host": "whois.nic.test"}}"#;

#[tokio::test]
async fn by_default_nothing_leaves() {
    let scene = Scene::new(Config::default());
    let permit = permit(Pap::Green);
    let outcomes = scene.collector.dns(&name("seed.example"), &[RecordType::A], &permit, NOW).await;
    assert_eq!(said(&outcomes[0].1), "not configured: no resolver");
    let outcome = scene.collector.registration(&name("example.com"), &permit, NOW).await;
    assert!(matches!(outcome, Outcome::NotConfigured(_)), "{outcome}");
    let outcome = scene.collector.rdap_network("9.9.9.9".parse().unwrap(), &permit, NOW).await;
    assert_eq!(said(&outcome), "not configured: RDAP is off");
    assert_eq!(scene.entries(), []);
}

#[tokio::test]
async fn permitted_exposure_is_obeyed_and_refusals_are_recorded() {
    let whois = server::whois(|_| "Domain Name: SEED.TEST\r\nRegistrar: One Registrar\r\n".into()).await;
    let dns = server::dns(|_| Default::default()).await;
    let mut config = config(&[whois.socket]);
    config.resolvers = vec![dns.socket];
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    config.whois.servers = [("whois.nic.test".to_owned(), whois.socket)].into();
    let scene = Scene::new(config);
    let seed = name("seed.test");
    let red = scene.collector.registration(&seed, &permit(Pap::Red), NOW).await;
    assert_eq!(said(&red), "not permitted (exposure registry): permitted exposure is red");
    assert!(scene.collector.registration(&seed, &permit(Pap::Amber), NOW).await.found().is_some());
    let amber = scene.collector.dns(&seed, &[RecordType::A], &permit(Pap::Amber), NOW).await;
    assert_eq!(said(&amber[0].1), "not permitted (exposure target): permitted exposure is amber");
    assert_eq!((whois.asked().len(), dns.asked().len()), (1, 0));
    let entries = scene.entries();
    assert_eq!(entries.iter().map(|entry| entry.sent).collect::<Vec<_>>(), [false, true, false]);
    let sent = &entries[1];
    assert_eq!((sent.value.as_str(), sent.server.as_str()), ("seed.test", "whois.nic.test"));
    assert_eq!((sent.socket, sent.exposure, sent.protocol), (Some(whois.socket), Exposure::Registry, Protocol::Whois));
    assert_eq!((sent.actor.as_str(), sent.reason.as_str(), sent.time), ("analyst", "ticket 7", NOW));
}

#[tokio::test]
async fn inside_addresses_need_to_be_listed_one_by_one() {
    let whois = server::whois(|_| "Domain Name: SEED.TEST\r\n".into()).await;
    let mut config = config(&[]);
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    config.whois.servers = [("whois.nic.test".to_owned(), whois.socket)].into();
    config.rdap.enabled = true;
    config.rdap.bootstrap = vec![r#"{"services": [[["example"], ["https://rdap.nic.example/"]]]}"#.into()];
    config.rdap.servers = [("rdap.nic.example".to_owned(), whois.base_url())].into();
    let scene = Scene::new(config);
    for domain in ["seed.test", "seed.example"] {
        let outcome = scene.collector.registration(&name(domain), &permit(Pap::Green), NOW).await;
        let expected = format!(
            "not permitted (exposure registry): {} is a loopback address and not listed as allowed",
            whois.socket
        );
        assert_eq!(said(&outcome), expected);
    }
    assert_eq!((whois.asked().len(), scene.sent().len(), scene.refused().len()), (0, 0, 2));
}

#[tokio::test]
async fn server_names_that_resolve_to_the_inside_are_refused() {
    use hickory_proto::{
        op::ResponseCode,
        rr::{RData, Record, rdata::A},
    };
    let inside = |asked: &str| match asked.strip_suffix(" A") {
        Some(owner) => {
            let address = RData::A(A("10.0.0.7".parse().unwrap()));
            (ResponseCode::NoError, vec![Record::from_rdata(owner.parse().unwrap(), 60, address)])
        }
        None => (ResponseCode::NoError, vec![]),
    };
    let dns = server::dns(inside).await;
    let mut config = config(&[]);
    config.resolvers = vec![dns.socket];
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    let scene = Scene::new(config);
    let outcome = scene.collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert!(said(&outcome).contains("10.0.0.7:43 is a private address"), "{outcome}");
    let sent = scene.entries().into_iter().filter(|entry| entry.sent);
    let sent: Vec<_> = sent.map(|entry| (entry.value, entry.exposure)).collect();
    assert_eq!(sent, vec![("whois.nic.test".to_owned(), Exposure::ThirdParty); 2], "only the server's own name");
}

#[tokio::test]
async fn what_cannot_be_recorded_does_not_leave() {
    let whois = server::whois(|_| "Domain Name: SEED.TEST\r\n".into()).await;
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/dev/full", directory.path().join("exposure.log")).unwrap();
    let ledger = collect::Ledger::open(directory.path()).unwrap();
    let mut config = config(&[whois.socket]);
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    config.whois.servers = [("whois.nic.test".to_owned(), whois.socket)].into();
    let collector = collect::Collector::new(config, ledger).unwrap();
    let outcome = collector.whois(&name("seed.test"), &permit(Pap::Amber), NOW).await;
    assert!(said(&outcome).contains("exposure ledger"), "{outcome}");
    assert_eq!(whois.asked().len(), 0);
}

#[test]
fn unusable_configurations_are_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = collect::Ledger::open(directory.path()).unwrap();
    let told = |change: fn(&mut Config)| {
        let mut config = Config::default();
        config.rdap.enabled = true;
        change(&mut config);
        collect::Collector::new(config, ledger.clone()).unwrap_err().to_string()
    };
    assert!(told(|config| config.whois.zone_list = Some("{".into())).starts_with("WHOIS zone list: "));
    assert!(told(|config| config.rdap.bootstrap = vec!["{}".into()]).starts_with("RDAP bootstrap: "));
    assert!(told(|config| config.rdap.extra_ca_pem = Some("no PEM".into())).contains("holds no certificate"));
    let base = told(|config| config.rdap.servers = [("rdap.nic.example".into(), "127.0.0.1:80".into())].into());
    assert_eq!(
        base,
        "RDAP server of rdap.nic.example: `127.0.0.1:80`: expected http:// or https://, a host and perhaps a path"
    );
}
