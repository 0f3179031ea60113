//! The servers of a range: real sockets on loopback.

pub(crate) mod socket;
