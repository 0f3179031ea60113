//! `spoor serve`: the API, until the process is told to end.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
};

use crate::{
    arguments,
    exit::{Ending, misuse},
    output::Output,
    session::Session,
};
use anyhow::Context;
use intake::moment;
use server::{
    app::{App, Parts, processors},
    listen::{Tls, serve},
    schedule,
    settings::Settings,
};

pub(crate) fn run(session: &Session, asked: &arguments::Serve, output: &mut Output) -> anyhow::Result<Ending> {
    log(session.serve().log_json);
    let config = with(session.serve().clone(), asked);
    let tls = tls(&config)?;
    if tls.is_none() && !config.listen.ip().is_loopback() {
        output
            .note("connections are not encrypted: give --tls-cert and --tls-key, or put a proxy with TLS before it")?;
    }
    let listener = TcpListener::bind(config.listen).with_context(|| format!("`{}`", config.listen))?;
    listener.set_nonblocking(true)?;
    let app = app(session, config, tls.is_some())?;
    said(output, listener.local_addr()?, tls.is_some())?;
    if let Some(code) = app.setup_code() {
        output.note(&format!(
            "no accounts yet. Make the first with `spoor user add NAME --administrator`, or send this code: {code}"
        ))?;
    }
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(processors() + 1).enable_all().build().context("async runtime")?;
    if session.fetches() {
        runtime.spawn(schedule::feeds(app.clone(), session.fetcher("spoor")?));
    }
    if let Some((first_seen, live)) = session.first_seen()? {
        let asker = app.clone();
        std::thread::spawn(move || schedule::first_seen(&asker, first_seen, &live));
    }
    runtime.block_on(serve(app, listener, tls))?;
    Ok(Ending::Found)
}

/// The configuration with what was typed.
fn with(config: Settings, asked: &arguments::Serve) -> Settings {
    Settings {
        listen: asked.listen.unwrap_or(config.listen),
        tls_cert: asked.tls_cert.clone().unwrap_or(config.tls_cert),
        tls_key: asked.tls_key.clone().unwrap_or(config.tls_key),
        ..config
    }
}

fn tls(config: &Settings) -> anyhow::Result<Option<Tls>> {
    let given = |path: &Path| !path.as_os_str().is_empty();
    match (given(&config.tls_cert), given(&config.tls_key)) {
        (false, false) => Ok(None),
        (true, true) => Tls::open(&config.tls_cert, &config.tls_key).map(Some),
        _ => Err(misuse("a certificate goes with a key: give both --tls-cert and --tls-key")),
    }
}

fn app(session: &Session, settings: Settings, tls: bool) -> anyhow::Result<App> {
    // First, so that what judges arriving observations finds it.
    let knowledge = session.knowledge()?;
    Ok(App::new(Parts {
        engine: session.engine(true)?,
        knowledge,
        settings,
        tls,
        data: session.data().to_owned(),
        online: session.online()?,
        oidc: session.oidc(),
        sensor: session.sensor()?,
        clock: Arc::new(moment::now),
    })?)
}

fn said(output: &mut Output, at: SocketAddr, tls: bool) -> anyhow::Result<()> {
    let scheme = if tls { "https" } else { "http" };
    match output.is_json() {
        true => output.object(&serde_json::json!({"type": "serve", "address": at, "scheme": scheme}))?,
        false => output.line(&format!("serving {scheme}://{at}/api/v1/"))?,
    }
    Ok(output.flush()?)
}

/// The log goes to standard error: lines for people, or JSON. `SPOOR_LOG` says what of it (`info` where unset).
fn log(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("SPOOR_LOG");
    let filter = filter.unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // A second subscriber would only be a second run in one process.
    let _ = if json { lines.json().flatten_event(true).try_init() } else { lines.try_init() };
}
