//! Values that a domain can have in common with others, and who shares them.

use std::{collections::BTreeMap, net::IpAddr};

use model::{
    Atom, Field, Name, PivotKind, Prefix, RecordType, Role, Span, Spell, atom::scoped_handle, evidence::Share,
};
use observations::{Record, Subject};

use crate::{
    error::Error,
    label::Label,
    profile::Profile,
    quality::{self, Assessment},
    view::{View, address_subject},
};

/// At most so many rows are read to list who shares a value.
pub const ROWS_MAX: usize = 5_000;

/// A value of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connector {
    /// Along which kind of step.
    pub kind: PivotKind,
    /// Where to look it up.
    pub key: Key,
    /// The value as written, to show.
    pub shown: String,
    /// In which role, for values of contacts.
    pub role: Option<Role>,
    /// When this domain had it; empty where the record does not say.
    pub spells: Vec<Spell>,
}

/// Where a value is looked up.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A folded value of registrations.
    Value(Field, String),
    /// An address in DNS.
    Address(IpAddr),
    /// A network in DNS.
    Network(Prefix),
    /// A name that records of a type point to.
    Target(RecordType, Name),
    /// Names at or below a domain.
    Within(Name),
}

/// A domain that shares a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharer {
    /// The registrable domain.
    pub domain: Name,
    /// Its names that have the value.
    pub names: Vec<Name>,
    /// When it had the value.
    pub spells: Vec<Spell>,
    /// First and last seen with it.
    pub span: Span,
}

/// How many share a value and whether that says anything.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The counts.
    pub share: Share,
    /// The labels that match.
    pub labels: Vec<Label>,
    /// The quality and its reason.
    pub assessment: Assessment,
}

/// The kinds whose values a registration states, with their field.
const REGISTRATION_KINDS: [(PivotKind, Field); 9] = [
    (PivotKind::Email, Field::Email),
    (PivotKind::Handle, Field::Handle),
    (PivotKind::Phone, Field::Phone),
    (PivotKind::Name, Field::Name),
    (PivotKind::Organization, Field::Organization),
    (PivotKind::Street, Field::Street),
    (PivotKind::NameServers, Field::NameServers),
    (PivotKind::RegisteredMinute, Field::RegisteredMinute),
    (PivotKind::Registrar, Field::Registrar),
];

/// The field of registrations that a kind of step follows.
pub fn field_of(kind: PivotKind) -> Option<Field> {
    REGISTRATION_KINDS.iter().find(|(of, _)| *of == kind).map(|(_, field)| *field)
}

/// The kind of step that follows a field of registrations.
pub fn kind_of(field: Field) -> Option<PivotKind> {
    REGISTRATION_KINDS.iter().find(|(_, of)| *of == field).map(|(kind, _)| *kind)
}

/// Every value of a domain in its current epoch that others may share.
pub fn connectors(profile: &Profile) -> Vec<Connector> {
    let mut all = registration_connectors(profile);
    for hosting in profile.hosting() {
        let prefix = network_of(hosting.address);
        let at = |kind, key, shown| Connector { kind, key, shown, role: None, spells: hosting.spells.clone() };
        all.push(at(PivotKind::Address, Key::Address(hosting.address), hosting.address.to_string()));
        all.push(at(PivotKind::Network, Key::Network(prefix), prefix.to_string()));
    }
    let target = |kind, rrtype, name: Name| Connector {
        kind,
        shown: name.to_string(),
        key: Key::Target(rrtype, name),
        role: None,
        spells: Vec::new(),
    };
    all.extend(
        profile.apex_targets(RecordType::MX).into_iter().map(|name| target(PivotKind::Mx, RecordType::MX, name)),
    );
    all.extend(profile.soa_mailboxes().into_iter().map(|name| target(PivotKind::SoaMailbox, RecordType::SOA, name)));
    if !all.iter().any(|connector| connector.kind == PivotKind::NameServers) {
        all.extend(delegation(profile));
    }
    all
}

/// The name servers that DNS states, where no registration does.
fn delegation(profile: &Profile) -> Option<Connector> {
    let servers: Vec<String> = profile.apex_targets(RecordType::NS).iter().map(Name::to_string).collect();
    let shown = servers.join(" ");
    let key = Key::Value(Field::NameServers, shown.clone());
    let role = Some(Role::Domain);
    (!servers.is_empty()).then(|| Connector { kind: PivotKind::NameServers, key, shown, role, spells: Vec::new() })
}

fn registration_connectors(profile: &Profile) -> Vec<Connector> {
    let mut found: BTreeMap<(PivotKind, String), Connector> = BTreeMap::new();
    for version in &profile.versions {
        let registration = &version.registration;
        for Atom { field, role, value } in registration.atoms() {
            let Some((kind, _)) = REGISTRATION_KINDS.iter().find(|(_, of)| *of == field) else { continue };
            let entry = found.entry((*kind, value.clone())).or_insert_with(|| {
                let shown = written(registration, field, role, &value);
                let key = Key::Value(field, value);
                Connector { kind: *kind, key, shown, role: Some(role), spells: Vec::new() }
            });
            entry.spells.extend(&version.seen.spells);
        }
    }
    found.into_values().collect()
}

