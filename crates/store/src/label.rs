//! Lists of labels, and where an owner overruled one.

use std::collections::BTreeMap;

use model::{
    Administration, IndicatorType, LabelListId, OwnerId, ReadableOwners, Time, UserId, WritableOwner, label::Matching,
};
use serde::Serialize;

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
};

/// A list, without its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct List {
    /// Its identifier.
    pub id: LabelListId,
    /// Whose it is; everybody's where none.
    pub owner: Option<OwnerId>,
    /// Its name, unique without regard to case among its owner's.
    pub name: String,
    /// What standing on it means.
    pub description: String,
    /// How its entries are meant.
    pub matching: Matching,
    /// The types of indicators that it is for; all where empty.
    pub types: Vec<IndicatorType>,
    /// Its publisher's version; by convention a date.
    pub version: u64,
    /// Whether what stands on it is refused at import.
    pub excludes: bool,
    /// How many entries it has.
    pub count: u64,
    /// When it was last changed.
    pub modified: Time,
    /// How often it was changed.
    pub revision: i64,
}

/// That an owner does not go by a list for one value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overrule {
    /// Whose decision.
    pub owner: OwnerId,
    /// Which list.
    pub list: LabelListId,
    /// The value in canonical form.
    pub value: String,
    /// Who decided; none at the command line.
    pub user: Option<UserId>,
    /// Why.
    pub reason: String,
    /// When.
    pub added: Time,
}

/// The right to keep a list.
#[derive(Clone, Copy, Debug)]
pub enum Keeper<'a> {
    /// Of everybody's lists.
    Everybody(&'a Administration),
    /// Of an owner's.
    Owner(&'a WritableOwner),
}

impl Keeper<'_> {
    /// Whose lists.
    pub fn owner(&self) -> Option<OwnerId> {
        match self {
            Keeper::Everybody(_) => None,
            Keeper::Owner(owner) => Some(owner.owner().id),
        }
    }
}

/// Columns in the order in which [`list_of`] takes them.
const SELECT: &str = "SELECT id, owner_id, name, description, matching, types, version, excludes, count, modified, revision FROM label_lists";

statements! {
    REVISIONS = "SELECT id, revision FROM label_lists ORDER BY id";
    BY_ID = "SELECT id, owner_id, name, description, matching, types, version, excludes, count, modified, revision \
             FROM label_lists WHERE id = $1";
    EVERYBODYS = "SELECT id FROM label_lists WHERE owner_id IS NULL AND name_folded = $1";
    OF_OWNER = "SELECT id FROM label_lists WHERE owner_id = $1 AND name_folded = $2";
    INSERT = "INSERT INTO label_lists (id, owner_id, name, name_folded, description, matching, types, version, excludes, \
              count, modified, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
              ON CONFLICT (id) DO UPDATE SET name = excluded.name, name_folded = excluded.name_folded, \
              description = excluded.description, matching = excluded.matching, types = excluded.types, \
              version = excluded.version, excludes = excluded.excludes, count = excluded.count, \
              modified = excluded.modified, revision = excluded.revision";
    ENTRIES = "SELECT entries FROM label_entries WHERE list_id = $1";
    PUT_ENTRIES = "INSERT INTO label_entries (list_id, entries) VALUES ($1, $2) \
                   ON CONFLICT (list_id) DO UPDATE SET entries = excluded.entries";
    REMOVE_ENTRIES = "DELETE FROM label_entries WHERE list_id = $1";
    REMOVE_OVERRULES = "DELETE FROM label_overrules WHERE list_id = $1";
    REMOVE = "DELETE FROM label_lists WHERE id = $1";
    OVERRULE = "INSERT INTO label_overrules (owner_id, list_id, value, user_id, reason, added) \
                VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (owner_id, list_id, value) DO UPDATE SET \
                user_id = excluded.user_id, reason = excluded.reason, added = excluded.added";
    RESTORE = "DELETE FROM label_overrules WHERE owner_id = $1 AND list_id = $2 AND value = $3";
    OVERRULES = "SELECT owner_id, list_id, value, user_id, reason, added FROM label_overrules WHERE owner_id = $1 \
                 ORDER BY list_id, value";
}

/// Every list with its revision: what a cache of them is compared with.
pub fn revisions(tx: &mut Tx<'_>) -> Result<BTreeMap<LabelListId, i64>, Error> {
    tx.rows(REVISIONS, values![])?.iter().map(|row| Ok((LabelListId(row.id(0)?), row.int(1)?))).collect()
}

/// The list with this id.
pub fn by_id(tx: &mut Tx<'_>, id: LabelListId) -> Result<Option<List>, Error> {
    tx.row(BY_ID, values![id])?.as_ref().map(list_of).transpose()
}

