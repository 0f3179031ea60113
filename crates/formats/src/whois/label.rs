//! The dictionary of labels: what the text before a separator means.
//!
//! Labels are compared folded ([`fold`]): letters only, lower case, one blank between words. Two lists, of roles and of
//! fields, are multiplied, so that "Administrative Contact E-mail" needs no line of its own. A label may mean several
//! things: "State" is a status beside a domain and a part of an address within a contact. So a [`Meaning`] holds all
//! of them, and the reader, who knows where it is, chooses.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
    sync::LazyLock,
};

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

/// A table by folded label.
type Words<T> = HashMap<String, T, Fnv>;
type Fnv = BuildHasherDefault<Hash>;

/// FNV-1a with 64 bits: a few octets are hashed for each line, and what is in the tables is ours.
#[derive(Debug)]
struct Hash(u64);

impl Default for Hash {
    fn default() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Hash {
    fn write(&mut self, octets: &[u8]) {
        self.0 = octets.iter().fold(self.0, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
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
    whole: Words<Meaning>,
    roles: Words<Subject>,
    fields: Words<Field>,
    /// First words of all labels: most lines of legal text begin with none of them.
    first: HashSet<String, Fnv>,
    between: Vec<String>,
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
    if !dictionary.first.contains(folded.split(' ').next()?) {
        return None;
    }
    dictionary.whole.get(folded.as_str()).copied().or_else(|| dictionary.composed(folded))
}

/// Folds a label: letters in lower case and without accents, one blank between words; digits, punctuation and what
/// stands in round brackets are dropped.
pub(super) fn fold(label: &str, folded: &mut String) {
    folded.clear();
    let (mut depth, mut gap) = (0_u32, false);
    for c in label.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '\u{300}'..='\u{36f}' => {}
            _ if c.is_ascii_alphabetic() || (!c.is_ascii() && c.is_alphabetic()) => {
                if gap && !folded.is_empty() {
                    folded.push(' ');
                }
                gap = false;
                if c.is_ascii() {
                    folded.push(c.to_ascii_lowercase())
                } else {
                    folded.extend(c.to_lowercase().map(plain))
                }
            }
            _ => gap = gap || !c.is_ascii_digit(),
        }
    }
}

/// A letter without its accent: servers write "création" and "creation" alike.
fn plain(letter: char) -> char {
    ACCENTED.iter().find(|(_, accented)| accented.contains(letter)).map_or(letter, |(plain, _)| *plain)
}

/// Latin letters, each with the accented ones that are written without.
const ACCENTED: [(char, &str); 16] = [
    ('a', "àáâãäåāăą"),
    ('c', "çćč"),
    ('d', "ďđ"),
    ('e', "èéêëēėęě"),
    ('g', "ğģ"),
    ('i', "ìíîïīįı"),
    ('k', "ķ"),
    ('l', "łļľ"),
    ('n', "ñńņň"),
    ('o', "òóôõöøőō"),
    ('r', "ŕř"),
    ('s', "śşšș"),
    ('t', "ţťț"),
    ('u', "ùúûüūůűų"),
    ('y', "ýÿ"),
    ('z', "źżž"),
];

impl Dictionary {
    fn parse(text: &str) -> Dictionary {
        let mut all = Dictionary::default();
        all.first.insert("registry".to_owned()); // stands in front of any label
        let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(": "));
        for (key, words) in lines {
            let (kind, key) = key.split_once('.').unwrap_or((key, ""));
            words.split("; ").for_each(|word| all.add(kind, key, word.trim()));
        }
        all
    }

    fn add(&mut self, kind: &str, key: &str, word: &str) {
        let mut folded = String::new();
        fold(word, &mut folded);
        if let Some(first) = folded.split(' ').next().filter(|_| kind != "between") {
            self.first.insert(first.to_owned());
        }
        match kind {
            "between" => self.between.push(folded),
            "prefix" => _ = self.roles.insert(folded, subject(key)),
            _ => self.add_whole(kind, key, folded),
        }
    }

    fn add_whole(&mut self, kind: &str, key: &str, word: String) {
        let entry = self.whole.entry(word.clone()).or_default();
        match kind {
            "domain" => _ = entry.domain.get_or_insert(domain_field(key)),
            "registrar" if key == "bareurl" => entry.field = Some(Field::Url),
            "registrar" | "reseller" | "registrant" | "admin" | "tech" => entry.of = Some((subject(kind), field(key))),
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
        let role_first = parted(label).find_map(|(role, rest)| self.field_of(*self.roles.get(role)?, rest));
        let found = role_first.or_else(|| parted(label).find_map(|(field, role)| self.of_role(field, role)))?;
        Some(match found.of {
            Some((role, Field::Handle)) if is_registry => {
                Meaning { of: Some((role, Field::RegistryHandle)), ..Meaning::default() }
            }
            _ => found,
        })
    }

    /// "mail contact technique": the field in front of the role.
    fn of_role(&self, field: &str, role: &str) -> Option<Meaning> {
        let role =
            ["of the ", "of ", "del ", "de ", "du ", "do "].iter().find_map(|of| role.strip_prefix(of)).unwrap_or(role);
        Some(Meaning { of: Some((*self.roles.get(role)?, *self.fields.get(field)?)), ..Meaning::default() })
    }

    fn field_of(&self, role: Subject, rest: &str) -> Option<Meaning> {
        let as_field = |field: &Field| Meaning { of: Some((role, *field)), ..Meaning::default() };
        if let Some(link) = self.between.iter().find(|link| *link == rest) {
            return link.starts_with("contact").then(|| Meaning { role: Some(role), ..Meaning::default() });
        }
        self.fields.get(rest).map(as_field).or_else(|| {
            let after = |link: &String| self.fields.get(rest.strip_prefix(link.as_str())?.strip_prefix(' ')?);
            self.between.iter().find_map(after).map(as_field)
        })
    }
}

/// A label parted at each blank, the longest front first.
fn parted(label: &str) -> impl Iterator<Item = (&str, &str)> {
    label
        .rmatch_indices(' ')
        .map(|(at, _)| (label.get(..at).unwrap_or_default(), label.get(at + 1..).unwrap_or_default()))
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
        assert_eq!(find("MAIL CONTACT ADMINISTRATIF").of, Some((admin, Field::Email)));
        assert_eq!(find("Date de création").domain, find("DATE DE CREATION").domain);
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
