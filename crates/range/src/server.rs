//! The servers of a range: real sockets on loopback that answer from a [`World`](crate::World) at its moment.
//!
//! [`dns`] speaks RFC 1035 over UDP and TCP, [`whois`] RFC 3912, [`rdap`] RFC 9082/9083 over a small HTTP/1.1 of its
//! own ([`http`]), once also inside TLS ([`tls`]). None of them knows anything of its own: what is true, and since
//! when, is the world's business; theirs is the wire, the [`throttle`] and the [`log`] of what they were asked.

pub(crate) mod dns;
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod rdap;
pub(crate) mod scene;
pub(crate) mod socket;
pub(crate) mod throttle;
pub(crate) mod tls;
pub(crate) mod whois;
