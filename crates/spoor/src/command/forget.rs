//! `spoor forget`: values that no file of the store shall hold any more.

use std::io::{BufRead, IsTerminal, Read};

use engine::quality::grouped;
use model::{Actor, Field, Indicator};
use observations::Forgotten;

use crate::{
    arguments,
    command::lookup::read_value,
    exit::{Ending, misuse},
    output::{Output, Tone},
    session::Session,
};

pub(crate) fn run(session: &Session, asked: &arguments::Forget, output: &mut Output) -> anyhow::Result<Ending> {
    let values: Vec<_> = asked.values.iter().map(|text| forgotten(text, asked.field)).collect::<Result<_, _>>()?;
    session.reader()?; // says where there is no store, before anybody is asked
    if !asked.yes && !confirmed(&asked.values, output)? {
        return Ok(Ending::Nothing);
    }
    let (store, actor, mut ending) = (session.writer()?, Actor::local(session.user()), Ending::Nothing);
    let knowledge = session.known()?;
    for (kind, value) in values {
        // Before, so that a crash in between leaves a word too many and not one too few.
        if let Some(knowledge) = &knowledge {
            knowledge.forgets_observations(&actor, kind, session.now())?;
            if let Some(told) = told(&value) {
                knowledge.forget_in_hits(&actor, &told, session.now())?;
            }
        }
        let report = store.forget(&value)?;
        let (rows, segments) = (report.rows, report.segments);
        if rows > 0 {
            ending = Ending::Found;
        }
        if output.is_json() {
            output.object(&serde_json::json!({
                "type": "forgotten", "kind": kind, "rows": rows, "segments": segments, "damaged": report.damaged,
            }))?;
            continue;
        }
        let rows = grouped(rows);
        output.line(&format!("a value of kind {kind}: {rows} rows are gone, {segments} segments were written anew"))?;
        if report.damaged > 0 {
            let damaged = format!("{} damaged files could not be read: they may hold it; see `check`", report.damaged);
            output.pieces(&[(Tone::Bad, &damaged)])?;
        }
    }
    output.flush()?;
    Ok(ending)
}

/// The value as hits of Tracks tell it.
fn told(value: &Forgotten) -> Option<String> {
    match value {
        Forgotten::Name(name) => Some(name.to_string()),
        Forgotten::Address(address) => Some(address.to_string()),
        Forgotten::Text(text) => Some(text.to_lowercase()),
        Forgotten::Stale { .. } => None,
    }
}

fn forgotten(text: &str, field: Option<Field>) -> anyhow::Result<(&'static str, Forgotten)> {
    if let Some(field) = field {
        return Ok(("registration", Forgotten::Text(field.fold(text))));
    }
    match read_value(text, None)? {
        Indicator::Host(name) => Ok(("name", Forgotten::Name(name.name().clone()))),
        Indicator::Address(address) => Ok(("address", Forgotten::Address(address))),
        Indicator::EmailAddress(address) => Ok(("email", Forgotten::Text(Field::Email.fold(address.as_str())))),
        _ => Err(misuse(format!("`{text}` is no name, address or e-mail address: say with --field what it is"))),
    }
}

fn confirmed(values: &[String], output: &mut Output) -> anyhow::Result<bool> {
    if output.is_json() || !std::io::stdin().is_terminal() {
        return Err(misuse("what is forgotten does not come back, and nobody can be asked: say --yes"));
    }
    output.line(&format!("Everything that names {} will be removed, for good.", values.join(", ")))?;
    output.pieces(&[(Tone::Strong, "Forget? [y/N]")])?;
    output.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().take(100).read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}
