//! `/api/v1/exports`: everything that a query selects and that may go to an audience, streamed without a limit.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use engine::knowledge::{
    exit::Audience,
    export::{Form, Wish},
};
use model::right::Scope;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/exports/indicators", Need::scope(Scope::Read), "export.indicator", indicators)
            .says("Indicators by query, as CSV, plain list, JSON lines or STIX 2.1; noted in the audit log")
            .query::<ExportQuery>()
            .answers_texts(
                &["text/csv", "text/plain", "application/x-ndjson", "application/stix+json"],
                "All of them; a connection that breaks off means that some are missing",
            )
            .problems(&[422]),
    ]
}

/// What is to go out.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// In the query language; everything you may read where empty.
    #[serde(default)]
    query: String,
    /// csv, plain (one value a line, only what holds), jsonl or stix.
    format: String,
    /// Who gets it, which decides by TLP what goes out: public, community, clients, organization or recipients.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    audience: Audience,
    /// Only these uses, with commas between: context, alert, block.
    #[serde(default, rename = "use")]
    uses: String,
    /// With why each is held.
    #[serde(default)]
    evidence: bool,
}

async fn indicators(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let form: Form = asked.format.parse().map_err(|why| Problem::malformed("query.format", why))?;
    let uses = asked.uses.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::parse);
    let uses: Vec<_> = uses.collect::<Result<_, _>>().map_err(|error| Problem::malformed("query.use", error))?;
    let wish = Wish::new(&asked.query, &uses, asked.audience, form)?.with_evidence(asked.evidence);
    let body =
        app.stream(move |work, pieces| work.knowledge.write_export(&caller.actor, &wish, work.now, pieces).map(drop))?;
    Ok(([(header::CONTENT_TYPE, form.media_type())], body).into_response())
}
