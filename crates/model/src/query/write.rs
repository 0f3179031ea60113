//! The canonical text of a query: [`super::parse()`] makes the same query of it.

use std::{fmt, mem::discriminant};

use super::{Condition, Field, Moment, Query, Subject, Value, fields, token::quote};

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Query::All => Ok(()),
            Query::And(all) => joined(f, all, " and ", |query| matches!(query, Query::And(_) | Query::Or(_))),
            Query::Or(any) => joined(f, any, " or ", |query| matches!(query, Query::Or(_))),
            Query::Not(query) => {
                f.write_str("not ")?;
                inner(f, query, matches!(**query, Query::And(_) | Query::Or(_)))
            }
            Query::Condition(condition) => condition.fmt(f),
            Query::HasGroup(query) => write!(f, "hasGroup({query})"),
            Query::HasIndicator(query) => write!(f, "hasIndicator({query})"),
        }
    }
}

fn joined(
    f: &mut fmt::Formatter<'_>,
    queries: &[Query],
    word: &str,
    in_parentheses: fn(&Query) -> bool,
) -> fmt::Result {
    for (number, query) in queries.iter().enumerate() {
        if number > 0 {
            f.write_str(word)?;
        }
        inner(f, query, in_parentheses(query))?;
    }
    Ok(())
}

fn inner(f: &mut fmt::Formatter<'_>, query: &Query, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({query})") } else { write!(f, "{query}") }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use super::Operator::{In, NotIn};
        write!(f, "{} {}", self.field, self.operator)?;
        let list: Vec<String> = self.values.iter().map(Value::to_string).collect();
        match (self.operator, list.is_empty()) {
            (In | NotIn, _) => write!(f, " ({})", list.join(", ")),
            (_, true) => Ok(()),
            (_, false) => write!(f, " {}", list.join(", ")),
        }
    }
}

impl Field {
    /// Its name in queries, without the name of an attribute.
    pub fn name(&self) -> &'static str {
        let mut infos = fields(Subject::Indicator).iter().chain(fields(Subject::Group));
        infos.find(|info| discriminant(&info.field) == discriminant(self)).map_or("", |info| info.name)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Field::Attribute(name) => write!(f, "({})", quote(name)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::IndicatorType(kind) => kind.fmt(f),
            Value::GroupKind(kind) => kind.fmt(f),
            Value::Use(usage) => usage.fmt(f),
            Value::Role(role) => role.fmt(f),
            Value::Tlp(tlp) => tlp.fmt(f),
            Value::Pap(pap) => pap.fmt(f),
            Value::Flag(flag) => flag.fmt(f),
            Value::Number(number) => number.fmt(f),
            Value::Moment(moment) => moment.fmt(f),
            Value::Text(text) => f.write_str(&quote(text)),
            Value::Import(id) => id.fmt(f),
            Value::Domain(name) => name.fmt(f),
            Value::Prefix(prefix) => prefix.fmt(f),
        }
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::At(time) => time.fmt(f),
            Moment::Today => f.write_str("today"),
            Moment::Hours(0) => f.write_str("now"),
            Moment::Hours(hours) if hours % 24 == 0 => write!(f, "{:+}d", hours / 24),
            Moment::Hours(hours) => write!(f, "{hours:+}h"),
        }
    }
}