/// A value as the record writes it, else folded.
fn written(registration: &model::Registration, field: Field, role: Role, folded: &str) -> String {
    let text = registration.contact(role).and_then(|contact| match field {
        Field::Email => contact.email.stated(),
        Field::Name => contact.name.stated(),
        Field::Organization => contact.organization.stated(),
        Field::Phone => contact.phone.stated(),
        Field::Street => contact.street.stated(),
        _ => None,
    });
    match (field, &registration.registrar) {
        (Field::Registrar, registrar) => registrar.name.clone().unwrap_or_else(|| folded.to_owned()),
        (Field::Handle, _) => {
            let contact = registration.contact(role);
            contact
                .and_then(|contact| Some(scoped_handle(contact.scope.as_ref(), contact.handle.stated()?)))
                .unwrap_or_else(|| folded.to_owned())
        }
        _ => text.unwrap_or(folded).to_owned(),
    }
}

/// The /24 or /48 of an address.
pub fn network_of(address: IpAddr) -> Prefix {
    let length = if address.is_ipv4() { 24 } else { 48 };
    Prefix::of(address, length).expect("24 and 48 fit their families")
}

impl Key {
    /// How many share the value and whether that says anything.
    pub fn standing(&self, kind: PivotKind, view: &View) -> Result<Standing, Error> {
        let share = self.share(view)?;
        let labels = self.labels(view);
        let assessment = quality::assess(kind, &share, &labels, &view.engine.weights);
        Ok(Standing { share, labels, assessment })
    }

    fn share(&self, view: &View) -> Result<Share, Error> {
        match self {
            Key::Value(field, value) => view.share_of_value(*field, None, value),
            _ => {
                let (subject, types) = self.subject();
                view.share(subject, &types)
            }
        }
    }

    /// The labels that match the value.
    pub fn labels(&self, view: &View) -> Vec<Label> {
        let labels = &view.engine.labels;
        match self {
            Key::Value(field, value) => labels.of_value(*field, value),
            Key::Address(address) => labels.of_address(*address),
            Key::Network(prefix) => labels.of_address(prefix.first()),
            Key::Target(RecordType::MX, name) => labels.of_mail_server(name),
            Key::Target(_, name) => labels.of_name_server(name),
            Key::Within(name) => labels.of_domain(name),
        }
    }

    fn subject(&self) -> (Subject, Vec<RecordType>) {
        match self {
            Key::Address(address) => {
                let (subject, rrtype) = address_subject(*address);
                (subject, vec![rrtype])
            }
            Key::Network(prefix) => (Subject::Prefix(*prefix), vec![RecordType::A, RecordType::AAAA]),
            Key::Target(rrtype, name) => (Subject::Target(name.clone()), vec![*rrtype]),
            Key::Within(name) => (Subject::Within(name.clone()), Vec::new()),
            Key::Value(..) => (Subject::Name(Name::root()), Vec::new()),
        }
    }

    /// Who shares the value, by registrable domain, and whether there are more than were read.
    pub fn sharers(&self, view: &View) -> Result<(Vec<Sharer>, bool), Error> {
        if let Key::Value(field, value) = self {
            let (hits, more) = view.registered_with(*field, None, value, ROWS_MAX)?;
            let rows = hits.into_iter().map(|hit| (hit.domain.clone(), hit.domain, hit.seen.span, hit.seen.spells));
            return Ok((group(rows), more));
        }
        let (subject, types) = self.subject();
        let (records, more) = view.records(subject, &types, ROWS_MAX)?;
        let wanted = records.into_iter().filter(|record| self.accepts(record));
        let rows = wanted.filter_map(|record| {
            let name = record.tuple.rrname;
            let span = record.sightings.iter().map(|(_, seen)| seen.span).reduce(Span::union)?;
            let spells = record.sightings.into_iter().flat_map(|(_, seen)| seen.spells).collect();
            Some((view.registrable(&name), name, span, spells))
        });
        Ok((group(rows), more))
    }

    /// A SOA stands under its primary server and its mailbox: the latter alone is shared here.
    fn accepts(&self, record: &Record) -> bool {
        match self {
            Key::Target(RecordType::SOA, mailbox) => {
                record.tuple.rdata.targets(RecordType::SOA).get(1) == Some(mailbox)
            }
            _ => true,
        }
    }
}

fn group(rows: impl Iterator<Item = (Name, Name, Span, Vec<Spell>)>) -> Vec<Sharer> {
    let mut sharers: BTreeMap<Name, Sharer> = BTreeMap::new();
    for (domain, name, span, spells) in rows {
        let sharer = sharers.entry(domain.clone()).or_insert_with(|| Sharer {
            domain,
            names: Vec::new(),
            spells: Vec::new(),
            span,
        });
        sharer.names.push(name);
        sharer.span = sharer.span.union(span);
        sharer.spells.extend(spells);
    }
    for sharer in sharers.values_mut() {
        sharer.names.sort();
        sharer.names.dedup();
    }
    sharers.into_values().collect()
}
