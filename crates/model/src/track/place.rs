//! Where a text stands in a record, and how it is folded there.

use std::borrow::Cow;

use crate::{atom::Field, fold, name::Name, registration::Role, source::words};

/// A text field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// E-mail address of a contact.
    Email,
    /// A contact's name.
    Name,
    /// A contact's organisation.
    Organization,
    /// Telephone number of a contact.
    Phone,
    /// Fax number of a contact.
    Fax,
    /// Street lines of a contact.
    Street,
    /// Handle of a contact with its scope: `registrar:4711/c-123`.
    Handle,
    /// Registrar: `iana:` and its number, or its folded name.
    Registrar,
    /// All name servers of a registration, sorted, joined by blanks.
    NameServers,
    /// Minute of creation at one registrar.
    RegisteredMinute,
    /// A name server: of a registration, or what an NS record points to.
    NameServer,
    /// The registrable domain of the record.
    Domain,
    /// The owner name of a DNS record.
    Host,
    /// What an MX record points to.
    MailServer,
    /// What any DNS record points to.
    Target,
}

words!(Place, "field",
    "email, name, organization, phone, fax, street, handle, registrar, nameServers, registeredMinute, nameServer, \
     domain, host, mailServer, target",
    "email" => Place::Email, "name" => Place::Name, "organization" => Place::Organization, "phone" => Place::Phone,
    "fax" => Place::Fax, "street" => Place::Street, "handle" => Place::Handle, "registrar" => Place::Registrar,
    "nameServers" => Place::NameServers, "registeredMinute" => Place::RegisteredMinute,
    "nameServer" => Place::NameServer, "domain" => Place::Domain, "host" => Place::Host,
    "mailServer" => Place::MailServer, "target" => Place::Target);

/// Kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Records {
    /// Versions of registrations.
    pub registrations: bool,
    /// DNS tuples.
    pub dns: bool,
}

impl Records {
    /// Every kind.
    pub const ALL: Records = Records { registrations: true, dns: true };
    /// Versions of registrations.
    pub const REGISTRATIONS: Records = Records { registrations: true, dns: false };
    /// DNS tuples.
    pub const DNS: Records = Records { registrations: false, dns: true };
    /// None.
    pub const NONE: Records = Records { registrations: false, dns: false };

    /// What is in both.
    pub fn and(self, other: Records) -> Records {
        Records { registrations: self.registrations && other.registrations, dns: self.dns && other.dns }
    }

    /// What is in one of them.
    pub fn or(self, other: Records) -> Records {
        Records { registrations: self.registrations || other.registrations, dns: self.dns || other.dns }
    }
}

impl Place {
    /// The kinds of records that have it.
    pub fn records(self) -> Records {
        match self {
            Place::NameServer | Place::Domain => Records::ALL,
            Place::Host | Place::MailServer | Place::Target => Records::DNS,
            _ => Records::REGISTRATIONS,
        }
    }

    /// Whether it belongs to a contact, so that a role can be asked for.
    pub fn has_role(self) -> bool {
        self.field().is_some() && self <= Place::Handle
    }

    /// Whether its values are names of DNS.
    pub fn is_name(self) -> bool {
        self >= Place::NameServer
    }

    /// The field of registrations in which it is stored.
    pub fn field(self) -> Option<Field> {
        Some(match self {
            Place::Email => Field::Email,
            Place::Name => Field::Name,
            Place::Organization => Field::Organization,
            Place::Phone => Field::Phone,
            Place::Fax => Field::Fax,
            Place::Street => Field::Street,
            Place::Handle => Field::Handle,
            Place::Registrar => Field::Registrar,
            Place::NameServers => Field::NameServers,
            Place::RegisteredMinute => Field::RegisteredMinute,
            Place::NameServer => Field::NameServer,
            Place::Domain | Place::Host | Place::MailServer | Place::Target => return None,
        })
    }

    /// Where the values of a field of registrations stand.
    pub fn of_field(field: Field) -> Place {
        match field {
            Field::Email => Place::Email,
            Field::Name => Place::Name,
            Field::Organization => Place::Organization,
            Field::Phone => Place::Phone,
            Field::Fax => Place::Fax,
            Field::Street => Place::Street,
            Field::Handle => Place::Handle,
            Field::Registrar => Place::Registrar,
            Field::NameServers => Place::NameServers,
            Field::RegisteredMinute => Place::RegisteredMinute,
            Field::NameServer => Place::NameServer,
        }
    }

    /// A whole value as records hold it.
    pub fn fold(self, text: &str) -> String {
        match self.field() {
            _ if self.is_name() => match Name::from_unicode(text.trim()) {
                Ok(name) => name.to_string(),
                Err(_) => self.fold_part(text),
            },
            Some(field) => self.settle(field.fold(text)),
            None => self.fold_part(text),
        }
    }

    /// A part of a value as records hold it: nothing is dropped from its end.
    pub fn fold_part(self, text: &str) -> String {
        let folded = match self {
            Place::Name | Place::Organization => fold::street(text),
            Place::Registrar if !text.starts_with("iana:") => fold::street(text),
            Place::RegisteredMinute => return text.trim().to_owned(),
            _ if self.is_name() => text.trim().to_lowercase(),
            _ => self.field().map_or_else(|| text.to_lowercase(), |field| field.fold(text)),
        };
        self.settle(folded)
    }

    /// Lower case. The long s, which stays one in `to_lowercase`, becomes an s, so that what a regular expression takes
    /// for an ASCII letter without regard to case is one.
    pub fn settle(self, folded: String) -> String {
        if self == Place::RegisteredMinute {
            return folded;
        }
        if !folded.is_ascii() {
            return folded.to_lowercase().replace('ſ', "s");
        }
        if folded.bytes().any(|octet| octet.is_ascii_uppercase()) { folded.to_ascii_lowercase() } else { folded }
    }

    /// The same of a stored value, which nearly always is so already.
    pub fn settled(self, folded: &str) -> Cow<'_, str> {
        let is_settled = folded.bytes().all(|octet| octet.is_ascii() && !octet.is_ascii_uppercase());
        if is_settled { Cow::Borrowed(folded) } else { Cow::Owned(self.settle(folded.to_owned())) }
    }

    /// The place and role that a word names: `email`, `org`, `registrant.email`.
    pub(super) fn named(word: &str) -> Option<(Place, Option<Role>)> {
        let (role, field) = match word.split_once('.') {
            Some((role, field)) => {
                let known = Role::CONTACTS.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(role))?;
                (Some(known), field)
            }
            None => (None, word),
        };
        let field = if field.eq_ignore_ascii_case("org") { "organization" } else { field };
        let place = Place::ALL.iter().copied().find(|place| crate::query::value::same_word(place.as_str(), field))?;
        (role.is_none() || place.has_role()).then_some((place, role))
    }
}
