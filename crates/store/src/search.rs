//! Lists by queries ([`model::query`]), a page at a time.
//!
//! A list is read owner by owner and merged, so that each part has one owner's index to walk along in the order of
//! the list. Where one condition of the query selects few rows by an index (`driver`), the rows are looked up from
//! there instead; that is decided by counting, up to a limit, how many it selects. Everything else is filtered on the
//! way, and ends at the cost limit of [`crate::Store::read`].

mod compile;
mod driver;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use model::{Decay, Group, GroupId, IndicatorId, OwnerId, Time, query::Query};

use crate::{
    decay,
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
}

/// Where a page ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position<I> {
    /// When the last row was changed.
    pub modified: Time,
    /// Which it was.
    pub id: I,
    /// Whose it was.
    pub owner: OwnerId,
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
    let mut found: BTreeMap<Place, Held> = BTreeMap::new();
    for owner in world.owners.keys().copied().collect::<Vec<_>>() {
        let sql = indicator_page(tx, &world, search, owner, after, limit)?;
        tx.each(&sql, &mut |row| {
            let held = opinion::held_by(&row, &world.decays)?;
            found.insert(place(search.order, held.opinion.modified, held.opinion.indicator.0, owner), held);
            Ok(true)
        })?;
    }
    Ok(found.into_values().take(limit).collect())
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
        beyond(&mut sql, search.order, ["g.modified", "g.id"], owner, after.map(|at| (at.modified, at.id.0, at.owner)));
        ordered(&mut sql, search.order, ["g.modified", "g.id"], limit);
        tx.each(&sql, &mut |row| {
            let group = group::group(&row)?;
            found.insert(place(search.order, group.modified, group.id.0, owner), group);
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
}

impl World {
    fn read(tx: &mut Tx<'_>, search: &Search<'_>) -> Result<World, Error> {
        let owners = owner::list(tx, search.viewer.owners())?;
        Ok(World {
            owners: owners.into_iter().map(|owner| (owner.id, owner.name.to_lowercase())).collect(),
            decays: decay::all(tx, search.viewer.owners())?,
            pending: compile::asks_for_pending(search.query),
        })
    }

    /// Whether rows of this owner that wait for a manager are shown.
    fn shows_pending(&self, search: &Search<'_>, owner: OwnerId) -> bool {
        self.pending && search.viewer.sees(owner, true)
    }
}

/// Where a row stands in its list.
type Place = (Option<Reverse<Time>>, Key, OwnerId);

/// Rows in the order of a list: newest first, or by id the same way round.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Up(model::Id),
    Down(Reverse<model::Id>),
}

fn place(order: Order, modified: Time, id: model::Id, owner: OwnerId) -> Place {
    match order {
        Order::Id => (None, Key::Up(id), owner),
        Order::Modified => (Some(Reverse(modified)), Key::Down(Reverse(id)), owner),
    }
}

fn indicator_page(
    tx: &mut Tx<'_>,
    world: &World,
    search: &Search<'_>,
    owner: OwnerId,
    after: Option<Position<IndicatorId>>,
    limit: usize,
) -> Result<Sql, Error> {
    let mut sql = Sql::default();
    from(tx, &mut sql, world, search, owner, concat!("SELECT ", opinion::columns!()))?;
    let columns = ["o.modified", "o.indicator_id"];
    beyond(&mut sql, search.order, columns, owner, after.map(|at| (at.modified, at.id.0, at.owner)));
    ordered(&mut sql, search.order, columns, limit);
    Ok(sql)
}

fn counted(tx: &mut Tx<'_>, world: &World, search: &Search<'_>, owner: OwnerId) -> Result<Sql, Error> {
    let mut sql = Sql::default();
    from(tx, &mut sql, world, search, owner, "SELECT 1")?;
    Ok(sql)
}

/// `SELECT … FROM … WHERE …` for one owner's indicators, from the driver where there is one.
fn from(
    tx: &mut Tx<'_>,
    sql: &mut Sql,
    world: &World,
    search: &Search<'_>,
    owner: OwnerId,
    select: &'static str,
) -> Result<(), Error> {
    match driver::choose(tx, world, search, owner)? {
        Some(driver) => {
            sql.push("WITH driver AS MATERIALIZED (");
            append(sql, &driver);
            sql.push(") ").push(select);
            sql.push(" FROM driver CROSS JOIN opinions o CROSS JOIN indicators i WHERE o.indicator_id = driver.id AND i.id = o.indicator_id AND ");
        }
        None => {
            sql.push(select).push(" FROM opinions o JOIN indicators i ON i.id = o.indicator_id WHERE ");
        }
    }
    sql.push("o.owner_id = ").bind(owner);
    if !world.shows_pending(search, owner) {
        sql.push(" AND o.pending = 0");
    }
    sql.push(" AND ");
    Compiler::new(sql, world, search).indicator_rows(0);
    Ok(())
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
        Order::Modified => {
            sql.push(" AND (").push(modified).push(", ").push(id).push(if strictly { ") < (" } else { ") <= (" });
            sql.bind(at).push(", ").bind(last).push(")");
        }
    }
}

fn ordered(sql: &mut Sql, order: Order, [modified, id]: [&'static str; 2], limit: usize) {
    sql.push(" ORDER BY ");
    match order {
        Order::Id => sql.push(id),
        Order::Modified => sql.push(modified).push(" DESC, ").push(id).push(" DESC"),
    };
    sql.push(" LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
}
