//! Imports: what came in together, and taking exactly that back.

use std::collections::{HashMap, HashSet};

use model::{
    AddableOwner, ImportId, Indicator, IndicatorId, Opinion, OwnerId, Provenance, ReadableOwners, Time, Tlp, UserId,
    WritableOwner,
};
use serde::{Deserialize, Serialize};

use crate::{
    decay,
    dialect::Dialect,
    error::Error,
    evidence,
    indicator::{self, CHUNK},
    opinion::{self, Held},
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
};

/// Something that came in together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Import {
    /// Its identifier.
    pub id: ImportId,
    /// To whom.
    pub owner: OwnerId,
    /// By whom; none at the command line.
    pub user: Option<UserId>,
    /// When.
    pub time: Time,
    /// From where, in words.
    pub origin: String,
    /// Values that the owner did not hold before.
    pub added: u64,
    /// Values that the owner held before and that it changed.
    pub changed: u64,
    /// When it was taken back.
    pub undone: Option<Time>,
}

/// A value to be held from now on.
#[derive(Clone, Debug)]
pub struct Item {
    /// The value.
    pub indicator: Indicator,
    /// What the owner held before.
    pub before: Option<Opinion>,
    /// What it holds from now on.
    pub after: Opinion,
    /// Tags to add.
    pub tags: Vec<String>,
    /// Where it came from, and how far that may be told.
    pub evidence: Vec<(Provenance, Tlp)>,
}

/// What an owner held before an import, to be held again when it is taken back.
#[derive(Serialize, Deserialize)]
struct Before {
    opinion: Opinion,
    tags: Vec<String>,
}

/// What taking back an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// Values that are not held any more.
    pub removed: u64,
    /// Values that are held as they were before.
    pub restored: u64,
    /// Values that somebody changed or built on since, and that stay.
    pub kept: u64,
}

/// Columns in the order in which [`import`] takes them.
macro_rules! columns {
    () => {
        "SELECT id, owner_id, user_id, time, origin, added, changed, undone FROM imports"
    };
}

statements! {
    INSERT = "INSERT INTO imports (id, owner_id, user_id, time, origin, added, changed) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_ID = concat!(columns!(), " WHERE id = $1");
    ITEMS = "SELECT x.indicator_id, x.before, i.type, i.value FROM import_items x \
             JOIN imports m ON m.id = x.import_id \
             JOIN opinions o ON o.owner_id = m.owner_id AND o.indicator_id = x.indicator_id AND o.revision = x.revision \
             JOIN indicators i ON i.id = x.indicator_id \
             WHERE x.import_id = $1 \
             AND NOT EXISTS (SELECT 1 FROM notes n WHERE n.object_id = x.indicator_id AND n.owner_id = m.owner_id) \
             AND NOT EXISTS (SELECT 1 FROM associations a WHERE a.from_id = x.indicator_id AND a.owner_id = m.owner_id) \
             AND NOT EXISTS (SELECT 1 FROM associations a WHERE a.to_id = x.indicator_id AND a.owner_id = m.owner_id) \
             AND NOT EXISTS (SELECT 1 FROM sightings s WHERE s.indicator_id = x.indicator_id AND s.owner_id = m.owner_id) \
             ORDER BY x.indicator_id";
    COUNT = "SELECT COUNT(*) FROM import_items WHERE import_id = $1";
    UNDO = "UPDATE imports SET undone = $2 WHERE id = $1 AND undone IS NULL";
    REMOVE_EVIDENCE = "DELETE FROM evidence WHERE indicator_id = $1 AND owner_id = $2 AND import_id = $3";
    REMOVE_TAGS = "DELETE FROM tags WHERE owner_id = $1 AND object_id = $2";
}

/// What the owner holds of these values now.
pub fn held(tx: &mut Tx<'_>, owner: OwnerId, indicators: &[IndicatorId]) -> Result<HashMap<IndicatorId, Held>, Error> {
    let decays = decay::of_owner(tx, owner)?;
    let mut held = HashMap::new();
    for chunk in indicators.chunks(CHUNK) {
        let mut sql = Sql::new(concat!(
            "SELECT ",
            opinion::columns!(),
            " FROM opinions o JOIN indicators i ON i.id = o.indicator_id WHERE o.owner_id = "
        ));
        sql.bind(owner).push(" AND o.indicator_id IN ").bind_all(chunk.iter().copied());
        tx.each(&sql, &mut |row| {
            let one = opinion::held_by(&row, &decays)?;
            held.insert(one.opinion.indicator, one);
            Ok(true)
        })?;
    }
    Ok(held)
}

