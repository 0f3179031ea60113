//! `/api/v1/hunts`: a hunt as it goes, by server-sent events; it ends when the client goes.
//!
//! | event | data |
//! |---|---|
//! | `progress` | `{expanded, steps}`: a domain was expanded |
//! | `candidate` | a candidate that is new, or stands higher than it was told |
//! | `note` | a line about a question that left, or was refused |
//! | `end` | how it ended, with all candidates in order |
//! | `failed` | why it could not go on |

use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use collect::Permit;
use engine::{
    Engine,
    hunt::{Budget, Event, Hunt, Report},
};
use model::{Name, Pap, right::Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::import::seeds;
use crate::{
    app::{App, Pieces, Work},
    caller::Caller,
    extract::Input,
    problem::Problem,
    route::{Need, Route},
    view::observed::{CandidateView, EndView},
};
use intake::live::Live;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::post("/api/v1/hunts", Need::scope(Scope::Read), "hunt.run", run)
            .says("Follow shared values from seeds (needs the scope contact); server-sent events progress, candidate, note, end and failed")
            .takes::<HuntInput>()
            .answers_text("text/event-stream", "Events until the hunt has ended"),
    ]
}

/// A hunt.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct HuntInput {
    /// Domains to start from.
    seeds: Vec<String>,
    /// At most so many domains are expanded, up to 1000.
    steps: Option<usize>,
    /// At most so many hops from a seed, up to 8.
    hops: Option<usize>,
    /// At most so many candidates, up to 10000.
    candidates: Option<usize>,
    /// Ask registries, registrars and resolvers too; needs the scope ask.
    #[serde(default)]
    live: bool,
    /// Permitted exposure of these questions: red, amber or green; as configured where none.
    #[schema(value_type = Option<String>)]
    pap: Option<Pap>,
    /// Why, for the exposure ledger; needed with live.
    reason: Option<String>,
}

impl HuntInput {
    fn budget(&self) -> Budget {
        let usual = Budget::default();
        Budget {
            steps: self.steps.unwrap_or(usual.steps).min(1_000),
            hops: self.hops.unwrap_or(usual.hops).min(8),
            candidates: self.candidates.unwrap_or(usual.candidates).min(10_000),
            ..usual
        }
    }
}

async fn run(State(app): State<App>, caller: Caller, Input(input): Input<HuntInput>) -> Result<Response, Problem> {
    let (seeds, budget) = (seeds(&input.seeds)?, input.budget());
    let permit = permit(&app, &caller, &input)?;
    let (hunter, from) = (caller.actor.clone(), seeds.clone());
    app.run(move |work| work.knowledge.hunting(&hunter, &from, work.now)).await?;
    let inner = app.clone();
    let body = app.stream(move |work, pieces| {
        let live = permit.map(|permit| live(&inner, permit)).transpose();
        let hunt = Hunt::new(work.engine, &caller.actor, &seeds, budget, work.interrupt.clone(), work.now);
        let outcome = live.and_then(|live| drive(hunt, work, live.as_ref(), pieces));
        match outcome {
            Ok(report) => send(pieces, "end", &EndView::new(report)),
            Err(error) => {
                let problem = Problem::from(error);
                send(pieces, "failed", &problem)
            }
        }
    })?;
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}

fn permit(app: &App, caller: &Caller, input: &HuntInput) -> Result<Option<Permit>, Problem> {
    if !input.live {
        return Ok(None);
    }
    caller.actor.has(Scope::Ask).map_err(|denied| Problem::forbidden(denied.to_string()))?;
    let reason = input.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let reason = reason.ok_or_else(|| Problem::invalid("reason", "say why the questions may leave"))?;
    let pap = input.pap.unwrap_or(app.online.pap);
    Ok(Some(Permit { pap, actor: caller.actor.name.clone(), reason: reason.to_owned() }))
}

fn live(app: &App, permit: Permit) -> Result<Live, engine::Error> {
    let clock = app.clock.clone();
    let live = Live::new(app.online.collector.clone(), &app.data, permit, Arc::new(move || clock()));
    live.map_err(|error| engine::Error::Limit(format!("nothing can be asked: {error:#}")))
}

fn drive(mut hunt: Hunt, work: &Work<'_>, live: Option<&Live>, pieces: &mut Pieces) -> Result<Report, engine::Error> {
    let (mut told, mut steps) = (BTreeMap::new(), 0);
    loop {
        match hunt.step(work.engine)? {
            Event::Need(need) => {
                if let Some(live) = live {
                    let mut lines = Vec::new();
                    let asked = live.answer(work.engine, &need, &mut |line| {
                        lines.push(line.to_owned());
                        Ok(())
                    });
                    asked.map_err(|error| engine::Error::Limit(format!("{error:#}")))?;
                    lines.iter().try_for_each(|line| send(pieces, "note", &json!({"text": line})))?;
                }
            }
            Event::Expanded { domain, .. } => {
                steps += 1;
                send(pieces, "progress", &json!({"expanded": domain.to_string(), "steps": steps}))?;
                tell(&hunt, work.engine, &mut told, pieces)?;
            }
            Event::Done(_) => return Ok(hunt.report(work.engine)),
        }
    }
}

/// Tells the candidates that are new or stand higher than they were told.
fn tell(
    hunt: &Hunt,
    engine: &Engine,
    told: &mut BTreeMap<Name, f64>,
    pieces: &mut Pieces,
) -> Result<(), engine::Error> {
    for candidate in hunt.report(engine).candidates {
        let before = told.get(&candidate.value);
        if before.is_none_or(|before| candidate.score > *before) {
            send(pieces, "candidate", &CandidateView::from(&candidate))?;
            told.insert(candidate.value, candidate.score);
        }
    }
    Ok(())
}

/// One event, on its way at once (WHATWG HTML §9.2).
fn send(pieces: &mut Pieces, event: &str, data: &impl Serialize) -> Result<(), engine::Error> {
    let written = serde_json::to_string(data)
        .map_err(io::Error::other)
        .and_then(|data| write!(pieces, "event: {event}\ndata: {data}\n\n"))
        .and_then(|()| pieces.flush());
    written.map_err(|error| engine::Error::Limit(error.to_string()))
}
