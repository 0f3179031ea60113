//! Bringing a database to this version's schema: numbered steps, each with the checksum of its text.

use sha2::{Digest, Sha256};

use crate::{
    database::Store,
    dialect::Dialect,
    error::Error,
    statement::{Statement, statements},
    transaction::{Tx, values},
};

/// The steps, the first first. A released one is never changed.
const MIGRATIONS: &[(&str, &str)] = &[("0001_first", include_str!("../migrations/0001_first.sql"))];

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (number BIGINT PRIMARY KEY, name TEXT NOT NULL, \
                     checksum TEXT NOT NULL) STRICT;\n";

statements! {
    DONE = "SELECT name, checksum FROM migrations ORDER BY number";
    ADD = "INSERT INTO migrations (number, name, checksum) VALUES ($1, $2, $3)";
}

/// Locks out a second process that migrates; SQLite's write transaction does.
const LOCK: Statement = Statement { name: "migration::LOCK", text: "LOCK TABLE migrations IN EXCLUSIVE MODE" };

/// Takes the steps that were not taken yet, all in one transaction.
pub(crate) fn migrate(store: &Store) -> Result<(), Error> {
    store.write(|tx| {
        run_all(tx, TABLE)?;
        if tx.dialect() == Dialect::Postgres {
            tx.execute(LOCK, values![])?;
        }
        let done = check(tx)?;
        for (number, (name, text)) in MIGRATIONS.iter().enumerate().skip(done) {
            run_all(tx, text)?;
            tx.execute(ADD, values![number as i64 + 1, *name, checksum(text)])?;
        }
        Ok(())
    })
}

/// How many steps were taken; an error where they are not the first ones of this version.
pub(crate) fn check(tx: &mut Tx<'_>) -> Result<usize, Error> {
    let done = tx.rows(DONE, values![])?;
    if done.len() > MIGRATIONS.len() {
        let newest = done.last().map(|row| row.text(0).map(str::to_owned)).transpose()?.unwrap_or_default();
        return Err(Error::Schema(format!(
            "the database was made by a newer version (it has `{newest}`); update spoor"
        )));
    }
    for (row, (name, text)) in done.iter().zip(MIGRATIONS) {
        if row.text(0)? != *name || row.text(1)? != checksum(text) {
            let found = row.text(0)?;
            return Err(Error::Schema(format!("migration `{found}` of the database is not this version's `{name}`")));
        }
    }
    Ok(done.len())
}

fn run_all(tx: &mut Tx<'_>, text: &str) -> Result<(), Error> {
    for statement in tx.dialect().migration(text) {
        tx.run(&statement, &[])?;
    }
    Ok(())
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The tables with the names of their columns, as the steps make them.
pub(crate) fn tables() -> impl Iterator<Item = (String, Vec<String>)> {
    let statements = MIGRATIONS.iter().flat_map(|(_, text)| Dialect::Postgres.migration(text));
    statements.filter_map(|statement| {
        let (name, body) = statement.strip_prefix("CREATE TABLE ")?.split_once(" (\n")?;
        let columns = body.lines().filter_map(|line| line.trim().split_once(' ')).map(|(first, _)| first.to_owned());
        let columns = columns.filter(|first| first.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        Some((name.to_owned(), columns.collect()))
    })
}
