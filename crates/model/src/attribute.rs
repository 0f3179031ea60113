//! Attributes: a name and a value that an owner gives an object, and where it is from.

use serde::{Deserialize, Serialize};

use crate::{
    id::{AttributeId, OwnerId},
    object::Object,
};

/// The longest name of an attribute, in characters.
pub const NAME_CHARACTERS_MAX: usize = 100;
/// The longest value of an attribute, in characters.
pub const VALUE_CHARACTERS_MAX: usize = 4000;

/// A name and a value on an object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its identifier.
    pub id: AttributeId,
    /// Who gave it.
    pub owner: OwnerId,
    /// What it is on.
    pub object: Object,
    /// The name; an object may have several attributes of one name.
    pub name: String,
    /// The value.
    pub value: String,
    /// Where the owner has it from.
    pub source: Option<String>,
}
