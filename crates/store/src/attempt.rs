//! Failed sign-ins, by account and network of the client, so that nobody can lock others out.

use model::Time;

use crate::{
    error::Error,
    statement::statements,
    transaction::{Tx, values},
};

statements! {
    GET = "SELECT failures, last FROM attempts WHERE account = $1 AND network = $2";
    FAILED = "INSERT INTO attempts (account, network, failures, last) VALUES ($1, $2, 1, $3) \
              ON CONFLICT (account, network) DO UPDATE SET failures = attempts.failures + 1, last = excluded.last";
    CLEAR = "DELETE FROM attempts WHERE account = $1 AND network = $2";
    SWEEP = "DELETE FROM attempts WHERE last <= $1";
}

/// How often it failed since it last succeeded, and when last.
pub fn failures(tx: &mut Tx<'_>, account: &str, network: &str) -> Result<(u32, Time), Error> {
    let row = tx.row(GET, values![account, network])?;
    row.map_or(Ok((0, Time(0))), |row| Ok((row.small(0)?, row.time(1)?)))
}

/// Notes a failure.
pub fn failed(tx: &mut Tx<'_>, account: &str, network: &str, now: Time) -> Result<(), Error> {
    tx.execute(FAILED, values![account, network, now]).map(drop)
}

/// Forgets the failures: it succeeded.
pub fn clear(tx: &mut Tx<'_>, account: &str, network: &str) -> Result<(), Error> {
    tx.execute(CLEAR, values![account, network]).map(drop)
}

/// Forgets failures before a moment.
pub fn sweep(tx: &mut Tx<'_>, before: Time) -> Result<u64, Error> {
    tx.execute(SWEEP, values![before])
}
