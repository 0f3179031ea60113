//! The handlers of `/api/v1`, by noun, and of what stands beside it.

pub(crate) mod answer;
pub(crate) mod association;
pub(crate) mod attribute;
pub(crate) mod audit;
pub(crate) mod export;
pub(crate) mod exposure;
pub(crate) mod group;
pub(crate) mod health;
pub(crate) mod hunt;
pub(crate) mod import;
pub(crate) mod indicator;
pub(crate) mod lookup;
pub(crate) mod me;
pub(crate) mod note;
pub(crate) mod owner;
pub(crate) mod pivot;
pub(crate) mod search;
pub(crate) mod session;
pub(crate) mod setup;
pub(crate) mod sign_in;
pub(crate) mod sighting;
pub(crate) mod source;
pub(crate) mod tag;
pub(crate) mod token;
pub(crate) mod user;
