//! Sessions. The store knows the hash of a session's secret, never the secret.

use model::{Session, SessionId, Time, UserId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
    value::Row,
};

statements! {
    INSERT = "INSERT INTO sessions (id, user_id, hash, created, seen, expires, address, agent) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    BY_HASH = "SELECT id, user_id, created, seen, expires, address, agent FROM sessions WHERE hash = $1";
    OF_USER = "SELECT id, user_id, created, seen, expires, address, agent FROM sessions WHERE user_id = $1 ORDER BY id DESC";
    TOUCH = "UPDATE sessions SET seen = $2 WHERE id = $1 AND seen < $2";
    END = "DELETE FROM sessions WHERE id = $1 AND user_id = $2";
    END_ALL = "DELETE FROM sessions WHERE user_id = $1";
    SWEEP = "DELETE FROM sessions WHERE expires <= $1 OR seen <= $2";
}

/// Begins a session.
pub fn add(tx: &mut Tx<'_>, session: &Session, hash: [u8; 32]) -> Result<(), Error> {
    let address = session.address.to_string();
    let Session { id, user, created, seen, expires, agent, .. } = session;
    tx.execute(INSERT, values![*id, *user, hash, *created, *seen, *expires, address, agent]).map(drop)
}

/// The session whose secret has this hash.
pub fn by_hash(tx: &mut Tx<'_>, hash: [u8; 32]) -> Result<Option<Session>, Error> {
    tx.row(BY_HASH, values![hash])?.as_ref().map(session).transpose()
}

/// The sessions of an account, the newest first.
pub fn of_user(tx: &mut Tx<'_>, user: UserId) -> Result<Vec<Session>, Error> {
    tx.rows(OF_USER, values![user])?.iter().map(session).collect()
}

/// Notes that a session was used.
pub fn touch(tx: &mut Tx<'_>, id: SessionId, now: Time) -> Result<(), Error> {
    tx.execute(TOUCH, values![id, now]).map(drop)
}

/// Ends a session of an account; whether there was one.
pub fn end(tx: &mut Tx<'_>, id: SessionId, user: UserId) -> Result<bool, Error> {
    Ok(tx.execute(END, values![id, user])? == 1)
}

/// Ends all sessions of an account.
pub fn end_all(tx: &mut Tx<'_>, user: UserId) -> Result<u64, Error> {
    tx.execute(END_ALL, values![user])
}

/// Forgets sessions that ended, and those that were not used since `idle`.
pub fn sweep(tx: &mut Tx<'_>, now: Time, idle: Time) -> Result<u64, Error> {
    tx.execute(SWEEP, values![now, idle])
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        id: SessionId(row.id(0)?),
        user: UserId(row.id(1)?),
        created: row.time(2)?,
        seen: row.time(3)?,
        expires: row.time(4)?,
        address: row.word(5)?,
        agent: row.text(6)?.to_owned(),
    })
}
