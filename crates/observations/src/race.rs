//! Who is next when several sorted runs are merged: a tree of losers that knows how much keys share.
//!
//! Of each run's key is known how many octets it shares with the row that went out last. All keys stand above that row,
//! so of two keys the one that shares more with it is the smaller, and only where they share as much are the keys themselves
//! looked at, from there on. The loser then knows how much it shares with the winner. This is offset-value coding
//! (Conner 1977; Do and Graefe, "Robust and Efficient Sorting with Offset-Value Coding", 2023) without the values; it
//! also says for nothing how much of a row the one before has, which is what blocks write.
#![deny(clippy::indexing_slicing)]

use crate::{block::common, cursor::Cursor};

/// The key is that of the row that went out last.
const SAME: usize = usize::MAX;
/// The run is over.
const OVER: usize = 0;

/// Runs against each other.
#[derive(Debug)]
pub(crate) struct Race {
    /// The winner at 0, losers at the inner nodes; the leaves would stand behind them.
    nodes: Vec<usize>,
    /// Of each run: one more than how many octets its key shares with the row that went out last.
    ranks: Vec<usize>,
}

impl Race {
    /// All runs as they stand.
    pub(crate) fn new(cursors: &[Cursor]) -> Race {
        let ranks = cursors.iter().map(|cursor| if cursor.is_valid() { 1 } else { OVER }).collect();
        let mut race = Race { nodes: vec![0; cursors.len()], ranks };
        if !cursors.is_empty() {
            let winner = race.play(1, cursors);
            race.set(0, winner);
        }
        race
    }

    /// The winner below a node.
    fn play(&mut self, node: usize, cursors: &[Cursor]) -> usize {
        if node >= cursors.len() {
            return node - cursors.len();
        }
        let (left, right) = (self.play(2 * node, cursors), self.play(2 * node + 1, cursors));
        let (winner, loser) = self.meet(left, right, cursors);
        self.set(node, loser);
        winner
    }

    /// The run whose key is next.
    pub(crate) fn winner(&self) -> Option<usize> {
        self.nodes.first().copied().filter(|at| self.rank(*at) != OVER)
    }

    /// How many octets the winner's key shares with the row that went out last, at least; that may be all.
    pub(crate) fn shared(&self) -> usize {
        self.rank(self.node(0)).saturating_sub(1)
    }

    /// Whether the winner's key is that of the row that went out last.
    pub(crate) fn is_same(&self) -> bool {
        self.rank(self.node(0)) == SAME
    }

    /// Whether another run has the winner's key too: then one lost to it on its way.
    pub(crate) fn is_tied(&self) -> bool {
        let mut node = (self.node(0) + self.nodes.len()) / 2;
        while node > 0 {
            if self.rank(self.node(node)) == SAME {
                return true;
            }
            node /= 2;
        }
        false
    }

    /// The winner moved on: who is next.
    pub(crate) fn replay(&mut self, at: usize, cursors: &[Cursor]) {
        if let (Some(rank), Some(cursor)) = (self.ranks.get_mut(at), cursors.get(at)) {
            *rank = if cursor.is_valid() { cursor.shared().min(SAME - 2) + 1 } else { OVER };
        }
        let mut winner = at;
        let mut node = (at + self.nodes.len()) / 2;
        while node > 0 {
            let (better, loser) = self.meet(winner, self.node(node), cursors);
            self.set(node, loser);
            winner = better;
            node /= 2;
        }
        self.set(0, winner);
    }

    /// Winner and loser of two.
    fn meet(&mut self, a: usize, b: usize, cursors: &[Cursor]) -> (usize, usize) {
        let (of_a, of_b) = (self.rank(a), self.rank(b));
        if of_a != of_b {
            return if of_a > of_b { (a, b) } else { (b, a) };
        }
        if of_a == SAME || of_a == OVER { (a, b) } else { self.look(a, b, of_a - 1, cursors) }
    }

    /// The same for two that share so many octets with the row before.
    fn look(&mut self, a: usize, b: usize, from: usize, cursors: &[Cursor]) -> (usize, usize) {
        let rest = |at: usize| cursors.get(at).and_then(|cursor| cursor.key.get(from..)).unwrap_or_default();
        let (of_a, of_b) = (rest(a), rest(b));
        let shared = common(of_a, of_b);
        let (next_a, next_b) = (of_a.get(shared), of_b.get(shared));
        let (winner, loser) = if next_a <= next_b { (a, b) } else { (b, a) };
        if let Some(rank) = self.ranks.get_mut(loser) {
            *rank = if next_a == next_b { SAME } else { from + shared + 1 };
        }
        (winner, loser)
    }

    fn node(&self, at: usize) -> usize {
        self.nodes.get(at).copied().unwrap_or(0)
    }

    fn set(&mut self, node: usize, run: usize) {
        if let Some(at) = self.nodes.get_mut(node) {
            *at = run;
        }
    }

    fn rank(&self, at: usize) -> usize {
        self.ranks.get(at).copied().unwrap_or(OVER)
    }
}
