//! The lines that are fed: DNS in the Common Output Format, registrations as JSON with raw text.

use model::Time;
use serde_json::json;

use crate::{
    domain::{Domain, Fact, Holding, Sighting},
    infrastructure::Registrar,
    text::{EXAMPLE_RDAP, EXAMPLE_WHOIS, Layout, Record, rdap},
};

/// Lines of this share of the registrations of `.example` come by RDAP, as `n` in ten.
const BY_RDAP: u64 = 3;

/// The COF lines of a fact (draft-dulaunoy-dnsop-passive-dns-cof) that became known after `since` and by `at`.
pub(crate) fn cof(
    domain: &Domain,
    fact: &Fact,
    sightings: Vec<Sighting>,
    since: Time,
    at: Time,
) -> impl Iterator<Item = String> + use<> {
    // Nothing in a world's names and data needs an escape.
    let (name, rrtype, rdata, bailiwick) =
        (fact.name.clone(), fact.data.rrtype(), fact.data.text(), domain.name.clone());
    let known = sightings.into_iter().filter(move |sighting| since < sighting.last && sighting.last <= at);
    known.map(move |Sighting { first, last, count }| {
        format!(
            r#"{{"rrname":"{name}","rrtype":"{rrtype}","rdata":"{rdata}","bailiwick":"{bailiwick}","time_first":{},"time_last":{},"count":{count}}}"#,
            first.0, last.0
        )
    })
}

/// The line of a registration, where it is among what is fed.
pub(crate) fn registration(domain: &Domain, holding: &Holding, registrar: &Registrar) -> Option<String> {
    let at = holding.fed?;
    let record = Record { domain, holding, registrar, at };
    let (protocol, server, raw) = fed_answer(&record);
    let line = json!({
        "domain": domain.name, "server": server, "protocol": protocol, "observed": at.to_string(), "raw": raw,
    });
    Some(line.to_string())
}

/// Which server's answer is fed: the registrar's for the thin zone, the registry's for the thick one.
fn fed_answer(record: &Record<'_>) -> (&'static str, String, String) {
    let by_rdap = record.domain.name.len() as u64 % 10 < BY_RDAP && !record.registrar.has_rdap;
    match record.registrar.whois_host() {
        Some(host) if record.domain.name.ends_with(".test") => ("whois", host, record.registrar.layout.write(record)),
        _ if by_rdap => {
            let url = format!("https://{EXAMPLE_RDAP}/domain/{}", record.domain.name);
            ("rdap", url, rdap::domain(record, rdap::Server::Registry).to_string())
        }
        _ => ("whois", EXAMPLE_WHOIS.into(), Layout::Rpsl.write(record)),
    }
}
