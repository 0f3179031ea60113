//! Why something is here: the steps that led to it, with the counts as they were then.

use serde::{Deserialize, Serialize};

use crate::{name::Name, pivot::PivotKind, pivot::Quality, time::Time};

/// How many share a value, and out of what that was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Registrable domains that share it, over measured populations.
    pub domains: u64,
    /// Owner names that share it, over measured populations.
    pub names: u64,
    /// Registrable domains that share it, over everything the asker may read.
    pub known: u64,
    /// How many registrable domains the measured populations hold; 0 where nothing measured says anything.
    pub population: u64,
    /// How many sources were counted.
    pub sources: u32,
    /// Counting stopped at a limit: the true numbers are at least these.
    pub at_least: bool,
}

/// One step: from a domain along a value to another domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Where the step starts.
    pub from: Name,
    /// Where it leads.
    pub to: Name,
    /// Along which kind of value.
    pub kind: PivotKind,
    /// The value, as written.
    pub value: String,
    /// How many share it, then.
    pub share: Share,
    /// Whether sharing it says anything.
    pub quality: Quality,
}

/// A chain of steps from a seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Where it began.
    pub seed: Name,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// When it was found.
    pub found: Time,
}
