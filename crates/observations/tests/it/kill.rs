//! `kill -9` at random moments: the test binary runs itself as the writer, and is killed.

use std::{path::Path, process::Command};

use observations::proof::kill;

const DIR: &str = "SPOOR_TEST_KILL_DIR";
const FROM: &str = "SPOOR_TEST_KILL_FROM";

/// The writer; does nothing where it is run as a test like the others.
#[test]
fn writer_to_be_killed() {
    let Some(dir) = std::env::var_os(DIR) else { return };
    let from: u64 = std::env::var(FROM).expect("set beside it").parse().expect("a number");
    kill::write(Path::new(&dir), from, std::io::stdout()).expect("written until killed");
}

fn writer(dir: &Path, from: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "kill::writer_to_be_killed", "--nocapture", "--test-threads=1"]);
    command.env(DIR, dir).env(FROM, from.to_string());
    command
}

#[test]
fn killed_at_random_moments_nothing_is_lost_or_counted_twice() {
    let dir = tempfile::tempdir().expect("a directory");
    let kills = if crate::long() { 20 } else { 3 };
    let report = kill::run(dir.path(), (kills, u64::from(std::process::id())), writer, |_| {}).expect("all is there");
    assert!(report.kills == kills && report.acknowledged > 0, "{report:?}");
}
