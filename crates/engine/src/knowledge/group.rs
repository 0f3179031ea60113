//! Groups: adversaries, campaigns, malware, reports, and what each kind says of itself.

use model::{
    Actor, Group, GroupFields, GroupId, GroupKind, Owner, OwnerId, Pap, Time, Tlp,
    group::{DESCRIPTION_CHARACTERS_MAX, ENTRIES_MAX, FIELDS_OCTETS_MAX, NAME_CHARACTERS_MAX},
    query::{self, Query, Subject},
};
use serde_json::{Value as Json, json};
use store::{
    Tx, Viewer,
    audit::Detail,
    fresh,
    group::{Filter, Order},
    search::{self, Position, Search},
};

use super::{
    Knowledge,
    object::{LIST_MAX, log, maybe_text, period, text},
    owner,
};
use crate::error::Error;

/// A group to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its name.
    pub name: String,
    /// Its kind, and what it says of itself.
    pub fields: GroupFields,
    /// In words.
    pub description: Option<String>,
    /// How far it may be shared; the owner's usual label where none is given.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    pub pap: Option<Pap>,
    /// Since when it has been active.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
}

impl NewGroup {
    /// A group of which nothing is said yet.
    pub fn new(kind: GroupKind, name: impl Into<String>) -> NewGroup {
        let (name, fields) = (name.into(), GroupFields::new(kind));
        NewGroup { name, fields, description: None, tlp: None, pap: None, first_seen: None, last_seen: None }
    }
}

/// A change of a group: what is none stays, what is `Some(None)` is cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupChange {
    /// Its name.
    pub name: Option<String>,
    /// What it says of itself, whole; of the same kind.
    pub fields: Option<GroupFields>,
    /// In words.
    pub description: Option<Option<String>>,
    /// How far it may be shared; lower than before needs `reason`.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it; freer than before needs `reason`.
    pub pap: Option<Pap>,
    /// Since when it has been active.
    pub first_seen: Option<Option<Time>>,
    /// Until when.
    pub last_seen: Option<Option<Time>>,
    /// Why a label is freed.
    pub reason: Option<String>,
}

impl Knowledge {
    /// Adds a group to an owner.
    pub fn add_group(&self, actor: &Actor, of: OwnerId, new: &NewGroup, now: Time) -> Result<Group, Error> {
        self.store.write(|tx| {
            let addable = actor.may_add(&owner(tx, actor, of)?)?;
            let group = made(addable.owner(), new, addable.pending(), now)?;
            store::group::add(tx, &addable, &group)?;
            let detail = Detail::default().with("type", group.kind().as_str()).with("name", group.name.as_str());
            log(tx, actor, now, "group.add", of, group.id.into(), detail.with("tlp", group.tlp.as_str()))?;
            Ok(group)
        })
    }

    /// Changes a group, if it is still as the caller saw it (`revision`).
    pub fn change_group(
        &self,
        actor: &Actor,
        id: GroupId,
        revision: i64,
        change: &GroupChange,
        now: Time,
    ) -> Result<Group, Error> {
        self.store.write(|tx| {
            let before = group(tx, actor, id)?;
            let writable = actor.may_write(&owner(tx, actor, before.owner)?)?;
            if before.revision != revision {
                return Err(Error::Stale);
            }
            let after = changed(&before, change, now)?;
            if !store::group::change(tx, &writable, &after)? {
                return Err(Error::Stale);
            }
            if after.tlp > before.tlp {
                store::object::raise(tx, after.owner, id.into(), after.tlp)?;
            }
            log(tx, actor, now, "group.change", after.owner, id.into(), difference(&before, &after, change))?;
            Ok(after)
        })
    }

