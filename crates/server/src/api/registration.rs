//! `/api/v1/registrations/{domain}`: the history of one registration.

use axum::extract::State;
use engine::registration::{History, history, history_at};
use model::{Name, Time, right::Scope};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    caller::Caller,
    extract::{Path, Query},
    json::Json,
    problem::Problem,
    route::{Need, Route},
    view::search::HistoryAnswer,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/registrations/{domain}", Need::scope(Scope::Read), "registration.show", show)
            .says(
                "A domain's registration: all sources merged, with who says what and who says otherwise; every version",
            )
            .query::<AtQuery>()
            .answers::<HistoryAnswer>(200, "What is known of it")
            .problems(&[404, 422]),
    ]
}

/// As of when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AtQuery {
    /// Without what was first seen after this moment.
    #[param(value_type = Option<String>)]
    at: Option<Time>,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Path(domain): Path<Name>,
    Query(asked): Query<AtQuery>,
) -> Result<Json<History>, Problem> {
    let found = app.run(move |work| {
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        let found = match asked.at {
            Some(at) => history_at(&view, &domain, at)?,
            None => history(&view, &domain)?,
        };
        if found.steps.is_empty() { Err(engine::Error::NotFound) } else { Ok(found) }
    });
    found.await.map(Json)
}
