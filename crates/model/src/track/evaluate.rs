//! What a query means.

use super::{Arriving, Clause, Condition, Event, Held, Order, Test, TrackQuery};

/// A condition that holds, and what it holds of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Matched {
    /// The condition as text.
    pub condition: String,
    /// Where it was found: `registrant.email`, `host`, `address`.
    pub place: String,
    /// The folded value.
    pub value: String,
}

impl TrackQuery {
    /// Whether it is true of a record. Nothing else decides.
    pub fn matches(&self, record: &Arriving) -> bool {
        self.clause.matches(record)
    }

    /// The conditions that hold, with what they hold of, each once. What stands in `not` is left out.
    pub fn matched(&self, record: &Arriving) -> Vec<Matched> {
        let mut all = Vec::new();
        gather(&self.clause, record, &mut all);
        all.sort();
        all.dedup();
        all
    }
}

impl Clause {
    /// Whether it is true of a record.
    pub fn matches(&self, record: &Arriving) -> bool {
        match self {
            Clause::All(all) => all.iter().all(|clause| clause.matches(record)),
            Clause::Any(any) => any.iter().any(|clause| clause.matches(record)),
            Clause::Not(clause) => !clause.matches(record),
            Clause::Is(condition) => condition.matches(record),
        }
    }
}

impl Condition {
    /// Whether it is true of a record.
    pub fn matches(&self, record: &Arriving) -> bool {
        match self {
            Condition::Text { .. } => record.held.iter().any(|held| self.fits(held)),
            Condition::State(state) => record.state == Some(*state),
            Condition::Moment { event, order, moment } => {
                let of = match event {
                    Event::Created => record.created,
                    Event::Expires => record.expires,
                };
                let fence = moment.resolve(record.at);
                of.is_some_and(|of| (of >= fence) == (*order == Order::From))
            }
            Condition::Address(prefix) => record.address.is_some_and(|address| prefix.contains(address)),
            Condition::Type(rrtype) => record.rrtype == Some(*rrtype),
            Condition::FirstSeenHere => record.first_seen_here,
        }
    }

    /// Whether a text that a record holds is what is asked for.
    fn fits(&self, held: &Held) -> bool {
        match self {
            Condition::Text { place, role, test } => {
                held.place == *place && role.is_none_or(|role| role == held.role) && test.fits(&held.text)
            }
            _ => false,
        }
    }

    fn value(&self, record: &Arriving) -> String {
        match self {
            Condition::Address(_) => record.address.map(|address| address.to_string()).unwrap_or_default(),
            Condition::Moment { event: Event::Created, .. } => {
                record.created.map(|time| time.to_string()).unwrap_or_default()
            }
            Condition::Moment { .. } => record.expires.map(|time| time.to_string()).unwrap_or_default(),
            Condition::State(state) => state.to_string(),
            Condition::Type(rrtype) => rrtype.to_string(),
            _ => record.domain.to_string(),
        }
    }
}

impl Test {
    /// Whether a folded text is what is asked for.
    pub fn fits(&self, text: &str) -> bool {
        match self {
            Test::Equal(asked) => text == &**asked,
            Test::Prefix(asked) => text.starts_with(&**asked),
            Test::Suffix(asked) => text.ends_with(&**asked),
            Test::Substring(asked) => text.contains(&**asked),
            Test::Within(asked) => is_within(text, asked),
            Test::Near(near) => near.fits(text),
            Test::Pattern(pattern) => pattern.fits(text),
        }
    }
}

/// Whether a name as text is another or stands below it.
fn is_within(text: &str, asked: &str) -> bool {
    let below = |front: &str| front.is_empty() || front.ends_with('.') && ends_label(text, front.len() - 1);
    asked == "." || text.strip_suffix(asked).is_some_and(below)
}

/// Whether the dot at this octet of a name as text ends a label. One within a label is written `\.`.
pub fn ends_label(text: &str, dot: usize) -> bool {
    text.as_bytes()[..dot].iter().rev().take_while(|octet| **octet == b'\\').count().is_multiple_of(2)
}

fn gather(clause: &Clause, record: &Arriving, all: &mut Vec<Matched>) {
    match clause {
        Clause::All(clauses) | Clause::Any(clauses) => {
            clauses.iter().for_each(|clause| gather(clause, record, all));
        }
        Clause::Not(_) => {}
        Clause::Is(condition) => {
            let text = condition.to_string();
            let of = |place: String, value: String| Matched { condition: text.clone(), place, value };
            if let Condition::Text { place, .. } = condition {
                let held = record.held.iter().filter(|held| condition.fits(held));
                all.extend(held.map(|held| {
                    let place = if place.has_role() { format!("{}.{place}", held.role) } else { place.to_string() };
                    of(place, held.text.clone())
                }));
            } else if condition.matches(record) {
                let place = text.split(' ').next().unwrap_or_default().to_owned();
                all.push(of(place, condition.value(record)));
            }
        }
    }
}
