//! The dictionary of labels: what the text before a separator means.
//!
//! Labels are compared folded ([`fold`]): letters only, lower case, one blank between words. Two lists, of roles and of
//! fields, are multiplied, so that "Administrative Contact E-mail" needs no line of its own. A label may mean several
//! things: "State" is a status beside a domain and a part of an address within a contact. So a [`Meaning`] holds all
//! of them, and the reader, who knows where it is, chooses.

use std::{collections::HashMap, sync::LazyLock};

use model::Role;

/// Whom a part of an answer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The domain itself.
    Domain,
    /// One of the four contacts.
    Contact(Role),
    /// The registrar.
    Registrar,
    /// The reseller.
    Reseller,
    /// An object with a handle, to which contacts refer; its place in the list of objects.
    Object(usize),
    /// A list of name servers.
    Servers,
    /// Somebody who is not kept.
    Other,
}

/// A property of a person or an organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Handle,
    RegistryHandle,
    Name,
    FirstName,
    LastName,
    Organization,
    Email,
    Phone,
    Fax,
    Street,
    City,
    State,
    PostalCode,
    Country,
    CountryCode,
    Iana,
    Url,
    Whois,
    AbuseEmail,
    AbusePhone,
    /// A text that stands in place of withheld fields.
    Redacted,
    /// What kind of party it is: a person, an organisation.
    Type,
    /// A line without a label.
    Text,
    Ignored,
}

/// A property of the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DomainField {
    Name,
    Id,
    Status,
    Servers,
    Glue,
    Created,
    Updated,
    Expires,
    Signed,
    ContactType,
    Ignored,
}

/// All that a label can mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Meaning {
    /// A property of the domain.
    pub(super) domain: Option<DomainField>,
    /// A person or organisation: the head of a section, or with a value its name or handle.
    pub(super) role: Option<Subject>,
    /// A property of the one who is named.
    pub(super) of: Option<(Subject, Field)>,
    /// A property of whoever the block is about.
    pub(super) field: Option<Field>,
}

/// The dictionary: labels that stand in it as they are, and the parts from which others are made.
#[derive(Debug, Default)]
struct Dictionary {
    whole: HashMap<&'static str, Meaning>,
    roles: HashMap<&'static str, Subject>,
    fields: HashMap<&'static str, Field>,
    between: Vec<&'static str>,
}

/// The dictionary inside the binary.
static DICTIONARY: LazyLock<Dictionary> =
    LazyLock::new(|| Dictionary::parse(include_str!("../../data/whois/labels.txt")));
/// The most octets of a label.
pub(super) const LABEL_MAX: usize = 80;

/// What a label means, if anything; of one in two languages (`Titular / Registrant`), what either part means. `folded` is
/// room to work in.
pub(super) fn meaning(label: &str, folded: &mut String) -> Option<Meaning> {
    if label.len() > LABEL_MAX {
        return None;
    }
    found(label, folded)
        .or_else(|| label.split('/').rev().filter(|part| *part != label).find_map(|part| found(part, folded)))
}

fn found(label: &str, folded: &mut String) -> Option<Meaning> {
    fold(label, folded);
    let dictionary = &*DICTIONARY;
    dictionary.whole.get(folded.as_str()).copied().or_else(|| dictionary.composed(folded))
}

/// Folds a label: letters in lower case, one blank between words; digits, punctuation and what stands in round
/// brackets are dropped.
pub(super) fn fold(label: &str, folded: &mut String) {
    folded.clear();
    let (mut depth, mut gap) = (0_u32, false);
    for c in label.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic()) => {
                if gap && !folded.is_empty() {
                    folded.push(' ');
                }
                gap = false;
                if c.is_ascii() { folded.push(c.to_ascii_lowercase()) } else { folded.extend(c.to_lowercase()) }
            }
            _ => gap = gap || !c.is_ascii_digit(),
        }
    }
}

impl Dictionary {
    fn parse(text: &'static str) -> Dictionary {
        let mut all = Dictionary::default();
        let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
        for (key, words) in lines {
            let (kind, key) = key.split_once('.').unwrap_or((key, ""));
            words.split("; ").for_each(|word| all.add(kind, key, word.trim()));
        }
        all
    }

    fn add(&mut self, kind: &str, key: &str, word: &'static str) {
        match kind {
            "between" => return self.between.push(word),
            "prefix" => {
                self.roles.insert(word, subject(key));
                return;
            }
            _ => {}
        }
        let entry = self.whole.entry(word).or_default();
        match kind {
            "domain" => _ = entry.domain.get_or_insert(domain_field(key)),
            "registrar" if key == "bareurl" => entry.field = Some(Field::Url),
            "registrar" => entry.of = Some((Subject::Registrar, field(key))),
            "reseller" => entry.of = Some((Subject::Reseller, field(key))),
            "role" => {
                entry.role.get_or_insert(subject(key));
                self.roles.entry(word).or_insert(subject(key));
            }
            _ => {
                entry.field.get_or_insert(field(key));
                self.fields.entry(word).or_insert(field(key));
            }
        }
    }

