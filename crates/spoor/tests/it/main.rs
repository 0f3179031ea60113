//! The program as its users run it, and the shape of the workspace.

mod bad_input;
mod ingest;
mod program;
mod story;
mod workspace;
