//! Bringing values in: a preview first, then one transaction, one entry in history, and one way to take it back.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use formats::list::Stated;
use model::{
    Actor, AddableOwner, ImportId, Indicator, IndicatorId, IndicatorType, Opinion, OwnerId, Pap, Provenance, Time, Tlp,
    opinion::{HostRole, Use},
};
use serde::{Deserialize, Serialize};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    fresh,
    import::{Import, Item, Undone},
    opinion::Held,
};

use super::{
    Knowledge,
    collateral::Collateral,
    label::{Labelled, Screen, refusal_of},
    owner,
};
use crate::error::Error;

/// The most values of one import.
pub const ROWS_MAX: usize = 2_000_000;

/// A value that is offered, and where it came from where that is more than the import's origin.
#[derive(Clone, Debug)]
pub struct Offered {
    /// What is stated.
    pub stated: Stated,
    /// Where it came from.
    pub provenance: Provenance,
}

/// What holds for every row that does not say otherwise. It never changes what the owner holds already.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Defaults {
    /// How bad.
    pub rating: Option<u8>,
    /// How sure.
    pub confidence: Option<u8>,
    /// What defences may do with it.
    #[serde(rename = "use")]
    pub usage: Use,
    /// What the host is.
    pub role: HostRole,
    /// How far it may be shared; the owner's own label where none.
    pub tlp: Option<Tlp>,
    /// Who may learn of questions about it.
    pub pap: Option<Pap>,
    /// Tags for all of them.
    pub tags: Vec<String>,
}

/// What is to come in.
#[derive(Clone, Debug)]
pub struct Request {
    /// To whom.
    pub owner: OwnerId,
    /// From where, in words: "passive DNS of 203.0.113.7", "list.csv".
    pub origin: String,
    /// What holds where a row says nothing.
    pub defaults: Defaults,
    /// The rows.
    pub rows: Vec<Offered>,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Its entry in history; none where nothing changed.
    pub import: Option<Import>,
    /// Values the owner did not hold before.
    pub added: u64,
    /// Values it held and that changed.
    pub changed: u64,
    /// Values it held just so.
    pub unchanged: u64,
    /// Rows that were refused, and why.
    pub refused: Vec<Refused>,
    /// What became of each row that was not refused, in order.
    #[serde(skip)]
    pub rows: Vec<Outcome>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Which, by its line.
    pub line: usize,
    /// The indicator.
    pub id: IndicatorId,
    /// What happened to it.
    pub effect: Effect,
}

/// What a row did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    /// The owner did not hold the value before.
    Added,
    /// The owner held it, and holds it otherwise now.
    Changed,
    /// The owner held it just so.
    Unchanged,
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Which, counted from 1.
    pub line: usize,
    /// The value.
    #[serde(serialize_with = "as_text")]
    pub indicator: Indicator,
    /// Why.
    pub why: String,
}

/// What would happen to a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase", tag = "standing")]
pub enum Standing {
    /// Nobody whom the actor may read holds it.
    New,
    /// Held already, by whom and how.
    Known {
        /// The owners that hold it.
        by: Vec<Known>,
    },
    /// It would be refused.
    Refused {
        /// Why.
        why: String,
    },
}

/// Who holds a value already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// The owner's name.
    pub owner: String,
    /// How bad it says it is.
    pub rating: Option<u8>,
    /// How sure it is now.
    pub confidence: Option<u8>,
    /// What it lets defences do.
    #[serde(rename = "use")]
    pub usage: Use,
}

/// A row of a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Previewed {
    /// Which row, counted from 1.
    pub line: usize,
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: IndicatorType,
    /// The value.
    #[serde(serialize_with = "as_text")]
    pub indicator: Indicator,
    /// What would happen.
    #[serde(flatten)]
    pub standing: Standing,
    /// What defences might do with it then.
    #[serde(rename = "use")]
    pub usage: Use,
    /// Every list that it stands on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<Labelled>,
    /// What blocking it would break, where that was looked at ([`super::collateral::look`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collateral: Option<Collateral>,
}

fn as_text<S: serde::Serializer>(indicator: &Indicator, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&indicator.canonical())
}

