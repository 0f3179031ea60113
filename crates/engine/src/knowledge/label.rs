//! Lists of labels: they explain, some of them exclude, and an owner may overrule them.
//!
//! A list says something of the values on it: a CDN's addresses, the most visited sites, our own hosts. Every list that
//! a value stands on is shown where the value is about to come in; one that *excludes* keeps it out, and says so with
//! its name. A list is everybody's or an owner's; an owner's list excludes from that owner alone, and is seen by
//! those who may read it. Nothing that is stored already is hidden or taken away.

mod matcher;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use formats::misp::warninglist::{self, Warninglist};
use model::{
    Actor, Indicator, IndicatorType, LabelListId, Owner, OwnerId, ReadableOwners, Time, WritableOwner, label::Matching,
    right::Administration,
};
use serde::Serialize;
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
    label::{Keeper, List, Overrule},
};

use super::{Knowledge, owner};
use crate::{error::Error, label::LabelKind};
pub(crate) use matcher::addresses;
use matcher::{Matcher, pattern, prefix};

/// The most lists of an installation.
pub const LISTS_MAX: usize = 1_000;
/// The most octets that the entries of one list may have.
pub const ENTRIES_OCTETS_MAX: usize = 64 << 20;
/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 200;
/// The longest description or reason, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// A list that a value stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Labelled {
    /// The list's name.
    pub list: String,
    /// The list; none where it is one of those inside the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<LabelListId>,
    /// The entry that says so, where that is something else than the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// What it says, where that has a word.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "word")]
    pub kind: Option<LabelKind>,
    /// Whether it keeps the value out.
    pub excludes: bool,
    /// Why the owner does not go by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruled: Option<String>,
}

fn word<S: serde::Serializer>(kind: &Option<LabelKind>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.map_or("", LabelKind::as_str))
}

/// A list as it is brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Its name.
    pub name: String,
    /// What standing on it means.
    pub description: String,
    /// How its entries are meant.
    pub matching: Matching,
    /// The types of indicators that it is for; all where empty.
    pub types: BTreeSet<IndicatorType>,
    /// Its publisher's version.
    pub version: u64,
    /// The entries.
    pub entries: Vec<String>,
}

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

impl Draft {
    /// Own values, each taken as what it is.
    pub fn values(name: impl Into<String>, description: impl Into<String>, entries: Vec<String>) -> Draft {
        let (name, description) = (name.into(), description.into());
        Draft { name, description, matching: Matching::Value, types: BTreeSet::new(), version: 0, entries }
    }

    /// A warninglist; none where it is for nothing that can be an indicator here.
    pub fn warninglist(list: Warninglist) -> Option<Draft> {
        let types = list.types();
        let matching = match list.matching {
            warninglist::Matching::Cidr => Matching::Cidr,
            warninglist::Matching::Hostname => Matching::Hostname,
            warninglist::Matching::String => Matching::String,
            warninglist::Matching::Substring => Matching::Substring,
            warninglist::Matching::Regex => Matching::Regex,
        };
        let Warninglist { name, description, version, values: entries, .. } = list;
        (!types.is_empty()).then_some(Draft { name, description, matching, types, version, entries })
    }

    /// The entries that can be read, one a line, their number, and how many cannot.
    fn written(&self) -> (String, u64, u64) {
        let (mut text, mut count, mut left_out) = (String::new(), 0, 0);
        for entry in self.entries.iter().map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
            if entry.contains(['\n', '\r', '\0']) || !readable(self.matching, entry) {
                left_out += 1;
                continue;
            }
            text.push_str(entry);
            text.push('\n');
            count += 1;
        }
        (text, count, left_out)
    }
}

fn readable(matching: Matching, entry: &str) -> bool {
    match matching {
        Matching::Cidr => prefix(entry).is_some(),
        Matching::Regex => pattern(entry).is_some(),
        _ => entry.len() <= usize::from(u16::MAX),
    }
}

/// The lists as they are matched, kept until one of them changes.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Arc<Matcher>>);

impl Cache {
    /// The lists as they are now.
    pub(crate) fn current(&self, tx: &mut Tx<'_>) -> Result<Arc<Matcher>, Error> {
        let revisions = store::label::revisions(tx)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revisions != revisions {
            let mut lists = Vec::new();
            for id in revisions.keys() {
                let list = store::label::by_id(tx, *id)?;
                lists.extend(list.map(|list| Ok::<_, Error>((list, store::label::entries(tx, *id)?))).transpose()?);
            }
            *kept = Arc::new(Matcher::new(revisions, lists));
        }
        Ok(Arc::clone(&kept))
    }
}

/// What the lists say to one owner's import.
pub(crate) struct Screen {
    matcher: Arc<Matcher>,
    owner: OwnerId,
    readable: ReadableOwners,
    overruled: HashMap<(LabelListId, String), String>,
}

impl Screen {
    /// The lists that count for an owner, as the actor may see them.
    pub(crate) fn new(tx: &mut Tx<'_>, matcher: Arc<Matcher>, actor: &Actor, owner: OwnerId) -> Result<Screen, Error> {
        let overruled = match matcher.is_empty() {
            true => HashMap::new(),
            false => store::label::overrules(tx, owner)?
                .into_iter()
                .map(|overrule| ((overrule.list, overrule.value), overrule.reason))
                .collect(),
        };
        Ok(Screen { matcher, owner, readable: actor.readable(), overruled })
    }

    /// Every list that the value stands on.
    pub(crate) fn labels(&self, indicator: &Indicator) -> Vec<Labelled> {
        if self.matcher.is_empty() {
            return Vec::new();
        }
        let value = indicator.canonical();
        let hits = self.matcher.of(indicator).into_iter();
        let seen = hits.filter(|hit| hit.list.owner.is_none_or(|owner| self.readable.allows(owner)));
        let labelled = seen.map(|hit| {
            let overruled = self.overruled.get(&(hit.list.id, value.clone())).cloned();
            let concerned = hit.list.owner.is_none_or(|owner| owner == self.owner);
            Labelled {
                list: hit.list.name.clone(),
                id: Some(hit.list.id),
                entry: (hit.entry != value).then_some(hit.entry),
                kind: None,
                excludes: hit.list.excludes && concerned && overruled.is_none(),
                overruled,
            }
        });
        labelled.collect()
    }

    /// Why the value may not come in.
    pub(crate) fn refusal(&self, indicator: &Indicator) -> Option<String> {
        if self.matcher.is_empty() {
            return None;
        }
        refusal_of(&self.labels(indicator))
    }
}

/// Why a value with these labels may not come in.
pub(crate) fn refusal_of(labels: &[Labelled]) -> Option<String> {
    let label = labels.iter().find(|label| label.excludes)?;
    let entry = label.entry.as_ref().map(|entry| format!(" as `{entry}`")).unwrap_or_default();
    Some(format!("on the exclusion list `{}`{entry}", label.list))
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
