//! Reading that stops and goes on, sums over sources, and ids that are forgotten: over a small workload.

use std::{
    path::Path,
    sync::{Arc, atomic::AtomicBool},
    time::Instant,
};

use model::{Name, Readable, SourceId, SuffixList, Time};
use observations::{
    Appended, Batch, BatchId, Interrupt, Options, Query, Record, Store, Subject,
    disk::fault::FaultDisk,
    workload::{self, Workload},
};

use crate::{
    chance::{self, Chance, DAY, START},
    compare,
};

/// A store that holds a workload of 13,000 tuples in several segments.
fn loaded() -> (Store, Arc<SuffixList>, Vec<SourceId>) {
    let workload = Workload::new(1, 13_000);
    let suffixes = Arc::new(workload.suffix_list());
    let options = Options {
        memory_bytes: 1 << 20,
        suffixes: suffixes.clone(),
        disk: FaultDisk::new(1).disk(),
        ..crate::options()
    };
    let store = Store::open(Path::new("/store"), options).expect("opened");
    let add = |source| store.add_source(source).expect("added").id;
    let sources: Vec<SourceId> = Workload::sources().into_iter().map(add).collect();
    for (source, observations) in workload::batches(workload.bulk().chain(workload.stream(5000)), 1000) {
        let batch = Batch {
            id: None,
            source: sources[source],
            arrived: observations[0].span.last(),
            observations,
            registrations: Vec::new(),
            networks: Vec::new(),
            parser: 0,
        };
        store.append(batch).expect("appended");
    }
    (store, suffixes, sources)
}

fn all(store: &Store) -> Vec<Record> {
    store.snapshot().dns(&crate::everything()).expect("an answer").rows
}

#[test]
fn an_interrupted_answer_says_so_and_goes_on_where_it_stopped() {
    let (store, ..) = loaded();
    let whole = all(&store);
    assert!(whole.len() > 10_000);
    let snapshot = store.snapshot();
    let cancelled = Interrupt { deadline: None, cancel: Some(Arc::new(AtomicBool::new(true))) };
    let late = Interrupt { deadline: Some(Instant::now()), cancel: None };
    for interrupt in [cancelled, late] {
        let mut query = Query { interrupt, ..crate::everything() };
        let (mut rows, mut pages) = (Vec::new(), 0);
        loop {
            let page = snapshot.dns(&query).expect("a page");
            assert!(page.interrupted || page.next.is_none());
            rows.extend(page.rows);
            pages += 1;
            query.cursor = page.next;
            if query.cursor.is_none() {
                break;
            }
        }
        assert!(pages > 1 && rows == whole, "{pages} pages, {} rows", rows.len());
        assert!(snapshot.count(&query, u64::MAX).expect("counts").at_least);
    }
}

#[test]
fn a_cursor_outlives_what_it_was_made_from() {
    let (store, ..) = loaded();
    let whole = all(&store);
    let mut query = Query { limit: 700, ..crate::everything() };
    let mut rows = Vec::new();
    for page in 0.. {
        let answer = store.snapshot().dns(&query).expect("a page");
        rows.extend(answer.rows);
        query.cursor = answer.next;
        if query.cursor.is_none() {
            break;
        }
        if page % 4 == 1 {
            store.compact(page % 8 == 5).expect("compacted");
        }
    }
    assert_eq!(rows, whole);
}

#[test]
fn domains_and_populations_are_what_the_records_say() {
    let (store, suffixes, sources) = loaded();
    let snapshot = store.snapshot();
    let registrable = |record: &Record| suffixes.registrable(&record.tuple.rrname).map(|found| found.domain);
    let mut domains: Vec<Name> = all(&store).iter().filter_map(registrable).collect();
    domains.sort();
    domains.dedup();
    let found = snapshot.domains(&crate::everything(), usize::MAX).expect("domains");
    assert_eq!((found.rows, found.next), (domains, None));
    for source in sources {
        let readable = Readable::Only([source].into());
        let query = Query { sources: readable.clone(), ..crate::everything() };
        let (counts, population) = (snapshot.count(&query, u64::MAX).expect("counts"), snapshot.population(source));
        let off = population.dns_domains.abs_diff(counts.domains);
        assert!(off * 20 <= counts.domains, "{} instead of {}", population.dns_domains, counts.domains);
        let newest = snapshot.dns(&query).expect("an answer").rows;
        let newest = newest.iter().flat_map(|record| &record.sightings).map(|(_, seen)| seen.span.last()).max();
        assert_eq!(population.newest, newest);
    }
}

