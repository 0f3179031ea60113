//! `/api/v1/searches`: queries with a name; and `/api/v1/texts`: what is written anywhere.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use model::{ObjectType, OwnerId, SavedSearch, SearchId, Time};
use serde::{Deserialize, Serialize};
use store::text::{Hit, Place};
use utoipa::{IntoParams, ToSchema};

use super::{
    association::NamedView,
    group::{READ, WRITE},
};
use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path, Query},
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::Route,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/searches", READ, "search.list", list)
            .says("Saved searches")
            .paged()
            .answers::<Page<SearchView>>(200, "A page of searches"),
        Route::post("/api/v1/searches", WRITE, "search.add", add)
            .says("Save a search")
            .takes::<SearchInput>()
            .answers::<SearchView>(201, "The search")
            .problems(&[404]),
        Route::get("/api/v1/searches/{id}", READ, "search.show", show)
            .says("A saved search")
            .answers::<SearchView>(200, "The search"),
        Route::put("/api/v1/searches/{id}", WRITE, "search.change", change)
            .says("Change name and query of a saved search")
            .if_match()
            .takes::<SearchChangeInput>()
            .answers::<SearchView>(200, "The search as it is now"),
        Route::delete("/api/v1/searches/{id}", WRITE, "search.remove", remove)
            .says("Remove a saved search")
            .answers_nothing(204, "It is gone"),
        Route::get("/api/v1/texts", READ, "text.list", texts)
            .says("Names, descriptions, fields and notes that contain every word of a text")
            .query::<TextQuery>()
            .paged()
            .answers::<Page<HitView>>(200, "A page of texts")
            .problems(&[422]),
    ]
}

/// A saved search.
#[derive(Serialize, ToSchema)]
struct SearchView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: SearchId,
    /// Whose.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What is searched: `indicator` or `group`.
    #[schema(value_type = String)]
    subject: ObjectType,
    /// Its name.
    name: String,
    /// The query.
    query: String,
    /// When it was last changed.
    #[schema(value_type = String)]
    modified: Time,
    /// How often it was changed.
    revision: i64,
}

impl From<SavedSearch> for SearchView {
    fn from(search: SavedSearch) -> SearchView {
        let SavedSearch { id, owner, subject, name, query, modified, revision } = search;
        SearchView { id, owner, subject, name, query, modified, revision }
    }
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (after, limit) = (pages.after()?, pages.wanted());
    let searches = app.run(move |work| work.knowledge.saved_searches(&caller.actor, after, limit)).await?;
    pages.answer(searches.into_iter().map(SearchView::from).collect(), |last: &SearchView| last.id)
}

/// A search to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchInput {
    /// For whose people.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What is searched: `indicator` or `group`.
    #[schema(value_type = String, example = "indicator")]
    subject: ObjectType,
    /// Its name.
    name: String,
    /// The query.
    #[schema(example = "rating >= 3 and lastSeen > -30d")]
    query: String,
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<SearchInput>) -> Result<Response, Problem> {
    let search = app.run(move |work| {
        let SearchInput { owner, subject, name, query } = &input;
        work.knowledge.save_search(&caller.actor, *owner, *subject, name, query, work.now)
    });
    let search = search.await?;
    Ok(tagged(StatusCode::CREATED, search.revision, SearchView::from(search)))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<SearchId>) -> Result<Response, Problem> {
    let search = app.run(move |work| work.knowledge.saved_search(&caller.actor, id)).await?;
    Ok(tagged(StatusCode::OK, search.revision, SearchView::from(search)))
}

/// Name and query of a saved search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchChangeInput {
    /// Its name.
    name: String,
    /// The query.
    query: String,
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<SearchId>,
    IfMatch(revision): IfMatch,
    Input(input): Input<SearchChangeInput>,
) -> Result<Response, Problem> {
    let search = app.run(move |work| {
        work.knowledge.change_search(&caller.actor, id, revision, &input.name, &input.query, work.now)
    });
    let search = search.await?;
    Ok(tagged(StatusCode::OK, search.revision, SearchView::from(search)))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<SearchId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.remove_search(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct TextQuery {
    /// Words that must all be there, also inside of words; words between quotes are one.
    text: String,
}

/// A text that was found.
#[derive(Serialize, ToSchema)]
struct HitView {
    /// What it belongs to.
    object: NamedView,
    /// Whose text.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// Which text: `name`, `description`, `fields`, `note`.
    part: String,
    /// What stands around the first word, in lower case.
    excerpt: String,
    #[serde(skip)]
    #[schema(ignore)]
    place: Place,
}

impl From<Hit> for HitView {
    fn from(hit: Hit) -> HitView {
        let Hit { object, owner, part, excerpt, place } = hit;
        HitView { object: object.into(), owner, part, excerpt, place }
    }
}

async fn texts(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<TextQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (after, limit) = (pages.after::<Place>()?, pages.wanted());
    let hits = app.run(move |work| work.knowledge.search_text(&caller.actor, &asked.text, after.as_ref(), limit));
    pages.answer(hits.await?.into_iter().map(HitView::from).collect(), |last: &HitView| last.place.clone())
}
