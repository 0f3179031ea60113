//! Who asks, and what they may read and do.

use std::collections::BTreeSet;

use crate::{
    id::{OwnerId, UserId},
    owner::Membership,
    right::Scopes,
    source::SourceId,
};

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

/// Where an actor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// At the command line of the machine that holds the data: all of it is theirs.
    Local,
    /// An account.
    Account {
        /// Whether it administers this installation.
        administrator: bool,
        /// Where it belongs.
        memberships: Vec<Membership>,
        /// Owners that every account may read.
        open: Vec<OwnerId>,
    },
}

/// Who asks. Every read of the engine takes one; nothing is counted that its actor may not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// How the exposure ledger and the audit log name them.
    pub name: String,
    /// Their account; none at the command line.
    pub user: Option<UserId>,
    /// Which observations they may read.
    pub sources: Readable,
    /// Where they belong.
    pub standing: Standing,
    /// What the token they came with may be used for.
    pub scopes: Scopes,
}

impl Actor {
    /// The person at the command line: the store is theirs.
    pub fn local(name: impl Into<String>) -> Actor {
        Actor {
            name: name.into(),
            user: None,
            sources: Readable::All,
            standing: Standing::Local,
            scopes: Scopes::all(),
        }
    }
}
