//! `/healthz`, `/readyz`, `/metrics`: for the machines that watch this one.

use std::sync::atomic::Ordering;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    app::App,
    problem::Problem,
    route::{Need, Route},
};

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/healthz", Need::NOBODY, "health.show", health)
            .says("Whether the program answers")
            .answers_text("text/plain", "It does"),
        Route::get("/readyz", Need::NOBODY, "ready.show", ready)
            .says("Whether the program can do its work: the database answers, and it is not stopping")
            .answers_text("text/plain", "It can"),
        Route::get("/metrics", Need::MACHINE, "metric.list", metrics)
            .says("Counters, for Prometheus; from this machine, or by an administrator")
            .answers_text("text/plain", "Prometheus text format"),
    ]
}

async fn health() -> &'static str {
    "alive\n"
}

async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    if app.stopping.load(Ordering::Relaxed) {
        return Err(Problem::busy(StatusCode::SERVICE_UNAVAILABLE, "stopping", 5));
    }
    app.run(|work| Ok(work.knowledge.store.read(store::owner::open).map(drop)?)).await?;
    Ok("ready\n")
}

async fn metrics(State(app): State<App>) -> Response {
    let held = app.in_flight.available_permits();
    let mut text = app.metrics.text();
    let in_flight = (app.config.in_flight as usize).saturating_sub(held);
    text.push_str("# HELP spoor_requests_in_flight Requests being answered.\n# TYPE spoor_requests_in_flight gauge\n");
    text.push_str(&format!("spoor_requests_in_flight {in_flight}\n"));
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}
