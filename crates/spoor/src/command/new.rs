//! `spoor new`: domains that were seen here for the first time, without the popular ones and one's own.

use anyhow::Context;
use engine::{new, quality::grouped};
use model::{Actor, Name};

use crate::{
    arguments,
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};
use server::{since, view::new::NewView};

pub(crate) fn run(session: &Session, arguments: &arguments::New, output: &mut Output) -> anyhow::Result<Ending> {
    let engine = session.engine(false)?;
    let now = session.now();
    let since =
        since(&arguments.since, now).ok_or_else(|| misuse("--since takes a duration such as 24h, or a moment"))?;
    let mut without = Vec::new();
    for path in &arguments.without {
        let text = std::fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))?;
        without.extend(text.lines().filter_map(listed));
    }
    let sources = engine.store.sources();
    let actor = Actor::local(session.user());
    let view = engine.view(&actor, session.interrupt());
    let found = new::domains(&view, since, now, &without.into_iter().collect(), arguments.limit)?;
    let more = found.more;
    let mut table = Table::new(&["domain", "first seen here", ">registered", "by"]);
    let count = found.domains.len();
    for domain in found.domains {
        let shown = NewView::new(domain, &sources, now);
        if output.is_json() {
            output.object(&shown)?;
            continue;
        }
        let age = shown.age_days.map_or("–".into(), |days| format!("{} days ago", grouped(days.unsigned_abs())));
        table.row(vec![
            (Tone::Strong, shown.domain),
            (Tone::Plain, shown.first_seen),
            (Tone::Plain, age),
            (Tone::Plain, shown.sources.join(", ")),
        ]);
    }
    if !output.is_json() {
        table.write(output)?;
    }
    if more {
        output.note(&format!(
            "there are more than {} domains; ask for a shorter time, or with a higher --limit",
            arguments.limit
        ))?;
    }
    output.flush()?;
    Ok(if count == 0 { Ending::Nothing } else { Ending::Found })
}

/// A domain of a list: the last field of its line, so that `1,example.com` does too.
fn listed(line: &str) -> Option<Name> {
    let word = line.split('#').next()?.trim().rsplit([',', '\t', ' ']).next()?;
    Name::from_unicode(word).ok().filter(|name| !name.is_root())
}
