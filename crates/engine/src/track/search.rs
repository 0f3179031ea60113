//! Reverse WHOIS: the same query over what is stored, with how many there are before who they are.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use model::{
    Field, Name, Quality, Readable, SourceId, Time, TrackQuery,
    registration::{Role, State},
    track::{Arriving, Clause, Condition, Matched, Place, Records, Scope, Test},
};
use observations::{Judge, Matching, PartQuery, Query, Snapshot, Subject, ValueHit, ValueQuery, ZonePopulation};
use serde::{Deserialize, Serialize};

use super::{
    judge,
    scan::{self, Scan},
    watch,
};
use crate::{
    connector::{Connector, Key},
    error::Error,
    pivot,
    view::{Denominator, View},
};

/// Domains that are asked, at most.
pub const DOMAINS_MAX: usize = 100_000;
/// Domains beyond those of the page that are asked only to count them, at most.
const COUNTED_MAX: usize = 2_000;
/// Zones that are shown.
pub(super) const ZONES: usize = 12;
/// DNS records that are asked, at most.
pub const RECORDS_MAX: usize = 1_000_000;
/// Rows that a page may have.
pub const ROWS_MAX: usize = 1_000;
/// Rows of a store that are read at one time.
const PAGE: usize = 10_000;
/// Rows over which values are counted that others have too.
const TOGETHER: usize = 500;

/// What a query is true of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    /// The query in its canonical form.
    pub query: String,
    /// How many domains' newest registrations it is true of.
    pub current: usize,
    /// How many domains ever had a version that it is true of.
    pub historic: usize,
    /// How many DNS records it is true of.
    pub dns: usize,
    /// A limit was reached, as the notes say: the true numbers are at least these.
    pub at_least: bool,
    /// Out of what it was counted.
    pub denominator: Denominator,
    /// Of that, domains with a registration by zone, the largest first.
    pub zones: Vec<Zone>,
    /// Each value that was asked for, with how many share it and whether that says anything.
    pub values: Vec<ValueStanding>,
    /// Values that several of the rows have in common, beside what was asked for: a next step.
    pub together: Vec<Together>,
    /// What limits this answer.
    pub notes: Vec<String>,
    /// One row a domain, by domain.
    pub rows: Vec<Row>,
    /// The domain after which the list goes on.
    pub next: Option<Name>,
}

/// How much is known of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Zone {
    /// The last label of its names.
    pub zone: Name,
    /// Domains with a registration; one that several sources hold counts in each.
    pub domains: u64,
    /// When one of them was seen last.
    pub newest: Time,
}

/// A value and whether sharing it says anything.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ValueStanding {
    /// The condition.
    pub condition: String,
    /// How many domains have it.
    pub domains: u64,
    /// Whether sharing it says anything.
    pub quality: Quality,
    /// Why.
    pub reason: String,
}

/// A value that several rows have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Together {
    /// The field.
    pub field: Field,
    /// The folded value.
    pub value: String,
    /// How many of the rows have it.
    pub rows: usize,
    /// Of how many that were looked at.
    pub of: usize,
}

/// A domain that a query is true of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The domain.
    pub domain: Name,
    /// Whether the newest version of its registration matches; false in DNS.
    pub current: bool,
    /// When it was registered.
    pub created: Option<Time>,
    /// First and last seen so.
    pub first: Time,
    /// Last seen so.
    pub last: Time,
    /// Who says so.
    pub source: String,
    /// What matched.
    pub matched: Vec<Matched>,
}

/// A record that a query is true of.
#[derive(Clone, Debug)]
pub(super) struct Match {
    pub(super) record: Arriving,
    pub(super) version: [u8; 16],
    pub(super) source: SourceId,
    pub(super) first: Time,
    pub(super) last: Time,
    pub(super) current: bool,
}

/// Everything that a query is true of.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// Registrations, one a domain, by domain.
    pub(super) registrations: BTreeMap<Name, Match>,
    /// DNS records.
    pub(super) dns: Vec<Match>,
    pub(super) notes: Vec<String>,
    pub(super) at_least: bool,
}

