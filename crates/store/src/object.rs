//! Whether objects are there for an owner or a viewer, and how they are named.

use model::{Object, ObjectType, OwnerId, Tlp};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    OPINION = "SELECT pending, tlp FROM opinions WHERE owner_id = $1 AND indicator_id = $2";
    GROUP = "SELECT pending, tlp FROM groups WHERE owner_id = $1 AND id = $2";
    RAISE_ASSOCIATIONS = "UPDATE associations SET tlp = $2, revision = revision + 1 \
                          WHERE (from_id = $1 OR to_id = $1) AND tlp < $2 AND ($3 = 'group' OR owner_id = $4)";
    RAISE_NOTES = "UPDATE notes SET tlp = $3, revision = revision + 1 WHERE object_id = $1 AND owner_id = $2 AND tlp < $3";
    RAISE_EVIDENCE = "UPDATE evidence SET tlp = $3 WHERE indicator_id = $1 AND owner_id = $2 AND tlp < $3";
}

/// An object as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Named {
    /// Which one.
    #[serde(flatten)]
    pub object: Object,
    /// The type of the indicator or of the group.
    pub kind: String,
    /// The value or the name.
    pub name: String,
}

/// Whether an owner holds it, an opinion of the value or the group itself, as far as a viewer may know; what an owner
/// does not hold it hangs nothing on. How far it may be shared, where it is held.
pub fn held(tx: &mut Tx<'_>, viewer: &Viewer, owner: OwnerId, object: Object) -> Result<Option<Tlp>, Error> {
    let statement = match object {
        Object::Indicator(_) => OPINION,
        Object::Group(_) => GROUP,
    };
    let Some(row) = tx.row(statement, values![owner, object.id()])? else { return Ok(None) };
    let tlp = row.rank(1, Tlp::ALL)?;
    Ok(viewer.sees(owner, row.flag(0)?).then_some(tlp))
}

/// The strictest label that a viewer sees on an object; none where there is nothing to see.
pub fn strictest(tx: &mut Tx<'_>, viewer: &Viewer, object: Object) -> Result<Option<Tlp>, Error> {
    let mut sql = match object {
        Object::Indicator(_) => Sql::new("SELECT MAX(x.tlp) FROM opinions x WHERE x.indicator_id = "),
        Object::Group(_) => Sql::new("SELECT MAX(x.tlp) FROM groups x WHERE x.id = "),
    };
    sql.bind(object.id()).push(" AND ");
    viewer.push_owner(&mut sql, "x.owner_id");
    sql.push(" AND (x.pending = 0 OR ");
    viewer.push_manages(&mut sql, "x.owner_id");
    sql.push(")");
    let row = tx.rows_of(&sql)?.pop();
    match row {
        Some(row) if row.maybe_int(0)?.is_some() => row.rank(0, Tlp::ALL).map(Some),
        _ => Ok(None),
    }
}

/// Raises what derives from an object to the label that its owner gives it: evidence, notes, and associations (of a
/// group everybody's, of an indicator those of the owner whose label it is).
pub fn raise(tx: &mut Tx<'_>, owner: OwnerId, object: Object, tlp: Tlp) -> Result<(), Error> {
    tx.execute(RAISE_ASSOCIATIONS, values![object.id(), tlp as u8, object.kind().as_str(), owner])?;
    tx.execute(RAISE_NOTES, values![object.id(), owner, tlp as u8])?;
    tx.execute(RAISE_EVIDENCE, values![object.id(), owner, tlp as u8]).map(drop)
}

/// The tables that [`named`] and [`push_visible`] need, where `$id` is the column of an object's id.
macro_rules! join_object {
    ($id:literal) => {
        concat!(" LEFT JOIN groups g ON g.id = ", $id, " LEFT JOIN indicators i ON i.id = ", $id)
    };
}
pub(crate) use join_object;

/// The columns that [`named`] takes.
macro_rules! object_columns {
    () => {
        "CASE WHEN g.id IS NULL THEN 'indicator' ELSE 'group' END, COALESCE(g.id, i.id), COALESCE(g.type, i.type), \
         COALESCE(g.name, i.value)"
    };
}
pub(crate) use object_columns;

/// Adds the condition that a viewer may know of the object that [`join_object`] joined.
pub(crate) fn push_visible(sql: &mut Sql, viewer: &Viewer) {
    sql.push("((g.id IS NOT NULL AND ");
    viewer.push_owner(sql, "g.owner_id");
    sql.push(" AND (g.pending = 0 OR ");
    viewer.push_manages(sql, "g.owner_id");
    sql.push(")) OR EXISTS (SELECT 1 FROM opinions o WHERE o.indicator_id = i.id AND ");
    viewer.push_owner(sql, "o.owner_id");
    sql.push(" AND (o.pending = 0 OR ");
    viewer.push_manages(sql, "o.owner_id");
    sql.push(")))");
}

pub(crate) fn named(row: &Row, first: usize) -> Result<Named, Error> {
    Ok(Named {
        object: object(row, first)?,
        kind: row.text(first + 2)?.to_owned(),
        name: row.text(first + 3)?.to_owned(),
    })
}

/// An object from its type and its id.
pub(crate) fn object(row: &Row, first: usize) -> Result<Object, Error> {
    let kind: ObjectType = row.word(first)?;
    Ok(Object::new(kind, row.id(first + 1)?))
}
