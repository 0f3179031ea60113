//! `/api/v1/answers`: what goes back to whoever asked.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use engine::knowledge::exit::Audience;
use formats::answer::{Class, Dialect, Language, Target};
use model::{Actor, ImportId, Indicator, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::indicator::value;
use crate::{
    app::{App, Work},
    caller::Caller,
    extract::{Input, Query},
    json::Json,
    problem::Problem,
    route::{Need, Route},
    view::answer::AnswerView,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/answers", Need::scope(Scope::Read), "answer.make", make)
            .says("What to tell whoever asked about values: why, since when, why not to block, and queries to run")
            .query::<AnswerQuery>()
            .takes::<AnswerInput>()
            .answers::<AnswerView>(200, "The answer; as text, its table alone")
            .problems(&[404]),
    ]
}

/// As what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AnswerQuery {
    /// json or text.
    format: Option<String>,
}

/// About what.
#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerInput {
    /// Values, defanged or not.
    pub values: Option<Vec<String>>,
    /// The id of an import, for all that it brought.
    #[schema(value_type = Option<String>)]
    pub import: Option<ImportId>,
    /// Who gets it: public, community, clients, organization or recipients.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub audience: Audience,
    /// Languages of queries: spl, kql, esql, sigma, grep; all where none.
    pub languages: Option<Vec<String>>,
    /// Where values of a class are looked for instead, in all of the languages.
    #[serde(default)]
    pub fields: BTreeMap<String, TargetInput>,
}

/// Where values of a class are looked for.
#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetInput {
    /// An index, a table, a log source.
    pub source: String,
    /// The fields.
    pub fields: Vec<String>,
}

/// The languages with the names of somebody's logs.
fn dialects(
    languages: Option<&[String]>,
    fields: &BTreeMap<String, TargetInput>,
) -> Result<Vec<(Language, Dialect)>, engine::Error> {
    let all = ["spl", "kql", "esql", "sigma", "grep"].map(str::to_owned);
    let mut dialects = Vec::new();
    for word in languages.unwrap_or(&all) {
        let language: Language = word.parse().map_err(|error| engine::Error::invalid("languages", error))?;
        let mut dialect = Dialect::usual(language);
        for (class, target) in fields {
            let class: Class = class.parse().map_err(|error| engine::Error::invalid("fields", error))?;
            let target = Target { source: target.source.clone(), fields: target.fields.clone() };
            dialect.set(class, target).map_err(|error| engine::Error::invalid("fields", error))?;
        }
        dialects.push((language, dialect));
    }
    Ok(dialects)
}

/// The answer.
pub fn answer_of(work: &Work<'_>, actor: &Actor, input: AnswerInput) -> Result<AnswerView, engine::Error> {
    let dialects = dialects(input.languages.as_deref(), &input.fields)?;
    let values = match (&input.values, input.import) {
        (Some(values), None) => parsed(values)?,
        (None, Some(import)) => work.knowledge.values_of_import(actor, import, work.now)?,
        _ => return Err(engine::Error::invalid("", "either values or import")),
    };
    let view = work.engine.view(actor, work.interrupt.clone());
    let rows = work.knowledge.answer(&view, actor, &values, input.audience, work.now)?;
    Ok(AnswerView::new(&rows, &dialects))
}

async fn make(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<AnswerQuery>,
    Input(input): Input<AnswerInput>,
) -> Result<Response, Problem> {
    let text = match asked.format.as_deref() {
        None | Some("json") => false,
        Some("text") => true,
        Some(_) => return Err(Problem::malformed("query.format", "json or text")),
    };
    let view = app.run(move |work| answer_of(work, &caller.actor, input)).await?;
    if text {
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], view.text).into_response());
    }
    Ok(Json(view).into_response())
}

fn parsed(values: &[String]) -> Result<Vec<Indicator>, engine::Error> {
    let one = |(at, text): (usize, &String)| {
        value(None, text).map_err(|why| engine::Error::invalid(format!("values.{at}"), why))
    };
    values.iter().enumerate().map(one).collect()
}
