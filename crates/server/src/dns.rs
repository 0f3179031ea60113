//! What the ways of asking passive DNS have in common: how much one answer may take, and how it is written in steps.

use std::time::{Duration, Instant};

use engine::dns::{Ended, Row, Run};
use model::Actor;
use observations::Interrupt;

use crate::app::Work;

/// How long the engine may read for one answer, all steps together.
const TIME: Duration = Duration::from_secs(20);
/// The most rows of one answer.
pub(crate) const ROWS_MAX: u64 = 1_000_000;
/// Octets of a step: what waits for a slow client is at most three of them.
const ROOM: usize = 128 * 1024;

/// An answer under way, with the time that it has left.
pub(crate) struct Reading {
    pub(crate) run: Run,
    actor: Actor,
    sources: Vec<String>,
    left: Duration,
}

impl Reading {
    /// Nothing is read yet.
    pub(crate) fn new(run: Run, actor: Actor, sources: Vec<String>) -> Reading {
        Reading { run, actor, sources, left: TIME }
    }

    /// How much time it has left.
    pub(crate) fn time_left(&self) -> Duration {
        self.left
    }

    /// Gives it no more time than this.
    pub(crate) fn limit_time(&mut self, left: Duration) {
        self.left = self.left.min(left);
    }

    /// Writes the next rows, from the store as it is now; how it ended, where it did.
    pub(crate) fn step(
        &mut self,
        work: &Work<'_>,
        out: &mut Vec<u8>,
        write: &mut dyn FnMut(&mut Vec<u8>, &Row<'_>),
    ) -> Result<Option<Ended>, engine::Error> {
        self.read(work, out, ROOM, write)
    }

    /// Writes a whole answer of at most about `room` octets; reaching them is reaching the limit.
    pub(crate) fn whole(
        &mut self,
        work: &Work<'_>,
        out: &mut Vec<u8>,
        room: usize,
        write: &mut dyn FnMut(&mut Vec<u8>, &Row<'_>),
    ) -> Result<Ended, engine::Error> {
        Ok(self.read(work, out, room, write)?.unwrap_or(Ended::Limit))
    }

    fn read(
        &mut self,
        work: &Work<'_>,
        out: &mut Vec<u8>,
        room: usize,
        write: &mut dyn FnMut(&mut Vec<u8>, &Row<'_>),
    ) -> Result<Option<Ended>, engine::Error> {
        let began = Instant::now();
        let mut interrupt = work.interrupt.clone();
        interrupt.deadline = interrupt.deadline.into_iter().chain([began + self.left]).min();
        let dns = work.engine.dns(&self.actor, &self.sources)?;
        let ended = self.run.step(&dns, &interrupt, room, out, write)?;
        self.left = self.left.saturating_sub(began.elapsed());
        // A short try ends nothing: it goes on where it stands.
        Ok(ended.filter(|ended| !(work.short && *ended == Ended::Time)))
    }
}

/// An interrupt that is due when the time for one question is up.
pub(crate) fn until(interrupt: &Interrupt) -> Interrupt {
    let deadline = interrupt.deadline.into_iter().chain([Instant::now() + TIME]).min();
    Interrupt { deadline, ..interrupt.clone() }
}

/// Why an answer is not whole, in words; none where it is.
pub(crate) fn why(ended: Ended, rows: u64) -> Option<String> {
    match ended {
        Ended::Complete => None,
        Ended::Limit => Some(format!("there are more than the {rows} results that were given")),
        Ended::Time => Some(format!("the time for one question was up after {rows} results")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_is_not_whole_says_so() {
        assert_eq!(why(Ended::Complete, 3), None);
        assert!(why(Ended::Limit, 3).unwrap().contains("more than the 3 results"));
        assert!(why(Ended::Time, 3).unwrap().contains("time"));
    }
}
