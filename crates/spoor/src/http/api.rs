//! The handlers of `/api/v1`, by noun, and of what stands beside it.

pub(crate) mod health;
pub(crate) mod me;
