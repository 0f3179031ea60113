//! `/api/v1/answers`: what goes back to whoever asked.

use std::collections::BTreeMap;

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use engine::knowledge::exit::Audience;
use formats::answer::{Class, Dialect, Language, Target};
use model::{ImportId, Indicator, right::Scope};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::indicator::value;
use crate::{
    http::{
        app::App,
        caller::Caller,
        extract::{Input, Query},
        problem::Problem,
        route::{Need, Route},
    },
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
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AnswerInput {
    /// Values, defanged or not.
    values: Option<Vec<String>>,
    /// The id of an import, for all that it brought.
    #[schema(value_type = Option<String>)]
    import: Option<ImportId>,
    /// Who gets it: public, community, clients, organization or recipients.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    audience: Audience,
    /// Languages of queries: spl, kql, esql, sigma, grep; all where none.
    languages: Option<Vec<String>>,
    /// Where values of a class are looked for instead, in all of the languages.
    #[serde(default)]
    fields: BTreeMap<String, TargetInput>,
}

/// Where values of a class are looked for.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetInput {
    /// An index, a table, a log source.
    pub(crate) source: String,
    /// The fields.
    pub(crate) fields: Vec<String>,
}

/// The languages with the names of somebody's logs.
pub(crate) fn dialects(
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
    let dialects = dialects(input.languages.as_deref(), &input.fields)?;
    let values = input.values.map(|values| parsed(&values)).transpose()?;
    let rows = app.run(move |work| {
        let values = match (values, input.import) {
            (Some(values), None) => values,
            (None, Some(import)) => work.knowledge.values_of_import(&caller.actor, import, work.now)?,
            _ => return Err(engine::Error::invalid("", "either values or import")),
        };
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        work.knowledge.answer(&view, &caller.actor, &values, input.audience, work.now)
    });
    let view = AnswerView::new(&rows.await?, &dialects);
    if text {
        return Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], view.text).into_response());
    }
    Ok(Json(view).into_response())
}

fn parsed(values: &[String]) -> Result<Vec<Indicator>, Problem> {
    let one = |(at, text): (usize, &String)| {
        value(None, text).map_err(|why| Problem::invalid(format!("values.{at}"), why))
    };
    values.iter().enumerate().map(one).collect()
}
