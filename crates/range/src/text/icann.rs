//! Key-value pairs as ICANN's "Registration Data Directory Service" profile has them.

use super::{Record, TEST_WHOIS, line};
use crate::domain::Party;

const NOTICE: &str = "URL of the ICANN Whois Inaccuracy Complaint Form: https://www.nic.test/wicf/\n";

/// The answer of a thin registry, indented as large ones do.
pub(super) fn thin(record: &Record<'_>) -> String {
    let mut out = String::new();
    head(&mut out, record, &record.domain.name.to_uppercase());
    line(&mut out, "Registry Expiry Date: ", &record.holding.expires.to_string());
    tail(&mut out, record);
    let mut indented: String = out.lines().flat_map(|line| ["   ", line, "\n"]).collect();
    end(&mut indented, record);
    indented.push_str("\nNOTICE: The expiration date displayed in this record is the date the registrar's\n");
    indented.push_str("sponsorship of the domain name registration in the registry is set to expire.\n");
    indented.push_str("The registry's server is ");
    indented.push_str(TEST_WHOIS);
    indented.push_str(".\n");
    indented
}

/// The answer of a registrar, contacts included.
pub(super) fn write(record: &Record<'_>) -> String {
    let mut out = String::new();
    head(&mut out, record, &record.domain.name);
    line(&mut out, "Registrar Registration Expiration Date: ", &record.holding.expires.to_string());
    if record.registrar.prints_account {
        line(&mut out, "Registrant ID: ", &record.holding.account);
    }
    let holding = record.holding;
    for (role, party) in [("Registrant", &holding.registrant), ("Admin", &holding.admin), ("Tech", &holding.tech)] {
        contact(&mut out, role, party);
    }
    tail(&mut out, record);
    end(&mut out, record);
    out
}

fn head(out: &mut String, record: &Record<'_>, name: &str) {
    let registrar = record.registrar;
    line(out, "Domain Name: ", name);
    line(out, "Registry Domain ID: ", &record.registry_id());
    line(out, "Registrar WHOIS Server: ", &record.registrar_whois());
    line(out, "Registrar URL: ", &format!("https://www.{}", registrar.domain));
    line(out, "Updated Date: ", &record.holding.updated.to_string());
    line(out, "Creation Date: ", &record.holding.created.to_string());
    line(out, "Registrar: ", &registrar.name);
    line(out, "Registrar IANA ID: ", &registrar.iana_id.to_string());
    line(out, "Registrar Abuse Contact Email: ", &format!("abuse@{}", registrar.domain));
    line(out, "Registrar Abuse Contact Phone: ", "+999.5550199");
}

fn contact(out: &mut String, role: &str, party: &Party) {
    let fields = [
        ("Name", &party.name),
        ("Organization", &party.organization),
        ("Street", &party.street),
        ("City", &party.city),
        ("State/Province", &party.state),
        ("Postal Code", &party.postal_code),
        ("Country", &party.country),
        ("Phone", &party.phone),
        ("Email", &party.email),
    ];
    for (label, value) in fields {
        line(out, &format!("{role} {label}: "), value);
    }
}

fn tail(out: &mut String, record: &Record<'_>) {
    line(out, "Domain Status: ", "clientTransferProhibited https://icann.org/epp#clientTransferProhibited");
    for server in &record.holding.name_servers {
        line(out, "Name Server: ", server);
    }
    line(out, "DNSSEC: ", "unsigned");
}

fn end(out: &mut String, record: &Record<'_>) {
    out.push_str(NOTICE);
    line(out, ">>> Last update of WHOIS database: ", &format!("{} <<<", record.at));
}
