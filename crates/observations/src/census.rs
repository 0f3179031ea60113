//! How many distinct tuples, names and addresses a store holds, by reading it once.

use std::ops::ControlFlow;

use model::{Name, Prefix, Readable, Time};

use crate::{
    error::Error,
    query::{Interrupt, Query, Subject},
    snapshot::Snapshot,
};

/// A store counted: each thing once, however many sources and segments say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Tuples of owner, type, bailiwick and data.
    pub tuples: u64,
    /// Owner names.
    pub names: u64,
    /// IPv4 and IPv6 addresses in data.
    pub addresses: u64,
    /// The first time that anything was seen.
    pub oldest: Option<Time>,
    /// The last time.
    pub newest: Option<Time>,
    /// Whether something was passed over: damage, or an interrupt.
    pub at_least: bool,
}

impl Snapshot {
    /// Counts what these sources say. It reads the forward key space and the addresses of the inverse one, and remembers
    /// no more than a row.
    pub fn census(&self, sources: &Readable, interrupt: &Interrupt) -> Result<Census, Error> {
        let mut census = Census::default();
        let mut before: Vec<u8> = Vec::new();
        let query = |subject| Query { interrupt: interrupt.clone(), ..Query::new(subject, sources.clone(), 0) };
        let mut ended = self.visit_dns(&query(Subject::Within(Name::root())), &mut |found| {
            census.tuples += 1;
            let owner = found.owner().unwrap_or_default();
            if census.names == 0 || before != owner {
                census.names += 1;
                before.clear();
                before.extend_from_slice(owner);
            }
            for (_, span, _) in found.sightings() {
                census.oldest = Some(census.oldest.map_or(span.first(), |oldest| oldest.min(span.first())));
                census.newest = census.newest.max(Some(span.last()));
            }
            ControlFlow::Continue(())
        })?;
        census.at_least |= ended.interrupted || ended.damaged > 0;
        for (family, octets) in [("0.0.0.0/0", 4), ("::/0", 16)] {
            let Ok(all) = family.parse::<Prefix>() else { continue };
            before.clear();
            ended = self.visit_dns(&query(Subject::Prefix(all)), &mut |found| {
                // Space, class, address: tuples of one address stand together.
                let address = found.place().get(..2 + octets).unwrap_or_default();
                if before != address {
                    census.addresses += 1;
                    before.clear();
                    before.extend_from_slice(address);
                }
                ControlFlow::Continue(())
            })?;
            census.at_least |= ended.interrupted || ended.damaged > 0;
        }
        Ok(census)
    }
}
