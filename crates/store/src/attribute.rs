//! Attributes.

use model::{AddableOwner, Attribute, AttributeId, Object, OwnerId, WritableOwner};

use crate::{
    error::Error,
    object,
    statement::{Sql, statements},
    text,
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    ADD = "INSERT INTO attributes (id, owner_id, object_type, object_id, name, name_folded, value, value_folded, source) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    BY_ID = "SELECT id, owner_id, object_type, object_id, name, value, source FROM attributes WHERE id = $1";
    REMOVE = "DELETE FROM attributes WHERE id = $1 AND owner_id = $2";
    COUNT = "SELECT COUNT(*) FROM attributes WHERE owner_id = $1 AND object_id = $2";
}

/// Adds an attribute.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, attribute: &Attribute) -> Result<(), Error> {
    assert_eq!(attribute.owner, owner.owner().id, "an attribute is of the owner that adds it");
    let values = values![
        attribute.id,
        attribute.owner,
        attribute.object.kind().as_str(),
        attribute.object.id(),
        &attribute.name,
        text::fold(&attribute.name),
        &attribute.value,
        text::fold(&attribute.value),
        attribute.source.as_deref(),
    ];
    tx.execute(ADD, values).map(drop)
}

/// Removes an attribute; whether the owner had it.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, id: AttributeId) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE, values![id, owner.owner().id])? == 1)
}

/// The attribute with this id, of a readable owner.
pub fn by_id(tx: &mut Tx<'_>, id: AttributeId, viewer: &Viewer) -> Result<Option<Attribute>, Error> {
    let found = tx.row(BY_ID, values![id])?.as_ref().map(attribute).transpose()?;
    Ok(found.filter(|attribute| viewer.owners().allows(attribute.owner)))
}

/// How many attributes an owner gave an object.
pub fn count(tx: &mut Tx<'_>, owner: OwnerId, object: Object) -> Result<i64, Error> {
    tx.number(COUNT, values![owner, object.id()])
}

/// The attributes that readable owners gave an object, as they were added.
pub fn of(tx: &mut Tx<'_>, object: Object, viewer: &Viewer) -> Result<Vec<Attribute>, Error> {
    let mut sql = Sql::new(
        "SELECT x.id, x.owner_id, x.object_type, x.object_id, x.name, x.value, x.source FROM attributes x \
         WHERE x.object_id = ",
    );
    sql.bind(object.id()).push(" AND ");
    viewer.push_hung(&mut sql);
    sql.push(" ORDER BY x.id");
    tx.rows_of(&sql)?.iter().map(attribute).collect()
}

fn attribute(row: &Row) -> Result<Attribute, Error> {
    Ok(Attribute {
        id: AttributeId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        object: object::object(row, 2)?,
        name: row.text(4)?.to_owned(),
        value: row.text(5)?.to_owned(),
        source: row.maybe_text(6)?.map(str::to_owned),
    })
}