impl Matches {
    fn limited(&mut self, note: String) {
        self.at_least = true;
        self.notes.push(note);
    }

    /// Those that the query's scope asks for: of registrations the current ones alone, unless it asks for history.
    pub(super) fn asked(&self, query: &TrackQuery) -> impl Iterator<Item = &Match> {
        let historic = query.scope == Scope::Historic;
        self.registrations.values().filter(move |found| historic || found.current).chain(&self.dns)
    }
}

/// Searches what an actor may read: a page of rows, and how many there are as far as that can be told soon.
pub fn search(view: &View, query: &TrackQuery, after: Option<&Name>, limit: usize) -> Result<Found, Error> {
    let mut matches = Matches::default();
    let Records { registrations, dns } = query.records();
    note_novelty(query, &mut matches);
    let mut known = None;
    if registrations {
        let domains = candidates(view, query, &mut matches)?;
        let judged = page(view, query, &domains, (after, limit), &mut matches)?;
        if judged < domains.len() {
            let whole = scan::is_whole(&query.clause);
            known = whole.then_some(domains.len());
            let what = if whole { "which of them are so now" } else { "how many there are" };
            matches.limited(format!("{what} was looked at for {judged} of {} domains that may be", domains.len()));
        }
    }
    if dns {
        of_dns(view, query, &mut matches)?;
    }
    let mut found = answer(view, query, &matches, after, limit)?;
    found.historic = known.unwrap_or(found.historic);
    Ok(found)
}

/// Asks domains until a page is full and as many were counted as are counted at once; how many were asked.
fn page(
    view: &View,
    query: &TrackQuery,
    domains: &BTreeSet<Name>,
    (after, limit): (Option<&Name>, usize),
    matches: &mut Matches,
) -> Result<usize, Error> {
    let (mut rows, mut judged) = (0, 0);
    for domain in domains {
        let is_listed = after.is_none_or(|after| domain > after);
        if judged >= COUNTED_MAX && rows > limit {
            break;
        }
        if judged >= COUNTED_MAX && !is_listed {
            continue;
        }
        if judged % 256 == 255 && view.snapshot().2.is_due() {
            break;
        }
        judged += 1;
        if let Some(found) = judged_of(view, query, domain)? {
            rows += usize::from(is_listed && (found.current || query.scope == Scope::Historic));
            matches.registrations.insert(domain.clone(), found);
        }
    }
    Ok(judged)
}

/// What may be read of zones, the largest first.
pub(super) fn zones(snapshot: &Snapshot, readable: &Readable) -> Vec<Zone> {
    let of = |population: ZonePopulation| Zone {
        zone: population.zone,
        domains: population.domains,
        newest: population.newest,
    };
    let mut zones: Vec<Zone> = snapshot.zones(readable).into_iter().map(of).collect();
    zones.sort_by(|a, b| b.domains.cmp(&a.domains).then_with(|| a.zone.cmp(&b.zone)));
    zones
}

/// The last labels of the zones and domains that a clause names; none where it may be true in others.
pub(super) fn zones_asked(clause: &Clause) -> BTreeSet<Name> {
    match clause {
        Clause::All(all) => all.iter().map(zones_asked).find(|zones| !zones.is_empty()).unwrap_or_default(),
        Clause::Any(any) => {
            let each: Vec<BTreeSet<Name>> = any.iter().map(zones_asked).collect();
            if each.iter().any(BTreeSet::is_empty) { BTreeSet::new() } else { each.into_iter().flatten().collect() }
        }
        Clause::Is(Condition::Text { place: Place::Domain, test: Test::Equal(text) | Test::Within(text), .. }) => {
            let last = text.rsplit('.').next().unwrap_or_default();
            Name::parse(last.as_bytes()).into_iter().filter(|zone| !zone.is_root()).collect()
        }
        Clause::Not(_) | Clause::Is(_) => BTreeSet::new(),
    }
}