    /// The meaning of a label that is a role and a field, with a word between or none: "admin contact e mail". The
    /// longest role that is known counts.
    fn composed(&self, label: &str) -> Option<Meaning> {
        let (label, is_registry) = label.strip_prefix("registry ").map_or((label, false), |rest| (rest, true));
        let mut end = label.len();
        while let Some(at) = label.get(..end)?.rfind(' ') {
            end = at;
            let (role, rest) = (label.get(..at)?, label.get(at + 1..)?);
            let Some(role) = self.roles.get(role) else { continue };
            let Some(found) = self.field_of(*role, rest) else { continue };
            return Some(match found.of {
                Some((role, Field::Handle)) if is_registry => {
                    Meaning { of: Some((role, Field::RegistryHandle)), ..Meaning::default() }
                }
                _ => found,
            });
        }
        None
    }

    fn field_of(&self, role: Subject, rest: &str) -> Option<Meaning> {
        let as_field = |field: &Field| Meaning { of: Some((role, *field)), ..Meaning::default() };
        if let Some(link) = self.between.iter().find(|link| **link == rest) {
            return link.starts_with("contact").then(|| Meaning { role: Some(role), ..Meaning::default() });
        }
        self.fields.get(rest).map(as_field).or_else(|| {
            let after = |link: &&str| self.fields.get(rest.strip_prefix(link)?.strip_prefix(' ')?);
            self.between.iter().find_map(after).map(as_field)
        })
    }
}

fn subject(key: &str) -> Subject {
    match key {
        "registrar" => Subject::Registrar,
        "reseller" => Subject::Reseller,
        _ => key.parse().map_or(Subject::Other, Subject::Contact),
    }
}

fn domain_field(key: &str) -> DomainField {
    match key {
        "name" => DomainField::Name,
        "id" => DomainField::Id,
        "status" => DomainField::Status,
        "servers" => DomainField::Servers,
        "glue" => DomainField::Glue,
        "created" => DomainField::Created,
        "updated" => DomainField::Updated,
        "expires" => DomainField::Expires,
        "signed" => DomainField::Signed,
        "contacttype" => DomainField::ContactType,
        _ => DomainField::Ignored,
    }
}

fn field(key: &str) -> Field {
    match key {
        "handle" => Field::Handle,
        "registryhandle" => Field::RegistryHandle,
        "name" => Field::Name,
        "firstname" => Field::FirstName,
        "lastname" => Field::LastName,
        "organization" => Field::Organization,
        "email" => Field::Email,
        "phone" => Field::Phone,
        "fax" => Field::Fax,
        "street" => Field::Street,
        "city" => Field::City,
        "state" => Field::State,
        "postalcode" => Field::PostalCode,
        "country" => Field::Country,
        "countrycode" => Field::CountryCode,
        "iana" => Field::Iana,
        "url" => Field::Url,
        "whois" => Field::Whois,
        "abuseemail" => Field::AbuseEmail,
        "abusephone" => Field::AbusePhone,
        "redacted" => Field::Redacted,
        "type" => Field::Type,
        "text" => Field::Text,
        _ => Field::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(label: &str) -> Meaning {
        meaning(label, &mut String::new()).unwrap_or_default()
    }

    #[test]
    fn roles_times_fields() {
        let admin = Subject::Contact(Role::Admin);
        for label in
            ["Admin Email", "Administrative Contact E-mail", "admin-c-email", "adm_email", "Admin Contact's Email"]
        {
            assert_eq!(find(label).of, Some((admin, Field::Email)), "{label}");
        }
        assert_eq!(find("Administrative Contact").role, Some(admin));
        assert_eq!(find("Registrant Street2").of, Some((Subject::Contact(Role::Registrant), Field::Street)));
        assert_eq!(
            find("Registry Registrant ID").of,
            Some((Subject::Contact(Role::Registrant), Field::RegistryHandle))
        );
        assert_eq!(find("Name Server (DB)").domain, Some(DomainField::Servers));
        assert_eq!(find("Registrar IANA ID").of, Some((Subject::Registrar, Field::Iana)));
    }

    #[test]
    fn one_label_two_meanings() {
        let state = find("State");
        assert_eq!((state.domain, state.field), (Some(DomainField::Status), Some(Field::State)));
        assert_eq!(find("no such label"), Meaning::default());
    }
}
