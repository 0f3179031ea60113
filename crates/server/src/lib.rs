//! The server: `/api/v1`, the interfaces that other clients speak, and what stands around them.
//!
//! A request comes in through `guard` (its id, limits, the headers of every answer, the access log), meets its row of
//! the one table of routes (`router`) and passes that row's `gate`: who asks (`caller`), how often (`rate`),
//! whether they may ask this at all (`route::Need`). Then the handler translates: extractors (`extract`, `page`,
//! `revision`) parse, `app::App::run` calls the engine, a view becomes JSON. No rule is here.
//!
//! **To add a route** (`api/NOUN.rs`, beside the others):
//!
//! 1. A view: `#[derive(Serialize, ToSchema)] struct NounView`, `#[serde(rename_all = "camelCase")]`, made `From` the
//!    model's type; ids and moments are `String` in it. What comes in is a struct of its own with
//!    `#[serde(deny_unknown_fields)]`, so that nobody sets what they may not.
//! 2. A handler of 5 to 25 lines: `async fn show(State(app): State<App>, caller: Caller, Path(id): Path<NounId>) ->
//!    Result<Json<NounView>, Problem> { let noun = app.run(move |work| work.knowledge.noun(&caller.actor, id)).await?;
//!    Ok(Json(noun.into())) }`. A body is `Input<T>`, a query `Query<T>`, a list takes `page::Pages` (ask the engine
//!    for `pages.wanted()` rows and end with `pages.answer`), octets of an import are `extract::Octets`, an export
//!    is `app::App::stream`. A change takes `revision::IfMatch`; an answer with a revision has
//!    `revision::tagged` round it.
//! 3. A row in the file's `routes()`: `Route::get("/api/v1/nouns/{id}", Need::scope(Scope::Read), "noun.show",
//!    show).says("One noun").answers::<NounView>(200, "The noun").problems(&[404])`. There is no row without a need;
//!    what it documents is what the checks hold it to.
//! 4. `NOUN::routes()` in `router::table`. The test of every route asks it as everybody from then on.

mod api;
pub mod app;
mod caller;
mod client;
mod cof;
mod dns;
mod dnsdb;
mod extract;
mod gate;
mod guard;
mod json;
mod known;
pub mod listen;
mod metric;
pub mod oidc;
mod once;
mod openapi;
mod page;
mod problem;
mod rate;
mod reference;
mod revision;
mod route;
mod router;
pub mod schedule;
pub mod settings;
mod setup;
pub mod view;

pub use api::{answer, import, indicator, technique};
use model::Time;

/// `24h`, `7d`, `30m`, or a moment.
pub fn since(text: &str, now: Time) -> Option<Time> {
    let unit = match text.as_bytes().last()? {
        b'm' => 60,
        b'h' => 3_600,
        b'd' => 86_400,
        b'w' => 604_800,
        _ => return text.parse().ok(),
    };
    let number: i64 = text.get(..text.len() - 1)?.parse().ok().filter(|number| *number > 0)?;
    Some(now.plus(-number.checked_mul(unit)?))
}