/// A page of what a query is true of.
pub(super) fn answer(
    view: &View,
    query: &TrackQuery,
    matches: &Matches,
    after: Option<&Name>,
    limit: usize,
) -> Result<Found, Error> {
    let mut rows: BTreeMap<&Name, Row> = BTreeMap::new();
    let listed = |found: &&Match| after.is_none_or(|after| found.record.domain > *after);
    for found in matches.asked(query).filter(listed) {
        if rows.len() > limit && !rows.contains_key(&found.record.domain) {
            continue;
        }
        let row = rows.entry(&found.record.domain).or_insert_with(|| row(view, query, found));
        row.first = row.first.min(found.first);
        row.last = row.last.max(found.last);
    }
    let mut listed: Vec<Row> = rows.into_values().take(limit + 1).collect();
    let more = listed.len() > limit;
    listed.truncate(limit);
    Ok(Found {
        query: query.to_string(),
        current: matches.registrations.values().filter(|found| found.current).count(),
        historic: matches.registrations.len(),
        dns: matches.dns.len(),
        at_least: matches.at_least,
        denominator: view.denominator(),
        zones: largest(view),
        values: values(view, query)?,
        together: together(query, matches),
        next: listed.last().filter(|_| more).map(|row| row.domain.clone()),
        notes: matches.notes.clone(),
        rows: listed,
    })
}

fn largest(view: &View) -> Vec<Zone> {
    let (snapshot, readable, _) = view.snapshot();
    let mut zones = zones(snapshot, readable);
    zones.truncate(ZONES);
    zones
}

fn row(view: &View, query: &TrackQuery, found: &Match) -> Row {
    Row {
        domain: found.record.domain.clone(),
        current: found.current,
        created: found.record.created,
        first: found.first,
        last: found.last,
        source: view.source(found.source).map(|source| source.name.clone()).unwrap_or_default(),
        matched: query.matched(&found.record),
    }
}

/// Everything stored that a query is true of, as far as the limits go.
pub(super) fn matches(view: &View, query: &TrackQuery) -> Result<Matches, Error> {
    let mut matches = Matches::default();
    let Records { registrations, dns } = query.records();
    note_novelty(query, &mut matches);
    if registrations {
        of_registrations(view, query, &mut matches)?;
    }
    if dns {
        of_dns(view, query, &mut matches)?;
    }
    Ok(matches)
}

fn note_novelty(query: &TrackQuery, matches: &mut Matches) {
    if query.asks_novelty() {
        matches.notes.push("`firstSeenHere` is taken as true of what is known: everything was new here once".into());
    }
}

fn of_registrations(view: &View, query: &TrackQuery, matches: &mut Matches) -> Result<(), Error> {
    for (number, domain) in candidates(view, query, matches)?.into_iter().enumerate() {
        if number % 256 == 255 && view.snapshot().2.is_due() {
            matches.limited(format!("time was up after {number} domains"));
            break;
        }
        if let Some(found) = judged_of(view, query, &domain)? {
            matches.registrations.insert(domain, found);
        }
    }
    Ok(())
}

/// Domains with a registration that a query may be true of.
fn candidates(view: &View, query: &TrackQuery, matches: &mut Matches) -> Result<BTreeSet<Name>, Error> {
    let scans = scan::of_registrations(&query.clause).unwrap_or_else(|| {
        let note = "no condition names a value of registrations: every registration with a registrar was looked at";
        matches.notes.push(note.into());
        vec![Scan::Every]
    });
    let mut domains = BTreeSet::new();
    for scan in &scans {
        propose(view, query, scan, &mut domains, matches)?;
    }
    Ok(domains)
}

/// The newest version of a domain's registration that a query is true of.
fn judged_of(view: &View, query: &TrackQuery, domain: &Name) -> Result<Option<Match>, Error> {
    let (snapshot, readable, _) = view.snapshot();
    let versions = snapshot.registrations(domain, readable)?;
    let answers = versions.into_iter().filter(|version| version.registration.state.is_answer());
    let mut past: Vec<judge::Past> = answers.map(watch::past).collect();
    past.sort_by_key(|past| (past.last, past.first));
    let newest = past.len().saturating_sub(1);
    let is_true = |(_, past): &(usize, judge::Past)| match query.asks_novelty() {
        true => query.matches(&Arriving { first_seen_here: true, ..past.record.clone() }),
        false => query.matches(&past.record),
    };
    let found = past.into_iter().enumerate().rev().find(is_true);
    Ok(found.map(|(at, judge::Past { source, record, version, first, last })| {
        let current = at == newest && record.state != Some(State::Available);
        Match { record, version, source, first, last, current }
    }))
}

