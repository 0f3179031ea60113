//! Reverse WHOIS: the same query over what is stored, with how many there are before who they are.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    Field, Name, Quality, SourceId, Time, TrackQuery,
    registration::State,
    track::{Arriving, Clause, Condition, Matched, Place, Records, Scope, Test},
};
use observations::{Matching, Query, Subject, ValueQuery};
use serde::Serialize;

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

/// Values of a field that are looked at one by one, at most.
pub const VALUES_MAX: usize = 2_000_000;
/// Domains that are asked, at most.
pub const DOMAINS_MAX: usize = 100_000;
/// DNS records that are asked, at most.
pub const RECORDS_MAX: usize = 1_000_000;
/// Rows that a page may have.
pub const ROWS_MAX: usize = 1_000;
/// Rows of a store that are read at one time.
const PAGE: usize = 10_000;
/// Rows over which values are counted that others have too.
const TOGETHER: usize = 500;

/// What a query is true of.
#[derive(Clone, Debug, Serialize)]
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

/// A value and whether sharing it says anything.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
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

/// Searches what an actor may read.
pub fn search(view: &View, query: &TrackQuery, after: Option<&Name>, limit: usize) -> Result<Found, Error> {
    answer(view, query, &matches(view, query)?, after, limit)
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
    for found in matches.asked(query) {
        let row = rows.entry(&found.record.domain).or_insert_with(|| row(view, query, found));
        row.first = row.first.min(found.first);
        row.last = row.last.max(found.last);
    }
    let mut listed: Vec<Row> =
        rows.into_values().filter(|row| after.is_none_or(|after| row.domain > *after)).take(limit + 1).collect();
    let more = listed.len() > limit;
    listed.truncate(limit);
    Ok(Found {
        query: query.to_string(),
        current: matches.registrations.values().filter(|found| found.current).count(),
        historic: matches.registrations.len(),
        dns: matches.dns.len(),
        at_least: matches.at_least,
        denominator: view.denominator(),
        values: values(view, query)?,
        together: together(query, matches),
        next: listed.last().filter(|_| more).map(|row| row.domain.clone()),
        notes: matches.notes.clone(),
        rows: listed,
    })
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
    if query.asks_novelty() {
        matches.notes.push("`firstSeenHere` is taken as true of what is known: everything was new here once".into());
    }
    if registrations {
        of_registrations(view, query, &mut matches)?;
    }
    if dns {
        of_dns(view, query, &mut matches)?;
    }
    Ok(matches)
}

fn of_registrations(view: &View, query: &TrackQuery, matches: &mut Matches) -> Result<(), Error> {
    let scans = scan::of_registrations(&query.clause).unwrap_or_else(|| {
        let note = "no condition names a value of registrations: every registration with a registrar was asked";
        matches.notes.push(note.into());
        vec![Scan::Field(Field::Registrar, None)]
    });
    let mut domains = BTreeSet::new();
    for scan in &scans {
        propose(view, scan, &mut domains, matches)?;
    }
    let (snapshot, readable, interrupt) = view.snapshot();
    for (number, domain) in domains.into_iter().enumerate() {
        if number % 256 == 255 && interrupt.is_due() {
            matches.limited(format!("time was up after {number} domains"));
            break;
        }
        let versions = snapshot.registrations(&domain, readable)?;
        let answers = versions.into_iter().filter(|version| version.registration.state.is_answer());
        let mut past: Vec<judge::Past> = answers.map(watch::past).collect();
        past.sort_by_key(|past| (past.last, past.first));
        let newest = past.len().saturating_sub(1);
        let is_true = |(_, past): &(usize, judge::Past)| {
            let record = Arriving { first_seen_here: true, ..past.record.clone() };
            query.matches(&record)
        };
        if let Some((at, past)) = past.into_iter().enumerate().rev().find(is_true) {
            let judge::Past { source, record, version, first, last } = past;
            let current = at == newest && record.state != Some(State::Available);
            matches.registrations.insert(domain, Match { record, version, source, first, last, current });
        }
    }
    Ok(())
}

/// Adds the domains whose registrations hold what a scan looks for.
fn propose(view: &View, scan: &Scan, domains: &mut BTreeSet<Name>, matches: &mut Matches) -> Result<(), Error> {
    let (field, matching, test) = match scan {
        Scan::Domain(domain) => {
            domains.insert(domain.clone());
            return Ok(());
        }
        Scan::Value(field, matching) => (*field, matching.clone(), None),
        Scan::Field(field, test) => (*field, Matching::Prefix(String::new()), test.as_ref()),
    };
    let (snapshot, readable, interrupt) = view.snapshot();
    let place = Place::of_field(field);
    let mut query = ValueQuery {
        matching,
        interrupt: interrupt.clone(),
        ..ValueQuery::exact(field, None, "", readable.clone(), PAGE)
    };
    for page in 0.. {
        if page * PAGE >= VALUES_MAX {
            matches.limited(format!("only the first {VALUES_MAX} values of `{field}` were looked at"));
            return Ok(());
        }
        let found = snapshot.registered_with(&query)?;
        for hit in found.rows {
            if test.is_none_or(|test| test.fits(&place.settle(hit.value))) {
                domains.insert(hit.domain);
            }
        }
        if domains.len() >= DOMAINS_MAX {
            matches.limited(format!("only the first {DOMAINS_MAX} domains were asked"));
            return Ok(());
        }
        if found.interrupted {
            matches.limited(format!("time was up while values of `{field}` were looked at"));
            return Ok(());
        }
        let Some(next) = found.next else { break };
        query.cursor = Some(next);
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
