//! Labels: reasons why sharing a value may say nothing.
//!
//! Labels come from lists (bundled, imported, the team's own) and explain; they never hide anything. Matching is
//! aware of suffixes (`ns1.parking.example` matches `parking.example`) and of prefixes of addresses; every label that
//! matches is given back.

use std::{collections::HashMap, net::IpAddr, str::FromStr};

use model::{Field, Name, Prefix, Quality};
use serde::Deserialize;

use crate::error::Error;

/// What a label says of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum LabelKind {
    /// A privacy or proxy service stands in for registrants.
    #[serde(rename = "privacy service")]
    PrivacyService,
    /// Parked domains.
    #[serde(rename = "parking")]
    Parking,
    /// Seized or sinkholed domains.
    #[serde(rename = "sinkhole")]
    Sinkhole,
    /// A content delivery network.
    #[serde(rename = "CDN")]
    Cdn,
    /// Shared hosting.
    #[serde(rename = "shared hosting")]
    SharedHosting,
    /// A dynamic DNS provider.
    #[serde(rename = "dynamic DNS")]
    DynamicDns,
    /// What a registrar sets unless told otherwise.
    #[serde(rename = "registrar default")]
    RegistrarDefault,
    /// A mail provider.
    #[serde(rename = "mail provider")]
    MailProvider,
}

impl LabelKind {
    /// The quality that it makes of a value.
    pub fn quality(self) -> Quality {
        match self {
            LabelKind::PrivacyService | LabelKind::Parking | LabelKind::Sinkhole | LabelKind::DynamicDns => {
                Quality::Poison
            }
            LabelKind::Cdn | LabelKind::SharedHosting | LabelKind::RegistrarDefault | LabelKind::MailProvider => {
                Quality::Crowded
            }
        }
    }

    /// As people read it.
    pub fn as_str(self) -> &'static str {
        match self {
            LabelKind::PrivacyService => "privacy service",
            LabelKind::Parking => "parking",
            LabelKind::Sinkhole => "sinkhole",
            LabelKind::Cdn => "CDN",
            LabelKind::SharedHosting => "shared hosting",
            LabelKind::DynamicDns => "dynamic DNS",
            LabelKind::RegistrarDefault => "registrar default",
            LabelKind::MailProvider => "mail provider",
        }
    }
}

/// A label that matched, and which list says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// What it says.
    pub kind: LabelKind,
    /// Who says so.
    pub source: String,
}

/// Which values an entry of a list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Subject {
    Address,
    Cidr,
    NameServer,
    MailServer,
    EmailDomain,
    Email,
    Organization,
    Domain,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    label: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    kind: Subject,
    value: String,
    label: LabelKind,
    source: String,
}

/// All labels in force.
#[derive(Debug, Default)]
pub struct Labels {
    prefixes: Vec<(Prefix, Label)>,
    names: HashMap<(Subject, Name), Vec<Label>>,
    texts: HashMap<(Subject, String), Vec<Label>>,
}

impl Labels {
    /// The list inside the binary.
    pub fn bundled() -> Labels {
        let mut labels = Labels::default();
        labels.add(include_str!("../data/labels.toml")).expect("the bundled labels are tested");
        labels
    }

    /// Adds a list: `[[label]]` tables of `kind`, `value`, `label` and `source`.
    pub fn add(&mut self, text: &str) -> Result<(), Error> {
        let invalid = |why: String| Error::Invalid { field: "labels".into(), why };
        let list: List = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
        for entry in list.label {
            let label = Label { kind: entry.label, source: entry.source.clone() };
            self.insert(entry.kind, &entry.value, label).map_err(|why| invalid(format!("`{}`: {why}", entry.value)))?;
        }
        Ok(())
    }

    fn insert(&mut self, subject: Subject, value: &str, label: Label) -> Result<(), String> {
        match subject {
            Subject::Address | Subject::Cidr => self.prefixes.push((prefix(value)?, label)),
            Subject::Email => self.texts.entry((subject, Field::Email.fold(value))).or_default().push(label),
            Subject::Organization => {
                self.texts.entry((subject, Field::Organization.fold(value))).or_default().push(label)
            }
            Subject::NameServer | Subject::MailServer | Subject::EmailDomain | Subject::Domain => {
                let name = Name::from_str(value).map_err(|error| error.to_string())?;
                self.names.entry((subject, name)).or_default().push(label);
            }
        }
        Ok(())
    }

