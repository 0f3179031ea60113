//! A query as a condition of SQL. Values are bound; text comes from here alone.
//!
//! Every expression is true or false, never unknown, so that `NOT` is the opposite. Columns stand in a form that no
//! index serves (`+number`, `text || ''`): which index is used is the driver's choice, not the planner's, whose guess
//! differs by engine and by what it has counted.

use model::{
    Decay, Indicator, IndicatorType, OwnerId, Time,
    query::{Condition, Field, Operator, Query, Value, spellings},
};

use super::{Search, World};
use crate::{
    dialect::Dialect,
    indicator::{self, prefix_range, reversed},
    statement::Sql,
    text, value,
};

/// The near and the far end of an association, both ways round.
pub(super) const DIRECTIONS: [[&str; 2]; 2] = [["from", "to"], ["to", "from"]];

/// Whether a query says anything of what waits for a manager.
pub(super) fn asks_for_pending(query: &Query) -> bool {
    match query {
        Query::And(all) | Query::Or(all) => all.iter().any(asks_for_pending),
        Query::Not(query) => asks_for_pending(query),
        Query::Condition(condition) => condition.field == Field::Pending,
        Query::All | Query::HasGroup(_) | Query::HasIndicator(_) => false,
    }
}

/// What stands under an alias.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    /// `o{n}` and `i{n}`, or `o` and `i` where n is 0.
    Indicator,
    /// `g{n}`, or `g` where n is 0.
    Group,
}

/// Where in the statement: a subject and the number of its alias.
#[derive(Clone, Copy)]
pub(super) struct Scope {
    pub(super) subject: Subject,
    pub(super) number: usize,
}

impl Scope {
    fn alias(self) -> String {
        self.numbered(if self.subject == Subject::Group { "g" } else { "o" })
    }

    /// The alias of the value that an opinion is about.
    fn value(self) -> String {
        self.numbered("i")
    }

    fn id(self) -> String {
        format!("{}.{}", self.alias(), if self.subject == Subject::Group { "id" } else { "indicator_id" })
    }

    fn numbered(self, letter: &str) -> String {
        if self.number == 0 { letter.to_owned() } else { format!("{letter}{}", self.number) }
    }
}

pub(super) struct Compiler<'s, 'a> {
    sql: &'s mut Sql,
    world: &'a World,
    search: &'a Search<'a>,
    next: usize,
}

impl<'s, 'a> Compiler<'s, 'a> {
    pub(super) fn new(sql: &'s mut Sql, world: &'a World, search: &'a Search<'a>) -> Compiler<'s, 'a> {
        Compiler { sql, world, search, next: 1 }
    }

    /// The whole query, of indicators.
    pub(super) fn indicator_rows(&mut self, number: usize) {
        self.query(self.search.query, Scope { subject: Subject::Indicator, number });
    }

    /// The whole query, of groups; those that wait only where asked for.
    pub(super) fn group_rows(&mut self, number: usize) {
        let scope = Scope { subject: Subject::Group, number };
        let alias = scope.alias();
        self.text(&format!("({alias}.pending = 0"));
        if self.world.pending {
            self.text(&format!(" OR {alias}.owner_id IN "));
            let sees = |owner: &OwnerId| self.search.viewer.sees(*owner, true);
            self.sql.bind_all(self.world.owners.keys().copied().filter(sees));
        }
        self.text(") AND ");
        self.query(self.search.query, scope);
    }

    fn text(&mut self, text: &str) {
        self.sql.text.push_str(text);
    }

    pub(super) fn query(&mut self, query: &Query, scope: Scope) {
        match query {
            Query::All => self.text("1 = 1"),
            Query::And(all) => self.all(all, " AND ", scope),
            Query::Or(any) => self.all(any, " OR ", scope),
            Query::Not(query) => {
                self.text("NOT ");
                self.in_parentheses(|compiler| compiler.query(query, scope));
            }
            Query::Condition(condition) => self.condition(condition, scope),
            Query::HasGroup(query) => self.has(query, scope, Subject::Group),
            Query::HasIndicator(query) => self.has(query, scope, Subject::Indicator),
        }
    }

