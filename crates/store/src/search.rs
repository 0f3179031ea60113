//! Lists by queries ([`model::query`]), a page at a time.
//!
//! A list is read owner by owner and merged, so that each part has one owner's index to walk along in the order of
//! the list (one by confidence has a part for each way in which an owner's confidence wanes). Where one condition of the query selects few rows by an index (`driver`), the rows are looked up from
//! there instead; that is decided by counting, up to a limit, how many it selects. Everything else is filtered on the
//! way, and ends at the cost limit of [`crate::Store::read`].

mod compile;
mod confidence;
mod driver;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use model::{Decay, Group, GroupId, IndicatorId, OwnerId, Time, query::Query};
use serde::{Deserialize, Serialize};

use crate::{
    decay,
    dialect::Dialect,
    error::Error,
    group,
    opinion::{self, Held},
    owner,
    statement::Sql,
    transaction::Tx,
    viewer::Viewer,
};
use compile::Compiler;

/// The most rows of a page.
pub const PAGE_MAX: usize = 1000;

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Any, and always the same.
    #[default]
    Id,
    /// The last changed first.
    Modified,
    /// The surest first, as it is at the moment of the first page; what has no confidence last. Groups have none: they
    /// stand by id.
    Confidence,
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position<I> {
    modified: Time,
    id: I,
    owner: OwnerId,
    /// By how its confidence wanes, and its key there; none where nothing is stated.
    waning: Option<(i64, i64)>,
    /// The moment of the first page, by which lists by confidence go.
    asked: Time,
}

impl Position<IndicatorId> {
    /// After this row of a list that began at `asked`, which is kept where the order depends on it.
    pub fn after(held: &Held, order: Order, asked: Time) -> Position<IndicatorId> {
        let opinion = &held.opinion;
        let (waning, asked) = match order {
            Order::Confidence => (waning(held), asked),
            Order::Id | Order::Modified => (None, opinion.modified),
        };
        Position { modified: opinion.modified, id: opinion.indicator, owner: opinion.owner, waning, asked }
    }

    /// The moment of the first page.
    pub fn asked(&self) -> Time {
        self.asked
    }

    fn by_id(self) -> Position<model::Id> {
        let Position { modified, id, owner, waning, asked } = self;
        Position { modified, id: id.0, owner, waning, asked }
    }
}

impl Position<GroupId> {
    /// After this group.
    pub fn after_group(id: GroupId, owner: OwnerId, modified: Time) -> Position<GroupId> {
        Position { modified, id, owner, waning: None, asked: modified }
    }
}

fn waning(held: &Held) -> Option<(i64, i64)> {
    let stated = held.opinion.confidence?;
    Some((held.waning?, held.decay.key(stated, held.opinion.renewed)))
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Search<'a> {
    /// Which rows.
    pub query: &'a Query,
    /// For whom. What waits for a manager is shown to a manager who asks for `pending`.
    pub viewer: &'a Viewer,
    /// The moment at which it is asked.
    pub now: Time,
    /// In which order.
    pub order: Order,
}

/// Indicators as their owners hold them, after a position, at most `limit`.
pub fn indicators(
    tx: &mut Tx<'_>,
    search: &Search<'_>,
    after: Option<Position<IndicatorId>>,
    limit: usize,
) -> Result<Vec<Held>, Error> {
    let world = World::read(tx, search)?;
    let after = after.map(Position::by_id);
    let asked = after.map_or(search.now, |at| at.asked);
    let mut found: BTreeMap<Place, Held> = BTreeMap::new();
    for owner in world.owners.keys().copied().collect::<Vec<_>>() {
        let driver = driver::choose(tx, &world, search, owner)?;
        for part in parts(tx, search.order, owner)? {
            let Some(sql) = page(&world, search, driver.as_ref(), &part, after.as_ref(), limit) else { continue };
            tx.each(&sql, &mut |row| {
                let held = opinion::held_by(&row, &world.decays)?;
                found.insert(place_of(search.order, &held, asked), held);
                Ok(true)
            })?;
        }
    }
    Ok(found.into_values().take(limit).collect())
}

/// One owner's part of a list by any order, or one way of waning's part of a list by confidence: what one index has in
/// the order of the list.
struct Part {
    owner: OwnerId,
    waning: Option<(i64, Decay)>,
    order: Order,
}

