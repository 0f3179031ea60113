//! The store on both engines.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod engines;
mod layer;