/// Writes an import with what it brings.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, import: &Import, items: &[Item]) -> Result<(), Error> {
    let id = owner.owner().id;
    assert_eq!(import.owner, id, "an import is of the owner that it adds to");
    let (added, changed) = (import.added as i64, import.changed as i64);
    tx.execute(INSERT, values![import.id, id, import.user, import.time, import.origin.as_str(), added, changed])?;
    let known = items.iter().filter(|item| item.before.is_some()).map(|item| item.after.indicator);
    let tags = tags_of(tx, id, known)?;
    let items: Vec<&Item> = ordered(items);
    let values = items.iter().map(|item| (item.after.indicator, &item.indicator)).collect();
    indicator::ensure(tx, &values)?;
    let opinions: Vec<_> = items.iter().map(|item| (item.indicator.kind(), &item.after)).collect();
    opinion::put(tx, id, &opinions)?;
    for chunk in items.chunks(CHUNK) {
        add_items(tx, import.id, chunk, &tags)?;
        add_tags(tx, id, chunk)?;
        add_evidence(tx, import, chunk)?;
    }
    count_for_plans(tx, items.len() as i64)
}

/// Lets PostgreSQL count its tables again where most of what they hold is new: by what it knows of an empty table it would
/// look for an owner's values one by one among all that the owner holds, until it counts by itself a minute later. (SQLite
/// plans without counts.)
fn count_for_plans(tx: &mut Tx<'_>, rows: i64) -> Result<(), Error> {
    if tx.dialect() == Dialect::Sqlite || rows < CHUNK as i64 {
        return Ok(());
    }
    let counted = Sql::new("SELECT CAST(reltuples AS BIGINT) FROM pg_class WHERE oid = 'opinions'::regclass");
    let known = tx.rows_of(&counted)?.first().map_or(Ok(0), |row| row.int(0))?;
    match known < 4 * rows {
        true => {
            tx.execute_of(&Sql::new("ANALYZE indicators, opinions, evidence, tags, import_items, phrases")).map(drop)
        }
        false => Ok(()),
    }
}

/// In the order of the tables that they go to, so that a large import writes each page once.
fn ordered(items: &[Item]) -> Vec<&Item> {
    let mut ordered: Vec<&Item> = items.iter().collect();
    ordered.sort_by_key(|item| item.after.indicator);
    ordered
}

/// Tags by value.
pub type Tags = HashMap<IndicatorId, Vec<String>>;

/// The tags that an owner has on these values.
pub fn tags_of(
    tx: &mut Tx<'_>,
    owner: OwnerId,
    indicators: impl IntoIterator<Item = IndicatorId>,
) -> Result<Tags, Error> {
    let known: Vec<IndicatorId> = indicators.into_iter().collect();
    let mut tags = Tags::new();
    for chunk in known.chunks(CHUNK) {
        let mut sql = Sql::new("SELECT object_id, tag FROM tags WHERE owner_id = ");
        sql.bind(owner)
            .push(" AND object_id IN ")
            .bind_all(chunk.iter().copied())
            .push(" ORDER BY object_id, tag_folded");
        tx.each(&sql, &mut |row| {
            tags.entry(IndicatorId(row.id(0)?)).or_default().push(row.text(1)?.to_owned());
            Ok(true)
        })?;
    }
    Ok(tags)
}

fn add_items(tx: &mut Tx<'_>, import: ImportId, items: &[&Item], tags: &Tags) -> Result<(), Error> {
    let mut sql = Sql::new("INSERT INTO import_items (import_id, indicator_id, revision, before) VALUES ");
    for (at, item) in items.iter().enumerate() {
        let before = item.before.clone().map(|opinion| {
            let tags = tags.get(&opinion.indicator).cloned().unwrap_or_default();
            serde_json::to_string(&Before { opinion, tags }).expect("no map with other keys than text")
        });
        let row = [import.into(), item.after.indicator.into(), item.after.revision.into(), before.into()];
        sql.push(if at == 0 { "" } else { ", " }).bind_row(row);
    }
    if items.is_empty() { Ok(()) } else { tx.execute_of(&sql).map(drop) }
}

fn add_tags(tx: &mut Tx<'_>, owner: OwnerId, items: &[&Item]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let mut sql = Sql::new("INSERT INTO tags (owner_id, object_type, object_id, tag_folded, tag) VALUES ");
    let mut any = false;
    for (item, tag) in items.iter().flat_map(|item| item.tags.iter().map(move |tag| (item, tag.trim()))) {
        let folded = tag.to_lowercase();
        if tag.is_empty() || !seen.insert((item.after.indicator, folded.clone())) {
            continue;
        }
        let row = [owner.into(), "indicator".into(), item.after.indicator.into(), folded.into(), tag.into()];
        sql.push(if any { ", " } else { "" }).bind_row(row);
        any = true;
    }
    sql.push(" ON CONFLICT (object_id, owner_id, tag_folded) DO NOTHING");
    if any { tx.execute_of(&sql).map(drop) } else { Ok(()) }
}

