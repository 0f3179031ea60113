//! `/api/v1/tracks`: standing queries and what they found; `/api/v1/registrations/search`: the same query once.

use std::{io::Write, thread, time::Duration};

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use engine::{
    knowledge::import::Defaults,
    track::{
        Changed, NewTrack,
        preview::{self, Preview},
        propose::{self, Proposal},
        search::{self, Found},
    },
};
use model::{
    GroupId, HitId, Name, OwnerId, Time, TrackId, TrackQuery,
    query::Completions,
    right::Scope,
    track::{self, HitKind, Triage},
};
use serde::{Deserialize, Deserializer, Serialize};
use store::track::Filter;
use utoipa::{IntoParams, ToSchema};

use super::group::{READ, WRITE};
use crate::{
    app::{App, Pieces, Work},
    caller::Caller,
    extract::{Input, Path, Query},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    revision::{IfMatch, tagged},
    route::{Need, Route},
    view::{
        search::{FoundAnswer, PreviewAnswer, ProposalAnswer},
        track::{HitView, TrackView},
    },
};

/// How often a stream looks for new hits.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// After so many looks without a hit a stream shows that it lives, and so learns that its client has gone.
const QUIET_LOOKS: u32 = 30;

pub(crate) fn routes() -> Vec<Route> {
    let mut rows = tracks();
    rows.extend(hits());
    rows.push(
        Route::post("/api/v1/registrations/search", Need::scope(Scope::Contact), "registration.search", search)
            .says("Reverse WHOIS: which domains match a query, how many, and out of how many")
            .takes::<SearchAsk>()
            .answers::<FoundAnswer>(200, "Counts, denominator, the values' quality, rows and where they go on"),
    );
    rows
}

fn tracks() -> Vec<Route> {
    vec![
        Route::get("/api/v1/tracks", READ, "track.list", list)
            .says("Tracks: queries that stand over what arrives")
            .paged()
            .answers::<Page<TrackView>>(200, "A page of Tracks"),
        Route::post("/api/v1/tracks", WRITE, "track.add", add)
            .says("Stand a query; what matches already becomes its first hits (contacts need the scope contact)")
            .takes::<NewTrackInput>()
            .answers::<TrackView>(201, "The Track")
            .problems(&[404]),
        Route::get("/api/v1/tracks/{id}", READ, "track.show", show)
            .says("A Track: what feeds it, and how its hits stand")
            .answers::<TrackView>(200, "The Track"),
        Route::patch("/api/v1/tracks/{id}", WRITE, "track.change", change)
            .says("Change all of a Track but its query: what is not there stays, what is null is cleared")
            .if_match()
            .takes::<TrackChangeInput>()
            .answers::<TrackView>(200, "The Track as it is now"),
        Route::delete("/api/v1/tracks/{id}", WRITE, "track.remove", remove)
            .says("Remove a Track with its hits")
            .answers_nothing(204, "It is gone"),
        Route::post("/api/v1/tracks/{id}/import", WRITE, "track.import", import)
            .says("Bring the domains of hits in as indicators, associated with the Track's threat")
            .takes::<ImportHitsInput>()
            .answers_json("What became of them")
            .problems(&[409]),
        Route::post("/api/v1/tracks/preview", Need::scope(Scope::Contact), "track.preview", look)
            .says("What a query matches now, how many hits a day to expect, how early it would have spoken")
            .takes::<QueryInput>()
            .answers::<PreviewAnswer>(200, "The preview"),
        Route::post("/api/v1/tracks/propose", Need::scope(Scope::Contact), "track.propose", suggest)
            .says("Which Tracks would have found these domains: the values that they share, best first")
            .takes::<ProposeInput>()
            .answers::<Vec<ProposalAnswer>>(200, "Proposals"),
        Route::get("/api/v1/tracks/completions", READ, "track.complete", complete)
            .says("What could stand at a place of a Track's query")
            .query::<CompletionQuery>()
            .answers_json("Where the word begins, and words")
            .problems(&[400]),
    ]
}