/// Adds the domains whose registrations hold what a scan looks for.
fn propose(
    view: &View,
    query: &TrackQuery,
    scan: &Scan,
    domains: &mut BTreeSet<Name>,
    matches: &mut Matches,
) -> Result<(), Error> {
    match scan {
        Scan::Domain(domain) => {
            domains.insert(domain.clone());
            Ok(())
        }
        Scan::Value(field, role, matching) => by_value(view, query, (*field, *role, matching), domains, matches),
        Scan::Part(field, role, test, holding) => {
            let place = Place::of_field(*field);
            let mut fits = |value: &str| test.fits(&place.settled(value));
            by_part(view, query, (*field, *role, holding.clone()), &mut fits, domains, matches)
        }
        Scan::Every => by_part(view, query, (Field::Registrar, None, Vec::new()), &mut |_| true, domains, matches),
    }
}

/// By a range of values in order.
fn by_value(
    view: &View,
    query: &TrackQuery,
    (field, role, matching): (Field, Option<Role>, &Matching),
    domains: &mut BTreeSet<Name>,
    matches: &mut Matches,
) -> Result<(), Error> {
    let (snapshot, readable, interrupt) = view.snapshot();
    let mut asked = ValueQuery {
        matching: matching.clone(),
        interrupt: interrupt.clone(),
        ..ValueQuery::exact(field, role, "", readable.clone(), PAGE)
    };
    loop {
        let found = snapshot.registered_with(&asked)?;
        let admitted = found.rows.into_iter().filter(|hit| scan::admits(&query.clause, &hit.domain.to_string()));
        domains.extend(admitted.map(|hit| hit.domain));
        if domains.len() >= DOMAINS_MAX {
            matches.limited(format!("only the first {DOMAINS_MAX} domains were looked at"));
            return Ok(());
        }
        if found.interrupted {
            matches.limited(format!("time was up while values of `{field}` were looked at"));
            return Ok(());
        }
        let Some(next) = found.next else { return Ok(()) };
        asked.cursor = Some(next);
    }
}

