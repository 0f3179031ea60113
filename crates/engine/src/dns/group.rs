//! Answers to text patterns, gathered: each owner name with its types, or each record data.

use std::ops::ControlFlow;

use model::{Rdata, RecordType, Span};
use observations::Interrupt;

use super::{Dns, Ended, Question, Row, run::unite};
use crate::error::Error;

/// What of a tuple is gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Owner name and type.
    Owner,
    /// Record data and type.
    Data,
}

/// Tuples that have the same owner name, or the same data, and type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The owner name with its final dot, or the data in presentation form.
    pub text: String,
    /// The record type.
    pub rrtype: RecordType,
    /// The data; none where owner names are gathered.
    pub rdata: Option<Rdata>,
    /// Sightings.
    pub count: u64,
    /// First and last seen.
    pub seen: Option<Span>,
    /// First and last in zone files.
    pub zone: Option<Span>,
}

/// Groups in the order in which they were met.
#[derive(Debug, Default)]
pub struct Groups {
    /// The groups.
    pub groups: Vec<Group>,
    by_key: std::collections::HashMap<(Vec<u8>, RecordType), usize>,
}

impl Groups {
    /// Gathers the answer to a question: at most `limit` groups.
    pub fn gather(
        dns: &Dns<'_>,
        question: &Question,
        side: Side,
        limit: usize,
        interrupt: &Interrupt,
    ) -> Result<(Groups, Ended), Error> {
        let mut groups = Groups::default();
        let mut ended = Ended::Complete;
        let visited = dns.visit(question, None, interrupt, &mut |row| match groups.add(row, side, limit) {
            true => ControlFlow::Continue(()),
            false => {
                ended = Ended::Limit;
                ControlFlow::Break(())
            }
        })?;
        Ok((groups, if visited.interrupted { Ended::Time } else { ended }))
    }

    /// Adds a row; false where it would begin a group too many.
    fn add(&mut self, row: &Row<'_>, side: Side, limit: usize) -> bool {
        let Some(tuple) = row.tuple() else { return true };
        let key = match side {
            Side::Owner => tuple.rrname.as_wire().to_vec(),
            Side::Data => tuple.rdata.as_octets().to_vec(),
        };
        let full = self.groups.len() >= limit;
        let at = match self.by_key.entry((key, tuple.rrtype)) {
            std::collections::hash_map::Entry::Occupied(known) => *known.get(),
            std::collections::hash_map::Entry::Vacant(_) if full => return false,
            std::collections::hash_map::Entry::Vacant(new) => {
                let (text, rdata) = match side {
                    Side::Owner => (tuple.rrname.fqdn(), None),
                    Side::Data => (tuple.rdata.text(tuple.rrtype), Some(tuple.rdata)),
                };
                let group = Group { text, rrtype: tuple.rrtype, rdata, count: 0, seen: None, zone: None };
                self.groups.push(group);
                *new.insert(self.groups.len() - 1)
            }
        };
        let (group, times) = (&mut self.groups[at], row.times());
        group.count = group.count.saturating_add(times.main().map_or(0, |(_, count)| count));
        unite(&mut group.seen, times.observed().map(|(span, _)| span));
        unite(&mut group.zone, times.zone.map(|(span, _)| span));
        true
    }
}
