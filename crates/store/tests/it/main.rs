//! The store on both engines.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod audit;
mod engines;
mod generation;
mod layer;
mod plan;
mod search;
mod tls;
mod upgrade;
