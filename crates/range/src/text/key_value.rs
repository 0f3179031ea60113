//! Key-value pairs of other kinds: lower-case labels, and labels in brackets.

use super::{Record, line};
use crate::domain::Party;

/// `registrant-name: x`.
pub(super) fn write(record: &Record<'_>) -> String {
    let (holding, registrar) = (record.holding, record.registrar);
    let mut out = format!("% {} WHOIS server\n\n", registrar.name);
    let mut put = |label: &str, value: &str| line(&mut out, &format!("{:<27}", format!("{label}:")), value);
    put("domain", &record.domain.name);
    put("status", "ACTIVE");
    put("created", &holding.created.to_string());
    put("modified", &holding.updated.to_string());
    put("expires", &holding.expires.to_string());
    put("registrar", &registrar.name);
    put("registrar-iana-id", &registrar.iana_id.to_string());
    for (role, party) in [("registrant", &holding.registrant), ("admin", &holding.admin), ("tech", &holding.tech)] {
        for (label, value) in fields(party) {
            put(&format!("{role}-{label}"), value);
        }
    }
    for server in &holding.name_servers {
        put("nserver", server);
    }
    out
}

fn fields(party: &Party) -> [(&'static str, &str); 9] {
    [
        ("name", &party.name),
        ("organization", &party.organization),
        ("street", &party.street),
        ("city", &party.city),
        ("state", &party.state),
        ("postal-code", &party.postal_code),
        ("country", &party.country),
        ("phone", &party.phone),
        ("email", &party.email),
    ]
}

/// `[Registrant] x`, in blocks with a heading.
pub(super) fn bracketed(record: &Record<'_>) -> String {
    let (holding, registrar) = (record.holding, record.registrar);
    let mut out = format!(
        "[ {} database provides information on domain registrations. ]\n\nDomain Information:\n",
        registrar.name
    );
    let mut put = |label: &str, value: &str| line(&mut out, &format!("{:<32}", format!("[{label}]")), value);
    put("Domain Name", &record.domain.name);
    put("Registrar", &registrar.name);
    put("Created on", &holding.created.to_string());
    put("Expires on", &holding.expires.to_string());
    put("Last Updated", &holding.updated.to_string());
    put("Status", "Active");
    for server in &holding.name_servers {
        put("Name Server", server);
    }
    for (role, party) in [("Registrant", &holding.registrant), ("Admin", &holding.admin), ("Tech", &holding.tech)] {
        for (label, value) in bracket_fields(party) {
            put(&format!("{role} {label}"), value);
        }
    }
    out
}

fn bracket_fields(party: &Party) -> [(&'static str, &str); 9] {
    [
        ("Name", &party.name),
        ("Organization", &party.organization),
        ("Email", &party.email),
        ("Street", &party.street),
        ("City", &party.city),
        ("State", &party.state),
        ("Postal Code", &party.postal_code),
        ("Country", &party.country),
        ("Phone", &party.phone),
    ]
}
