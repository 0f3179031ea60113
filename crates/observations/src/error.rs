//! What a caller can do about a failure.

use std::path::PathBuf;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused; the file is named.
    #[error("`{path}`: {error}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What it said.
        error: std::io::Error,
    },
    /// A file is not what it should be; reads of the rest go on.
    #[error("`{path}` is damaged at octet {offset}: {what}")]
    Corrupt {
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// Another process writes to this store.
    #[error("`{path}` is being written to by {by}; stop it, or read with a command that does not write")]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// What the lock file says of it.
        by: String,
    },
    /// The store was opened to read.
    #[error("this store was opened to read only")]
    ReadOnly,
    /// A write failed in a way after which nothing more may be written (a failed fsync leaves pages in an unknown
    /// state); reopen the store: everything acknowledged is there.
    #[error(
        "an earlier write failed and left the store's state on disk unknown; reopen it: what was acknowledged is there"
    )]
    Poisoned,
    /// The directory holds something else, or a format that this version does not know.
    #[error("`{path}` is not a store that this version can read: {what}")]
    Foreign {
        /// The directory or file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// The caller named something that is not there or asked for something impossible.
    #[error("{0}")]
    Invalid(String),
}
