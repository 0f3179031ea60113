//! What a record must hold for a query to be true of it.
//!
//! Of conditions joined by `and` one is enough: the one that proposes least in vain. Of those joined by `or` each must
//! stand. A denied one needs nothing. A condition that names no term makes its query slow: it is asked of every record.

use model::{
    Prefix,
    track::{Clause, Condition, Place, SUBSTRING_CHARS_MIN, Test},
};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

/// The most literals that stand for one regular expression.
const ALTERNATIVES_MAX: usize = 16;

/// One term: a record that holds it is proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// This text at this place.
    Equal(Place, Box<str>),
    /// This name or one below it at this place.
    Within(Place, Box<str>),
    /// An address in this prefix.
    Address(Prefix),
    /// A text with this in it at this place.
    Literal(Place, Box<str>, Option<Window>),
}

/// Where a part of an almost equal text can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The octet at which it stands in the text of the query.
    pub(super) offset: u16,
    /// The octets of that text.
    pub(super) length: u16,
    /// How many octets either may be off.
    pub(super) slack: u8,
}

impl Window {
    /// Whether a value of so many octets that holds the part there can be near.
    pub(super) fn admits(self, at: usize, length: usize) -> bool {
        let slack = usize::from(self.slack);
        at.abs_diff(self.offset.into()) <= slack && length.abs_diff(self.length.into()) <= slack
    }
}

/// Terms of which every record that a clause is true of holds one, and how much they propose in vain (the less, the
/// better; a step is about a factor of two).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Required {
    pub(super) terms: Vec<Term>,
    pub(super) vain: u32,
}

/// What a clause needs; none where it must be asked of every record.
pub(super) fn required(clause: &Clause) -> Option<Required> {
    match clause {
        Clause::All(all) => all.iter().filter_map(required).min_by_key(|required| required.vain),
        Clause::Any(any) => {
            let mut union = Required { terms: Vec::new(), vain: any.len().ilog2() };
            for clause in any {
                let Required { terms, vain } = required(clause)?;
                union.terms.extend(terms);
                union.vain = union.vain.max(vain);
            }
            Some(union)
        }
        Clause::Not(_) => None,
        Clause::Is(condition) => of_condition(condition),
    }
}

fn of_condition(condition: &Condition) -> Option<Required> {
    match condition {
        Condition::Text { place, test, .. } => of_text(*place, test),
        Condition::Address(prefix) => {
            let free = if prefix.first().is_ipv4() { 32 } else { 128 } - u32::from(prefix.length());
            Some(Required { terms: vec![Term::Address(*prefix)], vain: 1 + free.min(24) })
        }
        Condition::State(_) | Condition::Moment { .. } | Condition::Type(_) | Condition::FirstSeenHere => None,
    }
}

fn of_text(place: Place, test: &Test) -> Option<Required> {
    let one = |term, vain| Some(Required { terms: vec![term], vain });
    match test {
        Test::Equal(text) => one(Term::Equal(place, text.clone()), commonness(place)),
        // `under "."` and `under "com"` propose half the world; the shorter, the worse.
        Test::Within(text) => {
            let labels = text.matches('.').count() as u32;
            one(Term::Within(place, text.clone()), if labels == 0 { 24 } else { commonness(place) + 1 })
        }
        Test::Prefix(text) | Test::Suffix(text) | Test::Substring(text) => {
            (text.chars().count() >= SUBSTRING_CHARS_MIN).then_some(())?;
            one(Term::Literal(place, text.clone(), None), commonness(place).max(literal_vain(text)))
        }
        Test::Near(near) => {
            // One character for another may be four octets for one.
            let slack = near.distance() as u8 * 4;
            let window = |offset: usize| Window { offset: offset as u16, length: near.text().len() as u16, slack };
            let term = |(offset, part): (usize, &str)| Term::Literal(place, part.into(), Some(window(offset)));
            Some(Required { terms: near.parts().into_iter().map(term).collect(), vain: 8 })
        }
        Test::Pattern(pattern) => {
            let literals = literals_of(pattern.as_str())?;
            let vain = literals.iter().map(|text| literal_vain(text)).max().unwrap_or(24);
            let terms = literals.into_iter().map(|text| Term::Literal(place, text.into(), None)).collect();
            Some(Required { terms, vain })
        }
    }
}

