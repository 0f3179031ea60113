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
    /// The observation store failed.
    #[error(transparent)]
    Store(#[from] observations::Error),
}
