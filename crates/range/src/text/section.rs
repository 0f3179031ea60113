//! Sections: a heading with a colon, and an indented block below it.

use super::{Record, line};
use crate::domain::Party;

/// The answer of a registrar.
pub(super) fn write(record: &Record<'_>) -> String {
    let (holding, registrar) = (record.holding, record.registrar);
    let mut out = String::new();
    section(&mut out, "Domain name", &[&record.domain.name]);
    section(
        &mut out,
        "Registrar",
        &[
            &registrar.name,
            &format!("IANA ID: {}", registrar.iana_id),
            &format!("URL: https://www.{}", registrar.domain),
        ],
    );
    for (role, party) in [
        ("Registrant", &holding.registrant),
        ("Administrative contact", &holding.admin),
        ("Technical contact", &holding.tech),
    ] {
        out.push_str(&format!("    {role}:\n"));
        contact(&mut out, party);
    }
    section(
        &mut out,
        "Relevant dates",
        &[
            &format!("Registered on: {}", holding.created),
            &format!("Expiry date: {}", holding.expires),
            &format!("Last updated: {}", holding.updated),
        ],
    );
    section(&mut out, "Registration status", &["Registered"]);
    section(&mut out, "Name servers", &holding.name_servers.iter().map(String::as_str).collect::<Vec<_>>());
    out.push_str(&format!("    WHOIS lookup made at {}\n", record.at));
    out
}

fn section(out: &mut String, heading: &str, values: &[&str]) {
    out.push_str(&format!("    {heading}:\n"));
    for value in values {
        line(out, "        ", value);
    }
    out.push('\n');
}

fn contact(out: &mut String, party: &Party) {
    let fields = [
        ("Name", &party.name),
        ("Organization", &party.organization),
        ("Street", &party.street),
        ("City", &party.city),
        ("State", &party.state),
        ("Postal code", &party.postal_code),
        ("Country", &party.country),
        ("Phone", &party.phone),
        ("Email", &party.email),
    ];
    for (label, value) in fields {
        line(out, &format!("        {label}: "), value);
    }
    out.push('\n');
}
