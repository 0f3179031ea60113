//! `/api/v1/imports`: a preview first, then one transaction, one entry in history, one undo.
//!
//! Where the query says `format`, the body is a file, whatever its media type, and the query also says to whom and
//! what holds for every row. Otherwise the body is JSON (`ImportInput`): rows, or what was looked up, which the
//! server asks again, so that the evidence holds what it counted itself.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use engine::{
    hunt::{Budget, Hunt},
    knowledge::{
        collateral,
        import::{Defaults, Offered, Request},
        offer::{Chosen, Form, Offer, Reading, of_hunt, of_lookup, of_pivot},
    },
};
use model::{
    Actor, Id, ImportId, Indicator, IndicatorType, Name, OwnerId, Pap, PivotKind, Provenance, Tlp,
    opinion::{HostRole, Use},
    provenance::Origin,
    right::Scope,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::indicator::{RowInput, value};
use crate::{
    app::{App, Work},
    caller::Caller,
    extract::{Octets, Path, Query, json},
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::{Need, Route},
    view::import::{ImportView, ImportedView, PreviewView, SHOWN_MAX, UndoneView},
};

/// Media types of what is imported.
const MEDIA_TYPES: [&str; 6] = [
    "text/csv",
    "text/plain",
    "application/x-ndjson",
    "application/stix+json",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
];
/// Domains that a hunt begins from.
pub(crate) const SEEDS_MAX: usize = 100;

pub(crate) fn routes() -> Vec<Route> {
    let (read, write) = (Need::scope(Scope::Read), Need::scope(Scope::Write));
    vec![
        Route::post("/api/v1/imports/preview", write, "import.preview", preview)
            .says("What an import would do; nothing is changed")
            .query::<FileQuery>()
            .takes_octets(&MEDIA_TYPES)
            .or_takes::<ImportInput>()
            .answers::<PreviewView>(200, "Row by row")
            .problems(&[404]),
        Route::post("/api/v1/imports", write, "import.add", add)
            .says("Bring rows in: a file where the query says `format`, else JSON with rows, a look-up, a pivot or a hunt")
            .query::<FileQuery>()
            .takes_octets(&MEDIA_TYPES)
            .or_takes::<ImportInput>()
            .answers::<ImportedView>(200, "Nothing changed: the owner holds all of it just so")
            .answers::<ImportedView>(201, "What it did")
            .problems(&[404]),
        Route::get("/api/v1/imports", read, "import.list", list)
            .says("Imports, the newest first")
            .paged()
            .answers::<Page<ImportView>>(200, "A page of imports"),
        Route::get("/api/v1/imports/{id}", read, "import.show", show)
            .says("One import")
            .answers::<ImportView>(200, "The import"),
        Route::post("/api/v1/imports/{id}/undo", write, "import.undo", undo)
            .says("Take back exactly what an import brought, except what somebody changed or built on since")
            .answers::<UndoneView>(200, "What was taken back")
            .problems(&[409]),
    ]
}

/// How a file is to be read, to whom it goes, and what holds for every row.
#[derive(Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
struct FileQuery {
    /// plain, csv, jsonl, xlsx, misp, stix or text: the body is such a file.
    format: Option<String>,
    /// To whom, by id.
    #[param(value_type = Option<String>)]
    owner: Option<OwnerId>,
    /// The name of the file, for the evidence.
    name: Option<String>,
    /// Which column holds what: `value=Indicator,rating=4`, by names or numbers; guessed where none.
    map: Option<String>,
    /// Which sheet of a workbook.
    sheet: Option<String>,
    /// The type of all values that say none.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    kind: Option<IndicatorType>,
    /// How bad, 0 to 5, where a row says nothing.
    rating: Option<u8>,
    /// How sure, 0 to 100.
    confidence: Option<u8>,
    /// context, alert or block.
    #[serde(rename = "use")]
    #[param(value_type = Option<String>)]
    usage: Option<Use>,
    /// What the hosts are.
    #[param(value_type = Option<String>)]
    role: Option<HostRole>,
    /// How far they may be shared.
    #[param(value_type = Option<String>)]
    tlp: Option<Tlp>,
    /// Who may learn of questions about them.
    #[param(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Tags for all of them, with commas between.
    tags: Option<String>,
}

/// What is to come in: exactly one of `rows` alone, `lookup`, `pivot` and `hunt`; with the latter three, `chosen`
/// says which of what is found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ImportInput {
    /// To whom, by id.
    #[schema(value_type = String)]
    owner: OwnerId,
    /// What holds where a row says nothing.
    #[serde(default)]
    #[schema(value_type = Object)]
    defaults: Defaults,
    /// Rows.
    rows: Option<Vec<RowInput>>,
    /// From where the rows are, in words.
    origin: Option<String>,
    /// A value to look up.
    lookup: Option<LookupInput>,
    /// A step along a kind of value.
    pivot: Option<PivotInput>,
    /// A hunt.
    hunt: Option<HuntInput>,
    /// Values that are wanted of what is found; all where none.
    chosen: Option<Vec<String>>,
}

