//! Sessions: that a person signed in, until they sign out, are idle too long, or its time is over.

use std::net::IpAddr;

use model::{Actor, Scopes, Session, SessionId, Time, UserId};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
};

use super::{Found, Via, digest, hex, unhex};
use crate::{error::Error, knowledge::Knowledge};

/// Characters of a program's name that are kept.
const AGENT_MAX: usize = 200;
/// Sessions of one account; the oldest end when there are more.
const SESSIONS_MAX: usize = 20;

/// How long a session lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// Without being used.
    pub idle_seconds: i64,
    /// Whatever happens.
    pub seconds: i64,
}

/// A session that was begun. Its secret is told once.
#[derive(Clone, PartialEq, Eq)]
pub struct Begun {
    /// The session.
    pub session: Session,
    /// What the client comes with from now on.
    pub secret: String,
}

/// From where somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The address.
    pub address: IpAddr,
    /// The program, as it names itself.
    pub agent: String,
}

pub(super) fn recognise(tx: &mut Tx<'_>, secret: &str, lifetime: Lifetime, now: Time) -> Result<Found, Error> {
    let Some(secret) = unhex::<32>(secret) else { return Ok(None) };
    let found = store::session::by_hash(tx, digest(&secret))?;
    let alive = |session: &Session| session.expires > now && session.seen.plus(lifetime.idle_seconds) > now;
    let found = found.filter(alive);
    Ok(found.map(|session| (session.user, Scopes::all(), Via::Session(session.id), Some(session.seen))))
}

/// Begins a session.
pub(super) fn begin(
    tx: &mut Tx<'_>,
    actor: &Actor,
    user: UserId,
    origin: &Origin,
    lifetime: Lifetime,
    now: Time,
) -> Result<Begun, Error> {
    for old in store::session::of_user(tx, user)?.into_iter().skip(SESSIONS_MAX - 1) {
        store::session::end(tx, old.id, user)?;
    }
    let secret = fresh::random::<32>();
    let agent = origin.agent.chars().take(AGENT_MAX).collect();
    let id = SessionId(fresh::id(now));
    let expires = now.plus(lifetime.seconds);
    let session = Session { id, user, created: now, seen: now, expires, address: origin.address, agent };
    store::session::add(tx, &session, digest(&secret))?;
    let detail = Detail::default().personal("address", origin.address.to_string());
    let object = Some(("session", id.0));
    audit::append(tx, &Entry { time: now, actor, action: "session.begin", object, owner: None, detail })?;
    Ok(Begun { session, secret: hex(&secret) })
}

impl Knowledge {
    /// The caller's own sessions, the newest first.
    pub fn sessions(&self, actor: &Actor) -> Result<Vec<Session>, Error> {
        let user = actor.user.ok_or(Error::NotFound)?;
        self.store.read(|tx| Ok(store::session::of_user(tx, user)?))
    }

    /// Ends one of the caller's own sessions.
    pub fn end_session(&self, actor: &Actor, id: SessionId, now: Time) -> Result<(), Error> {
        let user = actor.user.ok_or(Error::NotFound)?;
        self.store.write(|tx| {
            if !store::session::end(tx, id, user)? {
                return Err(Error::NotFound);
            }
            let (object, detail) = (Some(("session", id.0)), Detail::default());
            audit::append(tx, &Entry { time: now, actor, action: "session.end", object, owner: None, detail })?;
            Ok(())
        })
    }
}
