//! Lists of labels: they explain, some of them exclude, and an owner may overrule them.
//!
//! A list says something of the values on it: a CDN's addresses, the most visited sites, our own hosts. Every list that
//! a value stands on is shown where the value is about to come in; one that *excludes* keeps it out, and says so with
//! its name. A list is everybody's or an owner's; an owner's list excludes from that owner alone, and is seen by
//! those who may read it. Nothing that is stored already is hidden or taken away.

mod draft;
mod matcher;
mod screen;

use std::collections::BTreeSet;

use model::{Actor, Indicator, IndicatorType, LabelListId, Owner, OwnerId, Time, WritableOwner, right::Administration};
use serde::Serialize;
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
    label::{Keeper, List, Overrule},
};

use super::{Knowledge, owner};
use crate::error::Error;
pub use draft::Draft;
pub(crate) use matcher::{Matcher, addresses};
pub use screen::Labelled;
pub(crate) use screen::{Cache, Screen, refusal_of};

/// The most lists of an installation.
pub const LISTS_MAX: usize = 1_000;
/// The most octets that the entries of one list may have.
pub const ENTRIES_OCTETS_MAX: usize = 64 << 20;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest description or reason, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// What became of a list that was brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brought {
    /// The list as it is now.
    pub list: List,
    /// How many entries cannot be read and were left out.
    pub left_out: u64,
    /// Whether there was one of this name before.
    pub replaced: bool,
}

/// The right to keep lists, as a value.
enum Right {
    Everybody(Administration),
    Owner(WritableOwner),
}

impl Right {
    fn of(tx: &mut Tx<'_>, actor: &Actor, whose: Option<OwnerId>) -> Result<Right, Error> {
        match whose {
            None => Ok(Right::Everybody(actor.may_administer()?)),
            Some(id) => Ok(Right::Owner(actor.may_write(&owner(tx, actor, id)?)?)),
        }
    }

    fn keeper(&self) -> Keeper<'_> {
        match self {
            Right::Everybody(administration) => Keeper::Everybody(administration),
            Right::Owner(owner) => Keeper::Owner(owner),
        }
    }
}

impl Knowledge {
    /// Brings a list in; one of the same name and owner is replaced, and excludes as before unless that is said.
    pub fn put_label_list(
        &self,
        actor: &Actor,
        whose: Option<OwnerId>,
        draft: &Draft,
        excludes: Option<bool>,
        now: Time,
    ) -> Result<Brought, Error> {
        check(draft)?;
        let (entries, count, left_out) = draft.written();
        if entries.len() > ENTRIES_OCTETS_MAX {
            return Err(Error::Limit(format!("a list has at most {ENTRIES_OCTETS_MAX} octets of entries")));
        }
        self.store.write(|tx| {
            let right = Right::of(tx, actor, whose)?;
            let before = store::label::by_name(tx, whose, &draft.name)?;
            if before.is_none() && store::label::revisions(tx)?.len() >= LISTS_MAX {
                return Err(Error::Limit(format!("at most {LISTS_MAX} lists")));
            }
            let list = List {
                id: before.as_ref().map_or_else(|| LabelListId(fresh::id(now)), |list| list.id),
                owner: whose,
                name: draft.name.trim().to_owned(),
                description: draft.description.clone(),
                matching: draft.matching,
                types: types(&draft.types),
                version: draft.version,
                excludes: excludes.or(before.as_ref().map(|list| list.excludes)).unwrap_or(false),
                count,
                modified: now,
                revision: before.as_ref().map_or(1, |list| list.revision + 1),
            };
            store::label::put(tx, right.keeper(), &list, Some(&entries))?;
            let detail = Detail::default().with("name", list.name.as_str()).with("entries", count);
            let detail = detail.with("excludes", list.excludes);
            write_down(tx, actor, "label.put", list.id, whose, detail, now)?;
            Ok(Brought { list, left_out, replaced: before.is_some() })
        })
    }

    /// Everybody's lists and those of readable owners, by name.
    pub fn label_lists(
        &self,
        actor: &Actor,
        after: Option<&(String, LabelListId)>,
        limit: u32,
    ) -> Result<Vec<List>, Error> {
        self.store.read(|tx| Ok(store::label::list(tx, &actor.readable(), after, limit)?))
    }

    /// One list.
    pub fn label_list(&self, actor: &Actor, id: LabelListId) -> Result<List, Error> {
        self.store.read(|tx| list(tx, actor, id))
    }

    /// The list with this name: an owner's, or everybody's.
    pub fn label_list_by_name(&self, actor: &Actor, whose: Option<OwnerId>, name: &str) -> Result<List, Error> {
        self.store.read(|tx| {
            let found = store::label::by_name(tx, whose, name)?.ok_or(Error::NotFound)?;
            list(tx, actor, found.id)
        })
    }