impl Knowledge {
    /// What an import would do, row by row; nothing is changed.
    pub fn preview(&self, actor: &Actor, request: &Request, now: Time) -> Result<Vec<Previewed>, Error> {
        check(request)?;
        self.store.read(|tx| {
            let to = actor.may_add(&owner(tx, actor, request.owner)?)?;
            let matcher = self.labels.current(tx)?;
            let screen = Screen::new(tx, matcher, actor, request.owner)?;
            let known = known_by(tx, actor, &request.rows, now)?;
            let held = held_by_owner(tx, &to, &request.rows)?;
            let rows = request.rows.iter();
            Ok(rows.map(|row| previewed(&to, row, &request.defaults, &known, &held, &screen)).collect())
        })
    }

    /// Brings the rows in, all of them or none, as one entry in history.
    pub fn import(&self, actor: &Actor, request: &Request, now: Time) -> Result<Imported, Error> {
        let matcher = self.store.read(|tx| self.labels.current(tx))?;
        self.store.write(|tx| {
            let to = actor.may_add(&owner(tx, actor, request.owner)?)?;
            let screen = Screen::new(tx, Arc::clone(&matcher), actor, request.owner)?;
            bring_in(tx, actor, &to, request, &screen, now)
        })
    }

    /// Takes back exactly what an import brought, except what somebody changed or built on since.
    pub fn undo(&self, actor: &Actor, id: ImportId, now: Time) -> Result<Undone, Error> {
        self.store.write(|tx| {
            let import = store::import::by_id(tx, id, &actor.readable())?.ok_or(Error::NotFound)?;
            let from = actor.may_write(&owner(tx, actor, import.owner)?)?;
            let undone = store::import::undo(tx, &from, id, now)?;
            let undone = undone.ok_or_else(|| Error::Conflict("this import was taken back before".into()))?;
            let detail = Detail::default()
                .with("removed", undone.removed)
                .with("restored", undone.restored)
                .with("kept", undone.kept);
            let object = Some(("import", id.0));
            let entry = Entry { time: now, actor, action: "import.undo", object, owner: Some(import.owner), detail };
            audit::append(tx, &entry)?;
            Ok(undone)
        })
    }

    /// Imports of readable owners, the newest first.
    pub fn imports(&self, actor: &Actor, before: Option<ImportId>, limit: u32) -> Result<Vec<Import>, Error> {
        self.store.read(|tx| Ok(store::import::list(tx, &actor.readable(), before, limit)?))
    }

    /// One import.
    pub fn import_by_id(&self, actor: &Actor, id: ImportId) -> Result<Import, Error> {
        self.store.read(|tx| store::import::by_id(tx, id, &actor.readable())?.ok_or(Error::NotFound))
    }
}

/// Brings the rows in; the caller has the right to, and the transaction.
pub(super) fn bring_in(
    tx: &mut Tx<'_>,
    actor: &Actor,
    to: &AddableOwner,
    request: &Request,
    screen: &Screen,
    now: Time,
) -> Result<Imported, Error> {
    check(request)?;
    let import = ImportId(fresh::id(now));
    let (items, mut imported) = items(tx, to, request, screen, import, now)?;
    if !items.is_empty() {
        imported.import = Some(record(tx, actor, to, request, import, &imported, &items, now)?);
    }
    Ok(imported)
}

fn check(request: &Request) -> Result<(), Error> {
    if request.rows.len() > ROWS_MAX {
        return Err(Error::Limit(format!("an import has at most {ROWS_MAX} rows, here are {}", request.rows.len())));
    }
    let beyond = |value: Option<u8>, most: u8| value.is_some_and(|value| value > most);
    if beyond(request.defaults.rating, model::opinion::RATING_MAX) {
        return Err(Error::invalid("defaults.rating", "a rating is 0 to 5"));
    }
    if beyond(request.defaults.confidence, 100) {
        return Err(Error::invalid("defaults.confidence", "confidence is 0 to 100"));
    }
    Ok(())
}

fn known_by(
    tx: &mut Tx<'_>,
    actor: &Actor,
    rows: &[Offered],
    now: Time,
) -> Result<HashMap<Indicator, Vec<Known>>, Error> {
    let readable = actor.readable();
    let names: BTreeMap<OwnerId, String> =
        store::owner::list(tx, &readable)?.into_iter().map(|owner| (owner.id, owner.name)).collect();
    let ids = ids(rows);
    let mut known: HashMap<Indicator, Vec<Known>> = HashMap::new();
    for held in store::opinion::of_indicators(tx, &ids, &readable, false)? {
        let by = Known {
            owner: names.get(&held.opinion.owner).cloned().unwrap_or_default(),
            rating: held.opinion.rating,
            confidence: held.confidence(now),
            usage: held.opinion.usage,
        };
        known.entry(held.indicator).or_default().push(by);
    }
    Ok(known)
}

