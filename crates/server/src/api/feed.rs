//! `/api/v1/feeds`: lists that are fetched again and again.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::feed::{shown_url, warning};
use model::{FeedId, FeedRunId, Id, IndicatorType, Time, Tlp, opinion::Use, right::Scope};
use serde::{Deserialize, Serialize};
use store::feed::{Feed, Format, Run, Settings};
use utoipa::ToSchema;

use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    let (reads, keeps) = (Need::scope(Scope::Read), Need::scope(Scope::Administer));
    let decided =
        |route: Route| route.answers::<FeedView>(202, "The feed; it runs within seconds").problems(&[409, 412]);
    vec![
        Route::get("/api/v1/feeds", reads, "feed.list", list)
            .says("Lists that are fetched again and again")
            .paged()
            .answers::<Page<FeedView>>(200, "Feeds"),
        Route::post("/api/v1/feeds", Need::administrator(Scope::Administer), "feed.add", add)
            .says("Adds a feed with an owner of its own, which every account may read")
            .takes::<FeedInput>()
            .answers::<FeedView>(201, "The feed")
            .problems(&[409]),
        Route::get("/api/v1/feeds/{id}", reads, "feed.show", show)
            .says("One feed: what was decided about it, where it stands, what is held")
            .answers::<FeedView>(200, "The feed"),
        Route::put("/api/v1/feeds/{id}/settings", keeps, "feed.change", change)
            .says("Decides anew what holds for a feed")
            .takes::<SettingsInput>()
            .if_match()
            .answers::<FeedView>(200, "The feed"),
        Route::delete("/api/v1/feeds/{id}", keeps, "feed.remove", remove)
            .says("Takes a feed away; what it holds is withdrawn")
            .answers_nothing(204, "It is gone"),
        Route::get("/api/v1/feeds/{id}/runs", reads, "feed.runs", runs)
            .says("The history of a feed, the newest first")
            .paged()
            .answers::<Page<RunView>>(200, "Runs"),
        decided(Route::post("/api/v1/feeds/{id}/run", keeps, "feed.run", run).says("Lets a feed run now")),
        Route::post("/api/v1/feeds/{id}/accept", keeps, "feed.accept", accept)
            .says("Lets a list in that was held because its size jumped, exactly as it was sent then")
            .answers::<FeedView>(200, "The feed")
            .problems(&[409, 412]),
        Route::post("/api/v1/feeds/{id}/drop", keeps, "feed.drop", discard)
            .says("Turns away a list that was held")
            .answers::<FeedView>(200, "The feed")
            .problems(&[409, 412]),
    ]
}

/// A feed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FeedView {
    /// Its id.
    id: String,
    /// The id of its owner.
    owner: String,
    /// Its name.
    name: String,
    /// Where the list is; what follows `?` may be secret and is not shown.
    url: String,
    /// What was decided about it.
    settings: SettingsInput,
    /// How many values it lists.
    size: u64,
    /// When it runs next.
    next_due: Option<String>,
    /// The last run that got an answer.
    last_answer: Option<String>,
    /// The last run that brought a change.
    last_change: Option<String>,
    /// What somebody should know: a list that is held, failures, silence.
    warning: Option<String>,
    /// A list that waits for a person.
    held: Option<HeldView>,
    /// Its revision, which is its ETag.
    revision: i64,
}

/// A list that waits for a person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HeldView {
    /// Since when.
    since: String,
    /// Why.
    why: String,
    /// How many values it has.
    size: u64,
    /// How many of them would be new.
    added: u64,
    /// How many would be withdrawn.
    withdrawn: u64,
    /// Some of the new ones.
    sample: Vec<String>,
}

/// One run.
#[derive(Serialize, ToSchema)]
struct RunView {
    /// Its id.
    id: String,
    /// When.
    time: String,
    /// taken, unchanged, held or failed.
    #[schema(value_type = String)]
    outcome: store::feed::Ended,
    /// How many values the list had.
    listed: u64,
    /// Values that were not held before, and those that came back.
    added: u64,
    /// Values whose confidence was renewed.
    renewed: u64,
    /// Values that are gone from the list.
    withdrawn: u64,
    /// Lines that were refused.
    refused: u64,
    /// Anything else, in words.
    detail: String,
}

/// A feed that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FeedInput {
    /// Its name, and its owner's.
    name: String,
    /// Where the list is: https:// or http://.
    url: String,
    /// What holds for it.
    settings: SettingsInput,
}

/// What is decided about a feed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SettingsInput {
    /// plain, csv, misp or stix.
    #[schema(value_type = String)]
    format: Format,
    /// Seconds from one run to the next.
    every: u32,
    /// How bad a value is that says nothing of it: 0 to 5.
    #[serde(default)]
    rating: Option<u8>,
    /// How sure: 0 to 100.
    #[serde(default)]
    confidence: Option<u8>,
    /// What defences may do with a value at most: context, alert or block.
    #[serde(default, rename = "use")]
    #[schema(value_type = String)]
    usage: Use,
    /// How far a value may be shared that says nothing of it.
    #[serde(default = "green")]
    #[schema(value_type = String)]
    tlp: Tlp,
    /// Tags for all values.
    #[serde(default)]
    tags: Vec<String>,
    /// The type of all values, where the list does not say.
    #[serde(default, rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: Option<IndicatorType>,
    /// Which column of a table holds which field, by name or number; guessed where empty.
    #[serde(default)]
    mapping: BTreeMap<String, String>,
    /// A list that grows or shrinks by more than this factor is held for a person.
    #[serde(default = "three")]
    hold_factor: u32,
    /// After so many intervals without a change or an answer there is a warning.
    #[serde(default = "week")]
    silent_after: u32,
}

