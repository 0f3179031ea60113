//! Bits that flip on the disk: reported, passed over, and never believed.

use std::path::{Path, PathBuf};

use model::{Counting, Time};
use observations::{Batch, Options, Record, Store, disk::fault::FaultDisk};

use crate::chance::{self, Chance, START};

const DIR: &str = "/store";

fn open(disk: &FaultDisk) -> Result<Store, observations::Error> {
    Store::open(Path::new(DIR), Options { memory_bytes: 8 << 20, disk: disk.disk(), ..crate::options() })
}

/// A store of one segment and a log, and everything in it.
fn built(seed: u64, rows: usize) -> (FaultDisk, Vec<Record>) {
    let disk = FaultDisk::new(seed);
    let store = open(&disk).expect("opened");
    let source = store.add_source(chance::source("sensor", Counting::Stream)).expect("added").id;
    let mut chance = Chance(seed);
    let batch = |chance: &mut Chance, rows: usize| {
        let observations = (0..rows).map(|_| chance.observation()).collect();
        let registrations = (0..rows / 100).map(|_| chance.registration()).collect();
        Batch { observations, registrations, ..chance.batch(source, Time(START), 0) }
    };
    store.append(batch(&mut chance, rows)).expect("appended");
    store.flush().expect("flushed");
    store.compact(true).expect("compacted");
    let all = store.snapshot().dns(&crate::everything()).expect("an answer").rows;
    (disk, all)
}

fn files(disk: &FaultDisk) -> Vec<(PathBuf, u64)> {
    disk.files().into_iter().filter(|(path, length)| *length > 0 && !path.ends_with("LOCK")).collect()
}

/// Wherever a bit flips, either the store says at once what is damaged, or `check` does; what it still answers was
/// all said.
#[test]
fn flipped_bits_are_found_and_never_believed() {
    let mut chance = Chance(3);
    let rounds = if crate::long() { 3000 } else { 150 };
    let (disk, all) = built(3, 1500);
    let files = files(&disk);
    let mut passed_over = 0;
    for round in 0..rounds {
        let (path, length) = &files[chance.below(files.len())];
        let (offset, bit) = (chance.below(*length as usize) as u64, chance.below(8) as u8);
        assert!(disk.flip(path, offset, bit));
        let place = format!("round {round}: bit {bit} of octet {offset} of {}", path.display());
        if let Ok(store) = open(&disk) {
            let report = store.check().expect("checked");
            let page = store.snapshot().dns(&crate::everything()).expect("an answer");
            assert!(page.rows.iter().all(|row| all.contains(row)), "{place}: invented");
            let complete = page.rows.len() == all.len();
            assert!(complete || page.damaged > 0 || !report.damage.is_empty(), "{place}: silent loss");
            assert!(!report.damage.is_empty(), "{place}: not found by check");
            passed_over += usize::from(!complete && !page.rows.is_empty());
        }
        assert!(disk.flip(path, offset, bit));
    }
    assert!(passed_over > 0, "no damaged block was ever passed over");
    let store = open(&disk).expect("opened");
    crate::assert_clean(&store);
}

/// Damage in the middle of the log is no torn tail: it is reported, and what stands before and behind it is read.
#[test]
fn damage_in_the_log_is_no_torn_tail() {
    let disk = FaultDisk::new(4);
    let store = open(&disk).expect("opened");
    let source = store.add_source(chance::source("sensor", Counting::Stream)).expect("added").id;
    let mut chance = Chance(4);
    let before = disk.files();
    for _ in 0..10 {
        store.append(chance.batch(source, Time(START), 20)).expect("appended");
    }
    let all = store.snapshot().dns(&crate::everything()).expect("an answer").rows;
    drop(store);
    let grown = |(path, length): &(PathBuf, u64)| {
        before.iter().find(|(other, _)| other == path).is_none_or(|(_, earlier)| earlier < length)
    };
    let (log, length) = disk.files().into_iter().find(grown).expect("the log has grown");
    assert!(disk.flip(&log, length / 2, 3));
    match open(&disk) {
        Ok(store) => {
            assert!(!store.check().expect("checked").damage.is_empty(), "silent damage in {}", log.display());
            let rows = store.snapshot().dns(&crate::everything()).expect("an answer").rows;
            assert!(rows.iter().all(|row| all.iter().any(|other| other.tuple == row.tuple)) && !rows.is_empty());
        }
        Err(error) => assert!(error.to_string().contains("damaged"), "{error}"),
    }
}