/// The ids of the values, each once.
fn ids(rows: &[Offered]) -> Vec<IndicatorId> {
    let ids: BTreeSet<IndicatorId> = rows.iter().map(|row| store::indicator::id(&row.stated.indicator)).collect();
    ids.into_iter().collect()
}

type ByValue = HashMap<Indicator, Held>;

fn held_by_owner(tx: &mut Tx<'_>, to: &AddableOwner, rows: &[Offered]) -> Result<ByValue, Error> {
    let held = store::import::held(tx, to.owner().id, &ids(rows))?;
    Ok(held.into_values().map(|held| (held.indicator.clone(), held)).collect())
}

fn previewed(
    to: &AddableOwner,
    row: &Offered,
    defaults: &Defaults,
    known: &HashMap<Indicator, Vec<Known>>,
    held: &ByValue,
    screen: &Screen,
) -> Previewed {
    let indicator = &row.stated.indicator;
    let labels = screen.labels(indicator);
    let held = held.get(indicator);
    let refused = refusal_of(&labels).or_else(|| refusal(to, held));
    let standing = match (refused, known.get(indicator)) {
        (Some(why), _) => Standing::Refused { why },
        (None, Some(by)) => Standing::Known { by: by.clone() },
        (None, None) => Standing::New,
    };
    let usage = row.stated.usage.unwrap_or_else(|| held.map_or(defaults.usage, |held| held.opinion.usage));
    let (line, kind, indicator) = (row.stated.line, indicator.kind(), indicator.clone());
    Previewed { line, kind, indicator, standing, usage, labels, collateral: None }
}

/// Why a row may not come in.
fn refusal(to: &AddableOwner, held: Option<&Held>) -> Option<String> {
    let waits = to.pending() && held.is_some();
    waits.then(|| "held already; a contribution cannot change it, say it in a note".to_owned())
}

fn items(
    tx: &mut Tx<'_>,
    to: &AddableOwner,
    request: &Request,
    screen: &Screen,
    import: ImportId,
    now: Time,
) -> Result<(Vec<Item>, Imported), Error> {
    let held = held_by_owner(tx, to, &request.rows)?;
    let tags = store::import::tags_of(tx, to.owner().id, held.values().map(|held| held.opinion.indicator))?;
    let mut gathered = Gathered { at: HashMap::new(), items: Vec::new(), unchanged: 0, rows: Vec::new() };
    let mut refused = Vec::new();
    for row in &request.rows {
        let indicator = &row.stated.indicator;
        let held = held.get(indicator);
        match screen.refusal(indicator).or_else(|| refusal(to, held)) {
            None => {
                let (id, old) = (store::indicator::id(indicator), held.map(|held| &held.opinion));
                let has = tags.get(&id).map(Vec::as_slice).unwrap_or_default();
                gathered.add(Row { to, id, old, has, offered: row, defaults: &request.defaults, import, now });
            }
            Some(why) => refused.push(Refused { line: row.stated.line, indicator: indicator.clone(), why }),
        }
    }
    let added = gathered.items.iter().filter(|item| item.before.is_none()).count() as u64;
    let changed = gathered.items.len() as u64 - added;
    let (unchanged, rows) = (gathered.unchanged, gathered.rows);
    let imported = Imported { import: None, added, changed, unchanged, refused, rows };
    Ok((gathered.items, imported))
}

/// Rows become items; a value that stands several times is one item.
struct Gathered {
    at: HashMap<IndicatorId, usize>,
    items: Vec<Item>,
    unchanged: u64,
    rows: Vec<Outcome>,
}

struct Row<'a> {
    to: &'a AddableOwner,
    id: IndicatorId,
    old: Option<&'a Opinion>,
    has: &'a [String],
    offered: &'a Offered,
    defaults: &'a Defaults,
    import: ImportId,
    now: Time,
}

