//! `spoor audit`: who did what, and whether the log is whole.

use anyhow::bail;
use model::Actor;
use store::audit::{Filter, Record};

use crate::{
    arguments,
    exit::Ending,
    output::{Output, Tone, table::Table},
    session::Session,
};

pub(crate) fn run(session: &Session, arguments: &arguments::Audit, output: &mut Output) -> anyhow::Result<Ending> {
    let (knowledge, actor) = (session.knowledge()?, Actor::local(session.user()));
    let ending = match arguments {
        arguments::Audit::List(wanted) => {
            let filter = Filter {
                actor: wanted.actor.clone(),
                action: wanted.action.clone(),
                object: wanted.object,
                from: wanted.from,
                to: wanted.to,
                below: None,
            };
            list(&knowledge.audit(&actor, &filter, wanted.limit)?, output)?
        }
        arguments::Audit::Verify { expect } => {
            let found = knowledge.verify_audit(&actor)?;
            let head: String = found.head.iter().map(|octet| format!("{octet:02x}")).collect();
            match output.is_json() {
                true => output.object(&serde_json::json!({
                    "type": "audit", "entries": found.entries, "head": head, "broken": found.broken,
                }))?,
                false => output.line(&format!("{} entries, the last with hash {head}", found.entries))?,
            }
            output.flush()?;
            if let Some(number) = found.broken {
                bail!("the chain is broken at entry {number}: it, or one before it, is not what was written");
            }
            if expect.as_ref().is_some_and(|expected| *expected != head) {
                bail!("the last entry is not the expected one: entries at the end are missing or new");
            }
            Ending::Found
        }
        arguments::Audit::Forget { value } => {
            let known = knowledge.forget_in_audit(&actor, value, session.now())?;
            if !output.is_json() {
                output.line(if known { "forgotten; the chain is whole" } else { "the log does not name it" })?;
            }
            if known { Ending::Found } else { Ending::Nothing }
        }
    };
    output.flush()?;
    Ok(ending)
}

fn list(records: &[Record], output: &mut Output) -> anyhow::Result<Ending> {
    let mut table = Table::new(&[">entry", "time", "who", "did", "to", "detail"]);
    for record in records {
        if output.is_json() {
            output.object(&object(record))?;
            continue;
        }
        let object = record.object.map_or(String::new(), |id| format!("{} {id}", record.object_type));
        table.row(vec![
            (Tone::Faint, record.number.to_string()),
            (Tone::Plain, record.time.to_string()),
            (Tone::Strong, record.actor.clone().unwrap_or_else(|| "(forgotten)".into())),
            (Tone::Plain, record.action.clone()),
            (Tone::Plain, object),
            (Tone::Faint, record.detail.to_string()),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    Ok(if records.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn object(record: &Record) -> serde_json::Value {
    serde_json::json!({
        "type": "audit-entry", "number": record.number, "time": record.time, "actor": record.actor,
        "action": record.action, "object_type": record.object_type, "object": record.object,
        "owner": record.owner, "detail": record.detail,
    })
}
