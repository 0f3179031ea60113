//! The servers of the range, asked over real sockets by hand-made clients.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod hostile;
mod range;
