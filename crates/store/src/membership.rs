//! Who belongs to which owner.

use model::{Letting, Membership, OwnerId, UserId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
    value::Row,
};

statements! {
    SET = "INSERT INTO memberships (owner_id, user_id, role, pseudonym) VALUES ($1, $2, $3, $4) \
           ON CONFLICT (owner_id, user_id) DO UPDATE SET role = excluded.role, pseudonym = excluded.pseudonym";
    REMOVE = "DELETE FROM memberships WHERE owner_id = $1 AND user_id = $2";
    OF_USER = "SELECT owner_id, user_id, role, pseudonym FROM memberships WHERE user_id = $1 ORDER BY owner_id";
    OF_OWNER = "SELECT m.owner_id, m.user_id, m.role, m.pseudonym, u.name FROM memberships m \
                JOIN users u ON u.id = m.user_id WHERE m.owner_id = $1 AND u.name_folded > $2 \
                ORDER BY u.name_folded LIMIT $3";
}

/// Lets an account in, or changes its role.
pub fn set(tx: &mut Tx<'_>, right: &Letting, user: UserId, of: &Membership) -> Result<(), Error> {
    let values = values![right.owner().id, user, of.role.as_str(), of.pseudonym.as_deref()];
    tx.execute(SET, values).map(drop)
}

/// Ends a membership; whether there was one. The account's next request has no right there.
pub fn remove(tx: &mut Tx<'_>, right: &Letting, user: UserId) -> Result<bool, Error> {
    Ok(tx.execute(REMOVE, values![right.owner().id, user])? == 1)
}

/// Where an account belongs.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Membership>, Error> {
    tx.rows(OF_USER, values![user])?.iter().map(membership).collect()
}

/// Who belongs to an owner, by the names of their accounts after this one.
pub fn of_owner(tx: &mut Tx<'_>, owner: OwnerId, after: &str, limit: u32) -> Result<Vec<(Membership, String)>, Error> {
    let rows = tx.rows(OF_OWNER, values![owner, after.to_lowercase(), limit])?;
    rows.iter().map(|row| Ok((membership(row)?, row.text(4)?.to_owned()))).collect()
}

fn membership(row: &Row) -> Result<Membership, Error> {
    Ok(Membership {
        owner: OwnerId(row.id(0)?),
        user: UserId(row.id(1)?),
        role: row.word(2)?,
        pseudonym: row.maybe_text(3)?.map(str::to_owned),
    })
}
