//! What a column is called, and what it means.

use model::registration::Role;

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Domain,
    Action,
    Observed,
    Created,
    Updated,
    Expires,
    RegistryId,
    Registrar,
    RegistrarId,
    RegistrarUrl,
    WhoisServer,
    AbuseEmail,
    AbusePhone,
    Reseller,
    Statuses,
    NameServers,
    Contact(Role, Part),
}

/// A part of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Handle,
    Name,
    Organization,
    Email,
    Phone,
    Fax,
    Street,
    City,
    State,
    PostalCode,
    Country,
}

/// What a head, or the path to a member, means.
pub(super) fn of(head: &str) -> Option<Column> {
    let words = words(head);
    let known = |text: &str| COLUMNS.iter().find(|(_, names)| names.contains(&text)).map(|(column, _)| *column);
    known(&words)
        .or_else(|| contact(&words))
        .or_else(|| known(PREFIXES.iter().find_map(|prefix| words.strip_prefix(prefix))?))
}

/// Whether an action says that a domain is not registered any more.
pub(super) fn is_dropped(action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    ["drop", "delet", "expired", "removed", "available"].iter().any(|word| action.starts_with(word))
}

/// The words of a head, in lower case, joined by blanks: `postalCode`, `postal_code` and `Postal Code` are one. The
/// number of a part that comes more than once is left out.
fn words(head: &str) -> String {
    let mut words = String::with_capacity(head.len() + 8);
    let mut before = ' ';
    for c in head.chars().take(120) {
        let starts = c.is_uppercase() && before.is_lowercase();
        if (starts || !c.is_alphanumeric()) && !words.ends_with(' ') && !words.is_empty() {
            words.push(' ');
        }
        if c.is_alphanumeric() {
            words.extend(c.to_lowercase());
        }
        before = c;
    }
    words.trim_end_matches(|c: char| c == ' ' || c.is_ascii_digit()).to_owned()
}

fn contact(words: &str) -> Option<Column> {
    let of_role = |(beginning, role): &(&str, Role)| Some((words.strip_prefix(beginning)?.strip_prefix(' ')?, *role));
    let (rest, role) = ROLES.iter().find_map(of_role)?;
    let rest = rest.strip_prefix("contact ").unwrap_or(rest);
    PARTS.iter().find(|(_, names)| names.contains(&rest)).map(|(part, _)| Column::Contact(role, *part))
}

/// What a path may begin with and mean nothing by it.
const PREFIXES: [&str; 5] = ["whois record ", "registry data ", "whois ", "domain ", "data "];

const ROLES: [(&str, Role); 13] = [
    ("registrant contact", Role::Registrant),
    ("registrant", Role::Registrant),
    ("owner", Role::Registrant),
    ("holder", Role::Registrant),
    ("administrative contact", Role::Admin),
    ("administrative", Role::Admin),
    ("admin contact", Role::Admin),
    ("admin", Role::Admin),
    ("technical contact", Role::Tech),
    ("technical", Role::Tech),
    ("tech", Role::Tech),
    ("billing contact", Role::Billing),
    ("billing", Role::Billing),
];

const PARTS: [(Part, &[&str]); 11] = [
    (Part::Handle, &["id", "handle", "nic handle", "nic hdl", "contact id", "registry id"]),
    (Part::Name, &["name", "full name", "person", "person name"]),
    (Part::Organization, &["organization", "organisation", "org", "company", "company name", "organization name"]),
    (Part::Email, &["email", "e mail", "email address", "mail"]),
    (Part::Phone, &["phone", "telephone", "phone number", "tel", "voice"]),
    (Part::Fax, &["fax", "fax number", "facsimile"]),
    (Part::Street, &["street", "address", "street address", "mailing address", "address line"]),
    (Part::City, &["city", "town", "locality"]),
    (Part::State, &["state", "province", "state province", "region", "state code"]),
    (Part::PostalCode, &["postal code", "zip", "zip code", "zipcode", "postcode", "pc"]),
    (Part::Country, &["country", "country code", "cc", "country name"]),
];

