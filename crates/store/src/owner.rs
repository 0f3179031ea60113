//! Owners.

use model::{Administration, Owner, OwnerId, ReadableOwners, Time, Tlp};

use crate::{
    error::Error,
    generation,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::{Row, Value},
};

const COLUMNS: &str = "SELECT id, name, kind, reviewed, open, tlp, revision FROM owners";

statements! {
    INSERT = "INSERT INTO owners (id, name, name_folded, kind, reviewed, open, tlp, created, revision) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1)";
    BY_ID = "SELECT id, name, kind, reviewed, open, tlp, revision FROM owners WHERE id = $1";
    BY_NAME = "SELECT id, name, kind, reviewed, open, tlp, revision FROM owners WHERE name_folded = $1";
    UPDATE = "UPDATE owners SET name = $2, name_folded = $3, reviewed = $4, open = $5, tlp = $6, revision = revision + 1 \
              WHERE id = $1 AND revision = $7";
    ALL = "SELECT id, name, kind, reviewed, open, tlp, revision FROM owners ORDER BY name_folded";
    OPEN = "SELECT id FROM owners WHERE open = 1 ORDER BY id";
}

/// Adds an owner.
pub fn add(tx: &mut Tx<'_>, owner: &Owner, now: Time) -> Result<(), Error> {
    let values = values![
        owner.id,
        owner.name.trim(),
        folded(&owner.name),
        owner.kind.as_str(),
        owner.reviewed,
        owner.open,
        owner.tlp as u8,
        now
    ];
    tx.execute(INSERT, values).map_err(|error| taken(error, &owner.name))?;
    generation::count(tx)
}

/// The owner with this id.
pub fn by_id(tx: &mut Tx<'_>, id: OwnerId) -> Result<Option<Owner>, Error> {
    tx.row(BY_ID, values![id])?.as_ref().map(owner).transpose()
}

/// The owner with this name, without regard to case.
pub fn by_name(tx: &mut Tx<'_>, name: &str) -> Result<Option<Owner>, Error> {
    tx.row(BY_NAME, values![folded(name)])?.as_ref().map(owner).transpose()
}

/// Changes an owner that is still as the caller saw it; false where it is not.
pub fn change(tx: &mut Tx<'_>, owner: &Owner) -> Result<bool, Error> {
    let values = values![
        owner.id,
        owner.name.trim(),
        folded(&owner.name),
        owner.reviewed,
        owner.open,
        owner.tlp as u8,
        owner.revision
    ];
    tx.execute(UPDATE, values).map(|changed| changed == 1).map_err(|error| taken(error, &owner.name))
}

/// The owners that every account may read.
pub fn open(tx: &mut Tx<'_>) -> Result<Vec<OwnerId>, Error> {
    tx.rows(OPEN, values![])?.iter().map(|row| row.id(0).map(OwnerId)).collect()
}

/// Every owner, by name, for an administrator.
pub fn all(tx: &mut Tx<'_>, _: &Administration) -> Result<Vec<Owner>, Error> {
    tx.rows(ALL, values![])?.iter().map(owner).collect()
}

/// The owners that may be read, by name.
pub fn list(tx: &mut Tx<'_>, readable: &ReadableOwners) -> Result<Vec<Owner>, Error> {
    let mut sql = Sql::new(COLUMNS);
    sql.push(" WHERE ").readable("id", readable).push(" ORDER BY name_folded");
    tx.rows_of(&sql)?.iter().map(owner).collect()
}

fn owner(row: &Row) -> Result<Owner, Error> {
    Ok(Owner {
        id: OwnerId(row.id(0)?),
        name: row.text(1)?.to_owned(),
        kind: row.word(2)?,
        reviewed: row.flag(3)?,
        open: row.flag(4)?,
        tlp: row.rank(5, Tlp::ALL)?,
        revision: row.int(6)?,
    })
}

fn folded(name: &str) -> Value {
    name.trim().to_lowercase().into()
}

fn taken(error: Error, name: &str) -> Error {
    match error {
        Error::Conflict(_) => Error::Conflict(format!("there is an owner named `{}` already", name.trim())),
        error => error,
    }
}
