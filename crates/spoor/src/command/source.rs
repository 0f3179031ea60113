//! `spoor source`: who says what is in the store.

use anyhow::Context;
use engine::{quality::grouped, sensor::Oddity};
use model::{Actor, Counting, Exposure, Source, SourceId, SourceKind, source::is_source_name};
use observations::{Population, Store};

use crate::{
    arguments,
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};
use intake::sensor::state;

pub(crate) fn run(session: &Session, arguments: &arguments::Source, output: &mut Output) -> anyhow::Result<Ending> {
    let ending = match arguments {
        arguments::Source::List => list(session, &session.reader()?, output)?,
        arguments::Source::Add(new) => add(&session.writer()?, new, output)?,
        arguments::Source::Show { name } => show(&session.reader()?, name, output)?,
        arguments::Source::Readers { name, owner, everybody, nobody: _ } => {
            readers(session, name, (!everybody).then_some(owner.as_slice()), output)?
        }
    };
    output.flush()?;
    Ok(ending)
}

fn list(session: &Session, store: &Store, output: &mut Output) -> anyhow::Result<Ending> {
    let (rates, now) = (state::rates(&session.data().join(state::DIRECTORY))?, session.now());
    let snapshot = store.snapshot();
    let sources = store.sources();
    let mut table =
        Table::new(&["source", "kind", "counting", "population", ">domains in DNS", ">registrations", "newest"]);
    for source in &sources {
        let held = snapshot.population(source.id);
        if output.is_json() {
            output.object(&object(source, &held))?;
            continue;
        }
        let newest = held.newest.map_or("–".into(), |newest| newest.to_string());
        table.row(vec![
            (Tone::Strong, source.name.clone()),
            (Tone::Plain, source.kind.to_string()),
            (Tone::Plain, source.counting.to_string()),
            (Tone::Plain, if source.population { "measured".into() } else { "no".into() }),
            (Tone::Plain, grouped(held.dns_domains)),
            (Tone::Plain, grouped(held.registrations)),
            (Tone::Plain, newest),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    for source in &sources {
        if let Some(oddity) = rates.oddity(source.id, now) {
            output.note(&format!("source `{}` {}", source.name, said(oddity)))?;
        }
    }
    Ok(if sources.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn said(oddity: Oddity) -> String {
    match oddity {
        Oddity::Silent { since } => format!("has been silent since {since}"),
        Oddity::Changed { usual, last } => {
            format!("said {} answers in the last hour, and says {} an hour as a rule", grouped(last), grouped(usual))
        }
    }
}

fn object(source: &Source, held: &Population) -> serde_json::Value {
    serde_json::json!({
        "type": "source", "source": source, "dns_domains": held.dns_domains,
        "registrations": held.registrations, "newest": held.newest,
    })
}

fn add(store: &Store, new: &arguments::SourceAdd, output: &mut Output) -> anyhow::Result<Ending> {
    if !is_source_name(&new.name) {
        let name = &new.name;
        return Err(misuse(format!("`{name}` is no name of a source: 1 to 64 of a-z, 0-9, `-`, `_` and `.`")));
    }
    let streams = matches!(new.kind, SourceKind::Sensor | SourceKind::Lookup);
    let measures = matches!(new.kind, SourceKind::Sensor | SourceKind::Zone);
    let source = store.add_source(Source {
        id: SourceId(0),
        name: new.name.clone(),
        kind: new.kind,
        counting: new.counting.unwrap_or(if streams { Counting::Stream } else { Counting::Statement }),
        exposure: Exposure::Nobody,
        population: new.population.unwrap_or(measures),
        licence: new.licence.clone(),
        retention_days: new.retention,
    })?;
    if output.is_json() {
        output.object(&object(&source, &Population::default()))?;
    } else {
        let population = if source.population { "a measured population" } else { "no population" };
        output.line(&format!(
            "added source `{}`: {}, counted as {}, {population}",
            source.name, source.kind, source.counting
        ))?;
    }
    Ok(Ending::Found)
}

/// Keeps a source for the members of these owners; for everybody where none are given.
fn readers(session: &Session, name: &str, owners: Option<&[String]>, output: &mut Output) -> anyhow::Result<Ending> {
    let source = session.reader()?.source(name);
    let source = source.ok_or_else(|| misuse(format!("no source `{name}`; `spoor source list` shows all")))?;
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let named = |name: &String| Ok(knowledge.owner_named(&actor, name).with_context(|| format!("owner `{name}`"))?.id);
    let ids = owners.map(|owners| owners.iter().map(named).collect::<anyhow::Result<Vec<_>>>()).transpose()?;
    knowledge.restrict_source(&actor, source.id, ids.as_deref(), session.now())?;
    let who = match owners {
        None => "every account may read".to_owned(),
        Some([]) => "no account may read".to_owned(),
        Some(owners) => format!("members of {} alone may read", owners.join(", ")),
    };
    match output.is_json() {
        true => output.object(&serde_json::json!({"type": "readers", "source": name, "owners": owners}))?,
        false => output.line(&format!("{who} `{name}`"))?,
    }
    Ok(Ending::Found)
}

fn show(store: &Store, name: &str, output: &mut Output) -> anyhow::Result<Ending> {
    let Some(source) = store.source(name) else {
        output.note(&format!("no source `{name}`; `spoor source list` shows all"))?;
        return Ok(Ending::Nothing);
    };
    let held = store.snapshot().population(source.id);
    if output.is_json() {
        output.object(&object(&source, &held))?;
        return Ok(Ending::Found);
    }
    let mut table = Table::new(&["", ""]);
    let facts = [
        ("source", source.name.clone()),
        ("number", source.id.to_string()),
        ("kind", source.kind.to_string()),
        ("counting", source.counting.to_string()),
        ("exposure", source.exposure.to_string()),
        ("population", if source.population { "measured".into() } else { "no".into() }),
        ("licence", source.licence.clone().unwrap_or_else(|| "not stated".into())),
        ("retention", source.retention_days.map_or("for ever".into(), |days| format!("{days} days after last seen"))),
        ("domains in DNS", grouped(held.dns_domains)),
        ("registrations", grouped(held.registrations)),
        ("newest", held.newest.map_or("nothing yet".into(), |newest| newest.to_string())),
    ];
    for (name, value) in facts {
        table.row(vec![(Tone::Faint, name.into()), (Tone::Plain, value)]);
    }
    table.write(output)?;
    Ok(Ending::Found)
}
