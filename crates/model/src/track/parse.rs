//! From text to a query: recursive descent with one token of look-ahead, as in [`crate::query`].

use super::{
    CONDITIONS_MAX, COST_MAX, Clause, Condition, DEPTH_MAX, Event, Near, Order, Pattern, Place, Records,
    SUBSTRING_CHARS_MIN, Scope, TEXT_OCTETS_MAX, Test, TrackQuery,
};
use crate::{
    address::Prefix,
    query::{
        Kind, QueryError, Value, error,
        token::{Token, What, token},
        value::{Expected, same_word},
    },
    registration::{Role, State},
    text::refang,
};

pub(super) fn parse(text: &str) -> Result<TrackQuery, QueryError> {
    if text.len() > TEXT_OCTETS_MAX {
        let at = text.floor_char_boundary(TEXT_OCTETS_MAX);
        return Err(too_long(text, at, text.len()));
    }
    let query = Parser::new(text).whole()?;
    // So that a Track, which is kept in its canonical form, can be read again.
    match query.to_string().len() {
        length if length > TEXT_OCTETS_MAX => Err(too_long(text, text.len(), length)),
        _ => Ok(query),
    }
}

fn too_long(text: &str, at: usize, length: usize) -> QueryError {
    QueryError::new(text, at, format!("a text of {length} octets"), vec![format!("at most {TEXT_OCTETS_MAX}")])
}

/// What could stand at the end of a text that is right as far as it goes.
pub(super) fn expected_at_end(text: &str) -> Vec<Expected> {
    if text.len() > TEXT_OCTETS_MAX {
        return Vec::new();
    }
    let mut parser = Parser::new(text);
    let _ = parser.whole();
    if parser.token.what == What::End && !parser.over_limit { parser.expected } else { Vec::new() }
}

struct Parser<'a> {
    text: &'a str,
    token: Token<'a>,
    /// What could stand where `token` does.
    expected: Vec<Expected>,
    conditions: usize,
    cost: u32,
    depth: usize,
    over_limit: bool,
}

