//! What the team believes: scenarios on both engines.

mod community;
pub(crate) mod engines;
mod import;
mod leak;
mod profile;
mod text;

use model::{
    Actor, Id, Indicator, Membership, Owner, OwnerId, OwnerKind, Readable, Scopes, Standing, Time, Tlp, UserId,
    owner::Role,
};

pub(crate) const NOW: Time = Time(1_790_000_000);

/// An owner that is there.
pub(crate) fn owner(store: &store::Store, number: u8, name: &str) -> Owner {
    let id = OwnerId(Id([number; 16]));
    let owner = Owner {
        id,
        name: name.into(),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        revision: 1,
    };
    store.write(|tx| store::owner::add(tx, &owner, NOW)).unwrap();
    owner
}

/// Somebody with a role in one owner.
pub(crate) fn member(of: &Owner, role: Role) -> Actor {
    let user = UserId(Id([of.id.0.0[0] + 100; 16]));
    let membership = Membership { owner: of.id, user, role, pseudonym: None };
    Actor {
        name: format!("{role} of {}", of.name),
        user: Some(user),
        sources: Readable::All,
        standing: Standing::Account { administrator: false, memberships: vec![membership], open: Vec::new() },
        scopes: Scopes::all(),
    }
}

pub(crate) fn indicator(text: &str) -> Indicator {
    Indicator::guess(text).unwrap()
}