    fn in_parentheses(&mut self, inside: impl FnOnce(&mut Self)) {
        self.text("(");
        inside(self);
        self.text(")");
    }

    fn all(&mut self, queries: &[Query], between: &str, scope: Scope) {
        self.in_parentheses(|compiler| {
            for (at, query) in queries.iter().enumerate() {
                compiler.text(if at == 0 { "" } else { between });
                compiler.query(query, scope);
            }
            if queries.is_empty() {
                compiler.text("1 = 1");
            }
        });
    }

    /// Something is associated, in either direction, for which a query is true.
    fn has(&mut self, query: &Query, scope: Scope, subject: Subject) {
        let id = scope.id();
        self.in_parentheses(|compiler| {
            for (at, [near, far]) in DIRECTIONS.into_iter().enumerate() {
                compiler.text(if at == 0 { "EXISTS (SELECT 1 " } else { " OR EXISTS (SELECT 1 " });
                let link = compiler.associated(query, subject, far, false);
                compiler.text(&format!(" AND {link}.{near}_id = {id})"));
            }
        });
    }

    /// `FROM … WHERE …` with what the far end of an association must be; the alias of the association. Both engines
    /// take `CROSS JOIN`; SQLite takes it as the order in which to look: from the association, or from the far end.
    pub(super) fn associated(&mut self, query: &Query, subject: Subject, far: &str, from_far: bool) -> String {
        let scope = Scope { subject, number: self.next };
        let (alias, id, link) = (scope.alias(), scope.id(), format!("x{}", self.next));
        self.next += 1;
        let (tables, word, value) = match subject {
            Subject::Group => (format!("groups {alias}"), "group", String::new()),
            Subject::Indicator => {
                let value = scope.value();
                (
                    format!("opinions {alias} CROSS JOIN indicators {value}"),
                    "indicator",
                    format!("{value}.id = {id} AND "),
                )
            }
        };
        let links = format!("associations {link}");
        let [first, second] = if from_far { [&tables, &links] } else { [&links, &tables] };
        self.text(&format!(
            "FROM {first} CROSS JOIN {second} WHERE {link}.{far}_id = {id} AND {link}.{far}_type = '{word}' AND \
             {value}{alias}.pending = 0 AND "
        ));
        self.readable(&format!("{alias}.owner_id"));
        self.text(" AND ");
        self.readable(&format!("{link}.owner_id"));
        self.text(" AND ");
        self.query(query, scope);
        link
    }

    fn readable(&mut self, column: &str) {
        self.text(column);
        self.text(" IN ");
        self.sql.bind_all(self.world.owners.keys().copied());
    }

    fn condition(&mut self, condition: &Condition, scope: Scope) {
        match condition.operator.negates() {
            Some(positive) => {
                self.text("NOT ");
                self.in_parentheses(|compiler| compiler.positive(condition, positive, scope));
            }
            None => self.in_parentheses(|compiler| compiler.positive(condition, condition.operator, scope)),
        }
    }

    fn positive(&mut self, condition: &Condition, operator: Operator, scope: Scope) {
        let values = &condition.values;
        let alias = scope.alias();
        let column = |name: &str| format!("{alias}.{name}");
        match &condition.field {
            Field::Type => self.words(&column("type"), values),
            Field::Role => self.words(&column("role"), values),
            Field::Value => self.value(values, operator, scope),
            Field::Name => self.texts(&column("name_folded"), values, operator),
            Field::Owner => self.owner(values, operator, &column("owner_id")),
            Field::Rating => self.numbers(&column("rating"), values, operator),
            Field::Confidence => self.confidence(values, operator, &alias),
            Field::Use => self.numbers(&column("usage"), values, operator),
            Field::Grade => self.optional_texts(&column("grade"), &format!("LOWER({alias}.grade)"), values, operator),
            Field::Tlp => self.numbers(&column("tlp"), values, operator),
            Field::Pap => self.numbers(&column("pap"), values, operator),
            Field::Active => self.active(values, &alias),
            Field::Pending => self.numbers(&column("pending"), values, operator),
            Field::Added => self.numbers(&column("added"), values, operator),
            Field::Modified => self.numbers(&column("modified"), values, operator),
            Field::FirstSeen => self.numbers(&column("first_seen"), values, operator),
            Field::LastSeen => self.numbers(&column("last_seen"), values, operator),
            Field::Expires => self.numbers(&column("expires"), values, operator),
            Field::Sightings => self.numbers(&column("sightings"), values, operator),
            Field::FalsePositives => self.numbers(&column("false_positives"), values, operator),
            Field::Description if scope.subject == Subject::Indicator && operator == Operator::Contains => {
                self.phrase(values, &format!("+{alias}.phrase"));
            }
            Field::Description => self.folded("description", values, operator, &alias),
            Field::Source => self.folded("source", values, operator, &alias),
            Field::Technique => {
                self.optional_texts(&column("technique"), &format!("LOWER({alias}.technique)"), values, operator);
            }
            Field::Import => self.import(values, operator, &column("import_id")),
            Field::Under => self.under(values, operator, &scope.value()),
            Field::Tag => self.tag(values, operator, scope),
            Field::Attribute(name) => self.attribute(name, values, operator, scope),
        }
    }

