//! `/api/v1/lookup`: everything known of a value.

use axum::extract::State;
use model::{IndicatorType, right::Scope};
use serde::Deserialize;
use utoipa::IntoParams;

use super::indicator::value;
use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    json::Json,
    problem::Problem,
    route::{Need, Route},
    view::observed::LookupView,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/lookup", Need::scope(Scope::Read), "lookup.show", show)
            .says(
                "Everything known of a domain, host, address, prefix or e-mail address (which needs the scope contact)",
            )
            .query::<LookupQuery>()
            .answers::<LookupView>(200, "What is known, and out of what that was answered")
            .problems(&[422]),
    ]
}

/// A value.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LookupQuery {
    /// The value, defanged or not.
    value: String,
    /// Its type, where it could be several.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    kind: Option<IndicatorType>,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<LookupQuery>,
) -> Result<Json<LookupView>, Problem> {
    let indicator = value(asked.kind, &asked.value).map_err(|why| Problem::invalid("query.value", why))?;
    let view = app.run(move |work| {
        work.knowledge.looking_up(&caller.actor, &indicator, work.now)?;
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        let found = engine::lookup::lookup(&view, &indicator, work.now)?;
        let known = work.knowledge.already(&caller.actor, &found.sharers, work.now)?;
        Ok(LookupView::new(found, &known))
    });
    view.await.map(Json)
}
