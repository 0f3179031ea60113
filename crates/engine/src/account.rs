//! Accounts: who may come in, by what they are recognised, and what they may do.
//!
//! A person signs in with a name, a password and, where they have an authenticator, its code ([`sign_in`]), and holds a
//! session from then on. A program comes with a token ([`token`]). Either is 256 random bits that the store knows the
//! hash of. What an account may do is read again for each request: a membership that ended has no effect on the next.

pub mod external;
mod password;
pub mod session;
pub mod sign_in;
pub mod token;
pub mod totp;
pub mod user;

use std::{collections::BTreeSet, net::IpAddr};

use model::{Actor, OwnerId, Readable, Scopes, SessionId, SourceId, Standing, Time, TokenId, User, UserId};
use sha2::{Digest, Sha256};
use store::Tx;

use crate::{error::Error, knowledge::Knowledge};

pub use session::Lifetime;

/// Seconds after which a session's or token's use is written down again.
const SEEN_EVERY: i64 = 60;
const USED_EVERY: i64 = 3_600;

/// What a request brings to be recognised by.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// The secret of a session.
    Session(String),
    /// A token for programs.
    Token(String),
}

/// By what an account was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// A session that a person began by signing in.
    Session(SessionId),
    /// A token.
    Token(TokenId),
}

/// An account that was recognised, and what it may do at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// What it may read and do.
    pub actor: Actor,
    /// By what it was recognised.
    pub via: Via,
    /// Whether its use should be written down ([`Knowledge::seen`]).
    pub note: bool,
}

impl Knowledge {
    /// A secret of this installation, by name.
    pub fn secret(&self, name: &str) -> Result<[u8; 32], Error> {
        self.store.write(|tx| Ok(store::setting::secret(tx, name)?))
    }

    /// The account that a credential belongs to; none where it is nobody's, or not any more, or not from there.
    /// `sources` are all sources of the observation store.
    pub fn recognise(
        &self,
        credential: &Credential,
        client: IpAddr,
        lifetime: Lifetime,
        sources: &dyn Fn() -> Vec<SourceId>,
        now: Time,
    ) -> Result<Option<Recognised>, Error> {
        self.store.read(|tx| {
            let found = match credential {
                Credential::Session(secret) => session::recognise(tx, secret, lifetime, now)?,
                Credential::Token(text) => token::recognise(tx, text, client, now)?,
            };
            let Some((user, scopes, via, last)) = found else { return Ok(None) };
            let Some(user) = store::user::by_id(tx, user)?.filter(|user| !user.disabled) else { return Ok(None) };
            let every = if matches!(via, Via::Token(_)) { USED_EVERY } else { SEEN_EVERY };
            let note = last.is_none_or(|last| now.0 - last.0 >= every);
            Ok(Some(Recognised { actor: actor(tx, &user, scopes, sources)?, via, note }))
        })
    }

    /// Writes down that a session or token was used.
    pub fn seen(&self, via: Via, now: Time) -> Result<(), Error> {
        self.store.write(|tx| match via {
            Via::Session(id) => Ok(store::session::touch(tx, id, now)?),
            Via::Token(id) => Ok(store::token::touch(tx, id, now)?),
        })
    }

    /// Forgets sessions, failed sign-ins and request keys that have had their time.
    pub fn sweep(&self, lifetime: Lifetime, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            store::session::sweep(tx, now, now.plus(-lifetime.idle_seconds))?;
            store::attempt::sweep(tx, now.plus(-model::time::DAY))?;
            store::idempotency::sweep(tx, now.plus(-model::time::DAY))?;
            Ok(())
        })
    }
}

/// What is recognised: whose it is, what it may be used for, by what, and when that was last used.
type Found = Option<(UserId, Scopes, Via, Option<Time>)>;

/// What an account may do at this moment.
fn actor(tx: &mut Tx<'_>, user: &User, scopes: Scopes, sources: &dyn Fn() -> Vec<SourceId>) -> Result<Actor, Error> {
    let memberships = store::membership::of_user(tx, user.id)?;
    let open = store::owner::open(tx)?;
    let own: BTreeSet<OwnerId> = memberships.iter().map(|membership| membership.owner).collect();
    let sources = readable(tx, &own, sources)?;
    let standing = Standing::Account { administrator: user.administrator, memberships, open };
    Ok(Actor { name: user.name.clone(), user: Some(user.id), sources, standing, scopes })
}

/// The sources that members of these owners may read. Administrators have no right of their own here.
fn readable(
    tx: &mut Tx<'_>,
    owners: &BTreeSet<OwnerId>,
    sources: &dyn Fn() -> Vec<SourceId>,
) -> Result<Readable, Error> {
    let restricted = store::reader::restricted(tx)?;
    let denied = |source: &SourceId| {
        restricted.get(source).is_some_and(|readers| !readers.iter().any(|reader| owners.contains(reader)))
    };
    if !restricted.keys().any(denied) {
        return Ok(Readable::All);
    }
    Ok(Readable::Only(sources().into_iter().filter(|source| !denied(source)).collect()))
}

/// The hash of a secret as the store knows it. The secret is random, so one round is enough.
fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Octets as digits.
fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Digits as octets.
fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != N * 2 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(octets)
}