fn add_evidence(tx: &mut Tx<'_>, import: &Import, items: &[&Item]) -> Result<(), Error> {
    let numbers = evidence_numbers(tx, import.owner, items)?;
    let mut sql = Sql::new(
        "INSERT INTO evidence (indicator_id, owner_id, number, time, user_id, import_id, tlp, sources, content) VALUES ",
    );
    let mut any = false;
    for item in items {
        let first = numbers.get(&item.after.indicator).copied().unwrap_or(0) + 1;
        for ((provenance, tlp), number) in item.evidence.iter().zip(first..) {
            let (sources, content) = evidence::written(provenance);
            let row = [
                item.after.indicator.into(),
                import.owner.into(),
                number.into(),
                import.time.into(),
                import.user.into(),
                import.id.into(),
                (*tlp as u8).into(),
                sources.into(),
                content.into(),
            ];
            sql.push(if any { ", " } else { "" }).bind_row(row);
            any = true;
        }
    }
    if any { tx.execute_of(&sql).map(drop) } else { Ok(()) }
}

/// The last number of evidence that known values have.
fn evidence_numbers(tx: &mut Tx<'_>, owner: OwnerId, items: &[&Item]) -> Result<HashMap<IndicatorId, i64>, Error> {
    let known = items.iter().filter(|item| item.before.is_some()).map(|item| item.after.indicator);
    let mut sql = Sql::new("SELECT indicator_id, MAX(number) FROM evidence WHERE owner_id = ");
    sql.bind(owner).push(" AND indicator_id IN ").bind_all(known).push(" GROUP BY indicator_id");
    tx.rows_of(&sql)?.iter().map(|row| Ok((IndicatorId(row.id(0)?), row.int(1)?))).collect()
}

/// The import with this id, of a readable owner.
pub fn by_id(tx: &mut Tx<'_>, id: ImportId, readable: &ReadableOwners) -> Result<Option<Import>, Error> {
    let import = tx.row(BY_ID, values![id])?.as_ref().map(import).transpose()?;
    Ok(import.filter(|import| readable.allows(import.owner)))
}

/// Imports of readable owners, the newest first, before one.
pub fn list(
    tx: &mut Tx<'_>,
    readable: &ReadableOwners,
    before: Option<ImportId>,
    limit: u32,
) -> Result<Vec<Import>, Error> {
    let mut sql = Sql::new(concat!(columns!(), " WHERE "));
    sql.readable("owner_id", readable);
    if let Some(before) = before {
        sql.push(" AND id < ").bind(before);
    }
    sql.push(" ORDER BY id DESC LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(import).collect()
}

/// Takes back exactly what an import brought, except what somebody changed or built on since; none where it was taken
/// back before.
pub fn undo(tx: &mut Tx<'_>, owner: &WritableOwner, id: ImportId, now: Time) -> Result<Option<Undone>, Error> {
    if tx.execute(UNDO, values![id, now])? == 0 {
        return Ok(None);
    }
    let owner = owner.owner().id;
    let total = tx.number(COUNT, values![id])?;
    let mut undone = Undone::default();
    for row in tx.rows(ITEMS, values![id])? {
        let held = IndicatorId(row.id(0)?);
        match row.maybe_json::<Before>(1)? {
            None => {
                opinion::remove_of(tx, owner, held)?;
                undone.removed += 1;
            }
            Some(before) => {
                restore(tx, owner, indicator::indicator(&row, 2)?, before, id, now)?;
                undone.restored += 1;
            }
        }
    }
    undone.kept = u64::try_from(total).unwrap_or(0) - undone.removed - undone.restored;
    Ok(Some(undone))
}

fn restore(
    tx: &mut Tx<'_>,
    owner: OwnerId,
    value: Indicator,
    before: Before,
    import: ImportId,
    now: Time,
) -> Result<(), Error> {
    let indicator = before.opinion.indicator;
    tx.execute(REMOVE_EVIDENCE, values![indicator, owner, import])?;
    tx.execute(REMOVE_TAGS, values![owner, indicator])?;
    // Whoever saw the revision that the import left must not take this for it.
    let revision = before.opinion.revision + 2;
    let opinion = Opinion { revision, modified: now, ..before.opinion };
    opinion::put(tx, owner, &[(value.kind(), &opinion)])?;
    let item = Item { indicator: value, before: None, after: opinion, tags: before.tags, evidence: Vec::new() };
    add_tags(tx, owner, &[&item])
}

fn import(row: &Row) -> Result<Import, Error> {
    Ok(Import {
        id: ImportId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        user: row.maybe_id(2)?.map(UserId),
        time: row.time(3)?,
        origin: row.text(4)?.to_owned(),
        added: row.small(5)?,
        changed: row.small(6)?,
        undone: row.maybe_time(7)?,
    })
}
