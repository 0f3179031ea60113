//! `spoor registration NAME`: what is known of one registration, merged, as a history, as differences, or as it came.

use std::io;

use engine::{
    View,
    registration::{Change, History, MergedField, Said, Step, Turn, history, history_at},
};
use model::{Actor, Disclosed, Name, RawAnswer, text::defang};
use serde::Serialize;

use super::track;
use crate::{
    arguments::{Global, Registration},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    remote::Remote,
    session::Session,
};

pub(crate) fn run(global: &Global, arguments: &Registration, output: &mut Output) -> anyhow::Result<Ending> {
    if let Some(command) = &arguments.command {
        return track::registration(global, command, output);
    }
    let domain = arguments.domain.as_ref().ok_or_else(|| misuse("say which domain"))?;
    if let Some(server) = &global.server {
        let remote = Remote::new(server, global.token_file.as_deref())?;
        return away(&remote, domain, arguments, output);
    }
    let session = Session::open(global)?;
    let (engine, actor) = (session.engine(false)?, Actor::local(session.user()));
    let view = engine.view(&actor, session.interrupt());
    if arguments.raw {
        return raw(&view, domain, output);
    }
    let found = match arguments.at {
        Some(at) => history_at(&view, domain, at)?,
        None => history(&view, domain)?,
    };
    told(&found, &|| engine::lookup::searched(&view), arguments, output)
}

/// At a server.
fn away(remote: &Remote, domain: &Name, arguments: &Registration, output: &mut Output) -> anyhow::Result<Ending> {
    if arguments.raw {
        return Err(misuse("a server does not give answers as they came; leave --raw out"));
    }
    let at = arguments.at.map(|at| at.to_string());
    let query: Vec<(&str, &str)> = at.iter().map(|at| ("at", at.as_str())).collect();
    let found: Option<History> = remote.find(&format!("/api/v1/registrations/{domain}"), &query)?;
    let nothing = || History { domain: domain.clone(), merged: Vec::new(), steps: Vec::new() };
    told(&found.unwrap_or_else(nothing), &|| "what the server may show you".into(), arguments, output)
}

fn told(
    found: &History,
    searched: &dyn Fn() -> String,
    arguments: &Registration,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => output.object(found)?,
        false if found.steps.is_empty() => {
            let searched = searched();
            output.line(&format!("no registration of {} in {searched}", defang(&found.domain.to_string())))?;
        }
        false if arguments.history => steps(output, found)?,
        false if arguments.diff => differences(output, found)?,
        false => merged(output, found)?,
    }
    output.flush()?;
    Ok(if found.steps.is_empty() { Ending::Nothing } else { Ending::Found })
}

/// One reading of all sources.
fn merged(output: &mut Output, found: &History) -> io::Result<()> {
    output.heading(&defang(&found.domain.to_string()))?;
    let mut table = Table::new(&["field", "value", "says", "last"]);
    for MergedField { field, said, conflicts } in &found.merged {
        table.row(row(field, said, Tone::Plain));
        for said in conflicts {
            table.row(row("  otherwise", said, Tone::Warn));
        }
    }
    table.write(output)
}

fn row(field: &str, said: &Said, tone: Tone) -> Vec<(Tone, String)> {
    let protocol = said.protocol.map_or(String::new(), |protocol| format!(" ({protocol})"));
    vec![
        (Tone::Faint, field.into()),
        (tone, shown(&said.value)),
        (Tone::Plain, format!("{}{protocol}", said.source)),
        (Tone::Plain, said.last.day()),
    ]
}

/// Every version on a line.
fn steps(output: &mut Output, found: &History) -> io::Result<()> {
    let mut table = Table::new(&["first", "last", "owner", "what", "source", "state", "registrar", "differs in"]);
    for step in &found.steps {
        let fields: Vec<&str> = step.changes.iter().map(|change| &*change.field).collect();
        table.row(vec![
            (Tone::Plain, step.first.day()),
            (Tone::Plain, step.last.day()),
            (Tone::Plain, step.epoch.to_string()),
            (tone(step.turn), step.turn.as_str().into()),
            (Tone::Plain, step.source.clone()),
            (Tone::Plain, step.registration.state.to_string()),
            (Tone::Plain, step.registration.registrar.name.clone().unwrap_or_default()),
            (Tone::Faint, fields.join(", ")),
        ]);
    }
    table.write(output)
}

/// What turned, field by field.
fn differences(output: &mut Output, found: &History) -> io::Result<()> {
    let told = |step: &&Step| !matches!(step.turn, Turn::Noise | Turn::Unanswered);
    for step in found.steps.iter().filter(told) {
        output.heading(&format!("{}  {}, by {}", step.first.day(), step.turn.as_str(), step.source))?;
        let mut table = Table::new(&["field", "before", "after"]);
        for Change { field, before, after } in &step.changes {
            table.plain([field.to_string(), shown(before), shown(after)]);
        }
        if !step.changes.is_empty() {
            table.write(output)?;
        }
    }
    Ok(())
}

fn tone(turn: Turn) -> Tone {
    match turn {
        Turn::Moved | Turn::Reregistered | Turn::Dropped => Tone::Bad,
        Turn::Transferred | Turn::Hidden | Turn::Shown => Tone::Warn,
        Turn::First | Turn::Changed => Tone::Plain,
        Turn::Noise | Turn::Unanswered => Tone::Faint,
    }
}

fn shown(value: &Disclosed) -> String {
    match value {
        Disclosed::Absent => "-".into(),
        Disclosed::Redacted(_) => "redacted".into(),
        Disclosed::Proxy(text) => format!("{} (privacy service)", defang(text)),
        Disclosed::Stated(text) => defang(text),
    }
}

/// One answer as it came.
#[derive(Serialize)]
struct RawView<'a> {
    protocol: String,
    server: &'a str,
    body: std::borrow::Cow<'a, str>,
}

/// The answers as they came, of every version.
fn raw(view: &View, domain: &Name, output: &mut Output) -> anyhow::Result<Ending> {
    let mut any = false;
    for version in view.registrations(domain)? {
        for RawAnswer { protocol, server, body } in view.raw(&version)? {
            any = true;
            let body = String::from_utf8_lossy(&body);
            if output.is_json() {
                output.object(&RawView { protocol: protocol.to_string(), server: &server, body })?;
                continue;
            }
            output.heading(&format!("{protocol}  {server}  {}", version.seen.span.last().day()))?;
            for line in body.lines() {
                output.line(line)?; // what could steer a terminal is taken out of each
            }
        }
    }
    output.flush()?;
    Ok(if any { Ending::Found } else { Ending::Nothing })
}
