//! What the team believes, why, and who may see it: the rules.
//!
//! Each noun has its module. A function takes the [`Actor`] and `now`, gets the right it needs as a value
//! ([`model::right`]), and writes the change and its entry in the audit log in one transaction. Whatever is answered
//! comes from owners and sources that the actor may read; nothing else is counted.

pub mod already;
pub mod association;
pub mod attack;
pub mod attribute;
pub mod collateral;
mod contact;
pub mod evidence;
pub mod exit;
pub mod export;
pub mod feed;
pub mod group;
pub mod import;
pub mod indicator;
pub mod label;
pub mod list;
pub mod note;
pub mod object;
pub mod offer;
pub mod saved_search;
pub mod sighting;
pub mod tag;
pub mod text;

use model::{Actor, Owner, OwnerId};
use store::Tx;

use crate::error::Error;

/// The knowledge base.
pub struct Knowledge {
    /// Where it is kept.
    pub store: store::Store,
    labels: label::Cache,
}

impl Knowledge {
    /// The knowledge base in a store.
    pub fn new(store: store::Store) -> Knowledge {
        Knowledge { store, labels: label::Cache::default() }
    }
}

/// An owner that the actor may read; any other is not there.
pub(crate) fn owner(tx: &mut Tx<'_>, actor: &Actor, id: OwnerId) -> Result<Owner, Error> {
    if !actor.readable().allows(id) {
        return Err(Error::NotFound);
    }
    store::owner::by_id(tx, id)?.ok_or(Error::NotFound)
}