    /// Labels of an address.
    pub fn of_address(&self, address: IpAddr) -> Vec<Label> {
        self.prefixes.iter().filter(|(prefix, _)| prefix.contains(address)).map(|(_, label)| label.clone()).collect()
    }

    /// Labels of a name server.
    pub fn of_name_server(&self, name: &Name) -> Vec<Label> {
        self.of_name(Subject::NameServer, name)
    }

    /// Labels of a mail server.
    pub fn of_mail_server(&self, name: &Name) -> Vec<Label> {
        self.of_name(Subject::MailServer, name)
    }

    /// Labels of a domain as such.
    pub fn of_domain(&self, name: &Name) -> Vec<Label> {
        self.of_name(Subject::Domain, name)
    }

    /// Labels of a folded value of a registration.
    pub fn of_value(&self, field: Field, value: &str) -> Vec<Label> {
        match field {
            Field::Email => self.of_email(value),
            Field::Name | Field::Organization => self.of_text(Subject::Organization, value),
            Field::NameServer | Field::NameServers => {
                let servers = value.split(' ').filter_map(|server| server.parse().ok());
                servers.flat_map(|server: Name| self.of_name_server(&server)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn of_email(&self, value: &str) -> Vec<Label> {
        let mut labels = self.of_text(Subject::Email, value);
        if let Some(domain) = value.rsplit_once('@').and_then(|(_, domain)| domain.parse().ok()) {
            // A mail provider's customers share its domain, not their addresses.
            let telling = |label: &Label| label.kind != LabelKind::MailProvider;
            labels.extend(self.of_name(Subject::EmailDomain, &domain).into_iter().filter(telling));
        }
        labels
    }

    fn of_text(&self, subject: Subject, value: &str) -> Vec<Label> {
        self.texts.get(&(subject, value.to_owned())).cloned().unwrap_or_default()
    }

    fn of_name(&self, subject: Subject, name: &Name) -> Vec<Label> {
        let above = std::iter::successors(Some(name.clone()), Name::parent);
        above.filter_map(|name| self.names.get(&(subject, name))).flatten().cloned().collect()
    }
}

fn prefix(value: &str) -> Result<Prefix, String> {
    if value.contains('/') {
        return value.parse().map_err(|error: model::address::PrefixError| error.to_string());
    }
    let address: IpAddr = value.parse().map_err(|_| "not an address".to_owned())?;
    let length = if address.is_ipv4() { 32 } else { 128 };
    Prefix::of(address, length).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_by_suffix_and_prefix_and_says_which_list() {
        let mut labels = Labels::bundled();
        let list = "[[label]]\nkind = \"name-server\"\nvalue = \"park.example\"\nlabel = \"parking\"\nsource = \"own\"\n\
                    [[label]]\nkind = \"cidr\"\nvalue = \"198.51.100.0/24\"\nlabel = \"sinkhole\"\nsource = \"own\"\n";
        labels.add(list).unwrap();
        let of = |name: &str| labels.of_name_server(&name.parse().unwrap());
        assert_eq!(of("ns1.park.example"), [Label { kind: LabelKind::Parking, source: "own".into() }]);
        assert!(of("ns1.notpark.example").is_empty());
        assert_eq!(labels.of_address("198.51.100.9".parse().unwrap())[0].kind, LabelKind::Sinkhole);
        assert_eq!(labels.of_value(Field::NameServers, "ns1.park.example ns2.park.example").len(), 2);
    }

    #[test]
    fn says_which_entry_is_wrong() {
        let error = Labels::default()
            .add("[[label]]\nkind = \"cidr\"\nvalue = \"10.0.0.1/8\"\nlabel = \"CDN\"\nsource = \"x\"");
        assert_eq!(
            error.unwrap_err().to_string(),
            "labels: `10.0.0.1/8`: address has bits beyond /8; the prefix that holds it is 10.0.0.0/8"
        );
    }
}
