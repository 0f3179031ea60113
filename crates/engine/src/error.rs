//! What a caller can do about a failure.

/// A failure of the engine.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller gave something that cannot be; mend the field.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field or option.
        field: String,
        /// What is wrong and what would do.
        why: String,
    },
    /// There is no such thing, or the caller may not know of it: the same answer for both.
    #[error("there is no such thing, or you may not know of it")]
    NotFound,
    /// The caller knows of it and may not do that.
    #[error(transparent)]
    Denied(model::Denied),
    /// Somebody else was faster, or a rule of the data forbids it.
    #[error("{0}")]
    Conflict(String),
    /// The caller has seen an older revision.
    #[error("it was changed meanwhile; read it again")]
    Stale,
    /// It would take too much; ask for less.
    #[error("{0}")]
    Limit(String),
    /// What people assert could not be read or written.
    #[error(transparent)]
    Knowledge(store::Error),
    /// The observation store failed.
    #[error(transparent)]
    Store(#[from] observations::Error),
}

impl Error {
    /// A field that cannot be.
    pub fn invalid(field: impl Into<String>, why: impl ToString) -> Error {
        Error::Invalid { field: field.into(), why: why.to_string() }
    }
}

impl From<model::Denied> for Error {
    fn from(denied: model::Denied) -> Error {
        match denied {
            model::Denied::Hidden => Error::NotFound,
            denied => Error::Denied(denied),
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match error {
            store::Error::Conflict(why) => Error::Conflict(why),
            store::Error::Limit => Error::Limit(error.to_string()),
            store::Error::Nul => Error::invalid("text", error),
            error => Error::Knowledge(error),
        }
    }
}
