//! The servers of a range answer as the world says, and write down what they were asked.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use model::{Name, RecordType};
use range::{DnsAnswer, IANA_HOST, Kind, Plan, Question, Range, SENSOR_ONE, Throttles, World};
use tokio::net::{TcpStream, UdpSocket};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::client::{code, exchange, query, tcp, text, udp, word};

const NO_SUCH_NAME: u16 = 3;

fn world() -> Arc<World> {
    Arc::new(World::case_study(&Plan { seed: 7, benign: 500, without: Vec::new() }))
}

async fn started() -> Range {
    Range::start(world()).await.unwrap()
}

/// The text after `key` on the first line that begins with it.
fn field<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.trim().strip_prefix(key)).map(str::trim).filter(|value| !value.is_empty())
}

/// Status, head and body of an answer to GET.
async fn get(url: &str, path: &str) -> (u16, String, String) {
    let answer = text(socket_of(url), &request(path)).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_owned(), body.to_owned())
}

fn request(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: range\r\n\r\n")
}

fn socket_of(url: &str) -> SocketAddr {
    url.split("//").nth(1).unwrap().trim_end_matches('/').parse().unwrap()
}

/// A name that sensors saw and of which `is_wanted` is true.
fn seen(world: &World, is_wanted: impl Fn(&Name, &str) -> bool) -> Name {
    let name = world.dns_lines(SENSOR_ONE, world.now()).find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        let name: Name = line["rrname"].as_str().unwrap().parse().unwrap();
        is_wanted(&name, line["rrtype"].as_str().unwrap()).then_some(name)
    });
    name.expect("the world has one")
}

#[tokio::test]
async fn dns_gives_the_seed_its_address() {
    let range = started().await;
    let query = query(&range.world().truth().seed.to_string(), RecordType::A.0);
    let answers = [udp(range.endpoints().dns, &query).await, tcp(range.endpoints().dns, &query).await];
    let std::net::IpAddr::V4(address) = range.world().truth().first_address else { panic!("A1 is an IPv4 address") };
    for answer in answers {
        assert_eq!(word(&answer, 0), 0x1234);
        assert_eq!((word(&answer, 2), word(&answer, 6)), (0x8180, 1), "QR, RD, RA and no error; one answer");
        assert!(answer.windows(4).any(|octets| octets == address.octets()));
    }
}

#[tokio::test]
async fn absent_names_come_with_the_authority() {
    let range = started().await;
    let absent = udp(range.endpoints().dns, &query("no-such-domain-here.test", RecordType::A.0)).await;
    let empty = udp(range.endpoints().dns, &query(&range.world().truth().seed.to_string(), RecordType::LOC.0)).await;
    assert_eq!((code(&absent), word(&absent, 6), word(&absent, 8)), (NO_SUCH_NAME, 0, 1));
    assert_eq!((code(&empty), word(&empty, 6), word(&empty, 8)), (0, 0, 1));
}

#[tokio::test]
async fn wildcards_and_aliases_are_followed() {
    let range = started().await;
    let world = range.world();
    let below = |name: &Name| name.suffix(2).child(b"nobody-asked-for-this").unwrap();
    let wild = seen(world, |name, _| {
        let answer = world.answer_dns(&below(name), RecordType::A, world.now());
        name.label_count() > 1 && matches!(answer, DnsAnswer::Records { .. })
    });
    let answer = udp(range.endpoints().dns, &query(&below(&wild).to_string(), RecordType::A.0)).await;
    assert!(code(&answer) == 0 && word(&answer, 6) > 0);
    let alias = seen(world, |name, rrtype| {
        rrtype == "CNAME"
            && matches!(world.answer_dns(name, RecordType::A, world.now()), DnsAnswer::Records { answer, .. } if answer.len() > 1)
    });
    let answer = udp(range.endpoints().dns, &query(&alias.to_string(), RecordType::A.0)).await;
    assert!(code(&answer) == 0 && word(&answer, 6) > 1);
}

