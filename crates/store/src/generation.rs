//! A number that says whether accounts and rights are still as they were.
//!
//! Triggers count every change of accounts, tokens, sessions, memberships and readers of sources in the transaction that
//! makes it (`migrations/0004_generation.sql`), so no way to change them is forgotten. On SQLite the count is read again
//! only where `PRAGMA data_version` says that something was written at all, which costs no page.

use std::sync::Mutex;

use rusqlite::Connection;

use crate::{
    database::{locked, postgres_client},
    error::Error,
    statement::statements,
    transaction::{Tx, values},
};

statements! {
    CHANGES = "SELECT changes FROM account_changes WHERE number = 1";
    COUNT = "UPDATE account_changes SET changes = changes + 1 WHERE number = 1";
}

/// Counts a change that no trigger sees.
pub(crate) fn count(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.execute(COUNT, values![]).map(drop)
}

/// A connection of its own, so that the question waits for nobody's transaction.
pub(crate) enum Watch {
    Sqlite(Mutex<(Connection, Option<Seen>)>),
    Postgres(Mutex<Option<(postgres::Client, postgres::Statement)>>, String),
}

/// The count, and the version of the file at which it was read.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    version: i64,
    changes: i64,
}

impl Watch {
    pub(crate) fn sqlite(connection: Connection) -> Watch {
        Watch::Sqlite(Mutex::new((connection, None)))
    }

    pub(crate) fn postgres(address: String) -> Watch {
        Watch::Postgres(Mutex::new(None), address)
    }

    /// The number; none where it cannot be read.
    pub(crate) fn number(&self) -> Option<i64> {
        match self {
            Watch::Sqlite(watched) => {
                let (connection, seen) = &mut *locked(watched);
                sqlite_number(connection, seen).ok()
            }
            Watch::Postgres(watched, address) => {
                let mut watched = locked(watched);
                let number = postgres_number(&mut watched, address);
                if number.is_err() {
                    // The next question connects again.
                    *watched = None;
                }
                number.ok()
            }
        }
    }
}

fn sqlite_number(connection: &Connection, seen: &mut Option<Seen>) -> Result<i64, Error> {
    // Read before the count: a change in between shows the next time.
    let version = connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
    if let Some(seen) = seen.filter(|seen| seen.version == version) {
        return Ok(seen.changes);
    }
    let changes = connection.prepare_cached(CHANGES.text)?.query_row([], |row| row.get(0))?;
    *seen = Some(Seen { version, changes });
    Ok(changes)
}

fn postgres_number(watched: &mut Option<(postgres::Client, postgres::Statement)>, address: &str) -> Result<i64, Error> {
    let (client, statement) = match watched {
        Some(watched) => watched,
        None => {
            let (mut client, _) = postgres_client(address)?;
            let statement = client.prepare(CHANGES.text)?;
            watched.insert((client, statement))
        }
    };
    Ok(client.query_one(statement, &[])?.try_get(0)?)
}
