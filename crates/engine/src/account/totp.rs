//! Codes of an authenticator (RFC 6238), and recovery codes for when it is lost. A code is good once.

use model::{Actor, Time};
use store::{
    audit::{self, Detail, Entry},
    fresh,
};
use totp_rs::{Builder, Secret, Totp};

use super::digest;
use crate::{error::Error, knowledge::Knowledge};

/// Recovery codes of an account.
const CODES: usize = 10;
/// Octets of a secret (RFC 4226 §4 recommends 20).
const SECRET: usize = 20;

/// A secret for an authenticator that nobody has confirmed yet. It is told once and kept nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Offer {
    /// The secret, in base32.
    pub secret: String,
    /// The same as authenticators read it.
    pub uri: String,
}

/// A secret to be put into an authenticator.
pub fn offer(actor: &Actor) -> Offer {
    let secret = Secret::from(fresh::random::<SECRET>().to_vec()).to_base32();
    let name: String = actor.name.bytes().map(escaped).collect();
    let uri = format!("otpauth://totp/Spoor:{name}?secret={secret}&issuer=Spoor");
    Offer { secret, uri }
}

fn escaped(octet: u8) -> String {
    match octet {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(octet).to_string(),
        other => format!("%{other:02X}"),
    }
}

impl Knowledge {
    /// Sets the authenticator of the caller, who proves with a code that it works; gives new recovery codes.
    pub fn set_totp(
        &self,
        actor: &Actor,
        password: &str,
        secret: &str,
        code: &str,
        now: Time,
    ) -> Result<Vec<String>, Error> {
        let user = self.own_account(actor)?;
        self.confirm(&user, password)?;
        let secret = Secret::try_from_base32(secret.trim());
        let secret = secret.map_err(|_| Error::invalid("secret", "not the base32 text that was offered"))?;
        if secret.as_bytes().len() < SECRET {
            return Err(Error::invalid("secret", "too short: use the one that was offered"));
        }
        let step = step(secret.as_bytes(), code.trim(), now);
        let step = step.ok_or_else(|| Error::invalid("code", "not the code of this moment"))?;
        let codes: Vec<String> = (0..CODES).map(|_| super::hex(&fresh::random::<8>())).collect();
        let hashes: Vec<[u8; 32]> = codes.iter().map(|code| recovery_hash(code)).collect();
        self.store.write(|tx| {
            store::user::set_totp(tx, user.id, Some((secret.as_bytes(), step)), &hashes)?;
            let (object, detail) = (Some(("user", user.id.0)), Detail::default());
            audit::append(tx, &Entry { time: now, actor, action: "user.totp", object, owner: None, detail })?;
            Ok::<_, Error>(())
        })?;
        Ok(codes)
    }

    /// Takes the authenticator of an account away: for an administrator whose colleague lost it and the codes too.
    pub fn remove_totp(&self, actor: &Actor, name: &str, now: Time) -> Result<(), Error> {
        actor.may_administer()?;
        self.store.write(|tx| {
            let user = store::user::by_name(tx, name)?.ok_or(Error::NotFound)?;
            store::user::set_totp(tx, user.id, None, &[])?;
            let (object, detail) = (Some(("user", user.id.0)), Detail::default().personal("account", &user.name));
            audit::append(tx, &Entry { time: now, actor, action: "user.totp-end", object, owner: None, detail })?;
            Ok(())
        })
    }
}

/// The time step whose code this is: of this moment, or of the one before or after it.
pub(super) fn step(secret: &[u8], code: &str, now: Time) -> Option<i64> {
    let time = u64::try_from(now.0).ok()?;
    generator(secret).check(code, time).and_then(|step| i64::try_from(step).ok())
}

fn generator(secret: &[u8]) -> Totp {
    Builder::new().with_secret(secret.to_vec()).build_noncompliant()
}

/// The hash of a recovery code: 64 random bits, written in any case, with or without signs between.
pub(super) fn recovery_hash(code: &str) -> [u8; 32] {
    let digits: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(digits.to_ascii_lowercase().as_bytes())
}
