//! DNS through resolvers.

use std::net::Ipv4Addr;

use collect::Outcome;
use hickory_proto::{
    op::ResponseCode,
    rr::{
        Name, RData, Record,
        rdata::{A, CNAME, MX},
    },
};
use model::{Pap, RecordType};

use crate::{NOW, Scene, config, name, permit, said, server};

fn wire(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

fn a(owner: &str, last: u8) -> Record {
    Record::from_rdata(wire(owner), 60, RData::A(A(Ipv4Addr::new(192, 0, 2, last))))
}

fn alias(owner: &str, target: &str) -> Record {
    Record::from_rdata(wire(owner), 60, RData::CNAME(CNAME(wire(target))))
}

fn zone(asked: &str) -> (ResponseCode, Vec<Record>) {
    match asked {
        "www.seed.test. A" => {
            let chain = [alias("WWW.seed.test.", "Edge.cdn.example."), alias("edge.cdn.example.", "e7.cdn.example.")];
            let rest = [a("e7.cdn.example.", 7), a("unasked.example.", 66)];
            (ResponseCode::NoError, chain.into_iter().chain(rest).collect())
        }
        "www.seed.test. MX" => {
            let mx = RData::MX(MX::new(10, wire("Mail.Seed.TEST.")));
            (ResponseCode::NoError, vec![Record::from_rdata(wire("www.seed.test."), 60, mx)])
        }
        "gone.test. A" => (ResponseCode::NXDomain, vec![]),
        "odd.test. A" => (ResponseCode::NoError, vec![a("other.test.", 1)]),
        "closed.test. A" => (ResponseCode::Refused, vec![]),
        _ => (ResponseCode::NoError, vec![]),
    }
}

#[tokio::test]
async fn records_of_the_name_and_its_chain() {
    let resolver = server::dns(zone).await;
    let mut config = config(&[]);
    config.resolvers = vec![resolver.socket];
    let scene = Scene::new(config);
    let types = [RecordType::A, RecordType::MX, RecordType::TXT];
    let outcomes = scene.collector.dns(&name("www.seed.test"), &types, &permit(Pap::Green), NOW).await;
    assert_eq!(outcomes.iter().map(|(rrtype, _)| *rrtype).collect::<Vec<_>>(), types);
    let Outcome::Found(found) = &outcomes[0].1 else { panic!("{}", outcomes[0].1) };
    let owners: Vec<String> = found.iter().map(|seen| format!("{} {}", seen.tuple.rrname, seen.tuple.rrtype)).collect();
    assert_eq!(owners, ["www.seed.test CNAME", "edge.cdn.example CNAME", "e7.cdn.example A"]);
    assert_eq!(found[2].tuple.rdata.as_octets(), [192, 0, 2, 7]);
    assert!(found.iter().all(|seen| seen.tuple.bailiwick.is_none() && seen.count == 1 && seen.span.first() == NOW));
    let Outcome::Found(found) = &outcomes[1].1 else { panic!("{}", outcomes[1].1) };
    assert_eq!(found[0].tuple.rdata.as_octets(), b"\0\x0a\x04mail\x04seed\x04test\0");
    assert_eq!(outcomes[2].1, Outcome::NoData);
    assert_eq!(resolver.asked(), ["www.seed.test. A", "www.seed.test. MX", "www.seed.test. TXT"]);
    let entries = scene.entries();
    assert_eq!(entries.iter().map(|entry| entry.rrtype.unwrap()).collect::<Vec<_>>(), types);
    assert!(entries.iter().all(|entry| entry.sent && entry.socket == Some(resolver.socket)));
}

#[tokio::test]
async fn absence_and_refusal_are_facts() {
    let resolver = server::dns(zone).await;
    let mut config = config(&[]);
    config.resolvers = vec![resolver.socket];
    let scene = Scene::new(config);
    for (asked, expected) in [
        ("gone.test", "no such name"),
        ("empty.test", "no such record"),
        ("odd.test", "unreadable answer: no record of the answer belongs to the name that was asked"),
        ("closed.test", "refused: Query Refused"),
        ("abc.onion", "not permitted (exposure target): names under onion are not sent to a resolver (RFC 7686)"),
    ] {
        let outcomes = scene.collector.dns(&name(asked), &[RecordType::A], &permit(Pap::Green), NOW).await;
        assert_eq!(said(&outcomes[0].1), expected, "{asked}");
    }
    assert_eq!((scene.sent().len(), scene.refused().len(), resolver.asked().len()), (4, 1, 4));
}

#[tokio::test]
async fn next_resolver_where_the_first_gives_no_answer() {
    let first = server::dns(|_| (ResponseCode::ServFail, vec![])).await;
    let second = server::dns(zone).await;
    let mut config = config(&[]);
    config.resolvers = vec![first.socket, second.socket];
    let scene = Scene::new(config);
    let outcomes = scene.collector.dns(&name("gone.test"), &[RecordType::A], &permit(Pap::Green), NOW).await;
    assert_eq!(outcomes[0].1, Outcome::NoSuchName);
    assert_eq!(scene.sent(), [format!("{} gone.test", first.socket), format!("{} gone.test", second.socket)]);
}
