//! Tags.

use model::{Actor, Object, OwnerId, Tag, Time};
use store::{Viewer, audit::Detail, tag::Used};

use super::{
    Knowledge,
    object::{Held, LIST_MAX, held, log, seen},
    owner,
};
use crate::error::Error;

/// The most tags that an owner puts on one object.
pub const TAGS_MAX: usize = 200;

impl Knowledge {
    /// Puts tags on an object that an owner holds.
    pub fn tag(&self, actor: &Actor, of: OwnerId, object: Object, tags: &[Tag], now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let Held { owner, .. } = held(tx, actor, of, object)?;
            let added = store::tag::add(tx, &owner, object, tags)?;
            if store::tag::count(tx, of, object)? > TAGS_MAX as i64 {
                return Err(too_many());
            }
            if added > 0 {
                log(tx, actor, now, "tag.add", of, object, named(tags))?;
            }
            Ok(())
        })
    }

    /// Makes these the tags that an owner has on an object.
    pub fn set_tags(&self, actor: &Actor, of: OwnerId, object: Object, tags: &[Tag], now: Time) -> Result<(), Error> {
        if tags.len() > TAGS_MAX {
            return Err(too_many());
        }
        self.store.write(|tx| {
            held(tx, actor, of, object)?;
            let writable = actor.may_write(&owner(tx, actor, of)?)?;
            store::tag::set(tx, &writable, object, tags)?;
            log(tx, actor, now, "tag.set", of, object, named(tags))
        })
    }

    /// Takes a tag off an object.
    pub fn untag(&self, actor: &Actor, of: OwnerId, object: Object, tag: &Tag, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            held(tx, actor, of, object)?;
            let writable = actor.may_write(&owner(tx, actor, of)?)?;
            if !store::tag::remove(tx, &writable, object, tag)? {
                return Err(Error::NotFound);
            }
            log(tx, actor, now, "tag.remove", of, object, named(std::slice::from_ref(tag)))
        })
    }

    /// Gives a tag another name throughout an owner's things; on how many objects.
    pub fn rename_tag(&self, actor: &Actor, of: OwnerId, from: &Tag, to: &Tag, now: Time) -> Result<u64, Error> {
        self.store.write(|tx| {
            let managed = actor.may_manage(&owner(tx, actor, of)?)?;
            let changed = store::tag::rename(tx, &managed.writable(), from, to)?;
            let detail = Detail::default().with("from", from.as_str()).with("to", to.as_str()).with("on", changed);
            let entry =
                store::audit::Entry { time: now, actor, action: "tag.rename", object: None, owner: Some(of), detail };
            store::audit::append(tx, &entry)?;
            Ok(changed)
        })
    }

    /// The tags on an object that the actor may read, with their owners.
    pub fn tags(&self, actor: &Actor, object: Object) -> Result<Vec<(OwnerId, Tag)>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, object)?;
            Ok(store::tag::of(tx, object, &Viewer::of(actor))?)
        })
    }

    /// The tags that begin with a text, with how often they are used where the actor may read; at most [`LIST_MAX`].
    pub fn tags_used(&self, actor: &Actor, begin: &str, after: Option<&Tag>, limit: u32) -> Result<Vec<Used>, Error> {
        Ok(self.store.read(|tx| store::tag::list(tx, &Viewer::of(actor), begin, after, limit.min(LIST_MAX)))?)
    }
}

fn too_many() -> Error {
    Error::invalid("tags", format!("at most {TAGS_MAX} on one object"))
}

fn named(tags: &[Tag]) -> Detail {
    Detail::default().with("tags", tags.iter().take(TAGS_MAX).map(ToString::to_string).collect::<Vec<_>>())
}
