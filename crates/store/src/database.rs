//! Opening either engine, and running transactions on it.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use rusqlite::{Connection, OpenFlags};

use crate::{
    dialect::Dialect,
    error::Error,
    generation::Watch,
    migration, tls,
    transaction::{Inner, Prepared, Tx},
};

/// Connections for reading; more readers wait for one.
const READERS_MAX: usize = 4;
/// How long a reader waits for a connection, and a writer for its turn. Who has waited so long is told so and nothing was
/// done: shorter than a request may take, so that none is told that it failed and then done after all.
const WAIT: Duration = Duration::from_secs(20);
/// A transaction that another one got in the way of is tried again so many times.
const TRIES_MAX: usize = 10;
/// Instructions of SQLite's machine between two looks at the limit of a read.
const STEP: i32 = 10_000;
/// The most instructions one read may take: some seconds.
const INSTRUCTIONS_MAX: i64 = 300_000_000;
/// The same for PostgreSQL, by its clock.
const STATEMENT_TIMEOUT_MS: u32 = 10_000;
/// Every statement has an index to go by, and a test holds that. A plan that was made while a table was nearly empty would
/// read it whole for ever after: the second batch of an import took a minute. Compiling plans costs more than they do.
const PLANNING: &str = "SET enable_seqscan = off; SET jit = off";
/// Of a new database. An import changes nearly every page of an index whatever their size: larger ones are fewer to write.
const PAGE_OCTETS: i32 = 8192;
/// Pages of the log that may wait to be written to their places, after a change of few rows and after an import. Imports
/// that follow each other change the same pages: written once for several of them, it is a third less to write.
const LOG_MAX: i64 = 1_000;
const LOG_OF_IMPORTS_MAX: i64 = (1 << 30) / PAGE_OCTETS as i64;
/// The log's file is cut to this when all of it is written to its places.
const LOG_LEFT_OCTETS: i64 = 64 << 20;
/// Rows of an import, at least.
const MANY: u64 = 10_000;
/// Of each connection, the writer's too: an import goes through the tables in their order, so a page comes back after a
/// batch only, and a larger cache does not have it any more either.
const PAGE_CACHE_KIB: i32 = 32 * 1024;
/// Where the knowledge is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A file.
    Sqlite(PathBuf),
    /// A server, as a connection string of libpq: `postgres://user@host/name` or `host=/run/postgresql dbname=spoor`.
    Postgres(String),
}

impl std::str::FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Address, Error> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            return Ok(Address::Sqlite(PathBuf::from(path.strip_prefix("//").unwrap_or(path))));
        }
        let known = text.starts_with("postgres://") || text.starts_with("postgresql://") || text.contains("host=");
        known.then(|| Address::Postgres(text.to_owned())).ok_or_else(|| Error::Address(text.to_owned()))
    }
}

/// What people assert.
pub struct Store {
    engine: Engine,
    watch: Watch,
}

enum Engine {
    Sqlite { writer: Pool<Connection>, readers: Pool<Connection>, path: PathBuf },
    Postgres { clients: Pool<(postgres::Client, Prepared)>, address: String },
}