    /// A closed set of words: `in` and `=`.
    fn words(&mut self, column: &str, values: &[Value]) {
        self.text(&format!("({column} || '') IN "));
        let words = values.iter().filter_map(|value| match value {
            Value::IndicatorType(kind) => Some(kind.as_str()),
            Value::GroupKind(kind) => Some(kind.as_str()),
            Value::Role(role) => Some(role.as_str()),
            _ => None,
        });
        self.sql.bind_all(words);
    }

    /// Numbers, ranks and moments.
    fn numbers(&mut self, column: &str, values: &[Value], operator: Operator) {
        if operator == Operator::IsNull {
            return self.text(&format!("{column} IS NULL"));
        }
        self.text(&format!("{column} IS NOT NULL AND +{column} "));
        let now = self.search.now;
        let mut numbers = values.iter().filter_map(|value| number(value, now));
        match operator {
            Operator::Less => self.text("< "),
            Operator::LessOrEqual => self.text("<= "),
            Operator::Greater => self.text("> "),
            Operator::GreaterOrEqual => self.text(">= "),
            _ => {
                self.text("IN ");
                self.sql.bind_all(numbers);
                return;
            }
        }
        self.sql.bind(numbers.next());
    }

    /// A text that is always there, in lower case.
    fn texts(&mut self, column: &str, values: &[Value], operator: Operator) {
        let texts: Vec<String> = values.iter().filter_map(text_of).collect();
        for (at, text) in texts.iter().enumerate() {
            self.text(if at == 0 { "" } else { " OR " });
            let pattern = match operator {
                Operator::Contains => format!("%{}%", escaped(text)),
                Operator::StartsWith => format!("{}%", escaped(text)),
                Operator::EndsWith => format!("%{}", escaped(text)),
                _ => {
                    self.text(&format!("({column} || '') = "));
                    self.sql.bind(text);
                    continue;
                }
            };
            self.text(&format!("{column} LIKE "));
            self.sql.bind(pattern);
            self.text(" ESCAPE '\\'");
        }
        if texts.is_empty() {
            self.text("1 = 0");
        }
    }

    fn optional_texts(&mut self, column: &str, lower: &str, values: &[Value], operator: Operator) {
        if operator == Operator::IsNull {
            return self.text(&format!("{column} IS NULL"));
        }
        self.text(&format!("{column} IS NOT NULL AND "));
        self.in_parentheses(|compiler| compiler.texts(lower, values, operator));
    }

    /// A text that has a second column where its lower case is something else.
    fn folded(&mut self, name: &str, values: &[Value], operator: Operator, alias: &str) {
        let lower = format!("COALESCE({alias}.{name}_folded, {alias}.{name})");
        self.optional_texts(&format!("{alias}.{name}"), &lower, values, operator);
    }

    /// A description that contains one of these texts.
    fn phrase(&mut self, values: &[Value], column: &str) {
        self.text(&format!("{column} IS NOT NULL AND {column} IN ("));
        phrases(self.sql, values, self.world.dialect);
        self.text(")");
    }

