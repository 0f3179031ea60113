//! The DNSDB API, versions 2 and 1, for clients that speak it: `dnsdbq`, `dnsdb2`, and whatever else lets its server be
//! set. The key in `X-API-Key` is a token of this installation.
//!
//! What is asked for stands in the path ([`asked`]), how in the parameters ([`parameter`]). Version 2 frames its answer
//! ([`formats::dnsdb`]); version 1 does not, and answers 404 where there is nothing. Errors are problems like everywhere:
//! clients look at the status alone.

pub(super) mod asked;
mod parameter;

use axum::{
    body::Body,
    extract::State,
    handler::Handler,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use engine::dns::{Group, Groups, Row, Run};
use formats::dnsdb::{End, Times, Writer};
use model::{SourceKind, right::Scope};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use self::{
    asked::{Asked, Direction},
    parameter::Parameters,
};
use crate::{
    app::App,
    caller::Caller,
    dns::{ROWS_MAX, Reading, until, why},
    problem::Problem,
    route::{Need, Route, Way},
};

/// The media type of an answer.
const LINES: &str = "application/x-ndjson";
/// Groups that a search by pattern gathers: they are kept in memory until it ends.
const GROUPS_MAX: u64 = 100_000;
/// Where the answers of both versions begin.
const V2: &str = "/dnsdb/v2/";
const V1: &str = "/";

pub(crate) fn routes() -> Vec<Route> {
    vec![
        question("/dnsdb/v2/lookup/{*question}", "dnsdb.lookup", lookup)
            .says("DNSDB: records of an owner name, or by what they point to"),
        question("/dnsdb/v2/summarize/{*question}", "dnsdb.summarize", summarize)
            .says("DNSDB: how many records, sightings, and when"),
        question("/dnsdb/v2/regex/{*question}", "dnsdb.regex", flex)
            .says("DNSDB: owner names or data that match a regular expression"),
        question("/dnsdb/v2/glob/{*question}", "dnsdb.glob", flex).says("DNSDB: owner names or data that match a glob"),
        question("/lookup/{*question}", "dnsdb.lookup-1", lookup_1).says("DNSDB, version 1: records"),
        small::<PingView, _, _>("/dnsdb/v2/ping", "dnsdb.ping", ping).says("DNSDB: whether the key is good"),
        small::<RateLimitView, _, _>("/dnsdb/v2/rate_limit", "dnsdb.rate-limit", rate_limit)
            .says("DNSDB: how often may be asked"),
        small::<RateLimitView, _, _>("/lookup/rate_limit", "dnsdb.rate-limit-1", rate_limit)
            .says("DNSDB, version 1: how often may be asked"),
    ]
}

fn question<H: Handler<T, App>, T: 'static>(path: &'static str, name: &'static str, handler: H) -> Route {
    Route::get(path, Need::scope(Scope::Read), name, handler)
        .query::<parameter::Documented>()
        .answers_text(LINES, "Lines of JSON, as the DNSDB API has them")
        .problems(&[400, 404, 416])
        .by(Way::ApiKey)
}

fn small<V: ToSchema, H: Handler<T, App>, T: 'static>(path: &'static str, name: &'static str, handler: H) -> Route {
    Route::get(path, Need::scope(Scope::Read), name, handler)
        .answers::<V>(200, "As the DNSDB API has it")
        .by(Way::ApiKey)
}

/// That the key is good.
#[derive(Serialize, ToSchema)]
struct PingView {
    /// `ok`.
    ping: &'static str,
}

/// How often may be asked.
#[derive(Serialize, ToSchema)]
struct RateLimitView {
    /// limit, remaining and reset (no quota), results_max, offset_max, and the rate as a burst.
    #[schema(value_type = Object)]
    rate: serde_json::Value,
}

async fn ping() -> Response {
    line(&PingView { ping: "ok" })
}

/// There is no quota, only a rate: as DNSDB says that of an unlimited key with a burst.
async fn rate_limit(State(app): State<App>) -> Response {
    let none = "n/a";
    let mut rate = json!({
        "limit": "unlimited", "remaining": none, "reset": none,
        "results_max": ROWS_MAX, "offset_max": parameter::OFFSET_MAX,
    });
    if app.config.rate_per_second > 0 {
        rate["burst_size"] = json!(u64::from(app.config.rate_per_second) * 5);
        rate["burst_window"] = json!(5);
    }
    line(&RateLimitView { rate })
}

/// Clients want the line's end.
fn line(value: &impl Serialize) -> Response {
    let mut octets = serde_json::to_vec(value).expect("texts and numbers are written to memory without fail");
    octets.push(b'\n');
    ([(header::CONTENT_TYPE, "application/json")], octets).into_response()
}

async fn lookup(State(app): State<App>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let body = records(&app, caller, &uri, V2, true).await?;
    Ok(([(header::CONTENT_TYPE, LINES)], body).into_response())
}

async fn lookup_1(State(app): State<App>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let body = records(&app, caller, &uri, V1, false).await?;
    if axum::body::HttpBody::size_hint(&body).exact() == Some(0) {
        return Err(Problem::new(StatusCode::NOT_FOUND, "no results found for query"));
    }
    Ok(([(header::CONTENT_TYPE, LINES)], body).into_response())
}

