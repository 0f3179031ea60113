//! Rights are values: a check gives a proof, and what needs the right takes the proof.
//!
//! An [`Actor`] asks for what they want to do with an [`Owner`]'s things and gets [`ReadableOwners`], an
//! [`AddableOwner`], a [`WritableOwner`], a [`ManagedOwner`] or an [`Administration`]; nothing else makes one. So a
//! forgotten check does not compile. An owner that the actor may not read is [`Denied::Hidden`]: it is answered as if
//! it were not there.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    actor::{Actor, Standing},
    id::OwnerId,
    owner::{Owner, Role},
    source::words,
};

/// What a token may be used for. Its account's rights are the other limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Read knowledge and observations.
    Read,
    /// Add, change and take away knowledge.
    Write,
    /// Search registrations by contact, and see contacts in exports.
    Contact,
    /// Ask questions that leave this machine.
    Ask,
    /// Feed observations.
    Observe,
    /// Read the audit log and the exposure ledger.
    Audit,
    /// Accounts, owners, sources and tokens of others.
    Administer,
}

words!(Scope, "scope", "read, write, contact, ask, observe, audit, administer",
    "read" => Scope::Read, "write" => Scope::Write, "contact" => Scope::Contact, "ask" => Scope::Ask,
    "observe" => Scope::Observe, "audit" => Scope::Audit, "administer" => Scope::Administer);

/// A set of scopes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scopes(pub BTreeSet<Scope>);

impl Scopes {
    /// Every scope: what a person who signed in has.
    pub fn all() -> Scopes {
        Scopes(Scope::ALL.iter().copied().collect())
    }
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// As far as the actor may know there is no such thing.
    #[error("there is no such thing, or you may not know of it")]
    Hidden,
    /// The token's scopes do not cover it.
    #[error("this token lacks the scope `{0}`")]
    Scope(Scope),
    /// The actor's role in this owner is too small.
    #[error("this needs the role {0} there")]
    Role(Role),
    /// The actor is no administrator.
    #[error("this needs an administrator")]
    Administrator,
}

/// The owners that an actor may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadableOwners(Option<BTreeSet<OwnerId>>);

/// An owner that an actor may add to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddableOwner {
    owner: Owner,
    pending: bool,
}

/// An owner whose things an actor may add, change and take away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WritableOwner(Owner);

/// An owner that an actor manages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedOwner(Owner);

/// The right to let members into an owner, to change their roles and to end that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letting(Owner);

/// Proof that an actor is an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Administration(());

/// Proof that an actor may read the audit log and the exposure ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auditing(());

impl Actor {
    /// Whether the token covers this.
    pub fn has(&self, scope: Scope) -> Result<(), Denied> {
        if self.scopes.0.contains(&scope) { Ok(()) } else { Err(Denied::Scope(scope)) }
    }

    /// The owners whose things this actor may read; none of them without the scope to read.
    pub fn readable(&self) -> ReadableOwners {
        let owners = match &self.standing {
            _ if self.has(Scope::Read).is_err() => Some(BTreeSet::new()),
            Standing::Local => None,
            Standing::Account { memberships, open, .. } => {
                Some(memberships.iter().map(|membership| membership.owner).chain(open.iter().copied()).collect())
            }
        };
        ReadableOwners(owners)
    }

    /// The right to add to an owner.
    pub fn may_add(&self, owner: &Owner) -> Result<AddableOwner, Denied> {
        let role = self.needs(owner, Scope::Write, Role::Contributor)?;
        Ok(AddableOwner { owner: owner.clone(), pending: owner.reviewed && role == Role::Contributor })
    }

    /// The right to change an owner's things.
    pub fn may_write(&self, owner: &Owner) -> Result<WritableOwner, Denied> {
        self.needs(owner, Scope::Write, Role::Analyst).map(|_| WritableOwner(owner.clone()))
    }

    /// The right to manage an owner.
    pub fn may_manage(&self, owner: &Owner) -> Result<ManagedOwner, Denied> {
        self.needs(owner, Scope::Write, Role::Manager).map(|_| ManagedOwner(owner.clone()))
    }

    /// The right to let members in: its managers have it, and administrators for every owner.
    pub fn may_let_in(&self, owner: &Owner) -> Result<Letting, Denied> {
        match self.may_administer() {
            Ok(_) => Ok(Letting(owner.clone())),
            Err(_) => self.may_manage(owner).map(|_| Letting(owner.clone())),
        }
    }

    /// The right to administer.
    pub fn may_administer(&self) -> Result<Administration, Denied> {
        self.has(Scope::Administer)?;
        self.is_administrator().then_some(Administration(())).ok_or(Denied::Administrator)
    }

    /// The right to read the audit log and the exposure ledger.
    pub fn may_audit(&self) -> Result<Auditing, Denied> {
        self.has(Scope::Audit)?;
        self.is_administrator().then_some(Auditing(())).ok_or(Denied::Administrator)
    }

