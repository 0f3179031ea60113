//! `spoor lookup`: everything known of a value, in a fixed order.

use std::io;

use engine::{
    lookup::{AddressRow, Lookup, RecordRow, VersionRow, stated_roles},
    network::{EarlierOrigin, NetworkRow},
    pivot::PivotValue,
};
use model::{Actor, Contact, Disclosed, Indicator, IndicatorType, Quality, Registration, Time};
use observations::Interrupt;

use crate::{
    arguments::{self, Global},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table, timeline::Timeline},
    remote::Remote,
    session::Session,
};
use intake::moment;
use server::view::told::ToldLookup;

/// Rows of history shown to people before the rest is counted.
const ROWS_SHOWN: usize = 12;
/// Sharers of a value shown to people.
pub(crate) const SHARERS_SHOWN: usize = 48;

pub(crate) fn run(global: &Global, arguments: &arguments::Lookup, output: &mut Output) -> anyhow::Result<Ending> {
    let indicator = read_value(&arguments.value, arguments.kind)?;
    if let Some(server) = &global.server {
        if arguments.live.live {
            return Err(misuse("--live asks from this machine: leave --server out"));
        }
        let remote = Remote::new(server, global.token_file.as_deref())?;
        let kind = indicator.kind().to_string();
        let query = [("value", arguments.value.as_str()), ("type", kind.as_str())];
        let found: Lookup = remote.get::<ToldLookup>("/api/v1/lookup", &query)?.into();
        return tell(output, &found, &indicator, moment::now());
    }
    let session = &Session::open(global)?;
    let (engine, actor) = (session.engine(arguments.live.live)?, Actor::local(session.user()));
    let answer = || engine::lookup::lookup(&engine.view(&actor, Interrupt::default()), &indicator, session.now());
    let mut found = answer()?;
    if arguments.live.live {
        if !output.is_json() {
            show(output, &found, &indicator, session.now())?;
            output.flush()?;
        }
        session.live(&arguments.live)?.look_up(&engine, &indicator, &mut |line| output.note(line))?;
        found = answer()?;
    }
    tell(output, &found, &indicator, session.now())
}

fn tell(output: &mut Output, found: &Lookup, indicator: &Indicator, now: Time) -> anyhow::Result<Ending> {
    match output.is_json() {
        true => output.object(found)?,
        false => show(output, found, indicator, now)?,
    }
    output.flush()?;
    Ok(if found.found() { Ending::Found } else { Ending::Nothing })
}

/// What a person typed, as the type they said or the one it looks like.
pub(crate) fn read_value(text: &str, kind: Option<IndicatorType>) -> anyhow::Result<Indicator> {
    match kind {
        Some(kind) => Indicator::parse(kind, text).map_err(|error| misuse(format!("`{text}`: {error}"))),
        None => Indicator::guess(text).ok_or_else(|| {
            let host = Indicator::parse(IndicatorType::Host, text).err().map(|error| format!(" ({error})"));
            misuse(format!(
                "`{text}` is no domain, address, prefix or e-mail address{}; say which with --type",
                host.unwrap_or_default()
            ))
        }),
    }
}

/// The whole answer for people.
pub(crate) fn show(output: &mut Output, found: &Lookup, indicator: &Indicator, now: Time) -> io::Result<()> {
    let kind = format!("  {}", found.kind);
    output.pieces(&[(Tone::Strong, &indicator.defanged()), (Tone::Faint, &kind)])?;
    facts(output, found, now)?;
    if let Some(registration) = &found.registration {
        contacts(output, registration)?;
    }
    addresses(output, &found.addresses)?;
    pivots(output, "Best pivots", &found.pivots)?;
    sharers(output, found)?;
    records(output, &found.records)?;
    versions(output, &found.versions)?;
    if found.more {
        output.line("  there is more than was read; narrow the question")?;
    }
    Ok(())
}

