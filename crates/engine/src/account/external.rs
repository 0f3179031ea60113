//! Signing in by way of an identity provider, which has proved who it is.

use model::{Actor, Membership, Time, User, UserId, owner::Role};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
};

use super::{
    session::{self, Begun, Lifetime, Origin},
    sign_in::acting,
    user::checked_name,
};
use crate::{error::Error, knowledge::Knowledge};

/// What somebody gets who comes for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// The name that they would like to have.
    pub name: String,
    /// The owner that they belong to from then on.
    pub owner: Option<String>,
    /// Their role there.
    pub role: Role,
}

impl Knowledge {
    /// Begins a session for what a provider calls `subject`. Who is new gets an account where `newcomer` says which;
    /// none where there is no account, or a disabled one.
    pub fn sign_in_external(
        &self,
        issuer: &str,
        subject: &str,
        newcomer: Option<&Newcomer>,
        origin: &Origin,
        lifetime: Lifetime,
        now: Time,
    ) -> Result<Option<Begun>, Error> {
        self.store.write(|tx| {
            let known = store::user::by_subject(tx, issuer, subject)?;
            let user = match (known, newcomer) {
                (Some(user), _) => user,
                (None, Some(newcomer)) => welcome(tx, issuer, subject, newcomer, now)?,
                (None, None) => return Ok(None),
            };
            if user.disabled || user.api_only {
                return Ok(None);
            }
            session::begin(tx, &acting(&user), user.id, origin, lifetime, now).map(Some)
        })
    }
}

fn welcome(tx: &mut Tx<'_>, issuer: &str, subject: &str, newcomer: &Newcomer, now: Time) -> Result<User, Error> {
    let actor = Actor::local("sign-in");
    let user = User {
        id: UserId(fresh::id(now)),
        name: free_name(tx, &newcomer.name)?,
        administrator: false,
        api_only: false,
        disabled: false,
        totp: false,
        external: Some((issuer.to_owned(), subject.to_owned())),
        created: now,
        revision: 1,
    };
    store::user::add(tx, &actor.may_administer()?, &user, None)?;
    let detail = Detail::default().with("issuer", issuer).personal("account", &user.name);
    let object = Some(("user", user.id.0));
    audit::append(tx, &Entry { time: now, actor: &actor, action: "user.add", object, owner: None, detail })?;
    if let Some(name) = &newcomer.owner {
        let owner = store::owner::by_name(tx, name)?;
        let owner = owner.ok_or_else(|| Error::Conflict(format!("there is no owner `{name}` for newcomers")))?;
        let membership = Membership { owner: owner.id, user: user.id, role: newcomer.role, pseudonym: None };
        store::membership::set(tx, &actor.may_let_in(&owner)?, user.id, &membership)?;
        crate::owner::member_written(tx, &actor, "member.set", &membership, now)?;
    }
    Ok(user)
}

/// The name that is wished for, or another one where it is taken: the account of that name may be somebody else's.
fn free_name(tx: &mut Tx<'_>, wished: &str) -> Result<String, Error> {
    let wished = checked_name(wished).unwrap_or("newcomer");
    if store::user::by_name(tx, wished)?.is_none() {
        return Ok(wished.to_owned());
    }
    let short: String = wished.chars().take(50).collect();
    Ok(format!("{short}-{}", super::hex(&fresh::random::<4>())))
}
