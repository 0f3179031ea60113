//! Whether a store holds what it should: by a full reading of every key space that can be asked.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use model::{Name, Prefix, Readable, Seen, SourceId, Time, Tuple};

use super::{chance, oracle::Oracle};
use crate::{Arrival, Error, Fences, Page, Query, Record, Snapshot, Subject};

/// Whether the snapshot holds what the oracle holds and nothing else.
pub fn holds(snapshot: &Snapshot, oracle: &Oracle) -> Result<(), String> {
    for subject in wholes() {
        let mut found = records(snapshot, &subject).map_err(|error| error.to_string())?.rows;
        found.sort_by(|a, b| a.tuple.cmp(&b.tuple));
        same("records", &found, &oracle.records(&subject, &[], Fences::default(), &Readable::All), &subject)?;
    }
    let found = arrivals(snapshot)?;
    same("arrivals", &found, &oracle.arrivals(Time(i64::MIN), Time(i64::MAX), &Readable::All), &"ever")?;
    chance::domains().try_for_each(|domain| versions(snapshot, oracle, &domain))
}

/// Whether the snapshot holds nothing that the oracle does not hold: for what may have lost something.
pub(super) fn invents_nothing(snapshot: &Snapshot, oracle: &Oracle) -> Result<Loss, String> {
    let mut loss = Loss::default();
    for subject in wholes() {
        let page = records(snapshot, &subject).map_err(|error| error.to_string())?;
        let said = oracle.records(&subject, &[], Fences::default(), &Readable::All);
        loss.lost |= page.rows.len() < said.len();
        loss.told |= page.damaged > 0;
        let said: BTreeMap<&Tuple, &Record> = said.iter().map(|record| (&record.tuple, record)).collect();
        for record in &page.rows {
            let of = said.get(&record.tuple).ok_or_else(|| format!("invented: {record:?}"))?;
            loss.lost |= record != *of;
            if !covers(of, record) {
                return Err(format!("more than was said: {record:?} instead of {of:?}"));
            }
        }
    }
    let said = oracle.arrivals(Time(i64::MIN), Time(i64::MAX), &Readable::All);
    let known = |arrival: &Arrival| said.iter().any(|of| (&of.domain, of.source) == (&arrival.domain, arrival.source));
    match arrivals(snapshot)?.iter().find(|arrival| !known(arrival)) {
        Some(arrival) => Err(format!("invented: {arrival:?}")),
        None => Ok(loss),
    }
}

/// Whether the snapshot holds at least what the oracle holds, as it holds it.
pub(super) fn includes(snapshot: &Snapshot, oracle: &Oracle) -> Result<(), String> {
    for subject in wholes() {
        let found = records(snapshot, &subject).map_err(|error| error.to_string())?.rows;
        let found: BTreeMap<&Tuple, &Record> = found.iter().map(|record| (&record.tuple, record)).collect();
        for said in oracle.records(&subject, &[], Fences::default(), &Readable::All) {
            if found.get(&said.tuple) != Some(&&said) {
                return Err(format!("lost: {said:?}, instead {:?}", found.get(&said.tuple)));
            }
        }
    }
    Ok(())
}

/// Whether something is missing, and whether the answer said so.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Loss {
    pub(super) lost: bool,
    pub(super) told: bool,
}

/// Questions that together read the forward and the inverse key space.
fn wholes() -> [Subject; 4] {
    let all = |address: IpAddr| Subject::Prefix(Prefix::of(address, 0).expect("no bits are not too many"));
    let (v4, v6) = (Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into());
    [Subject::Within(Name::root()), Subject::TargetWithin(Name::root()), all(v4), all(v6)]
}

fn records(snapshot: &Snapshot, subject: &Subject) -> Result<Page<Record>, Error> {
    snapshot.dns(&Query::new(subject.clone(), Readable::All, usize::MAX >> 1))
}

fn arrivals(snapshot: &Snapshot) -> Result<Vec<Arrival>, String> {
    let page = snapshot.arrivals(Time(i64::MIN), Time(i64::MAX), &Readable::All, usize::MAX >> 1, None);
    let mut found = page.map_err(|error| error.to_string())?.rows;
    found.sort();
    Ok(found)
}

fn versions(snapshot: &Snapshot, oracle: &Oracle, domain: &Name) -> Result<(), String> {
    let key = |source: SourceId, seen: &Seen| (seen.span.first(), seen.span.last(), source, seen.count);
    let found = snapshot.registrations(domain, &Readable::All).map_err(|error| error.to_string())?;
    let mut found: Vec<_> = found.iter().map(|version| key(version.source, &version.seen)).collect();
    let expected = oracle.versions(domain, &Readable::All);
    let mut expected: Vec<_> = expected.iter().map(|version| key(version.source, &version.seen)).collect();
    found.sort();
    expected.sort();
    same("versions", &found, &expected, domain)
}

/// Says the first differences, which is what a failing seed is looked into by.
fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    found: &[T],
    expected: &[T],
    asked: &impl std::fmt::Debug,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    let missing: Vec<_> = expected.iter().filter(|row| !found.contains(row)).take(2).collect();
    let invented: Vec<_> = found.iter().filter(|row| !expected.contains(row)).take(2).collect();
    let (have, want) = (found.len(), expected.len());
    Err(format!("{what} of {asked:?}: {have} instead of {want}; missing {missing:?}; instead {invented:?}"))
}

/// Whether everything in `part` is in `whole`.
fn covers(whole: &Record, part: &Record) -> bool {
    part.sightings.iter().all(|(source, seen)| {
        let of = whole.sightings.iter().find(|(of, _)| of == source).map(|(_, seen)| seen);
        of.is_some_and(|of| seen.count <= of.count && of.span.union(seen.span) == of.span)
    })
}