#[tokio::test]
async fn whois_leads_from_iana_to_the_registrar() {
    let range = started().await;
    let whois = &range.endpoints().whois;
    let seed = range.world().truth().seed.to_string();
    let question = format!("{seed}\r\n");
    let iana = text(range.endpoints().iana_whois, &question).await;
    let registry = field(&iana, "refer:").unwrap();
    let thin = text(whois[registry], &question).await;
    let registrar = field(&thin, "Registrar WHOIS Server:").unwrap();
    let thick = text(whois[registrar], &question).await;
    let email = &range.world().truth().emails[0];
    assert!(!thin.contains(email.as_str()) && thick.contains(email.as_str()), "{thin}\n{thick}");
    assert!(thick.ends_with("\r\n"));
    let asked: Vec<_> = range.questions().into_iter().map(|question| (question.server, question.question)).collect();
    let expected = [IANA_HOST, registry, registrar].map(|server| (server.to_owned(), seed.clone()));
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn unknown_domains_are_not_found() {
    let range = started().await;
    for server in range.world().whois_servers() {
        let answer = text(range.endpoints().whois[&server.host], "no-such-domain-here.test\r\n").await;
        assert!(!answer.is_empty() && field(&answer, "Registrar:").is_none(), "{answer}");
    }
    assert!(text(range.endpoints().iana_whois, "a.elsewhere\r\n").await.contains("0 objects"));
}

#[tokio::test]
async fn rdap_answers_the_twelfth() {
    let range = started().await;
    let domain = range.world().truth().domain(12).unwrap().to_string();
    let mut answered = 0;
    for url in range.endpoints().rdap.values() {
        let (status, head, body) = get(url, &format!("/domain/{domain}")).await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert!(head.contains("Content-Type: application/rdap+json"));
        match status {
            200 => answered += usize::from(body["ldhName"].as_str().unwrap().eq_ignore_ascii_case(&domain)),
            404 => assert_eq!(body["errorCode"], 404),
            other => panic!("{other}"),
        }
    }
    assert_eq!(answered, 2, "the registry and the registrar");
}

#[tokio::test]
async fn rdap_inside_tls_is_the_same_server() {
    let range = started().await;
    let endpoint = range.endpoints().rdap_tls.clone().unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(endpoint.ca_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = TlsConnector::from(Arc::new(config));
    for name in [endpoint.host.clone(), "127.0.0.1".to_owned()] {
        let stream = TcpStream::connect(socket_of(&endpoint.url)).await.unwrap();
        let stream = connector.connect(ServerName::try_from(name).unwrap(), stream).await.unwrap();
        let answer = exchange(stream, request("/help").as_bytes(), 1 << 20).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 404 Not Found\r\n"));
    }
    assert_eq!(range.questions()[0].server, endpoint.host);
}

#[tokio::test]
async fn throttles_last_until_the_clock_moves() {
    let world = world();
    let host = world.whois_servers()[0].host.clone();
    let throttles = Throttles { rdap: 0, hosts: BTreeMap::from([(host.clone(), 1)]), ..Throttles::default() };
    let range = Range::start_with(world.clone(), &throttles).await.unwrap();
    let ask = async || text(range.endpoints().whois[&host], "a.test\r\n").await.replace("\r\n", "\n");
    let throttled = world.throttle_text(&host);
    assert_ne!(ask().await, throttled);
    assert_eq!(ask().await, throttled);
    range.advance(60);
    assert_ne!(ask().await, throttled);
    let (status, head, body) = get(range.endpoints().rdap.values().next().unwrap(), "/domain/a.example").await;
    assert!(status == 429 && head.contains("Retry-After: ") && body.contains("429"));
}

#[tokio::test]
async fn the_log_has_every_question() {
    let range = started().await;
    let name = range.world().truth().seed.to_string();
    udp(range.endpoints().dns, &query(&name, RecordType::MX.0)).await;
    range.advance(5);
    let url = range.endpoints().rdap.values().next().unwrap().clone();
    get(&url, "/domain/a.example").await;
    let [dns, rdap]: [Question; 2] = range.questions().try_into().unwrap();
    assert_eq!((dns.protocol, dns.question, dns.rrtype), (Kind::Dns, name, Some(RecordType::MX)));
    assert_eq!((rdap.protocol, rdap.question.as_str(), rdap.rrtype), (Kind::Rdap, "a.example", None));
    assert_eq!(rdap.at.0 - dns.at.0, 5);
    assert_eq!(range.questions_lost(), 0);
}

#[tokio::test]
async fn the_late_domain_appears_as_the_clock_moves() {
    let range = started().await;
    let world = range.world();
    let query = query(&world.truth().domain(15).unwrap().to_string(), RecordType::SOA.0);
    assert_eq!(code(&udp(range.endpoints().dns, &query).await), NO_SUCH_NAME);
    let wait = world.truth().late.0 - range.now().0 + 1;
    assert_eq!(range.advance(wait.try_into().unwrap()), range.now());
    assert_eq!(code(&udp(range.endpoints().dns, &query).await), 0);
}

#[tokio::test]
async fn a_stopped_kind_is_gone_and_the_others_stay() {
    let range = started().await;
    range.stop_kind(Kind::Whois).await;
    range.stop_kind(Kind::Dns).await;
    for address in range.endpoints().whois.values() {
        assert!(TcpStream::connect(address).await.is_err());
    }
    let dns = range.endpoints().dns;
    assert!(TcpStream::connect(dns).await.is_err());
    UdpSocket::bind(dns).await.expect("the port is free again");
    assert_eq!(get(range.endpoints().rdap.values().next().unwrap(), "/help").await.0, 404);
}