/// What a transaction does, and whether it is kept. Its value and its error stay with whoever gave it: there are hundreds of
/// types of them, and what stands around a transaction is compiled once.
type Write<'w> = &'w mut dyn FnMut(&mut Tx<'_>) -> bool;

/// Connections that are not in use, and how many there are in all.
struct Pool<C> {
    max: usize,
    idle: Mutex<(Vec<C>, usize)>,
    returned: Condvar,
}

impl<C> Pool<C> {
    fn new(max: usize) -> Pool<C> {
        Pool { max, idle: Mutex::new((Vec::new(), 0)), returned: Condvar::new() }
    }

    /// Runs with a connection; one that failed in a way that leaves it in doubt is closed.
    fn with<T>(
        &self,
        open: impl FnOnce() -> Result<C, Error>,
        run: impl FnOnce(&mut C) -> Result<T, Error>,
        usable: impl Fn(&C) -> bool,
    ) -> Result<T, Error> {
        let mut connection = match self.take()? {
            Some(connection) => connection,
            None => open().inspect_err(|_| self.forget())?,
        };
        let lost = Lost(self);
        let outcome = run(&mut connection);
        std::mem::forget(lost);
        if usable(&connection) {
            locked(&self.idle).0.push(connection);
            self.returned.notify_one();
        } else {
            self.forget();
        }
        outcome
    }

    /// An idle connection, or none where a new one may be opened.
    fn take(&self) -> Result<Option<C>, Error> {
        let none = |(idle, opened): &mut (Vec<C>, usize)| idle.is_empty() && *opened >= self.max;
        let waited = self.returned.wait_timeout_while(locked(&self.idle), WAIT, none);
        let (mut idle, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match idle.0.pop() {
            Some(connection) => Ok(Some(connection)),
            None if idle.1 < self.max => {
                idle.1 += 1;
                Ok(None)
            }
            None => Err(Error::Busy),
        }
    }

    fn forget(&self) {
        locked(&self.idle).1 -= 1;
        self.returned.notify_one();
    }
}

/// A connection that is not given back, since what ran with it panicked.
struct Lost<'p, C>(&'p Pool<C>);

impl<C> Drop for Lost<'_, C> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Opens a database, creating the file where there is none, and brings it to this version's schema.
    pub fn open(address: &Address) -> Result<Store, Error> {
        let store = Store::connect(address)?;
        migration::migrate(&store)?;
        Ok(store)
    }

    /// Opens a database as it is.
    pub(crate) fn connect(address: &Address) -> Result<Store, Error> {
        let (engine, watch) = match address {
            Address::Sqlite(path) => {
                let watch = sqlite(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
                let (writer, readers) = (Pool::new(1), Pool::new(READERS_MAX));
                (Engine::Sqlite { writer, readers, path: path.clone() }, Watch::sqlite(watch))
            }
            Address::Postgres(text) => {
                let engine = Engine::Postgres { clients: Pool::new(READERS_MAX), address: text.clone() };
                (engine, Watch::postgres(text.clone()))
            }
        };
        Ok(Store { engine, watch })
    }

    /// Which engine.
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite { .. } => Dialect::Sqlite,
            Engine::Postgres { .. } => Dialect::Postgres,
        }
    }

    /// A number that is another one after every change of accounts, tokens, sessions and rights, by whatever connection or
    /// process: who was recognised while it was the same may still do the same. None where it cannot be read. Some
    /// microseconds on SQLite, a journey to the server on PostgreSQL.
    pub fn generation(&self) -> Option<i64> {
        self.watch.number()
    }

    /// Reads from one moment's state. A read that takes too long ends with [`Error::Limit`].
    pub fn read<T, E: From<Error>>(&self, read: impl FnOnce(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let (mut read, mut outcome) = (Some(read), None);
        self.run_read(&mut |tx| outcome = read.take().map(|read| read(tx)))?;
        outcome.unwrap_or_else(|| Err(Error::Busy.into()))
    }

    /// Changes something, whole or not at all. Where another change got in the way it is done again, so `write` must
    /// do nothing but what the transaction does.
    pub fn write<T, E: From<Error>>(&self, mut write: impl FnMut(&mut Tx<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut outcome = None;
        self.run_write(&mut |tx| outcome.insert(write(tx)).is_ok())?;
        outcome.unwrap_or_else(|| Err(Error::Busy.into()))
    }

    fn run_read(&self, read: &mut dyn FnMut(&mut Tx<'_>)) -> Result<(), Error> {
        match &self.engine {
            Engine::Sqlite { readers, path, .. } => readers.with(
                || sqlite(path, OpenFlags::SQLITE_OPEN_READ_WRITE),
                |connection| sqlite_read(connection, read),
                Connection::is_autocommit,
            ),
            Engine::Postgres { clients, address } => clients.with(
                || postgres_client(address),
                |(client, prepared)| {
                    let level = postgres::IsolationLevel::RepeatableRead;
                    let transaction = client.build_transaction().isolation_level(level).read_only(true).start();
                    read(&mut Tx::new(Inner::Postgres(transaction?, prepared)));
                    Ok(())
                },
                |(client, _)| !client.is_closed(),
            ),
        }
    }

    fn run_write(&self, write: Write<'_>) -> Result<(), Error> {
        match &self.engine {
            Engine::Sqlite { writer, path, .. } => writing(writer, path, |connection| sqlite_write(connection, write)),
            Engine::Postgres { clients, address } => {
                for _ in 0..TRIES_MAX {
                    if postgres_try(clients, address, write)? {
                        return Ok(());
                    }
                }
                Err(Error::Busy)
            }
        }
    }

    /// Gathers the statistics by which the engine chooses its ways. PostgreSQL does it by itself in time.
    pub fn optimize(&self) -> Result<(), Error> {
        match &self.engine {
            Engine::Sqlite { writer, path, .. } => {
                writing(writer, path, |connection| Ok(connection.execute_batch("PRAGMA optimize")?))
            }
            Engine::Postgres { clients, address } => clients.with(
                || postgres_client(address),
                |(client, _)| client.batch_execute("ANALYZE").map_err(Error::from),
                |(client, _)| !client.is_closed(),
            ),
        }
    }

    /// Copies the database of a SQLite store to a file while it is in use; PostgreSQL has its own tools.
    pub fn backup(&self, to: &Path) -> Result<bool, Error> {
        match &self.engine {
            Engine::Sqlite { writer, path, .. } => writing(writer, path, |connection| {
                connection.backup("main", to, None::<fn(rusqlite::backup::Progress)>)?;
                Ok(true)
            }),
            Engine::Postgres { .. } => Ok(false),
        }
    }
}

/// Runs with the one connection that writes.
fn writing<T>(
    writer: &Pool<Connection>,
    path: &Path,
    run: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let open = || {
        let connection = sqlite(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        // `tidy_log` does that.
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        connection.pragma_update(None, "journal_size_limit", LOG_LEFT_OCTETS)?;
        Ok(connection)
    };
    writer.with(open, run, Connection::is_autocommit)
}

fn sqlite(path: &Path, flags: OpenFlags) -> Result<Connection, Error> {
    let open = || {
        let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "page_size", PAGE_OCTETS)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", "on")?;
        connection.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.set_prepared_statement_cache_capacity(256);
        Ok(connection)
    };
    open().map_err(|error| Error::Open { path: path.to_owned(), error })
}

fn sqlite_read(connection: &mut Connection, read: &mut dyn FnMut(&mut Tx<'_>)) -> Result<(), Error> {
    let left = Arc::new(AtomicI64::new(INSTRUCTIONS_MAX));
    let counted = Arc::clone(&left);
    let spent = move || counted.fetch_sub(i64::from(STEP), Ordering::Relaxed) < i64::from(STEP);
    connection.progress_handler(STEP, Some(spent))?;
    let transaction = connection.transaction()?;
    read(&mut Tx { left, ..Tx::new(Inner::Sqlite(&transaction)) });
    drop(transaction);
    Ok(connection.progress_handler(0, None::<fn() -> bool>)?)
}

fn sqlite_write(connection: &mut Connection, write: Write<'_>) -> Result<(), Error> {
    let immediate = rusqlite::TransactionBehavior::Immediate;
    let transaction = connection.transaction_with_behavior(immediate)?;
    let before = transaction.total_changes();
    if write(&mut Tx::new(Inner::Sqlite(&transaction))) {
        let many = transaction.total_changes() - before > MANY;
        transaction.commit()?;
        // It is committed: what fails here is done after the next change.
        let _ = tidy_log(connection, if many { LOG_OF_IMPORTS_MAX } else { LOG_MAX });
    }
    Ok(())
}

/// Writes the log's pages to their places where more than `most` wait for that. Readers are not held up by it.
fn tidy_log(connection: &Connection, most: i64) -> rusqlite::Result<()> {
    let waiting = |row: &rusqlite::Row<'_>| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?);
    if connection.query_row("PRAGMA wal_checkpoint(noop)", [], waiting)? > most {
        connection.query_row("PRAGMA wal_checkpoint(passive)", [], |_| Ok(()))?;
    }
    Ok(())
}

pub(crate) fn postgres_client(address: &str) -> Result<(postgres::Client, Prepared), Error> {
    let mut client = tls::connect(address)?;
    client.batch_execute(&format!("SET statement_timeout = {STATEMENT_TIMEOUT_MS}; {PLANNING}"))?;
    Ok((client, Prepared::default()))
}

/// Tries a transaction; false where another one got in the way.
fn postgres_try(clients: &Pool<(postgres::Client, Prepared)>, address: &str, write: Write<'_>) -> Result<bool, Error> {
    clients.with(
        || postgres_client(address),
        |(client, prepared)| postgres_write(client, prepared, write),
        |(client, _)| !client.is_closed(),
    )
}

fn postgres_write(client: &mut postgres::Client, prepared: &mut Prepared, write: Write<'_>) -> Result<bool, Error> {
    let level = postgres::IsolationLevel::Serializable;
    let transaction = client.build_transaction().isolation_level(level).start()?;
    let mut tx = Tx::new(Inner::Postgres(transaction, prepared));
    if !write(&mut tx) {
        return Ok(!tx.in_the_way);
    }
    match tx.inner {
        Inner::Postgres(transaction, _) => match transaction.commit().map_err(Error::from) {
            Err(error) if error.is_transient() => Ok(false),
            outcome => outcome.map(|()| true),
        },
        Inner::Sqlite(_) => Ok(true),
    }
}
