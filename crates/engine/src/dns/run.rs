//! Walking over an answer in steps, and summing one up.

use std::ops::ControlFlow;

use model::Span;
use observations::{Cursor, Interrupt};

use super::{Dns, Question, Row};
use crate::error::Error;

/// Octets of a place where a page may end, so that every cursor fits into a URL.
const PLACE_MAX: usize = 1_024;

/// Why an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Everything there is was given.
    Complete,
    /// As many rows were given as were wanted, and there are more.
    Limit,
    /// Its time was up.
    Time,
}

/// An answer under way. Between two steps it holds nothing but where it stands.
#[derive(Clone, Debug)]
pub struct Run {
    question: Question,
    skip: u64,
    left: u64,
    after: Option<Cursor>,
    rows: u64,
    damaged: usize,
}

impl Run {
    /// At most `limit` rows behind the first `offset`.
    pub fn new(question: Question, limit: u64, offset: u64) -> Run {
        Run { question, skip: offset, left: limit, after: None, rows: 0, damaged: 0 }
    }

    /// The rows behind a place where an earlier answer ended.
    pub fn after(self, place: Option<Cursor>) -> Run {
        Run { after: place, ..self }
    }

    /// How many rows were given.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Where to go on.
    pub fn place(&self) -> Option<&Cursor> {
        self.after.as_ref()
    }

    /// Blocks of the store that could not be read.
    pub fn damaged(&self) -> usize {
        self.damaged
    }

    /// Writes rows until there are `room` octets, or the answer ends; how, where it does.
    pub fn step(
        &mut self,
        dns: &Dns<'_>,
        interrupt: &Interrupt,
        room: usize,
        out: &mut Vec<u8>,
        write: &mut dyn FnMut(&mut Vec<u8>, &Row<'_>),
    ) -> Result<Option<Ended>, Error> {
        let Run { question, skip, left, after, rows, .. } = self;
        let (from, mut last) = (after.take(), Vec::new());
        let mut stopped = None;
        let visited = dns.visit(question, from.as_ref(), interrupt, &mut |row| {
            if *skip > 0 {
                *skip -= 1;
                row.place(&mut last);
                return ControlFlow::Continue(());
            }
            if *left == 0 && last.len() <= PLACE_MAX {
                stopped = Some(Some(Ended::Limit));
                return ControlFlow::Break(());
            }
            write(out, row);
            *left = left.saturating_sub(1);
            *rows += 1;
            row.place(&mut last);
            if out.len() >= room {
                stopped = Some(None);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        })?;
        self.after = if last.is_empty() { from } else { Some(Cursor(last)) };
        self.damaged += visited.damaged;
        Ok(match stopped {
            Some(stopped) => stopped,
            None if visited.interrupted => Some(Ended::Time),
            None => Some(Ended::Complete),
        })
    }
}

/// An answer in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Tuples.
    pub rows: u64,
    /// Sightings.
    pub count: u64,
    /// First and last seen.
    pub seen: Option<Span>,
    /// First and last in zone files.
    pub zone: Option<Span>,
}

impl Question {
    /// Sums up the answer, stopping behind `limit` tuples or once `max_count` sightings are reached.
    pub fn summarize(
        &self,
        dns: &Dns<'_>,
        interrupt: &Interrupt,
        limit: u64,
        max_count: Option<u64>,
    ) -> Result<(Summary, Ended), Error> {
        let mut summary = Summary::default();
        let mut ended = Ended::Complete;
        let visited = dns.visit(self, None, interrupt, &mut |row| {
            if summary.rows == limit || max_count.is_some_and(|max| summary.count >= max) {
                ended = Ended::Limit;
                return ControlFlow::Break(());
            }
            summary.add(row);
            ControlFlow::Continue(())
        })?;
        Ok((summary, if visited.interrupted { Ended::Time } else { ended }))
    }
}

impl Summary {
    fn add(&mut self, row: &Row<'_>) {
        let times = row.times();
        self.rows += 1;
        self.count = self.count.saturating_add(times.main().map_or(0, |(_, count)| count));
        unite(&mut self.seen, times.observed().map(|(span, _)| span));
        unite(&mut self.zone, times.zone.map(|(span, _)| span));
    }
}

pub(super) fn unite(own: &mut Option<Span>, other: Option<Span>) {
    *own = match (*own, other) {
        (Some(own), Some(other)) => Some(own.union(other)),
        (own, other) => own.or(other),
    };
}
