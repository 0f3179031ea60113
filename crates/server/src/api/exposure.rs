//! `/api/v1/exposure`: which questions left, to whom, for whom and why.

use axum::{extract::State, response::Response};
use model::right::Scope;
use serde::{Deserialize, Serialize};
use store::exposure::Line;
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    page::{Page, Pages},
    problem::Problem,
    route::{Need, Route},
};
use intake::ledger;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/exposure", Need::administrator(Scope::Audit), "exposure.list", list)
            .says("Questions that left or were refused, the newest first")
            .query::<Wanted>()
            .paged()
            .answers::<Page<QuestionView>>(200, "Questions"),
    ]
}

/// Which questions.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// About this value or, for a domain, names below it.
    value: Option<String>,
}

/// A question.
#[derive(Serialize, ToSchema)]
struct QuestionView {
    /// Its place in the ledger.
    number: i64,
    /// What was asked, of whom, for whom, why, and whether it left.
    entry: serde_json::Value,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (below, limit, data) = (pages.after()?, pages.wanted(), app.data.clone());
    let lines = app.run(move |work| {
        ledger::index(work.knowledge, &data)?;
        work.knowledge.exposures(&caller.actor, wanted.value.as_deref(), below, limit)
    });
    let rows = lines.await?.into_iter().map(view).collect::<Result<_, _>>()?;
    pages.answer(rows, |last: &QuestionView| last.number)
}

fn view(line: Line) -> Result<QuestionView, Problem> {
    let entry = serde_json::from_str(&line.entry).map_err(|_| Problem::internal())?;
    Ok(QuestionView { number: line.number, entry })
}
