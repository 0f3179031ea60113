//! Latencies and rates of reading, one thread, caches warm: each kind is asked once before it is measured.

use std::{hint::black_box, net::IpAddr, ops::ControlFlow, thread, time::Instant};

use model::{Name, Prefix, Readable, RecordType, Tuple};

use super::{Outcome, Say, limit};
use crate::{Page, Query, Record, Snapshot, Store, Subject, workload::Workload};

const ROWS_MAX: usize = 10_000;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Names that are there, whichever.
    Exact,
    /// Names that are not there.
    Missing,
    /// Addresses.
    Address,
    /// Domains with all below them.
    Within,
    /// The /24 (or /64) of an address.
    Network,
    /// Name servers by their domain.
    Target,
    /// Names that begin with a label.
    Beginning,
}

impl Kind {
    /// Each with its name.
    pub const ALL: [(Kind, &'static str); 7] = [
        (Kind::Exact, "exact name"),
        (Kind::Missing, "name not there"),
        (Kind::Address, "address (up to 10,000 rows)"),
        (Kind::Within, "left wildcard"),
        (Kind::Network, "/24"),
        (Kind::Target, "*.target"),
        (Kind::Beginning, "right wildcard (mail.*)"),
    ];

    /// What is asked, always the same.
    pub fn subjects(self, workload: &Workload) -> Vec<Subject> {
        let wanted = match self {
            Kind::Exact | Kind::Missing => 100_000,
            Kind::Address => 20_000,
            Kind::Network => 5000,
            Kind::Within | Kind::Target => 2000,
            Kind::Beginning => 1,
        };
        let tuples = (1..=wanted * 4).map(|at| workload.tuple(spread(at, workload)));
        tuples.filter_map(|tuple| self.subject(tuple)).take(wanted as usize).collect()
    }

    fn subject(self, tuple: Tuple) -> Option<Subject> {
        match self {
            Kind::Exact => Some(Subject::Name(tuple.rrname)),
            Kind::Missing => tuple.rrname.child(b"no-such-name").ok().map(Subject::Name),
            Kind::Address => address(&tuple).map(Subject::Address),
            Kind::Within => Some(Subject::Within(tuple.rrname.suffix(3))),
            Kind::Network => Prefix::of(address(&tuple)?, 24).ok().map(Subject::Prefix),
            Kind::Target if tuple.rrtype == RecordType::NS => {
                Some(Subject::TargetWithin(Name::from_wire(tuple.rdata.as_octets()).ok()?.suffix(3)))
            }
            Kind::Target => None,
            Kind::Beginning => Some(Subject::Beginning(vec![b"mail".as_slice().into()])),
        }
    }
}

fn address(tuple: &Tuple) -> Option<IpAddr> {
    let octets = <[u8; 4]>::try_from(tuple.rdata.as_octets()).ok()?;
    (tuple.rrtype == RecordType::A).then(|| octets.into())
}

/// Places all over the population, always the same.
fn spread(at: u32, workload: &Workload) -> u32 {
    at.wrapping_mul(2_654_435_761) % workload.tuples().max(1)
}

/// Everything that is asked of a compacted store.
pub(super) fn all(store: &Store, workload: &Workload, say: Say<'_>) -> Outcome<()> {
    for (kind, what) in Kind::ALL {
        ask_all(kind, what, store, workload, say)?;
    }
    scan(store, say)
}

/// Asks all questions of a kind: small answers by their latency, large ones by rows a second.
pub(super) fn ask_all(kind: Kind, what: &str, store: &Store, workload: &Workload, say: Say<'_>) -> Outcome<()> {
    let subjects = kind.subjects(workload);
    match kind {
        Kind::Exact | Kind::Missing | Kind::Address => latency(what, store, &subjects, say),
        Kind::Within | Kind::Network | Kind::Target | Kind::Beginning => rate(what, store, &subjects, say),
    }
}

fn ask(snapshot: &Snapshot, subject: &Subject) -> Outcome<Page<Record>> {
    Ok(snapshot.dns(&Query::new(subject.clone(), Readable::All, ROWS_MAX))?)
}

fn latency(what: &str, store: &Store, subjects: &[Subject], say: Say<'_>) -> Outcome<()> {
    let snapshot = store.snapshot();
    for subject in subjects {
        ask(&snapshot, subject)?;
    }
    let (mut times, mut rows) = (Vec::with_capacity(subjects.len()), 0);
    for subject in subjects {
        let began = Instant::now();
        rows += ask(&snapshot, subject)?.rows.len();
        times.push(began.elapsed().as_nanos() as f64 / 1000.0);
    }
    report(what, times, rows, say);
    Ok(())
}

/// Names that are there, each asked of a new snapshot, as long as something is being appended.
pub(super) fn beside(
    what: &str,
    store: &Store,
    workload: &Workload,
    append: impl FnOnce() -> Outcome<()> + Send,
    say: Say<'_>,
) -> Outcome<()> {
    let subjects = Kind::Exact.subjects(workload);
    let (mut times, mut rows) = (Vec::new(), 0);
    let appended = thread::scope(|scope| {
        let appending = scope.spawn(append);
        for subject in subjects.iter().cycle() {
            if appending.is_finished() {
                break;
            }
            let began = Instant::now();
            rows += ask(&store.snapshot(), subject)?.rows.len();
            times.push(began.elapsed().as_nanos() as f64 / 1000.0);
        }
        appending.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    report(what, times, rows, say);
    appended
}

fn report(what: &str, mut times: Vec<f64>, rows: usize, say: Say<'_>) {
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let longest = times.last().copied().unwrap_or(0.0);
    say(&format!(
        "{what}: p50 {:.1} µs, p99 {:.1} µs, longest {longest:.0} µs ({} asked, {rows} rows)",
        at(0.5),
        at(0.99),
        times.len()
    ));
}

/// Tuples a second, first only walked over, then made into records in pages.
fn rate(what: &str, store: &Store, subjects: &[Subject], say: Say<'_>) -> Outcome<()> {
    let snapshot = store.snapshot();
    let walk = |subject: &Subject| walked(&snapshot, subject);
    let records = |subject: &Subject| Ok(ask(&snapshot, subject)?.rows.len());
    let ((rows, walked), (_, made)) = (measured(subjects, walk)?, measured(subjects, records)?);
    say(&format!(
        "{what}: {walked:.0} rows/s walked, {made:.0} records/s made ({} asked, {rows} rows)",
        subjects.len()
    ));
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

fn scan(store: &Store, say: Say<'_>) -> Outcome<()> {
    let snapshot = store.snapshot();
    let began = Instant::now();
    let mut walked = 0u64;
    snapshot.visit_dns(&Query::new(Subject::Within(Name::root()), Readable::All, ROWS_MAX), &mut |_| {
        walked += 1;
        ControlFlow::Continue(())
    })?;
    let walk = walked as f64 / began.elapsed().as_secs_f64();
    let began = Instant::now();
    let rows = limit::each_row(&snapshot, |_| {})?;
    let made = rows as f64 / began.elapsed().as_secs_f64();
    say(&format!("full scan: {walk:.0} tuples/s walked; in pages of 10,000 {made:.0} rows/s made ({rows} rows)"));
    Ok(())
}
