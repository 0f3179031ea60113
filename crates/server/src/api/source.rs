//! `/api/v1/sources`: where observations come from, and who may read them.

use axum::{extract::State, http::StatusCode};
use model::{OwnerId, Source, SourceId, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    json::Json,
    page::Page,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/sources", Need::scope(Scope::Read), "source.list", list)
            .says("The sources whose observations you may read")
            .answers::<Page<SourceView>>(200, "Sources"),
        Route::put("/api/v1/sources/{id}/readers", Need::administrator(Scope::Administer), "source.readers", readers)
            .says("Keeps a source for the members of some owners, or opens it to every account again")
            .takes::<Readers>()
            .answers_nothing(204, "It is so from the next request on"),
    ]
}

/// A source.
#[derive(Serialize, ToSchema)]
struct SourceView {
    /// Its number.
    id: u32,
    /// Its name.
    name: String,
    /// sensor, zone, lookup, provider or import.
    kind: &'static str,
    /// Who learns of a question to it.
    exposure: &'static str,
    /// Whether counts over it mean something.
    population: bool,
    /// Under which terms its data stand.
    licence: Option<String>,
    /// The owners whose members alone may read it, for an administrator; null where every account may.
    readers: Option<Vec<String>>,
}

/// Who may read a source.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Readers {
    /// Ids of owners whose members alone may read it; null for every account.
    #[schema(value_type = Option<Vec<String>>)]
    owners: Option<Vec<OwnerId>>,
}

async fn list(State(app): State<App>, caller: Caller) -> Result<Json<Page<SourceView>>, Problem> {
    let administrator = caller.is_administrator();
    let sources = app.run(move |work| {
        let restricted = work.knowledge.restricted_sources()?;
        // Who administers who may read a source sees that there is one, whether or not they may read it.
        let seen = |source: &Source| administrator || caller.actor.sources.allows(source.id);
        let readers = |id: SourceId| restricted.get(&id).filter(|_| administrator);
        let view = |source: Source| view(&source, readers(source.id).map(Vec::as_slice));
        Ok(work.engine.store.sources().into_iter().filter(seen).map(view).collect())
    });
    Ok(Page::whole(sources.await?))
}

fn view(source: &Source, readers: Option<&[OwnerId]>) -> SourceView {
    SourceView {
        id: source.id.0,
        name: source.name.clone(),
        kind: source.kind.as_str(),
        exposure: source.exposure.as_str(),
        population: source.population,
        licence: source.licence.clone(),
        readers: readers.map(|owners| owners.iter().map(OwnerId::to_string).collect()),
    }
}

async fn readers(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<u32>,
    Input(readers): Input<Readers>,
) -> Result<StatusCode, Problem> {
    app.run(move |work| {
        let id = SourceId(id);
        if !work.engine.store.sources().iter().any(|source| source.id == id) {
            return Err(engine::Error::NotFound);
        }
        work.knowledge.restrict_source(&caller.actor, id, readers.owners.as_deref(), work.now)
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