fn hits() -> Vec<Route> {
    vec![
        Route::get("/api/v1/tracks/hits", READ, "hit.list", list_hits)
            .says("What Tracks found, the oldest first")
            .query::<HitQuery>()
            .paged()
            .answers::<Page<HitView>>(200, "A page of hits")
            .problems(&[400]),
        Route::get("/api/v1/tracks/hits/stream", READ, "hit.stream", stream)
            .says("Hits as they come: server-sent events, or JSON lines")
            .query::<StreamQuery>()
            .answers_texts(&["text/event-stream", "application/x-ndjson"], "Hits until the client goes")
            .problems(&[400, 503]),
        Route::patch("/api/v1/tracks/hits/{id}", WRITE, "hit.triage", triage)
            .says("Decide about a hit")
            .takes::<TriageInput>()
            .answers::<HitView>(200, "The hit as it is now"),
    ]
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (after, limit) = (pages.after::<TrackId>()?, pages.wanted());
    let tracks = app.run(move |work| work.knowledge.tracks(&caller.actor, after, limit)).await?;
    let places: Vec<TrackId> = tracks.iter().map(|track| track.id).collect();
    let views: Vec<TrackView> = tracks.into_iter().map(TrackView::from).collect();
    pages.answer(views, move |last: &TrackView| {
        places.iter().copied().find(|id| id.to_string() == last.id).expect("the last row is one of the rows")
    })
}

/// A Track to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTrackInput {
    /// Whose it is to be.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// The query.
    #[schema(example = "registrant.email = \"a@b.example\"")]
    query: String,
    /// Its name; the query where none is given.
    #[serde(default)]
    name: String,
    /// The group whose infrastructure it finds.
    #[schema(value_type = Option<String>)]
    threat: Option<GroupId>,
    /// In words.
    notes: Option<String>,
    /// When it ends by itself.
    #[schema(value_type = Option<String>)]
    expires: Option<Time>,
    /// Domains that make no hit.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    exclusions: Vec<Name>,
}

async fn add(State(app): State<App>, caller: Caller, Input(input): Input<NewTrackInput>) -> Result<Response, Problem> {
    let NewTrackInput { owner, query, name, threat, notes, expires, exclusions } = input;
    let new = NewTrack { name, query, threat, notes, expires, exclusions };
    let track = app.run(move |work| {
        let interrupt = work.interrupt.clone();
        let added = work.knowledge.add_track(&caller.actor, owner, &new, work.engine, interrupt, work.now);
        shown(work, &caller, added?.0)
    });
    let track = track.await?;
    Ok(tagged(StatusCode::CREATED, track.revision, track))
}

fn shown(work: &Work<'_>, caller: &Caller, track: track::Track) -> Result<TrackView, engine::Error> {
    let coverage = work.knowledge.track_coverage(&caller.actor, &track, work.engine)?;
    Ok(TrackView { coverage: Some(coverage), ..track.into() })
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<TrackId>) -> Result<Response, Problem> {
    let track = app.run(move |work| shown(work, &caller, work.knowledge.track(&caller.actor, id)?)).await?;
    Ok(tagged(StatusCode::OK, track.revision, track))
}

/// What changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrackChangeInput {
    /// Its name.
    name: Option<String>,
    /// The group whose infrastructure it finds.
    #[serde(default, deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    threat: Option<Option<GroupId>>,
    /// In words.
    #[serde(default, deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// When it ends by itself.
    #[serde(default, deserialize_with = "stated")]
    #[schema(value_type = Option<String>)]
    expires: Option<Option<Time>>,
    /// Whether its hits are kept as ignored.
    muted: Option<bool>,
    /// Domains that make no hit.
    #[schema(value_type = Option<Vec<String>>)]
    exclusions: Option<Vec<Name>>,
}

/// Tells what is null from what is not there.
fn stated<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

async fn change(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<TrackId>,
    IfMatch(revision): IfMatch,
    Input(input): Input<TrackChangeInput>,
) -> Result<Response, Problem> {
    let TrackChangeInput { name, threat, notes, expires, muted, exclusions } = input;
    let changed = Changed { name, threat, notes, expires, muted, exclusions };
    let track = app.run(move |work| work.knowledge.change_track(&caller.actor, id, revision, &changed, work.now));
    let track = track.await?;
    Ok(tagged(StatusCode::OK, track.revision, TrackView::from(track)))
}

