//! Spoor's own questions: what it asked a resolver is no traffic of the network, and would make a value look common
//! that only an analyst was interested in.

use hashbrown::HashMap;
use model::{Name, Time};

use super::window::{Distinct, Window};

/// How many seconds before and after a question its answers are taken for Spoor's own.
const BEFORE: i64 = 5;
const AFTER: i64 = 60;
/// How many questions are remembered; the oldest go first.
const QUESTIONS_MAX: usize = 100_000;

/// What Spoor asked, and when.
#[derive(Debug, Default)]
pub struct OwnQuestions {
    asked: Vec<(Name, Time)>,
    /// By the hash that the current window has for a question.
    moments: HashMap<u64, Vec<i64>>,
}

impl OwnQuestions {
    /// Remembers a question.
    pub fn note(&mut self, name: Name, at: Time) {
        if self.asked.len() >= QUESTIONS_MAX {
            self.asked.drain(..QUESTIONS_MAX / 2);
        }
        self.asked.push((name, at));
    }

    /// Prepares for the tuples of a window, whose hashes are its own.
    pub(super) fn begin(&mut self, window: &Window) {
        self.moments.clear();
        for (name, at) in &self.asked {
            self.moments.entry(window.question(name.as_wire())).or_default().push(at.0);
        }
    }

    /// Whether only an own question can have led to a tuple.
    pub(super) fn asked(&self, distinct: &Distinct<'_>) -> bool {
        let Some(moments) = distinct.question.and_then(|question| self.moments.get(&question)) else { return false };
        moments.iter().any(|at| distinct.first >= at - BEFORE && distinct.last <= at + AFTER)
    }
}
