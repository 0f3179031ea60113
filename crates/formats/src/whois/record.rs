//! From a draft to a registration.

use std::collections::HashMap;

use model::{
    Contact, Disclosed, Name, Registration, Role, Scope, Time, fold,
    registration::{Registrar, State},
};

use super::{
    Parsed,
    date::{self, Order},
    label::{DomainField, Field},
    line::{LINES_MAX, TEXT_MAX, lines},
    party::Party,
    peculiar,
    reader::{Draft, read},
    state,
};
use crate::{Remark, RemarkKind, remark::note};

/// How many statuses are kept.
const STATUSES_MAX: usize = 50;

/// Reads one answer of `server` about `domain`.
pub fn parse(text: &str, server: &str, domain: &Name) -> Parsed {
    let zone = peculiar::zone(domain);
    let peculiar = peculiar::of(server, &zone);
    let lines = lines(text);
    let mut draft = read(&lines, peculiar.contact, domain);
    let mut remarks = Vec::new();
    if lines.cut {
        let said = format!("read {TEXT_MAX} octets and {LINES_MAX} lines at most");
        note(&mut remarks, Remark::whole(RemarkKind::Limit, &said));
    }
    for (line, text) in &draft.unknown {
        note(&mut remarks, Remark::line(*line, RemarkKind::NotUnderstood, text));
    }
    let mut registration = registration(text, &mut draft, peculiar.order, &mut remarks);
    let scopes = Scopes::of(&registration, server, zone);
    scopes.apply(&mut registration, &draft);
    drop_own_name(&mut registration);
    registration.state = state_of(&registration, &draft, || state::of_text(&lines));
    let referral = draft.registrar.first(Field::Whois).and_then(host);
    let wait_seconds = (registration.state == State::Throttled).then(|| state::wait_seconds(text)).flatten();
    let understood = draft.lines - draft.unknown.len();
    Parsed { registration, referral, wait_seconds, remarks, lines: draft.lines, understood }
}

fn registration(text: &str, draft: &mut Draft<'_>, order: Order, remarks: &mut Vec<Remark>) -> Registration {
    let dates = Dates::of(draft, order_in(text, draft).unwrap_or(order), remarks);
    let [registrant, admin, tech, billing] = contacts(draft);
    let first = |field| draft.domain.iter().find(|(known, ..)| *known == field).map(|(_, text, _)| *text);
    Registration {
        domain: first(DomainField::Name).and_then(domain_name),
        state: State::Malformed,
        registry_id: first(DomainField::Id).map(str::to_owned),
        registrar: registrar(&draft.registrar, &draft.reseller),
        reseller: draft.reseller.called().map(str::to_owned),
        created: dates.created,
        updated: dates.updated,
        expires: dates.expires,
        statuses: statuses(draft),
        nameservers: draft.servers.take(),
        signed: first(DomainField::Signed).and_then(signed),
        registrant,
        admin,
        tech,
        billing,
    }
}

/// The order of day and month, where the answer's own dates or what it says of them tell.
fn order_in(text: &str, draft: &Draft<'_>) -> Option<Order> {
    let mut dates = draft.domain.iter().filter(|(field, ..)| is_date(*field)).map(|(_, text, _)| *text);
    dates.clone().find_map(date::order).or_else(|| dates.any(date::is_open).then(|| date::told_order(text))?)
}

fn is_date(field: DomainField) -> bool {
    matches!(field, DomainField::Created | DomainField::Updated | DomainField::Expires)
}

#[derive(Default)]
struct Dates {
    created: Option<Time>,
    updated: Option<Time>,
    expires: Option<Time>,
}

