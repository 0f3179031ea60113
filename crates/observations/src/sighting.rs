//! When and how often, as a row keeps it, and the one rule by which two rows become one.

use model::{Counting, Seen, Span, Spell, Time};

/// How many spells a row keeps.
pub(crate) const SPELLS_MAX: usize = 16;

/// First, last, count and spells. One spell from first to last, the common case, takes no list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) count: u64,
    /// Whether the single spell is a reported one; false where there is a list.
    pub(crate) reported: bool,
    /// Two or more spells.
    pub(crate) spells: Option<Box<[Spell]>>,
}

impl Sighting {
    /// One observation; a span longer than the gap is somebody's aggregate.
    pub(crate) fn new(first: i64, last: i64, count: u64, gap: i64) -> Sighting {
        Sighting { first, last, count, reported: last.saturating_sub(first) > gap, spells: None }
    }

    /// A single moment of no particular count.
    pub(crate) fn moment(at: i64, count: u64) -> Sighting {
        Sighting { first: at, last: at, count, reported: false, spells: None }
    }

    /// Merges what another row says of the same key.
    pub(crate) fn merge(&mut self, other: &Sighting, counting: Counting, gap: i64) {
        self.count = match counting {
            Counting::Stream => self.count.saturating_add(other.count),
            Counting::Statement => self.count.max(other.count),
        };
        let near = self.first <= other.last.saturating_add(gap) && other.first <= self.last.saturating_add(gap);
        if self.spells.is_none() && other.spells.is_none() && near {
            self.reported |= other.reported;
        } else {
            self.unite(other, gap);
        }
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    fn unite(&mut self, other: &Sighting, gap: i64) {
        let mut all: Vec<Spell> = self.spells().chain(other.spells()).collect();
        all.sort_unstable();
        let mut united: Vec<Spell> = Vec::with_capacity(all.len());
        for spell in all {
            match united.last_mut() {
                Some(last) if last.span.within(spell.span, gap) => *last = join(*last, spell),
                _ => united.push(spell),
            }
        }
        while united.len() > SPELLS_MAX {
            join_closest(&mut united);
        }
        self.reported = united.len() == 1 && united[0].reported;
        self.spells = (united.len() > 1).then(|| united.into());
    }

    /// The spells in order of time.
    pub(crate) fn spells(&self) -> impl Iterator<Item = Spell> {
        let single = self.spells.is_none().then(|| Spell { span: self.span(), reported: self.reported });
        single.into_iter().chain(self.spells.iter().flat_map(|spells| spells.iter().copied()))
    }

    pub(crate) fn span(&self) -> Span {
        Span::at(Time(self.first)).union(Span::at(Time(self.last)))
    }

    /// As it is answered.
    pub(crate) fn seen(&self) -> Seen {
        let spells = match &self.spells {
            None => vec![Spell { span: self.span(), reported: self.reported }],
            Some(spells) => spells.to_vec(),
        };
        Seen { span: self.span(), count: self.count, spells }
    }
}

fn join(a: Spell, b: Spell) -> Spell {
    Spell { span: a.span.union(b.span), reported: a.reported | b.reported }
}

fn join_closest(spells: &mut Vec<Spell>) {
    let distance = |at: &usize| spells[at + 1].span.first().0.saturating_sub(spells[*at].span.last().0);
    if let Some(at) = (0..spells.len() - 1).min_by_key(distance) {
        let next = spells.remove(at + 1);
        spells[at] = join(spells[at], next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAP: i64 = 100;

    fn merged(parts: &[(i64, i64)], counting: Counting) -> Sighting {
        let mut parts = parts.iter().map(|(first, last)| Sighting::new(*first, *last, 1, GAP));
        let mut all = parts.next().unwrap();
        parts.for_each(|part| all.merge(&part, counting, GAP));
        all
    }

    #[test]
    fn order_of_arrival_does_not_matter() {
        let parts = [(0, 10), (500, 900), (110, 110), (300, 300), (211, 212)];
        let forward = merged(&parts, Counting::Stream);
        let mut parts = parts;
        parts.reverse();
        assert_eq!(forward, merged(&parts, Counting::Stream));
        let spells: Vec<(i64, i64, bool)> =
            forward.spells().map(|s| (s.span.first().0, s.span.last().0, s.reported)).collect();
        assert_eq!(spells, [(0, 110, false), (211, 300, false), (500, 900, true)]);
        assert_eq!((forward.first, forward.last, forward.count), (0, 900, 5));
    }

    #[test]
    fn the_closest_two_join_beyond_the_cap() {
        let mut parts: Vec<(i64, i64)> = (0..17).map(|n| (n * 1000, n * 1000)).collect();
        parts[5].1 = 5500;
        let all = merged(&parts, Counting::Statement);
        assert_eq!((all.spells().count(), all.count), (SPELLS_MAX, 1));
        assert!(all.spells().any(|spell| spell.span.first().0 == 5000 && spell.span.last().0 == 6000));
    }
}