fn facts(output: &mut Output, found: &Lookup, now: Time) -> io::Result<()> {
    let mut table = Table::new(&["", ""]);
    let mut fact = |name: &str, value: String| table.row(vec![(Tone::Faint, name.into()), (Tone::Plain, value)]);
    fact("known", found.known.clone());
    if let Some(network) = &found.network {
        fact("network", format!("{} {}", model::text::defang(&network.prefix), network.words()));
        for EarlierOrigin { origin, last } in &network.before {
            fact("before", format!("AS{origin} until {}", last.day()));
        }
    }
    if let Some((first, last)) = found.seen {
        fact("seen", format!("{} to {} ({})", first.day(), last.day(), ago(now, last)));
    }
    if let Some(registration) = &found.registration {
        let age = found.age_days.map_or(String::new(), |days| format!(", {days} days old"));
        let created = registration.created.map_or("creation not stated".into(), |at| format!("created {}", at.day()));
        fact("state", format!("{}, {created}{age}, at {}", registration.state, registrar(registration)));
        let servers: Vec<String> = registration.nameservers.iter().map(|server| server.name.to_string()).collect();
        if !servers.is_empty() {
            fact("name servers", model::text::defang(&servers.join(" ")));
        }
    }
    if !found.labels.is_empty() {
        fact("labels", model::text::defang(&found.labels.join("; ")));
    }
    table.write(output)
}

fn registrar(registration: &Registration) -> String {
    let name = registration.registrar.name.as_deref().unwrap_or("a registrar not stated");
    let id = registration.registrar.iana_id.map_or(String::new(), |id| format!(" (IANA {id})"));
    format!("{name}{id}")
}

/// One line for each set of roles that state the same; what is withheld says how.
pub(crate) fn contacts(output: &mut Output, registration: &Registration) -> io::Result<()> {
    let mut lines: Vec<(Vec<&str>, String)> = Vec::new();
    for role in stated_roles(registration) {
        let Some(text) = registration.contact(role).map(contact) else { continue };
        match lines.iter_mut().find(|(_, other)| *other == text) {
            Some((roles, _)) => roles.push(role.as_str()),
            None => lines.push((vec![role.as_str()], text)),
        }
    }
    let mut table = Table::new(&["", ""]);
    for (roles, text) in lines {
        table.row(vec![(Tone::Faint, roles.join(", ")), (Tone::Plain, text)]);
    }
    table.write(output)
}

fn contact(contact: &Contact) -> String {
    let email = disclosed(&contact.email).map(|email| model::text::defang(&email));
    let before = [&contact.name, &contact.organization].into_iter().filter_map(disclosed);
    let after = [&contact.phone, &contact.street, &contact.country].into_iter().filter_map(disclosed);
    let mut parts: Vec<String> = before.chain(email).chain(after).collect();
    if let Some(handle) = disclosed(&contact.handle) {
        let scope = contact.scope.as_ref().map_or(String::new(), |scope| format!(" of {scope}"));
        parts.push(format!("handle {handle}{scope}"));
    }
    parts.dedup();
    parts.join(" · ")
}

fn disclosed(field: &Disclosed) -> Option<String> {
    match field {
        Disclosed::Absent => None,
        Disclosed::Redacted(_) => Some("redacted".into()),
        Disclosed::Proxy(text) => Some(format!("{text} (privacy service)")),
        Disclosed::Stated(text) => Some(text.clone()),
    }
}

fn addresses(output: &mut Output, rows: &[AddressRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    output.heading("Addresses")?;
    let mut table = Table::new(&["address", "network", "first", "last", "quality", "shared by", "names"]);
    for row in rows.iter().take(ROWS_SHOWN) {
        let names: Vec<String> = row.names.iter().map(ToString::to_string).collect();
        table.row(vec![
            (Tone::Plain, model::text::defang(&row.address.to_string())),
            (Tone::Plain, row.network.as_ref().map(NetworkRow::words).unwrap_or_default()),
            (Tone::Plain, row.first.day()),
            (Tone::Plain, row.last.day()),
            (quality_tone(row.quality), row.quality.to_string()),
            (Tone::Plain, row.reason.clone()),
            (Tone::Plain, model::text::defang(&names.join(" "))),
        ]);
    }
    table.write(output)?;
    rest(output, rows.len(), ROWS_SHOWN)
}

/// How a quality is painted.
pub(crate) fn quality_tone(quality: Quality) -> Tone {
    match quality {
        Quality::Selective => Tone::Good,
        Quality::Crowded | Quality::Unmeasured => Tone::Warn,
        Quality::Poison => Tone::Bad,
    }
}

/// Values with their quality and reason.
pub(crate) fn pivots(output: &mut Output, title: &str, values: &[PivotValue]) -> io::Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    output.heading(title)?;
    let mut table = Table::new(&["kind", "value", "quality", "reason"]);
    for value in values {
        table.row(vec![
            (Tone::Plain, value.kind.to_string()),
            (Tone::Strong, model::text::defang(&value.value)),
            (quality_tone(value.quality), value.quality.to_string()),
            (Tone::Plain, value.reason.clone()),
        ]);
    }
    table.write(output)
}

