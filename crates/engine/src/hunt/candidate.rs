//! What a hunt found, with its paths in words.

use model::{Name, PivotKind};
use serde::Serialize;

use super::edge::Shared;
use crate::weight::Weights;

/// How likely a candidate is run by the same hands: a statement about shared infrastructure, not attribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Something is shared; it says little.
    Weak,
    /// More likely than not.
    Probable,
    /// Hardly by chance.
    Related,
}

impl Tier {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Weak => "weak",
            Tier::Probable => "probable",
            Tier::Related => "related",
        }
    }

    fn of(score: f64, weights: &Weights) -> Tier {
        match score {
            score if score >= weights.related => Tier::Related,
            score if score >= weights.probable => Tier::Probable,
            _ => Tier::Weak,
        }
    }
}

/// One hop from a domain to a domain.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hop {
    /// Where it starts.
    pub from: Name,
    /// Where it leads.
    pub to: Name,
    /// What they share, strongest first; never empty.
    pub shared: Vec<Shared>,
    /// What supports it, in words.
    pub support: Vec<String>,
    /// How likely both ends are in the same hands.
    pub probability: f64,
    /// However high it scores, it says no more than this.
    pub at_most: Tier,
}

/// A chain of hops from a seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Path {
    /// The hops in order.
    pub hops: Vec<Hop>,
    /// Their product, decayed.
    pub score: f64,
    /// However high it scores, it says no more than this.
    pub at_most: Tier,
}

/// A value that joins two domains which were found along different ways.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Link {
    /// One end.
    pub from: Name,
    /// The other.
    pub to: Name,
    /// Along which kind.
    pub kind: PivotKind,
    /// Which value.
    pub value: String,
    /// How many domains are known to have it.
    pub known: u64,
    /// In words.
    pub words: String,
}

impl Link {
    /// Whether it joins these two, either way round.
    pub fn joins(&self, one: &Name, other: &Name) -> bool {
        (&self.from, &self.to) == (one, other) || (&self.from, &self.to) == (other, one)
    }
}

/// A domain that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// The registrable domain.
    pub value: Name,
    /// How likely.
    pub tier: Tier,
    /// Between 0 and 1.
    pub score: f64,
    /// Hops from the seed along the best path.
    pub hops: usize,
    /// The paths, best first.
    pub paths: Vec<Path>,
}

impl Candidate {
    pub(super) fn new(domain: &Name, paths: &[Path], weights: &Weights) -> Candidate {
        let score = combine(paths);
        Candidate {
            value: domain.clone(),
            tier: Tier::of(score, weights).min(at_most(paths)),
            score,
            hops: paths.first().map_or(0, |path| path.hops.len()),
            paths: paths.to_vec(),
        }
    }
}

/// Combines the paths that share no value with a better one by noisy-or.
pub(super) fn combine(paths: &[Path]) -> f64 {
    let mut independent: Vec<&Path> = Vec::new();
    for path in paths {
        let apart = |other: &&Path| !path.hops.iter().any(|hop| other.uses_any(hop));
        if independent.iter().all(apart) {
            independent.push(path);
        }
    }
    1.0 - independent.iter().map(|path| 1.0 - path.score).product::<f64>()
}

/// However high the paths score, they say no more than this.
pub(super) fn at_most(paths: &[Path]) -> Tier {
    paths.iter().map(|path| path.at_most).max().unwrap_or(Tier::Weak)
}

/// Values along which a domain is reached that is reached without them too: they join what was found along different
/// ways, and are what an analyst wants to see first. The rarest come first.
pub(super) fn links(candidates: &[Candidate]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for candidate in candidates.iter().filter(|candidate| candidate.tier > Tier::Weak) {
        for hop in candidate.paths.iter().filter_map(|path| path.hops.last()) {
            let without = candidate.paths.iter().any(|path| !path.uses_any(hop));
            let same = |link: &Link| link.joins(&hop.from, &hop.to);
            if without && !links.iter().any(same) {
                links.push(Link::from(hop));
            }
        }
    }
    links.sort_by(|a, b| a.known.cmp(&b.known).then(a.kind.cmp(&b.kind)));
    links
}

impl Path {
    pub(super) fn start() -> Path {
        Path { hops: Vec::new(), score: 1.0, at_most: Tier::Related }
    }

    /// This path with one more hop.
    pub(super) fn and(mut self, hop: Hop, decay: f64) -> Path {
        self.score *= hop.probability * if self.hops.is_empty() { 1.0 } else { decay };
        self.at_most = self.at_most.min(hop.at_most);
        self.hops.push(hop);
        self
    }

    pub(super) fn replace_last(&mut self, hop: Hop, decay: f64) {
        self.hops.pop();
        let before = self.hops.drain(..).fold(Path::start(), |path, hop| path.and(hop, decay));
        *self = before.and(hop, decay);
    }

    /// Whether the path comes by the hop's end, or along one of its values, already.
    pub(super) fn passes(&self, hop: &Hop) -> bool {
        self.uses_any(hop) || self.hops.iter().any(|own| own.from == hop.to || own.to == hop.to)
    }

    /// Whether the path goes along a value of the hop.
    pub(super) fn uses_any(&self, hop: &Hop) -> bool {
        let used = |shared: &Shared| {
            self.hops.iter().flat_map(|own| &own.shared).any(|own| own.connector.key == shared.connector.key)
        };
        hop.shared.iter().any(used)
    }

    /// The path in words, one line a hop.
    pub fn words(&self) -> Vec<String> {
        self.hops.iter().map(Hop::words).collect()
    }
}

impl Hop {
    /// The hop in words: `same registrant e-mail as one.example (…), registered the same day`.
    pub fn words(&self) -> String {
        let mut parts: Vec<String> = self.shared.iter().map(|shared| shared.words(&self.from)).collect();
        parts.extend(self.support.iter().cloned());
        parts.join("; ")
    }

    /// The strongest shared value and what supports it, in few words.
    pub fn short_words(&self) -> String {
        let strongest = self.shared.first().map(Shared::short_words);
        strongest.into_iter().chain(self.support.iter().cloned()).collect::<Vec<_>>().join("; ")
    }
}

impl From<&Hop> for Link {
    fn from(hop: &Hop) -> Link {
        let first = &hop.shared[0];
        Link {
            from: hop.from.clone(),
            to: hop.to.clone(),
            kind: first.connector.kind,
            value: first.connector.shown.clone(),
            known: first.share.known,
            words: first.words(&hop.from),
        }
    }
}
