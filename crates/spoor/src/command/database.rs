//! `spoor database`: the schema, what holds it together, and the way from one database to another.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use anyhow::Context;
use engine::Knowledge;
use model::Actor;
use serde_json::json;
use store::Store;

use crate::{arguments::Database, exit::Ending, output::Output, session::Session};

pub(crate) fn run(session: &Session, asked: &Database, output: &mut Output) -> anyhow::Result<Ending> {
    let knowledge = session.knowledge()?;
    let store = &knowledge.store;
    let said = match asked {
        Database::Migrate => json!({"type": "migrate", "engine": format!("{:?}", store.dialect()).to_lowercase()}),
        Database::Check => return check(session, &knowledge, output),
        Database::Dump { file } => {
            let rows = dump(store, file, output)?;
            json!({"type": "dump", "rows": rows})
        }
        Database::Load { file } => {
            let rows = load(store, file)?;
            json!({"type": "load", "rows": rows})
        }
    };
    match (asked, output.is_json()) {
        (Database::Dump { file }, _) if file.as_os_str() == "-" => {}
        (_, true) => output.object(&said)?,
        (Database::Migrate, false) => {
            output.line(&format!(
                "the schema of this {} database is this version's",
                said["engine"].as_str().unwrap_or("")
            ))?;
        }
        (_, false) => output.line(&format!("{} rows", said["rows"]))?,
    }
    output.flush()?;
    Ok(Ending::Found)
}

fn check(session: &Session, knowledge: &Knowledge, output: &mut Output) -> anyhow::Result<Ending> {
    let actor = Actor::local(session.user());
    let mut problems = store::integrity::check(&knowledge.store)?;
    let chain = knowledge.verify_audit(&actor).context("the chain of the audit log")?;
    problems
        .extend(chain.broken.map(|number| format!("entry {number} of the audit log does not fit to the one before")));
    if output.is_json() {
        output.object(&json!({"type": "check", "problems": problems, "auditEntries": chain.entries}))?;
    } else {
        problems.iter().try_for_each(|problem| output.line(problem))?;
        output.line(&format!("schema as of this version, {} audit entries in one chain", chain.entries))?;
    }
    output.flush()?;
    match problems.len() {
        0 => Ok(Ending::Found),
        count => Err(anyhow::anyhow!("{count} problems")),
    }
}

fn dump(store: &Store, file: &Path, output: &mut Output) -> anyhow::Result<u64> {
    if file.as_os_str() == "-" {
        return Ok(store::dump(store, &mut output.raw())?);
    }
    let to = File::create(file).with_context(|| format!("`{}`", file.display()))?;
    let mut out = BufWriter::new(to);
    let rows = store::dump(store, &mut out)?;
    out.flush()?;
    Ok(rows)
}

fn load(store: &Store, file: &Path) -> anyhow::Result<u64> {
    if file.as_os_str() == "-" {
        return Ok(store::load(store, &mut std::io::stdin().lock())?);
    }
    let from = File::open(file).with_context(|| format!("`{}`", file.display()))?;
    Ok(store::load(store, &mut BufReader::new(from))?)
}
