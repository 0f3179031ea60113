//! RDAP answers (RFC 9083), contacts as jCard (RFC 7095).

use std::net::IpAddr;

use serde_json::{Value, json};

use super::{EXAMPLE_RDAP, Record};
use crate::domain::Party;

/// Who answers: the registry, or the registrar that it refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Registry,
    Registrar,
}

/// A domain. The registry leaves the contacts to a registrar that has an RDAP server; only a registrar knows customer
/// numbers.
pub(crate) fn domain(record: &Record<'_>, server: Server) -> Value {
    let holding = record.holding;
    let name = &record.domain.name;
    let referred = record.registrar.rdap_host().filter(|_| server == Server::Registry);
    let mut entities = vec![registrar(record)];
    if referred.is_none() {
        let roles = [
            ("registrant", "H", &holding.registrant),
            ("administrative", "A", &holding.admin),
            ("technical", "T", &holding.tech),
        ];
        entities.extend(roles.map(|(role, letter, party)| contact(record, server, role, letter, party)));
    }
    let host = match server {
        Server::Registry => EXAMPLE_RDAP.to_owned(),
        Server::Registrar => record.registrar.rdap_host().unwrap_or_default(),
    };
    let mut links = vec![link("self", &host, name)];
    links.extend(referred.map(|host| link("related", &host, name)));
    json!({
        "rdapConformance": ["rdap_level_0"],
        "objectClassName": "domain",
        "handle": record.registry_id(),
        "ldhName": name,
        "status": ["active", "client transfer prohibited"],
        "events": [
            { "eventAction": "registration", "eventDate": holding.created.to_string() },
            { "eventAction": "last changed", "eventDate": holding.updated.to_string() },
            { "eventAction": "expiration", "eventDate": holding.expires.to_string() },
            { "eventAction": "last update of RDAP database", "eventDate": record.at.to_string() },
        ],
        "nameservers": holding.name_servers.iter()
            .map(|server| json!({ "objectClassName": "nameserver", "ldhName": server })).collect::<Vec<_>>(),
        "secureDNS": { "delegationSigned": false },
        "entities": entities,
        "links": links,
    })
}

fn link(rel: &str, host: &str, name: &str) -> Value {
    let href = format!("https://{host}/domain/{name}");
    json!({ "value": href, "rel": rel, "href": href, "type": "application/rdap+json" })
}

fn registrar(record: &Record<'_>) -> Value {
    let registrar = record.registrar;
    json!({
        "objectClassName": "entity",
        "handle": registrar.iana_id.to_string(),
        "roles": ["registrar"],
        "publicIds": [{ "type": "IANA Registrar ID", "identifier": registrar.iana_id.to_string() }],
        "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", registrar.name]]],
        "entities": [{
            "objectClassName": "entity",
            "roles": ["abuse"],
            "vcardArray": ["vcard", [
                ["version", {}, "text", "4.0"],
                ["fn", {}, "text", "Abuse Desk"],
                ["email", {}, "text", format!("abuse@{}", registrar.domain)],
                ["tel", { "type": "voice" }, "uri", "tel:+999.5550199"],
            ]],
        }],
    })
}

fn contact(record: &Record<'_>, server: Server, role: &str, letter: &str, party: &Party) -> Value {
    let mut card = vec![json!(["version", {}, "text", "4.0"]), json!(["fn", {}, "text", party.name])];
    if !party.organization.is_empty() {
        card.push(json!(["org", {}, "text", party.organization]));
    }
    let country = json!({ "cc": party.country });
    let lines = json!(["", "", party.street, party.city, party.state, party.postal_code, ""]);
    card.push(json!(["adr", country, "text", lines]));
    // What is redacted is no number and no address.
    if party.phone.starts_with('+') {
        card.push(json!(["tel", { "type": "voice" }, "uri", format!("tel:{}", party.phone)]));
    }
    if party.email.contains('@') {
        card.push(json!(["email", {}, "text", party.email]));
    }
    let mut entity = json!({ "objectClassName": "entity", "roles": [role], "vcardArray": ["vcard", card] });
    if !party.email.contains('@') {
        entity["remarks"] = json!([{
            "title": "REDACTED FOR PRIVACY",
            "type": "object redacted due to authorization",
            "description": ["Some of the data in this object has been removed."],
        }]);
    }
    let handle = match server {
        Server::Registry => Some(record.registry_handle(letter)),
        // A customer number is the registrant's; the other roles of a registrar have none.
        Server::Registrar => (role == "registrant").then(|| record.holding.account.clone()),
    };
    if let Some(handle) = handle {
        entity["handle"] = handle.into();
    }
    entity
}

/// A block of addresses.
pub(crate) struct Block<'a> {
    pub(crate) first: IpAddr,
    pub(crate) last: IpAddr,
    pub(crate) holder: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) country: &'a str,
}

/// An IP network.
pub(crate) fn network(block: &Block<'_>) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "objectClassName": "ip network",
        "handle": format!("NET-{}", block.first),
        "startAddress": block.first.to_string(),
        "endAddress": block.last.to_string(),
        "ipVersion": if block.first.is_ipv4() { "v4" } else { "v6" },
        "name": net_name(block.domain),
        "type": "DIRECT ALLOCATION",
        "country": block.country,
        "status": ["active"],
        "entities": [holder(block.holder, block.domain)],
    })
}

/// An AS number.
pub(crate) fn autnum(number: u32, name: &str, domain: &str, country: &str) -> Value {
    json!({
        "rdapConformance": ["rdap_level_0"],
        "objectClassName": "autnum",
        "handle": format!("AS{number}"),
        "startAutnum": number,
        "endAutnum": number,
        "name": net_name(domain),
        "country": country,
        "status": ["active"],
        "entities": [holder(name, domain)],
    })
}

fn net_name(domain: &str) -> String {
    domain.split('.').next().unwrap_or_default().to_uppercase()
}

fn holder(name: &str, domain: &str) -> Value {
    json!({
        "objectClassName": "entity",
        "handle": format!("ORG-{}", net_name(domain)),
        "roles": ["registrant", "abuse"],
        "vcardArray": ["vcard", [
            ["version", {}, "text", "4.0"],
            ["fn", {}, "text", name],
            ["kind", {}, "text", "org"],
            ["email", {}, "text", format!("abuse@{domain}")],
        ]],
    })
}
