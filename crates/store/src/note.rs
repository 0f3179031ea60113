//! Notes and replies.

use model::{AddableOwner, Note, NoteId, Object, OwnerId, Tlp, UserId};

use crate::{
    error::Error,
    object,
    statement::{Sql, statements},
    text,
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

macro_rules! columns {
    () => {
        "x.id, x.owner_id, x.object_type, x.object_id, x.reply_to, x.author, x.text, x.tlp, x.added, x.modified, \
         x.revision, x.user_id"
    };
}

statements! {
    ADD = "INSERT INTO notes (id, owner_id, object_type, object_id, reply_to, author, text, tlp, added, modified, \
           revision, user_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    CHANGE = "UPDATE notes SET text = $3, tlp = $4, modified = $5, revision = $6 \
              WHERE id = $1 AND owner_id = $2 AND revision = $6 - 1";
    BY_ID = concat!("SELECT ", columns!(), " FROM notes x WHERE x.id = $1");
    DETACH_REPLIES = "UPDATE notes SET reply_to = NULL WHERE object_id = $1 AND reply_to = $2";
    REMOVE = "DELETE FROM notes WHERE id = $1 AND owner_id = $2";
}

/// Adds a note, written by an account.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, note: &Note, user: Option<UserId>) -> Result<(), Error> {
    assert_eq!(note.owner, owner.owner().id, "a note is of the owner that it is written for");
    let values = values![
        note.id,
        note.owner,
        note.object.kind().as_str(),
        note.object.id(),
        note.reply_to,
        &note.author,
        &note.text,
        note.tlp as u8,
        note.added,
        note.modified,
        note.revision,
        user,
    ];
    tx.execute(ADD, values)?;
    put_text(tx, note, Some(&note.text))
}

/// Changes the text and the label of a note that still has the revision before this one; false where somebody was
/// faster.
pub fn change(tx: &mut Tx<'_>, owner: &AddableOwner, note: &Note) -> Result<bool, Error> {
    let values = values![note.id, owner.owner().id, &note.text, note.tlp as u8, note.modified, note.revision];
    if tx.execute(CHANGE, values)? == 0 {
        return Ok(false);
    }
    put_text(tx, note, Some(&note.text)).map(|()| true)
}

/// Removes a note; replies to it stay, and stand alone.
pub fn remove(tx: &mut Tx<'_>, owner: &AddableOwner, note: &Note) -> Result<bool, Error> {
    tx.execute(DETACH_REPLIES, values![note.object.id(), note.id])?;
    put_text(tx, note, None)?;
    Ok(tx.execute(REMOVE, values![note.id, owner.owner().id])? == 1)
}

fn put_text(tx: &mut Tx<'_>, note: &Note, text: Option<&str>) -> Result<(), Error> {
    text::put(tx, note.owner, note.object, &format!("note:{}", note.id), text)
}

/// The note with this id, of a readable owner, and the account that wrote it.
pub fn by_id(tx: &mut Tx<'_>, id: NoteId, viewer: &Viewer) -> Result<Option<(Note, Option<UserId>)>, Error> {
    let Some(row) = tx.row(BY_ID, values![id])? else { return Ok(None) };
    let found = (note(&row)?, row.maybe_id(11)?.map(UserId));
    Ok(Some(found).filter(|(note, _)| viewer.owners().allows(note.owner)))
}

/// Notes that readable owners have on an object, as they were written, after one; at most `limit`.
pub fn of(
    tx: &mut Tx<'_>,
    object: Object,
    viewer: &Viewer,
    after: Option<NoteId>,
    limit: u32,
) -> Result<Vec<Note>, Error> {
    let mut sql = Sql::new(concat!("SELECT ", columns!(), " FROM notes x WHERE x.object_id = "));
    sql.bind(object.id()).push(" AND ");
    viewer.push_hung(&mut sql);
    if let Some(after) = after {
        sql.push(" AND x.id > ").bind(after);
    }
    sql.push(" ORDER BY x.id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(note).collect()
}

fn note(row: &Row) -> Result<Note, Error> {
    Ok(Note {
        id: NoteId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        object: object::object(row, 2)?,
        reply_to: row.maybe_id(4)?.map(NoteId),
        author: row.text(5)?.to_owned(),
        text: row.text(6)?.to_owned(),
        tlp: row.rank(7, Tlp::ALL)?,
        added: row.time(8)?,
        modified: row.time(9)?,
        revision: row.int(10)?,
    })
}
