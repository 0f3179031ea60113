//! Fuzz target: see `check::registration_table`.
#![no_main]

#[path = "../check.rs"]
#[allow(dead_code, reason = "each target uses one of the checks")]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::registration_table(data));
