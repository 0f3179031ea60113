//! Tags.

use model::{AddableOwner, Object, OwnerId, Tag, WritableOwner};

use crate::{
    error::Error,
    statement::{Sql, statements},
    text,
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

/// Uses of a tag are counted up to here.
pub const COUNTED_MAX: u32 = 10_000;

statements! {
    ADD = "INSERT INTO tags (owner_id, object_type, object_id, tag_folded, tag) VALUES ($1, $2, $3, $4, $5) \
           ON CONFLICT (object_id, owner_id, tag_folded) DO NOTHING";
    REMOVE = "DELETE FROM tags WHERE owner_id = $1 AND object_id = $2 AND tag_folded = $3";
    CLEAR = "DELETE FROM tags WHERE owner_id = $1 AND object_id = $2";
    COUNT = "SELECT COUNT(*) FROM tags WHERE owner_id = $1 AND object_id = $2";
    DROP_DOUBLES = "DELETE FROM tags WHERE owner_id = $1 AND tag_folded = $2 AND EXISTS (SELECT 1 FROM tags other \
                    WHERE other.object_id = tags.object_id AND other.owner_id = $1 AND other.tag_folded = $3)";
    RENAME = "UPDATE tags SET tag_folded = $3, tag = $4 WHERE owner_id = $1 AND tag_folded = $2";
}

/// A tag that readable owners use.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Used {
    /// The tag, in one of its spellings.
    pub tag: Tag,
    /// How often it is used.
    pub uses: u32,
    /// Counting stopped at [`COUNTED_MAX`].
    pub at_least: bool,
}

/// Puts tags on an object; how many were new.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, object: Object, tags: &[Tag]) -> Result<u64, Error> {
    let owner = owner.owner().id;
    let mut added = 0;
    for tag in tags {
        let values = values![owner, object.kind().as_str(), object.id(), tag.folded(), tag.as_str()];
        added += tx.execute(ADD, values)?;
    }
    Ok(added)
}

/// Takes a tag off an object; whether it was there.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, object: Object, tag: &Tag) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE, values![owner.owner().id, object.id(), tag.folded()])? == 1)
}

/// Makes these the owner's tags of an object.
pub fn set(tx: &mut Tx<'_>, owner: &WritableOwner, object: Object, tags: &[Tag]) -> Result<(), Error> {
    tx.execute(CLEAR, values![owner.owner().id, object.id()])?;
    add(tx, &owner.addable(), object, tags).map(drop)
}

/// How many tags an owner has on an object.
pub fn count(tx: &mut Tx<'_>, owner: OwnerId, object: Object) -> Result<i64, Error> {
    tx.number(COUNT, values![owner, object.id()])
}

/// Gives a tag another name throughout an owner's things; where an object has both, one is left. How many changed.
pub fn rename(tx: &mut Tx<'_>, owner: &WritableOwner, from: &Tag, to: &Tag) -> Result<u64, Error> {
    let (owner, old, new) = (owner.owner().id, from.folded(), to.folded());
    let doubles = if old == new { 0 } else { tx.execute(DROP_DOUBLES, values![owner, old.as_str(), new.as_str()])? };
    Ok(doubles + tx.execute(RENAME, values![owner, old, new, to.as_str()])?)
}

/// The tags that readable owners put on an object, by tag.
pub fn of(tx: &mut Tx<'_>, object: Object, viewer: &Viewer) -> Result<Vec<(OwnerId, Tag)>, Error> {
    let mut sql = Sql::new("SELECT x.owner_id, x.tag FROM tags x WHERE x.object_id = ");
    sql.bind(object.id()).push(" AND ");
    viewer.push_hung(&mut sql);
    sql.push(" ORDER BY x.tag_folded, x.owner_id");
    tx.rows_of(&sql)?.iter().map(|row| Ok((OwnerId(row.id(0)?), row.word(1)?))).collect()
}

/// The tags that begin with a text and come after one, with how often readable owners use them; at most `limit`.
pub fn list(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    begin: &str,
    after: Option<&Tag>,
    limit: u32,
) -> Result<Vec<Used>, Error> {
    let mut used = Vec::new();
    let mut after = after.map(Tag::folded);
    while used.len() < limit as usize {
        let Some(folded) = next(tx, viewer, begin, after.as_deref())? else { break };
        used.push(uses(tx, viewer, &folded)?);
        after = Some(folded);
    }
    Ok(used)
}

/// The next tag that anybody readable uses. One look at the index for each, however often it is used.
fn next(tx: &mut Tx<'_>, viewer: &Viewer, begin: &str, after: Option<&str>) -> Result<Option<String>, Error> {
    let begin = text::fold(begin);
    // One bound alone: with two, SQLite may walk from the lower one.
    let mut sql = Sql::new("SELECT x.tag_folded FROM tags x WHERE x.tag_folded ");
    match after.filter(|after| *after >= begin.as_str()) {
        Some(after) => sql.push("> ").bind(after),
        None => sql.push(">= ").bind(begin.as_str()),
    };
    sql.push(" AND ");
    viewer.push_hung(&mut sql);
    sql.push(" ORDER BY x.tag_folded LIMIT 1");
    let row = tx.rows_of(&sql)?.pop();
    let tag = row.map(|row| row.text(0).map(str::to_owned)).transpose()?;
    Ok(tag.filter(|tag| tag.starts_with(&begin)))
}

fn uses(tx: &mut Tx<'_>, viewer: &Viewer, folded: &str) -> Result<Used, Error> {
    let mut sql = Sql::new("SELECT MIN(tag), COUNT(*) FROM (SELECT x.tag FROM tags x WHERE x.tag_folded = ");
    sql.bind(folded).push(" AND ");
    viewer.push_hung(&mut sql);
    sql.push(" LIMIT ").bind(COUNTED_MAX + 1).push(") counted");
    let used = |row: &Row| {
        let uses: u32 = row.small(1)?;
        Ok(Used { tag: row.word(0)?, uses: uses.min(COUNTED_MAX), at_least: uses > COUNTED_MAX })
    };
    let row = tx.rows_of(&sql)?.pop();
    used(&row.ok_or(Error::Corrupt { what: "no count".into(), expected: "a count" })?)
}
