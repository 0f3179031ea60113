//! Who asks, and which sources they may read.

use std::collections::BTreeSet;

use crate::source::SourceId;

/// The sources that an actor may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readable {
    /// Every source of the store.
    All,
    /// These alone.
    Only(BTreeSet<SourceId>),
}

impl Readable {
    /// Whether this source may be read.
    pub fn allows(&self, source: SourceId) -> bool {
        match self {
            Readable::All => true,
            Readable::Only(sources) => sources.contains(&source),
        }
    }
}

/// Who asks. Every read of the engine takes one; nothing is counted that its actor may not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// How the exposure ledger and, later, the audit name them.
    pub name: String,
    /// What they may read.
    pub sources: Readable,
}

impl Actor {
    /// The person at the command line: the store is theirs.
    pub fn local(name: impl Into<String>) -> Actor {
        Actor { name: name.into(), sources: Readable::All }
    }
}
