//! One condition: a field, an operator, values of the field's kind.

use super::{
    super::{
        Condition, Field, FieldInfo, Operator, Query, QueryError, VALUES_MAX, Value, fields,
        token::What,
        value::{Expected, same_word},
    },
    Parser,
};

impl Parser<'_> {
    pub(super) fn condition(&mut self) -> Result<Query, QueryError> {
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
