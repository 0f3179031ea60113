//! `/api/v1/audit`: who did what, for administrators.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use model::{Id, Time, right::Scope};
use serde::{Deserialize, Serialize};
use store::audit::{Filter, Record};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::Query,
    json::Json,
    page::{Page, Pages},
    problem::Problem,
    route::{Need, Route},
};

const NEED: Need = Need::administrator(Scope::Audit);
/// Entries that an export reads at one time.
const CHUNK: u32 = 1000;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/v1/audit", NEED, "audit.list", list)
            .says("Entries of the audit log, the newest first")
            .query::<Wanted>()
            .paged()
            .answers::<Page<EntryView>>(200, "Entries"),
        Route::get("/api/v1/audit/export", NEED, "audit.export", export)
            .says("All these entries as JSON lines, the newest first")
            .query::<Wanted>()
            .answers_lines::<EntryView>("Entries"),
        Route::get("/api/v1/audit/verify", NEED, "audit.verify", verify)
            .says("Walks the chain of the audit log")
            .answers::<ChainView>(200, "What was found"),
    ]
}

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// By whom; people at the command line are `NAME (local)`.
    actor: Option<String>,
    /// This action, or all of a noun: `owner.`
    action: Option<String>,
    /// About the object with this id.
    #[param(value_type = Option<String>)]
    object: Option<Id>,
    /// Not before.
    #[param(value_type = Option<String>)]
    from: Option<Time>,
    /// Not after.
    #[param(value_type = Option<String>)]
    to: Option<Time>,
}

impl Wanted {
    fn filter(self, below: Option<i64>) -> Filter {
        let Wanted { actor, action, object, from, to } = self;
        Filter { actor, action, object, from, to, below }
    }
}

/// An entry.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EntryView {
    /// Its number, from 1, without a gap.
    number: i64,
    /// When.
    time: String,
    /// Who; null where the name was forgotten.
    actor: Option<String>,
    /// What was done.
    action: String,
    /// The word for what it was done to.
    object_type: String,
    /// Its id.
    object: Option<String>,
    /// Whose it is.
    owner: Option<String>,
    /// What else matters.
    detail: serde_json::Value,
    /// The hash of this entry, which covers the one before.
    hash: String,
}

impl From<Record> for EntryView {
    fn from(record: Record) -> EntryView {
        EntryView {
            number: record.number,
            time: record.time.to_string(),
            actor: record.actor,
            action: record.action,
            object_type: record.object_type,
            object: record.object.map(|id| id.to_string()),
            owner: record.owner.map(|id| id.to_string()),
            detail: record.detail,
            hash: hex(&record.hash),
        }
    }
}

/// What a walk over the chain found.
#[derive(Serialize, ToSchema)]
struct ChainView {
    /// How many entries there are.
    entries: u64,
    /// The hash of the last one. Note it elsewhere, and a cut end shows.
    head: String,
    /// The number of the first entry that does not fit to the one before; null where all fit.
    broken: Option<i64>,
}

async fn list(
    State(app): State<App>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
    pages: Pages,
) -> Result<Response, Problem> {
    let (filter, limit) = (wanted.filter(pages.after()?), pages.wanted());
    let records = app.run(move |work| work.knowledge.audit(&caller.actor, &filter, limit)).await?;
    pages.answer(records.into_iter().map(EntryView::from).collect(), |last| last.number)
}

async fn export(State(app): State<App>, caller: Caller, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let mut filter = wanted.filter(None);
    let body = app.stream(move |work, pieces| {
        loop {
            let records = work.knowledge.audit(&caller.actor, &filter, CHUNK)?;
            let Some(last) = records.last() else { return Ok(()) };
            filter.below = Some(last.number);
            records.into_iter().try_for_each(|record| pieces.line(&EntryView::from(record)))?;
        }
    })?;
    Ok(([(header::CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

async fn verify(State(app): State<App>, caller: Caller) -> Result<Json<ChainView>, Problem> {
    let found = app.run(move |work| work.knowledge.verify_audit(&caller.actor)).await?;
    Ok(Json(ChainView { entries: found.entries, head: hex(&found.head), broken: found.broken }))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