impl Gathered {
    fn add(&mut self, row: Row<'_>) {
        let stated = &row.offered.stated;
        let tags: Vec<String> = stated.tags.iter().chain(&row.defaults.tags).cloned().collect();
        let at = self.at.get(&row.id).copied();
        let base = at.map(|at| &self.items[at].after).or(row.old);
        let mut after = match base {
            Some(base) => base.clone(),
            None => fresh_opinion(&row),
        };
        let before_merge = after.clone();
        merge(&mut after, stated, row.now);
        let new_tags =
            tags.iter().any(|tag| !row.has.iter().any(|has| has.to_lowercase() == tag.trim().to_lowercase()));
        let same = at.is_none() && base.is_some() && after == before_merge && !new_tags;
        let effect = match row.old {
            None => Effect::Added,
            Some(_) if same => Effect::Unchanged,
            Some(_) => Effect::Changed,
        };
        self.rows.push(Outcome { line: stated.line, id: row.id, effect });
        if same {
            self.unchanged += 1;
            return;
        }
        let evidence = (row.offered.provenance.clone(), after.tlp);
        match at {
            Some(at) => {
                let item = &mut self.items[at];
                item.after = after;
                item.tags.extend(tags);
                item.evidence.push(evidence);
            }
            None => {
                after.import = Some(row.import);
                after.modified = row.now;
                after.revision = row.old.map_or(1, |old| old.revision + 1);
                let (indicator, before) = (stated.indicator.clone(), row.old.cloned());
                self.at.insert(row.id, self.items.len());
                self.items.push(Item { indicator, before, after, tags, evidence: vec![evidence] });
            }
        }
    }
}

fn fresh_opinion(row: &Row<'_>) -> Opinion {
    let (defaults, owner) = (row.defaults, row.to.owner());
    let fresh = Opinion::new(row.id, owner.id, defaults.tlp.unwrap_or(owner.tlp), row.now);
    Opinion {
        rating: defaults.rating,
        confidence: defaults.confidence,
        usage: defaults.usage,
        role: defaults.role,
        pap: defaults.pap.unwrap_or(fresh.pap),
        pending: row.to.pending(),
        ..fresh
    }
}

/// Puts what is stated into an opinion. What the row does not say stays; how far something may be shared only gets
/// narrower, and what a person wrote is not written over.
fn merge(opinion: &mut Opinion, stated: &Stated, now: Time) {
    if let Some(confidence) = stated.confidence {
        let renewed = opinion.confidence != Some(confidence);
        opinion.confidence = Some(confidence);
        opinion.renewed = if renewed { now } else { opinion.renewed };
    }
    opinion.rating = stated.rating.or(opinion.rating);
    opinion.usage = stated.usage.unwrap_or(opinion.usage);
    opinion.role = stated.role.unwrap_or(opinion.role);
    opinion.grade = stated.grade.or(opinion.grade);
    opinion.tlp = opinion.tlp.max(stated.tlp.unwrap_or(opinion.tlp));
    opinion.pap = opinion.pap.min(stated.pap.unwrap_or(opinion.pap));
    opinion.active = stated.active.unwrap_or(opinion.active);
    opinion.first_seen = opinion.first_seen.into_iter().chain(stated.first_seen).min();
    opinion.last_seen = opinion.last_seen.into_iter().chain(stated.last_seen).max();
    opinion.expires = opinion.expires.into_iter().chain(stated.expires).max();
    opinion.description = opinion.description.take().or_else(|| stated.description.clone());
    opinion.source = opinion.source.take().or_else(|| stated.source.clone());
}

#[expect(clippy::too_many_arguments, reason = "the one place where an import is written down")]
fn record(
    tx: &mut Tx<'_>,
    actor: &Actor,
    to: &AddableOwner,
    request: &Request,
    id: ImportId,
    imported: &Imported,
    items: &[Item],
    now: Time,
) -> Result<Import, Error> {
    let import = Import {
        id,
        owner: to.owner().id,
        user: actor.user,
        time: now,
        origin: request.origin.clone(),
        added: imported.added,
        changed: imported.changed,
        undone: None,
    };
    store::import::add(tx, to, &import, items)?;
    for item in items.iter().filter(|item| item.before.as_ref().is_some_and(|before| item.after.tlp > before.tlp)) {
        store::object::raise(tx, import.owner, item.after.indicator.into(), item.after.tlp)?;
    }
    let detail = Detail::default().with("added", import.added).with("changed", import.changed);
    let detail = detail.with("refused", imported.refused.len()).with("pending", to.pending());
    let object = Some(("import", id.0));
    audit::append(tx, &Entry { time: now, actor, action: "import.add", object, owner: Some(import.owner), detail })?;
    Ok(import)
}
