//! Questions to a snapshot and to the oracle, and that both answer the same.

use model::{Atom, Name, Prefix, Readable, RecordType, SourceId, Time, Tuple};
pub(crate) use observations::proof::holds;
use observations::{
    Counts, Cursor, Fences, Judge, Matching, Page, PartQuery, Query, Record, Snapshot, Subject, ValueQuery,
};

use crate::{
    chance::{Chance, DAY, START},
    oracle::{self, Oracle},
};

/// Asks everything about every tuple, domain and value that the oracle knows.
pub(crate) fn all(snapshot: &Snapshot, oracle: &Oracle, chance: &mut Chance) {
    let everything = Subject::Within(Name::root());
    records(snapshot, oracle, &everything, &[], Fences::default(), &Readable::All, chance);
    for _ in 0..40 {
        one(snapshot, oracle, chance);
    }
    arrivals(snapshot, oracle, Time(i64::MIN), Time(i64::MAX), &Readable::All, chance);
    let domains: Vec<Name> = oracle.registered_domains().into_iter().cloned().collect();
    domains.iter().for_each(|domain| versions(snapshot, oracle, domain, &Readable::All));
    novelty(snapshot, oracle, &Readable::All, chance);
}

/// Asks one question chosen by chance.
pub(crate) fn one(snapshot: &Snapshot, oracle: &Oracle, chance: &mut Chance) {
    let readable = readable(chance);
    match chance.below(10) {
        0..6 => {
            let subject = subject(oracle, chance);
            let types = types(chance);
            records(snapshot, oracle, &subject, &types, fences(chance), &readable, chance);
        }
        6 => novelty(snapshot, oracle, &readable, chance),
        7 => {
            let from = Time(START + chance.below(200) as i64 * 3600);
            arrivals(snapshot, oracle, from, from.plus(chance.below(100) as i64 * 3600), &readable, chance);
        }
        8 => versions(snapshot, oracle, &chance.domain(), &readable),
        _ => values(snapshot, oracle, &readable, chance),
    }
}

fn readable(chance: &mut Chance) -> Readable {
    if chance.percent(50) {
        return Readable::All;
    }
    let sources = (0..6).map(SourceId).filter(|_| chance.percent(50)).collect();
    Readable::Only(sources)
}

fn types(chance: &mut Chance) -> Vec<RecordType> {
    let all = [RecordType::A, RecordType::NS, RecordType::SOA, RecordType::TXT, RecordType::MX, RecordType(65_280)];
    if chance.percent(60) { Vec::new() } else { all.into_iter().filter(|_| chance.percent(40)).collect() }
}

fn fences(chance: &mut Chance) -> Fences {
    let mut fence = || chance.percent(15).then(|| Time(START + chance.below(100) as i64 * DAY));
    Fences { first_after: fence(), first_before: fence(), last_after: fence(), last_before: fence() }
}

/// A question about something that is there, mostly.
fn subject(oracle: &Oracle, chance: &mut Chance) -> Subject {
    let tuple: Tuple = match chance.pick_from(oracle.tuples()) {
        Some(tuple) if chance.percent(85) => tuple.clone(),
        _ => chance.tuple(),
    };
    let target = chance.pick_from(oracle::targets(&tuple)).unwrap_or_else(|| chance.owner());
    let address = oracle::address_of(&tuple).unwrap_or([192, 0, 2, 1].into());
    let shorter = |name: &Name, chance: &mut Chance| name.suffix(chance.below(name.label_count() + 1));
    match chance.below(8) {
        0 => Subject::Name(tuple.rrname),
        1 => Subject::Within(shorter(&tuple.rrname, chance)),
        2 => {
            let most = tuple.rrname.label_count().max(1);
            let labels: Vec<Box<[u8]>> = tuple.rrname.labels().take(1 + chance.below(most)).map(Into::into).collect();
            if labels.is_empty() { Subject::Name(tuple.rrname) } else { Subject::Beginning(labels) }
        }
        3 => Subject::Address(address),
        4 => {
            let bits = if address.is_ipv4() { 33 } else { 129 };
            Subject::Prefix(Prefix::of(address, chance.below(bits) as u8).expect("not too long"))
        }
        5 => Subject::Target(target),
        6 => Subject::TargetWithin(shorter(&target, chance)),
        _ => Subject::Rdata(tuple.rdata.as_octets().to_vec()),
    }
}

