//! New identifiers and secrets.

use model::{Id, Time};

/// Random octets of the operating system.
///
/// # Panics
/// Where the operating system has none to give: nothing that needs them would be safe.
pub fn random<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).expect("the operating system gives random octets");
    octets
}

/// A new identifier.
pub fn id(now: Time) -> Id {
    Id::new(now, random())
}
