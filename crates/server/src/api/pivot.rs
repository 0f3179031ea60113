//! `/api/v1/pivot`: one step along a kind of value.

use axum::extract::State;
use model::{PivotKind, right::Scope};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    json::Json,
    problem::Problem,
    route::{Need, Route},
    view::observed::PivotView,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/pivot", Need::scope(Scope::Read), "pivot.show", show)
            .says("Who shares a value, with counts, its quality, and what of them is known already; by contact needs the scope contact")
            .query::<PivotQuery>()
            .answers::<PivotView>(200, "Every value of the kind, best first")
            .problems(&[422]),
    ]
}

/// From where along what.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PivotQuery {
    /// A domain to start from, or a value of the kind itself; defanged or not.
    value: String,
    /// email, name, organization, phone, street, handle, registered-minute, registrar, name-servers, soa-mailbox, mx,
    /// address, network or subdomain.
    #[param(value_type = String)]
    kind: PivotKind,
}

async fn show(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<PivotQuery>,
) -> Result<Json<PivotView>, Problem> {
    let view = app.run(move |work| {
        work.knowledge.searching(&caller.actor, asked.kind, &asked.value, work.now)?;
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        let pivot = engine::pivot::pivot(&view, &asked.value, asked.kind)?;
        let known = |value: &engine::pivot::PivotValue| work.knowledge.already(&caller.actor, &value.rows, work.now);
        let known = pivot.values.iter().map(known).collect::<Result<_, _>>()?;
        Ok(PivotView::new(pivot, known))
    });
    view.await.map(Json)
}
