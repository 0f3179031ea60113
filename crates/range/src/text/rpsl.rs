//! Objects in the manner of RPSL (RFC 2622 §2): a domain that names its contacts by handles, then the contacts.

use super::{Record, line};
use crate::domain::Party;

/// The answer of a thick registry.
pub(super) fn write(record: &Record<'_>) -> String {
    let (holding, registrar) = (record.holding, record.registrar);
    let mut out = String::from("% This is the registry of .example.\n% The data are for information only.\n\n");
    let mut put = |label: &str, value: &str| line(&mut out, &format!("{:<16}", format!("{label}:")), value);
    put("domain", &record.domain.name);
    put("status", "ACTIVE");
    put("holder-c", &record.registry_handle("H"));
    put("admin-c", &record.registry_handle("A"));
    put("tech-c", &record.registry_handle("T"));
    put("registrar", &registrar.name);
    put("registrar-id", &registrar.iana_id.to_string());
    put("created", &holding.created.to_string());
    put("last-update", &holding.updated.to_string());
    put("Expiry Date", &holding.expires.to_string());
    for server in &holding.name_servers {
        put("nserver", server);
    }
    put("source", "EXAMPLE");
    for (role, party) in [("H", &holding.registrant), ("A", &holding.admin), ("T", &holding.tech)] {
        out.push('\n');
        contact(&mut out, &record.registry_handle(role), party);
    }
    out
}

fn contact(out: &mut String, handle: &str, party: &Party) {
    let fields = [
        ("nic-hdl", handle),
        ("type", if party.organization.is_empty() { "PERSON" } else { "ORGANIZATION" }),
        ("contact", &party.name),
        ("organization", &party.organization),
        ("address", &party.street),
        ("city", &party.city),
        ("state", &party.state),
        ("postal code", &party.postal_code),
        ("country", &party.country),
        ("phone", &party.phone),
        ("e-mail", &party.email),
        ("source", "EXAMPLE"),
    ];
    for (label, value) in fields {
        line(out, &format!("{:<16}", format!("{label}:")), value);
    }
}