/// A value to look up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LookupInput {
    /// The value, defanged or not.
    value: String,
}

/// A step along a kind of value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PivotInput {
    /// A domain to start from, or a value of the kind itself.
    value: String,
    /// The kind.
    #[schema(value_type = String)]
    kind: PivotKind,
}

/// A hunt over what is known here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HuntInput {
    /// Domains to start from.
    seeds: Vec<String>,
    /// At most so many domains are expanded.
    steps: Option<usize>,
    /// At most so many hops from a seed.
    hops: Option<usize>,
}

/// What is wanted to be brought in.
pub enum Wanted {
    /// What is read from a file.
    File(Reading, axum::body::Bytes),
    /// Rows that were read.
    Rows(Offer),
    /// What a look-up of a value shows.
    Lookup(Indicator, Chosen),
    /// Who shares a value.
    Pivot(String, PivotKind, Chosen),
    /// What a hunt from domains finds.
    Hunt(Vec<Name>, Budget, Chosen),
}

/// To whom, under which defaults, what.
pub struct Asked {
    /// Whose indicators they become.
    pub owner: OwnerId,
    /// What rows have that say nothing else.
    pub defaults: Defaults,
    /// What is to be imported.
    pub wanted: Wanted,
}

fn asked(query: FileQuery, body: Octets) -> Result<Asked, Problem> {
    match query.format.clone() {
        Some(form) => file(query, &form, body),
        None if body.media_type == "application/json" => {
            let input = json::<ImportInput>(&body.octets)?;
            Ok(Asked { owner: input.owner, defaults: input.defaults.clone(), wanted: wanted(input)? })
        }
        None => {
            Err(Problem::malformed("query.format", "say in which format the body is; without, send application/json"))
        }
    }
}

fn file(query: FileQuery, form: &str, body: Octets) -> Result<Asked, Problem> {
    let form: Form = form.parse().map_err(|why| Problem::malformed("query.format", why))?;
    let owner = query.owner.ok_or_else(|| Problem::malformed("query.owner", "say to whom"))?;
    let tags = query.tags.iter().flat_map(|tags| tags.split(',')).map(|tag| tag.trim().to_owned());
    let defaults = Defaults {
        rating: query.rating,
        confidence: query.confidence,
        usage: query.usage.unwrap_or_default(),
        role: query.role.unwrap_or_default(),
        tlp: query.tlp,
        pap: query.pap,
        tags: tags.filter(|tag| !tag.is_empty()).collect(),
    };
    let reading = Reading { form, name: query.name, columns: query.map, sheet: query.sheet, kind: query.kind };
    Ok(Asked { owner, defaults, wanted: Wanted::File(reading, body.octets) })
}

fn wanted(input: ImportInput) -> Result<Wanted, Problem> {
    let chosen = match &input.chosen {
        None => Chosen::ALL,
        Some(values) => Chosen::only(values)?,
    };
    match (input.rows, input.lookup, input.pivot, input.hunt) {
        (Some(rows), None, None, None) if input.chosen.is_none() => rows_of(rows, input.origin).map(Wanted::Rows),
        (None, Some(lookup), None, None) => {
            let indicator = value(None, &lookup.value).map_err(|why| Problem::invalid("lookup.value", why))?;
            Ok(Wanted::Lookup(indicator, chosen))
        }
        (None, None, Some(pivot), None) => Ok(Wanted::Pivot(pivot.value, pivot.kind, chosen)),
        (None, None, None, Some(hunt)) => {
            let usual = Budget::default();
            let budget = Budget {
                steps: hunt.steps.unwrap_or(usual.steps).min(usual.steps),
                hops: hunt.hops.unwrap_or(usual.hops).min(usual.hops),
                lookups: 0,
                ..usual
            };
            Ok(Wanted::Hunt(seeds(&hunt.seeds)?, budget, chosen))
        }
        _ => {
            Err(Problem::invalid("", "exactly one of rows, lookup, pivot and hunt; chosen goes with the latter three"))
        }
    }
}

/// The domains of a hunt's seeds.
pub fn seeds(values: &[String]) -> Result<Vec<Name>, Problem> {
    if values.is_empty() || values.len() > SEEDS_MAX {
        return Err(Problem::invalid("seeds", format!("1 to {SEEDS_MAX}")));
    }
    let host = |(at, text): (usize, &String)| match Indicator::guess(text) {
        Some(Indicator::Host(host)) => Ok(host.name().clone()),
        _ => Err(Problem::invalid(format!("seeds.{at}"), "a domain")),
    };
    values.iter().enumerate().map(host).collect()
}

