//! What a query means: asked of a row in memory.

use std::{cmp::Ordering, net::IpAddr, ops::RangeInclusive};

use super::{Condition, Field, Operator, Query, Row, Value, spellings};
use crate::{address::Prefix, time::Time};

impl Query {
    /// Whether it is true for a row at `now`. A field that such a row does not have holds no value.
    pub fn matches<'a>(&self, row: impl Into<Row<'a>>, now: Time) -> bool {
        self.is_true(row.into(), now)
    }

    fn is_true(&self, row: Row<'_>, now: Time) -> bool {
        match self {
            Query::All => true,
            Query::And(all) => all.iter().all(|query| query.is_true(row, now)),
            Query::Or(any) => any.iter().any(|query| query.is_true(row, now)),
            Query::Not(query) => !query.is_true(row, now),
            Query::Condition(condition) => condition.is_true(row, now),
            Query::HasGroup(query) => row.groups().iter().any(|group| query.is_true(Row::Group(group), now)),
            Query::HasIndicator(query) => {
                row.indicators().iter().any(|indicator| query.is_true(Row::Indicator(indicator), now))
            }
        }
    }
}

impl Condition {
    fn is_true(&self, row: Row<'_>, now: Time) -> bool {
        let held = row.values(&self.field);
        match self.operator.negates() {
            Some(positive) => !self.fits(positive, &held, now),
            None => self.fits(self.operator, &held, now),
        }
    }

    /// Whether one value that the row holds fits one that is asked for.
    fn fits(&self, operator: Operator, held: &[Value], now: Time) -> bool {
        if operator == Operator::IsNull {
            return held.is_empty();
        }
        held.iter().any(|held| self.values.iter().any(|asked| fits(&self.field, operator, held, asked, now)))
    }
}

fn fits(field: &Field, operator: Operator, held: &Value, asked: &Value, now: Time) -> bool {
    let order = || order(held, asked, now);
    match operator {
        Operator::Equal | Operator::In => is_equal(field, held, asked, now),
        Operator::Less => order() == Some(Ordering::Less),
        Operator::LessOrEqual => order().is_some_and(Ordering::is_le),
        Operator::Greater => order() == Some(Ordering::Greater),
        Operator::GreaterOrEqual => order().is_some_and(Ordering::is_ge),
        Operator::Contains => folded(held, asked, |held, asked| held.contains(asked)),
        Operator::StartsWith => folded(held, asked, |held, asked| held.starts_with(asked)),
        Operator::EndsWith => folded(held, asked, |held, asked| held.ends_with(asked)),
        // The negative ones are made of these.
        _ => false,
    }
}

fn is_equal(field: &Field, held: &Value, asked: &Value, now: Time) -> bool {
    match (held, asked) {
        (Value::Text(held), Value::Text(asked)) if *field == Field::Value => spellings(asked).contains(held),
        (Value::Text(_), _) => folded(held, asked, |held, asked| held == asked),
        (Value::Domain(held), Value::Domain(asked)) => held.is_within(asked),
        (Value::Prefix(held), Value::Prefix(asked)) => {
            let (held, asked) = (addresses(*held), addresses(*asked));
            asked.contains(held.start()) && asked.contains(held.end())
        }
        (Value::Moment(_), _) => order(held, asked, now) == Some(Ordering::Equal),
        _ => held == asked,
    }
}

/// The addresses of a prefix, those of IPv4 mapped into IPv6.
fn addresses(prefix: Prefix) -> RangeInclusive<u128> {
    let number = |address| match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    };
    number(prefix.first())..=number(prefix.last())
}

fn order(held: &Value, asked: &Value, now: Time) -> Option<Ordering> {
    match (held, asked) {
        (Value::Number(held), Value::Number(asked)) => Some(held.cmp(asked)),
        (Value::Tlp(held), Value::Tlp(asked)) => Some(held.cmp(asked)),
        (Value::Pap(held), Value::Pap(asked)) => Some(held.cmp(asked)),
        (Value::Moment(held), Value::Moment(asked)) => Some(held.resolve(now).cmp(&asked.resolve(now))),
        _ => None,
    }
}

fn folded(held: &Value, asked: &Value, fits: fn(&str, &str) -> bool) -> bool {
    match (held, asked) {
        (Value::Text(held), Value::Text(asked)) => fits(&held.to_lowercase(), &asked.to_lowercase()),
        _ => false,
    }
}