pub(crate) fn records(
    snapshot: &Snapshot,
    oracle: &Oracle,
    subject: &Subject,
    types: &[RecordType],
    fences: Fences,
    readable: &Readable,
    chance: &mut Chance,
) {
    let query = Query { fences, ..Query::new(subject.clone(), readable.clone(), 1 << 20).of_types(types) };
    let mut expected = oracle.records(subject, types, fences, readable);
    let whole = snapshot.dns(&query).expect("an answer");
    assert_eq!((whole.next, whole.interrupted, whole.damaged), (None, false, 0), "{query:?}");
    let limit = 1 + chance.below(7);
    let paged = pages(|cursor| snapshot.dns(&Query { limit, cursor, ..query.clone() }).expect("a page"), limit);
    assert_eq!(whole.rows, paged, "pages of {limit} differ from the whole: {query:?}");
    let counts = snapshot.count(&query, u64::MAX).expect("counts");
    assert_eq!(counts, oracle.counts(&expected), "{query:?}");
    capped(snapshot, &query, counts, chance);
    let mut found = whole.rows;
    let order = |record: &Record| record.tuple.clone();
    found.sort_by_key(order);
    expected.sort_by_key(order);
    assert_same(&found, &expected, &query);
}

fn assert_same(found: &[Record], expected: &[Record], query: &Query) {
    if found == expected {
        return;
    }
    let missing: Vec<_> = expected.iter().filter(|record| !found.contains(record)).take(3).collect();
    let invented: Vec<_> = found.iter().filter(|record| !expected.contains(record)).take(3).collect();
    panic!(
        "{query:?}\n{} found, {} expected\nmissing {missing:#?}\ninvented {invented:#?}",
        found.len(),
        expected.len()
    );
}

/// Counting stops at a cap on tuples, and says so.
fn capped(snapshot: &Snapshot, query: &Query, whole: Counts, chance: &mut Chance) {
    let cap = 1 + chance.below(20) as u64;
    let counts = snapshot.count(query, cap).expect("counts");
    let below = counts.tuples <= whole.tuples && counts.names <= whole.names && counts.domains <= whole.domains;
    assert!(below && (counts.at_least || counts == whole), "{query:?} capped at {cap} of {whole:?}: {counts:?}");
    assert!(!counts.at_least || whole.tuples >= cap, "{query:?} capped at {cap} of {whole:?}: {counts:?}");
}

fn pages<T>(ask: impl Fn(Option<Cursor>) -> Page<T>, limit: usize) -> Vec<T> {
    let (mut rows, mut cursor) = (Vec::new(), None);
    loop {
        let page = ask(cursor);
        assert!(page.rows.len() <= limit && (page.next.is_none() || !page.rows.is_empty()));
        rows.extend(page.rows);
        cursor = page.next;
        if cursor.is_none() {
            return rows;
        }
    }
}

fn novelty(snapshot: &Snapshot, oracle: &Oracle, readable: &Readable, chance: &mut Chance) {
    let mut rows: Vec<_> = (0..8).map(|_| chance.observation()).collect();
    for row in &mut rows {
        if let Some(tuple) = chance.pick_from(oracle.tuples()).filter(|_| chance.percent(70)) {
            row.tuple = tuple.clone();
        }
    }
    let expected: Vec<_> = rows.iter().map(|row| oracle.novelty(row, readable)).collect();
    assert_eq!(snapshot.novelty(&rows, readable).expect("novelty"), expected, "{rows:#?} for {readable:?}");
}

fn arrivals(snapshot: &Snapshot, oracle: &Oracle, from: Time, to: Time, readable: &Readable, chance: &mut Chance) {
    let limit = 1 + chance.below(5);
    let ask = |cursor| snapshot.arrivals(from, to, readable, limit, cursor).expect("a page");
    let mut found = pages(ask, limit);
    found.sort();
    assert_eq!(found, oracle.arrivals(from, to, readable), "arrivals {from} to {to} for {readable:?}");
}

