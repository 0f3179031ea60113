//! Associations: something somebody believed, with the reason.

use model::{
    Actor, Association, AssociationId, AssociationKind, Decider, GroupKind, Object, OwnerId, Time, Tlp,
    association::REASON_CHARACTERS_MAX,
};
use store::{
    Tx, Viewer,
    association::{Counts, Filter, Linked},
    audit::Detail,
    fresh,
};

use super::{
    Knowledge,
    object::{LIST_MAX, derived, direct, log, period, seen, text},
    owner,
};
use crate::error::Error;

/// An association to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAssociation {
    /// What kind; read from the first end to the second.
    pub kind: AssociationKind,
    /// The first end.
    pub from: Object,
    /// The second end.
    pub to: Object,
    /// Why.
    pub reason: String,
    /// How sure, 0 to 100.
    pub confidence: Option<u8>,
    /// Since when it holds.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// How far it may be shared; where none is given, the strictest label of the two ends and of the owner.
    pub tlp: Option<Tlp>,
    /// Why it has a label below that.
    pub label_reason: Option<String>,
}

impl NewAssociation {
    /// An association with its reason.
    pub fn new(
        from: impl Into<Object>,
        kind: AssociationKind,
        to: impl Into<Object>,
        reason: impl Into<String>,
    ) -> NewAssociation {
        NewAssociation {
            kind,
            from: from.into(),
            to: to.into(),
            reason: reason.into(),
            confidence: None,
            first_seen: None,
            last_seen: None,
            tlp: None,
            label_reason: None,
        }
    }
}

impl Knowledge {
    /// Associates two objects that the actor may know of. Where the owner has such an association already, it gets
    /// the new reason, confidence, period and label.
    pub fn associate(
        &self,
        actor: &Actor,
        of: OwnerId,
        new: &NewAssociation,
        decider: Decider,
        now: Time,
    ) -> Result<Association, Error> {
        self.store.write(|tx| associate(tx, actor, of, new, decider, now))
    }

    /// Who decides what an actor does: an account that only programs use is no person.
    pub fn decider(&self, actor: &Actor) -> Result<Decider, Error> {
        let Some(id) = actor.user else { return Ok(Decider::Person) };
        let user = self.store.read(|tx| store::user::by_id(tx, id))?;
        Ok(if user.is_some_and(|user| user.api_only) { Decider::Automatic } else { Decider::Person })
    }

    /// Takes an association back.
    pub fn dissociate(&self, actor: &Actor, id: AssociationId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let found = store::association::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, found.owner)?)?;
            store::association::remove(tx, &writable, id)?;
            log(tx, actor, now, "association.remove", found.owner, found.from, detail(&found))
        })
    }

    /// The association with this id.
    pub fn association(&self, actor: &Actor, id: AssociationId) -> Result<Association, Error> {
        self.store.read(|tx| store::association::by_id(tx, id, &Viewer::of(actor)))?.ok_or(Error::NotFound)
    }

    /// How many associations an object has that the actor may read, by what is at the other end.
    pub fn association_counts(&self, actor: &Actor, object: Object) -> Result<Counts, Error> {
        self.store.read(|tx| {
            seen(tx, actor, object)?;
            Ok(store::association::count(tx, object, &Viewer::of(actor))?)
        })
    }

    /// The associations of an object that the actor may read, as they were added, at most [`LIST_MAX`].
    pub fn associations(
        &self,
        actor: &Actor,
        object: Object,
        filter: &Filter,
        after: Option<AssociationId>,
        limit: u32,
    ) -> Result<Vec<Linked>, Error> {
        self.store.read(|tx| {
            seen(tx, actor, object)?;
            Ok(store::association::list(tx, object, &Viewer::of(actor), filter, after, limit.min(LIST_MAX))?)
        })
    }
}

pub(super) fn associate(
    tx: &mut Tx<'_>,
    actor: &Actor,
    of: OwnerId,
    new: &NewAssociation,
    decider: Decider,
    now: Time,
) -> Result<Association, Error> {
    let addable = direct(actor, &owner(tx, actor, of)?)?;
    let association = made(tx, actor, of, new, addable.owner().tlp, now)?;
    if decider == Decider::Automatic {
        refuse_adversary(tx, actor, &association)?;
    }
    let before = store::association::of_ends(tx, &association)?;
    let lowered = before.as_ref().is_some_and(|before| association.tlp < before.tlp);
    if lowered && new.label_reason.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Error::invalid("tlp", "it has a stricter label now: freeing it needs a reason"));
    }
    let association = store::association::put(tx, &addable, &association, actor.user)?;
    let action = if before.is_some() { "association.change" } else { "association.add" };
    let mut detail = detail(&association);
    if let Some(reason) = &new.label_reason {
        detail = detail.with("label_reason", reason.as_str());
    }
    log(tx, actor, now, action, of, association.from, detail)?;
    Ok(association)
}

fn made(
    tx: &mut Tx<'_>,
    actor: &Actor,
    of: OwnerId,
    new: &NewAssociation,
    usual: Tlp,
    now: Time,
) -> Result<Association, Error> {
    if new.from == new.to {
        return Err(Error::invalid("to", "nothing is associated with itself"));
    }
    if new.confidence.is_some_and(|confidence| confidence > 100) {
        return Err(Error::invalid("confidence", "confidence is 0 to 100"));
    }
    period(new.first_seen, new.last_seen)?;
    let strictest = end(tx, actor, of, new.from)?.max(end(tx, actor, of, new.to)?).max(usual);
    // What has no direction is one association, whichever end was named first.
    let swapped = new.kind == AssociationKind::RelatedTo && new.from.id() > new.to.id();
    let (from, to) = if swapped { (new.to, new.from) } else { (new.from, new.to) };
    Ok(Association {
        id: AssociationId(fresh::id(now)),
        owner: of,
        kind: new.kind,
        from,
        to,
        reason: text("reason", &new.reason, REASON_CHARACTERS_MAX)?,
        confidence: new.confidence,
        first_seen: new.first_seen,
        last_seen: new.last_seen,
        tlp: derived(new.tlp, strictest, new.label_reason.as_deref())?,
        added: now,
        revision: 1,
    })
}

/// The label of an end: as the owner holds it, or the strictest that the actor sees.
fn end(tx: &mut Tx<'_>, actor: &Actor, of: OwnerId, object: Object) -> Result<Tlp, Error> {
    match store::object::held(tx, &Viewer::of(actor), of, object)? {
        Some(tlp) => Ok(tlp),
        None => seen(tx, actor, object),
    }
}

/// Who is behind something only a person says.
fn refuse_adversary(tx: &mut Tx<'_>, actor: &Actor, association: &Association) -> Result<(), Error> {
    for end in [association.from, association.to] {
        if let Object::Group(id) = end
            && super::group::group(tx, actor, id)?.kind() == GroupKind::Adversary
        {
            return Err(Error::invalid("to", "only a person associates an adversary, with a reason"));
        }
    }
    Ok(())
}

fn detail(association: &Association) -> Detail {
    Detail::default()
        .with("association", association.id.to_string())
        .with("kind", association.kind.as_str())
        .with("to", association.to.id().to_string())
        .with("tlp", association.tlp.as_str())
}
