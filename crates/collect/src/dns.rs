//! DNS look-ups through the configured recursive resolvers, and only through them.
//!
//! Never iterative: an adversary's name server sees the resolver's address, not ours. No EDNS client subnet (RFC 7871),
//! no search domains, no hosts file, no cache. One question leaves for each ledger line: hickory's transport is used
//! (random ports and ids, retransmission, TCP after truncation) without its resolver above it, which would chase CNAME
//! and SRV targets with questions of its own.

mod answer;
mod resolver;

use model::{Exposure, Name, Observation, RecordType, Span, Time};
use tokio::time::Instant;

use crate::{Collector, Outcome, Permit, Protocol, gate::Question, outcome::Fact};
pub(crate) use answer::Record;
pub(crate) use resolver::Resolver;

impl Collector {
    /// Asks for records of a name, one type after the other; the limit of time is for all of them together.
    ///
    /// Found are records of the asked type and the CNAMEs on the way to them, of the name and its CNAME chain. Their
    /// bailiwick is unknown: a recursive resolver does not say from which zone cut it has them.
    pub async fn dns(
        &self,
        name: &Name,
        rrtypes: &[RecordType],
        permit: &Permit,
        now: Time,
    ) -> Vec<(RecordType, Outcome<Vec<Observation>>)> {
        let deadline = Instant::now() + self.config().limits.total();
        let mut outcomes = Vec::with_capacity(rrtypes.len());
        for &rrtype in rrtypes {
            let asked = self.dns_question(name, rrtype, permit, now);
            let records = tokio::time::timeout_at(deadline, self.look_up(name, rrtype, asked)).await;
            let observed = records.unwrap_or(Err(Outcome::Timeout)).map(|records| observations(records, now));
            outcomes.push((rrtype, Outcome::of(observed)));
        }
        outcomes
    }

    fn dns_question<'a>(&self, name: &Name, rrtype: RecordType, permit: &'a Permit, now: Time) -> Question<'a> {
        Question {
            value: name.to_string(),
            rrtype: Some(rrtype),
            server: String::new(), // each resolver fills in its own
            exposure: Exposure::Target,
            protocol: Protocol::Dns,
            provider: None,
            permit,
            now,
        }
    }

    async fn look_up(&self, name: &Name, rrtype: RecordType, asked: Question<'_>) -> Result<Vec<Record>, Fact> {
        if let Some(why) = never_asked(name) {
            return Err(self.gate().refuse(&asked, None, why));
        }
        self.ask_resolvers(name, rrtype, asked).await
    }

    /// Asks one resolver after the other until one answers, be it with "there is none".
    pub(crate) async fn ask_resolvers(
        &self,
        name: &Name,
        rrtype: RecordType,
        asked: Question<'_>,
    ) -> Result<Vec<Record>, Fact> {
        let mut last = Outcome::NotConfigured("no resolver".into());
        self.gate().allow(&asked)?;
        for resolver in self.resolvers() {
            let question = Question { server: resolver.socket().to_string(), ..asked.clone() };
            let answer = match self.gate().leave(&question, resolver.socket()) {
                Ok(()) => resolver.ask(name, rrtype).await,
                Err(fact) => Err(fact),
            };
            match answer {
                Ok(records) => return Ok(records),
                Err(fact @ (Outcome::NoSuchName | Outcome::NoData)) => return Err(fact),
                Err(fact) => last = fact,
            }
        }
        Err(last)
    }
}

/// Names that no resolver must ever see.
fn never_asked(name: &Name) -> Option<String> {
    const PRIVATE: &[(&[u8], &str)] = &[
        (b"onion", "RFC 7686"),
        (b"local", "RFC 6762"),
        (b"localhost", "RFC 6761"),
        (b"invalid", "RFC 6761"),
        (b"alt", "RFC 9476"),
    ];
    let last = name.labels().last()?;
    let (label, rfc) = PRIVATE.iter().find(|(label, _)| *label == last)?;
    Some(format!("names under {} are not sent to a resolver ({rfc})", String::from_utf8_lossy(label)))
}

fn observations(records: Vec<Record>, now: Time) -> Vec<Observation> {
    let observe = |record: Record| Observation { tuple: record.into_tuple(), span: Span::at(now), count: 1 };
    records.into_iter().map(observe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_stay_here() {
        for name in ["abc.onion", "printer.local", "localhost", "x.localhost", "a.b.invalid"] {
            assert!(never_asked(&name.parse().unwrap()).is_some(), "{name}");
        }
        for name in ["example.test", "onion.example", "local.test", "."] {
            assert!(never_asked(&Name::parse(name.as_bytes()).unwrap()).is_none(), "{name}");
        }
    }
}
