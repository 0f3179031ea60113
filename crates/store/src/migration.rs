//! Bringing a database to this version's schema: numbered steps, each with the checksum of its text.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use crate::{
    database::Store,
    dialect::Dialect,
    error::Error,
    opinion,
    statement::{Statement, statements},
    transaction::{Tx, values},
};

/// A step: its name, its text, and what it does to the rows that there are; done again it does nothing.
struct Migration(&'static str, &'static str, fn(&mut Tx<'_>) -> Result<(), Error>);

/// The steps, the first first. A released one is never changed.
const MIGRATIONS: &[Migration] = &[
    Migration("0001_first", include_str!("../migrations/0001_first.sql"), |_| Ok(())),
    Migration("0002_descriptions", include_str!("../migrations/0002_descriptions.sql"), opinion::fill),
    Migration("0003_tracks", include_str!("../migrations/0003_tracks.sql"), |_| Ok(())),
    Migration("0004_generation", include_str!("../migrations/0004_generation.sql"), |_| Ok(())),
    Migration("0005_order", include_str!("../migrations/0005_order.sql"), |_| Ok(())),
    Migration("0006_held", include_str!("../migrations/0006_held.sql"), |_| Ok(())),
];

/// Columns that are derived from others: no dump has them.
const DERIVED: &[(&str, &str)] = &[("opinions", "phrase")];

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
    migrate_to(store, MIGRATIONS.len())
}

/// The same, not further than one step.
pub(crate) fn migrate_to(store: &Store, last: usize) -> Result<(), Error> {
    store.write(|tx| {
        // An index over what there is may take long.
        tx.unlimited()?;
        run_all(tx, TABLE)?;
        if tx.dialect() == Dialect::Postgres {
            tx.execute(LOCK, values![])?;
        }
        let done = check(tx)?;
        for (number, Migration(name, text, fill)) in MIGRATIONS.iter().enumerate().take(last).skip(done) {
            run_all(tx, text)?;
            fill(tx)?;
            tx.execute(ADD, values![number as i64 + 1, *name, checksum(text)])?;
        }
        Ok(())
    })
}

/// Does to the rows of a dump, which may be of an older version, what the steps did to those that they found.
pub(crate) fn fill(tx: &mut Tx<'_>) -> Result<(), Error> {
    MIGRATIONS.iter().try_for_each(|Migration(_, _, fill)| fill(tx))
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
    for (row, Migration(name, text, _)) in done.iter().zip(MIGRATIONS) {
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

/// The table and the column that a statement adds.
fn added(statement: &str) -> Option<(String, String)> {
    let (table, column) = statement.strip_prefix("ALTER TABLE ")?.split_once(" ADD COLUMN ")?;
    Some((table.to_owned(), column.split(' ').next()?.to_owned()))
}

/// The tables with the names of their columns, as the steps make them, without what is derived.
pub(crate) fn tables() -> &'static [(String, Vec<String>)] {
    static TABLES: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(|| read_tables().collect());
    &TABLES
}

fn read_tables() -> impl Iterator<Item = (String, Vec<String>)> {
    let statements: Vec<String> =
        MIGRATIONS.iter().flat_map(|Migration(_, text, _)| Dialect::Postgres.migration(text)).collect();
    let added: Vec<(String, String)> = statements.iter().filter_map(|statement| added(statement)).collect();
    let tables = statements.into_iter().filter_map(|statement| {
        let (name, body) = statement.strip_prefix("CREATE TABLE ")?.split_once(" (\n")?;
        let columns = body.lines().filter_map(|line| line.trim().split_once(' ')).map(|(first, _)| first.to_owned());
        let columns = columns.filter(|first| first.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
        Some((name.to_owned(), columns.collect::<Vec<_>>()))
    });
    tables.map(move |(name, mut columns)| {
        columns.extend(added.iter().filter(|(table, _)| *table == name).map(|(_, column)| column.clone()));
        columns.retain(|column| !DERIVED.contains(&(name.as_str(), column.as_str())));
        (name, columns)
    })
}
