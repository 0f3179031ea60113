//! What an RDAP answer says it withheld: members `redacted` (RFC 9537 §4.2) and remarks on entities (RFC 9083 §10.2.1).
//!
//! A withheld field is marked as [`Disclosed::Redacted`], so that "withheld" and "never stated" stay apart. What an
//! answer shows in spite of saying that it removed it is believed.

use model::{Contact, Disclosed, Registration, Role};

use super::{
    document::{Notes, Object, objects, text},
    entity::{Entity, contact_role},
};
use crate::remark::RemarkKind;

/// A field of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
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

impl Part {
    fn of(self, contact: &mut Contact) -> &mut Disclosed {
        match self {
            Part::Handle => &mut contact.handle,
            Part::Name => &mut contact.name,
            Part::Organization => &mut contact.organization,
            Part::Email => &mut contact.email,
            Part::Phone => &mut contact.phone,
            Part::Fax => &mut contact.fax,
            Part::Street => &mut contact.street,
            Part::City => &mut contact.city,
            Part::State => &mut contact.state,
            Part::PostalCode => &mut contact.postal_code,
            Part::Country => &mut contact.country,
        }
    }
}

/// Marks the fields that members `redacted` name.
pub(super) fn apply(answer: &Object, registration: &mut Registration, notes: &mut Notes) {
    for (path, redacted) in objects(answer, "", "redacted", notes) {
        let Some((role, part)) = target(redacted) else {
            let name = name(redacted).unwrap_or("without a name");
            notes.member(&path, RemarkKind::NotUnderstood, &format!("redacted: {name}"));
            continue;
        };
        let Some(contact) = registration.contact_mut(role) else { continue };
        let method = text(redacted, "method").unwrap_or("removal").to_ascii_lowercase();
        if !mark(part.of(contact), &method, reason(redacted)) {
            notes.member(&path, RemarkKind::Conflict, "said to be removed, but it is there; it is believed");
        }
    }
}

/// Marks one field; no where the answer contradicts itself.
fn mark(field: &mut Disclosed, method: &str, reason: &str) -> bool {
    match (std::mem::take(field), method) {
        (Disclosed::Absent, _) => *field = Disclosed::Redacted(reason.to_owned()),
        // What stands there is a rest or a stand-in (RFC 9537 §3.3, §3.4).
        (Disclosed::Stated(text), "partialvalue" | "replacementvalue") => *field = Disclosed::Redacted(text),
        (Disclosed::Stated(text), _) => {
            *field = Disclosed::Stated(text);
            return false;
        }
        (other, _) => *field = other,
    }
    true
}

fn reason(redacted: &Object) -> &str {
    let reason = redacted.get("reason").and_then(|reason| reason.as_object());
    reason.and_then(|reason| text(reason, "description").or(text(reason, "type"))).unwrap_or("redacted")
}

fn name(redacted: &Object) -> Option<&str> {
    let name = redacted.get("name")?.as_object()?;
    text(name, "description").or(text(name, "type"))
}

/// Which field of which contact is meant: by the registered name (`Registrant Email`), else by the JSONPath.
fn target(redacted: &Object) -> Option<(Role, Part)> {
    let by_name = name(redacted).and_then(named);
    by_name.or_else(|| ["prePath", "postPath", "replacementPath"].iter().find_map(|key| located(text(redacted, key)?)))
}

/// Reads `Registrant Postal Code`, `Registry Tech ID`, `Admin Phone Ext` and the like.
fn named(name: &str) -> Option<(Role, Part)> {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split([' ', '/', '-', '_']).filter(|word| *word != "registry").collect();
    let role = words.iter().find_map(|word| contact_role(word))?;
    Some((role, PARTS.iter().find(|(word, _)| words.contains(word))?.1))
}

