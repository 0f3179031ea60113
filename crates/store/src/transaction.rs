//! A transaction on either engine.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use crate::{
    dialect::Dialect,
    error::Error,
    statement::{Sql, Statement},
    value::{Row, Value},
};

/// A transaction. What it did is kept when the function that was given it succeeds.
pub struct Tx<'c> {
    pub(crate) inner: Inner<'c>,
    /// Another transaction got in the way of this one, which may succeed when it is done again.
    pub(crate) in_the_way: bool,
    /// The instructions that a read on SQLite may still take.
    pub(crate) left: Arc<AtomicI64>,
    /// What it ran, for a test that looks at the plans.
    pub(crate) trace: Option<Vec<Sql>>,
}

pub(crate) enum Inner<'c> {
    Sqlite(&'c rusqlite::Connection),
    Postgres(postgres::Transaction<'c>, &'c mut Prepared),
}

/// Statements that a connection has prepared already: each time it is two journeys to the server saved.
#[derive(Default)]
pub(crate) struct Prepared(HashMap<String, postgres::Statement>);

/// So many of them are kept; those that were put together may be of any number.
const PREPARED_MAX: usize = 512;

impl Prepared {
    fn statement(&mut self, tx: &mut postgres::Transaction<'_>, text: &str) -> Result<postgres::Statement, Error> {
        if let Some(statement) = self.0.get(text) {
            return Ok(statement.clone());
        }
        if self.0.len() >= PREPARED_MAX {
            self.0.clear();
        }
        let statement = tx.prepare(text)?;
        self.0.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Values for a statement: `values![id, name]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::value::Value::from($value)),*] };
}
pub(crate) use values;

impl<'c> Tx<'c> {
    pub(crate) fn new(inner: Inner<'c>) -> Tx<'c> {
        Tx { inner, in_the_way: false, left: Arc::default(), trace: None }
    }

    /// Which engine this is.
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(..) => Dialect::Postgres,
        }
    }

    /// Lifts the limit of a read from this transaction: for work that somebody asked for knowing that it is long, and
    /// that grows with the database (a dump, the chain of the audit log).
    pub fn unlimited(&mut self) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Sqlite(_) => self.left.store(i64::MAX, Ordering::Relaxed),
            Inner::Postgres(transaction, _) => transaction.batch_execute("SET LOCAL statement_timeout = 0")?,
        }
        Ok(())
    }

    /// Runs a statement; how many rows it changed.
    pub(crate) fn execute(&mut self, statement: Statement, values: &[Value]) -> Result<u64, Error> {
        self.run(statement.text, values)
    }

    /// All rows of an answer.
    pub(crate) fn rows(&mut self, statement: Statement, values: &[Value]) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each_of(statement.text, values, &mut |row| {
            rows.push(row);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// The first row of an answer.
    pub(crate) fn row(&mut self, statement: Statement, values: &[Value]) -> Result<Option<Row>, Error> {
        let mut first = None;
        self.each_of(statement.text, values, &mut |row| {
            first = Some(row);
            Ok(false)
        })?;
        Ok(first)
    }

    /// A count, or whatever number stands first.
    pub(crate) fn number(&mut self, statement: Statement, values: &[Value]) -> Result<i64, Error> {
        let row = self.row(statement, values)?;
        Ok(row.and_then(|row| row.maybe_int(0).transpose()).transpose()?.unwrap_or(0))
    }

    /// All rows of a statement that was put together.
    pub(crate) fn rows_of(&mut self, sql: &Sql) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each(sql, &mut |row| {
            rows.push(row);
            Ok(true)
        })?;
        Ok(rows)
    }

    /// Rows one by one, until `take` has enough; nothing is gathered, so an answer may be of any length.
    pub(crate) fn each(&mut self, sql: &Sql, take: &mut dyn FnMut(Row) -> Result<bool, Error>) -> Result<(), Error> {
        self.each_of(&sql.text, &sql.values, take)
    }

    /// Runs a statement that was put together; how many rows it changed.
    pub(crate) fn execute_of(&mut self, sql: &Sql) -> Result<u64, Error> {
        self.run(&sql.text, &sql.values)
    }

    /// Has the engine read a statement, and does not run it.
    pub(crate) fn prepare(&mut self, text: &str) -> Result<(), Error> {
        match &mut self.inner {
            Inner::Sqlite(connection) => connection.prepare(&Dialect::Sqlite.statement(text)).map(drop)?,
            Inner::Postgres(transaction, _) => transaction.prepare(text).map(drop)?,
        }
        Ok(())
    }

    pub(crate) fn run(&mut self, text: &str, values: &[Value]) -> Result<u64, Error> {
        self.note(text, values);
        self.run_once(text, values).inspect_err(|error| self.in_the_way |= error.is_transient())
    }

    fn note(&mut self, text: &str, values: &[Value]) {
        if let Some(trace) = &mut self.trace {
            trace.push(Sql { text: text.to_owned(), values: values.to_vec() });
        }
    }

    fn run_once(&mut self, text: &str, values: &[Value]) -> Result<u64, Error> {
        values.iter().try_for_each(Value::check)?;
        match &mut self.inner {
            Inner::Sqlite(connection) => {
                let mut prepared = connection.prepare_cached(&Dialect::Sqlite.statement(text))?;
                // A statement with RETURNING has rows, which `execute` refuses.
                if prepared.column_count() > 0 {
                    let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
                    let mut count = 0;
                    while rows.next()?.is_some() {
                        count += 1;
                    }
                    return Ok(count);
                }
                Ok(prepared.execute(rusqlite::params_from_iter(values))? as u64)
            }
            Inner::Postgres(transaction, prepared) => {
                let statement = prepared.statement(transaction, text)?;
                Ok(transaction.execute(&statement, &parameters(values))?)
            }
        }
    }

    pub(crate) fn each_of(
        &mut self,
        text: &str,
        values: &[Value],
        take: &mut dyn FnMut(Row) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        self.note(text, values);
        self.each_once(text, values, take).inspect_err(|error| self.in_the_way |= error.is_transient())
    }

    fn each_once(
        &mut self,
        text: &str,
        values: &[Value],
        take: &mut dyn FnMut(Row) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        values.iter().try_for_each(Value::check)?;
        match &mut self.inner {
            Inner::Sqlite(connection) => {
                let mut prepared = connection.prepare_cached(&Dialect::Sqlite.statement(text))?;
                let columns = prepared.column_count();
                let mut rows = prepared.query(rusqlite::params_from_iter(values))?;
                while let Some(row) = rows.next()? {
                    if !take(sqlite_row(row, columns)?)? {
                        break;
                    }
                }
            }
            Inner::Postgres(transaction, prepared) => {
                use postgres::fallible_iterator::FallibleIterator;
                let statement = prepared.statement(transaction, text)?;
                let mut rows = transaction.query_raw(&statement, values)?;
                while let Some(row) = rows.next()? {
                    let values = (0..row.len()).map(|column| row.try_get(column)).collect::<Result<_, _>>()?;
                    if !take(Row(values))? {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

fn parameters(values: &[Value]) -> Vec<&(dyn postgres::types::ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn sqlite_row(row: &rusqlite::Row<'_>, columns: usize) -> Result<Row, Error> {
    use rusqlite::types::ValueRef;
    let value = |column| {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Int(number),
            ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(octets) => Value::Bytes(octets.to_vec()),
            ValueRef::Real(_) => {
                return Err(Error::Corrupt {
                    what: format!("a fraction in column {column}"),
                    expected: "a whole number",
                });
            }
        })
    };
    (0..columns).map(value).collect::<Result<_, _>>().map(Row)
}
