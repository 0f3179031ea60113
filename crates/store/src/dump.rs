//! The whole database as JSON lines, the same from either engine: to move from one to the other.
//!
//! A line is `["TABLE",{"column":value,…}]`; octets are `{"hex":"…"}`. Tables are in an order in which each refers to
//! earlier ones only, rows in the order of their primary keys, so two dumps of the same knowledge are equal.

use std::io::{BufRead, Write};

use serde_json::{Map, Value as Json};

use crate::{
    database::Store,
    error::Error,
    migration,
    statement::Sql,
    transaction::Tx,
    value::{Row, Value},
};

/// Tables with their primary keys. What is derived (the index of texts, descriptions by their text) is not here.
const TABLES: &[(&str, &str)] = &[
    ("owners", "id"),
    ("users", "id"),
    ("recovery_codes", "user_id, hash"),
    ("memberships", "owner_id, user_id"),
    ("sessions", "id"),
    ("tokens", "id"),
    ("attempts", "account, network"),
    ("restricted_sources", "source"),
    ("source_readers", "source, owner_id"),
    ("personal_values", "id"),
    ("audit", "number"),
    ("exposures", "number"),
    ("idempotency", "user_id, key"),
    ("settings", "name"),
    ("decays", "id"),
    ("indicators", "id"),
    ("opinions", "owner_id, indicator_id"),
    ("evidence", "indicator_id, owner_id, number"),
    ("sightings", "id"),
    ("groups", "id"),
    ("tags", "object_id, owner_id, tag_folded"),
    ("attributes", "id"),
    ("notes", "id"),
    ("associations", "id"),
    ("imports", "id"),
    ("import_items", "import_id, indicator_id"),
    ("feeds", "id"),
    ("feed_runs", "id"),
    ("feed_held", "feed_id, part"),
    ("label_lists", "id"),
    ("label_entries", "list_id"),
    ("label_overrules", "owner_id, list_id, value"),
    ("searches", "id"),
    ("texts", "number"),
    ("tracks", "id"),
    ("track_hits", "id"),
    ("track_changes", "number"),
];

/// Writes everything; how many rows.
pub fn dump(store: &Store, out: &mut dyn Write) -> Result<u64, DumpError> {
    let mut rows = 0;
    let mut failed = None;
    store.read(|tx| {
        tx.unlimited()?;
        for (table, key) in TABLES {
            let columns = columns(table)?;
            let sql =
                Sql { text: format!("SELECT {} FROM {table} ORDER BY {key}", columns.join(", ")), values: vec![] };
            tx.each(&sql, &mut |row| {
                rows += 1;
                failed = writeln!(out, "{}", line(table, &columns, row)).err();
                Ok(failed.is_none())
            })?;
        }
        Ok::<_, Error>(())
    })?;
    failed.map_or(Ok(rows), |error| Err(DumpError::Io(error)))
}

/// Reads a dump into a database that holds nothing yet, whole or not at all; how many rows.
pub fn load(store: &Store, input: &mut dyn BufRead) -> Result<u64, DumpError> {
    let lines = lines(input)?;
    let load = |tx: &mut Tx<'_>| {
        tx.unlimited()?;
        for (table, _) in TABLES {
            let mut holds = false;
            let sql = Sql { text: format!("SELECT 1 FROM {table} LIMIT 1"), values: vec![] };
            tx.each(&sql, &mut |_| {
                holds = true;
                Ok(false)
            })?;
            if holds {
                return Err(Error::Conflict(format!("the database is not empty: it has rows in `{table}`")));
            }
        }
        lines.iter().try_for_each(|(table, columns, values)| insert(tx, table, columns, values))?;
        migration::fill(tx)?;
        Ok::<_, Error>(lines.len() as u64)
    };
    Ok(store.write(load)?)
}

/// Reads a dump into whatever schema there is.
pub(crate) fn insert_all(store: &Store, input: &mut dyn BufRead) -> Result<u64, DumpError> {
    let lines = lines(input)?;
    store.write(|tx| lines.iter().try_for_each(|(table, columns, values)| insert(tx, table, columns, values)))?;
    Ok(lines.len() as u64)
}

fn lines(input: &mut dyn BufRead) -> Result<Vec<Parsed>, DumpError> {
    let mut lines = Vec::new();
    for (number, text) in input.lines().enumerate() {
        let text = text.map_err(DumpError::Io)?;
        lines.push(parse(&text).ok_or(DumpError::Line(number as u64 + 1))?);
    }
    Ok(lines)
}

/// The tables that no dump has, by name: what is derived from others.
#[doc(hidden)]
pub fn undumped() -> Vec<&'static str> {
    let known = migration::tables().iter().map(|(name, _)| name.as_str());
    let mut missing: Vec<&str> = known.filter(|name| TABLES.iter().all(|(table, _)| table != name)).collect();
    missing.sort_unstable();
    missing
}

/// A dump could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// The file.
    #[error(transparent)]
    Io(std::io::Error),
    /// A line that no dump has.
    #[error("line {0} is no line of a dump")]
    Line(u64),
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

type Parsed = (&'static str, Vec<String>, Vec<Value>);

fn columns(table: &str) -> Result<Vec<String>, Error> {
    let known = crate::migration::tables().iter().find(|(name, _)| name == table);
    known
        .map(|(_, columns)| columns.clone())
        .ok_or(Error::Corrupt { what: format!("no table {table}"), expected: "a table" })
}

fn line(table: &str, columns: &[String], row: Row) -> Json {
    let fields: Map<String, Json> = columns.iter().cloned().zip(row.0.into_iter().map(json)).collect();
    Json::Array(vec![table.into(), Json::Object(fields)])
}

fn json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Int(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(octets) => {
            let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            Json::Object(Map::from_iter([("hex".to_owned(), hex.into())]))
        }
    }
}

fn parse(text: &str) -> Option<Parsed> {
    let (table, fields): (String, Map<String, Json>) = serde_json::from_str(text).ok()?;
    let table = TABLES.iter().find(|(name, _)| *name == table)?.0;
    let known = &crate::migration::tables().iter().find(|(name, _)| name == table)?.1;
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for (column, value) in fields {
        // Names become text of a statement: only those that the schema has.
        columns.push(known.iter().find(|name| **name == column)?.clone());
        values.push(value_of(value)?);
    }
    Some((table, columns, values))
}

fn value_of(json: Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Null,
        Json::Number(number) => Value::Int(number.as_i64()?),
        Json::String(text) => Value::Text(text),
        Json::Object(fields) => {
            let hex = fields.get("hex")?.as_str().filter(|hex| hex.len() % 2 == 0 && hex.is_ascii())?;
            let octets = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).ok());
            Value::Bytes(octets.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

fn insert(tx: &mut Tx<'_>, table: &str, columns: &[String], values: &[Value]) -> Result<(), Error> {
    let marks: Vec<String> = (1..=columns.len()).map(|number| format!("${number}")).collect();
    let text = format!("INSERT INTO {table} ({}) VALUES ({})", columns.join(", "), marks.join(", "));
    tx.execute_of(&Sql { text, values: values.to_vec() }).map(drop)
}
