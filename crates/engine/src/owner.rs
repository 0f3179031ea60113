//! Owners, who belongs to them, and which observation sources their members may read.

use std::collections::BTreeMap;

use model::{Actor, Membership, Owner, OwnerId, OwnerKind, SourceId, Time, Tlp, UserId, owner::Role};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
};

use crate::{error::Error, knowledge::Knowledge};

/// Characters of a name.
const NAME_MAX: usize = 100;

/// A member as others see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it may do, and under which name.
    pub membership: Membership,
    /// The name of its account; none where the reader may only know the pseudonym.
    pub account: Option<String>,
    /// Where it stands in the list; for cursors, which the reader cannot make anything of.
    pub place: String,
}

impl Knowledge {
    /// The owners that the actor may read, by name; for an administrator who wants all, all.
    pub fn owners(&self, actor: &Actor, all: bool) -> Result<Vec<Owner>, Error> {
        if all {
            let right = actor.may_administer()?;
            return self.store.read(|tx| Ok(store::owner::all(tx, &right)?));
        }
        self.store.read(|tx| Ok(store::owner::list(tx, &actor.readable())?))
    }

    /// One owner.
    pub fn owner(&self, actor: &Actor, id: OwnerId) -> Result<Owner, Error> {
        self.store.read(|tx| known(tx, actor, id))
    }

    /// The owner with this name.
    pub fn owner_named(&self, actor: &Actor, name: &str) -> Result<Owner, Error> {
        self.store.read(|tx| {
            let found = store::owner::by_name(tx, name)?.ok_or(Error::NotFound)?;
            known(tx, actor, found.id)
        })
    }

    /// Adds an owner; the first of its members, where one is named, manages it.
    pub fn add_owner(&self, actor: &Actor, new: &NewOwner, now: Time) -> Result<Owner, Error> {
        actor.may_administer()?;
        let owner = Owner {
            id: OwnerId(fresh::id(now)),
            name: checked_name(&new.name)?.to_owned(),
            kind: new.kind,
            reviewed: new.reviewed,
            open: new.open,
            tlp: new.tlp,
            revision: 1,
        };
        self.store.write(|tx| {
            store::owner::add(tx, &owner, now)?;
            written(tx, actor, "owner.add", &owner, now)?;
            if let Some(user) = new.manager {
                let membership = Membership { owner: owner.id, user, role: Role::Manager, pseudonym: None };
                let right = actor.may_let_in(&owner)?;
                store::membership::set(tx, &right, user, &membership)?;
                member_written(tx, actor, "member.set", &membership, now)?;
            }
            Ok::<_, Error>(())
        })?;
        Ok(owner)
    }

    /// Changes an owner, on top of the revision that was seen.
    pub fn change_owner(&self, actor: &Actor, changed: &Owner, now: Time) -> Result<Owner, Error> {
        self.store.write(|tx| {
            let before = known(tx, actor, changed.id)?;
            actor.may_let_in(&before)?;
            let name = checked_name(&changed.name)?.to_owned();
            if changed.open != before.open {
                actor.may_administer()?; // who may read it is more than its managers' business
            }
            if !store::owner::change(tx, &Owner { name, ..changed.clone() })? {
                return Err(Error::Stale);
            }
            written(tx, actor, "owner.change", changed, now)?;
            known(tx, actor, changed.id)
        })
    }

    /// The members of an owner, by account after this name. In a community only those who let members in see the
    /// accounts behind pseudonyms.
    pub fn members(&self, actor: &Actor, owner: OwnerId, after: &str, limit: u32) -> Result<Vec<Member>, Error> {
        self.store.read(|tx| {
            let owner = known(tx, actor, owner)?;
            let sees_all = owner.kind != OwnerKind::Community || actor.may_let_in(&owner).is_ok();
            let member = |(membership, account): (Membership, String)| {
                let own = Some(membership.user) == actor.user;
                let place = account.clone();
                let account = (sees_all || own || membership.pseudonym.is_none()).then_some(account);
                Member { membership, account, place }
            };
            Ok(store::membership::of_owner(tx, owner.id, after, limit)?.into_iter().map(member).collect())
        })
    }

