//! How the engines would go about statements, for a test that looks for tables that are read whole.

use crate::{
    database::Store,
    dialect::Dialect,
    error::Error,
    statement::{Sql, Statement},
    transaction::Tx,
    value::Value,
};

/// Tables that grow with what people know and do.
const LARGE: &[&str] = &[
    "indicators",
    "opinions",
    "evidence",
    "sightings",
    "groups",
    "tags",
    "attributes",
    "notes",
    "associations",
    "import_items",
    "imports",
    "audit",
    "exposures",
    "texts",
    "phrases",
    "label_entries",
    "sessions",
    "tokens",
];

/// A statement that reads a large table whole, and its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The statement.
    pub statement: String,
    /// What the engine says.
    pub plan: Vec<String>,
}

/// The statements of what `read` does that read large tables whole, and how many there were in all. On PostgreSQL a
/// table is read whole only where no index can help, however few rows there are now.
pub fn scans(store: &Store, read: impl FnOnce(&mut Tx<'_>) -> Result<(), Error>) -> Result<(usize, Vec<Scan>), Error> {
    store.read(|tx| {
        if tx.dialect() == Dialect::Postgres {
            tx.run("SET LOCAL enable_seqscan = off", &[])?;
        }
        tx.trace = Some(Vec::new());
        read(tx)?;
        let trace = tx.trace.take().unwrap_or_default();
        let mut scans = Vec::new();
        for sql in &trace {
            scans.extend(scan(tx, sql)?);
        }
        Ok((trace.len(), scans))
    })
}

/// Registered statements that read large tables whole; SQLite tells without values.
pub fn registered(store: &Store) -> Result<Vec<(&'static Statement, Scan)>, Error> {
    store.read(|tx| {
        let mut scans = Vec::new();
        for statement in crate::statements() {
            let count = (1..).take_while(|number| statement.text.contains(&format!("${number}"))).count();
            let sql = Sql { text: statement.text.to_owned(), values: vec![Value::Null; count] };
            scans.extend(scan(tx, &sql)?.map(|scan| (statement, scan)));
        }
        Ok(scans)
    })
}

fn scan(tx: &mut Tx<'_>, sql: &Sql) -> Result<Option<Scan>, Error> {
    let (word, column) = match tx.dialect() {
        Dialect::Sqlite => ("EXPLAIN QUERY PLAN", 3),
        Dialect::Postgres => ("EXPLAIN", 0),
    };
    let explain = Sql { text: format!("{word} {}", sql.text), values: sql.values.clone() };
    let rows = tx.rows_of(&explain)?;
    let plan = rows.iter().map(|row| row.text(column).map(str::to_owned)).collect::<Result<Vec<_>, _>>()?;
    let scanned = plan.iter().any(|line| is_scan(&sql.text, line));
    Ok(scanned.then(|| Scan { statement: sql.text.clone(), plan }))
}

/// Whether a line of a plan says that a large table is read whole.
fn is_scan(statement: &str, line: &str) -> bool {
    let line = line.trim().trim_start_matches("-> ").trim();
    if let Some(rest) = line.strip_prefix("Seq Scan on ").or_else(|| line.strip_prefix("Parallel Seq Scan on ")) {
        return LARGE.iter().any(|table| rest.split(' ').next() == Some(table));
    }
    let Some(name) = line.strip_prefix("SCAN ").and_then(|rest| rest.split(' ').next()) else { return false };
    // SQLite names the alias.
    let is_large = |table: &&str| {
        *table == name
            || statement.contains(&format!("{table} {name} "))
            || statement.ends_with(&format!("{table} {name}"))
    };
    LARGE.iter().any(is_large) && !line.contains("VIRTUAL TABLE")
}
