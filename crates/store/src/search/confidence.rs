//! Lists by confidence.
//!
//! Confidence wanes, so no index has it; but what wanes in the same way stays in the order of its key
//! ([`model::Decay::key`]). So a list has a part for each way, walked along the index of keys, and one for what has no
//! confidence. Parts are merged by the confidence at the moment of the first page, then by the number of the way.

use model::Id;

use super::{Part, Position, World};
use crate::statement::Sql;

/// Only what wanes in this way, or has no confidence.
pub(super) fn only(sql: &mut Sql, part: &Part) {
    match part.waning {
        Some((number, _)) => drop(sql.push(" AND o.confidence_key IS NOT NULL AND o.decay = ").bind(number)),
        None if part.order == super::Order::Confidence => drop(sql.push(" AND o.confidence_key IS NULL")),
        None => {}
    }
}

/// Only rows after the last page; none where this part has none.
pub(super) fn beyond(sql: &mut Sql, part: &Part, after: &Position<Id>, world: &World) -> Option<()> {
    let Some((number, decay)) = part.waning else {
        if after.waning.is_none() {
            let strictly = part.owner <= after.owner;
            sql.push(if strictly { " AND o.indicator_id < " } else { " AND o.indicator_id <= " }).bind(after.id);
        }
        return Some(());
    };
    // What has no confidence comes last.
    let (last, key) = after.waning?;
    if number == last {
        sql.push(" AND (o.confidence_key, o.indicator_id) < (").bind(key).push(", ").bind(after.id).push(")");
        return Some(());
    }
    let reached = world.decays.get(&last)?.confidence_of_key(key, after.asked);
    // Of the same confidence, ways with higher numbers come later.
    let most = if number > last { reached.saturating_add(1) } else { reached };
    sql.push(" AND o.confidence_key < ").bind(decay.least_key(most, after.asked));
    Some(())
}

/// In the order of the index.
pub(super) fn ordered(sql: &mut Sql, part: &Part, limit: usize) {
    sql.push(" ORDER BY ");
    sql.push(if part.waning.is_some() { "o.confidence_key DESC, " } else { "" });
    sql.push("o.indicator_id DESC LIMIT ").bind(i64::try_from(limit).unwrap_or(i64::MAX));
}