impl Dates {
    /// The first readable date of each kind; of updates that are listed one below the other, the latest.
    fn of(draft: &Draft<'_>, order: Order, remarks: &mut Vec<Remark>) -> Dates {
        let mut dates = Dates::default();
        let mut last_update = 0;
        for (field, text, line) in &draft.domain {
            let room = match field {
                DomainField::Created => &mut dates.created,
                DomainField::Updated => &mut dates.updated,
                DomainField::Expires => &mut dates.expires,
                _ => continue,
            };
            match date::parse(text, order) {
                Some(time) if room.is_none() || (*field == DomainField::Updated && *line == last_update + 1) => {
                    *room = (*room).max(Some(time));
                    last_update = if *field == DomainField::Updated { *line } else { last_update };
                }
                Some(_) => {}
                None if text.bytes().any(|b| matches!(b, b'1'..=b'9')) => {
                    note(remarks, Remark::line(*line, RemarkKind::BadValue, text));
                }
                None => {}
            }
        }
        dates
    }
}

/// Takes out a name server that is only the domain's own name, where there are others: some registries repeat the name
/// under a label "DNS".
fn drop_own_name(registration: &mut Registration) {
    if registration.nameservers.len() > 2
        && let Some(domain) = &registration.domain
    {
        registration.nameservers.retain(|server| server.name != *domain || !server.addresses.is_empty());
    }
}

/// The contacts, joined with the objects to which they refer.
fn contacts(draft: &Draft<'_>) -> [Contact; 4] {
    let mut objects: HashMap<String, &Party<'_>> = HashMap::new();
    for object in &draft.objects {
        if let Some(handle) = object.first(Field::Handle) {
            objects.entry(fold::handle(handle)).or_insert(object);
        }
    }
    [0, 1, 2, 3].map(|at| draft.contacts.get(at).map_or_else(Contact::default, |party| contact(party, &objects)))
}

fn contact(party: &Party<'_>, objects: &HashMap<String, &Party<'_>>) -> Contact {
    let mut references = party.all(Field::Handle).chain(party.first(Field::Text));
    let found = references.find_map(|handle| Some((handle, objects.get(&fold::handle(handle))?)));
    match found {
        Some((handle, object)) if party.is_reference(handle) => object.contact(),
        Some((_, object)) => filled(party.contact(), object.contact()),
        None => party.contact(),
    }
}

/// A contact, with what it lacks from the object to which it refers, and the handle of that.
fn filled(mut contact: Contact, object: Contact) -> Contact {
    contact.handle = object.handle;
    // One line named both: the object may tell who the person is.
    let name = if contact.name == contact.organization { std::mem::take(&mut contact.name) } else { Disclosed::Absent };
    let fields = [
        (&mut contact.name, object.name),
        (&mut contact.organization, object.organization),
        (&mut contact.email, object.email),
        (&mut contact.phone, object.phone),
        (&mut contact.fax, object.fax),
        (&mut contact.street, object.street),
        (&mut contact.city, object.city),
        (&mut contact.state, object.state),
        (&mut contact.postal_code, object.postal_code),
        (&mut contact.country, object.country),
    ];
    for (field, from) in fields {
        if field.is_absent() {
            *field = from;
        }
    }
    if contact.name.is_absent() {
        contact.name = name;
    }
    contact
}

/// The registrar; where an answer names only a "registration service provider", that is who is known.
fn registrar(party: &Party<'_>, reseller: &Party<'_>) -> Registrar {
    let text = |field| party.first(field).map(str::to_owned);
    Registrar {
        name: party.called().or(reseller.called()).map(|name| plain_name(name).to_owned()),
        iana_id: party.first(Field::Iana).and_then(|id| id.parse().ok()),
        url: text(Field::Url),
        whois_server: party.first(Field::Whois).and_then(host),
        abuse_email: text(Field::AbuseEmail),
        abuse_phone: text(Field::AbusePhone),
    }
}

/// A registrar's name without the id or address in brackets behind it.
fn plain_name(name: &str) -> &str {
    let Some((front, inner)) = name.strip_suffix([')', ']']).and_then(|rest| rest.rsplit_once(['(', '['])) else {
        return name;
    };
    let is_note = inner.contains("://") || inner.contains("www.") || inner.contains('=') || {
        inner.bytes().any(|b| b.is_ascii_digit()) && !inner.trim().contains(' ')
    };
    if is_note && !front.trim().is_empty() { front.trim() } else { name }
}

