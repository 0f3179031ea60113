//! Saved searches.

use model::{AddableOwner, OwnerId, SavedSearch, SearchId, UserId, WritableOwner};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    ADD = "INSERT INTO searches (id, owner_id, subject, name, query, modified, revision, user_id) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    CHANGE = "UPDATE searches SET name = $3, query = $4, modified = $5, revision = $6 \
              WHERE id = $1 AND owner_id = $2 AND revision = $6 - 1";
    BY_ID = "SELECT id, owner_id, subject, name, query, modified, revision FROM searches WHERE id = $1";
    REMOVE = "DELETE FROM searches WHERE id = $1 AND owner_id = $2";
}

/// Saves a search.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, search: &SavedSearch, user: Option<UserId>) -> Result<(), Error> {
    assert_eq!(search.owner, owner.owner().id, "a search is of the owner that it is saved for");
    let values = values![
        search.id,
        search.owner,
        search.subject.as_str(),
        &search.name,
        &search.query,
        search.modified,
        search.revision,
        user,
    ];
    tx.execute(ADD, values).map(drop)
}

/// Changes name and query of a search that still has the revision before this one; false where somebody was faster.
pub fn change(tx: &mut Tx<'_>, owner: &WritableOwner, search: &SavedSearch) -> Result<bool, Error> {
    let values = values![search.id, owner.owner().id, &search.name, &search.query, search.modified, search.revision];
    Ok(tx.execute(CHANGE, values)? == 1)
}

/// Removes a search; whether the owner had it.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, id: SearchId) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE, values![id, owner.owner().id])? == 1)
}

/// The search with this id, of a readable owner.
pub fn by_id(tx: &mut Tx<'_>, id: SearchId, viewer: &Viewer) -> Result<Option<SavedSearch>, Error> {
    let found = tx.row(BY_ID, values![id])?.as_ref().map(search).transpose()?;
    Ok(found.filter(|search| viewer.owners().allows(search.owner)))
}

/// Searches of readable owners, as they were saved, after one; at most `limit`.
pub fn list(tx: &mut Tx<'_>, viewer: &Viewer, after: Option<SearchId>, limit: u32) -> Result<Vec<SavedSearch>, Error> {
    let mut sql = Sql::new("SELECT id, owner_id, subject, name, query, modified, revision FROM searches WHERE ");
    viewer.push_owner(&mut sql, "owner_id");
    if let Some(after) = after {
        sql.push(" AND id > ").bind(after);
    }
    sql.push(" ORDER BY id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(search).collect()
}

fn search(row: &Row) -> Result<SavedSearch, Error> {
    Ok(SavedSearch {
        id: SearchId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        subject: row.word(2)?,
        name: row.text(3)?.to_owned(),
        query: row.text(4)?.to_owned(),
        modified: row.time(5)?,
        revision: row.int(6)?,
    })
}
