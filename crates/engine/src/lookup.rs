//! Everything known of a value, in a fixed order: how well we know it, first and last seen, age, who registered it,
//! where it points and who shares that, labels, the best next steps, then history.

use std::{collections::BTreeMap, net::IpAddr};

use model::{
    Indicator, Name, PivotKind, Prefix, Quality, Rdata, RecordType, Registration, Role, Seen, SourceId, Span, Time,
    evidence::Share,
};
use observations::{Record, Subject, Version};
use serde::Serialize;

use crate::{
    connector::{Connector, Key, connectors},
    error::Error,
    network::{self, NetworkRow},
    pivot::{self, PivotRow, PivotValue},
    profile::Profile,
    quality::{self, grouped},
    view::{Denominator, View},
};

/// At most so many rows of history are read.
pub const HISTORY_MAX: usize = 1_000;

/// What is known of a value.
#[derive(Clone, Debug, Serialize)]
pub struct Lookup {
    /// The value in canonical form.
    pub value: String,
    /// Its type.
    pub kind: String,
    /// The registrable domain, for hosts.
    pub domain: Option<Name>,
    /// How well we know it, in words.
    pub known: String,
    /// First and last seen in passive DNS.
    pub seen: Option<(Time, Time)>,
    /// Days since the domain was registered.
    pub age_days: Option<i64>,
    /// The current registration.
    pub registration: Option<Registration>,
    /// Addresses, newest first.
    pub addresses: Vec<AddressRow>,
    /// The block of an address.
    pub network: Option<NetworkRow>,
    /// Labels of the value and of what it points to, with the list that says so.
    pub labels: Vec<String>,
    /// The best next steps.
    pub pivots: Vec<PivotValue>,
    /// Who shares the value, for addresses, e-mail addresses and prefixes.
    pub sharers: Vec<PivotRow>,
    /// Records, newest first.
    pub records: Vec<RecordRow>,
    /// Versions of the registration, oldest first.
    pub versions: Vec<VersionRow>,
    /// There is more than was read.
    pub more: bool,
    /// Out of what this was answered.
    pub denominator: Denominator,
}

/// An address and who else is there.
#[derive(Clone, Debug, Serialize)]
pub struct AddressRow {
    /// The address.
    pub address: IpAddr,
    /// Its block, where anybody said.
    pub network: Option<NetworkRow>,
    /// Names of the domain that had it.
    pub names: Vec<Name>,
    /// First seen.
    pub first: Time,
    /// Last seen.
    pub last: Time,
    /// How many domains share it.
    pub share: Share,
    /// Whether sharing it says anything.
    pub quality: Quality,
    /// Why.
    pub reason: String,
}

/// A record with its times.
#[derive(Clone, Debug, Serialize)]
pub struct RecordRow {
    /// Owner name.
    pub rrname: Name,
    /// Record type.
    pub rrtype: RecordType,
    /// Record data in presentation form.
    pub rdata: String,
    /// First seen.
    pub first: Time,
    /// Last seen.
    pub last: Time,
    /// How often.
    pub count: u64,
    /// Active periods: first, last, and whether somebody merely reported it.
    pub spells: Vec<(Time, Time, bool)>,
    /// The sources that say so.
    pub sources: Vec<String>,
}

/// A version of a registration with its times.
#[derive(Clone, Debug, Serialize)]
pub struct VersionRow {
    /// First seen to say this.
    pub first: Time,
    /// Last seen to say this.
    pub last: Time,
    /// Who says so.
    pub source: String,
    /// An owner before the current one.
    pub earlier_owner: bool,
    /// What it says.
    pub registration: Registration,
}

impl Lookup {
    /// Whether anything at all is known.
    pub fn found(&self) -> bool {
        self.registration.is_some()
            || !self.records.is_empty()
            || !self.versions.is_empty()
            || !self.sharers.is_empty()
            || self.network.is_some()
    }
}

/// Answers what the store knows of a value.
pub fn lookup(view: &View, indicator: &Indicator, now: Time) -> Result<Lookup, Error> {
    match indicator {
        Indicator::Host(host) => of_host(view, indicator, host.name(), now),
        Indicator::Address(address) => of_address(view, indicator, *address),
        Indicator::Cidr(prefix) => of_prefix(view, indicator, *prefix),
        Indicator::EmailAddress(_) => of_value(view, indicator, PivotKind::Email),
        other => Ok(empty(view, other)),
    }
}

fn empty(view: &View, indicator: &Indicator) -> Lookup {
    Lookup {
        value: indicator.canonical(),
        kind: indicator.kind().to_string(),
        domain: None,
        known: "not known here".into(),
        seen: None,
        age_days: None,
        registration: None,
        addresses: Vec::new(),
        network: None,
        labels: Vec::new(),
        pivots: Vec::new(),
        sharers: Vec::new(),
        records: Vec::new(),
        versions: Vec::new(),
        more: false,
        denominator: view.denominator(),
    }
}

