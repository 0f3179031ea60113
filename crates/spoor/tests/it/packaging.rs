//! What packages bring beside the program.

use std::process::Command;

use crate::program::Program;

#[test]
fn systemd_understands_the_unit() {
    let unit = include_str!("../../../../packaging/spoor.service");
    let program = Program::new();
    let unit = unit.replace("/usr/bin/spoor", env!("CARGO_BIN_EXE_spoor"));
    let file = program.file("spoor.service", unit.as_bytes());
    let verified = match Command::new("systemd-analyze").args(["verify", &file]).output() {
        Ok(verified) => verified,
        Err(error) => return println!("skipped: systemd-analyze: {error}"),
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    let about: Vec<&str> = said.lines().filter(|line| line.contains("spoor.service")).collect();
    assert!(verified.status.success() && about.is_empty(), "{said}");
}
