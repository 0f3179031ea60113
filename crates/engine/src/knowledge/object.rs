//! What hangs on objects: the rules that tags, attributes, notes, sightings and associations share.
//!
//! An owner hangs things on what it holds: a value that it has an opinion about, or its own group. Where an owner
//! reviews contributions, contributors bring indicators and groups; what hangs on them is for its analysts.

use model::{
    Actor, AddableOwner, Denied, GroupKind, Id, Indicator, Object, ObjectType, Owner, OwnerId, Time, Tlp, owner::Role,
};
use store::{
    Tx, Viewer,
    audit::{self, Detail, Entry},
};

use super::{Knowledge, owner};
use crate::error::Error;

/// The most rows in one answer: those of the longest page, and one that says whether there are more.
pub const LIST_MAX: u32 = 1001;

impl Knowledge {
    /// The object that a person names: by its id, by a value, by the name of a group, or by `TYPE:NAME` where several
    /// types have that name.
    pub fn object(&self, actor: &Actor, text: &str) -> Result<Object, Error> {
        let text = text.trim();
        self.store.read(|tx| {
            if let Ok(id) = text.parse() {
                return by_id(tx, actor, id);
            }
            let indicator = Indicator::guess(text).map(|indicator| store::indicator::id(&indicator).into());
            match indicator.map(|object| seen(tx, actor, object).map(|_| object)) {
                None | Some(Err(Error::NotFound)) => by_name(tx, actor, text),
                Some(outcome) => outcome,
            }
        })
    }
}

fn by_id(tx: &mut Tx<'_>, actor: &Actor, id: Id) -> Result<Object, Error> {
    for kind in ObjectType::ALL {
        let object = Object::new(*kind, id);
        match seen(tx, actor, object) {
            Err(Error::NotFound) => {}
            outcome => return outcome.map(|_| object),
        }
    }
    Err(Error::NotFound)
}

fn by_name(tx: &mut Tx<'_>, actor: &Actor, text: &str) -> Result<Object, Error> {
    let typed = text.split_once(':').and_then(|(kind, name)| Some((kind.parse().ok()?, name)));
    let (kind, name) = typed.map_or((None, text), |(kind, name): (GroupKind, &str)| (Some(kind), name));
    let found = store::group::named(tx, &Viewer::of(actor), kind, name, 2)?;
    match found.as_slice() {
        [] => Err(Error::NotFound),
        [one] => Ok(one.id.into()),
        _ => Err(Error::Conflict(format!("several groups are named `{name}`: write TYPE:NAME, or an id"))),
    }
}

/// An object as one owner holds it, in the hands of somebody who may add to it.
pub(super) struct Held {
    pub(super) owner: AddableOwner,
    /// How far the object may be shared, as the owner holds it.
    pub(super) tlp: Tlp,
}

/// The right to hang something on an object that an owner holds.
pub(super) fn held(tx: &mut Tx<'_>, actor: &Actor, of: OwnerId, object: Object) -> Result<Held, Error> {
    let owner = owner(tx, actor, of)?;
    let tlp = store::object::held(tx, &Viewer::of(actor), of, object)?.ok_or(Error::NotFound)?;
    Ok(Held { owner: direct(actor, &owner)?, tlp })
}

/// The right to add something that waits for nobody.
pub(crate) fn direct(actor: &Actor, owner: &Owner) -> Result<AddableOwner, Error> {
    let addable = actor.may_add(owner)?;
    if addable.pending() { Err(Denied::Role(Role::Analyst).into()) } else { Ok(addable) }
}

/// What an actor may know of; how far it may be shared. Anything else is not there.
pub(super) fn seen(tx: &mut Tx<'_>, actor: &Actor, object: Object) -> Result<Tlp, Error> {
    store::object::strictest(tx, &Viewer::of(actor), object)?.ok_or(Error::NotFound)
}

/// Writes down what was done to an object.
pub(super) fn log(
    tx: &mut Tx<'_>,
    actor: &Actor,
    now: Time,
    action: &'static str,
    of: OwnerId,
    object: Object,
    detail: Detail,
) -> Result<(), Error> {
    let object = Some((object.kind().as_str(), object.id()));
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(of), detail })?;
    Ok(())
}

/// A text that must say something and not too much.
pub(crate) fn text(field: &'static str, text: &str, most: usize) -> Result<String, Error> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err(Error::invalid(field, "write something")),
        length if length > most => Err(Error::invalid(field, format!("at most {most} characters, here are {length}"))),
        _ => Ok(text.to_owned()),
    }
}

/// A text that may be left out.
pub(crate) fn maybe_text(field: &'static str, given: Option<&str>, most: usize) -> Result<Option<String>, Error> {
    given.filter(|given| !given.trim().is_empty()).map(|given| text(field, given, most)).transpose()
}

/// A period that ends after it begins.
pub(super) fn period(first: Option<Time>, last: Option<Time>) -> Result<(), Error> {
    match first.zip(last) {
        Some((first, last)) if last < first => Err(Error::invalid("lastSeen", "before firstSeen")),
        _ => Ok(()),
    }
}

/// The label of something that derives from others: the strictest of theirs, unless a reason is given for less.
pub(super) fn derived(wanted: Option<Tlp>, strictest: Tlp, reason: Option<&str>) -> Result<Tlp, Error> {
    match wanted {
        Some(wanted) if wanted < strictest && reason.is_none_or(|reason| reason.trim().is_empty()) => {
            let why = format!("it derives from what is {}: a label below that needs a reason", strictest.label());
            Err(Error::invalid("tlp", why))
        }
        wanted => Ok(wanted.unwrap_or(strictest)),
    }
}