    /// Removes a group and what hangs on it.
    pub fn remove_group(&self, actor: &Actor, id: GroupId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let group = group(tx, actor, id)?;
            let writable = actor.may_write(&owner(tx, actor, group.owner)?)?;
            store::group::remove(tx, &writable, id)?;
            let detail = Detail::default().with("type", group.kind().as_str()).with("name", group.name.as_str());
            log(tx, actor, now, "group.remove", group.owner, id.into(), detail)
        })
    }

    /// Lets a contribution in, or turns it away.
    pub fn review_group(&self, actor: &Actor, id: GroupId, let_in: bool, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let before = group(tx, actor, id)?;
            let managed = actor.may_manage(&owner(tx, actor, before.owner)?)?;
            if !before.pending {
                return Err(Error::Conflict("it does not wait any more".into()));
            }
            if let_in {
                let revision = before.revision + 1;
                let after = Group { pending: false, modified: now, revision, ..before.clone() };
                store::group::change(tx, &managed.writable(), &after)?;
            } else {
                store::group::remove(tx, &managed.writable(), id)?;
            }
            let detail = Detail::default().with("let_in", let_in).with("name", before.name.as_str());
            log(tx, actor, now, "group.review", before.owner, id.into(), detail)
        })
    }

    /// The group with this id.
    pub fn group(&self, actor: &Actor, id: GroupId) -> Result<Group, Error> {
        self.store.read(|tx| group(tx, actor, id))
    }

    /// Groups that the actor may read, at most [`LIST_MAX`].
    pub fn groups(&self, actor: &Actor, filter: &Filter, order: &Order, limit: u32) -> Result<Vec<Group>, Error> {
        let viewer = Viewer::of(actor);
        Ok(self.store.read(|tx| store::group::list(tx, &viewer, filter, order, limit.min(LIST_MAX)))?)
    }

    /// Groups that a query selects among those that the actor may read, at most [`LIST_MAX`].
    pub fn groups_by_query(
        &self,
        actor: &Actor,
        query: &Query,
        order: search::Order,
        after: Option<Position<GroupId>>,
        limit: u32,
        now: Time,
    ) -> Result<Vec<Group>, Error> {
        let viewer = Viewer::of(actor);
        let search = Search { query, viewer: &viewer, now, order };
        let limit = limit.min(LIST_MAX) as usize;
        Ok(self.store.read(|tx| search::groups(tx, &search, after, limit))?)
    }
}

/// Reads a query about groups; what is wrong with it is said with its place.
pub fn parse(text: &str) -> Result<Query, Error> {
    query::parse(Subject::Group, text).map_err(|error| Error::invalid("query", error.message()))
}

/// A group that the actor may know of.
pub(super) fn group(tx: &mut Tx<'_>, actor: &Actor, id: GroupId) -> Result<Group, Error> {
    store::group::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)
}

pub(super) fn made(owner: &Owner, new: &NewGroup, pending: bool, now: Time) -> Result<Group, Error> {
    period(new.first_seen, new.last_seen)?;
    check(&new.fields)?;
    Ok(Group {
        id: GroupId(fresh::id(now)),
        owner: owner.id,
        name: name(&new.name)?,
        fields: new.fields.clone(),
        description: maybe_text("description", new.description.as_deref(), DESCRIPTION_CHARACTERS_MAX)?,
        tlp: new.tlp.unwrap_or(owner.tlp),
        pap: new.pap.unwrap_or(Pap::Amber),
        pending,
        first_seen: new.first_seen,
        last_seen: new.last_seen,
        added: now,
        modified: now,
        revision: 1,
    })
}

fn name(given: &str) -> Result<String, Error> {
    let name = text("name", given, NAME_CHARACTERS_MAX)?;
    if name.chars().any(char::is_control) { Err(Error::invalid("name", "write one line")) } else { Ok(name) }
}

fn changed(before: &Group, change: &GroupChange, now: Time) -> Result<Group, Error> {
    let mut after = before.clone();
    if let Some(given) = &change.name {
        after.name = name(given)?;
    }
    if let Some(fields) = &change.fields {
        if fields.kind() != before.kind() {
            return Err(Error::invalid("type", format!("a {} stays one", before.kind())));
        }
        check(fields)?;
        after.fields = fields.clone();
    }
    if let Some(description) = &change.description {
        after.description = maybe_text("description", description.as_deref(), DESCRIPTION_CHARACTERS_MAX)?;
    }
    after.tlp = change.tlp.unwrap_or(before.tlp);
    after.pap = change.pap.unwrap_or(before.pap);
    let freed = after.tlp < before.tlp || after.pap > before.pap;
    if freed && change.reason.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Error::invalid("reason", "freeing a label needs a reason"));
    }
    after.first_seen = change.first_seen.unwrap_or(before.first_seen);
    after.last_seen = change.last_seen.unwrap_or(before.last_seen);
    period(after.first_seen, after.last_seen)?;
    after.modified = now;
    after.revision += 1;
    Ok(after)
}

