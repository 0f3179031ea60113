//! Parts of texts, by one automaton a place (Aho and Corasick 1975).
//!
//! An automaton cannot be added to, so there are several, each about four times as large as the next: new parts are
//! looked for one by one until there are enough for an automaton of their own, and automata of like size become one
//! between two batches.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::term::Window;

/// New parts beyond which they become an automaton.
const PENDING_MAX: usize = 64;
/// How many times larger an automaton is than the next, before they become one.
const FACTOR: usize = 4;

/// A part of a text and the query that waits for it.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub(super) text: Box<str>,
    pub(super) slot: u32,
    /// The generation of the slot: another where the query that waited is gone.
    pub(super) generation: u32,
    pub(super) window: Option<Window>,
}

/// All parts at one place.
#[derive(Debug, Default)]
pub(super) struct Literals {
    pending: Vec<Literal>,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    automaton: AhoCorasick,
    /// Sorted by text; those of pattern `n` begin at `starts[n]`.
    literals: Vec<Literal>,
    starts: Vec<u32>,
}

impl Literals {
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty() && self.levels.is_empty()
    }

    pub(super) fn add(&mut self, literal: Literal) {
        self.pending.push(literal);
        if self.pending.len() >= PENDING_MAX {
            self.seal();
        }
    }

    /// Many at once, as one automaton: at the start.
    pub(super) fn extend(&mut self, literals: Vec<Literal>) {
        self.pending.extend(literals);
        self.seal();
    }

    fn seal(&mut self) {
        let literals = std::mem::take(&mut self.pending);
        self.levels.extend(Level::new(literals));
    }

    /// Whether automata of like size should become one.
    pub(super) fn is_due(&self) -> bool {
        self.levels.windows(2).any(|pair| pair[1].literals.len() * FACTOR > pair[0].literals.len())
    }

    /// Joins automata of like size, without parts whose query is gone.
    pub(super) fn tidy(&mut self, is_alive: impl Fn(&Literal) -> bool) {
        while let Some(at) = (1..self.levels.len())
            .find(|at| self.levels[*at].literals.len() * FACTOR > self.levels[at - 1].literals.len())
        {
            let joined: Vec<Literal> = self.levels.drain(at - 1..).flat_map(|level| level.literals).collect();
            self.levels.extend(Level::new(joined.into_iter().filter(&is_alive).collect()));
        }
    }

    /// Calls `found` with each query that waits for a part of this text.
    pub(super) fn find(&self, text: &str, found: &mut impl FnMut(u32)) {
        for literal in &self.pending {
            let at = |window: Window| text.match_indices(&*literal.text).any(|(at, _)| window.admits(at, text.len()));
            if literal.window.map_or_else(|| text.contains(&*literal.text), at) {
                found(literal.slot);
            }
        }
        self.levels.iter().for_each(|level| level.find(text, found));
    }
}

impl Level {
    /// None where there is nothing to look for, or more than an automaton can be made of.
    fn new(mut literals: Vec<Literal>) -> Option<Level> {
        literals.sort_by(|a, b| a.text.cmp(&b.text).then(a.slot.cmp(&b.slot)));
        let mut starts: Vec<u32> = Vec::new();
        for (at, literal) in literals.iter().enumerate() {
            if at == 0 || literals[at - 1].text != literal.text {
                starts.push(at as u32);
            }
        }
        let patterns = starts.iter().map(|at| literals[*at as usize].text.as_bytes());
        let kind = (literals.len() > 1000).then_some(AhoCorasickKind::ContiguousNFA);
        let automaton = AhoCorasick::builder().kind(kind).build(patterns);
        // It fails beyond 2³¹ states only: the limit on Tracks keeps far from that.
        let automaton = automaton.ok().filter(|_| !literals.is_empty())?;
        Some(Level { automaton, literals, starts })
    }

    fn find(&self, text: &str, found: &mut impl FnMut(u32)) {
        for hit in self.automaton.find_overlapping_iter(text) {
            let pattern = hit.pattern().as_usize();
            let end = self.starts.get(pattern + 1).map_or(self.literals.len(), |end| *end as usize);
            for literal in &self.literals[self.starts[pattern] as usize..end] {
                if literal.window.is_none_or(|window| window.admits(hit.start(), text.len())) {
                    found(literal.slot);
                }
            }
        }
    }
}
