//! The domain object (RFC 9083 §5.3).

use std::net::IpAddr;

use model::{
    Name, Registration, Role, Scope, Time, fold,
    registration::{Contact, NameServer, Registrar},
};
use serde_json::Value;

use super::{
    Giver,
    document::{Notes, Object, list, number, objects, text, texts},
    entity::{self, Entity},
    link, redaction, status,
};
use crate::remark::RemarkKind;

/// Reads a domain object as far as it goes.
pub(super) fn read(answer: &Object, url: &str, domain: &Name, giver: Option<Giver>, notes: &mut Notes) -> Registration {
    let statuses: Vec<String> = texts(answer, "status").map(status::epp).collect();
    let entities = entity::all(answer, notes);
    let mut registration = Registration {
        domain: own_name(answer, "", notes),
        state: status::state(&statuses),
        registry_id: text(answer, "handle").map(str::to_owned),
        registrar: registrar(answer, &entities),
        reseller: entities.iter().find(|entity| entity.has_role("reseller")).and_then(Entity::title).map(str::to_owned),
        statuses,
        nameservers: nameservers(answer, notes),
        signed: signed(answer),
        ..Registration::default()
    };
    if registration.domain.as_ref().is_some_and(|own| own != domain) {
        notes.member("ldhName", RemarkKind::Conflict, &format!("asked for {domain}, answered another name"));
    }
    read_events(answer, &mut registration, notes);
    let giver = giver.unwrap_or_else(|| guess_giver(answer, url, &registration));
    if giver == Giver::Registrar {
        registration.registrar.whois_server = text(answer, "port43").map(str::to_lowercase);
    }
    read_contacts(&entities, domain, giver, &mut registration, notes);
    redaction::apply(answer, &mut registration, notes);
    registration
}

/// `ldhName`, else `unicodeName`.
fn own_name(object: &Object, path: &str, notes: &mut Notes) -> Option<Name> {
    let written = ["ldhName", "unicodeName"].iter().find_map(|key| text(object, key))?;
    match Name::from_unicode(written) {
        Ok(name) => Some(name),
        Err(error) => {
            notes.member(path, RemarkKind::BadValue, &format!("name `{written}`: {error}"));
            None
        }
    }
}

/// The registrar's entity, with the abuse contact in it or beside it.
fn registrar(answer: &Object, entities: &[Entity<'_>]) -> Registrar {
    let own = entities.iter().find(|entity| entity.has_role("registrar"));
    let abuse_of = |inner: bool| {
        let within = move |entity: &&Entity<'_>| match inner {
            true => entity.above.iter().any(|role| role == "registrar"),
            false => entity.above.is_empty(),
        };
        entities.iter().filter(within).find(|entity| entity.has_role("abuse")).map(|entity| &entity.card)
    };
    let abuse = abuse_of(true).or(abuse_of(false));
    let name = own.and_then(|entity| entity.card.name.as_deref().or(entity.title())).map(str::to_owned);
    Registrar {
        iana_id: own.and_then(|entity| iana_id(entity.object, name.as_deref())).or(iana_id(answer, name.as_deref())),
        url: own.and_then(|entity| entity.card.url.clone().or_else(|| link::about(entity.object))),
        whois_server: None,
        abuse_email: abuse.and_then(|card| card.email.clone()),
        abuse_phone: abuse.and_then(|card| card.phone.clone()),
        name,
    }
}

/// The number in `publicIds` (RFC 9083 §4.8), whose type is `IANA Registrar ID`, or wrongly the registrar's name.
fn iana_id(object: &Object, registrar: Option<&str>) -> Option<u32> {
    list(object, "publicIds").iter().filter_map(Value::as_object).find_map(|id| {
        let kind = text(id, "type")?;
        let fits =
            kind.to_lowercase().contains("iana") || registrar.is_some_and(|name| kind.eq_ignore_ascii_case(name));
        number(id.get("identifier")?).filter(|_| fits)
    })
}

