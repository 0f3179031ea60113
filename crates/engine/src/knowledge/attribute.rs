//! Attributes.

use model::{
    Actor, Attribute, AttributeId, Object, OwnerId, Time,
    attribute::{NAME_CHARACTERS_MAX, VALUE_CHARACTERS_MAX},
};
use store::{Viewer, audit::Detail, fresh};

use super::{
    Knowledge,
    object::{held, log, maybe_text, seen, text},
    owner,
};
use crate::error::Error;

/// The most attributes that an owner gives one object.
pub const ATTRIBUTES_MAX: i64 = 500;

impl Knowledge {
    /// Gives an object that an owner holds an attribute.
    pub fn add_attribute(
        &self,
        actor: &Actor,
        of: OwnerId,
        object: Object,
        (name, value): (&str, &str),
        source: Option<&str>,
        now: Time,
    ) -> Result<Attribute, Error> {
        let attribute = Attribute {
            id: AttributeId(fresh::id(now)),
            owner: of,
            object,
            name: text("name", name, NAME_CHARACTERS_MAX)?,
            value: text("value", value, VALUE_CHARACTERS_MAX)?,
            source: maybe_text("source", source, VALUE_CHARACTERS_MAX)?,
        };
        self.store.write(|tx| {
            let held = held(tx, actor, of, object)?;
            if store::attribute::count(tx, of, object)? >= ATTRIBUTES_MAX {
                return Err(Error::Limit(format!("at most {ATTRIBUTES_MAX} attributes on one object")));
            }
            store::attribute::add(tx, &held.owner, &attribute)?;
            log(tx, actor, now, "attribute.add", of, object, Detail::default().with("name", &*attribute.name))
        })?;
        Ok(attribute)
    }

    /// Removes an attribute.
    pub fn remove_attribute(&self, actor: &Actor, id: AttributeId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let found = store::attribute::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            seen(tx, actor, found.object)?;
            let writable = actor.may_write(&owner(tx, actor, found.owner)?)?;
            store::attribute::remove(tx, &writable, id)?;
            let detail = Detail::default().with("name", &*found.name);
            log(tx, actor, now, "attribute.remove", found.owner, found.object, detail)
        })
    }

    /// The attributes of an object that the actor may read.
    pub fn attributes(&self, actor: &Actor, object: Object) -> Result<Vec<Attribute>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, object)?;
            Ok(store::attribute::of(tx, object, &Viewer::of(actor))?)
        })
    }
}
