//! Fuzz target: the decoders of the observation store's files (`observations::fuzz`).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| observations::fuzz::decode(data));