fn of_host(view: &View, indicator: &Indicator, name: &Name, now: Time) -> Result<Lookup, Error> {
    let domain = view.registrable(name);
    let profile = Profile::read(view, &domain)?;
    let own: Vec<&Record> = profile.records.iter().filter(|record| record.tuple.rrname.is_within(name)).collect();
    let seen = profile.seen_in_dns(|source| !view.is_lookup(source)).map(ends);
    Ok(Lookup {
        known: known(view, &own, &profile),
        seen,
        age_days: profile.since.map(|since| now.days_since(since)),
        registration: profile.current().cloned(),
        addresses: addresses(view, &profile)?,
        labels: labels(view, &profile, name),
        pivots: best_pivots(view, &profile)?,
        records: record_rows(view, own),
        versions: version_rows(view, &profile),
        more: profile.more_records,
        domain: Some(domain),
        ..empty(view, indicator)
    })
}

fn of_address(view: &View, indicator: &Indicator, address: IpAddr) -> Result<Lookup, Error> {
    let (subject, _) = crate::view::address_subject(address);
    let network = network::of_address(view, address)?;
    Ok(Lookup { network, ..of_shared(view, indicator, PivotKind::Address, Key::Address(address), subject)? })
}

fn of_prefix(view: &View, indicator: &Indicator, prefix: Prefix) -> Result<Lookup, Error> {
    of_shared(view, indicator, PivotKind::Network, Key::Network(prefix), Subject::Prefix(prefix))
}

fn of_shared(view: &View, indicator: &Indicator, kind: PivotKind, key: Key, subject: Subject) -> Result<Lookup, Error> {
    let (records, more_records) = view.records(subject, &[], HISTORY_MAX)?;
    let base = of_key(view, indicator, kind, key)?;
    let seen = records.iter().flat_map(|record| &record.sightings).map(|(_, seen)| seen.span).reduce(Span::union);
    let more = base.more || more_records;
    Ok(Lookup { seen: seen.map(ends), records: record_rows(view, records.iter().collect()), more, ..base })
}

fn of_value(view: &View, indicator: &Indicator, kind: PivotKind) -> Result<Lookup, Error> {
    let field = crate::connector::field_of(kind).expect("asked for kinds of registrations only");
    of_key(view, indicator, kind, Key::Value(field, field.fold(&indicator.canonical())))
}

fn of_key(view: &View, indicator: &Indicator, kind: PivotKind, key: Key) -> Result<Lookup, Error> {
    let connector = Connector { kind, key, shown: indicator.canonical(), role: None, spells: Vec::new() };
    let value = pivot::step(view, &connector, true)?;
    let labels =
        connector.key.labels(view).into_iter().map(|label| format!("{} ({})", label.kind.as_str(), label.source));
    Ok(Lookup {
        known: quality::describe(&value.share),
        labels: labels.collect(),
        sharers: value.rows.clone(),
        more: value.more,
        pivots: vec![PivotValue { rows: Vec::new(), ..value }],
        ..empty(view, indicator)
    })
}

/// How well we know a host, in words.
fn known(view: &View, records: &[&Record], profile: &Profile) -> String {
    let mut sources: Vec<SourceId> =
        records.iter().flat_map(|record| record.sightings.iter().map(|(source, _)| *source)).collect();
    sources.extend(profile.versions.iter().chain(&profile.earlier).map(|version| version.source));
    sources.sort();
    sources.dedup();
    let mut names: Vec<&Name> = records.iter().map(|record| &record.tuple.rrname).collect();
    names.dedup();
    let versions = profile.versions.len() + profile.earlier.len();
    if sources.is_empty() {
        return format!("not known here, in {}", searched(view));
    }
    let plural =
        |count: usize, one: &str| format!("{} {one}{}", grouped(count as u64), if count == 1 { "" } else { "s" });
    let records = plural(records.len(), "record");
    let (names, versions) = (plural(names.len(), "name"), plural(versions, "registration version"));
    format!("{records} of {names}, {versions}, from {}", plural(sources.len(), "source"))
}

/// What a "nothing found" was looked for in.
pub fn searched(view: &View) -> String {
    searched_in(&view.denominator())
}

/// The same of a denominator that is known already.
pub fn searched_in(denominator: &Denominator) -> String {
    let newest = denominator.newest.map_or("nothing observed yet".into(), |newest| format!("newest {newest}"));
    format!(
        "{} sources with about {} domains in DNS and {} registrations, {newest}",
        denominator.sources.len(),
        grouped(denominator.dns_domains),
        grouped(denominator.registrations),
    )
}

