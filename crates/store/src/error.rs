//! What can go wrong with the store.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for breaks a rule of the data: a name that is taken, an end of an association that is not there.
    #[error("{0}")]
    Conflict(String),
    /// A text that neither engine can hold alike.
    #[error("text with a NUL character cannot be stored")]
    Nul,
    /// The database holds something that this version did not write.
    #[error("the database holds {what} where {expected} was expected")]
    Corrupt {
        /// What was found.
        what: String,
        /// What should be there.
        expected: &'static str,
    },
    /// The database was made by a newer version, or its migrations were changed.
    #[error("{0}")]
    Schema(String),
    /// The address of the database says nothing that this version knows.
    #[error("`{0}` is no database: write sqlite:FILE or postgres://USER@HOST/NAME")]
    Address(String),
    /// The connection cannot be encrypted as the address of the database asks for it.
    #[error("PostgreSQL, encrypted: {0}")]
    Tls(String),
    /// A query did not end within its limit of time or work.
    #[error("the query did not end within its limit; ask for less, or by an indexed field")]
    Limit,
    /// Other transactions got in the way of this one, again and again or for very long. Nothing was done.
    #[error("too many changes at once; try again")]
    Busy,
    /// The file cannot be opened.
    #[error("database `{}`: {error}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        error: rusqlite::Error,
    },
    /// SQLite failed.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
    /// PostgreSQL failed.
    #[error("PostgreSQL: {}", postgres_text(.0))]
    Postgres(postgres::Error),
}

/// The message of the server, with its detail; the crate's own text has neither.
fn postgres_text(error: &postgres::Error) -> String {
    match error.as_db_error() {
        Some(db) => format!("{}{}", db.message(), db.detail().map(|detail| format!(" ({detail})")).unwrap_or_default()),
        None => {
            let source = std::error::Error::source(error).map(|source| format!(": {source}"));
            format!("{error}{}", source.unwrap_or_default())
        }
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Error {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::OperationInterrupted) => Error::Limit,
            Some(rusqlite::ErrorCode::DatabaseBusy) => Error::Busy,
            Some(rusqlite::ErrorCode::ConstraintViolation) => Error::Conflict(error.to_string()),
            _ => Error::Sqlite(error),
        }
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Error {
        let code = error.code().map(postgres::error::SqlState::code);
        match code {
            Some("57014") => Error::Limit,
            Some(code) if code.starts_with("23") => Error::Conflict(postgres_text(&error)),
            _ => Error::Postgres(error),
        }
    }
}

impl Error {
    /// Whether the same transaction may succeed when tried again.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            // Serialization failure and deadlock (PostgreSQL documentation, appendix A).
            Error::Postgres(error) => {
                matches!(error.code().map(postgres::error::SqlState::code), Some("40001" | "40P01"))
            }
            _ => false,
        }
    }
}