/// `nameservers` (RFC 9083 §5.2); some servers write `nameServers`, some plain names.
fn nameservers(answer: &Object, notes: &mut Notes) -> Vec<NameServer> {
    let key = if answer.contains_key("nameservers") { "nameservers" } else { "nameServers" };
    let mut found: Vec<NameServer> = Vec::new();
    for (index, element) in list(answer, key).iter().enumerate() {
        let path = format!("{key}[{index}]");
        let server = match element {
            Value::Object(server) => own_name(server, &path, notes).map(|name| (name, glue(server, &path, notes))),
            Value::String(name) => Name::from_unicode(name.trim()).ok().map(|name| (name, Vec::new())),
            _ => None,
        };
        match server {
            Some((name, addresses)) if name.label_count() > 1 => found.push(NameServer { name, addresses }),
            _ => notes.member(&path, RemarkKind::BadValue, &format!("not a name server: {element}")),
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.name == b.name);
    found
}

fn glue(server: &Object, path: &str, notes: &mut Notes) -> Vec<IpAddr> {
    let Some(addresses) = server.get("ipAddresses").and_then(Value::as_object) else { return Vec::new() };
    let mut found = Vec::new();
    for written in texts(addresses, "v4").chain(texts(addresses, "v6")) {
        match written.parse() {
            Ok(address) => found.push(address),
            Err(_) => notes.member(path, RemarkKind::BadValue, &format!("not an address: {written}")),
        }
    }
    found.sort();
    found.dedup();
    found
}

fn signed(answer: &Object) -> Option<bool> {
    let secure = answer.get("secureDNS")?.as_object()?;
    match secure.get("delegationSigned") {
        Some(Value::Bool(signed)) => Some(*signed),
        Some(Value::String(text)) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => (!list(secure, "dsData").is_empty()).then_some(true),
    }
}

/// Events (RFC 9083 §4.5) of the domain itself; of several of one kind the first stands.
fn read_events(answer: &Object, registration: &mut Registration, notes: &mut Notes) {
    let mut registrar_expires = None;
    for (action, moment) in events(answer, notes) {
        let slot = match action.as_str() {
            "registration" => &mut registration.created,
            "expiration" => &mut registration.expires,
            "last changed" | "last update" => &mut registration.updated,
            "registrar expiration" => &mut registrar_expires,
            _ => continue,
        };
        slot.get_or_insert(moment);
    }
    registration.expires = registration.expires.or(registrar_expires);
}

/// The events of an object: action in lower case, and moment.
pub(super) fn events(object: &Object, notes: &mut Notes) -> Vec<(String, Time)> {
    let mut found = Vec::new();
    for (path, event) in objects(object, "", "events", notes) {
        let Some(action) = text(event, "eventAction") else { continue };
        let Some(date) = text(event, "eventDate") else { continue };
        match date.parse() {
            Ok(moment) => found.push((action.to_lowercase(), moment)),
            Err(error) => notes.member(&path, RemarkKind::BadValue, &format!("{action} `{date}`: {error}")),
        }
    }
    found
}

/// Where nobody says whose answer it is: a registrar answers from the domain that its own web or mail addresses are in.
/// An answer that came without its URL is asked where it says it stands.
fn guess_giver(answer: &Object, url: &str, registration: &Registration) -> Giver {
    let own = [&registration.registrar.url, &registration.registrar.abuse_email];
    let site = link::site(url).or_else(|| link::site(&link::own(answer)?));
    let same = own.into_iter().flatten().any(|text| site.is_some() && link::site(text) == site);
    if same { Giver::Registrar } else { Giver::Registry }
}

fn read_contacts(
    entities: &[Entity<'_>],
    domain: &Name,
    giver: Giver,
    registration: &mut Registration,
    notes: &mut Notes,
) {
    // A contact within the registrar's entity is the registrar's.
    let of_domain = |entity: &&Entity<'_>| !entity.above.iter().any(|role| role == "registrar" || role == "reseller");
    for entity in entities.iter().filter(of_domain) {
        for role in entity.roles.iter().filter_map(|role| entity::contact_role(role)) {
            let mut contact = entity::contact(entity);
            redaction::mark_remarked(entity, &mut contact, notes);
            contact.scope = scope(&contact, domain, giver, registration);
            set_contact(registration, role, contact, &entity.path, notes);
        }
    }
}

/// Of two contacts in one role the fuller one stands, of equals the first.
fn set_contact(registration: &mut Registration, role: Role, contact: Contact, path: &str, notes: &mut Notes) {
    let Some(slot) = registration.contact_mut(role) else { return };
    if *slot != Contact::default() {
        notes.member(path, RemarkKind::Conflict, &format!("a second {role} contact; the fuller one stands"));
    }
    if *slot == Contact::default() || fullness(&contact) > fullness(slot) {
        *slot = contact;
    }
}

fn fullness(contact: &Contact) -> usize {
    let fields = [&contact.name, &contact.organization, &contact.email, &contact.phone, &contact.street];
    fields.iter().filter(|field| field.stated().is_some()).count()
}

/// Who gave out the handle. A registrar that passes on a registry's handle is known by the repository's name at its
/// end, which is that of the domain's own id (RFC 5730 §2.8).
fn scope(contact: &Contact, domain: &Name, giver: Giver, registration: &Registration) -> Option<Scope> {
    let handle = contact.handle.stated()?;
    let repository = |id: &str| id.rsplit_once('-').map(|(_, repository)| repository.to_ascii_uppercase());
    let own = registration.registry_id.as_deref().and_then(repository);
    if giver == Giver::Registry || (own.is_some() && own == repository(handle)) {
        return Some(Scope::Registry(domain.parent()?.to_string()));
    }
    let registrar = &registration.registrar;
    let named = || registrar.name.as_deref().map(|name| Scope::RegistrarNamed(fold::person(name)));
    registrar.iana_id.map(Scope::Registrar).or_else(named)
}