/// What changed, for the audit log. Texts are not repeated there.
fn difference(before: &Group, after: &Group, change: &GroupChange) -> Detail {
    let mut detail = Detail::default().with("revision", after.revision);
    if before.name != after.name {
        detail = detail.with("name", format!("{} to {}", before.name, after.name));
    }
    if before.tlp != after.tlp {
        detail = detail.with("tlp", format!("{} to {}", before.tlp, after.tlp));
    }
    if before.pap != after.pap {
        detail = detail.with("pap", format!("{} to {}", before.pap, after.pap));
    }
    match &change.reason {
        Some(reason) => detail.with("reason", reason.as_str()),
        None => detail,
    }
}

fn check(fields: &GroupFields) -> Result<(), Error> {
    fields.check().map_err(|problem| Error::invalid(format!("fields.{}", problem.path), problem.why))?;
    let json = serde_json::to_value(fields).map_err(|error| Error::invalid("fields", error))?;
    if json.to_string().len() > FIELDS_OCTETS_MAX {
        return Err(Error::invalid("fields", format!("at most {FIELDS_OCTETS_MAX} octets as JSON")));
    }
    for (name, value) in json["fields"].as_object().into_iter().flatten() {
        if value.as_array().is_some_and(|list| list.len() > ENTRIES_MAX) {
            return Err(Error::invalid(format!("fields.{name}"), format!("at most {ENTRIES_MAX} entries")));
        }
    }
    Ok(())
}

/// Reads what a group of a kind says of itself; what is wrong is named by its path.
pub fn fields(kind: GroupKind, given: Json) -> Result<GroupFields, Error> {
    let whole = read(kind, given.clone());
    let error = match whole {
        Ok(fields) => return Ok(fields),
        Err(error) => error,
    };
    // Every field may be left out, so each can be tried alone: the one that fails is the one to name.
    let Json::Object(fields) = given else { return Err(Error::invalid("fields", "write an object")) };
    for (name, value) in fields {
        for (path, alone) in alone(&name, value) {
            if let Err(error) = read(kind, json!({ name.as_str(): alone })) {
                return Err(Error::invalid(path, error));
            }
        }
    }
    Err(Error::invalid("fields", error))
}

fn read(kind: GroupKind, fields: Json) -> Result<GroupFields, serde_json::Error> {
    serde_json::from_value(json!({ "type": kind, "fields": fields }))
}

/// The entries of a list one by one, anything else as it is, with their paths.
fn alone(name: &str, value: Json) -> Vec<(String, Json)> {
    match value {
        Json::Array(entries) => {
            let entries = entries.into_iter().take(ENTRIES_MAX + 1).enumerate();
            let empty = (format!("fields.{name}"), Json::Array(Vec::new()));
            let each = entries.map(|(at, entry)| (format!("fields.{name}[{at}]"), Json::Array(vec![entry])));
            std::iter::once(empty).chain(each).collect()
        }
        value => vec![(format!("fields.{name}"), value)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(kind: GroupKind, given: Json) -> String {
        match fields(kind, given) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_the_field_that_is_wrong() {
        assert_eq!(path(GroupKind::Adversary, json!({ "gaols": [] })), "fields.gaols");
        assert_eq!(path(GroupKind::Adversary, json!({ "goals": ["money", 7] })), "fields.goals[1]");
        let assessment = json!({ "statement": "x", "likelihood": "perhaps", "confidence": "low" });
        assert_eq!(path(GroupKind::Adversary, json!({ "assessments": [assessment] })), "fields.assessments[0]");
        assert_eq!(path(GroupKind::Vulnerability, json!({ "cve": "CVE-1" })), "fields.cve");
        assert_eq!(path(GroupKind::Report, json!("x")), "fields");
        assert_eq!(path(GroupKind::Report, json!({ "authors": "one" })), "fields.authors");
        assert!(fields(GroupKind::Report, json!({})).is_ok());
    }
}
