//! `/api/v1/indicators/{id}/sightings` and `/evidence`: that it was met, and why it is here.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::knowledge::sighting::NewSighting;
use model::{IndicatorId, OwnerId, Provenance, Sighting, SightingId, SightingKind, Time, Tlp, provenance::Origin};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::evidence::Accepted;
use utoipa::ToSchema;

use super::group::{READ, WRITE};
use crate::{
    app::App,
    caller::Caller,
    extract::{Input, Path},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::Route,
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/indicators/{id}/sightings", READ, "sighting.list", list)
            .says("Sightings of an indicator, the newest report first")
            .paged()
            .answers::<Page<SightingView>>(200, "A page of sightings"),
        Route::post("/api/v1/indicators/{id}/sightings", WRITE, "sighting.add", add)
            .says("Report that an indicator was seen, or that it is a false positive")
            .takes::<SightingInput>()
            .answers::<SightingView>(201, "The sighting"),
        Route::get("/api/v1/indicators/{id}/evidence", READ, "evidence.list", evidence)
            .says("Why an indicator is here")
            .answers::<EvidenceListView>(200, "Evidence, as it was accepted"),
        Route::post("/api/v1/indicators/{id}/evidence", WRITE, "evidence.add", add_evidence)
            .says("Say why an indicator is here")
            .takes::<EvidenceInput>()
            .answers_nothing(204, "It is kept"),
    ]
}

/// A sighting.
#[derive(Serialize, ToSchema)]
struct SightingView {
    /// Its identifier.
    #[schema(value_type = String)]
    id: SightingId,
    /// Whose sighting.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// `seen` or `false-positive`.
    #[schema(value_type = String)]
    kind: SightingKind,
    /// When it was met.
    #[schema(value_type = String)]
    time: Time,
    /// How often.
    count: u32,
    /// Where, or by what.
    note: Option<String>,
}

impl From<Sighting> for SightingView {
    fn from(sighting: Sighting) -> SightingView {
        let Sighting { id, owner, kind, time, count, note, .. } = sighting;
        SightingView { id, owner, kind, time, count, note }
    }
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<IndicatorId>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (before, limit) = (pages.after()?, pages.wanted());
    let sightings = app.run(move |work| work.knowledge.sightings(&caller.actor, id, before, limit)).await?;
    pages.answer(sightings.into_iter().map(SightingView::from).collect(), |last: &SightingView| last.id)
}

/// A sighting to be reported.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SightingInput {
    /// Whose sighting.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// `seen` or `false-positive`.
    #[schema(value_type = String, example = "seen")]
    kind: SightingKind,
    /// When it was met; now where there is none.
    #[schema(value_type = Option<String>)]
    time: Option<Time>,
    /// How often; once where there is none.
    #[schema(minimum = 1)]
    count: Option<u32>,
    /// Where, or by what.
    note: Option<String>,
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<IndicatorId>,
    Input(input): Input<SightingInput>,
) -> Result<Response, Problem> {
    let sighting = app.run(move |work| {
        let (time, count) = (input.time.unwrap_or(work.now), input.count.unwrap_or(1));
        let new = NewSighting { kind: input.kind, time, count, note: input.note };
        work.knowledge.sight(&caller.actor, input.owner, id, &new, work.now)
    });
    Ok((StatusCode::CREATED, Json(SightingView::from(sighting.await?))).into_response())
}

/// Why an indicator is here.
#[derive(Serialize, ToSchema)]
struct EvidenceListView {
    /// By owner, as it was accepted.
    items: Vec<EvidenceView>,
}

/// A piece of evidence.
#[derive(Serialize, ToSchema)]
struct EvidenceView {
    /// Whose.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// When it was accepted.
    #[schema(value_type = String)]
    time: Time,
    /// By whom.
    by: Option<String>,
    /// How far it may be shared.
    #[schema(value_type = String)]
    tlp: Tlp,
    /// In a sentence.
    words: String,
    /// Seed and steps, with the counts as they were then.
    #[schema(value_type = Object)]
    provenance: Value,
}

impl From<Accepted> for EvidenceView {
    fn from(accepted: Accepted) -> EvidenceView {
        let Accepted { owner, time, by, tlp, provenance } = accepted;
        let words = provenance.words();
        EvidenceView { owner, time, by, tlp, words, provenance: serde_json::to_value(provenance).unwrap_or_default() }
    }
}

async fn evidence(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<IndicatorId>,
) -> Result<Json<EvidenceListView>, Problem> {
    let evidence = app.run(move |work| work.knowledge.evidence(&caller.actor, id)).await?;
    Ok(Json(EvidenceListView { items: evidence.into_iter().map(EvidenceView::from).collect() }))
}

/// Why an indicator is here, in a person's words.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EvidenceInput {
    /// Whose evidence.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// Where it began.
    seed: Option<String>,
    /// What was found.
    remark: String,
    /// How far it may be shared: the indicator's label or a stricter one.
    #[schema(value_type = Option<String>)]
    tlp: Option<Tlp>,
}

async fn add_evidence(
    State(app): State<App>,
    caller: Caller,
    Path(id): Path<IndicatorId>,
    Input(input): Input<EvidenceInput>,
) -> Result<Response, Problem> {
    let provenance = Provenance { remark: Some(input.remark), ..Provenance::plain(Origin::Person, input.seed) };
    let added = app
        .run(move |work| work.knowledge.add_evidence(&caller.actor, input.owner, id, &provenance, input.tlp, work.now));
    added.await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
