//! From text to a query: recursive descent with one token of look-ahead.
//!
//! At each token the parser gathers what could stand there. That list is the error's, and the editor's.

use super::{
    CONDITIONS_MAX, Condition, DEPTH_MAX, Field, FieldInfo, NESTING_MAX, Operator, Query, QueryError, Subject,
    TEXT_OCTETS_MAX, VALUES_MAX, Value, error, fields,
    token::{Token, What, token},
    value::{Expected, same_word},
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

    fn condition(&mut self) -> Result<Query, QueryError> {
        let at = self.token.at;
        let info = self.field()?;
        self.count_condition(at)?;
        let field = match &info.field {
            Field::Attribute(_) => Field::Attribute(self.attribute_name()?),
            field => field.clone(),
        };
        let operator = self.operator(info)?;
        let is_like = self.text[..self.token.at].trim_end().to_ascii_lowercase().ends_with("like");
        let values = self.values(info, operator)?;
        Ok(Query::Condition(match &*values {
            [Value::Text(pattern)] if is_like => like(field, operator, pattern),
            _ => Condition { field, operator, values },
        }))
    }

    fn field(&mut self) -> Result<&'static FieldInfo, QueryError> {
        let fields = fields(self.subject);
        self.expected.extend(fields.iter().map(|info| Expected::Word(info.name)));
        let What::Word(word) = self.token.what else { return Err(self.unexpected()) };
        let info = fields.iter().find(|info| same_word(info.name, word)).ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(info)
    }

    fn attribute_name(&mut self) -> Result<String, QueryError> {
        self.needs_symbol("(")?;
        self.expected.push(Expected::Hint("the name of an attribute, in quotes".into()));
        let name = match &self.token.what {
            What::Text(text) => text.clone(),
            What::Word(word) => (*word).to_owned(),
            _ => return Err(self.unexpected()),
        };
        self.advance();
        self.needs_symbol(")")?;
        Ok(name)
    }

    fn operator(&mut self, info: &FieldInfo) -> Result<Operator, QueryError> {
        let allowed = info.operators();
        self.expected.extend(allowed.iter().map(|operator| Expected::Word(operator.as_str())));
        if allowed.contains(&Operator::IsNull) && self.is_word("is") {
            self.advance();
            let not = self.takes_word("not");
            self.needs_word("null")?;
            return Ok(if not { Operator::IsNotNull } else { Operator::IsNull });
        }
        let can_be_denied = |word: &&str| named(word).and_then(negated).is_some_and(|not| allowed.contains(&not));
        let mut deniable = ["in", "contains", "startsWith", "endsWith"].into_iter().filter(can_be_denied).peekable();
        let not = deniable.peek().is_some() && self.is_word("not");
        if not {
            self.advance();
            self.expected.extend(deniable.map(Expected::Word));
        }
        let stated = match self.token.what {
            What::Symbol(symbol) if !not => symbol.parse().ok(),
            What::Word(word) => named(word),
            _ => None,
        };
        let operator = if not { stated.and_then(negated) } else { stated };
        let operator = operator.filter(|operator| allowed.contains(operator)).ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(operator)
    }

    fn values(&mut self, info: &FieldInfo, operator: Operator) -> Result<Vec<Value>, QueryError> {
        match operator {
            Operator::IsNull | Operator::IsNotNull => Ok(Vec::new()),
            Operator::In | Operator::NotIn => self.list(info),
            _ => Ok(vec![self.value(info)?]),
        }
    }

    fn list(&mut self, info: &FieldInfo) -> Result<Vec<Value>, QueryError> {
        self.needs_symbol("(")?;
        let mut values = vec![self.value(info)?];
        while self.takes_symbol(",") {
            self.within(values.len() < VALUES_MAX, self.token.at, || format!("at most {VALUES_MAX} values in a list"))?;
            values.push(self.value(info)?);
        }
        self.needs_symbol(")")?;
        Ok(values)
    }

    fn value(&mut self, info: &FieldInfo) -> Result<Value, QueryError> {
        self.expected.extend(info.kind.expected());
        let value = match &self.token.what {
            What::Text(text) => info.kind.read(text),
            What::Word(word) if !is_reserved(word) => info.kind.read(word),
            _ => None,
        };
        let value = value.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(value)
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

/// An operator that is written as a word, TQL's included.
fn named(word: &str) -> Option<Operator> {
    const WORDS: [(&str, Operator); 11] = [
        ("eq", Operator::Equal),
        ("ne", Operator::NotEqual),
        ("lt", Operator::Less),
        ("leq", Operator::LessOrEqual),
        ("gt", Operator::Greater),
        ("geq", Operator::GreaterOrEqual),
        ("in", Operator::In),
        ("like", Operator::Contains),
        ("contains", Operator::Contains),
        ("startsWith", Operator::StartsWith),
        ("endsWith", Operator::EndsWith),
    ];
    WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, operator)| *operator)
}

/// `like` with its wildcards: `%` at either end, or at none for both.
fn like(field: Field, operator: Operator, pattern: &str) -> Condition {
    let open_front = pattern.strip_prefix('%');
    let text = open_front.unwrap_or(pattern);
    let open_back = text.strip_suffix('%');
    let positive = match (open_front, open_back) {
        (Some(_), None) if !text.is_empty() => Operator::EndsWith,
        (None, Some(_)) => Operator::StartsWith,
        _ => Operator::Contains,
    };
    let operator = if operator.negates().is_some() { negated(positive).unwrap_or(operator) } else { positive };
    Condition { field, operator, values: vec![Value::Text(open_back.unwrap_or(text).to_owned())] }
}

/// The operator that says no to this one.
fn negated(operator: Operator) -> Option<Operator> {
    Operator::ALL.iter().copied().find(|candidate| candidate.negates() == Some(operator))
}

/// Whether a word is more likely a slip than a value; in quotes it is one.
fn is_reserved(word: &str) -> bool {
    ["and", "or", "not", "in", "is", "null"].iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}