/// The id of a batch is known for ninety days, whatever happens meanwhile, and then no longer.
#[test]
fn ids_of_batches_are_kept_for_ninety_days() {
    let disk = FaultDisk::new(2);
    let open = || {
        let options = Options { disk: disk.disk(), ..crate::options() };
        Store::open(Path::new("/store"), options).expect("opened")
    };
    let store = open();
    let source = store.add_source(chance::source("sensor", model::Counting::Stream)).expect("added").id;
    let batch = |id: u8, day: i64| {
        let mut batch = Chance(id.into()).batch(source, Time(START + day * DAY), 5);
        batch.id = Some(BatchId([id; 16]));
        batch
    };
    assert_eq!(store.append(batch(1, 0)).expect("appended"), Appended::Stored);
    store.compact(true).expect("compacted");
    assert_eq!(store.append(batch(1, 1)).expect("appended"), Appended::Known);
    assert_eq!(store.append(batch(2, 89)).expect("appended"), Appended::Stored);
    drop(store);
    let store = open();
    assert_eq!(store.append(batch(1, 89)).expect("appended"), Appended::Known);
    assert_eq!(store.append(batch(3, 200)).expect("appended"), Appended::Stored);
    store.compact(true).expect("compacted");
    drop(store);
    let store = open();
    assert_eq!(store.append(batch(1, 200)).expect("appended"), Appended::Stored);
    assert_eq!(store.append(batch(3, 200)).expect("appended"), Appended::Known);
}

/// Names are found whole under every way of asking: the apex of a wildcard, the root, a label that begins another.
#[test]
fn edges_of_ranges() {
    let options = Options { disk: FaultDisk::new(3).disk(), ..crate::options() };
    let store = Store::open(Path::new("/store"), options).expect("opened");
    let source = store.add_source(chance::source("sensor", model::Counting::Stream)).expect("added");
    let mut oracle = crate::oracle::Oracle::new();
    oracle.add_source(&source);
    let mut chance = Chance(3);
    let longest = format!("{0}.{0}.{0}.{1}", "a".repeat(63), "b".repeat(61));
    let deepest = "a.".repeat(126) + "a";
    let names = [".", "com", "example", "a.example", "aa.example", r"\000.example", r"a\000.example", "a-.example"];
    let names = names.into_iter().chain([longest.as_str(), deepest.as_str(), r"\001.a.example", r"\255.a.example"]);
    for text in names.map(chance::name) {
        let mut batch = Batch { registrations: Vec::new(), ..chance.batch(source.id, Time(START), 0) };
        batch.observations = (0..4).map(|_| chance.observation()).collect();
        batch.observations.iter_mut().for_each(|row| row.tuple.rrname = text.clone());
        batch.observations.iter_mut().for_each(|row| row.tuple.bailiwick = Some(text.label_count() as u8));
        store.append(batch.clone()).expect("appended");
        oracle.append(&batch);
        for subject in [Subject::Name(text.clone()), Subject::Within(text.clone()), Subject::TargetWithin(text)] {
            let fences = Default::default();
            compare::records(&store.snapshot(), &oracle, &subject, &[], fences, &Readable::All, &mut chance);
        }
    }
    compare::all(&store.snapshot(), &oracle, &mut chance);
    store.compact(true).expect("compacted");
    compare::all(&store.snapshot(), &oracle, &mut chance);
}
