//! What notes, tags, attributes and associations hang on: an indicator as an owner holds it, or a group.

use serde::{Deserialize, Serialize};

use crate::{
    id::{GroupId, Id, IndicatorId},
    source::words,
};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectType {
    /// A value.
    Indicator,
    /// A group.
    Group,
}

words!(ObjectType, "type of object", "indicator, group",
    "indicator" => ObjectType::Indicator, "group" => ObjectType::Group);

/// An indicator or a group, by its identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "lowercase")]
pub enum Object {
    /// A value.
    Indicator(IndicatorId),
    /// A group.
    Group(GroupId),
}

impl Object {
    /// The object of a type with an identifier.
    pub fn new(kind: ObjectType, id: Id) -> Object {
        match kind {
            ObjectType::Indicator => Object::Indicator(IndicatorId(id)),
            ObjectType::Group => Object::Group(GroupId(id)),
        }
    }

    /// Its type.
    pub fn kind(self) -> ObjectType {
        match self {
            Object::Indicator(_) => ObjectType::Indicator,
            Object::Group(_) => ObjectType::Group,
        }
    }

    /// Its identifier.
    pub fn id(self) -> Id {
        match self {
            Object::Indicator(id) => id.0,
            Object::Group(id) => id.0,
        }
    }
}

impl From<IndicatorId> for Object {
    fn from(id: IndicatorId) -> Object {
        Object::Indicator(id)
    }
}

impl From<GroupId> for Object {
    fn from(id: GroupId) -> Object {
        Object::Group(id)
    }
}