fn rows_of(rows: Vec<RowInput>, origin: Option<String>) -> Result<Offer, Problem> {
    let mut offer = Offer { origin: origin.unwrap_or_else(|| "rows".into()), ..Offer::default() };
    for (at, row) in rows.into_iter().enumerate() {
        let stated = row.stated(at + 1).map_err(|why| Problem::invalid(format!("rows.{at}"), why))?;
        offer.rows.push(Offered { stated, provenance: Provenance::plain(Origin::Person, None) });
    }
    Ok(offer)
}

impl Wanted {
    fn offer(&self, work: &Work<'_>, actor: &Actor) -> Result<Offer, engine::Error> {
        let view = || work.engine.view(actor, work.interrupt.clone());
        match self {
            Wanted::File(reading, octets) => reading.offer(octets),
            Wanted::Rows(offer) => Ok(offer.clone()),
            Wanted::Lookup(value, chosen) => {
                work.knowledge.looking_up(actor, value, work.now)?;
                of_lookup(&view(), value, chosen, work.now)
            }
            Wanted::Pivot(value, kind, chosen) => {
                work.knowledge.searching(actor, *kind, value, work.now)?;
                of_pivot(&view(), value, *kind, chosen)
            }
            Wanted::Hunt(seeds, budget, chosen) => {
                work.knowledge.hunting(actor, seeds, work.now)?;
                let hunt = Hunt::new(work.engine, actor, seeds, *budget, work.interrupt.clone(), work.now);
                of_hunt(&view(), &hunt.run(work.engine)?, chosen)
            }
        }
    }
}

/// The request of the engine, and what is left of the offer: its refusals and remarks.
fn split(asked: Asked, mut offer: Offer) -> (Request, Offer) {
    let rows = std::mem::take(&mut offer.rows);
    (Request { owner: asked.owner, origin: offer.origin.clone(), defaults: asked.defaults, rows }, offer)
}

/// What an import would do.
pub fn preview_of(work: &Work<'_>, actor: &Actor, asked: Asked) -> Result<PreviewView, engine::Error> {
    let offer = asked.wanted.offer(work, actor)?;
    let (request, offer) = split(asked, offer);
    let mut rows = work.knowledge.preview(actor, &request, work.now)?;
    let view = work.engine.view(actor, work.interrupt.clone());
    let shown = rows.len().min(SHOWN_MAX);
    collateral::look(&view, rows.get_mut(..shown).unwrap_or_default(), work.now)?;
    Ok(PreviewView::new(rows, &offer))
}

/// Brings it in.
pub fn import_of(work: &Work<'_>, actor: &Actor, asked: Asked) -> Result<ImportedView, engine::Error> {
    let offer = asked.wanted.offer(work, actor)?;
    let (request, offer) = split(asked, offer);
    let done = work.knowledge.import(actor, &request, work.now)?;
    Ok(ImportedView::new(done, &offer))
}

async fn preview(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<FileQuery>,
    body: Octets,
) -> Result<Json<PreviewView>, Problem> {
    let asked = asked(query, body)?;
    app.run_long(move |work| preview_of(work, &caller.actor, asked)).await.map(Json)
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<FileQuery>,
    body: Octets,
) -> Result<Response, Problem> {
    let asked = asked(query, body)?;
    let view = app.run_long(move |work| import_of(work, &caller.actor, asked)).await?;
    let status = if view.import.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view)).into_response())
}

async fn list(State(app): State<App>, caller: Caller, pages: Pages) -> Result<Response, Problem> {
    let (before, limit) = (pages.after::<ImportId>()?, pages.wanted());
    let rows = app.run(move |work| work.knowledge.imports(&caller.actor, before, limit)).await?;
    let rows: Vec<ImportView> = rows.into_iter().map(ImportView::from).collect();
    pages.answer(rows, |row| row.id.parse::<Id>().ok())
}

async fn show(State(app): State<App>, caller: Caller, Path(id): Path<ImportId>) -> Result<Json<ImportView>, Problem> {
    let import = app.run(move |work| work.knowledge.import_by_id(&caller.actor, id)).await?;
    Ok(Json(import.into()))
}

async fn undo(State(app): State<App>, caller: Caller, Path(id): Path<ImportId>) -> Result<Json<UndoneView>, Problem> {
    let undone = app.run_long(move |work| work.knowledge.undo(&caller.actor, id, work.now)).await?;
    Ok(Json(undone.into()))
}
