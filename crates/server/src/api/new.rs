//! `/api/v1/dns/new`: domains that were seen here for the first time.

use std::collections::BTreeSet;

use axum::extract::State;
use model::{Name, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    json::Json,
    problem::Problem,
    route::{Need, Route},
    since,
    view::new::NewView,
};

const LIMIT: usize = 1_000;
/// Zones that one request may leave out.
const WITHOUT_MAX: usize = 1_000;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/dns/new", Need::scope(Scope::Read), "new.list", list)
            .says("Registrable domains that this installation saw for the first time, by the sources you may read")
            .query::<NewQuery>()
            .answers::<NewPage>(200, "The newest first")
            .problems(&[400]),
    ]
}

/// Since when, and what not.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NewQuery {
    /// A duration such as 24h or 7d, or a moment; 24h where none.
    since: Option<String>,
    /// Zones that are left out with what is below them, with commas between.
    without: Option<String>,
    /// At most so many, 1 to 100000.
    max: Option<usize>,
}

/// Domains that are new here.
#[derive(Serialize, ToSchema)]
struct NewPage {
    /// The newest first.
    items: Vec<NewView>,
    /// There are more than were asked for.
    more: bool,
}

async fn list(State(app): State<App>, caller: Caller, Query(asked): Query<NewQuery>) -> Result<Json<NewPage>, Problem> {
    let without = without(asked.without.as_deref())?;
    let max = asked.max.unwrap_or(LIMIT);
    if !(1..=engine::new::DOMAINS_MAX).contains(&max) {
        return Err(Problem::malformed("query.max", "1 to 100000"));
    }
    let text = asked.since.unwrap_or_else(|| "24h".into());
    let from = since(&text, (app.clock)());
    let from = from.ok_or_else(|| Problem::malformed("query.since", "a duration such as 24h, or a moment"))?;
    let page = app.run(move |work| {
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        let found = engine::new::domains(&view, from, work.now, &without, max)?;
        let shown = |domain| NewView::new(domain, view.sources(), work.now);
        Ok(NewPage { more: found.more, items: found.domains.into_iter().map(shown).collect() })
    });
    page.await.map(Json)
}

fn without(text: Option<&str>) -> Result<BTreeSet<Name>, Problem> {
    let words: Vec<&str> = text.unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty()).collect();
    if words.len() > WITHOUT_MAX {
        return Err(Problem::malformed("query.without", format!("more than {WITHOUT_MAX} zones")));
    }
    let name = |word: &&str| Name::from_unicode(word).map_err(|error| Problem::malformed("query.without", error));
    words.iter().map(name).collect()
}