/// The list of an owner, or of everybody, with this name.
pub fn by_name(tx: &mut Tx<'_>, owner: Option<OwnerId>, name: &str) -> Result<Option<List>, Error> {
    let name = name.trim().to_lowercase();
    let row = match owner {
        None => tx.row(EVERYBODYS, values![name])?,
        Some(owner) => tx.row(OF_OWNER, values![owner, name])?,
    };
    match row {
        Some(row) => by_id(tx, LabelListId(row.id(0)?)),
        None => Ok(None),
    }
}

/// Everybody's lists and those of readable owners, by name, after one.
pub fn list(
    tx: &mut Tx<'_>,
    readable: &ReadableOwners,
    after: Option<&(String, LabelListId)>,
    limit: u32,
) -> Result<Vec<List>, Error> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE (owner_id IS NULL OR ").readable("owner_id", readable).push(")");
    if let Some((name, id)) = after {
        let name = name.to_lowercase();
        sql.push(" AND (name_folded > ").bind(&name).push(" OR (name_folded = ").bind(&name);
        sql.push(" AND id > ").bind(*id).push("))");
    }
    sql.push(" ORDER BY name_folded, id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(list_of).collect()
}

/// The entries of a list, one a line.
pub fn entries(tx: &mut Tx<'_>, id: LabelListId) -> Result<String, Error> {
    let row = tx.row(ENTRIES, values![id])?;
    row.map(|row| row.text(0).map(str::to_owned)).transpose().map(Option::unwrap_or_default)
}

/// Writes a list, new or changed, and its entries where they are given.
pub fn put(tx: &mut Tx<'_>, keeper: Keeper<'_>, list: &List, entries: Option<&str>) -> Result<(), Error> {
    assert_eq!(list.owner, keeper.owner(), "a list is written under its own owner");
    let types = serde_json::to_string(&list.types).expect("a list of words");
    let values = values![
        list.id,
        list.owner,
        list.name.trim(),
        list.name.trim().to_lowercase(),
        list.description.as_str(),
        list.matching.as_str(),
        types,
        list.version as i64,
        list.excludes,
        list.count as i64,
        list.modified,
        list.revision
    ];
    tx.execute(INSERT, values)?;
    match entries {
        Some(entries) => tx.execute(PUT_ENTRIES, values![list.id, entries]).map(drop),
        None => Ok(()),
    }
}

/// Takes a list away, and what was overruled of it.
pub fn remove(tx: &mut Tx<'_>, keeper: Keeper<'_>, list: &List) -> Result<(), Error> {
    assert_eq!(list.owner, keeper.owner(), "a list is removed by its own keeper");
    for statement in [REMOVE_OVERRULES, REMOVE_ENTRIES, REMOVE] {
        tx.execute(statement, values![list.id])?;
    }
    Ok(())
}

/// From now on this owner does not go by this list for this value.
pub fn overrule(tx: &mut Tx<'_>, owner: &WritableOwner, overrule: &Overrule) -> Result<(), Error> {
    assert_eq!(overrule.owner, owner.owner().id, "an owner overrules for itself");
    let Overrule { list, value, user, reason, added, .. } = overrule;
    tx.execute(OVERRULE, values![overrule.owner, *list, value, *user, reason, *added]).map(drop)
}

/// The owner goes by the list for this value again; whether it did not before.
pub fn restore(tx: &mut Tx<'_>, owner: &WritableOwner, list: LabelListId, value: &str) -> Result<bool, Error> {
    tx.execute(RESTORE, values![owner.owner().id, list, value]).map(|removed| removed == 1)
}

/// What an owner overruled.
pub fn overrules(tx: &mut Tx<'_>, owner: OwnerId) -> Result<Vec<Overrule>, Error> {
    let overrule = |row: &Row| {
        Ok(Overrule {
            owner: OwnerId(row.id(0)?),
            list: LabelListId(row.id(1)?),
            value: row.text(2)?.to_owned(),
            user: row.maybe_id(3)?.map(UserId),
            reason: row.text(4)?.to_owned(),
            added: row.time(5)?,
        })
    };
    tx.rows(OVERRULES, values![owner])?.iter().map(overrule).collect()
}

fn list_of(row: &Row) -> Result<List, Error> {
    Ok(List {
        id: LabelListId(row.id(0)?),
        owner: row.maybe_id(1)?.map(OwnerId),
        name: row.text(2)?.to_owned(),
        description: row.text(3)?.to_owned(),
        matching: row.word(4)?,
        types: row.json(5)?,
        version: row.small(6)?,
        excludes: row.flag(7)?,
        count: row.small(8)?,
        modified: row.time(9)?,
        revision: row.int(10)?,
    })
}
