//! What is done by itself while the server is up. One scheduler for each kind of work, one thing at a time in it.

pub(crate) mod feed;