fn parts(tx: &mut Tx<'_>, order: Order, owner: OwnerId) -> Result<Vec<Part>, Error> {
    let mut parts = vec![Part { owner, waning: None, order }];
    if order == Order::Confidence {
        let decays = decay::of_owner(tx, owner)?;
        parts.extend(decays.into_iter().map(|waning| Part { owner, waning: Some(waning), order }));
    }
    Ok(parts)
}

/// How many there are, counted up to `most` and one more.
pub fn count(tx: &mut Tx<'_>, search: &Search<'_>, most: u64) -> Result<u64, Error> {
    let world = World::read(tx, search)?;
    let mut count = 0;
    for owner in world.owners.keys().copied().collect::<Vec<_>>() {
        let mut sql = Sql::new("SELECT COUNT(*) FROM (");
        append(&mut sql, &counted(tx, &world, search, owner)?);
        sql.push(" LIMIT ").bind(i64::try_from(most + 1 - count).unwrap_or(i64::MAX)).push(") counted");
        count += tx.rows_of(&sql)?.first().map(|row| row.small::<u64>(0)).transpose()?.unwrap_or(0);
        if count > most {
            break;
        }
    }
    Ok(count)
}

/// Groups, after a position, at most `limit`.
pub fn groups(
    tx: &mut Tx<'_>,
    search: &Search<'_>,
    after: Option<Position<GroupId>>,
    limit: usize,
) -> Result<Vec<Group>, Error> {
    let world = World::read(tx, search)?;
    let mut found = BTreeMap::new();
    for owner in world.owners.keys().copied().collect::<Vec<_>>() {
        let mut sql = Sql::new(concat!("SELECT ", group::columns!(), " FROM groups g WHERE g.owner_id = "));
        sql.bind(owner).push(" AND ");
        Compiler::new(&mut sql, &world, search).group_rows(0);
        let order = if search.order == Order::Modified { Order::Modified } else { Order::Id };
        beyond(&mut sql, order, ["g.modified", "g.id"], owner, after.map(|at| (at.modified, at.id.0, at.owner)));
        ordered(&mut sql, order, ["g.modified", "g.id"], limit);
        tx.each(&sql, &mut |row| {
            let group = group::group(&row)?;
            found.insert(place(order, group.modified, group.id.0, owner), group);
            Ok(true)
        })?;
    }
    Ok(found.into_values().take(limit).collect())
}

/// What compiling needs to know of the database.
pub(crate) struct World {
    /// Readable owners with their names in lower case.
    owners: BTreeMap<OwnerId, String>,
    /// Ways in which confidence wanes.
    decays: HashMap<i64, Decay>,
    /// Whether the query asks for what waits for a manager.
    pending: bool,
    dialect: Dialect,
}

impl World {
    fn read(tx: &mut Tx<'_>, search: &Search<'_>) -> Result<World, Error> {
        let owners = owner::list(tx, search.viewer.owners())?;
        Ok(World {
            owners: owners.into_iter().map(|owner| (owner.id, owner.name.to_lowercase())).collect(),
            decays: decay::all(tx, search.viewer.owners())?,
            pending: compile::asks_for_pending(search.query),
            dialect: tx.dialect(),
        })
    }

    /// Whether rows of this owner that wait for a manager are shown.
    fn shows_pending(&self, search: &Search<'_>, owner: OwnerId) -> bool {
        self.pending && search.viewer.sees(owner, true)
    }
}

/// Where a row stands in its list.
type Place = (Rank, Key, OwnerId);

/// What a list goes by before the id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Any,
    Newest(Reverse<Time>),
    /// The confidence, then by which way it wanes, and the key there.
    Surest(Reverse<Option<u8>>, i64, Reverse<i64>),
}

/// Rows in the order of a list: newest first, or by id the same way round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Up(model::Id),
    Down(Reverse<model::Id>),
}

fn place(order: Order, modified: Time, id: model::Id, owner: OwnerId) -> Place {
    match order {
        Order::Id => (Rank::Any, Key::Up(id), owner),
        _ => (Rank::Newest(Reverse(modified)), Key::Down(Reverse(id)), owner),
    }
}

