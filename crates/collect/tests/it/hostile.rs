//! Servers that mean harm: every trick ends within the limits, with a fact.

use std::time::{Duration, Instant};

use collect::Outcome;
use model::{Pap, RecordType};
use range::hostile::{DnsTrick, Hostile, RdapTrick, WhoisTrick};

use crate::{NOW, Scene, config, name, permit, said};

/// The limit of a question in these tests is 0.4 s; the rest is for a busy machine.
const PATIENCE: Duration = Duration::from_secs(5);
const LIST: &str = r#"{"test": {"host": "whois.first.hostile.example"}}"#;
const BOOTSTRAP: &str = r#"{"services": [[["test"], ["https://rdap.hostile.example/"]]]}"#;

#[tokio::test]
async fn dns_tricks_end() {
    for &trick in DnsTrick::ALL {
        let server = Hostile::dns(trick).await.unwrap();
        let mut config = config(&[]);
        config.resolvers = vec![server.address()];
        let scene = Scene::new(config);
        let start = Instant::now();
        let outcomes = scene.collector.dns(&name("hostile.test"), &[RecordType::A], &permit(Pap::Green), NOW).await;
        assert!(start.elapsed() < PATIENCE, "{trick:?}");
        println!("{trick:?}: {}", outcomes[0].1);
        assert_eq!(scene.sent().len(), 1, "{trick:?}: one question, one line");
        if let Outcome::Found(found) = &outcomes[0].1 {
            let harmless = [DnsTrick::CnameItself, DnsTrick::CnameLoop, DnsTrick::CnameChain, DnsTrick::ManyRecords];
            assert!(harmless.contains(&trick) && !found.is_empty(), "{trick:?}");
        }
    }
}

#[tokio::test]
async fn whois_tricks_end() {
    for &trick in WhoisTrick::ALL {
        let server = Hostile::whois(trick).await.unwrap();
        let mut config = config(&server.hosts().values().copied().collect::<Vec<_>>());
        config.whois.enabled = true;
        config.whois.zone_list = Some(LIST.into());
        config.whois.servers = server.hosts().clone();
        let scene = Scene::new(config);
        let start = Instant::now();
        let (outcome, steps) =
            scene.collector.registration_steps(&name("hostile.test"), &permit(Pap::Amber), NOW).await;
        assert!(start.elapsed() < PATIENCE, "{trick:?}");
        println!("{trick:?}: {outcome}, {} steps", steps.len());
        assert_eq!(scene.sent().len(), server.asked(), "{trick:?}: the ledger is what was asked");
        assert!(server.asked() <= 4, "{trick:?}: {} questions", server.asked());
        let found = matches!(outcome, Outcome::Found(_));
        assert_eq!(found, matches!(trick, WhoisTrick::InvalidUtf8 | WhoisTrick::Escapes) || refers(trick), "{trick:?}");
    }
}

/// Whether it is a good answer with a bad referral: the answer counts.
fn refers(trick: WhoisTrick) -> bool {
    format!("{trick:?}").starts_with("Refer")
}

#[tokio::test]
async fn rdap_tricks_end() {
    for &trick in RdapTrick::ALL {
        let server = Hostile::rdap(trick).await.unwrap();
        let mut config = config(&[server.address()]);
        config.rdap.enabled = true;
        config.rdap.bootstrap = vec![BOOTSTRAP.into()];
        // Loops lead back to the address: give them a way.
        let hosts = ["rdap.hostile.example", "127.0.0.1"];
        config.rdap.servers = hosts.map(|host| (host.to_owned(), server.base_url())).into();
        if trick == RdapTrick::RedirectLoopback || trick == RdapTrick::RelatedLoopback {
            config.rdap.servers.remove("127.0.0.1");
        }
        let scene = Scene::new(config);
        let start = Instant::now();
        let (outcome, steps) =
            scene.collector.registration_steps(&name("hostile.test"), &permit(Pap::Amber), NOW).await;
        assert!(start.elapsed() < PATIENCE, "{trick:?}");
        println!("{trick:?}: {outcome}, {} steps", steps.len());
        assert_eq!(scene.sent().len(), server.asked(), "{trick:?}: the ledger is what was asked");
        assert!(server.asked() <= 4, "{trick:?}: {} questions", server.asked());
        let redirect = format!("{trick:?}").starts_with("Redirect");
        assert!(!redirect || !matches!(outcome, Outcome::Found(_)), "{trick:?}: {outcome}");
    }
}

/// The limits hold also where a server keeps sending: memory stays below the limit on size.
#[tokio::test]
async fn floods_are_cut() {
    let server = Hostile::whois(WhoisTrick::Flood).await.unwrap();
    let mut config = config(&[server.address()]);
    config.limits.whois_bytes_max = 10_000;
    config.whois.enabled = true;
    config.whois.zone_list = Some(LIST.into());
    config.whois.servers = server.hosts().clone();
    let outcome = Scene::new(config).collector.whois(&name("hostile.test"), &permit(Pap::Amber), NOW).await;
    assert_eq!(said(&outcome), "answer too large");
}
