//! What people and programs are shown of the engine's answers: the same in the API, in JSON lines, and in tables.
//!
//! Each view is read as it is written, so that the command line shows what a server answered just as its own.

pub mod answer;
pub mod import;
pub mod indicator;
pub mod label;
pub mod new;
pub mod observed;
pub(crate) mod search;
pub mod told;
pub mod track;