    fn value(&mut self, values: &[Value], operator: Operator, scope: Scope) {
        if !matches!(operator, Operator::Equal | Operator::In) {
            let value = scope.value();
            return self.texts(&format!("COALESCE({value}.value_folded, {value}.value)"), values, operator);
        }
        self.text(&format!("{} IN ", scope.id()));
        self.sql.bind_all(ids(values));
    }

    fn owner(&mut self, values: &[Value], operator: Operator, column: &str) {
        let texts: Vec<String> = values.iter().filter_map(text_of).collect();
        let fits = |name: &str| {
            texts.iter().any(|text| match operator {
                Operator::Contains => name.contains(text),
                Operator::StartsWith => name.starts_with(text),
                Operator::EndsWith => name.ends_with(text),
                _ => name == text,
            })
        };
        let owners: Vec<OwnerId> = self.world.owners.iter().filter(|(_, name)| fits(name)).map(|(id, _)| *id).collect();
        self.text(&format!("{column} IN "));
        self.sql.bind_all(owners);
    }

    fn active(&mut self, values: &[Value], alias: &str) {
        let wanted = values.contains(&Value::Flag(true));
        self.text(if wanted { "" } else { "NOT " });
        self.text(&format!("({alias}.active = 1 AND ({alias}.expires IS NULL OR {alias}.expires > "));
        self.sql.bind(self.search.now);
        self.text("))");
    }

    fn confidence(&mut self, values: &[Value], operator: Operator, alias: &str) {
        if operator == Operator::IsNull {
            return self.text(&format!("{alias}.confidence IS NULL"));
        }
        let numbers: Vec<u32> =
            values.iter().filter_map(|value| if let Value::Number(n) = value { Some(*n) } else { None }).collect();
        self.text(&format!("{alias}.confidence IS NOT NULL AND "));
        self.in_parentheses(|compiler| {
            for (at, number) in numbers.iter().copied().enumerate() {
                compiler.text(if at == 0 { "" } else { " OR " });
                compiler.confidence_is(operator, number, alias);
            }
        });
    }

    fn confidence_is(&mut self, operator: Operator, number: u32, alias: &str) {
        match operator {
            Operator::GreaterOrEqual => self.at_least(number, alias),
            Operator::Greater => self.at_least(number + 1, alias),
            Operator::Less => {
                self.text("NOT ");
                self.at_least(number, alias);
            }
            Operator::LessOrEqual => {
                self.text("NOT ");
                self.at_least(number + 1, alias);
            }
            _ => self.in_parentheses(|compiler| {
                compiler.at_least(number, alias);
                compiler.text(" AND NOT ");
                compiler.at_least(number + 1, alias);
            }),
        }
    }

    /// Confidence as it is now, at least this: for each way of waning the least key that has it.
    fn at_least(&mut self, wanted: u32, alias: &str) {
        let Ok(wanted) = u8::try_from(wanted) else { return self.text("(1 = 0)") };
        let decays: Vec<(i64, Decay)> = self.world.decays.iter().map(|(number, decay)| (*number, *decay)).collect();
        let now = self.search.now;
        self.in_parentheses(|compiler| {
            compiler.text("1 = 0");
            for (number, decay) in decays {
                compiler.text(&format!(" OR (+{alias}.decay = "));
                compiler.sql.bind(number);
                compiler.text(&format!(" AND +{alias}.confidence_key >= "));
                compiler.sql.bind(decay.least_key(wanted, now)).push(")");
            }
        });
    }

    fn import(&mut self, values: &[Value], operator: Operator, column: &str) {
        if operator == Operator::IsNull {
            return self.text(&format!("{column} IS NULL"));
        }
        self.text(&format!("{column} IS NOT NULL AND {column} IN "));
        self.sql
            .bind_all(values.iter().filter_map(|value| if let Value::Import(id) = value { Some(*id) } else { None }));
    }

    fn under(&mut self, values: &[Value], operator: Operator, alias: &str) {
        if operator == Operator::IsNull {
            return self.text(&format!("{alias}.host IS NULL AND {alias}.low IS NULL"));
        }
        for (at, value) in values.iter().enumerate() {
            self.text(if at == 0 { "" } else { " OR " });
            place(self.sql, &format!("{alias}."), value);
        }
    }

