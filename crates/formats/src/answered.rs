//! What a line of a log says was answered: common to the logs of Zeek, Suricata and others.
//!
//! Such logs list answers without their owner names. Where addresses were asked for, names among the answers are
//! aliases: the first belongs to the question, the next to the first, and the addresses to the last of them.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr},
};

use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};

use crate::line::LineError;

/// How many answers one line may list.
pub(crate) const ANSWERS_MAX: usize = 1_000;

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The name that was asked for, where the line says it.
    pub question: Option<Name>,
    /// What the answers say.
    pub observations: Vec<Observation>,
}

impl Answered {
    /// One observation that says nothing of its question.
    pub(crate) fn alone(observation: Observation) -> Answered {
        Answered { question: None, observations: vec![observation] }
    }
}

/// Answers that belong to one question.
pub(crate) struct Chain {
    question: Name,
    owner: Name,
    moment: Span,
    observations: Vec<Observation>,
}

impl Chain {
    pub(crate) fn new(question: Name, moment: Time) -> Chain {
        Chain { owner: question.clone(), question, moment: Span::at(moment), observations: Vec::new() }
    }

    /// An answer in text to a question for addresses: an address, or an alias. False where it is neither.
    pub(crate) fn address(&mut self, rrtype: RecordType, text: &str) -> bool {
        let rdata = match rrtype {
            RecordType::A => text.parse::<Ipv4Addr>().map(|address| Rdata::from_canonical(&address.octets())),
            _ => text.parse::<Ipv6Addr>().map(|address| Rdata::from_canonical(&address.octets())),
        };
        match rdata {
            Ok(rdata) => self.push(rrtype, rdata),
            // Dotted digits are an address of the other family, and never an alias.
            Err(_) if text.parse::<std::net::IpAddr>().is_ok() || text.contains(' ') => return false,
            Err(_) => return self.alias(text),
        }
        true
    }

    /// An alias of what the last one was an alias of.
    pub(crate) fn alias(&mut self, text: &str) -> bool {
        let Ok(target) = Name::parse(text.as_bytes()) else { return false };
        self.push(RecordType::CNAME, Rdata::from_canonical(target.as_wire()));
        self.owner = target;
        true
    }

    /// Data of the name that the aliases led to.
    pub(crate) fn push(&mut self, rrtype: RecordType, rdata: Rdata) {
        let owner = self.owner.clone();
        self.push_of(owner, rrtype, rdata);
    }

    /// Data of a name that is known.
    pub(crate) fn push_of(&mut self, rrname: Name, rrtype: RecordType, rdata: Rdata) {
        let tuple = Tuple { rrname, rrtype, bailiwick: None, rdata };
        self.observations.push(Observation { tuple, span: self.moment, count: 1 });
    }

    /// What the line says, or that nothing of it is whole enough to be stored.
    pub(crate) fn end(self) -> Result<Answered, LineError> {
        match self.observations.is_empty() {
            true => Err(LineError::Empty("no answer of which the log says all")),
            false => Ok(Answered { question: Some(self.question), observations: self.observations }),
        }
    }
}

/// A moment in seconds or as a date, its fraction left out.
pub(crate) fn moment(field: &'static str, text: &str) -> Result<Time, LineError> {
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|octet| octet.is_ascii_digit()) => whole,
        _ => text,
    };
    let time: Time = whole.parse().map_err(|error| LineError::bad(field, error))?;
    match time.0 {
        1.. => Ok(time),
        _ => Err(LineError::bad(field, "not after 1970")),
    }
}

/// A name in presentation form.
pub(crate) fn name(field: &'static str, text: &str) -> Result<Name, LineError> {
    Name::parse(text.as_bytes()).map_err(|error| LineError::bad(field, error))
}

/// Octets as text; what is no UTF-8 is replaced, and no name or data that are kept have such in them.
pub(crate) fn text(octets: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(octets)
}
