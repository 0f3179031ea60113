//! Scenarios that read like the story, on a real store in a temporary folder.

mod lookup;
mod scene;
mod shared_host;
mod story;