/// Ordered: the first word that occurs decides.
const PARTS: &[(&str, Part)] = &[
    ("id", Part::Handle),
    ("email", Part::Email),
    ("fax", Part::Fax),
    ("phone", Part::Phone),
    ("organization", Part::Organization),
    ("organisation", Part::Organization),
    ("street", Part::Street),
    ("city", Part::City),
    ("state", Part::State),
    ("province", Part::State),
    ("postal", Part::PostalCode),
    ("country", Part::Country),
    ("name", Part::Name),
];

/// Reads paths such as `$.entities[?(@.roles[0]=='registrant')].vcardArray[1][?(@[0]=='tel')][3]`.
fn located(path: &str) -> Option<(Role, Part)> {
    let quoted: Vec<&str> = path.split(['\'', '"']).skip(1).step_by(2).collect();
    let role = quoted.iter().find_map(|word| contact_role(word))?;
    let component = |index: &str| path.contains(&format!("[3][{index}]"));
    let part = match () {
        () if path.ends_with(".handle") => Part::Handle,
        () if quoted.contains(&"fn") => Part::Name,
        () if quoted.contains(&"org") => Part::Organization,
        () if quoted.contains(&"email") || quoted.contains(&"contact-uri") => Part::Email,
        () if quoted.contains(&"fax") => Part::Fax,
        () if quoted.contains(&"tel") => Part::Phone,
        () if quoted.contains(&"adr") && component("3") => Part::City,
        () if quoted.contains(&"adr") && component("4") => Part::State,
        () if quoted.contains(&"adr") && component("5") => Part::PostalCode,
        () if quoted.contains(&"adr") && component("6") => Part::Country,
        () if quoted.contains(&"adr") => Part::Street,
        () => return None,
    };
    Some((role, part))
}

/// Marks what is missing from a contact whose entity carries a remark that something was withheld.
pub(super) fn mark_remarked(entity: &Entity<'_>, contact: &mut Contact, notes: &mut Notes) {
    for (_, remark) in objects(entity.object, &entity.path, "remarks", notes) {
        let title = text(remark, "title").unwrap_or_default();
        let kind = text(remark, "type").unwrap_or_default();
        let said = format!("{title} {kind}").to_lowercase();
        if !(said.contains("redacted") || said.contains("truncated") && said.contains("authorization")) {
            continue;
        }
        let parts: &[Part] = match title.to_lowercase().starts_with("email") {
            true => &[Part::Email],
            false => &[Part::Name, Part::Email, Part::Phone, Part::Street],
        };
        let stands = if title.to_lowercase().contains("redacted") || kind.is_empty() { title } else { kind };
        for part in parts {
            let field = part.of(contact);
            if field.is_absent() {
                *field = Disclosed::Redacted(stands.to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_field_is_meant() {
        assert_eq!(named("Registrant Email"), Some((Role::Registrant, Part::Email)));
        assert_eq!(named("Registry Tech ID"), Some((Role::Tech, Part::Handle)));
        assert_eq!(named("Technical Phone Ext"), Some((Role::Tech, Part::Phone)));
        assert_eq!(named("Administrative State/Province"), Some((Role::Admin, Part::State)));
        assert_eq!(named("Registry Domain ID"), None);
        let path = "$.entities[?(@.roles[0]=='registrant')].vcardArray[1][?(@[0]=='adr')][3][3]";
        assert_eq!(located(path), Some((Role::Registrant, Part::City)));
        assert_eq!(located("$.entities[?(@.roles[0]=='technical')].handle"), Some((Role::Tech, Part::Handle)));
        assert_eq!(located("$.handle"), None);
    }

    #[test]
    fn what_is_shown_is_believed() {
        let stated = Disclosed::Stated("x".into());
        let mut field = stated.clone();
        assert!(!mark(&mut field, "removal", "privacy") && field == stated);
        assert!(mark(&mut field, "replacementvalue", "privacy") && field == Disclosed::Redacted("x".into()));
        let mut field = Disclosed::Absent;
        assert!(mark(&mut field, "emptyvalue", "privacy") && field == Disclosed::Redacted("privacy".into()));
    }
}
