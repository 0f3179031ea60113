//! `spoor sensor`: what DNS servers and other sensors say, as it comes.

use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use engine::{Engine, quality::grouped};
use formats::registration_lines::Defaults;
use model::{Source, registration::Protocol};

use super::ingest::{show, source};
use crate::{
    arguments,
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};
use intake::{
    first_seen::FirstSeen,
    ingest::{self, Reading, Summary, input},
    live::Live,
    moment,
    sensor::{
        Into, Sensor,
        intake::Intake,
        socket::{self, Listener, SENDERS_MAX},
        state,
        watch::Drop,
    },
};

/// How often a watched directory is looked at.
const ROUND: Duration = Duration::from_secs(1);
/// After so many of these it is looked which domains were seen for the first time.
const FIRST_SEEN_ROUNDS: u32 = 60;

pub(crate) fn run(session: &Session, arguments: &arguments::Sensor, output: &mut Output) -> anyhow::Result<Ending> {
    let ending = match arguments {
        arguments::Sensor::Dnstap(arguments) => dnstap(session, arguments, output)?,
        arguments::Sensor::Watch(arguments) => watch(session, arguments, output)?,
        arguments::Sensor::Zones => zones(session, output)?,
        arguments::Sensor::Release { zone, end } => {
            let at = (!end).then(|| session.now());
            state::release(&session.data().join(state::DIRECTORY), zone, at)?;
            Ending::Found
        }
    };
    output.flush()?;
    Ok(ending)
}

/// Set when the process is told to end.
fn stop() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("async runtime")?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut end), Ok(mut interrupt)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
            else {
                return;
            };
            tokio::select! { _ = end.recv() => {}, _ = interrupt.recv() => {} }
        });
        told.store(true, Ordering::Relaxed);
    });
    Ok(stop)
}

fn dnstap(session: &Session, arguments: &arguments::SensorDnstap, output: &mut Output) -> anyhow::Result<Ending> {
    let engine = session.engine(true)?;
    let source = source(&engine.store, &arguments.source)?;
    let (sensor, stop) = (session.sensor()?, stop()?);
    let listener = match (&arguments.socket, arguments.listen) {
        (Some(path), _) => Listener::unix(path)?,
        (None, Some(address)) => Listener::tcp(address)?,
        (None, None) => return Err(misuse("name a socket or an address")),
    };
    said(output, &listener.address())?;
    let output = Mutex::new(output);
    let taken = arguments.messages.taken();
    let serve = |stream: socket::Stream| {
        let to = Into { engine: &engine, source: source.id, arrived: moment::now() };
        let mut intake = Intake::new(&sensor, to, taken.clone(), None);
        let outcome = socket::receive(&stream, &mut intake, session.sensor_window(), &stop);
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = match outcome {
            Ok(summary) => show(&mut output, "a sender", &source, &summary).and_then(|()| output.flush()),
            Err(error) => output.note(&format!("a sender was left: {error:#}")),
        };
        drop(shown); // whoever read the output has gone; what is received is stored all the same
    };
    let refused = || {
        let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = output.note(&format!("a sender was refused: there are {SENDERS_MAX} already"));
    };
    let asking = session.first_seen()?;
    std::thread::scope(|scope| {
        if let Some((domains, live)) = asking {
            let (engine, stop, output) = (&engine, &*stop, &output);
            scope.spawn(move || first_seen(engine, domains, &live, stop, output));
        }
        socket::listen(&listener, &stop, serve, refused)
    })?;
    sensor.close()?;
    if let Some(path) = &arguments.socket {
        let _ = std::fs::remove_file(path);
    }
    Ok(Ending::Found)
}

