//! Where a value that somebody holds came from: seed, steps with their counts then, and from which sources.

use serde::{Deserialize, Serialize};

use crate::{
    actor::Readable,
    evidence::{Evidence, Share},
    pivot::{PivotKind, Quality},
    source::{SourceId, words},
};

/// How a value came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// Somebody typed it.
    Person,
    /// Chosen from a look-up.
    Lookup,
    /// Chosen from a pivot.
    Pivot,
    /// Chosen from a hunt.
    Hunt,
    /// Read from a file.
    File,
    /// Pasted text.
    Text,
    /// A feed stated it.
    Feed,
    /// A Track found it.
    Track,
}

words!(Origin, "origin", "person, lookup, pivot, hunt, file, text, feed, track",
    "person" => Origin::Person, "lookup" => Origin::Lookup, "pivot" => Origin::Pivot, "hunt" => Origin::Hunt,
    "file" => Origin::File, "text" => Origin::Text, "feed" => Origin::Feed,
    "track" => Origin::Track);

/// One step, in words that stay true when counts change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// Where the step starts.
    pub from: String,
    /// Along which kind of value.
    pub kind: PivotKind,
    /// The value that is shared.
    pub value: String,
    /// How many shared it, then, and out of what.
    pub share: Share,
    /// Whether sharing it said anything, then.
    pub quality: Quality,
}

/// Where a value came from. Machine-written; who accepted it and when stands beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// How it came in.
    pub origin: Origin,
    /// Where it began: a seed, the name of a file, of a feed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// The steps from the seed, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Trail>,
    /// The observation sources that were counted: who may not read them may not read what was found by them
    /// ([`Provenance::for_readers_of`]).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceId>,
    /// Anything else that the origin says: a line of a file, a score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Provenance {
    /// Without steps.
    pub fn plain(origin: Origin, seed: Option<String>) -> Provenance {
        Provenance { origin, seed, steps: Vec::new(), sources: Vec::new(), remark: None }
    }

    /// Of a chain that a hunt found.
    pub fn of_hunt(evidence: &Evidence, sources: Vec<SourceId>) -> Provenance {
        let steps = evidence.steps.iter().map(|step| Trail {
            from: step.from.to_string(),
            kind: step.kind,
            value: step.value.clone(),
            share: step.share.clone(),
            quality: step.quality,
        });
        Provenance {
            origin: Origin::Hunt,
            seed: Some(evidence.seed.to_string()),
            steps: steps.collect(),
            sources,
            remark: None,
        }
    }

    /// As somebody may read it who may read these sources. Where one that was counted is not among them, seed, steps and
    /// remark rest on it and are left out: that it came from a hunt stays, what the hunt found does not.
    pub fn for_readers_of(self, readable: &Readable) -> Provenance {
        if self.sources.iter().all(|source| readable.allows(*source)) {
            return self;
        }
        let sources = self.sources.into_iter().filter(|source| readable.allows(*source)).collect();
        Provenance { sources, ..Provenance::plain(self.origin, None) }
    }

    /// In a sentence: "imported from passive DNS of 203.0.113.7 (3 names, 2 sources), found from seed.example".
    pub fn words(&self) -> String {
        let mut words = match (self.origin, self.steps.last()) {
            (Origin::Person, _) => "entered by hand".to_owned(),
            (Origin::File, _) => "imported from a file".to_owned(),
            (Origin::Text, _) => "imported from pasted text".to_owned(),
            (Origin::Feed, _) => "stated by a feed".to_owned(),
            (Origin::Track, _) => "found by the Track".to_owned(),
            (_, Some(step)) => format!("imported from {}", step.words()),
            (origin, None) => format!("imported from a {origin}"),
        };
        for step in self.steps.iter().rev().skip(1) {
            words.push_str(&format!(", which was found by {}", step.words()));
        }
        match (&self.seed, self.origin) {
            (Some(seed), Origin::File | Origin::Feed | Origin::Track) => words.push_str(&format!(" `{seed}`")),
            (Some(seed), _) => words.push_str(&format!(", found from {seed}")),
            (None, _) => {}
        }
        if let Some(remark) = &self.remark {
            words.push_str(&format!("; {remark}"));
        }
        words
    }
}

impl Trail {
    fn words(&self) -> String {
        let what = match self.kind {
            PivotKind::Address | PivotKind::Network | PivotKind::Subdomain => format!("passive DNS of {}", self.value),
            kind => format!("registrations and DNS with the same {kind} {}", self.value),
        };
        let at_least = if self.share.at_least { "at least " } else { "" };
        let counted = match self.quality {
            Quality::Unmeasured => format!("{} domains known here", self.share.known),
            _ if self.kind == PivotKind::Address => format!("{} names", self.share.names),
            _ => format!("{} of {} domains", self.share.domains, self.share.population),
        };
        format!(
            "{what} ({at_least}{counted}, {} source{})",
            self.share.sources,
            if self.share.sources == 1 { "" } else { "s" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_sentence() {
        let share = Share { names: 3, domains: 2, sources: 2, population: 10_000, ..Share::default() };
        let step = |from: &str, kind, value: &str| Trail {
            from: from.into(),
            kind,
            value: value.into(),
            share: share.clone(),
            quality: Quality::Selective,
        };
        let provenance = Provenance {
            steps: vec![
                step("seed.example", PivotKind::Email, "a@b.example"),
                step("d1.example", PivotKind::Address, "203.0.113.7"),
            ],
            ..Provenance::plain(Origin::Pivot, Some("seed.example".into()))
        };
        assert_eq!(
            provenance.words(),
            "imported from passive DNS of 203.0.113.7 (3 names, 2 sources), which was found by registrations and DNS \
             with the same email a@b.example (2 of 10000 domains, 2 sources), found from seed.example"
        );
        assert_eq!(Provenance::plain(Origin::File, Some("a.csv".into())).words(), "imported from a file `a.csv`");
    }
}
