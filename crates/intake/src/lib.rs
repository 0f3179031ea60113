//! What comes in: files, sockets and watched directories of sensors, look-ups on the spot, and the lists of feeds.
//!
//! `collect` asks and decides nothing; `engine` decides and asks nothing. Here they meet: what was asked or sent is read,
//! passes the rules, and is appended to the store. The command line, the server and the demo take the same way.

pub mod feed;
pub mod first_seen;
pub mod ingest;
pub mod ledger;
pub mod live;
pub mod moment;
pub mod sensor;

/// Bad use, told apart from what failed: the command line ends with another exit code.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub String);

/// A misuse as an error.
pub fn misuse(why: impl Into<String>) -> anyhow::Error {
    Misuse(why.into()).into()
}
