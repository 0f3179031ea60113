//! Queries with a name.

use serde::{Deserialize, Serialize};

use crate::{
    id::{OwnerId, SearchId},
    object::ObjectType,
    time::Time,
};

/// A query that an owner's people share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Its identifier.
    pub id: SearchId,
    /// Whose.
    pub owner: OwnerId,
    /// What is searched.
    pub subject: ObjectType,
    /// Its name.
    pub name: String,
    /// The query, in the language of [`crate::query`].
    pub query: String,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed; a change names the number that it saw.
    pub revision: i64,
}