    fn is_administrator(&self) -> bool {
        match self.standing {
            Standing::Local => true,
            Standing::Account { administrator, .. } => administrator,
        }
    }

    fn needs(&self, owner: &Owner, scope: Scope, least: Role) -> Result<Role, Denied> {
        if !self.readable().allows(owner.id) {
            return Err(Denied::Hidden);
        }
        self.has(scope)?;
        let role = self.role(owner.id).ok_or(Denied::Role(least))?;
        if role >= least { Ok(role) } else { Err(Denied::Role(least)) }
    }

    /// The actor's role in an owner.
    pub fn role(&self, owner: OwnerId) -> Option<Role> {
        match &self.standing {
            Standing::Local => Some(Role::Manager),
            Standing::Account { memberships, .. } => {
                memberships.iter().find(|membership| membership.owner == owner).map(|membership| membership.role)
            }
        }
    }
}

impl ReadableOwners {
    /// Whether this owner's things may be read.
    pub fn allows(&self, owner: OwnerId) -> bool {
        self.0.as_ref().is_none_or(|owners| owners.contains(&owner))
    }

    /// The owners; none where every owner may be read.
    pub fn only(&self) -> Option<impl Iterator<Item = OwnerId> + '_> {
        self.0.as_ref().map(|owners| owners.iter().copied())
    }
}

impl Letting {
    /// The owner.
    pub fn owner(&self) -> &Owner {
        &self.0
    }
}

impl AddableOwner {
    /// The owner.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether what is added waits for a manager.
    pub fn pending(&self) -> bool {
        self.pending
    }
}

impl WritableOwner {
    /// The owner.
    pub fn owner(&self) -> &Owner {
        &self.0
    }

    /// Who may change may add, and needs nobody to let it in.
    pub fn addable(&self) -> AddableOwner {
        AddableOwner { owner: self.0.clone(), pending: false }
    }
}

impl ManagedOwner {
    /// The owner.
    pub fn owner(&self) -> &Owner {
        &self.0
    }

    /// Who manages may change.
    pub fn writable(&self) -> WritableOwner {
        WritableOwner(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Readable,
        id::{Id, UserId},
        marking::Tlp,
        owner::{Membership, OwnerKind},
    };

    fn owner(number: u8, reviewed: bool) -> Owner {
        let id = OwnerId(Id([number; 16]));
        Owner {
            id,
            name: format!("owner {number}"),
            kind: OwnerKind::Community,
            reviewed,
            open: false,
            tlp: Tlp::Green,
            revision: 1,
        }
    }

    fn member(role: Role, scopes: &[Scope]) -> Actor {
        let user = UserId(Id([9; 16]));
        let membership = Membership { owner: OwnerId(Id([1; 16])), user, role, pseudonym: None };
        let open = vec![OwnerId(Id([3; 16]))];
        Actor {
            name: "somebody".into(),
            user: Some(user),
            sources: Readable::All,
            standing: Standing::Account { administrator: false, memberships: vec![membership], open },
            scopes: Scopes(scopes.iter().copied().collect()),
        }
    }

    #[test]
    fn each_role_has_its_rights() {
        let (own, other, feed) = (owner(1, true), owner(2, false), owner(3, false));
        let both = [Scope::Read, Scope::Write];
        let reader = member(Role::Reader, &both);
        assert_eq!(reader.may_add(&own), Err(Denied::Role(Role::Contributor)));
        assert_eq!(reader.may_add(&feed), Err(Denied::Role(Role::Contributor)), "open to read is not open to write");
        assert_eq!(reader.may_add(&other), Err(Denied::Hidden));
        let contributor = member(Role::Contributor, &both);
        assert!(contributor.may_add(&own).unwrap().pending(), "waits for a manager");
        assert_eq!(contributor.may_write(&own), Err(Denied::Role(Role::Analyst)));
        let analyst = member(Role::Analyst, &both);
        assert!(!analyst.may_add(&own).unwrap().pending());
        assert!(analyst.may_write(&own).is_ok());
        assert_eq!(analyst.may_manage(&own), Err(Denied::Role(Role::Manager)));
        assert!(member(Role::Manager, &both).may_manage(&own).is_ok());
        assert_eq!(member(Role::Manager, &both).may_administer(), Err(Denied::Scope(Scope::Administer)));
    }

    #[test]
    fn a_small_token_has_small_rights() {
        let own = owner(1, false);
        assert_eq!(member(Role::Manager, &[Scope::Read]).may_write(&own), Err(Denied::Scope(Scope::Write)));
        let blind = member(Role::Manager, &[Scope::Write]);
        assert_eq!(blind.may_write(&own), Err(Denied::Hidden), "what may not be read may not be changed");
        assert!(!blind.readable().allows(own.id));
        assert!(Actor::local("me").may_administer().is_ok());
    }
}
