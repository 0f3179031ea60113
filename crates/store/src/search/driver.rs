//! From which condition of a query to look the rows up.
//!
//! Only conditions that the whole query cannot be true without: the query itself, or a member of its outermost `and`.
//! Each that an index serves is counted up to [`ROWS_MAX`]; the smallest wins. Where all select more, the list is
//! walked in its order and filtered: among rows that are not rare a page is soon full.

use model::{
    OwnerId,
    query::{Condition, Field, Operator, Query, Value},
};

use super::{
    Search, World,
    compile::{Compiler, DIRECTIONS, Subject, ids, number, phrases, place, text_of},
};
use crate::{error::Error, statement::Sql, transaction::Tx};

/// A driver with more rows is none.
const ROWS_MAX: i64 = 10_000;

/// The statement that gives the ids (as `id`) of the rarest condition, where one is rare.
pub(super) fn choose(
    tx: &mut Tx<'_>,
    world: &World,
    search: &Search<'_>,
    owner: OwnerId,
) -> Result<Option<Sql>, Error> {
    let needed = match search.query {
        Query::And(all) => all.as_slice(),
        query => std::slice::from_ref(query),
    };
    let mut best = None;
    for query in needed {
        // What is associated both ways is counted twice, which lets counting stop where it has enough.
        let Some(driver) = driver(query, world, search, owner, " UNION ALL ") else { continue };
        let mut count = Sql::new("SELECT COUNT(*) FROM (");
        super::append(&mut count, &driver);
        count.push(" LIMIT ").bind(ROWS_MAX + 1).push(") counted");
        let rows = tx.rows_of(&count)?.first().map(|row| row.int(0)).transpose()?.unwrap_or(0);
        if rows <= ROWS_MAX && best.is_none_or(|(least, _)| rows < least) {
            best = Some((rows, query));
        }
    }
    Ok(best.and_then(|(_, query)| driver(query, world, search, owner, " UNION ")))
}

/// `both` puts the two directions of an association together.
fn driver(query: &Query, world: &World, search: &Search<'_>, owner: OwnerId, both: &'static str) -> Option<Sql> {
    match query {
        Query::Condition(condition) => by_condition(condition, world, search, owner),
        Query::HasGroup(query) => Some(by_association(query, Subject::Group, world, search, both)),
        Query::HasIndicator(query) => Some(by_association(query, Subject::Indicator, world, search, both)),
        _ => None,
    }
}

fn by_association(query: &Query, subject: Subject, world: &World, search: &Search<'_>, both: &'static str) -> Sql {
    let mut sql = Sql::default();
    for (at, [near, far]) in DIRECTIONS.into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { both });
        // The alias of the association is the first that a compiler gives away.
        sql.text.push_str(&format!("SELECT x1.{near}_id AS id "));
        let mut compiler = Compiler::new(&mut sql, world, search);
        compiler.associated(query, subject, far, true);
        sql.text.push_str(&format!(" AND x1.{near}_type = 'indicator'"));
    }
    sql
}

