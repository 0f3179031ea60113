//! The program as its users run it, and the shape of the workspace.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "what was skipped or counted is said")]

mod bad_input;
mod collecting;
mod feed;
mod group;
mod http;
mod indicator;
mod ingest;
mod kill;
mod manual;
mod observations;
mod packaging;
mod program;
mod sensor;
mod story;
mod track;
mod workspace;
