//! Requests that are done once, however often they come: the key that a client gave, and the answer it got.

use model::{Time, UserId};

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
};

statements! {
    GET = "SELECT request, status, body FROM idempotency WHERE user_id = $1 AND key = $2";
    BEGIN = "INSERT INTO idempotency (user_id, key, request, status, body, created) VALUES ($1, $2, $3, 0, '', $4) \
             ON CONFLICT (user_id, key) DO NOTHING";
    END = "UPDATE idempotency SET status = $3, body = $4 WHERE user_id = $1 AND key = $2";
    FORGET = "DELETE FROM idempotency WHERE user_id = $1 AND key = $2";
    SWEEP = "DELETE FROM idempotency WHERE created <= $1";
}

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is new, and now taken: do it, then [`end`].
    New,
    /// It was given with another request.
    Other,
    /// It was begun and has not ended; it may be under way, or a crash cut it off.
    Begun,
    /// It was done, with this answer.
    Done {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
}

/// Takes a key for a request with this hash.
pub fn begin(tx: &mut Tx<'_>, user: UserId, key: &str, request: [u8; 32], now: Time) -> Result<Known, Error> {
    if tx.execute(BEGIN, values![user, key, request, now])? == 1 {
        return Ok(Known::New);
    }
    let Some(row) = tx.row(GET, values![user, key])? else { return Ok(Known::Begun) };
    match row.small(1)? {
        _ if row.bytes(0)? != request => Ok(Known::Other),
        0 => Ok(Known::Begun),
        status => Ok(Known::Done { status, body: row.text(2)?.to_owned() }),
    }
}

/// Keeps the answer.
pub fn end(tx: &mut Tx<'_>, user: UserId, key: &str, status: u16, body: &str) -> Result<(), Error> {
    tx.execute(END, values![user, key, status, body]).map(drop)
}

/// Frees a key: nothing was done.
pub fn forget(tx: &mut Tx<'_>, user: UserId, key: &str) -> Result<(), Error> {
    tx.execute(FORGET, values![user, key]).map(drop)
}

/// Forgets keys that were given before a moment.
pub fn sweep(tx: &mut Tx<'_>, before: Time) -> Result<u64, Error> {
    tx.execute(SWEEP, values![before])
}