fn statuses(draft: &Draft<'_>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, text, _) in draft.domain.iter().filter(|(field, ..)| *field == DomainField::Status) {
        for status in text.split(", ").map(plain_status) {
            if !status.is_empty() && !found.iter().any(|known| known == status) && found.len() < STATUSES_MAX {
                found.push(status.to_owned());
            }
        }
    }
    found
}

/// A status without the address of its explanation.
fn plain_status(text: &str) -> &str {
    let end = [" http", " (", " -- "].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text).trim()
}

fn signed(text: &str) -> Option<bool> {
    let lower = text.to_ascii_lowercase();
    if ["unsigned", "no", "inactive", "false", "not", "disabled", "none", "nosigned"]
        .iter()
        .any(|w| lower.starts_with(w))
    {
        return Some(false);
    }
    ["signed", "yes", "active", "true", "enabled"].iter().any(|w| lower.starts_with(w)).then_some(true)
}

fn domain_name(text: &str) -> Option<Name> {
    let word = text.split_whitespace().next()?.trim_matches(['"', '\'']).trim_end_matches('.');
    Name::from_unicode(word).ok().filter(|name| !name.is_root())
}

/// A host to ask: a name with a dot, without scheme, port and path.
fn host(text: &str) -> Option<String> {
    let text = text.split_once("://").map_or(text, |(scheme, rest)| if scheme == "whois" { rest } else { "" });
    let name = text.split(['/', ':', ' ']).next()?.trim_end_matches('.').to_ascii_lowercase();
    let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (plain && name.contains('.') && Name::parse(name.as_bytes()).is_ok()).then_some(name)
}

/// Who gave out the handles of an answer.
struct Scopes {
    registry: Scope,
    plain: Scope,
}

impl Scopes {
    /// Plain handles are the registrar's where the answer comes from the registrar's own server.
    fn of(registration: &Registration, server: &str, zone: String) -> Scopes {
        let registrar = &registration.registrar;
        let registry = Scope::Registry(zone);
        let own = registrar.whois_server.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(server));
        let plain = match (registrar.iana_id, &registrar.name) {
            (Some(id), _) if own => Scope::Registrar(id),
            (None, Some(name)) if own => Scope::RegistrarNamed(fold::person(name)),
            _ => registry.clone(),
        };
        Scopes { registry, plain }
    }

    fn apply(&self, registration: &mut Registration, draft: &Draft<'_>) {
        for (role, party) in Role::CONTACTS.into_iter().zip(&draft.contacts) {
            if let Some(contact) = registration.contact_mut(role)
                && !contact.handle.is_absent()
            {
                let is_plain = party.first(Field::Handle).is_some() || party.first(Field::RegistryHandle).is_none();
                contact.scope = Some(if is_plain { self.plain.clone() } else { self.registry.clone() });
            }
        }
    }
}

/// Whether a status is "reserved" itself: "not available" beside a record only says that somebody has it.
fn is_reserved(draft: &Draft<'_>) -> bool {
    let is_status = |field: &DomainField| *field == DomainField::Status;
    draft.domain.iter().any(|(field, text, _)| is_status(field) && text.eq_ignore_ascii_case("reserved"))
}

fn state_of(registration: &Registration, draft: &Draft<'_>, text: impl FnOnce() -> State) -> State {
    let statuses = draft.domain.iter().filter(|(field, ..)| *field == DomainField::Status).map(|(_, text, _)| *text);
    let said = state::of_statuses(statuses);
    let has_record = registration.created.is_some()
        || registration.expires.is_some()
        || !registration.nameservers.is_empty()
        || registration.registrar.name.is_some()
        || !draft.contacts.iter().all(Party::is_empty);
    match said {
        Some(said) if !has_record || said == State::Redemption || is_reserved(draft) => said,
        None if !has_record => text(),
        _ => State::Registered,
    }
}