/// Fields that hold no text.
const OTHERS: [&str; 8] = ["state", "created", "expires", "address", "type", "zone", "firstSeenHere", "org"];
/// Operators that `not` may stand before.
const DENIABLE: [&str; 6] = ["in", "startsWith", "endsWith", "under", "like", "matches"];

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Parser<'a> {
        let token = token(text, 0);
        Parser { text, token, expected: Vec::new(), conditions: 0, cost: 0, depth: 0, over_limit: false }
    }

    fn whole(&mut self) -> Result<TrackQuery, QueryError> {
        let scope = match self.takes_word("current") {
            true => Scope::Current,
            false if self.takes_word("historic") => Scope::Historic,
            false => Scope::Current,
        };
        let at = self.token.at;
        let clause = self.alternatives()?;
        if self.token.what != What::End {
            return Err(self.unexpected());
        }
        if !clause.is_anchored() {
            let why = "a condition that must hold, beside what must not";
            return Err(self.refused(at, "only what must not hold", why));
        }
        Ok(TrackQuery { scope, clause })
    }

    fn alternatives(&mut self) -> Result<Clause, QueryError> {
        let mut any = Vec::new();
        loop {
            match self.all()? {
                Clause::Any(inner) => any.extend(inner),
                other => any.push(other),
            }
            if !self.takes_word("or") {
                return Ok(one_or(any, Clause::Any));
            }
        }
    }

    fn all(&mut self) -> Result<Clause, QueryError> {
        let mut all = Vec::new();
        let mut records = Records::ALL;
        loop {
            let at = self.token.at;
            let clause = self.single()?;
            records = records.and(clause.records());
            if records == Records::NONE {
                let why = "conditions that one record can fulfil: use one Track for registrations and one for DNS";
                return Err(self.refused(at, "a condition on another kind of record", why));
            }
            match clause {
                Clause::All(inner) => all.extend(inner),
                other => all.push(other),
            }
            if !self.takes_word("and") {
                return Ok(one_or(all, Clause::All));
            }
        }
    }

    fn single(&mut self) -> Result<Clause, QueryError> {
        let at = self.token.at;
        if self.takes_word("not") {
            return Ok(Clause::Not(Box::new(self.deeper(at, Parser::single)?)));
        }
        if self.takes_symbol("(") {
            let clause = self.deeper(at, Parser::alternatives)?;
            self.needs_symbol(")")?;
            return Ok(clause);
        }
        self.condition()
    }

    fn condition(&mut self) -> Result<Clause, QueryError> {
        let at = self.token.at;
        self.expected.extend(Place::ALL.iter().map(|place| Expected::Word(place.as_str())));
        self.expected.extend(OTHERS.map(Expected::Word));
        self.expected.extend(ROLED.map(Expected::Word));
        let What::Word(word) = self.token.what else { return Err(self.unexpected()) };
        let other = OTHERS.iter().find(|other| same_word(other, word)).copied().unwrap_or_default();
        match other {
            "firstSeenHere" => {
                self.advance();
                self.one(at, Condition::FirstSeenHere)
            }
            "state" => self.words(at, "a state such as registered or redemption", |word| {
                State::ALL.iter().copied().find(|state| same_word(state.as_str(), word)).map(Condition::State)
            }),
            "type" => self.words(at, "a record type such as A or MX", |word| word.parse().ok().map(Condition::Type)),
            "address" => self
                .words(at, "an address or a prefix such as 192.0.2.0/24", |word| prefix(word).map(Condition::Address)),
            "zone" => self.words(at, "a public suffix such as com or co.uk", |word| {
                let test = Test::Within(Place::Domain.fold(word.trim_start_matches('.')).into());
                crate::name::Name::from_unicode(word.trim_start_matches('.')).ok()?;
                Some(Condition::Text { place: Place::Domain, role: None, test })
            }),
            "created" => self.moment(at, Event::Created),
            "expires" => self.moment(at, Event::Expires),
            _ => {
                let (place, role) = Place::named(word).ok_or_else(|| self.unexpected())?;
                self.advance();
                self.text(at, place, role)
            }
        }
    }

    /// `= word`, `!= word`, `in (word, …)`.
    fn words(&mut self, at: usize, hint: &str, read: impl Fn(&str) -> Option<Condition>) -> Result<Clause, QueryError> {
        self.advance();
        let (operator, denied) = self.operator(&["=", "!=", "in"], &["in"])?;
        self.values(at, operator == "in", denied || operator == "!=", hint, &|text| {
            read(text).ok_or_else(|| hint.to_owned())
        })
    }

    fn moment(&mut self, at: usize, event: Event) -> Result<Clause, QueryError> {
        self.advance();
        let (operator, _) = self.operator(&["<", ">="], &[])?;
        let order = if operator == "<" { Order::Before } else { Order::From };
        let hint = "a moment such as 2026-01-31, -30d or today";
        self.values(at, false, false, hint, &|text| match Kind::Moment.read(text) {
            Some(Value::Moment(moment)) => Ok(Condition::Moment { event, order, moment }),
            _ => Err(hint.to_owned()),
        })
    }

    fn text(&mut self, at: usize, place: Place, role: Option<Role>) -> Result<Clause, QueryError> {
        let mut operators = vec!["=", "!=", "in", "~", "!~", "startsWith", "endsWith"];
        if place.is_name() {
            operators.push("under");
        }
        if place != Place::RegisteredMinute {
            operators.extend(["like", "matches"]);
        }
        let (operator, denied) = self.operator(&operators, &DENIABLE)?;
        let denied = denied || operator.starts_with('!');
        self.values(at, operator == "in", denied, "a text in quotes", &|text| {
            let test = test(place, operator, text)?;
            Ok(Condition::Text { place, role, test })
        })
    }

    /// One of the operators, and whether it is denied.
    fn operator(
        &mut self,
        operators: &[&'static str],
        deniable: &[&'static str],
    ) -> Result<(&'static str, bool), QueryError> {
        self.expected.extend(operators.iter().copied().map(Expected::Word));
        let denied = deniable.iter().any(|word| operators.contains(word)) && self.takes_word("not");
        let found = match self.token.what {
            What::Symbol(symbol) if !denied => operators.iter().find(|operator| **operator == symbol),
            What::Word(word) => operators
                .iter()
                .find(|operator| same_word(operator, word))
                .filter(|operator| !denied || deniable.contains(operator)),
            _ => None,
        };
        let operator = *found.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok((operator, denied))
    }

    /// One value or a list, each made a condition.
    fn values(
        &mut self,
        at: usize,
        list: bool,
        denied: bool,
        hint: &str,
        make: &dyn Fn(&str) -> Result<Condition, String>,
    ) -> Result<Clause, QueryError> {
        let mut any = Vec::new();
        if list {
            self.needs_symbol("(")?;
        }
        loop {
            any.push(self.value(at, hint, make)?);
            if !list || !self.takes_symbol(",") {
                break;
            }
        }
        if list {
            self.needs_symbol(")")?;
        }
        let clause = one_or(any, Clause::Any);
        Ok(if denied { Clause::Not(Box::new(clause)) } else { clause })
    }

    fn value(
        &mut self,
        at: usize,
        hint: &str,
        make: &dyn Fn(&str) -> Result<Condition, String>,
    ) -> Result<Clause, QueryError> {
        self.expected.push(Expected::Hint(hint.to_owned()));
        let text = match &self.token.what {
            What::Text(text) => text.clone(),
            What::Word(word) => (*word).to_owned(),
            _ => return Err(self.unexpected()),
        };
        let condition = make(&text)
            .map_err(|why| QueryError::new(self.text, self.token.at, error::name(self.text, &self.token), vec![why]))?;
        self.advance();
        self.one(at, condition)
    }

    fn one(&mut self, at: usize, condition: Condition) -> Result<Clause, QueryError> {
        self.conditions += 1;
        self.cost += condition.cost();
        self.within(self.conditions <= CONDITIONS_MAX, at, || format!("at most {CONDITIONS_MAX} conditions"))?;
        self.within(self.cost <= COST_MAX, at, || {
            "fewer dear conditions: a regular expression costs 32, `like` 16, a part of a text 4, an equal one 1; at \
             most 256 together"
                .to_owned()
        })?;
        Ok(Clause::Is(condition))
    }

    fn advance(&mut self) {
        self.token = token(self.text, self.token.end);
        self.expected.clear();
    }

    fn takes_word(&mut self, word: &'static str) -> bool {
        self.expected.push(Expected::Word(word));
        let is = matches!(self.token.what, What::Word(found) if word.eq_ignore_ascii_case(found));
        if is {
            self.advance();
        }
        is
    }

    fn takes_symbol(&mut self, symbol: &'static str) -> bool {
        self.expected.push(Expected::Word(symbol));
        let is = self.token.what == What::Symbol(symbol);
        if is {
            self.advance();
        }
        is
    }

    fn needs_symbol(&mut self, symbol: &'static str) -> Result<(), QueryError> {
        if self.takes_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> QueryError {
        let expected = match self.token.what {
            What::Bad(expected) => vec![expected.to_owned()],
            _ => self.expected.iter().map(|expected| expected.text().to_owned()).collect(),
        };
        QueryError::new(self.text, self.token.at, error::name(self.text, &self.token), expected)
    }

    fn refused(&self, at: usize, found: &str, expected: &str) -> QueryError {
        QueryError::new(self.text, at, found.to_owned(), vec![expected.to_owned()])
    }

    fn deeper(
        &mut self,
        at: usize,
        read: fn(&mut Parser<'a>) -> Result<Clause, QueryError>,
    ) -> Result<Clause, QueryError> {
        self.within(self.depth < DEPTH_MAX, at, || format!("at most {DEPTH_MAX} levels"))?;
        self.depth += 1;
        let clause = read(self);
        self.depth -= 1;
        clause
    }

    fn within(&mut self, limit: bool, at: usize, expected: impl FnOnce() -> String) -> Result<(), QueryError> {
        if limit {
            return Ok(());
        }
        self.over_limit = true;
        Err(QueryError::new(self.text, at, "one more".into(), vec![expected()]))
    }
}

/// Fields of contacts with a role in front, for messages and editors.
const ROLED: [&str; 4] = ["registrant.email", "registrant.name", "registrant.organization", "registrant.phone"];

fn one_or(mut clauses: Vec<Clause>, make: fn(Vec<Clause>) -> Clause) -> Clause {
    match clauses.pop() {
        Some(only) if clauses.is_empty() => only,
        last => {
            clauses.extend(last);
            make(clauses)
        }
    }
}

/// A prefix, or an address as one.
fn prefix(text: &str) -> Option<Prefix> {
    match Kind::Place.read(text) {
        Some(Value::Prefix(prefix)) => Some(prefix),
        _ => None,
    }
}

/// What a text must be, or what would be right in its place.
fn test(place: Place, operator: &str, text: &str) -> Result<Test, String> {
    // Values are pasted from reports; a backslash is an escape of DNS or of an expression, not of a report.
    let defanged = (place.is_name() || place == Place::Email) && !text.contains('\\');
    let text = &*if defanged { refang(text) } else { text.to_owned() };
    let whole = || Some(place.fold(text)).filter(|folded| !folded.is_empty());
    let part = |least: usize| Some(place.fold_part(text)).filter(|folded| folded.chars().count() >= least);
    let empty = || "a text that is not empty when it is folded".to_owned();
    let of_part = |least, make: fn(Box<str>) -> Test| part(least).map(|text| make(text.into()));
    match operator {
        "startsWith" => of_part(1, Test::Prefix).ok_or_else(empty),
        "endsWith" => of_part(1, Test::Suffix).ok_or_else(empty),
        "~" | "!~" => of_part(SUBSTRING_CHARS_MIN, Test::Substring)
            .ok_or_else(|| format!("at least {SUBSTRING_CHARS_MIN} letters or digits")),
        "under" => whole().map(|text| Test::Within(text.into())).ok_or_else(empty),
        "like" => whole()
            .and_then(|text| Near::new(&text))
            .map(|near| Test::Near(Box::new(near)))
            .ok_or_else(|| "5 to 64 characters".to_owned()),
        "matches" => Pattern::new(text).map(|pattern| Test::Pattern(Box::new(pattern))),
        _ => whole().map(|text| Test::Equal(text.into())).ok_or_else(empty),
    }
}