async fn records(app: &App, caller: Caller, uri: &Uri, base: &str, framed: bool) -> Result<Body, Problem> {
    let now = (app.clock)();
    let parameters = Parameters::read(uri, now)?;
    let Asked { question, direction } = Asked::read(uri, base, &parameters)?;
    let writer = Writer { framed, moments: parameters.moments };
    let run = Run::new(question, parameters.limit(ROWS_MAX), parameters.offset);
    let mut reading = Reading::new(run, caller.actor, Vec::new());
    let mut begun = false;
    let step = move |work: &crate::app::Work<'_>, out: &mut Vec<u8>| {
        if !begun {
            writer.begin(out);
            begun = true;
        }
        let ended = reading.step(work, out, &mut |out, row| write(out, &writer, direction, parameters.aggregated, row));
        let end = match ended {
            Ok(None) => return Ok(true),
            Ok(Some(ended)) => why(ended, reading.run.rows()),
            // What fails at once is a problem; what fails later can only be told in the frame.
            Err(error) if reading.run.rows() > 0 && framed => {
                tracing::error!(error = %error, "a look-up failed on its way");
                writer.end(out, End::Failed("something failed; the log says what"));
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        writer.end(out, end.as_deref().map_or(End::Succeeded, End::Limited));
        Ok(false)
    };
    app.steps(step).await
}

fn write(out: &mut Vec<u8>, writer: &Writer, direction: Direction, aggregated: bool, row: &Row<'_>) {
    let Some(tuple) = row.tuple() else { return };
    let mut put = |times: &Times| match direction {
        Direction::Owner => writer.rrset(out, &tuple, times),
        Direction::Data => writer.rdata(out, &tuple, times),
    };
    if aggregated {
        return put(&times(row.times()));
    }
    for said in row.said() {
        let zone = said.source.kind == SourceKind::Zone;
        put(&Times { count: said.count, seen: (!zone).then_some(said.span), zone: zone.then_some(said.span) });
    }
}

fn times(of: &engine::dns::Times) -> Times {
    Times {
        count: of.main().map_or(0, |(_, count)| count),
        seen: of.observed().map(|(span, _)| span),
        zone: of.zone.map(|(span, _)| span),
    }
}

async fn summarize(State(app): State<App>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let now = (app.clock)();
    let parameters = Parameters::read(&uri, now)?;
    let Asked { question, .. } = Asked::read(&uri, V2, &parameters)?;
    let writer = Writer { framed: true, moments: parameters.moments };
    let body = app.run(move |work| {
        let dns = work.engine.dns(&caller.actor, &[])?;
        let limit = parameters.limit.filter(|limit| *limit > 0).unwrap_or(u64::MAX);
        let (summary, ended) = question.summarize(&dns, &until(&work.interrupt), limit, parameters.max_count)?;
        let mut out = Vec::new();
        writer.begin(&mut out);
        let times = Times { count: summary.count, seen: summary.seen, zone: summary.zone };
        writer.summary(&mut out, summary.rows, &times);
        writer.end(&mut out, why(ended, summary.rows).as_deref().map_or(End::Succeeded, End::Limited));
        Ok(out)
    });
    Ok(([(header::CONTENT_TYPE, LINES)], body.await?).into_response())
}

async fn flex(State(app): State<App>, caller: Caller, uri: Uri) -> Result<Response, Problem> {
    let now = (app.clock)();
    let parameters = Parameters::read(&uri, now)?;
    let (question, side) = asked::pattern(&uri, V2, &parameters)?;
    let writer = Writer { framed: true, moments: parameters.moments };
    let body = app.run(move |work| {
        let dns = work.engine.dns(&caller.actor, &[])?;
        let wanted = parameters.offset.saturating_add(parameters.limit(GROUPS_MAX)).min(GROUPS_MAX) as usize;
        let (groups, ended) = Groups::gather(&dns, &question, side, wanted, &until(&work.interrupt))?;
        let mut out = Vec::new();
        writer.begin(&mut out);
        let shown = groups.groups.iter().skip(usize::try_from(parameters.offset).unwrap_or(usize::MAX));
        let rows = shown.clone().count() as u64;
        shown.for_each(|group| write_group(&mut out, &writer, group, parameters.verbose));
        writer.end(&mut out, why(ended, rows).as_deref().map_or(End::Succeeded, End::Limited));
        Ok(out)
    });
    Ok(([(header::CONTENT_TYPE, LINES)], body.await?).into_response())
}

fn write_group(out: &mut Vec<u8>, writer: &Writer, group: &Group, verbose: bool) {
    let times = Times { count: group.count, seen: group.seen, zone: group.zone };
    let times = verbose.then_some(&times);
    match &group.rdata {
        None => writer.name_group(out, &group.text, group.rrtype, times),
        Some(rdata) => writer.data_group(out, (&group.text, rdata.as_octets()), group.rrtype, times),
    }
}
