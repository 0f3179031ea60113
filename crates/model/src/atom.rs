//! The searchable values of a registration.
//!
//! An [`Atom`] is (field, role, folded value): what reverse WHOIS finds and Tracks match. Redacted, proxy and absent
//! values make none, so that no search and no track matches the world.

use serde::{Deserialize, Serialize};

use crate::{
    fold,
    registration::{Contact, Registration, Role, Scope},
    source::words,
};

/// A field of a registration that can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// E-mail address.
    Email,
    /// Person's name.
    Name,
    /// Organisation.
    Organization,
    /// Telephone number.
    Phone,
    /// Fax number.
    Fax,
    /// Street lines.
    Street,
    /// Handle with its scope, as `registrar:4711/C-123`.
    Handle,
    /// Registrar: `iana:` and its number, or its folded name.
    Registrar,
    /// One name server.
    NameServer,
    /// All name servers, sorted, joined by blanks.
    NameServers,
    /// Minute of creation at one registrar: `iana:4711 2026-01-31T23:59`.
    RegisteredMinute,
}

words!(Field, "field",
    "email, name, organization, phone, fax, street, handle, registrar, name-server, name-servers, registered-minute",
    "email" => Field::Email, "name" => Field::Name, "organization" => Field::Organization, "phone" => Field::Phone,
    "fax" => Field::Fax, "street" => Field::Street, "handle" => Field::Handle, "registrar" => Field::Registrar,
    "name-server" => Field::NameServer, "name-servers" => Field::NameServers,
    "registered-minute" => Field::RegisteredMinute);

/// One searchable value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom {
    /// Of which field.
    pub field: Field,
    /// In which role.
    pub role: Role,
    /// The folded value; never empty.
    pub value: String,
}

impl Field {
    /// Folds a value that a person typed for this field, so that it equals what atoms hold.
    pub fn fold(self, text: &str) -> String {
        match self {
            Field::Email => fold::email(text),
            Field::Name | Field::Organization => fold::person(text),
            Field::Phone | Field::Fax => fold::phone(text),
            Field::Street => fold::street(text),
            Field::Handle => match text.split_once('/') {
                Some((scope, handle)) => format!("{}/{}", scope.trim().to_lowercase(), fold::handle(handle)),
                None => fold::handle(text),
            },
            Field::Registrar | Field::RegisteredMinute if text.starts_with("iana:") => text.trim().to_owned(),
            Field::Registrar => fold::person(text),
            Field::NameServer | Field::NameServers => text.trim().to_lowercase(),
            Field::RegisteredMinute => text.trim().to_owned(),
        }
    }
}

/// The folded form of a handle with its scope.
pub fn scoped_handle(scope: Option<&Scope>, handle: &str) -> String {
    match scope {
        Some(scope) => format!("{}/{}", scope.to_string().to_lowercase(), fold::handle(handle)),
        None => fold::handle(handle),
    }
}

impl Registration {
    /// All searchable values, without repeats, in order.
    pub fn atoms(&self) -> Vec<Atom> {
        let mut atoms = Vec::new();
        for role in Role::CONTACTS {
            if let Some(contact) = self.contact(role) {
                contact_atoms(contact, role, &mut atoms);
            }
        }
        self.domain_atoms(&mut atoms);
        atoms.retain(|atom| !atom.value.is_empty());
        atoms.sort();
        atoms.dedup();
        atoms
    }

    /// How the registrar is named in atoms, where the record names it.
    pub fn registrar_key(&self) -> Option<String> {
        let by_name = || self.registrar.name.as_deref().map(fold::person);
        self.registrar.iana_id.map(|id| format!("iana:{id}")).or_else(by_name).filter(|key| !key.is_empty())
    }

    fn domain_atoms(&self, atoms: &mut Vec<Atom>) {
        let mut push = |field, value: String| atoms.push(Atom { field, role: Role::Domain, value });
        let mut servers: Vec<String> = self.nameservers.iter().map(|server| server.name.to_string()).collect();
        servers.sort();
        servers.dedup();
        push(Field::NameServers, servers.join(" "));
        for server in servers {
            push(Field::NameServer, server);
        }
        let Some(registrar) = self.registrar_key() else { return };
        // A record that states only a day makes no minute: midnight would join strangers.
        if let Some(created) = self.created.filter(|created| created.0 % crate::time::DAY != 0) {
            push(Field::RegisteredMinute, format!("{registrar} {}", &created.to_string()[..16]));
        }
        push(Field::Registrar, registrar);
    }
}

fn contact_atoms(contact: &Contact, role: Role, atoms: &mut Vec<Atom>) {
    let fields = [
        (Field::Name, &contact.name),
        (Field::Organization, &contact.organization),
        (Field::Email, &contact.email),
        (Field::Phone, &contact.phone),
        (Field::Fax, &contact.fax),
        (Field::Street, &contact.street),
    ];
    for (field, disclosed) in fields {
        if let Some(text) = disclosed.stated() {
            atoms.push(Atom { field, role, value: field.fold(text) });
        }
    }
    if let Some(handle) = contact.handle.stated() {
        atoms.push(Atom { field: Field::Handle, role, value: scoped_handle(contact.scope.as_ref(), handle) });
    }
}
