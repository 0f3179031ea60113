//! `kill -9` at random moments: the test binary runs itself as the writer, and is killed.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, Command, Stdio},
};

use model::{Counting, SourceId, Time};
use observations::{Appended, Batch, BatchId, Options, Store};

use crate::{
    chance::{self, Chance, START},
    compare,
    oracle::Oracle,
};

const DIR: &str = "SPOOR_TEST_KILL_DIR";
const FROM: &str = "SPOOR_TEST_KILL_FROM";

fn options() -> Options {
    Options { memory_bytes: 64 << 10, background: true, ..crate::options() }
}

/// The batch of this number: always the same, with its id.
fn batch(source: SourceId, number: u64) -> Batch {
    let mut chance = Chance(number);
    let observations = (0..40).map(|_| chance.observation()).collect();
    let registrations = if number.is_multiple_of(5) { vec![chance.registration()] } else { Vec::new() };
    let id = [number.to_be_bytes(), [7; 8]].concat().try_into().expect("sixteen octets");
    Batch {
        id: Some(BatchId(id)),
        source,
        arrived: Time(START + number as i64 * 60),
        observations,
        registrations,
        networks: Vec::new(),
        parser: 1,
    }
}

/// The writer; does nothing where it is run as a test like the others.
#[test]
fn writer_to_be_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let from: u64 = std::env::var(FROM).expect("set beside it").parse().expect("a number");
    let store = Store::open(Path::new(&dir), options()).expect("opened");
    let source = store.source("sensor").expect("added before").id;
    for number in from.. {
        store.append(batch(source, number)).expect("appended");
        writeln!(std::io::stdout(), "\nacknowledged {number}").expect("the parent reads");
        if number % 17 == 16 {
            store.compact(false).expect("compacted");
        }
    }
}

fn start(dir: &Path, from: u64) -> Child {
    Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", "kill::writer_to_be_killed", "--nocapture", "--test-threads=1"])
        .env(DIR, dir)
        .env(FROM, from.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started")
}

/// Kills the writer after so many acknowledgements; returns the number of the next batch to be acknowledged.
fn kill_after(mut writer: Child, acknowledgements: usize, from: u64) -> u64 {
    let output = BufReader::new(writer.stdout.take().expect("piped"));
    let mut next = from;
    let mut lines = output.lines().map_while(Result::ok);
    let mut seen = 0;
    while seen < acknowledgements {
        let line = lines.next().expect("it writes until it is killed");
        if let Some(number) = line.strip_prefix("acknowledged ") {
            next = number.parse::<u64>().expect("a number") + 1;
            seen += 1;
        }
    }
    writer.kill().expect("killed");
    writer.wait().expect("gone");
    for line in lines {
        let number = line.strip_prefix("acknowledged ").and_then(|number| number.parse::<u64>().ok());
        next = number.map_or(next, |number| number + 1); // a line cut by the kill was not acknowledged
    }
    next
}

#[test]
fn killed_at_random_moments_nothing_is_lost_or_counted_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut oracle = Oracle::new();
    let source = {
        let store = Store::open(dir.path(), options()).expect("opened");
        store.add_source(chance::source("sensor", Counting::Stream)).expect("added")
    };
    oracle.add_source(&source);
    let (mut next, mut stored) = (0, 0);
    let mut chance = Chance(u64::from(std::process::id()));
    for round in 0..if crate::long() { 20 } else { 3 } {
        // The last acknowledged batch is sent again: its sender may not have heard.
        let from = u64::saturating_sub(next, 1);
        next = kill_after(start(dir.path(), from), 1 + chance.below(60), from);
        let store = Store::open(dir.path(), options()).expect("opened after the kill");
        crate::assert_clean(&store);
        for number in stored..next {
            oracle.append(&batch(source.id, number));
        }
        stored = stored.max(next);
        if compare::holds(&store.snapshot(), &oracle).is_err() {
            // The batch in flight may have become durable.
            oracle.append(&batch(source.id, stored));
            stored += 1;
            compare::holds(&store.snapshot(), &oracle).unwrap_or_else(|why| panic!("round {round}: {why}"));
            assert_eq!(store.append(batch(source.id, stored - 1)).expect("appended"), Appended::Known);
        }
    }
}
