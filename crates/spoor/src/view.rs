//! What people and programs are shown of the engine's answers: the same in the API, in JSON lines, and in tables.
//!
//! Each view is read as it is written, so that the command line shows what a server answered just as its own.

pub(crate) mod answer;
pub(crate) mod import;
pub(crate) mod indicator;
pub(crate) mod label;
pub(crate) mod new;
pub(crate) mod observed;
pub(crate) mod told;
pub(crate) mod track;