/// Asks for the registrations of domains that are seen for the first time, until the process is told to end.
fn first_seen(engine: &Engine, mut domains: FirstSeen, live: &Live, stop: &AtomicBool, output: &Mutex<&mut Output>) {
    while !stop.load(Ordering::Relaxed) {
        let note = |line: &str| output.lock().unwrap_or_else(PoisonError::into_inner).note(line);
        let asked = domains.round(engine, live, moment::now(), &mut |line| note(line));
        if let Err(error) = asked {
            let _ = note(&format!("registrations could not be asked for: {error:#}"));
        }
        (0..FIRST_SEEN_ROUNDS).for_each(|_| wait(stop));
    }
}

fn said(output: &mut Output, address: &str) -> anyhow::Result<()> {
    match output.is_json() {
        true => output.object(&serde_json::json!({"type": "sensor", "address": address}))?,
        false => output.line(&format!("listening for dnstap at {address}"))?,
    }
    Ok(output.flush()?)
}

fn watch(session: &Session, arguments: &arguments::SensorWatch, output: &mut Output) -> anyhow::Result<Ending> {
    let engine = session.engine(true)?;
    let source = source(&engine.store, &arguments.source)?;
    let (sensor, stop, mut asking) = (session.sensor()?, stop()?, session.first_seen()?);
    let mut watched = Drop::new(&arguments.dir, arguments.done.as_deref())?;
    let mut files = watched.left()?;
    while !stop.load(Ordering::Relaxed) {
        for file in std::mem::take(&mut files) {
            let outcome = read(&engine, &source, &sensor, &file, arguments);
            watched.put_away(&file, outcome.is_ok()).with_context(|| format!("`{}`", file.display()))?;
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            match outcome {
                Ok(summary) => show(output, &name, &source, &summary)?,
                Err(error) => output.note(&format!("`{name}` was refused: {error:#}"))?,
            }
            output.flush()?;
        }
        if let Some((domains, live)) = &mut asking {
            domains.round(&engine, live, moment::now(), &mut |line| output.note(line))?;
        }
        files = watched.take(arguments.once).with_context(|| format!("`{}`", arguments.dir.display()))?;
        if files.is_empty() {
            if arguments.once {
                break;
            }
            wait(&stop);
        }
    }
    sensor.close()?;
    Ok(Ending::Found)
}

fn wait(stop: &AtomicBool) {
    let part = ROUND / 10;
    for _ in 0..10 {
        if !stop.load(Ordering::Relaxed) {
            std::thread::sleep(part);
        }
    }
}

fn read(
    engine: &Engine,
    source: &Source,
    sensor: &Sensor,
    file: &Path,
    arguments: &arguments::SensorWatch,
) -> anyhow::Result<Summary> {
    let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: moment::now() };
    let reading = Reading {
        format: arguments.format,
        defaults: &defaults,
        arrived: defaults.observed,
        strict: false,
        columns: arguments.columns.as_deref(),
        origin: None,
        taken: arguments.messages.taken(),
    };
    let (input, _) = input::open(file)?;
    ingest::read(engine, source, sensor, input::plain(input)?, &reading, |_| {})
}

fn zones(session: &Session, output: &mut Output) -> anyhow::Result<Ending> {
    let dir = session.data().join(state::DIRECTORY);
    let (mut crowds, released) = (state::crowds(&dir)?, state::released(&dir)?);
    crowds.retain(|zone, _| !released.contains(zone));
    let mut table = Table::new(&["zone", "since", "last seen", ">names in an hour", ">answers not stored"]);
    for (zone, crowd) in &crowds {
        if output.is_json() {
            output.object(&serde_json::json!({"type": "high-cardinality zone", "zone": zone, "crowd": crowd}))?;
            continue;
        }
        table.row(vec![
            (Tone::Strong, zone.to_string()),
            (Tone::Plain, crowd.since.to_string()),
            (Tone::Plain, crowd.last.to_string()),
            (Tone::Plain, grouped(crowd.names.into())),
            (Tone::Plain, grouped(crowd.answers)),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if crowds.is_empty() { Ending::Nothing } else { Ending::Found })
}
