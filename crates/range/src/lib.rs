//! A simulated Internet for the demo, tests and benchmarks.

pub mod hostile;
mod server;
