//! Whether what the engine promises holds.

use crate::{database::Store, dialect::Dialect, error::Error, statement::Sql};

/// What is wrong with a database: damaged pages, and rows that refer to rows that are not there. PostgreSQL has its
/// own tools for the first and never lets the second be.
pub fn check(store: &Store) -> Result<Vec<String>, Error> {
    if store.dialect() == Dialect::Postgres {
        return Ok(Vec::new());
    }
    // As a change that changes nothing: it may take longer than a read may.
    store.write(|tx| {
        let mut problems = Vec::new();
        for row in tx.rows_of(&Sql::new("PRAGMA integrity_check"))? {
            let text = row.text(0)?;
            problems.extend((text != "ok").then(|| text.to_owned()));
        }
        for row in tx.rows_of(&Sql::new("PRAGMA foreign_key_check"))? {
            problems.push(format!("a row of {} refers to a row of {} that is not there", row.text(0)?, row.text(2)?));
        }
        Ok(problems)
    })
}