fn green() -> Tlp {
    Tlp::Green
}

fn three() -> u32 {
    3
}

fn week() -> u32 {
    168
}

impl From<SettingsInput> for Settings {
    fn from(of: SettingsInput) -> Settings {
        let SettingsInput { format, every, rating, confidence, usage, tlp, tags, kind, mapping, .. } = of;
        let (hold_factor, silent_after) = (of.hold_factor, of.silent_after);
        Settings { format, every, rating, confidence, usage, tlp, tags, kind, mapping, hold_factor, silent_after }
    }
}

impl From<Settings> for SettingsInput {
    fn from(of: Settings) -> SettingsInput {
        let Settings { format, every, rating, confidence, usage, tlp, tags, kind, mapping, .. } = of;
        let (hold_factor, silent_after) = (of.hold_factor, of.silent_after);
        SettingsInput { format, every, rating, confidence, usage, tlp, tags, kind, mapping, hold_factor, silent_after }
    }
}

fn view(feed: Feed, now: Time) -> FeedView {
    let warning = warning(&feed, now);
    let text = |time: Option<Time>| time.map(|time| time.to_string());
    let held = feed.state.held.map(|held| HeldView {
        since: held.since.to_string(),
        why: held.why,
        size: held.size,
        added: held.added,
        withdrawn: held.withdrawn,
        sample: held.sample,
    });
    FeedView {
        id: feed.id.to_string(),
        owner: feed.owner.to_string(),
        name: feed.name,
        url: shown_url(&feed.url),
        settings: feed.settings.into(),
        size: feed.state.size,
        next_due: text(feed.next_due),
        last_answer: text(feed.state.last_answer),
        last_change: text(feed.state.last_change),
        warning,
        held,
        revision: feed.revision,
    }
}

impl From<Run> for RunView {
    fn from(run: Run) -> RunView {
        let Run { id, time, outcome, listed, added, renewed, withdrawn, refused, detail, .. } = run;
        let (id, time) = (id.to_string(), time.to_string());
        RunView { id, time, outcome, listed, added, renewed, withdrawn, refused, detail }
    }
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (after, limit) = (pages.after::<FeedId>()?, pages.wanted());
    let rows = app.run(move |work| {
        let feeds = work.knowledge.feeds(&caller.actor, after, limit)?;
        Ok(feeds.into_iter().map(|feed| view(feed, work.now)).collect::<Vec<_>>())
    });
    pages.answer(rows.await?, |row| row.id.parse::<Id>().ok())
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<FeedInput>) -> Result<Response, Problem> {
    let feed = app.run(move |work| {
        let FeedInput { name, url, settings } = input;
        let feed = work.knowledge.add_feed(&caller.actor, &name, &url, &settings.into(), work.now)?;
        Ok(view(feed, work.now))
    });
    let feed = feed.await?;
    Ok(tagged(StatusCode::CREATED, feed.revision, feed))
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<FeedId>) -> Result<Response, Problem> {
    let feed = app.run(move |work| Ok(view(work.knowledge.feed(&caller.actor, id)?, work.now))).await?;
    Ok(tagged(StatusCode::OK, feed.revision, feed))
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FeedId>,
    IfMatch(revision): IfMatch,
    Input(settings): Input<SettingsInput>,
) -> Result<Response, Problem> {
    let feed = app.run(move |work| {
        let feed = work.knowledge.set_feed(&caller.actor, id, revision, &settings.into(), work.now)?;
        Ok(view(feed, work.now))
    });
    let feed = feed.await?;
    Ok(tagged(StatusCode::OK, feed.revision, feed))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<FeedId>) -> Result<StatusCode, Problem> {
    app.run(move |work| work.knowledge.remove_feed(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn runs(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<FeedId>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (before, limit) = (pages.after::<FeedRunId>()?, pages.wanted());
    let rows = app.run(move |work| work.knowledge.feed_runs(&caller.actor, id, before, limit)).await?;
    let rows: Vec<RunView> = rows.into_iter().map(RunView::from).collect();
    pages.answer(rows, |row| row.id.parse::<Id>().ok())
}

async fn run(State(app): State<App>, caller: Caller, Path(id): Path<FeedId>) -> Result<Response, Problem> {
    let feed = app.run(move |work| Ok(view(work.knowledge.run_feed_soon(&caller.actor, id, work.now)?, work.now)));
    Ok((StatusCode::ACCEPTED, Json(feed.await?)).into_response())
}

async fn accept(State(app): State<App>, caller: Caller, Path(id): Path<FeedId>) -> Result<Json<FeedView>, Problem> {
    let feed = app.run_long(move |work| Ok(view(work.knowledge.accept_feed(&caller.actor, id, work.now)?.0, work.now)));
    feed.await.map(Json)
}

async fn discard(State(app): State<App>, caller: Caller, Path(id): Path<FeedId>) -> Result<Json<FeedView>, Problem> {
    let feed = app.run(move |work| Ok(view(work.knowledge.drop_feed(&caller.actor, id, work.now)?, work.now)));
    feed.await.map(Json)
}
