//! Groups.

use model::{
    AddableOwner, Group, GroupFields, GroupId, GroupKind, OwnerId, Pap, Time, Tlp, WritableOwner, group::TechniqueId,
};

use crate::{
    error::Error,
    indicator::folded,
    statement::{Sql, statements},
    text,
    transaction::{Tx, values},
    value::{Row, Value},
    viewer::Viewer,
};

/// Columns in the order in which [`group`] takes them.
macro_rules! columns {
    () => {
        "g.id, g.owner_id, g.name, g.fields, g.description, g.tlp, g.pap, g.pending, g.first_seen, g.last_seen, \
         g.added, g.modified, g.revision, g.name_folded"
    };
}
pub(crate) use columns;

statements! {
    INSERT = "INSERT INTO groups (id, owner_id, type, name, name_folded, fields, technique, description, \
              description_folded, tlp, pap, pending, first_seen, last_seen, added, modified, revision) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)";
    UPDATE = "UPDATE groups SET name = $4, name_folded = $5, fields = $6, technique = $7, description = $8, \
              description_folded = $9, tlp = $10, pap = $11, pending = $12, first_seen = $13, last_seen = $14, \
              added = $15, modified = $16, revision = $17 \
              WHERE id = $1 AND owner_id = $2 AND type = $3 AND revision = $17 - 1";
    BY_ID = concat!("SELECT ", columns!(), " FROM groups g WHERE g.id = $1");
    BY_NAME = concat!("SELECT ", columns!(), " FROM groups g WHERE g.owner_id = $1 AND g.type = $2 AND g.name_folded = $3");
    BY_TECHNIQUE = concat!("SELECT ", columns!(), " FROM groups g WHERE g.technique = $2 AND g.owner_id = $1 ORDER BY g.id");
    REMOVE = "DELETE FROM groups WHERE id = $1 AND owner_id = $2";
    REMOVE_TAGS = "DELETE FROM tags WHERE object_id = $1";
    REMOVE_ATTRIBUTES = "DELETE FROM attributes WHERE object_id = $1";
    DETACH_REPLIES = "UPDATE notes SET reply_to = NULL WHERE object_id = $1";
    REMOVE_NOTES = "DELETE FROM notes WHERE object_id = $1";
    REMOVE_TEXTS = "DELETE FROM texts WHERE object_id = $1";
    REMOVE_ASSOCIATIONS = "DELETE FROM associations WHERE from_id = $1 OR to_id = $1";
}

/// Which groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this owner.
    pub owner: Option<OwnerId>,
    /// Of this kind.
    pub kind: Option<GroupKind>,
    /// Changed at this moment or later.
    pub modified_since: Option<Time>,
    /// Whose name contains this, without regard to case.
    pub name: Option<String>,
    /// Those that wait for the viewer to let them in, and no others.
    pub pending: bool,
}

/// In which order, and after which group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they were added.
    Added(Option<GroupId>),
    /// As they were last changed, the latest first.
    Modified(Option<(Time, GroupId)>),
    /// By name.
    Name(Option<(String, GroupId)>),
}

/// Adds a group; its name must be new among the owner's groups of its kind.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, group: &Group) -> Result<(), Error> {
    assert_eq!(group.owner, owner.owner().id, "a group is of the owner that it is added to");
    tx.execute(INSERT, &row_of(group)).map_err(|error| taken(error, group))?;
    put_texts(tx, group)
}

/// Changes a group that still has the revision before this one; false where somebody was faster.
pub fn change(tx: &mut Tx<'_>, owner: &WritableOwner, group: &Group) -> Result<bool, Error> {
    assert_eq!(group.owner, owner.owner().id, "a group stays with its owner");
    if tx.execute(UPDATE, &row_of(group)).map_err(|error| taken(error, group))? == 0 {
        return Ok(false);
    }
    put_texts(tx, group).map(|()| true)
}

/// Removes a group and everything that hangs on it, whoever hung it there; false where the owner has no such group.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, id: GroupId) -> Result<bool, Error> {
    if tx.execute(REMOVE, values![id, owner.owner().id])? == 0 {
        return Ok(false);
    }
    for part in [REMOVE_TAGS, REMOVE_ATTRIBUTES, DETACH_REPLIES, REMOVE_NOTES, REMOVE_TEXTS, REMOVE_ASSOCIATIONS] {
        tx.execute(part, values![id])?;
    }
    Ok(true)
}

/// The group with this id, if the viewer may know of it.
pub fn by_id(tx: &mut Tx<'_>, id: GroupId, viewer: &Viewer) -> Result<Option<Group>, Error> {
    let group = tx.row(BY_ID, values![id])?.as_ref().map(group).transpose()?;
    Ok(group.filter(|group| viewer.sees(group.owner, group.pending)))
}

/// An owner's group of this kind and name.
pub fn by_name(tx: &mut Tx<'_>, owner: OwnerId, kind: GroupKind, name: &str) -> Result<Option<Group>, Error> {
    tx.row(BY_NAME, values![owner, kind.as_str(), text::fold(name.trim())])?.as_ref().map(group).transpose()
}

