//! `/api/v1/observations`: what sensors elsewhere saw.
//!
//! The body is what `spoor ingest` reads, compressed with gzip or zstd or not. It is stored before it is acknowledged,
//! and counted once however often it is sent: the id of a batch is made of what it says, and an `Idempotency-Key` gives
//! the same answer again. Few are read at one time; who comes when as many are, is told to come back (429).

use axum::{extract::State, http::StatusCode};
use formats::registration_lines::Defaults;
use model::{registration::Protocol, right::Scope};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    app::App,
    caller::Caller,
    extract::{Octets, Query},
    json::Json,
    problem::Problem,
    route::{Need, Route},
};
use intake::{
    ingest::{self, Format, Reading, Summary, input},
    sensor::intake::Taken,
};

/// What bodies are.
const MEDIA_TYPES: [&str; 4] = ["application/x-ndjson", "text/plain", "application/octet-stream", "application/gzip"];
/// Reasons of refusal that an answer names.
const REASONS_MAX: usize = 20;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/observations", Need::scope(Scope::Observe), "observation.add", add)
            .says("Bring observations in, as a source that is there; gzip and zstd are told by their first octets")
            .query::<ObservationQuery>()
            .takes_octets(&MEDIA_TYPES)
            .answers::<ObservedView>(200, "All of it is durable")
            .problems(&[404, 429]),
    ]
}

/// Who says it, and how it is written.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ObservationQuery {
    /// The name of the source.
    source: String,
    /// cof (where none is said), dnsdb, dnstap, pcap, zeek, eve, passivedns or csv.
    format: Option<String>,
    /// Which column means what, for csv.
    columns: Option<String>,
}

/// What became of a body.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ObservedView {
    /// Lines, frames or packets that were read.
    lines: u64,
    /// Observations that were stored.
    stored: u64,
    /// Observations that were stored before, from the same octets.
    known: u64,
    /// Lines that could not be read.
    refused: u64,
    /// What was not taken.
    reasons: Vec<ReasonView>,
}

/// A reason, and how often there was it.
#[derive(Serialize, ToSchema)]
struct ReasonView {
    /// The reason.
    why: String,
    /// How often.
    count: u64,
}

impl From<Summary> for ObservedView {
    fn from(summary: Summary) -> ObservedView {
        let refusals = summary.refusals.reasons().map(|(why, refused)| (why.to_owned(), refused.count));
        let damaged = summary.damaged.into_iter().map(|why| (why, 1));
        let all: Vec<(String, u64)> = refusals.chain(summary.dropped.clone()).chain(damaged).collect();
        ObservedView {
            lines: summary.lines,
            stored: summary.stored,
            known: summary.known,
            refused: summary.refused,
            reasons: all.into_iter().take(REASONS_MAX).map(|(why, count)| ReasonView { why, count }).collect(),
        }
    }
}

async fn add(
    State(app): State<App>,
    caller: Caller,
    Query(asked): Query<ObservationQuery>,
    body: Octets,
) -> Result<(StatusCode, Json<ObservedView>), Problem> {
    let format = format(asked.format.as_deref())?;
    let busy = |_| Problem::busy(StatusCode::TOO_MANY_REQUESTS, "as many batches as may are being read; wait", 1);
    let permit = std::sync::Arc::clone(&app.limits.observing).try_acquire_owned().map_err(busy)?;
    let sensor = std::sync::Arc::clone(&app.sensor);
    let read = app.run_long(move |work| {
        let _permit = permit;
        let source = work.engine.store.source(&asked.source).filter(|source| caller.actor.sources.allows(source.id));
        let source = source.ok_or(engine::Error::NotFound)?;
        let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: work.now };
        let taken = Taken { client: false, below_resolver: false, ports: vec![formats::capture::DNS_PORT] };
        let columns = asked.columns.as_deref();
        let reading =
            Reading { format, defaults: &defaults, arrived: work.now, strict: false, columns, origin: None, taken };
        let input = input::plain(&body.octets[..]).map_err(|error| engine::Error::Limit(error.to_string()))?;
        let summary = ingest::read(work.engine, &source, &sensor, input, &reading, |_| {});
        summary.map_err(|error| engine::Error::Limit(format!("{error:#}")))
    });
    Ok((StatusCode::OK, Json(read.await?.into())))
}

fn format(text: Option<&str>) -> Result<Format, Problem> {
    Ok(match text.unwrap_or("cof") {
        "cof" => Format::Cof,
        "dnsdb" => Format::Dnsdb,
        "dnstap" => Format::Dnstap,
        "pcap" => Format::Pcap,
        "zeek" => Format::Zeek,
        "eve" => Format::Eve,
        "passivedns" => Format::Passivedns,
        "csv" => Format::Csv,
        _ => return Err(Problem::malformed("query.format", "cof, dnsdb, dnstap, pcap, zeek, eve, passivedns or csv")),
    })
}