async fn remove(State(app): State<App>, caller: Caller, Path(id): Path<TrackId>) -> Result<Response, Problem> {
    app.run(move |work| work.knowledge.remove_track(&caller.actor, id, work.now)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Hits to be imported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportHitsInput {
    /// The hits.
    #[schema(value_type = Vec<String>)]
    hits: Vec<HitId>,
    /// What holds for all of them: `rating`, `confidence`, `use`, `role`, `tlp`, `pap`, `tags`.
    #[serde(default)]
    #[schema(value_type = Object)]
    defaults: Defaults,
}

async fn import(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<TrackId>,
    Input(input): Input<ImportHitsInput>,
) -> Result<Response, Problem> {
    let ImportHitsInput { hits, defaults } = input;
    let imported =
        app.run_long(move |work| work.knowledge.import_hits(&caller.actor, id, &hits, defaults, work.now)).await?;
    Ok(Json(imported).into_response())
}

/// A query.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct QueryInput {
    /// The query.
    #[schema(example = "registrant.email = \"a@b.example\"")]
    query: String,
}

fn parsed(text: &str) -> Result<TrackQuery, Problem> {
    TrackQuery::parse(text).map_err(|error| Problem::invalid("query", error.message()))
}

async fn look(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<QueryInput>,
) -> Result<Json<Preview>, Problem> {
    let query = parsed(&input.query)?;
    let preview = app.run(move |work| {
        work.knowledge.asking(&caller.actor, &query, work.now)?;
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        preview::preview(&view, &query, work.now)
    });
    preview.await.map(Json)
}

/// Domains.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ProposeInput {
    /// Up to 200.
    #[schema(value_type = Vec<String>)]
    domains: Vec<Name>,
}

async fn suggest(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<ProposeInput>,
) -> Result<Json<Vec<Proposal>>, Problem> {
    if input.domains.is_empty() || input.domains.len() > propose::DOMAINS_MAX {
        return Err(Problem::invalid("domains", format!("1 to {}", propose::DOMAINS_MAX)));
    }
    let proposals = app.run(move |work| {
        work.knowledge.hunting(&caller.actor, &input.domains, work.now)?;
        propose::propose(&work.engine.view(&caller.actor, work.interrupt.clone()), &input.domains)
    });
    proposals.await.map(Json)
}

/// A place in a text.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CompletionQuery {
    /// The text.
    text: String,
    /// The octet; its end where none.
    cursor: Option<usize>,
}

async fn complete(_caller: Caller, Query(asked): Query<CompletionQuery>) -> Json<Completions> {
    let end = asked.text.len();
    Json(track::completions(&asked.text, asked.cursor.unwrap_or(end).min(end)))
}

/// Which hits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct HitQuery {
    /// Of this Track alone.
    #[param(value_type = Option<String>)]
    track: Option<TrackId>,
    /// In this state alone: new, watched, ignored or escalated.
    #[param(value_type = Option<String>)]
    triage: Option<Triage>,
    /// Of this kind alone: found, new, moved, reregistered, changed, left or dns.
    #[param(value_type = Option<String>)]
    kind: Option<HitKind>,
}

async fn list_hits(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<HitQuery>,
    pages: Pages,
) -> Result<Response, Problem> {
    let HitQuery { track, triage, kind } = asked;
    let filter = Filter { track, triage, kind, after: pages.after::<i64>()?, ..Filter::default() };
    let limit = pages.wanted();
    let hits = app.run(move |work| work.knowledge.track_hits(&caller.actor, &filter, limit)).await?;
    pages.answer(hits.into_iter().map(HitView::from).collect(), |last: &HitView| last.place)
}

