//! What is done to a store, and what it may hold when that fails half-way.

use model::{Name, SourceId, Time};

use super::oracle::Oracle;
use crate::{Batch, Forgotten};

/// One thing done to a store.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Append(Vec<Batch>),
    Flush,
    Compact { full: bool },
    Drop(SourceId),
    Limit(SourceId, Time),
    Forget(Forgotten),
    Backup { restore: bool },
    Reopen,
}

impl Act {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Act::Append(batches) if batches.len() > 1 => "groups of batches",
            Act::Append(_) => "batches",
            Act::Flush => "flushes",
            Act::Compact { full: true } => "full compactions",
            Act::Compact { full: false } => "compactions",
            Act::Drop(_) => "sources dropped",
            Act::Limit(..) => "age limits",
            Act::Forget(_) => "values forgotten",
            Act::Backup { restore: true } => "restores",
            Act::Backup { restore: false } => "backups",
            Act::Reopen => "reopenings",
        }
    }

    /// What the store may hold when this was begun and not acknowledged, last of all what it holds when it was: of a
    /// group also each of its beginnings.
    pub(super) fn outcomes(&self, before: &Oracle) -> Vec<Oracle> {
        let mut after = before.clone();
        let mut outcomes = vec![before.clone()];
        match self {
            Act::Append(batches) => {
                for batch in batches {
                    after.append(batch);
                    outcomes.push(after.clone());
                }
            }
            Act::Drop(source) => after.drop_source(*source),
            Act::Limit(source, limit) => after.limit_age(*source, *limit),
            Act::Compact { full: true } => after.forget(),
            Act::Forget(value) => after.forget_value(value),
            Act::Flush | Act::Compact { full: false } | Act::Backup { .. } | Act::Reopen => {}
        }
        outcomes.push(after);
        outcomes
    }
}

/// A value that may be there: of each kind that can be forgotten.
pub(super) fn forgettable(chance: &mut super::chance::Chance) -> Forgotten {
    match chance.below(4) {
        0 => Forgotten::Name(chance.domain()),
        1 => Forgotten::Name(chance.owner()),
        2 => Forgotten::Address([192, 0, 2, chance.below(6) as u8].into()),
        _ => Forgotten::Text("mallory@mail.example".into()),
    }
}

/// The name that only the batch of this number holds: whether it is there says whether the batch is.
pub(super) fn marker(number: u64) -> Name {
    let name = super::chance::name("marker.test");
    name.child(format!("n{number}").as_bytes()).expect("short enough")
}