/// How many records share a value at a place, in steps of about two.
fn commonness(place: Place) -> u32 {
    match place {
        Place::Email | Place::Handle | Place::Phone | Place::Fax => 1,
        Place::Domain | Place::Host => 1,
        Place::Name | Place::Organization | Place::Street => 2,
        Place::RegisteredMinute | Place::NameServers | Place::Target => 4,
        Place::NameServer | Place::MailServer => 8,
        Place::Registrar => 16,
    }
}

/// A part of a text is the rarer the longer it is.
fn literal_vain(text: &str) -> u32 {
    14u32.saturating_sub(text.chars().count() as u32).max(3)
}

/// Texts in lower case of which every match of a regular expression, taken without regard to case, holds one.
pub(super) fn literals_of(pattern: &str) -> Option<Vec<String>> {
    let hir = ParserBuilder::new().case_insensitive(true).build().parse(pattern).ok()?;
    let literals = any_of(&hir)?;
    let good = literals.len() <= ALTERNATIVES_MAX
        && literals.iter().all(|literal| literal.chars().count() >= SUBSTRING_CHARS_MIN);
    good.then_some(literals)
}

fn any_of(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Capture(capture) => any_of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => any_of(&repetition.sub),
        HirKind::Alternation(branches) => {
            let all: Option<Vec<Vec<String>>> = branches.iter().map(any_of).collect();
            Some(all?.concat())
        }
        HirKind::Concat(parts) => best_of(parts),
        _ => exact(hir).filter(|text| !text.is_empty()).map(|text| vec![text]),
    }
}

/// Of parts that follow each other: neighbours that are plain text joined, or a part by itself; the longest is best.
fn best_of(parts: &[Hir]) -> Option<Vec<String>> {
    let mut choices: Vec<Vec<String>> = Vec::new();
    let mut run = String::new();
    for part in parts {
        match exact(part) {
            Some(text) => run.push_str(&text),
            None => {
                choices.push(vec![std::mem::take(&mut run)]);
                choices.extend(any_of(part));
            }
        }
    }
    choices.push(vec![run]);
    let shortest = |choice: &Vec<String>| choice.iter().map(|text| text.chars().count()).min().unwrap_or(0);
    choices.into_iter().max_by_key(shortest).filter(|choice| shortest(choice) > 0)
}

/// The one text in lower case that this part matches, without regard to case.
fn exact(hir: &Hir) -> Option<String> {
    match hir.kind() {
        HirKind::Empty => Some(String::new()),
        HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(str::to_lowercase),
        HirKind::Class(Class::Unicode(class)) => {
            let mut folded = class.ranges().iter().flat_map(|range| range.start()..=range.end()).take(9).map(settled);
            let first = folded.next()??;
            folded.all(|other| other == Some(first)).then(|| first.to_string())
        }
        HirKind::Capture(capture) => exact(&capture.sub),
        HirKind::Concat(parts) => parts.iter().map(exact).collect(),
        _ => None,
    }
}

/// A character as folded texts have it, where that is one.
fn settled(character: char) -> Option<char> {
    let mut lower = character.to_lowercase();
    let one = lower.next().filter(|_| lower.next().is_none())?;
    Some(if one == 'ſ' { 's' } else { one })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literals(pattern: &str) -> Option<Vec<String>> {
        literals_of(pattern)
    }

    #[test]
    fn finds_what_a_pattern_needs() {
        let of = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(literals("Ask.*[0-9]+widgets?$"), of(&["widget"]));
        assert_eq!(literals("^(?:alpha|Beta).*@mail"), of(&["@mail"]));
        assert_eq!(literals("(?:alpha|Beta)[0-9]+"), of(&["alpha", "beta"]));
        assert_eq!(literals("(secret){2,}x"), of(&["secret"]));
        assert_eq!(literals("(secret)?[a-z]+"), None);
        assert_eq!(literals("a.b.c"), None);
        assert_eq!(literals("MÜLLER"), of(&["müller"]));
        assert_eq!(literals("ab|cdefg"), None);
    }

    #[test]
    fn takes_the_rarest_of_what_must_hold() {
        let query = model::TrackQuery::parse(r#"registrar = "iana:1" and email endsWith "@mail.example""#).unwrap();
        let required = required(&query.clause).unwrap();
        assert_eq!(required.terms, [Term::Literal(Place::Email, "@mail.example".into(), None)]);
    }
}