fn sharers(output: &mut Output, found: &Lookup) -> io::Result<()> {
    if found.sharers.is_empty() {
        return Ok(());
    }
    output.heading("Shared by")?;
    rows(output, &found.sharers, SHARERS_SHOWN)
}

/// Domains that share a value.
pub(crate) fn rows(output: &mut Output, rows: &[engine::pivot::PivotRow], shown: usize) -> io::Result<()> {
    let mut table = Table::new(&["domain", "first", "last", "names"]);
    for row in rows.iter().take(shown) {
        let names: Vec<String> =
            row.names.iter().filter(|name| **name != row.domain).map(ToString::to_string).collect();
        table.plain([
            model::text::defang(&row.domain.to_string()),
            row.first.day(),
            row.last.day(),
            model::text::defang(&names.join(" ")),
        ]);
    }
    table.write(output)?;
    rest(output, rows.len(), shown)
}

fn records(output: &mut Output, rows: &[RecordRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let shown = || rows.iter().take(ROWS_SHOWN);
    let timeline = Timeline::over(shown().flat_map(|row| &row.spells));
    let over = timeline.as_ref().map_or(String::new(), |of| format!("  active periods from {}", of.words()));
    output.pieces(&[(Tone::Strong, "Passive DNS"), (Tone::Faint, &over)])?;
    let mut table = Table::new(&["name", "type", "data", "first", "last", ">count", "active periods", "sources"]);
    for row in shown() {
        table.plain([
            model::text::defang(&row.rrname.to_string()),
            row.rrtype.to_string(),
            model::text::defang(&row.rdata),
            row.first.day(),
            row.last.day(),
            row.count.to_string(),
            timeline.as_ref().map_or(String::new(), |of| format!("{} {}", of.bar(&row.spells), spells(row))),
            row.sources.join(" "),
        ]);
    }
    table.write(output)?;
    rest(output, rows.len(), ROWS_SHOWN)
}

fn spells(row: &RecordRow) -> String {
    let reported = row.spells.iter().filter(|(_, _, reported)| *reported).count();
    match (row.spells.len(), reported) {
        (count, 0) => count.to_string(),
        (count, reported) => format!("{count} ({reported} reported)"),
    }
}

fn versions(output: &mut Output, rows: &[VersionRow]) -> io::Result<()> {
    if rows.len() < 2 {
        return Ok(());
    }
    output.heading("Registration history")?;
    let mut table = Table::new(&["first", "last", "source", "registrar", "registrant", "owner"]);
    for row in rows.iter().rev().take(ROWS_SHOWN) {
        let registrant = &row.registration.registrant;
        let parts = [&registrant.name, &registrant.organization, &registrant.email].into_iter().filter_map(disclosed);
        table.plain([
            row.first.day(),
            row.last.day(),
            row.source.clone(),
            registrar(&row.registration),
            parts.collect::<Vec<_>>().join(" · "),
            if row.earlier_owner { "earlier".into() } else { "current".into() },
        ]);
    }
    table.write(output)?;
    rest(output, rows.len(), ROWS_SHOWN)
}

fn rest(output: &mut Output, count: usize, shown: usize) -> io::Result<()> {
    if count > shown { output.line(&format!("  … {} more (--json lists all)", count - shown)) } else { Ok(()) }
}

fn ago(now: Time, then: Time) -> String {
    match now.days_since(then) {
        days if days <= 0 => "today".into(),
        1 => "yesterday".into(),
        days => format!("{days} days ago"),
    }
}
