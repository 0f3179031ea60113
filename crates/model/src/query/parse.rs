//! From text to a query: recursive descent with one token of look-ahead.
//!
//! At each token the parser gathers what could stand there. That list is the error's, and the editor's.

mod condition;

use super::{
    CONDITIONS_MAX, DEPTH_MAX, NESTING_MAX, Query, QueryError, Subject, TEXT_OCTETS_MAX, error, fields,
    token::{Token, What, token},
    value::Expected,
};

/// Reads a query about `subject`. A text of nothing but blanks is [`Query::All`].
pub fn parse(subject: Subject, text: &str) -> Result<Query, QueryError> {
    if text.len() > TEXT_OCTETS_MAX {
        let at = text.floor_char_boundary(TEXT_OCTETS_MAX);
        return Err(too_long(text, at, text.len(), "a text"));
    }
    let query = Parser::new(subject, text).whole()?;
    // So that a saved search, which is kept in its canonical form, can be read again.
    match query.to_string().len() {
        length if length > TEXT_OCTETS_MAX => Err(too_long(text, text.len(), length, "a canonical form")),
        _ => Ok(query),
    }
}

fn too_long(text: &str, at: usize, length: usize, what: &str) -> QueryError {
    QueryError::new(text, at, format!("{what} of {length} octets"), vec![format!("at most {TEXT_OCTETS_MAX}")])
}

/// What could stand at the end of a text that is right as far as it goes; nothing where it is not.
pub(super) fn expected_at_end(subject: Subject, text: &str) -> Vec<Expected> {
    if text.len() > TEXT_OCTETS_MAX {
        return Vec::new();
    }
    let mut parser = Parser::new(subject, text);
    let _ = parser.whole();
    if parser.token.what == What::End && !parser.over_limit { parser.expected } else { Vec::new() }
}

struct Parser<'a> {
    text: &'a str,
    /// What the fields are of; another within `has…(…)`.
    subject: Subject,
    token: Token<'a>,
    /// What could stand where `token` does.
    expected: Vec<Expected>,
    conditions: usize,
    depth: usize,
    nesting: usize,
    over_limit: bool,
}

impl<'a> Parser<'a> {
    fn new(subject: Subject, text: &'a str) -> Parser<'a> {
        Parser {
            text,
            subject,
            token: token(text, 0),
            expected: Vec::new(),
            conditions: 0,
            depth: 0,
            nesting: 0,
            over_limit: false,
        }
    }

    fn whole(&mut self) -> Result<Query, QueryError> {
        if self.token.what == What::End {
            self.expect_beginnings();
            return Ok(Query::All);
        }
        let query = self.alternatives()?;
        if self.token.what == What::End { Ok(query) } else { Err(self.unexpected()) }
    }

    fn alternatives(&mut self) -> Result<Query, QueryError> {
        let mut all = Vec::new();
        loop {
            match self.all()? {
                Query::Or(inner) => all.extend(inner),
                other => all.push(other),
            }
            if !self.takes_word("or") {
                return Ok(one_or(all, Query::Or));
            }
        }
    }

    fn all(&mut self) -> Result<Query, QueryError> {
        let mut all = Vec::new();
        loop {
            match self.single()? {
                Query::And(inner) => all.extend(inner),
                other => all.push(other),
            }
            if !self.takes_word("and") {
                return Ok(one_or(all, Query::And));
            }
        }
    }

    fn single(&mut self) -> Result<Query, QueryError> {
        let at = self.token.at;
        if self.takes_word("not") {
            let query = self.deeper(at, Parser::single)?;
            return Ok(Query::Not(Box::new(query)));
        }
        if self.takes_symbol("(") {
            let query = self.deeper(at, Parser::alternatives)?;
            self.needs_symbol(")")?;
            return Ok(query);
        }
        if self.takes_word("hasGroup") {
            return self.has(at, Subject::Group, Query::HasGroup);
        }
        if self.takes_word("hasIndicator") {
            return self.has(at, Subject::Indicator, Query::HasIndicator);
        }
        self.condition()
    }

    /// What stands in parentheses after `hasGroup` or `hasIndicator`.
    fn has(&mut self, at: usize, subject: Subject, make: fn(Box<Query>) -> Query) -> Result<Query, QueryError> {
        self.count_condition(at)?;
        self.within(self.nesting < NESTING_MAX, at, || format!("at most {NESTING_MAX} `has…` in each other"))?;
        self.needs_symbol("(")?;
        let outer = std::mem::replace(&mut self.subject, subject);
        self.nesting += 1;
        let query = if self.takes_symbol(")") {
            Query::All
        } else {
            let query = self.deeper(at, Parser::alternatives)?;
            self.needs_symbol(")")?;
            query
        };
        self.nesting -= 1;
        self.subject = outer;
        Ok(make(Box::new(query)))
    }

    fn expect_beginnings(&mut self) {
        let others = ["not", "(", "hasGroup", "hasIndicator"].map(Expected::Word);
        self.expected.extend(others);
        self.expected.extend(fields(self.subject).iter().map(|info| Expected::Word(info.name)));
    }

    fn advance(&mut self) {
        self.token = token(self.text, self.token.end);
        self.expected.clear();
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.token.what, What::Word(found) if word.eq_ignore_ascii_case(found))
    }

    /// Goes on where this keyword stands.
    fn takes_word(&mut self, word: &'static str) -> bool {
        self.expected.push(Expected::Word(word));
        let is = self.is_word(word);
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

    fn needs_word(&mut self, word: &'static str) -> Result<(), QueryError> {
        if self.takes_word(word) { Ok(()) } else { Err(self.unexpected()) }
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

    /// Reads what stands one level deeper.
    fn deeper(
        &mut self,
        at: usize,
        read: fn(&mut Parser<'a>) -> Result<Query, QueryError>,
    ) -> Result<Query, QueryError> {
        self.within(self.depth < DEPTH_MAX, at, || format!("at most {DEPTH_MAX} levels"))?;
        self.depth += 1;
        let query = read(self);
        self.depth -= 1;
        query
    }

    fn count_condition(&mut self, at: usize) -> Result<(), QueryError> {
        self.conditions += 1;
        self.within(self.conditions <= CONDITIONS_MAX, at, || format!("at most {CONDITIONS_MAX} conditions"))
    }

    fn within(&mut self, limit: bool, at: usize, expected: impl FnOnce() -> String) -> Result<(), QueryError> {
        if limit {
            return Ok(());
        }
        self.over_limit = true;
        Err(QueryError::new(self.text, at, "one more".into(), vec![expected()]))
    }
}

fn one_or(mut queries: Vec<Query>, make: fn(Vec<Query>) -> Query) -> Query {
    match queries.pop() {
        Some(only) if queries.is_empty() => only,
        last => {
            queries.extend(last);
            make(queries)
        }
    }
}
