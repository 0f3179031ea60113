//! Answers to the SOC.

use std::collections::BTreeMap;

use formats::answer::{Dialect, Language, Row, queries, table};
use model::{Indicator, Time};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What goes back to whoever asked.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerView {
    /// The values, in the order in which they were asked for.
    pub rows: Vec<AnswerRow>,
    /// All of it as defanged text.
    pub text: String,
    /// Queries that are ready to run, by language: spl, kql, esql, sigma, grep.
    pub queries: BTreeMap<String, Vec<String>>,
    /// Values that some language has no query for, and why.
    pub left_out: Vec<LeftOutView>,
}

/// One value.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerRow {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value in canonical form.
    pub value: String,
    /// The value as it can be shown without being clicked.
    pub defanged: String,
    /// Why it is in the answer.
    pub reason: String,
    /// How sure, in the team's word.
    pub tier: Option<String>,
    /// When it was active by our passive DNS.
    pub active: Vec<PeriodView>,
    /// From when on logs should be searched.
    pub search_from: Option<String>,
    /// Why it should not be blocked as it is.
    pub do_not_block: Vec<String>,
}

/// A time of activity.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct PeriodView {
    /// Its begin.
    pub first: String,
    /// Its end.
    pub last: String,
}

/// A value that a language has no query for.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct LeftOutView {
    /// The language.
    pub language: String,
    /// The value.
    pub value: String,
    /// Why.
    pub why: String,
}

impl AnswerView {
    /// The rows with their text and their queries in these dialects.
    pub fn new(rows: &[Row], dialects: &[(Language, Dialect)]) -> AnswerView {
        let values: Vec<Indicator> = rows.iter().map(|row| row.indicator.clone()).collect();
        let since = rows.iter().filter_map(|row| row.search_from).min();
        let mut view = AnswerView {
            rows: rows.iter().map(AnswerRow::from).collect(),
            text: table(rows),
            queries: BTreeMap::new(),
            left_out: Vec::new(),
        };
        for (language, dialect) in dialects {
            view.add(*language, dialect, &values, since);
        }
        view
    }

    fn add(&mut self, language: Language, dialect: &Dialect, values: &[Indicator], since: Option<Time>) {
        let found = queries(dialect, values, since);
        let left_out = found.left_out.into_iter().map(|(value, why)| LeftOutView {
            language: language.to_string(),
            value: value.canonical(),
            why: why.into(),
        });
        self.left_out.extend(left_out);
        self.queries.insert(language.to_string(), found.texts);
    }
}

impl From<&Row> for AnswerRow {
    fn from(row: &Row) -> AnswerRow {
        let period = |span: &model::Span| PeriodView { first: span.first().to_string(), last: span.last().to_string() };
        AnswerRow {
            kind: row.indicator.kind().to_string(),
            value: row.indicator.canonical(),
            defanged: row.indicator.defanged(),
            reason: row.reason.clone(),
            tier: row.tier.clone(),
            active: row.active.iter().map(period).collect(),
            search_from: row.search_from.map(|time| time.to_string()),
            do_not_block: row.do_not_block.clone(),
        }
    }
}