fn versions(snapshot: &Snapshot, oracle: &Oracle, domain: &Name, readable: &Readable) {
    let found = snapshot.registrations(domain, readable).expect("a history");
    let expected = oracle.versions(domain, readable);
    assert_eq!(found.len(), expected.len(), "versions of {domain}: {found:#?}\nnot\n{expected:#?}");
    assert!(found.is_sorted_by_key(|version| version.seen.span.first()));
    for version in &found {
        let plain = version.registration.without_noise();
        let same = |other: &&oracle::Expected| other.source == version.source && other.said.registration == plain;
        let expected = expected.iter().find(same).unwrap_or_else(|| panic!("invented: {version:#?}"));
        assert_eq!(version.seen, expected.seen, "{domain} by {}", version.source);
        let raw = snapshot.raw(version).expect("raw answers");
        assert!(expected.said.records.iter().any(|record| record.raw == raw), "raw answers of {domain}: {raw:?}");
        assert_eq!((&version.domain, version.parser), (domain, 1));
    }
}

fn values(snapshot: &Snapshot, oracle: &Oracle, readable: &Readable, chance: &mut Chance) {
    let Some(Atom { field, role, value }) = chance.pick_from(oracle.values()).cloned() else { return };
    let role = chance.percent(50).then_some(role);
    let mut at = chance.below(value.len() + 1);
    while !value.is_char_boundary(at) {
        at -= 1;
    }
    let matching = match chance.below(3) {
        0 => Matching::Exact(value.clone()),
        1 => Matching::Prefix(value[..at].into()),
        _ => Matching::Suffix(value[at..].into()),
    };
    let limit = 1 + chance.below(5);
    let query = ValueQuery { matching, ..ValueQuery::exact(field, role, "", readable.clone(), limit) };
    let ask = |cursor| snapshot.registered_with(&ValueQuery { cursor, ..query.clone() }).expect("a page");
    let mut found = pages(ask, limit);
    let order = |hit: &observations::ValueHit| (hit.value.clone(), hit.role, hit.domain.clone(), hit.source);
    found.sort_by_key(order);
    let expected = oracle.hits(field, role, &query.matching, readable);
    assert_eq!(found, expected, "{query:?}");
    let domains: std::collections::BTreeSet<&Name> = expected.iter().map(|hit| &hit.domain).collect();
    let counts = snapshot.count_registered_with(&query, u64::MAX).expect("counts");
    assert_eq!((counts.domains, counts.at_least), (domains.len() as u64, false), "{query:?}");
    parts(snapshot, oracle, &query, &value, chance);
}

/// Holders of values with a part of `value` in them.
fn parts(snapshot: &Snapshot, oracle: &Oracle, query: &ValueQuery, value: &str, chance: &mut Chance) {
    let at = |octet: usize| value.floor_char_boundary(octet);
    let from = at(chance.below(value.len()));
    let part = value[from..at(from + 1 + chance.below(12))].to_owned();
    let (field, role, sources) = (query.field, query.role, query.sources.clone());
    let asked =
        PartQuery { field, role, holding: vec![vec![part.to_lowercase()]], sources, interrupt: Default::default() };
    let mut found = std::collections::BTreeSet::new();
    let mut judge = Judge {
        fits: &mut |value| value.contains(&part),
        visit: &mut |hit| {
            found.insert((hit.value, hit.role, hit.domain, hit.source));
            std::ops::ControlFlow::Continue(())
        },
    };
    snapshot.visit_values(&asked, &mut judge).expect("a visit");
    let all = oracle.hits(field, role, &Matching::Prefix(String::new()), &query.sources);
    let holds = all.into_iter().filter(|hit| hit.value.contains(&part));
    let expected = holds.map(|hit| (hit.value, hit.role, hit.domain, hit.source)).collect();
    assert_eq!(found, expected, "{asked:?}");
}