    /// The entries of a list, one a line.
    pub fn label_entries(&self, actor: &Actor, id: LabelListId) -> Result<String, Error> {
        self.store.read(|tx| {
            list(tx, actor, id)?;
            Ok(store::label::entries(tx, id)?)
        })
    }

    /// Decides whether a list keeps values out.
    pub fn set_excludes(&self, actor: &Actor, id: LabelListId, excludes: bool, now: Time) -> Result<List, Error> {
        self.store.write(|tx| {
            let before = list(tx, actor, id)?;
            let right = Right::of(tx, actor, before.owner)?;
            let after = List { excludes, modified: now, revision: before.revision + 1, ..before };
            store::label::put(tx, right.keeper(), &after, None)?;
            let detail = Detail::default().with("excludes", excludes);
            write_down(tx, actor, "label.change", id, after.owner, detail, now)?;
            Ok(after)
        })
    }

    /// Takes a list away.
    pub fn remove_label_list(&self, actor: &Actor, id: LabelListId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let list = list(tx, actor, id)?;
            let right = Right::of(tx, actor, list.owner)?;
            store::label::remove(tx, right.keeper(), &list)?;
            let detail = Detail::default().with("name", list.name.as_str());
            write_down(tx, actor, "label.remove", id, list.owner, detail, now)
        })
    }

    /// From now on an owner does not go by a list for one value.
    pub fn overrule_label(
        &self,
        actor: &Actor,
        of: OwnerId,
        id: LabelListId,
        value: &Indicator,
        reason: &str,
        now: Time,
    ) -> Result<Overrule, Error> {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > TEXT_CHARS_MAX {
            return Err(Error::invalid("reason", format!("say why, in 1 to {TEXT_CHARS_MAX} characters")));
        }
        self.store.write(|tx| {
            list(tx, actor, id)?;
            let writable = actor.may_write(&owner(tx, actor, of)?)?;
            let (list, user, value) = (id, actor.user, value.canonical());
            let overrule = Overrule { owner: of, list, value, user, reason: reason.to_owned(), added: now };
            store::label::overrule(tx, &writable, &overrule)?;
            let detail = Detail::default().with("reason", reason).personal("value", overrule.value.as_str());
            write_down(tx, actor, "label.overrule", id, Some(of), detail, now)?;
            Ok(overrule)
        })
    }

    /// The owner goes by the list for this value again.
    pub fn restore_label(
        &self,
        actor: &Actor,
        of: OwnerId,
        id: LabelListId,
        value: &Indicator,
        now: Time,
    ) -> Result<(), Error> {
        self.store.write(|tx| {
            let writable = actor.may_write(&owner(tx, actor, of)?)?;
            if !store::label::restore(tx, &writable, id, &value.canonical())? {
                return Err(Error::NotFound);
            }
            let detail = Detail::default().personal("value", value.canonical());
            write_down(tx, actor, "label.restore", id, Some(of), detail, now)
        })
    }

    /// What an owner overruled.
    pub fn overrules(&self, actor: &Actor, of: OwnerId) -> Result<Vec<Overrule>, Error> {
        self.store.read(|tx| {
            let owner: Owner = owner(tx, actor, of)?;
            Ok(store::label::overrules(tx, owner.id)?)
        })
    }

    /// Every list that a value stands on, as it counts for an owner.
    pub fn labels_of(&self, actor: &Actor, of: OwnerId, value: &Indicator) -> Result<Vec<Labelled>, Error> {
        self.store.read(|tx| {
            let owner = owner(tx, actor, of)?;
            let matcher = self.labels.current(tx)?;
            Ok(Screen::new(tx, matcher, actor, owner.id)?.labels(value))
        })
    }
}

fn check(draft: &Draft) -> Result<(), Error> {
    if !(1..=NAME_CHARS_MAX).contains(&draft.name.trim().chars().count()) {
        return Err(Error::invalid("name", format!("1 to {NAME_CHARS_MAX} characters")));
    }
    if draft.description.chars().count() > TEXT_CHARS_MAX {
        return Err(Error::invalid("description", format!("at most {TEXT_CHARS_MAX} characters")));
    }
    Ok(())
}

/// None where it is for all of them.
fn types(types: &BTreeSet<IndicatorType>) -> Vec<IndicatorType> {
    if types.len() == IndicatorType::ALL.len() { Vec::new() } else { types.iter().copied().collect() }
}

/// A list that the actor may read; any other is not there.
fn list(tx: &mut Tx<'_>, actor: &Actor, id: LabelListId) -> Result<List, Error> {
    let list = store::label::by_id(tx, id)?;
    list.filter(|list| list.owner.is_none_or(|owner| actor.readable().allows(owner))).ok_or(Error::NotFound)
}

fn write_down(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &'static str,
    id: LabelListId,
    owner: Option<OwnerId>,
    detail: Detail,
    now: Time,
) -> Result<(), Error> {
    let object = Some(("label", id.0));
    audit::append(tx, &Entry { time: now, actor, action, object, owner, detail })?;
    Ok(())
}
