//! The first account, where there is none: by a code that only who started the server has seen. There is no default
//! password.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The code of a first start; none where accounts are there. It is forgotten when the server stops.
pub(crate) struct Setup(OnceLock<String>);

impl Setup {
    /// A new code, where there are no accounts.
    pub(crate) fn new(first: bool) -> Setup {
        let setup = OnceLock::new();
        if first {
            let digits: String = store::fresh::random::<16>().iter().map(|octet| format!("{octet:02x}")).collect();
            let _ = setup.set(digits);
        }
        Setup(setup)
    }

    /// The code, to be shown on the terminal.
    pub(crate) fn code(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }

    /// Whether this is the code. That it was used up is the store's to say: there are accounts then.
    pub(crate) fn is(&self, given: &str) -> bool {
        let digest = |text: &str| Sha256::digest(text.trim());
        self.code().is_some_and(|code| digest(code).ct_eq(&digest(given)).into())
    }
}
