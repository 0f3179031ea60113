//! MISP: events and feeds (MISP core format, draft-dulaunoy-misp-core-format), and warninglists.

pub mod event;
pub mod manifest;
pub mod warninglist;