    /// Lets an account in, or changes its role there.
    pub fn set_member(&self, actor: &Actor, membership: &Membership, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let owner = known(tx, actor, membership.owner)?;
            let right = actor.may_let_in(&owner)?;
            if store::user::by_id(tx, membership.user)?.is_none() {
                return Err(Error::invalid("user", "there is no such account"));
            }
            let pseudonym = membership.pseudonym.as_deref().map(checked_name).transpose()?.map(str::to_owned);
            let membership = Membership { pseudonym, ..membership.clone() };
            store::membership::set(tx, &right, membership.user, &membership)?;
            member_written(tx, actor, "member.set", &membership, now)
        })
    }

    /// Lets an account in by its name, or changes its role there.
    pub fn set_member_named(
        &self,
        actor: &Actor,
        owner: OwnerId,
        account: &str,
        role: Role,
        pseudonym: Option<String>,
        now: Time,
    ) -> Result<(), Error> {
        let user = self.store.read(|tx| {
            let owner = known(tx, actor, owner)?;
            actor.may_let_in(&owner)?; // before anything is said of accounts
            let user = store::user::by_name(tx, account)?;
            user.ok_or_else(|| Error::invalid("account", "there is no such account"))
        })?;
        self.set_member(actor, &Membership { owner, user: user.id, role, pseudonym }, now)
    }

    /// Ends a membership. Its next request has no right there.
    pub fn remove_member(&self, actor: &Actor, owner: OwnerId, user: UserId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let owner = known(tx, actor, owner)?;
            let right = actor.may_let_in(&owner)?;
            if !store::membership::remove(tx, &right, user)? {
                return Err(Error::NotFound);
            }
            let membership = Membership { owner: owner.id, user, role: Role::Reader, pseudonym: None };
            member_written(tx, actor, "member.remove", &membership, now)
        })
    }

    /// The sources that are not for everybody, with the owners whose members may read them.
    pub fn restricted_sources(&self) -> Result<BTreeMap<SourceId, Vec<OwnerId>>, Error> {
        self.store.read(|tx| Ok(store::reader::restricted(tx)?))
    }

    /// Keeps a source for the members of these owners; for everybody again where none is given.
    pub fn restrict_source(
        &self,
        actor: &Actor,
        source: SourceId,
        readers: Option<&[OwnerId]>,
        now: Time,
    ) -> Result<(), Error> {
        let right = actor.may_administer()?;
        self.store.write(|tx| {
            for owner in readers.unwrap_or_default() {
                if store::owner::by_id(tx, *owner)?.is_none() {
                    return Err(Error::invalid("readers", format!("there is no owner {owner}")));
                }
            }
            store::reader::set(tx, &right, source, readers)?;
            let names: Option<Vec<String>> = readers.map(|all| all.iter().map(OwnerId::to_string).collect());
            let detail = Detail::default().with("source", source.0).with("readers", serde_json::json!(names));
            let entry = Entry { time: now, actor, action: "source.readers", object: None, owner: None, detail };
            audit::append(tx, &entry)?;
            Ok(())
        })
    }
}

/// An owner that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOwner {
    /// Its name.
    pub name: String,
    /// What kind of owner.
    pub kind: OwnerKind,
    /// Whether what contributors add waits for a manager.
    pub reviewed: bool,
    /// Whether every account may read it.
    pub open: bool,
    /// The label of what is added without one.
    pub tlp: Tlp,
    /// Who manages it.
    pub manager: Option<UserId>,
}

/// An owner that the actor may know of: one that they read, or any for an administrator, who sees its name and
/// members, not its things.
fn known(tx: &mut Tx<'_>, actor: &Actor, id: OwnerId) -> Result<Owner, Error> {
    if !actor.readable().allows(id) && actor.may_administer().is_err() {
        return Err(Error::NotFound);
    }
    store::owner::by_id(tx, id)?.ok_or(Error::NotFound)
}

fn checked_name(name: &str) -> Result<&str, Error> {
    let name = name.trim();
    let good = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if good { Ok(name) } else { Err(Error::invalid("name", format!("1 to {NAME_MAX} characters"))) }
}

fn written(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, owner: &Owner, now: Time) -> Result<(), Error> {
    let detail = Detail::default()
        .with("name", owner.name.as_str())
        .with("kind", owner.kind.as_str())
        .with("reviewed", owner.reviewed)
        .with("open", owner.open)
        .with("tlp", owner.tlp.as_str());
    let object = Some(("owner", owner.id.0));
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(owner.id), detail })?;
    Ok(())
}

pub(crate) fn member_written(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &'static str,
    of: &Membership,
    now: Time,
) -> Result<(), Error> {
    let account = store::user::by_id(tx, of.user)?.map(|user| user.name).unwrap_or_default();
    let detail = Detail::default().with("role", of.role.as_str()).personal("account", account);
    let object = Some(("user", of.user.0));
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(of.owner), detail })?;
    Ok(())
}