fn place_of(order: Order, held: &Held, asked: Time) -> Place {
    let opinion = &held.opinion;
    if order != Order::Confidence {
        return place(order, opinion.modified, opinion.indicator.0, opinion.owner);
    }
    let rank = match waning(held) {
        Some((number, key)) => {
            Rank::Surest(Reverse(Some(held.decay.confidence_of_key(key, asked))), number, Reverse(key))
        }
        None => Rank::Surest(Reverse(None), 0, Reverse(0)),
    };
    (rank, Key::Down(Reverse(opinion.indicator.0)), opinion.owner)
}

/// The statement for a page of one part; none where the part ends before the page begins.
fn page(
    world: &World,
    search: &Search<'_>,
    driver: Option<&Sql>,
    part: &Part,
    after: Option<&Position<model::Id>>,
    limit: usize,
) -> Option<Sql> {
    let mut sql = Sql::default();
    from(&mut sql, world, search, driver, part, concat!("SELECT ", opinion::columns!()));
    if search.order == Order::Confidence {
        if let Some(after) = after {
            confidence::beyond(&mut sql, part, after, world)?;
        }
        confidence::ordered(&mut sql, part, limit);
    } else {
        let columns = ["o.modified", "o.indicator_id"];
        beyond(&mut sql, search.order, columns, part.owner, after.map(|at| (at.modified, at.id, at.owner)));
        ordered(&mut sql, search.order, columns, limit);
    }
    Some(sql)
}

fn counted(tx: &mut Tx<'_>, world: &World, search: &Search<'_>, owner: OwnerId) -> Result<Sql, Error> {
    let mut sql = Sql::default();
    let driver = driver::choose(tx, world, search, owner)?;
    let part = Part { owner, waning: None, order: Order::Id };
    from(&mut sql, world, search, driver.as_ref(), &part, "SELECT 1");
    Ok(sql)
}

/// `SELECT … FROM … WHERE …` for one part's indicators, from the driver where there is one.
fn from(sql: &mut Sql, world: &World, search: &Search<'_>, driver: Option<&Sql>, part: &Part, select: &'static str) {
    match driver {
        Some(driver) => {
            sql.push("WITH driver AS MATERIALIZED (");
            append(sql, driver);
            sql.push(") ").push(select);
            sql.push(" FROM driver CROSS JOIN opinions o CROSS JOIN indicators i WHERE o.indicator_id = driver.id AND i.id = o.indicator_id AND ");
        }
        None => {
            sql.push(select).push(" FROM opinions o JOIN indicators i ON i.id = o.indicator_id WHERE ");
        }
    }
    match (part.waning, driver) {
        // In a form that no index serves, so that the one by confidence is walked along.
        (Some(_), None) => sql.push("NOT (o.owner_id <> ").bind(part.owner).push(")"),
        _ => sql.push("o.owner_id = ").bind(part.owner),
    };
    confidence::only(sql, part);
    if !world.shows_pending(search, part.owner) {
        sql.push(" AND o.pending = 0");
    }
    sql.push(" AND ");
    Compiler::new(sql, world, search).indicator_rows(0);
}

/// Adds another statement, its values numbered on.
pub(crate) fn append(sql: &mut Sql, other: &Sql) {
    let mut parts = other.text.split('$');
    sql.text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number: usize = part[..digits].parse().unwrap_or(1);
        sql.bind(other.values[number - 1].clone());
        sql.text.push_str(&part[digits..]);
    }
}

/// Only rows after the last page. Rows are in the order of key and owner, and this part of the list has one owner.
fn beyond(
    sql: &mut Sql,
    order: Order,
    [modified, id]: [&'static str; 2],
    owner: OwnerId,
    after: Option<(Time, model::Id, OwnerId)>,
) {
    let Some((at, last, whose)) = after else { return };
    let strictly = owner <= whose;
    match order {
        Order::Id => {
            sql.push(" AND ").push(id).push(if strictly { " > " } else { " >= " }).bind(last);
        }
        Order::Modified | Order::Confidence => {
            sql.push(" AND (").push(modified).push(", ").push(id).push(if strictly { ") < (" } else { ") <= (" });
            sql.bind(at).push(", ").bind(last).push(")");
        }
    }
}

fn ordered(sql: &mut Sql, order: Order, [modified, id]: [&'static str; 2], limit: usize) {
    sql.push(" ORDER BY ");
    match order {
        Order::Id => sql.push(id),
        Order::Modified | Order::Confidence => sql.push(modified).push(" DESC, ").push(id).push(" DESC"),
    };
    sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
}