/// Groups of this name, of readable owners and of this kind where one is given; at most `limit`.
pub fn named(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    kind: Option<GroupKind>,
    name: &str,
    limit: u32,
) -> Result<Vec<Group>, Error> {
    let mut sql = Sql::new(concat!("SELECT ", columns!(), " FROM groups g WHERE g.pending = 0 AND g.name_folded = "));
    sql.bind(text::fold(name.trim())).push(" AND ");
    viewer.push_owner(&mut sql, "g.owner_id");
    if let Some(kind) = kind {
        sql.push(" AND g.type = ").bind(kind.as_str());
    }
    sql.push(" ORDER BY g.id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(group).collect()
}

/// An owner's group for an ATT&CK technique.
pub fn by_technique(tx: &mut Tx<'_>, owner: OwnerId, technique: &TechniqueId) -> Result<Option<Group>, Error> {
    tx.row(BY_TECHNIQUE, values![owner, technique.to_string()])?.as_ref().map(group).transpose()
}

/// Groups of readable owners, at most `limit`.
pub fn list(tx: &mut Tx<'_>, viewer: &Viewer, filter: &Filter, order: &Order, limit: u32) -> Result<Vec<Group>, Error> {
    let mut sql = Sql::new(concat!("SELECT ", columns!(), " FROM groups g WHERE g.pending = "));
    sql.bind(filter.pending).push(" AND ");
    viewer.push_owner(&mut sql, "g.owner_id");
    if filter.pending {
        sql.push(" AND ");
        viewer.push_manages(&mut sql, "g.owner_id");
    }
    push_filter(&mut sql, filter);
    push_order(&mut sql, order);
    sql.push(" LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(group).collect()
}

fn push_filter(sql: &mut Sql, filter: &Filter) {
    if let Some(owner) = filter.owner {
        sql.push(" AND g.owner_id = ").bind(owner);
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND g.type = ").bind(kind.as_str());
    }
    if let Some(since) = filter.modified_since {
        sql.push(" AND g.modified >= ").bind(since);
    }
    if let Some(name) = &filter.name {
        sql.push(" AND g.name_folded LIKE ").bind(text::pattern(&text::fold(name))).push(" ESCAPE '\\'");
    }
}

fn push_order(sql: &mut Sql, order: &Order) {
    match order {
        Order::Added(after) => {
            if let Some(id) = after {
                sql.push(" AND g.id > ").bind(*id);
            }
            sql.push(" ORDER BY g.id");
        }
        Order::Modified(after) => {
            if let Some((time, id)) = after {
                sql.push(" AND (g.modified, g.id) < (").bind(*time).push(", ").bind(*id).push(")");
            }
            sql.push(" ORDER BY g.modified DESC, g.id DESC");
        }
        Order::Name(after) => {
            if let Some((name, id)) = after {
                sql.push(" AND (g.name_folded, g.id) > (").bind(text::fold(name)).push(", ").bind(*id).push(")");
            }
            sql.push(" ORDER BY g.name_folded, g.id");
        }
    }
}

fn row_of(group: &Group) -> [Value; 17] {
    [
        group.id.into(),
        group.owner.into(),
        group.kind().as_str().into(),
        group.name.as_str().into(),
        text::fold(&group.name).into(),
        json(&group.fields).into(),
        group.fields.technique().map(ToString::to_string).into(),
        group.description.as_deref().into(),
        group.description.as_deref().map_or(Value::Null, folded),
        (group.tlp as u8).into(),
        (group.pap as u8).into(),
        group.pending.into(),
        group.first_seen.into(),
        group.last_seen.into(),
        group.added.into(),
        group.modified.into(),
        group.revision.into(),
    ]
}

fn json(fields: &GroupFields) -> String {
    serde_json::to_string(fields).expect("no map with other keys than text, no number that JSON has not")
}

fn put_texts(tx: &mut Tx<'_>, group: &Group) -> Result<(), Error> {
    let names: Vec<&str> =
        std::iter::once(group.name.as_str()).chain(group.fields.aliases().iter().map(String::as_str)).collect();
    let object = group.id.into();
    text::put(tx, group.owner, object, "name", Some(&names.join("\n")))?;
    text::put(tx, group.owner, object, "description", group.description.as_deref())?;
    text::put(tx, group.owner, object, "fields", Some(&words(&group.fields)))
}

/// Every text in a group's fields but its names.
fn words(fields: &GroupFields) -> String {
    fn walk(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => out.push(text.clone()),
            serde_json::Value::Array(values) => values.iter().for_each(|value| walk(value, out)),
            serde_json::Value::Object(fields) => {
                fields.iter().filter(|(name, _)| *name != "aliases").for_each(|(_, value)| walk(value, out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    let value = serde_json::to_value(fields).unwrap_or_default();
    walk(value.get("fields").unwrap_or(&serde_json::Value::Null), &mut out);
    out.join("\n")
}

pub(crate) fn group(row: &Row) -> Result<Group, Error> {
    Ok(Group {
        id: GroupId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        name: row.text(2)?.to_owned(),
        fields: row.json(3)?,
        description: row.maybe_text(4)?.map(str::to_owned),
        tlp: row.rank(5, Tlp::ALL)?,
        pap: row.rank(6, Pap::ALL)?,
        pending: row.flag(7)?,
        first_seen: row.maybe_time(8)?,
        last_seen: row.maybe_time(9)?,
        added: row.time(10)?,
        modified: row.time(11)?,
        revision: row.int(12)?,
    })
}

fn taken(error: Error, group: &Group) -> Error {
    match error {
        Error::Conflict(_) => Error::Conflict(format!("there is a {} named `{}` already", group.kind(), group.name)),
        error => error,
    }
}