fn by_condition(condition: &Condition, world: &World, search: &Search<'_>, owner: OwnerId) -> Option<Sql> {
    let (values, operator) = (&condition.values, condition.operator);
    let equal = matches!(operator, Operator::Equal | Operator::In);
    Some(match &condition.field {
        Field::Value if equal => {
            let mut sql = Sql::new("SELECT id FROM indicators WHERE id IN ");
            sql.bind_all(ids(values));
            sql
        }
        Field::Under if equal => {
            let mut sql = Sql::new("SELECT id FROM indicators WHERE ");
            for (at, value) in values.iter().enumerate() {
                sql.push(if at == 0 { "" } else { " OR " });
                place(&mut sql, "", value);
            }
            sql
        }
        Field::Type if equal => {
            let words = values.iter().filter_map(|value| match value {
                Value::IndicatorType(kind) => Some(kind.as_str()),
                _ => None,
            });
            let mut sql = of_owner(owner, "type IN ");
            sql.bind_all(words);
            sql
        }
        Field::Tag if equal => {
            let mut sql = Sql::new("SELECT DISTINCT object_id AS id FROM tags WHERE tag_folded IN ");
            sql.bind_all(values.iter().filter_map(text_of)).push(" AND owner_id = ").bind(owner);
            sql
        }
        Field::Attribute(name) if operator.negates().is_none() && operator != Operator::IsNull => {
            let mut sql = Sql::new("SELECT DISTINCT object_id AS id FROM attributes WHERE name_folded = ");
            sql.bind(name.to_lowercase()).push(" AND owner_id = ").bind(owner);
            sql
        }
        Field::Rating => ranked("rating IS NOT NULL AND rating IN ", condition, search, owner, 0..=5)?,
        Field::Use => ranked("usage > 0 AND usage IN ", condition, search, owner, 1..=2)?,
        Field::Modified => range("modified ", condition, search, owner)?,
        Field::LastSeen => range("last_seen IS NOT NULL AND last_seen ", condition, search, owner)?,
        Field::Confidence => by_confidence(condition, world, search, owner)?,
        Field::Description if operator == Operator::Contains => {
            let mut sql = of_owner(owner, "phrase IS NOT NULL AND phrase IN (");
            phrases(&mut sql, values, world.dialect);
            sql.push(")");
            sql
        }
        Field::Import if equal => {
            let mut sql = of_owner(owner, "import_id IS NOT NULL AND import_id IN ");
            sql.bind_all(
                values.iter().filter_map(|value| if let Value::Import(id) = value { Some(*id) } else { None }),
            );
            sql
        }
        Field::Pending if values.contains(&Value::Flag(true)) && operator == Operator::Equal => {
            of_owner(owner, "pending = 1")
        }
        _ => return None,
    })
}

fn of_owner(owner: OwnerId, condition: &'static str) -> Sql {
    let mut sql = Sql::new("SELECT indicator_id AS id FROM opinions WHERE owner_id = ");
    sql.bind(owner).push(" AND ").push(condition);
    sql
}

/// The few values of a small range that a comparison allows.
fn ranked(
    text: &'static str,
    condition: &Condition,
    search: &Search<'_>,
    owner: OwnerId,
    range: std::ops::RangeInclusive<i64>,
) -> Option<Sql> {
    let given: Vec<i64> = condition.values.iter().filter_map(|value| number(value, search.now)).collect();
    let first = *given.first()?;
    // 0 is not in the index of uses.
    if *range.start() > 0 && given.iter().any(|number| number < range.start()) {
        return None;
    }
    let fits = |number: &i64| match condition.operator {
        Operator::Equal | Operator::In => given.contains(number),
        Operator::Greater => *number > first,
        Operator::GreaterOrEqual => *number >= first,
        Operator::Less => *number < first,
        Operator::LessOrEqual => *number <= first,
        _ => false,
    };
    condition.operator.negates().is_none().then_some(())?;
    let mut sql = of_owner(owner, text);
    sql.bind_all(range.filter(fits));
    Some(sql)
}

fn range(text: &'static str, condition: &Condition, search: &Search<'_>, owner: OwnerId) -> Option<Sql> {
    let sign = match condition.operator {
        Operator::Greater => "> ",
        Operator::GreaterOrEqual => ">= ",
        Operator::Less => "< ",
        Operator::LessOrEqual => "<= ",
        Operator::Equal => "= ",
        _ => return None,
    };
    let moment = condition.values.first().and_then(|value| number(value, search.now))?;
    let mut sql = of_owner(owner, text);
    sql.push(sign).bind(moment);
    Some(sql)
}

/// High confidence is rare; low confidence is not worth a driver.
fn by_confidence(condition: &Condition, world: &World, search: &Search<'_>, owner: OwnerId) -> Option<Sql> {
    let Some(Value::Number(given)) = condition.values.first() else { return None };
    let wanted = match condition.operator {
        Operator::GreaterOrEqual => *given,
        Operator::Greater => given + 1,
        _ => return None,
    };
    let wanted = u8::try_from(wanted).ok()?;
    let mut sql = Sql::default();
    for (at, (number, decay)) in world.decays.iter().enumerate() {
        let least = decay.least_key(wanted, search.now);
        sql.push(if at == 0 { "" } else { " UNION ALL " });
        sql.push("SELECT indicator_id AS id FROM opinions WHERE confidence_key IS NOT NULL AND decay = ").bind(*number);
        sql.push(" AND confidence_key >= ").bind(least).push(" AND owner_id = ").bind(owner);
    }
    (!world.decays.is_empty()).then_some(sql)
}
