//! Scenarios that read like the story, on a real store in a temporary folder.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was skipped or counted is said")]

mod account;
mod knowledge;
mod lookup;
mod question;
mod registration;
mod scene;
mod shared_host;
mod story;
mod track;
