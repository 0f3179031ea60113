//! Passwords: Argon2id (RFC 9106) with the parameters that OWASP gives (19 MiB, two passes).

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

use crate::error::Error;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
/// Characters that a password has at least (NIST SP 800-63B-4 §3.1.1.2 asks for 15 where nothing else is asked).
pub(crate) const LEAST: usize = 12;
const MOST: usize = 256;
/// A hash that no password has: an unknown name takes as long as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2hpamtsbW5vcA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The hash of a new password; or what is wrong with it.
pub(crate) fn hash(password: &str, name: &str) -> Result<String, Error> {
    if !(LEAST..=MOST).contains(&password.chars().count()) {
        return Err(Error::invalid("password", format!("{LEAST} to {MOST} characters")));
    }
    let distinct: std::collections::BTreeSet<char> = password.chars().collect();
    if distinct.len() < 5 || password.to_lowercase().contains(&name.to_lowercase()) {
        return Err(Error::invalid("password", "too easy to guess: not the name, and not few characters over again"));
    }
    let hash = hasher().hash_password_with_salt(password.as_bytes(), &store::fresh::random::<16>());
    hash.map(|hash| hash.to_string()).map_err(|error| Error::invalid("password", error))
}

/// Whether this is the password of a hash. It takes the same time where there is no hash.
pub(crate) fn verify(password: &str, hash: Option<&str>) -> bool {
    let known = hash.and_then(|hash| PasswordHash::new(hash).ok());
    let nobody = PasswordHash::new(NOBODY).ok();
    let matches = known
        .as_ref()
        .or(nobody.as_ref())
        .is_some_and(|hash| hasher().verify_password(password.as_bytes(), hash).is_ok());
    matches && known.is_some()
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).expect("parameters within the limits of Argon2");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verifies_its_own_and_refuses_what_is_easy() {
        let hashed = hash("correct horse battery", "alice").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(verify("correct horse battery", Some(&hashed)));
        assert!(!verify("correct horse batterz", Some(&hashed)));
        assert!(!verify("correct horse battery", None) && !verify("x", Some("no hash")));
        assert!(PasswordHash::new(NOBODY).is_ok(), "so that it takes as long");
        for easy in ["short", "aaaaaaaaaaaaaaaa", "my name is Alice 1"] {
            assert!(hash(easy, "alice").is_err(), "{easy}");
        }
    }
}
