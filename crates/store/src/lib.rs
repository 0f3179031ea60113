//! What people assert: accounts and owners, indicators and what owners hold of them, groups, imports, the audit log.
//!
//! The only crate with SQL in it, in one text for SQLite and PostgreSQL ([`dialect`]). Functions take and return
//! `model` types; those that change something take a proof of the right to ([`model::right`]), those that read take
//! the owners that may be read. What it is **not**: it decides nothing.
//!
//! Read in this order: [`database`] (opening, transactions), `migrations/0001_first.sql` (the tables), `statement` and
//! `transaction` (how a statement is written and run), then a noun.

pub mod association;
pub mod attempt;
pub mod attribute;
pub mod audit;
pub mod database;
pub mod decay;
pub mod dialect;
mod dump;
mod error;
pub mod evidence;
pub mod exposure;
pub mod feed;
pub mod fresh;
mod generation;
pub mod group;
pub mod idempotency;
pub mod import;
pub mod indicator;
pub mod integrity;
pub mod label;
pub mod membership;
mod migration;
pub mod note;
pub mod object;
pub mod opinion;
pub mod owner;
mod phrase;
#[doc(hidden)]
pub mod plan;
pub mod reader;
pub mod saved_search;
pub mod search;
pub mod session;
pub mod setting;
pub mod sighting;
mod statement;
pub mod tag;
pub mod text;
mod tls;
pub mod token;
pub mod track;
mod transaction;
pub mod user;
mod value;
mod viewer;

pub use database::{Address, Store};
#[doc(hidden)]
pub use dump::undumped;
pub use dump::{dump, load};
pub use error::Error;
pub use statement::Statement;
pub use transaction::Tx;
pub use value::{Row, Value};
pub use viewer::Viewer;

/// Every registered statement. A test prepares each on both engines.
pub fn statements() -> impl Iterator<Item = &'static Statement> {
    [
        association::STATEMENTS,
        attribute::STATEMENTS,
        attempt::STATEMENTS,
        audit::STATEMENTS,
        decay::STATEMENTS,
        exposure::STATEMENTS,
        evidence::STATEMENTS,
        feed::STATEMENTS,
        generation::STATEMENTS,
        idempotency::STATEMENTS,
        group::STATEMENTS,
        membership::STATEMENTS,
        import::STATEMENTS,
        indicator::STATEMENTS,
        label::STATEMENTS,
        migration::STATEMENTS,
        note::STATEMENTS,
        object::STATEMENTS,
        opinion::STATEMENTS,
        phrase::STATEMENTS,
        reader::STATEMENTS,
        owner::STATEMENTS,
        setting::STATEMENTS,
        session::STATEMENTS,
        saved_search::STATEMENTS,
        sighting::STATEMENTS,
        token::STATEMENTS,
        track::STATEMENTS,
        tag::STATEMENTS,
        user::STATEMENTS,
        text::STATEMENTS,
    ]
    .into_iter()
    .flatten()
}

/// Prepares every registered statement; those that the engine refuses, with its message.
#[doc(hidden)]
pub fn prepare_all(store: &Store) -> Result<Vec<String>, Error> {
    let mut failures = Vec::new();
    for statement in statements() {
        let prepared = store.read(|tx| tx.prepare(statement.text));
        failures.extend(prepared.err().map(|error| format!("{}: {error}", statement.name)));
    }
    Ok(failures)
}

/// Makes an empty database as an older version left it, `last` steps of migration old, with what it held.
#[doc(hidden)]
pub fn test_older(address: &Address, last: usize, dump: &mut dyn std::io::BufRead) -> Result<u64, dump::DumpError> {
    let store = Store::connect(address)?;
    migration::migrate_to(&store, last)?;
    dump::insert_all(&store, dump)
}

/// Runs a statement for a test that needs a state which no function makes.
#[doc(hidden)]
pub fn test_statement(store: &Store, text: &'static str) -> Result<u64, Error> {
    store.write(|tx| tx.execute_of(&statement::Sql::new(text)))
}

/// The number that a statement gives, for a test that asks the engine itself.
#[doc(hidden)]
pub fn test_number(store: &Store, text: &'static str) -> Result<i64, Error> {
    store.read(|tx| tx.rows_of(&statement::Sql::new(text))?.first().map_or(Ok(0), |row| row.int(0)))
}