/// By looking at each value that may fit.
fn by_part(
    view: &View,
    query: &TrackQuery,
    (field, role, holding): (Field, Option<Role>, Vec<Vec<String>>),
    fits: &mut dyn FnMut(&str) -> bool,
    domains: &mut BTreeSet<Name>,
    matches: &mut Matches,
) -> Result<(), Error> {
    let (snapshot, readable, interrupt) = view.snapshot();
    let asked = PartQuery { field, role, holding, sources: readable.clone(), interrupt: interrupt.clone() };
    let mut visit = |hit: ValueHit| {
        if scan::admits(&query.clause, &hit.domain.to_string()) {
            domains.insert(hit.domain);
        }
        if domains.len() < DOMAINS_MAX { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let visited = snapshot.visit_values(&asked, &mut Judge { fits, visit: &mut visit })?;
    if domains.len() >= DOMAINS_MAX {
        matches.limited(format!("only the first {DOMAINS_MAX} domains were looked at"));
    } else if visited.interrupted {
        matches.limited(format!("time was up while values of `{field}` were looked at"));
    }
    Ok(())
}

fn of_dns(view: &View, query: &TrackQuery, matches: &mut Matches) -> Result<(), Error> {
    let looks = scan::of_dns(&query.clause).unwrap_or_else(|| vec![(Subject::Within(Name::root()), Vec::new())]);
    let (snapshot, readable, interrupt) = view.snapshot();
    let mut known = BTreeSet::new();
    let mut asked = 0;
    for (subject, types) in looks {
        let mut look = Query { interrupt: interrupt.clone(), ..Query::new(subject, readable.clone(), PAGE) };
        look = look.of_types(&types);
        loop {
            let page = snapshot.dns(&look)?;
            asked += page.rows.len();
            for record in page.rows {
                let domain = view.registrable(&record.tuple.rrname);
                let span = record.sightings.iter().map(|(_, seen)| seen.span).reduce(model::Span::union);
                let (Some(span), Some((source, _))) = (span, record.sightings.first()) else { continue };
                let mut arriving = Arriving::dns(&domain, &record.tuple, span.first());
                arriving.first_seen_here = true;
                let version = judge::version_of_tuple(&record.tuple);
                if query.matches(&arriving) && known.insert(version) {
                    let (source, first, last) = (*source, span.first(), span.last());
                    matches.dns.push(Match { record: arriving, version, source, first, last, current: false });
                }
            }
            if asked >= RECORDS_MAX || matches.dns.len() >= DOMAINS_MAX {
                matches.limited(format!("only {asked} DNS records were asked"));
                return Ok(());
            }
            if page.interrupted {
                matches.limited(format!("time was up after {asked} DNS records"));
                return Ok(());
            }
            let Some(next) = page.next else { break };
            look.cursor = Some(next);
        }
    }
    Ok(())
}

/// How many share each whole value that a query asks for, and whether that says anything.
pub(super) fn values(view: &View, query: &TrackQuery) -> Result<Vec<ValueStanding>, Error> {
    let mut all = Vec::new();
    gather(&query.clause, &mut all);
    let mut standings = Vec::new();
    for condition in all {
        let Some(connector) = connector_of(condition) else { continue };
        let value = pivot::step(view, &connector, false)?;
        standings.push(ValueStanding {
            condition: condition.to_string(),
            domains: value.share.domains.max(value.share.known),
            quality: value.quality,
            reason: value.reason,
        });
    }
    Ok(standings)
}

fn gather<'q>(clause: &'q Clause, all: &mut Vec<&'q Condition>) {
    match clause {
        Clause::All(clauses) | Clause::Any(clauses) => clauses.iter().for_each(|clause| gather(clause, all)),
        Clause::Not(_) => {}
        Clause::Is(condition) => all.push(condition),
    }
}

/// The value that a condition asks for, as pivots know it.
fn connector_of(condition: &Condition) -> Option<Connector> {
    let (key, kind, shown) = match condition {
        Condition::Text { place, test: Test::Equal(text), .. } => {
            let field = place.field()?;
            let kind = crate::connector::kind_of(field)?;
            (Key::Value(field, field.fold(text)), kind, text.to_string())
        }
        Condition::Address(prefix) => {
            let whole = if prefix.first().is_ipv4() { 32 } else { 128 };
            match prefix.length() == whole {
                true => (Key::Address(prefix.first()), model::PivotKind::Address, prefix.first().to_string()),
                false => (Key::Network(*prefix), model::PivotKind::Network, prefix.to_string()),
            }
        }
        _ => return None,
    };
    Some(Connector { kind, key, shown, role: None, spells: Vec::new() })
}

/// Values that several of the matches have, other than those that were asked for, the most common first.
fn together(query: &TrackQuery, matches: &Matches) -> Vec<Together> {
    let mut counts: BTreeMap<(Field, &str), usize> = BTreeMap::new();
    let mut of = 0;
    for found in matches.asked(query).filter(|found| !found.record.is_dns()).take(TOGETHER) {
        of += 1;
        let held = found.record.held.iter().filter_map(|held| Some((held.place.field()?, held.text.as_str())));
        held.collect::<BTreeSet<_>>().into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    }
    let asked = |field: Field, value: &str| {
        query.clause.any(&|condition| match condition {
            Condition::Text { place, test, .. } => place.field() == Some(field) && test.fits(value),
            _ => false,
        })
    };
    let mut all: Vec<Together> = counts
        .into_iter()
        .filter(|((field, value), rows)| *rows > 1 && !asked(*field, value))
        .map(|((field, value), rows)| Together { field, value: value.to_owned(), rows, of })
        .collect();
    all.sort_by(|a, b| b.rows.cmp(&a.rows).then(a.field.cmp(&b.field)).then(a.value.cmp(&b.value)));
    all.truncate(12);
    all
}
