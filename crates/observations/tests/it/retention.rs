//! What is kept for so many days, what is dropped, and what that does to the store's size.

use std::path::Path;

use model::{Counting, Observation, Rdata, RecordType, Source, SourceId, Span, Time, Tuple};
use observations::{Batch, Options, Store, disk::fault::FaultDisk};

use crate::{
    chance::{self, DAY, START},
    count_all, options,
};

const NAMES: i64 = 3000;

fn batch(source: SourceId, arrived: i64, seen: i64, from: i64) -> Batch {
    let observations = (from..from + NAMES).map(|host| {
        let rdata = Rdata::from_canonical(&(host as u32).to_be_bytes());
        let rrname = format!("host-{host}.example-{}.test", host % 97).parse().expect("a name");
        let tuple = Tuple { rrname, rrtype: RecordType::A, bailiwick: None, rdata };
        Observation { tuple, span: Span::at(Time(seen)), count: 1 }
    });
    let observations = observations.collect();
    Batch {
        id: None,
        source,
        arrived: Time(arrived),
        observations,
        registrations: Vec::new(),
        networks: Vec::new(),
        parser: 0,
    }
}

fn octets(store: &Store) -> u64 {
    store.stats().expect("numbers").octets
}

/// Rows of forward and inverse.
fn rows(store: &Store) -> u64 {
    let stats = store.stats().expect("numbers");
    stats.spaces.iter().filter(|space| ["forward", "inverse"].contains(&space.name)).map(|space| space.rows).sum()
}

#[test]
fn what_is_older_than_its_source_keeps_is_hidden_at_once_and_gone_after_a_compaction() {
    let disk = FaultDisk::new(1).disk();
    let open = || Store::open(Path::new("/store"), Options { disk: disk.clone(), ..options() }).expect("opened");
    let store = open();
    let short = Source { retention_days: Some(30), ..chance::source("short", Counting::Stream) };
    let short = store.add_source(short).expect("added").id;
    let long = store.add_source(chance::source("long", Counting::Stream)).expect("added").id;
    store.append(batch(short, START, START, 0)).expect("appended");
    store.append(batch(long, START, START, 10 * NAMES)).expect("appended");
    assert_eq!(count_all(&store.snapshot()), 2 * NAMES as u64);
    assert_eq!(store.stats().expect("numbers").write_amplification(), None);
    store.compact(true).expect("compacted");
    let before = octets(&store);
    let stats = store.stats().expect("numbers");
    assert_eq!((stats.merged_octets, stats.flushed_octets > 0), (before, true));
    assert!(stats.write_amplification().is_some_and(|times| (1.2..2.5).contains(&times)), "{stats:?}");

    // Seen again in between: kept by when it was seen last.
    store.append(batch(short, START + 29 * DAY, START + 29 * DAY, NAMES - 10)).expect("appended");
    store.append(batch(long, START + 31 * DAY, START + 31 * DAY, 10 * NAMES)).expect("appended");
    assert_eq!(count_all(&store.snapshot()), 2 * NAMES as u64);
    drop(store);
    let store = open();
    assert_eq!(count_all(&store.snapshot()), 2 * NAMES as u64);

    store.compact(true).expect("compacted");
    assert_eq!(count_all(&store.snapshot()), 2 * NAMES as u64);
    assert_eq!(rows(&store), 4 * NAMES as u64);
    store.append(batch(long, START + 60 * DAY, START + 60 * DAY, 10 * NAMES)).expect("appended");
    assert_eq!(count_all(&store.snapshot()), NAMES as u64);
    store.compact(true).expect("compacted");
    assert_eq!(rows(&store), 2 * NAMES as u64);
    assert!(octets(&store) < before * 3 / 4, "{} of {before}", octets(&store));
    crate::assert_clean(&store);
}

#[test]
fn what_a_dropped_source_said_takes_no_room_after_a_compaction() {
    let disk = FaultDisk::new(1).disk();
    let store = Store::open(Path::new("/store"), Options { disk, ..options() }).expect("opened");
    let [one, other] = ["one", "other"].map(|name| {
        let source = chance::source(name, Counting::Stream);
        store.add_source(source).expect("added").id
    });
    store.append(batch(one, START, START, 0)).expect("appended");
    store.append(batch(other, START, START, 0)).expect("appended");
    store.compact(true).expect("compacted");
    let (before, rows_before) = (octets(&store), rows(&store));
    store.drop_source(one).expect("dropped");
    assert!(
        store
            .snapshot()
            .dns(&crate::everything())
            .expect("an answer")
            .rows
            .iter()
            .all(|record| { record.sightings.iter().all(|(source, _)| *source == other) })
    );
    store.compact(true).expect("compacted");
    assert_eq!(rows(&store), rows_before / 2);
    assert!(octets(&store) < before * 9 / 10, "{} of {before}", octets(&store));
    crate::assert_clean(&store);
}
