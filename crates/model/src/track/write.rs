//! The canonical text of a query: [`super::TrackQuery::parse`] makes the same query of it.

use std::fmt;

use super::{Clause, Condition, Scope, Test, TrackQuery};
use crate::query::token::quote;

impl fmt::Display for TrackQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scope == Scope::Historic {
            f.write_str("historic ")?;
        }
        self.clause.fmt(f)
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Clause::All(all) => joined(f, all, " and ", |clause| matches!(clause, Clause::All(_) | Clause::Any(_))),
            Clause::Any(any) => joined(f, any, " or ", |clause| matches!(clause, Clause::Any(_))),
            Clause::Not(clause) => {
                f.write_str("not ")?;
                inner(f, clause, matches!(**clause, Clause::All(_) | Clause::Any(_)))
            }
            Clause::Is(condition) => condition.fmt(f),
        }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, clauses: &[Clause], word: &str, wrapped: fn(&Clause) -> bool) -> fmt::Result {
    for (number, clause) in clauses.iter().enumerate() {
        if number > 0 {
            f.write_str(word)?;
        }
        inner(f, clause, wrapped(clause))?;
    }
    Ok(())
}

fn inner(f: &mut fmt::Formatter<'_>, clause: &Clause, wrapped: bool) -> fmt::Result {
    if wrapped { write!(f, "({clause})") } else { write!(f, "{clause}") }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Text { place, role, test } => {
                if let Some(role) = role {
                    write!(f, "{role}.")?;
                }
                write!(f, "{place} {test}")
            }
            Condition::State(state) => write!(f, "state = {state}"),
            Condition::Moment { event, order, moment } => write!(f, "{event} {order} {moment}"),
            Condition::Address(prefix) => write!(f, "address = {prefix}"),
            Condition::Type(rrtype) => write!(f, "type = {rrtype}"),
            Condition::FirstSeenHere => f.write_str("firstSeenHere"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, text) = match self {
            Test::Equal(text) => ("=", &**text),
            Test::Prefix(text) => ("startsWith", &**text),
            Test::Suffix(text) => ("endsWith", &**text),
            Test::Substring(text) => ("~", &**text),
            Test::Within(text) => ("under", &**text),
            Test::Near(near) => ("like", near.text()),
            Test::Pattern(pattern) => ("matches", pattern.as_str()),
        };
        write!(f, "{operator} {}", quote(text))
    }
}
