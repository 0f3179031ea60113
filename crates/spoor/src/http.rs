//! The HTTP side: `/api/v1`, and what stands around it.
//!
//! A request comes in through [`guard`] (its id, limits, the headers of every answer, the access log), meets its row of
//! the one table of routes ([`router`]) and passes that row's [`gate`]: who asks ([`caller`]), how often ([`rate`]),
//! whether they may ask this at all ([`route::Need`]). Then the handler translates: extractors ([`extract`], [`page`],
//! [`revision`]) parse, [`app::App::run`] calls the engine, a view becomes JSON. No rule is here.
//!
//! **To add a route** (`http/api/NOUN.rs`, beside the others):
//!
//! 1. A view: `#[derive(Serialize, ToSchema)] struct NounView`, `#[serde(rename_all = "camelCase")]`, made `From` the
//!    model's type; ids and moments are `String` in it. What comes in is a struct of its own with
//!    `#[serde(deny_unknown_fields)]`, so that nobody sets what they may not.
//! 2. A handler of 5 to 25 lines: `async fn show(State(app): State<App>, caller: Caller, Path(id): Path<NounId>) ->
//!    Result<Json<NounView>, Problem> { let noun = app.run(move |work| work.knowledge.noun(&caller.actor, id)).await?;
//!    Ok(Json(noun.into())) }`. A body is `Input<T>`, a query `Query<T>`, a list takes [`page::Pages`] (ask the engine
//!    for `pages.wanted()` rows and end with `pages.answer`), octets of an import are [`extract::Octets`], an export
//!    is [`app::App::stream`]. A change takes [`revision::IfMatch`]; an answer with a revision has
//!    [`revision::tagged`] round it.
//! 3. A row in the file's `routes()`: `Route::get("/api/v1/nouns/{id}", Need::scope(Scope::Read), "noun.show",
//!    show).says("One noun").answers::<NounView>(200, "The noun").problems(&[404])`. There is no row without a need;
//!    what it documents is what the checks hold it to.
//! 4. `NOUN::routes()` in [`router::table`]. The test of every route asks it as everybody from then on.

mod api;
pub(crate) mod app;
mod caller;
mod client;
mod cof;
mod dns;
mod dnsdb;
mod extract;
mod gate;
mod guard;
pub(crate) mod known;
mod metric;
pub(crate) mod oidc;
mod once;
mod openapi;
mod page;
mod problem;
mod rate;
mod reference;
mod revision;
mod route;
mod router;
pub(crate) mod server;
pub(crate) mod setup;

pub(crate) use api::{answer, import, indicator, technique};

/// Counters for every route.
pub(crate) fn metrics() -> metric::Metrics {
    metric::Metrics::new(router::table().iter().map(|route| route.name))
}

/// Buckets that fill at this rate.
pub(crate) fn rates(per_second: u32) -> rate::Rates {
    rate::Rates::new(per_second)
}
