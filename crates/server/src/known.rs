//! Who was recognised a moment ago, so that not every request reads the accounts again.
//!
//! What is remembered holds for one generation of accounts and rights (`store::Store::generation`): any change of them, by
//! this process or by another, makes it void, so an account that was disabled or a token that was ended is refused at the
//! next request. It holds for some seconds at most, since tokens and sessions end by the clock too, and for one address,
//! since a token may be bound to some. Where the generation cannot be read nothing is remembered.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
};

use engine::account::Credential;
use model::Time;
use sha2::{Digest, Sha256};

use crate::caller::Caller;

/// Seconds for which somebody is known.
const SECONDS: i64 = 5;
/// How many are known at one time.
const KNOWN_MAX: usize = 4_096;

/// Who was recognised.
#[derive(Default)]
pub(crate) struct Known(Mutex<Generation>);

/// Everybody who was recognised in one generation.
#[derive(Default)]
struct Generation {
    number: i64,
    callers: HashMap<[u8; 32], (Time, Caller)>,
}

impl Known {
    /// Who comes with this credential from there, where that is still known.
    pub(crate) fn get(
        &self,
        credential: &Credential,
        from: IpAddr,
        generation: Option<i64>,
        now: Time,
    ) -> Option<Caller> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, caller) = known.callers.get(&key(credential, from)).filter(|_| generation == Some(known.number))?;
        (0..SECONDS).contains(&(now.0 - since.0)).then(|| caller.clone())
    }

    /// Remembers who that was in a generation that was looked at before the accounts were.
    pub(crate) fn put(
        &self,
        credential: &Credential,
        from: IpAddr,
        generation: Option<i64>,
        now: Time,
        caller: &Caller,
    ) {
        let Some(generation) = generation else { return };
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.number != generation || known.callers.len() >= KNOWN_MAX {
            known.callers.clear();
        }
        known.number = generation;
        known.callers.insert(key(credential, from), (now, caller.clone()));
    }
}

/// The secret itself is not kept.
fn key(credential: &Credential, from: IpAddr) -> [u8; 32] {
    let (kind, text) = match credential {
        Credential::Session(text) => (b"s", text),
        Credential::Token(text) => (b"t", text),
    };
    let from = match from {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    Sha256::new().chain_update(kind).chain_update(from.octets()).chain_update(text).finalize().into()
}

#[cfg(test)]
mod tests {
    use engine::account::Via;
    use model::{Actor, Id, TokenId};

    use super::*;

    #[test]
    fn somebody_is_known_for_a_generation_an_address_and_a_moment() {
        let known = Known::default();
        let (token, other) = (Credential::Token("a".into()), Credential::Session("a".into()));
        let (here, there) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let caller = Caller { actor: Actor::local("somebody"), via: Via::Token(TokenId(Id([0; 16]))) };
        known.put(&token, here, Some(1), Time(100), &caller);
        assert!(known.get(&token, here, Some(1), Time(104)).is_some());
        assert!(known.get(&token, here, Some(2), Time(104)).is_none(), "something changed");
        assert!(known.get(&token, here, Some(1), Time(105)).is_none(), "too long ago");
        assert!(known.get(&token, there, Some(1), Time(101)).is_none(), "from elsewhere");
        assert!(known.get(&other, here, Some(1), Time(101)).is_none(), "another credential");
        known.put(&token, here, None, Time(100), &caller);
        assert!(known.get(&token, here, None, Time(100)).is_none(), "an engine without generations");
    }
}
