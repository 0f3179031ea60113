//! Making accounts, changing what they may, and their passwords.

use model::{Actor, Administration, Time, User, UserId};
use store::{
    audit::{self, Detail, Entry},
    fresh,
};

use super::password;
use crate::{error::Error, knowledge::Knowledge};

/// Characters of a name.
const NAME_MAX: usize = 64;

/// An account that somebody wants.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewUser {
    /// Its name: letters, digits and `.`, `_`, `-`, `@`.
    pub name: String,
    /// Its password; none where it is a program's, or signs in at a provider.
    pub password: Option<String>,
    /// Whether it administers this installation.
    pub administrator: bool,
    /// Whether it is a program's.
    pub api_only: bool,
    /// The provider that it signs in at, and how that names it.
    pub external: Option<(String, String)>,
}

impl Knowledge {
    /// Whether there is any account; where not, this is a first start.
    pub fn has_accounts(&self) -> Result<bool, Error> {
        self.store.read(|tx| Ok(store::user::any(tx)?))
    }

    /// Makes an account.
    pub fn add_user(&self, actor: &Actor, new: &NewUser, now: Time) -> Result<User, Error> {
        let right = actor.may_administer()?;
        self.insert_user(actor, &right, new, false, now)
    }

    /// Makes the first account, an administrator; refused where there is one.
    pub fn set_up(&self, new: &NewUser, now: Time) -> Result<User, Error> {
        let actor = Actor::local("set-up");
        let right = actor.may_administer()?;
        let new = NewUser { administrator: true, api_only: false, ..new.clone() };
        self.insert_user(&actor, &right, &new, true, now)
    }

    fn insert_user(
        &self,
        actor: &Actor,
        right: &Administration,
        new: &NewUser,
        first: bool,
        now: Time,
    ) -> Result<User, Error> {
        let name = checked_name(&new.name)?;
        let hash = new.password.as_deref().map(|password| password::hash(password, name)).transpose()?;
        if hash.is_none() && !new.api_only && new.external.is_none() {
            return Err(Error::invalid("password", "an account that people sign in with has one"));
        }
        let user = User {
            id: UserId(fresh::id(now)),
            name: name.to_owned(),
            administrator: new.administrator,
            api_only: new.api_only,
            disabled: false,
            totp: false,
            external: new.external.clone(),
            created: now,
            revision: 1,
        };
        self.store.write(|tx| {
            if first && store::user::any(tx)? {
                return Err(Error::Conflict("this installation is set up already".into()));
            }
            store::user::add(tx, right, &user, hash.as_deref())?;
            let detail = Detail::default().with("administrator", user.administrator).personal("account", &user.name);
            let object = Some(("user", user.id.0));
            audit::append(tx, &Entry { time: now, actor, action: "user.add", object, owner: None, detail })?;
            Ok::<_, Error>(())
        })?;
        Ok(user)
    }

    /// Accounts by name, after this one.
    pub fn users(&self, actor: &Actor, after: &str, limit: u32) -> Result<Vec<User>, Error> {
        let right = actor.may_administer()?;
        self.store.read(|tx| Ok(store::user::list(tx, &right, after, limit)?))
    }

    /// One account, for an administrator.
    pub fn user(&self, actor: &Actor, id: UserId) -> Result<User, Error> {
        actor.may_administer()?;
        self.store.read(|tx| store::user::by_id(tx, id))?.ok_or(Error::NotFound)
    }

    /// The account with this name, for an administrator.
    pub fn user_named(&self, actor: &Actor, name: &str) -> Result<User, Error> {
        actor.may_administer()?;
        self.store.read(|tx| store::user::by_name(tx, name))?.ok_or(Error::NotFound)
    }

    /// Changes whether an account administers and whether it may come in, on top of the revision that was seen. One
    /// administrator always stays.
    pub fn change_user(&self, actor: &Actor, changed: &User, now: Time) -> Result<User, Error> {
        let right = actor.may_administer()?;
        self.store.write(|tx| {
            let before = store::user::by_id(tx, changed.id)?.ok_or(Error::NotFound)?;
            if !store::user::change(tx, &right, changed)? {
                return Err(Error::Stale);
            }
            if before.administrator && store::user::administrators(tx)? == 0 {
                return Err(Error::Conflict("nobody would administer this installation any more".into()));
            }
            if changed.disabled {
                store::session::end_all(tx, changed.id)?;
            }
            let detail = Detail::default()
                .with("administrator", changed.administrator)
                .with("disabled", changed.disabled)
                .personal("account", &before.name);
            let object = Some(("user", changed.id.0));
            audit::append(tx, &Entry { time: now, actor, action: "user.change", object, owner: None, detail })?;
            store::user::by_id(tx, changed.id)?.ok_or(Error::NotFound)
        })
    }

    /// Sets the caller's own password, who says the one before; ends every session.
    pub fn change_password(&self, actor: &Actor, before: &str, password: &str, now: Time) -> Result<(), Error> {
        let user = self.own_account(actor)?;
        self.confirm(&user, before)?;
        self.put_password(actor, &user, password, now)
    }

    /// Sets the password of another account, by an administrator; ends every session of it.
    pub fn set_password(&self, actor: &Actor, user: UserId, password: &str, now: Time) -> Result<(), Error> {
        actor.may_administer()?;
        let user = self.store.read(|tx| store::user::by_id(tx, user))?.ok_or(Error::NotFound)?;
        self.put_password(actor, &user, password, now)
    }

    fn put_password(&self, actor: &Actor, user: &User, password: &str, now: Time) -> Result<(), Error> {
        let hash = password::hash(password, &user.name)?;
        self.store.write(|tx| {
            store::user::set_password(tx, user.id, &hash)?;
            store::session::end_all(tx, user.id)?;
            let detail = Detail::default().personal("account", &user.name);
            let object = Some(("user", user.id.0));
            audit::append(tx, &Entry { time: now, actor, action: "user.password", object, owner: None, detail })?;
            Ok(())
        })
    }

    /// The caller's own account.
    pub fn own_account(&self, actor: &Actor) -> Result<User, Error> {
        let id = actor.user.ok_or(Error::NotFound)?;
        self.store.read(|tx| store::user::by_id(tx, id))?.ok_or(Error::NotFound)
    }
}

/// A name that an account may have. None ends like the names of people at the command line do in the audit log.
pub(super) fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let good = (1..=NAME_MAX).contains(&name.chars().count()) && name.chars().all(allowed);
    if good { Ok(name) } else { Err(Error::invalid("name", "1 to 64 letters, digits or `.`, `_`, `-`, `@`")) }
}
