//! Signing in with a name and a password.
//!
//! Whatever is wrong (name, password, code, a disabled account), the answer is the same and takes the same time. After
//! some failures of one name from one network, that name from that network has to wait, longer each time: nobody locks
//! out anybody else.

use std::net::IpAddr;

use model::{Actor, Time, User};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    user::Secrets,
};

use super::{
    password,
    session::{self, Begun, Lifetime, Origin},
    totp,
};
use crate::{error::Error, knowledge::Knowledge};

/// Failures that cost nothing.
const FREE: u32 = 5;
/// The longest wait, in seconds.
const WAIT_MAX: i64 = 15 * 60;
/// Characters of a name that failures are counted under.
const NAME_MAX: usize = 100;

/// What somebody signs in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The name of the account.
    pub name: String,
    /// Its password.
    pub password: String,
    /// The code of its authenticator, or a recovery code.
    pub code: Option<String>,
}

/// How it ended.
#[derive(Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Signed in.
    Begun(Begun),
    /// Something of it is wrong; which is not said.
    Wrong,
    /// It failed too often from there; so many seconds until the next try.
    Wait(i64),
}

impl Knowledge {
    /// Signs in. This takes memory and time by design: the caller bounds how many run at once.
    pub fn sign_in(&self, attempt: &Attempt, origin: &Origin, lifetime: Lifetime, now: Time) -> Result<Outcome, Error> {
        let key: String = attempt.name.trim().to_lowercase().chars().take(NAME_MAX).collect();
        let network = network(origin.address);
        let (found, failures, last) = self.store.read(|tx| {
            let (failures, last) = store::attempt::failures(tx, &key, &network)?;
            Ok::<_, Error>((with_secrets(tx, attempt.name.trim())?, failures, last))
        })?;
        if let Some(seconds) = wait(failures, last, now) {
            return Ok(Outcome::Wait(seconds));
        }
        let (user, secrets) = found.unzip();
        let hash = secrets.as_ref().and_then(|secrets| secrets.password.as_deref());
        let right = password::verify(&attempt.password, hash);
        let user = user.filter(|user| right && !user.disabled && !user.api_only);
        self.store.write(|tx| match (&user, &secrets) {
            (Some(user), Some(secrets)) if second_factor(tx, user, secrets, attempt.code.as_deref(), now)? => {
                store::attempt::clear(tx, &key, &network)?;
                let actor = acting(user);
                Ok(Outcome::Begun(session::begin(tx, &actor, user.id, origin, lifetime, now)?))
            }
            _ => {
                store::attempt::failed(tx, &key, &network, now)?;
                let failures = failures + 1;
                // One entry when it begins to look like guessing, and fewer and fewer after that.
                if failures >= FREE && failures % FREE == 0 && (failures / FREE).is_power_of_two() {
                    failing(tx, &key, origin.address, failures, now)?;
                }
                Ok(Outcome::Wrong)
            }
        })
    }

    /// Whether this is the caller's password: asked again before what matters.
    pub(super) fn confirm(&self, user: &User, password: &str) -> Result<(), Error> {
        let secrets = self.store.read(|tx| store::user::secrets(tx, user.id))?;
        match password::verify(password, secrets.password.as_deref()) {
            true => Ok(()),
            false => Err(Error::invalid("currentPassword", "not your password")),
        }
    }
}

fn with_secrets(tx: &mut Tx<'_>, name: &str) -> Result<Option<(User, Secrets)>, Error> {
    let Some(user) = store::user::by_name(tx, name)? else { return Ok(None) };
    let secrets = store::user::secrets(tx, user.id)?;
    Ok(Some((user, secrets)))
}

/// Whether the code is good, where one is asked for. A code is good once.
fn second_factor(
    tx: &mut Tx<'_>,
    user: &User,
    secrets: &Secrets,
    code: Option<&str>,
    now: Time,
) -> Result<bool, Error> {
    let Some(secret) = &secrets.totp else { return Ok(true) };
    let Some(code) = code.map(str::trim) else { return Ok(false) };
    match totp::step(secret, code, now) {
        Some(step) => Ok(store::user::use_step(tx, user.id, step)?),
        None => Ok(store::user::use_code(tx, user.id, totp::recovery_hash(code), now)?),
    }
}

/// The account as the one who acts, before anything of it is known.
pub(super) fn acting(user: &User) -> Actor {
    Actor { user: Some(user.id), ..Actor::local(user.name.clone()) }
}

fn failing(tx: &mut Tx<'_>, name: &str, address: IpAddr, failures: u32, now: Time) -> Result<(), Error> {
    let actor = Actor::local("sign-in");
    let detail = Detail::default().with("failures", failures).personal("account", name);
    let detail = detail.personal("address", address.to_string());
    let entry = Entry { time: now, actor: &actor, action: "session.fail", object: None, owner: None, detail };
    audit::append(tx, &entry)?;
    Ok(())
}

/// Seconds to wait after so many failures: none at first, then twice as long each time.
fn wait(failures: u32, last: Time, now: Time) -> Option<i64> {
    let over = failures.checked_sub(FREE)?;
    let until = last.plus((1_i64 << over.min(20)).min(WAIT_MAX));
    (until > now).then(|| until.0 - now.0)
}

/// What one holder of addresses usually has: an IPv4 address, or an IPv6 /64.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(four) => four.to_string(),
        IpAddr::V6(six) => IpAddr::from((u128::from(six) & !u128::from(u64::MAX)).to_be_bytes()).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_get_longer_to_a_limit() {
        let at = |failures| wait(failures, Time(1000), Time(1000));
        assert_eq!((at(0), at(4), at(5), at(6), at(9), at(60)), (None, None, Some(1), Some(2), Some(16), Some(900)));
        assert_eq!(wait(9, Time(1000), Time(1016)), None);
    }
}
