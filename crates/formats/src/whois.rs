//! WHOIS text (RFC 3912).
//!
//! The protocol is a line to the server and text back. The text has no specified form: registries and registrars use
//! some six families of layout, in many languages and character sets. One engine reads them all, in linear time:
//!
//! 1. [`decode`] finds the character set;
//! 2. `line` cuts the text into lines and tells labels, values, heads of sections and comments apart;
//! 3. `label` says what a label can mean, from a dictionary that is data;
//! 4. `reader` goes over the lines once and knows whom each is about;
//! 5. `party` makes contacts, also of the lines of an envelope, and joins them by handle;
//! 6. `date` and `state` read dates and what the answer says as a whole.
//!
//! What is peculiar to a server or a zone and cannot be seen in an answer is data too (`data/whois/servers.txt`). Lines
//! that were not understood are remarked, so that a person sees how far a record is to be trusted. At most 1 MiB and
//! 20,000 lines of an answer are read.

mod charset;
mod date;
mod label;
mod line;
mod merge;
mod party;
mod peculiar;
mod reader;
mod record;
pub mod score;
mod server;
mod state;

pub use charset::decode;
pub use merge::merge;
use model::{Name, RawAnswer, Registration, registration::Protocol};
use peculiar::zone as zone_of;
pub use record::parse;

use crate::Remark;

/// Raised whenever the same answer gives another result than before.
pub const REVISION: u32 = 3;

/// What was understood of one answer, or of several about one domain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The record.
    pub registration: Registration,
    /// The WHOIS server to which the answer refers: a registrar's, or a registry's where IANA was asked.
    pub referral: Option<String>,
    /// How long the server asks to wait, where it would not answer now.
    pub wait_seconds: Option<u32>,
    /// What was not understood.
    pub remarks: Vec<Remark>,
    /// How many lines have something on them.
    pub lines: usize,
    /// How many of those were understood.
    pub understood: usize,
}

/// A moment as registries write it; the day before the month where it does not say.
pub(crate) fn moment(text: &str) -> Option<model::Time> {
    date::parse(text, date::Order::default())
}

/// Reads the WHOIS answers about a domain, registry first, and joins them. Answers by another protocol are passed over.
pub fn read(answers: &[RawAnswer], domain: &Name) -> Parsed {
    let zone = peculiar::zone(domain);
    let mut answers = answers.iter().filter(|answer| answer.protocol == Protocol::Whois).map(|answer| {
        let (text, remark) = decode(&answer.body, &zone);
        let mut parsed = parse(&text, &answer.server, domain);
        parsed.remarks.extend(remark);
        parsed
    });
    let first = answers.next().unwrap_or_default();
    answers.fold(first, |joined, next| Parsed {
        registration: merge(joined.registration, next.registration),
        referral: next.referral.or(joined.referral),
        wait_seconds: next.wait_seconds.or(joined.wait_seconds),
        remarks: joined.remarks.into_iter().chain(next.remarks).collect(),
        lines: joined.lines + next.lines,
        understood: joined.understood + next.understood,
    })
}