/// Where a stream begins, and in which form it comes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// Hits found at this moment and later.
    #[param(value_type = String)]
    since: Time,
    /// Of this Track alone.
    #[param(value_type = Option<String>)]
    track: Option<TrackId>,
    /// `sse`, the default, or `ndjson`.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    format: Form,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    #[default]
    Sse,
    Ndjson,
}

async fn stream(State(app): State<App>, caller: Caller, Query(asked): Query<StreamQuery>) -> Result<Response, Problem> {
    let StreamQuery { since, track, format } = asked;
    let filter = Filter { track, since: Some(since), ..Filter::default() };
    let inner = app.clone();
    let body = app.stream(move |work, pieces| follow(&inner, work, &caller, filter, format, pieces))?;
    let media_type = if format == Form::Sse { "text/event-stream" } else { "application/x-ndjson" };
    Ok(([(header::CONTENT_TYPE, media_type)], body).into_response())
}

/// Writes hits as they come, until the client goes or the server stops.
fn follow(
    app: &App,
    work: &Work<'_>,
    caller: &Caller,
    mut filter: Filter,
    format: Form,
    pieces: &mut Pieces,
) -> Result<(), engine::Error> {
    let mut quiet = 0;
    while !app.stopping.load(std::sync::atomic::Ordering::Relaxed) && !work.interrupt.is_due() {
        let hits = work.knowledge.track_hits(&caller.actor, &filter, 500)?;
        quiet = if hits.is_empty() { quiet + 1 } else { 0 };
        filter.after = hits.last().map(|hit| hit.place).or(filter.after);
        let none = hits.is_empty();
        let written = hits.into_iter().try_for_each(|hit| write(pieces, format, &HitView::from(hit)));
        let written = match quiet > 0 && quiet % QUIET_LOOKS == 0 {
            // A comment (WHATWG HTML §9.2.6), or an empty line, which readers of JSON lines pass over.
            true => written.and_then(|()| pieces.write_all(if format == Form::Sse { b":\n\n" } else { b"\n" })),
            false => written,
        };
        let sent = written.and_then(|()| pieces.flush());
        sent.map_err(|error| engine::Error::Limit(error.to_string()))?;
        if none {
            thread::sleep(LOOK_AGAIN);
        }
    }
    Ok(())
}

fn write(pieces: &mut Pieces, format: Form, hit: &impl Serialize) -> std::io::Result<()> {
    if format == Form::Sse {
        pieces.write_all(b"event: hit\ndata: ")?;
    }
    pieces.write_all(&serde_json::to_vec(hit)?)?;
    pieces.write_all(if format == Form::Sse { b"\n\n" } else { b"\n" })
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TriageInput {
    /// new, watched, ignored or escalated.
    #[schema(value_type = String)]
    triage: Triage,
    /// Why.
    note: Option<String>,
}

async fn triage(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<HitId>,
    Input(input): Input<TriageInput>,
) -> Result<Json<HitView>, Problem> {
    let hit = app
        .run(move |work| work.knowledge.triage_hit(&caller.actor, id, input.triage, input.note.as_deref(), work.now));
    Ok(Json(hit.await?.into()))
}

/// A search.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SearchAsk {
    /// The query; `historic` in front asks every version.
    #[schema(example = "registrant.email = \"a@b.example\"")]
    query: String,
    /// Rows of a page, 1 to 1000; 100 where none.
    limit: Option<usize>,
    /// Go on after this domain: `next` of the page before.
    #[schema(value_type = Option<String>)]
    after: Option<Name>,
}

async fn search(
    State(app): State<App>,
    caller: Caller,
    Input(input): Input<SearchAsk>,
) -> Result<Json<Found>, Problem> {
    let query = parsed(&input.query)?;
    let limit = input.limit.unwrap_or(100);
    if !(1..=search::ROWS_MAX).contains(&limit) {
        return Err(Problem::invalid("limit", format!("1 to {}", search::ROWS_MAX)));
    }
    let found = app.run(move |work| {
        work.knowledge.asking(&caller.actor, &query, work.now)?;
        let view = work.engine.view(&caller.actor, work.interrupt.clone());
        search::search(&view, &query, input.after.as_ref(), limit)
    });
    found.await.map(Json)
}
