//! Fuzz target: see `check::whois_sample`.
#![no_main]

#[path = "../check.rs"]
#[allow(dead_code, reason = "each target uses one of the checks")]
mod check;

libfuzzer_sys::fuzz_target!(|data: &[u8]| check::whois_sample(data));