const COLUMNS: [(Column, &[&str]); 20] = [
    (Column::Domain, &["domain", "domain name", "domainname", "fqdn", "name"]),
    (Column::Action, &["action", "reason", "event", "change", "change type", "match type"]),
    (
        Column::Observed,
        &[
            "observed",
            "query time",
            "audit updated date",
            "audit audit updated date",
            "seen",
            "fetched",
            "timestamp",
            "collected",
            "lookup date",
        ],
    ),
    (
        Column::Created,
        &[
            "created",
            "created date",
            "creation date",
            "create date",
            "standard reg created date",
            "created date normalized",
            "registered",
            "registration date",
            "registered date",
            "created at",
            "created on",
        ],
    ),
    (
        Column::Updated,
        &[
            "updated",
            "updated date",
            "update date",
            "standard reg updated date",
            "updated date normalized",
            "modified",
            "last modified",
            "changed",
            "last updated",
            "updated at",
        ],
    ),
    (
        Column::Expires,
        &[
            "expires",
            "expires date",
            "expiry date",
            "expiration date",
            "expire date",
            "standard reg expires date",
            "expires date normalized",
            "expiry",
            "expiration",
            "expires at",
            "registrar registration expiration date",
        ],
    ),
    (Column::RegistryId, &["registry domain id", "domain id", "roid"]),
    (Column::Registrar, &["registrar", "registrar name", "domain registrar name", "sponsoring registrar"]),
    (
        Column::RegistrarId,
        &["registrar iana id", "registrar ianaid", "iana id", "domain registrar id", "registrar id", "registrar iana"],
    ),
    (Column::RegistrarUrl, &["registrar url", "domain registrar url"]),
    (
        Column::WhoisServer,
        &[
            "whois server",
            "registrar whois server",
            "registrar whois",
            "domain registrar whois",
            "domain registrar whois server",
        ],
    ),
    (Column::AbuseEmail, &["registrar abuse contact email", "registrar abuse email", "abuse email"]),
    (Column::AbusePhone, &["registrar abuse contact phone", "registrar abuse phone", "abuse phone"]),
    (Column::Reseller, &["reseller", "reseller name"]),
    (Column::Statuses, &["status", "statuses", "domain status", "epp status", "domain statuses"]),
    (
        Column::NameServers,
        &[
            "name servers",
            "nameservers",
            "name server",
            "nameserver",
            "ns",
            "name servers host names",
            "nameservers host names",
            "name servers raw text",
        ],
    ),
    // Lists of few columns say of whom they are by saying nothing.
    (Column::Contact(Role::Registrant, Part::Email), &["email", "email address", "contact email"]),
    (Column::Contact(Role::Registrant, Part::Phone), &["phone", "telephone"]),
    (Column::Contact(Role::Registrant, Part::Organization), &["organization", "organisation", "company", "org"]),
    (Column::Contact(Role::Registrant, Part::Country), &["country", "country code"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_head() {
        let postal = Some(Column::Contact(Role::Admin, Part::PostalCode));
        for head in [
            "administrativeContact_postalCode",
            "admin postal code",
            "Admin_Postal_Code",
            ".administrativeContact.postalCode",
        ] {
            assert_eq!(of(head), postal, "{head}");
        }
        assert_eq!(of("name_server_4"), Some(Column::NameServers));
        assert_eq!(of("WhoisRecord.registryData.status"), None, "two levels of noise are not guessed at");
        assert_eq!(of("registryData.status"), Some(Column::Statuses));
        assert_eq!(of("registrarIANAID"), Some(Column::RegistrarId));
        assert_eq!(of("registrant_street1"), Some(Column::Contact(Role::Registrant, Part::Street)));
        assert_eq!(of("zoneContact_email"), None);
        assert_eq!(of("num"), None);
    }
}
