//! Where to look in the store for what a query may be true of. It only proposes, as the index does.

use model::{
    Field, Name, Prefix, RecordType, Role,
    track::{Clause, Condition, Place, SUBSTRING_CHARS_MIN, Test},
};
use observations::{Matching, Subject};

use super::term::literals_of;

/// A range of stored registrations.
#[derive(Clone, Debug)]
pub(super) enum Scan {
    /// Values of a field, by a range of keys.
    Value(Field, Option<Role>, Matching),
    /// Values of a field that hold all of one of these lists of texts, each asked.
    Part(Field, Option<Role>, Test, Vec<Vec<String>>),
    /// Every registration that names a registrar.
    Every,
    /// One domain.
    Domain(Name),
}

/// A range of stored DNS records.
pub(super) type Look = (Subject, Vec<RecordType>);

/// A choice of ranges and how dear they are.
struct Choice<T> {
    ranges: Vec<T>,
    cost: u32,
}

/// Where registrations that a clause is true of stand. None where every registration must be asked.
pub(super) fn of_registrations(clause: &Clause) -> Option<Vec<Scan>> {
    choose(clause, &|condition| match condition {
        Condition::Text { place, role, test } => registration_scan(*place, *role, test),
        _ => None,
    })
    .map(|choice| choice.ranges)
}

/// Where DNS records that a clause is true of stand. None where every record must be asked.
pub(super) fn of_dns(clause: &Clause) -> Option<Vec<Look>> {
    choose(clause, &dns_look).map(|choice| choice.ranges)
}

fn choose<T>(clause: &Clause, of: &dyn Fn(&Condition) -> Option<(T, u32)>) -> Option<Choice<T>> {
    match clause {
        Clause::All(all) => all.iter().filter_map(|clause| choose(clause, of)).min_by_key(|choice| choice.cost),
        Clause::Any(any) => {
            let mut union = Choice { ranges: Vec::new(), cost: 0 };
            for clause in any {
                let choice = choose(clause, of)?;
                union.ranges.extend(choice.ranges);
                union.cost = union.cost.max(choice.cost);
            }
            Some(union)
        }
        Clause::Not(_) => None,
        Clause::Is(condition) => of(condition).map(|(range, cost)| Choice { ranges: vec![range], cost }),
    }
}

/// Whether ranges tell all that a clause asks: a domain that they name has a version of which it is true.
pub(super) fn is_whole(clause: &Clause) -> bool {
    match clause {
        Clause::Any(any) => any.iter().all(is_whole),
        Clause::Is(Condition::Text { place, .. }) => place.field().is_some(),
        _ => false,
    }
}

/// Whether a clause may be true of a registration of this domain: what it asks of anything else is taken for true.
pub(super) fn admits(clause: &Clause, domain: &str) -> bool {
    match clause {
        Clause::All(all) => all.iter().all(|clause| admits(clause, domain)),
        Clause::Any(any) => any.iter().any(|clause| admits(clause, domain)),
        Clause::Is(Condition::Text { place: Place::Domain, test, .. }) => test.fits(domain),
        Clause::Not(not) => match &**not {
            Clause::Is(Condition::Text { place: Place::Domain, test, .. }) => !test.fits(domain),
            _ => true,
        },
        Clause::Is(_) => true,
    }
}

fn registration_scan(place: Place, role: Option<Role>, test: &Test) -> Option<(Scan, u32)> {
    if let (Place::Domain, Test::Equal(text)) = (place, test) {
        return Some((Scan::Domain(Name::parse(text.as_bytes()).ok()?), 0));
    }
    let field = place.field()?;
    let dear = if place == Place::Registrar { 8 } else { 0 };
    let range = |matching| Scan::Value(field, role, matching);
    Some(match test {
        // The store folds handles to upper case.
        Test::Equal(text) => (range(Matching::Exact(field.fold(text))), 1 + dear),
        Test::Prefix(text) if field != Field::Handle => (range(Matching::Prefix(text.to_string())), 3 + dear),
        Test::Suffix(text) if field == Field::Email => (range(Matching::Suffix(text.to_string())), 3),
        other => {
            let holding = holding(other);
            let dear = dear + if holding.is_empty() { 20 } else { 10 };
            (Scan::Part(field, role, other.clone(), holding), dear)
        }
    })
}

/// What a value must hold to be what is asked for: all texts of one of these lists. None tells nothing.
fn holding(test: &Test) -> Vec<Vec<String>> {
    let each = |texts: Vec<String>| texts.into_iter().map(|text| vec![text]).collect();
    match test {
        Test::Prefix(text) | Test::Suffix(text) | Test::Substring(text) | Test::Within(text) | Test::Equal(text) => {
            each(vec![text.to_string()])
        }
        Test::Pattern(pattern) => literals_of(pattern.as_str()).map(each).unwrap_or_default(),
        Test::Near(near) => {
            let parts: Vec<String> = near.parts().into_iter().map(|(_, part)| part.to_owned()).collect();
            if parts.iter().all(|part| part.len() >= SUBSTRING_CHARS_MIN) { each(parts) } else { Vec::new() }
        }
    }
}

fn dns_look(condition: &Condition) -> Option<(Look, u32)> {
    match condition {
        Condition::Address(prefix) => {
            let types = vec![if prefix.first().is_ipv4() { RecordType::A } else { RecordType::AAAA }];
            Some(((address(*prefix), types), 2))
        }
        Condition::Text { place, test, .. } => {
            let (Test::Equal(text) | Test::Within(text)) = test else { return None };
            let name = Name::parse(text.as_bytes()).ok()?;
            let exact = matches!(test, Test::Equal(_));
            let target = |types| match exact {
                true => Some(((Subject::Target(name.clone()), types), 3)),
                false => Some(((Subject::TargetWithin(name.clone()), types), 4)),
            };
            match place {
                Place::Host if exact => Some(((Subject::Name(name), Vec::new()), 1)),
                Place::Host | Place::Domain => Some(((Subject::Within(name), Vec::new()), 2)),
                Place::NameServer => target(vec![RecordType::NS]),
                Place::MailServer => target(vec![RecordType::MX]),
                Place::Target => target(Vec::new()),
                _ => None,
            }
        }
        _ => None,
    }
}

fn address(prefix: Prefix) -> Subject {
    let whole = if prefix.first().is_ipv4() { 32 } else { 128 };
    if prefix.length() == whole { Subject::Address(prefix.first()) } else { Subject::Prefix(prefix) }
}