fn addresses(view: &View, profile: &Profile) -> Result<Vec<AddressRow>, Error> {
    let mut rows = Vec::new();
    for hosting in profile.hosting() {
        let standing = Key::Address(hosting.address).standing(PivotKind::Address, view)?;
        let Some(span) = hosting.spells.iter().map(|spell| spell.span).reduce(Span::union) else { continue };
        rows.push(AddressRow {
            address: hosting.address,
            network: network::of_address(view, hosting.address)?,
            names: hosting.names,
            first: span.first(),
            last: span.last(),
            share: standing.share,
            quality: standing.assessment.quality,
            reason: standing.assessment.reason,
        });
    }
    rows.sort_by_key(|row| (std::cmp::Reverse(row.last), row.address));
    Ok(rows)
}

fn labels(view: &View, profile: &Profile, name: &Name) -> Vec<String> {
    let own = view.engine.labels.of_domain(name).into_iter().map(|label| (name.to_string(), label));
    let values = connectors(profile).into_iter();
    let theirs = values.flat_map(|connector| {
        connector.key.labels(view).into_iter().map(move |label| (connector.shown.clone(), label))
    });
    let mut labels: Vec<String> = own
        .chain(theirs)
        .map(|(value, label)| format!("{value}: {} ({})", label.kind.as_str(), label.source))
        .collect();
    labels.sort();
    labels.dedup();
    labels
}

/// The three values that say most: selective before unmeasured, the fewest sharers that are more than the domain
/// itself first.
fn best_pivots(view: &View, profile: &Profile) -> Result<Vec<PivotValue>, Error> {
    let mut values = Vec::new();
    for connector in connectors(profile) {
        let value = pivot::step(view, &connector, false)?;
        if matches!(value.quality, Quality::Selective | Quality::Unmeasured) && value.share.known > 1 {
            values.push(value);
        }
    }
    values.sort_by_key(|value| (value.quality, value.share.known, value.kind));
    values.truncate(3);
    Ok(values)
}

/// One row for each record, whatever zone said it; newest first.
fn record_rows(view: &View, records: Vec<&Record>) -> Vec<RecordRow> {
    type Content<'a> = (&'a Name, RecordType, &'a Rdata);
    let mut together: BTreeMap<Content<'_>, Vec<&(SourceId, Seen)>> = BTreeMap::new();
    for record in records {
        let tuple = &record.tuple;
        together.entry((&tuple.rrname, tuple.rrtype, &tuple.rdata)).or_default().extend(&record.sightings);
    }
    let mut rows: Vec<RecordRow> = together
        .into_iter()
        .filter_map(|((rrname, rrtype, rdata), sightings)| {
            Some(RecordRow { rrname: rrname.clone(), rrtype, rdata: rdata.text(rrtype), ..times(view, sightings)? })
        })
        .collect();
    rows.sort_by(|a, b| b.last.cmp(&a.last).then_with(|| a.rrname.cmp(&b.rrname)));
    rows
}

/// Times and counts of a row: passive sightings where there are any, our own look-ups where there is nothing else.
fn times(view: &View, sightings: Vec<&(SourceId, Seen)>) -> Option<RecordRow> {
    let mut sources: Vec<String> = sightings.iter().map(|(source, _)| source_name(view, *source)).collect();
    sources.sort();
    sources.dedup();
    let passive: Vec<_> = sightings.iter().copied().filter(|(source, _)| !view.is_lookup(*source)).collect();
    let counted = if passive.is_empty() { sightings } else { passive };
    let span = counted.iter().map(|(_, seen)| seen.span).reduce(Span::union)?;
    let mut spells: Vec<(Time, Time, bool)> = counted
        .iter()
        .flat_map(|(_, seen)| &seen.spells)
        .map(|spell| (spell.span.first(), spell.span.last(), spell.reported))
        .collect();
    spells.sort();
    spells.dedup();
    Some(RecordRow {
        rrname: Name::root(),
        rrtype: RecordType(0),
        rdata: String::new(),
        first: span.first(),
        last: span.last(),
        count: counted.iter().map(|(_, seen)| seen.count).sum(),
        spells,
        sources,
    })
}

fn version_rows(view: &View, profile: &Profile) -> Vec<VersionRow> {
    let row = |version: &Version, earlier_owner| VersionRow {
        first: version.seen.span.first(),
        last: version.seen.span.last(),
        source: source_name(view, version.source),
        earlier_owner,
        registration: version.registration.clone(),
    };
    let earlier = profile.earlier.iter().map(|version| row(version, true));
    earlier.chain(profile.versions.iter().map(|version| row(version, false))).collect()
}

fn source_name(view: &View, id: SourceId) -> String {
    view.source(id).map_or_else(|| format!("source {id}"), |source| source.name.clone())
}

fn ends(span: Span) -> (Time, Time) {
    (span.first(), span.last())
}

/// The contact roles of a registration that state anything, registrant first.
pub fn stated_roles(registration: &Registration) -> impl Iterator<Item = Role> {
    let stated = |role: &Role| registration.contact(*role).is_some_and(|contact| *contact != model::Contact::default());
    Role::CONTACTS.into_iter().filter(stated)
}
