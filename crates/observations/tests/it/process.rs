//! Several processes on one store: one writes, others read everything acknowledged.

use model::{Counting, Time};
use observations::{Error, Options, Store};

use crate::{
    chance::{self, Chance, START},
    compare,
    oracle::Oracle,
};

fn options() -> Options {
    Options { memory_bytes: 32 << 10, ..crate::options() }
}

#[test]
fn a_second_writer_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let first = Store::open(dir.path(), options()).expect("opened");
    let error = Store::open(dir.path(), options()).expect_err("refused");
    assert!(matches!(&error, Error::Locked { .. }), "{error:?}");
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    drop(first);
    Store::open(dir.path(), options()).expect("opened when the first is gone");
}

#[test]
fn a_reader_sees_everything_acknowledged() {
    let dir = tempfile::tempdir().expect("a directory");
    let writer = Store::open(dir.path(), options()).expect("opened");
    let mut oracle = Oracle::new();
    let source = writer.add_source(chance::source("sensor", Counting::Stream)).expect("added");
    oracle.add_source(&source);
    let reader = Store::open_reader(dir.path(), options()).expect("opened beside the writer");
    let mut chance = Chance(1);
    let mut earlier = Vec::new();
    for round in 0..60 {
        let batch = chance.batch(source.id, Time(START + round * 600), 20);
        writer.append(batch.clone()).expect("appended");
        oracle.append(&batch);
        match round % 10 {
            4 => writer.flush().expect("flushed"),
            8 => drop(writer.compact(round % 20 == 18).expect("compacted")),
            _ => {}
        }
        if round % 3 == 0 {
            reader.refresh().expect("refreshed");
            compare::holds(&reader.snapshot(), &oracle).expect("all that was acknowledged");
            earlier.push((reader.snapshot(), oracle.clone()));
        }
    }
    for (snapshot, oracle) in &earlier {
        compare::holds(snapshot, oracle).expect("an old snapshot still answers, its files are open");
    }
    assert!(matches!(reader.append(chance.batch(source.id, Time(START), 3)), Err(Error::ReadOnly)));
    assert!(matches!(reader.drop_source(source.id), Err(Error::ReadOnly)));
}

#[test]
fn a_reader_changes_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let writer = Store::open(dir.path(), options()).expect("opened");
    let source = writer.add_source(chance::source("sensor", Counting::Stream)).expect("added").id;
    let mut chance = Chance(2);
    for _ in 0..8 {
        writer.append(chance.batch(source, Time(START), 30)).expect("appended");
    }
    let content = || -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let entries = std::fs::read_dir(dir.path()).expect("listed").map(|entry| entry.expect("an entry").path());
        let mut files: Vec<_> = entries
            .filter(|path| path.is_file())
            .map(|path| (path.clone(), std::fs::read(&path).expect("read")))
            .collect();
        files.sort();
        files
    };
    let before = content();
    let reader = Store::open_reader(dir.path(), options()).expect("opened");
    reader.refresh().expect("refreshed");
    assert!(crate::count_all(&reader.snapshot()) > 0);
    drop(reader);
    assert_eq!(before, content());
}

#[test]
fn a_reader_makes_no_store() {
    let dir = tempfile::tempdir().expect("a directory");
    let missing = dir.path().join("missing");
    assert!(Store::open_reader(&missing, options()).is_err());
    assert!(!missing.exists());
}

#[test]
fn a_backup_is_the_store_of_its_moment() {
    let dir = tempfile::tempdir().expect("a directory");
    let (home, copy, back) = (dir.path().join("home"), dir.path().join("copy"), dir.path().join("back"));
    let store = Store::open(&home, options()).expect("opened");
    let mut oracle = Oracle::new();
    let source = store.add_source(chance::source("export", Counting::Statement)).expect("added");
    oracle.add_source(&source);
    let mut chance = Chance(3);
    for round in 0..20 {
        let batch = chance.batch(source.id, Time(START + round * 600), 40);
        store.append(batch.clone()).expect("appended");
        oracle.append(&batch);
        if round == 12 {
            store.flush().expect("flushed");
        }
    }
    store.backup(&copy).expect("copied");
    for _ in 0..5 {
        store.append(chance.batch(source.id, Time(START), 40)).expect("appended after it");
    }
    Store::restore(&copy, &back).expect("restored");
    let restored = Store::open(&back, options()).expect("opened");
    assert_eq!(restored.sources(), store.sources());
    compare::holds(&restored.snapshot(), &oracle).expect("what it held at that moment");
    crate::assert_clean(&restored);
    assert!(Store::restore(&copy, &back).is_err(), "a directory that holds something is not overwritten");
    assert!(store.backup(&copy).is_err(), "a backup is not overwritten");
}
