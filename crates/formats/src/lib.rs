//! The words of [`model`] on the wire.
//!
//! What it is: parsers and writers for outside formats, each in a module of its own that cites what it follows. What
//! it is **not**: it opens no file and no connection, knows no clock, and decides nothing.
//!
//! No parser fails as a whole on outside text: it returns what it understood and a [`Remark`] on each thing that it
//! did not. Every parser has limits on size, depth and number; reaching one is remarked.
#![deny(clippy::indexing_slicing)]

pub mod answer;
pub mod answered;
pub mod attack;
pub mod capture;
pub mod cof;
pub mod disclosure;
pub mod dns;
pub mod dnsdb;
pub mod dnsdb_lines;
pub mod dnstap;
pub mod eve;
pub mod export;
pub mod frame_stream;
pub mod line;
pub mod list;
mod member;
pub mod misp;
pub mod observation_table;
pub mod passivedns;
mod phrase;
pub mod prefixes;
pub mod provider;
pub mod rdap;
mod read;
pub mod registration_lines;
pub mod registration_table;
mod remark;
pub mod stix;
pub mod whois;
pub mod zeek;
pub mod zone;

pub use read::read;
pub use remark::{Place, REMARK_TEXT_MAX, REMARKS_MAX, Remark, RemarkKind};
