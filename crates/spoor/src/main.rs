//! Spoor.
fn main() {}
