//! Latencies and rates of reading, one thread, caches warm: each kind is asked once before it is measured.

use std::{hint::black_box, ops::ControlFlow, time::Instant};

use model::{Name, Prefix, Readable, RecordType};
use observations::{Page, Query, Record, Snapshot, Store, Subject, workload::Workload};

use crate::Outcome;

const ROWS_MAX: usize = 10_000;

/// Everything that is asked of a compacted store.
pub(crate) fn all(store: &Store, workload: &Workload) -> Outcome<()> {
    exact("exact name", store, workload)?;
    let missing = |place| -> Option<Name> { workload.tuple(place).rrname.child(b"no-such-name").ok() };
    latency("name not there", store, 100_000, |at| missing(spread(at, workload)).map(Subject::Name))?;
    latency("address (up to 10,000 rows)", store, 20_000, |at| address(spread(at, workload), workload))?;
    within("left wildcard", store, workload)?;
    rate("/24", store, 5000, |at| {
        let Some(Subject::Address(address)) = address(spread(at, workload), workload) else { return None };
        Prefix::of(address, if address.is_ipv4() { 24 } else { 64 }).ok().map(Subject::Prefix)
    })?;
    rate("*.target", store, 2000, |at| {
        let tuple = workload.tuple(spread(at, workload));
        let name = Name::from_wire(tuple.rdata.as_octets()).ok()?;
        (tuple.rrtype == RecordType::NS).then(|| Subject::TargetWithin(name.suffix(3)))
    })?;
    rate("right wildcard (mail.*)", store, 1, |_| Some(Subject::Beginning(vec![b"mail".as_slice().into()])))?;
    scan(store)
}

/// Names that are there, whichever.
pub(crate) fn exact(what: &str, store: &Store, workload: &Workload) -> Outcome<()> {
    latency(what, store, 100_000, |at| Some(Subject::Name(workload.tuple(spread(at, workload)).rrname)))
}

/// Domains with all below them.
pub(crate) fn within(what: &str, store: &Store, workload: &Workload) -> Outcome<()> {
    rate(what, store, 2000, |at| Some(Subject::Within(workload.tuple(spread(at, workload)).rrname.suffix(3))))
}

fn address(place: u32, workload: &Workload) -> Option<Subject> {
    let tuple = workload.tuple(place);
    let octets = <[u8; 4]>::try_from(tuple.rdata.as_octets()).ok()?;
    (tuple.rrtype == RecordType::A).then(|| Subject::Address(octets.into()))
}

/// Places all over the population, always the same.
fn spread(at: u32, workload: &Workload) -> u32 {
    at.wrapping_mul(2_654_435_761) % workload.tuples().max(1)
}

fn subjects(wanted: usize, subject: impl Fn(u32) -> Option<Subject>) -> Vec<Subject> {
    (1..=wanted as u32 * 4).filter_map(subject).take(wanted).collect()
}

fn ask(snapshot: &Snapshot, subject: &Subject) -> Outcome<Page<Record>> {
    Ok(snapshot.dns(&Query::new(subject.clone(), Readable::All, ROWS_MAX))?)
}

fn latency(what: &str, store: &Store, wanted: usize, subject: impl Fn(u32) -> Option<Subject>) -> Outcome<()> {
    let (snapshot, subjects) = (store.snapshot(), subjects(wanted, subject));
    for subject in &subjects {
        ask(&snapshot, subject)?;
    }
    let (mut times, mut rows) = (Vec::with_capacity(subjects.len()), 0);
    for subject in &subjects {
        let began = Instant::now();
        rows += ask(&snapshot, subject)?.rows.len();
        times.push(began.elapsed().as_nanos() as f64 / 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("{what}: p50 {:.1} µs, p99 {:.1} µs ({} asked, {rows} rows)", at(0.5), at(0.99), subjects.len());
    Ok(())
}

/// Tuples a second, first only walked over, then made into records in pages.
fn rate(what: &str, store: &Store, wanted: usize, subject: impl Fn(u32) -> Option<Subject>) -> Outcome<()> {
    let (snapshot, subjects) = (store.snapshot(), subjects(wanted, subject));
    let walk = |subject: &Subject| walked(&snapshot, subject);
    let records = |subject: &Subject| Ok(ask(&snapshot, subject)?.rows.len());
    let ((rows, walked), (_, made)) = (measured(&subjects, walk)?, measured(&subjects, records)?);
    println!("{what}: {walked:.0} rows/s walked, {made:.0} records/s made ({} asked, {rows} rows)", subjects.len());
    Ok(())
}

/// Asked twice: how many rows, and how many a second the second time.
fn measured(subjects: &[Subject], rows_of: impl Fn(&Subject) -> Outcome<usize>) -> Outcome<(usize, f64)> {
    let mut outcome = (0, 0.0);
    for _ in 0..2 {
        let began = Instant::now();
        let rows = subjects.iter().map(&rows_of).sum::<Outcome<usize>>()?;
        outcome = (rows, rows as f64 / began.elapsed().as_secs_f64());
    }
    Ok(outcome)
}

/// Tuples of a subject, up to a page's, looked at without being decoded.
fn walked(snapshot: &Snapshot, subject: &Subject) -> Outcome<usize> {
    let query = Query::new(subject.clone(), Readable::All, ROWS_MAX);
    let (mut rows, mut counts) = (0, 0u64);
    snapshot.visit_dns(&query, &mut |row| {
        rows += 1;
        counts += row.sightings().map(|(_, _, count)| count).sum::<u64>();
        if rows == ROWS_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    black_box(counts);
    Ok(rows)
}

fn scan(store: &Store) -> Outcome<()> {
    let snapshot = store.snapshot();
    let began = Instant::now();
    let mut walked = 0u64;
    snapshot.visit_dns(&Query::new(Subject::Within(Name::root()), Readable::All, ROWS_MAX), &mut |_| {
        walked += 1;
        ControlFlow::Continue(())
    })?;
    let walk = walked as f64 / began.elapsed().as_secs_f64();
    let began = Instant::now();
    let rows = crate::peer::each_row(&snapshot, |_| {})?;
    let made = rows as f64 / began.elapsed().as_secs_f64();
    println!("full scan: {walk:.0} tuples/s walked; in pages of 10,000 {made:.0} rows/s made ({rows} rows)");
    Ok(())
}