    fn tag(&mut self, values: &[Value], operator: Operator, scope: Scope) {
        let (alias, id) = (scope.alias(), scope.id());
        let from = format!("(SELECT 1 FROM tags t WHERE t.object_id = {id} AND t.owner_id = {alias}.owner_id");
        self.hanging(&from, "t.tag_folded", values, operator);
    }

    fn attribute(&mut self, name: &str, values: &[Value], operator: Operator, scope: Scope) {
        let (alias, id) = (scope.alias(), scope.id());
        let mut from = format!(
            "(SELECT 1 FROM attributes a WHERE a.object_id = {id} AND a.owner_id = {alias}.owner_id AND a.name_folded = "
        );
        self.sql.values.push(value::Value::from(name.to_lowercase()));
        from.push_str(&format!("${}", self.sql.values.len()));
        self.hanging(&from, "a.value_folded", values, operator);
    }

    /// Something hangs on the object for which a text fits.
    fn hanging(&mut self, from: &str, column: &str, values: &[Value], operator: Operator) {
        if operator == Operator::IsNull {
            return self.text(&format!("NOT EXISTS {from})"));
        }
        self.text(&format!("EXISTS {from} AND "));
        self.in_parentheses(|compiler| compiler.texts(column, values, operator));
        self.text(")");
    }
}

/// The numbers of descriptions that contain one of these texts.
pub(super) fn phrases(sql: &mut Sql, values: &[Value], dialect: Dialect) {
    for (at, text) in values.iter().filter_map(text_of).enumerate() {
        sql.push(if at == 0 { "" } else { " UNION ALL " });
        text::push_numbers(sql, dialect, &text);
    }
}

/// Where something stands: at a domain or below it, or within a prefix.
pub(super) fn place(sql: &mut Sql, prefix: &str, value: &Value) {
    match value {
        Value::Domain(name) => {
            let from = reversed(name);
            // `/` is the octet after `.`, so this is everything that begins with `example.`
            let to = format!("{}/", from.trim_end_matches('.'));
            sql.text.push_str(&format!("({prefix}host IS NOT NULL AND {prefix}host >= "));
            sql.bind(from);
            sql.text.push_str(&format!(" AND {prefix}host < "));
            sql.bind(to).push(")");
        }
        Value::Prefix(range) => {
            let (low, high) = prefix_range(*range);
            sql.text.push_str(&format!("({prefix}low IS NOT NULL AND {prefix}low >= "));
            sql.bind(low.to_vec());
            sql.text.push_str(&format!(" AND {prefix}high <= "));
            sql.bind(high.to_vec());
            sql.text.push_str(&format!(" AND {prefix}low <= "));
            sql.bind(high.to_vec()).push(")");
        }
        _ => {
            sql.push("1 = 0");
        }
    }
}

/// The ids that values in any spelling have, whatever their type.
pub(super) fn ids(values: &[Value]) -> Vec<model::IndicatorId> {
    let texts =
        values.iter().filter_map(|value| if let Value::Text(text) = value { Some(spellings(text)) } else { None });
    let of_text = |text: String| {
        let parse = move |kind: &IndicatorType| Indicator::parse(*kind, &text).ok().filter(|i| i.canonical() == text);
        IndicatorType::ALL.iter().filter_map(parse).collect::<Vec<_>>()
    };
    texts.flatten().flat_map(of_text).map(|indicator| indicator::id(&indicator)).collect()
}

/// Numbers, ranks and moments as they are stored.
pub(super) fn number(value: &Value, now: Time) -> Option<i64> {
    Some(match value {
        Value::Number(number) => i64::from(*number),
        Value::Tlp(tlp) => *tlp as i64,
        Value::Pap(pap) => *pap as i64,
        Value::Use(usage) => *usage as i64,
        Value::Flag(flag) => i64::from(*flag),
        Value::Moment(moment) => moment.resolve(now).0,
        _ => return None,
    })
}

pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.to_lowercase()),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
