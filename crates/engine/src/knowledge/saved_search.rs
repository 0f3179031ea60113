//! Saved searches.

use model::{Actor, ObjectType, OwnerId, SavedSearch, SearchId, Time, query};
use store::{
    Tx, Viewer,
    audit::{self, Detail, Entry},
    fresh,
};

use super::{
    Knowledge,
    object::{LIST_MAX, direct, text},
    owner,
};
use crate::error::Error;

/// The longest name of a search, in characters.
pub const NAME_MAX: usize = 200;

impl Knowledge {
    /// Saves a search for an owner's people.
    pub fn save_search(
        &self,
        actor: &Actor,
        of: OwnerId,
        subject: ObjectType,
        name: &str,
        query: &str,
        now: Time,
    ) -> Result<SavedSearch, Error> {
        let (name, query) = checked(subject, name, query)?;
        let id = SearchId(fresh::id(now));
        let search = SavedSearch { id, owner: of, subject, name, query, modified: now, revision: 1 };
        self.store.write(|tx| {
            let addable = direct(actor, &owner(tx, actor, of)?)?;
            store::saved_search::add(tx, &addable, &search, actor.user)?;
            log(tx, actor, "search.add", &search, now)
        })?;
        Ok(search)
    }

    /// Changes a saved search, if it is still as the caller saw it (`revision`).
    pub fn change_search(
        &self,
        actor: &Actor,
        id: SearchId,
        revision: i64,
        name: &str,
        query: &str,
        now: Time,
    ) -> Result<SavedSearch, Error> {
        self.store.write(|tx| {
            let before = store::saved_search::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, before.owner)?)?;
            let (name, query) = checked(before.subject, name, query)?;
            let after = SavedSearch { name, query, modified: now, revision: revision + 1, ..before };
            if !store::saved_search::change(tx, &writable, &after)? {
                return Err(Error::Stale);
            }
            log(tx, actor, "search.change", &after, now)?;
            Ok(after)
        })
    }

    /// Removes a saved search.
    pub fn remove_search(&self, actor: &Actor, id: SearchId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let search = store::saved_search::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, search.owner)?)?;
            store::saved_search::remove(tx, &writable, id)?;
            log(tx, actor, "search.remove", &search, now)
        })
    }

    /// The saved search with this id.
    pub fn saved_search(&self, actor: &Actor, id: SearchId) -> Result<SavedSearch, Error> {
        self.store.read(|tx| store::saved_search::by_id(tx, id, &Viewer::of(actor)))?.ok_or(Error::NotFound)
    }

    /// Saved searches that the actor may read, as they were saved; at most [`LIST_MAX`].
    pub fn saved_searches(
        &self,
        actor: &Actor,
        after: Option<SearchId>,
        limit: u32,
    ) -> Result<Vec<SavedSearch>, Error> {
        Ok(self.store.read(|tx| store::saved_search::list(tx, &Viewer::of(actor), after, limit.min(LIST_MAX)))?)
    }
}

/// A name, and a query that can be read, in its canonical form.
fn checked(subject: ObjectType, name: &str, query: &str) -> Result<(String, String), Error> {
    let query = query::parse(subject, query).map_err(|error| Error::invalid("query", error.message()))?;
    Ok((text("name", name, NAME_MAX)?, query.to_string()))
}

fn log(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, search: &SavedSearch, now: Time) -> Result<(), Error> {
    let object = Some(("search", search.id.0));
    let detail = Detail::default().with("name", search.name.as_str());
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(search.owner), detail })?;
    Ok(())
}
