//! Entities (RFC 9083 §5.1): who stands in which role to an object.

use model::{Contact, Disclosed, Role};
use serde_json::Value;

use super::{
    document::{Notes, Object, objects, text, texts},
    jcard::{self, Card},
};
use crate::{
    disclosure::{disclosed, disclosed_email, spread_proxy},
    remark::RemarkKind,
};

/// How deep entities may stand within entities.
const NESTING_MAX: usize = 4;
/// How many entities of one answer are read.
const ENTITIES_MAX: usize = 500;

/// One entity of an answer, wherever it stood.
#[derive(Debug)]
pub(super) struct Entity<'a> {
    pub(super) object: &'a Object,
    pub(super) path: String,
    /// Lower case.
    pub(super) roles: Vec<String>,
    /// The roles of the entities that it stands in, lower case.
    pub(super) above: Vec<String>,
    pub(super) card: Card,
}

impl Entity<'_> {
    pub(super) fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }

    pub(super) fn handle(&self) -> Option<&str> {
        text(self.object, "handle").filter(|handle| !handle.eq_ignore_ascii_case("not applicable"))
    }

    /// What people would call it: the organisation, else the name.
    pub(super) fn title(&self) -> Option<&str> {
        self.card.organization.as_deref().or(self.card.name.as_deref())
    }
}

/// All entities of an answer, outer before inner.
pub(super) fn all<'a>(answer: &'a Object, notes: &mut Notes) -> Vec<Entity<'a>> {
    let mut found: Vec<Entity<'a>> = Vec::new();
    let mut level: Vec<(String, &'a Object, Vec<String>)> = vec![(String::new(), answer, Vec::new())];
    for depth in 0..=NESTING_MAX {
        let mut inner = Vec::new();
        for (path, object, above) in &level {
            for (path, object) in objects(object, path, "entities", notes) {
                if depth == NESTING_MAX || found.len() == ENTITIES_MAX {
                    notes.member(&path, RemarkKind::Limit, "too many entities or too deep; the rest was not read");
                    return joined(found);
                }
                let entity = one(object, path, above.clone(), notes);
                let above = entity.above.iter().chain(&entity.roles).cloned().collect();
                inner.push((entity.path.clone(), object, above));
                found.push(entity);
            }
        }
        level = inner;
    }
    joined(found)
}

fn one<'a>(object: &'a Object, path: String, above: Vec<String>, notes: &mut Notes) -> Entity<'a> {
    let card = match object.get("vcardArray") {
        None | Some(Value::Null) => Card::default(),
        Some(card) => jcard::read(card, &format!("{path}.vcardArray"), notes),
    };
    let roles = texts(object, "roles").map(str::to_lowercase).collect();
    Entity { object, path, roles, above, card }
}

/// Gives entities without a card the card of another with the same handle: some servers write each person once.
fn joined(mut entities: Vec<Entity<'_>>) -> Vec<Entity<'_>> {
    for at in 0..entities.len() {
        let Some(entity) = entities.get(at).filter(|entity| entity.card == Card::default()) else { continue };
        let Some(handle) = entity.handle() else { continue };
        let same = entities.iter().find(|other| other.card != Card::default() && other.handle() == Some(handle));
        if let Some(card) = same.map(|other| other.card.clone())
            && let Some(entity) = entities.get_mut(at)
        {
            entity.card = card;
        }
    }
    entities
}

/// The contact role of an RDAP role (RFC 9083 §10.2.4), with spellings that are met.
pub(super) fn contact_role(role: &str) -> Option<Role> {
    match role {
        "registrant" | "holder" | "owner" => Some(Role::Registrant),
        "administrative" | "admin" => Some(Role::Admin),
        "technical" | "tech" => Some(Role::Tech),
        "billing" => Some(Role::Billing),
        _ => None,
    }
}

/// The entity as a contact; the handle's scope is the caller's to say.
pub(super) fn contact(entity: &Entity<'_>) -> Contact {
    let card = &entity.card;
    let of = |text: &Option<String>| text.as_deref().map(disclosed).unwrap_or_default();
    let mut contact = Contact {
        handle: entity.handle().map(disclosed).unwrap_or_default(),
        scope: None,
        name: of(&card.name),
        organization: of(&card.organization),
        email: email(card),
        phone: of(&card.phone),
        fax: of(&card.fax),
        street: of(&card.street),
        city: of(&card.city),
        state: of(&card.state),
        postal_code: of(&card.postal_code),
        country: of(&card.country),
    };
    spread_proxy(&mut contact);
    contact
}

/// The e-mail address; where only a way to reach the holder is given (RFC 8605 §2.1), the address is withheld.
fn email(card: &Card) -> Disclosed {
    let uri = card.contact_uri.as_deref().map(|uri| uri.strip_prefix("mailto:").unwrap_or(uri));
    card.email.as_deref().or(uri).map(disclosed_email).unwrap_or_default()
}
