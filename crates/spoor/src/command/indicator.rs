//! `spoor indicator` and `spoor search`: what owners hold, and why.

use engine::{Error, knowledge::list};
use model::{IndicatorId, IndicatorType, OwnerId};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use store::search::PAGE_MAX;

use super::lookup::read_value;
use crate::{
    arguments::{Global, IndicatorChange, IndicatorCommand, SearchWords},
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    place::Place,
};
use server::{
    indicator::{ChangeInput, held, known, order},
    view::indicator::{HeldView, IndicatorView},
};

/// A page of a server's list.
#[derive(Deserialize)]
struct Page<V> {
    items: Vec<V>,
    next: Option<String>,
}

pub(crate) fn run(global: &Global, asked: &IndicatorCommand, output: &mut Output) -> anyhow::Result<Ending> {
    let place = Place::of(global)?;
    let ending = match asked {
        IndicatorCommand::List(asked) => {
            list_rows(&place, Asked { query: &asked.query, limit: asked.limit, order: "modified" }, output)?
        }
        IndicatorCommand::Show { value, kind } => match find(&place, value, *kind)? {
            Some(view) => show(&view, output)?,
            None => {
                output.note("nobody whom you may read holds it")?;
                Ending::Nothing
            }
        },
        IndicatorCommand::Change(asked) => change(&place, asked, output)?,
        IndicatorCommand::Remove { value, owner } => remove(&place, value, owner.as_deref(), output)?,
    };
    output.flush()?;
    Ok(ending)
}

/// `spoor search`.
pub(crate) fn search(global: &Global, words: &SearchWords, output: &mut Output) -> anyhow::Result<Ending> {
    let ending =
        list_rows(&Place::of(global)?, Asked { query: &words.query, limit: words.limit, order: &words.order }, output)?;
    output.flush()?;
    Ok(ending)
}

/// What is listed.
#[derive(Clone, Copy)]
struct Asked<'a> {
    query: &'a str,
    limit: usize,
    order: &'a str,
}

fn list_rows(place: &Place, asked: Asked<'_>, output: &mut Output) -> anyhow::Result<Ending> {
    let (mut left, mut cursor, mut any) = (asked.limit, Cursor::Begin, false);
    let mut shown = Vec::new();
    while left > 0 {
        let (rows, next) = page(place, asked, cursor, left.min(PAGE_MAX))?;
        left -= rows.len().min(left);
        any |= !rows.is_empty();
        match output.is_json() {
            true => rows.iter().try_for_each(|row| output.object(row))?,
            false => shown.extend(rows),
        }
        cursor = match next {
            Some(next) => next,
            None => {
                cursor_ended(&shown, false, output)?;
                return Ok(if any { Ending::Found } else { Ending::Nothing });
            }
        };
    }
    cursor_ended(&shown, true, output)?;
    Ok(if any { Ending::Found } else { Ending::Nothing })
}

fn cursor_ended(rows: &[HeldView], more: bool, output: &mut Output) -> anyhow::Result<()> {
    if !output.is_json() {
        table(rows, output)?;
    }
    if more {
        output.note("there are more: --limit shows them")?;
    }
    Ok(())
}

/// Where a page begins.
enum Cursor {
    Begin,
    Here(store::search::Position<IndicatorId>),
    There(String),
}

fn page(
    place: &Place,
    words: Asked<'_>,
    cursor: Cursor,
    limit: usize,
) -> anyhow::Result<(Vec<HeldView>, Option<Cursor>)> {
    match place {
        Place::Here(here) => {
            let (work, query) = (here.work(), list::parse(words.query)?);
            let order = order(words.order).ok_or_else(|| misuse("modified, confidence or id"))?;
            let after = if let Cursor::Here(position) = cursor { Some(position) } else { None };
            let page = work.knowledge.list(&here.actor, &query, order, after, limit, work.now)?;
            let rows = page.rows.into_iter().map(|row| HeldView::of_row(row, work.now));
            Ok((rows.collect(), page.next.map(Cursor::Here)))
        }
        Place::There(remote) => {
            let limit = limit.to_string();
            let mut asked = vec![("query", words.query), ("limit", limit.as_str()), ("order", words.order)];
            if let Cursor::There(cursor) = &cursor {
                asked.push(("cursor", cursor));
            }
            let page: Page<HeldView> = remote.get("/api/v1/indicators", &asked)?;
            Ok((page.items, page.next.map(Cursor::There)))
        }
    }
}

fn table(rows: &[HeldView], output: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(&["value", "type", "owner", ">rating", ">conf", "use", "label", "last seen", "tags"]);
    for row in rows {
        let number = |value: Option<u8>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
        let value = if row.active { Tone::Strong } else { Tone::Faint };
        table.row(vec![
            (value, row.defanged()),
            (Tone::Plain, row.kind.clone()),
            (Tone::Plain, row.owner.clone()),
            (rating_tone(row.rating), number(row.rating)),
            (Tone::Plain, number(row.confidence)),
            (Tone::Plain, row.usage.clone()),
            (Tone::Plain, row.tlp.clone()),
            (Tone::Plain, row.last_seen.as_deref().map_or_else(|| "-".into(), day)),
            (Tone::Plain, row.tags.join(", ")),
        ]);
    }
    if !rows.is_empty() {
        table.write(output)?;
    }
    Ok(())
}

fn rating_tone(rating: Option<u8>) -> Tone {
    match rating {
        Some(4..) => Tone::Bad,
        Some(2..) => Tone::Warn,
        _ => Tone::Plain,
    }
}

fn day(moment: &str) -> String {
    moment.chars().take(10).collect()
}

/// Everything known of a value.
fn find(place: &Place, value: &str, kind: Option<IndicatorType>) -> anyhow::Result<Option<IndicatorView>> {
    let indicator = read_value(value, kind)?;
    match place {
        Place::Here(here) => match known(&here.work(), &here.actor, store::indicator::id(&indicator)) {
            Err(Error::NotFound) => Ok(None),
            found => Ok(found.map(Some)?),
        },
        Place::There(remote) => {
            let query = [("type", indicator.kind().as_str()), ("value", &indicator.canonical())];
            remote.find("/api/v1/indicators/by-value", &query)
        }
    }
}

fn show(view: &IndicatorView, output: &mut Output) -> anyhow::Result<Ending> {
    if output.is_json() {
        output.object(view)?;
        return Ok(Ending::Found);
    }
    output.pieces(&[(Tone::Strong, &view.defanged), (Tone::Faint, &format!("  {}", view.kind))])?;
    let of = &view.calculated;
    let number = |value: Option<u8>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    let mut facts = Table::new(&["", ""]);
    let rating = format!("{}, confidence {}, use {}", number(of.rating), number(of.confidence), of.usage);
    facts.row(vec![(Tone::Faint, "rating".into()), (rating_tone(of.rating), rating)]);
    facts.row(vec![(Tone::Faint, "role".into()), (Tone::Plain, of.role.clone())]);
    let seen = format!("{} sightings, {} called it false", of.sightings, of.false_positives);
    facts.row(vec![(Tone::Faint, "seen".into()), (Tone::Plain, seen)]);
    facts.write(output)?;
    output.heading("Opinions")?;
    table(&view.opinions, output)?;
    for opinion in view.opinions.iter().filter_map(|of| Some((&of.owner, of.description.as_ref()?))) {
        output.line(&format!("  {}: {}", opinion.0, model::text::defang(opinion.1)))?;
    }
    if !view.evidence.is_empty() {
        output.heading("Why it is here")?;
    }
    for piece in &view.evidence {
        let by = piece.by.as_ref().map_or(String::new(), |by| format!(", accepted by {by}"));
        output.line(&format!("  {}: {}{by}", day(&piece.time), model::text::defang(&piece.words)))?;
    }
    Ok(Ending::Found)
}

/// What an owner holds of a value.
fn opinion(place: &Place, value: &str, owner: Option<&str>) -> anyhow::Result<HeldView> {
    let owner = place.owner(owner)?;
    let opinions = find(place, value, None)?.map(|view| view.opinions).unwrap_or_default();
    let held = opinions.into_iter().find(|of| of.owner_id == owner);
    held.ok_or_else(|| anyhow::anyhow!("this owner holds nothing of `{}`", model::text::defang(value)))
}

/// The ids and the revision of an opinion.
fn ids(of: &HeldView) -> anyhow::Result<(IndicatorId, OwnerId, i64)> {
    let revision = of.etag.trim_matches(['"', 'r']).parse()?;
    Ok((of.id.parse()?, of.owner_id.parse()?, revision))
}

fn change(place: &Place, asked: &IndicatorChange, output: &mut Output) -> anyhow::Result<Ending> {
    let (before, change) = (opinion(place, &asked.value, asked.owner.as_deref())?, stated(asked)?);
    let after = match place {
        Place::Here(here) => {
            let (id, owner, revision) = ids(&before)?;
            let (work, change) = (here.work(), serde_json::from_value::<ChangeInput>(change)?);
            work.knowledge.change(&here.actor, owner, id, revision, &change.into(), work.now)?;
            held(&work, &here.actor, id, owner)?.1
        }
        Place::There(remote) => {
            let path = format!("/api/v1/indicators/{}/opinions/{}", before.id, before.owner_id);
            remote.patch(&path, &before.etag, &change)?
        }
    };
    match output.is_json() {
        true => output.object(&after)?,
        false => table(&[after], output)?,
    }
    Ok(Ending::Found)
}

/// The change as the API takes it.
fn stated(asked: &IndicatorChange) -> anyhow::Result<Json> {
    let mut change = Map::new();
    for field in &asked.clear {
        if !matches!(field.as_str(), "rating" | "confidence" | "grade" | "expires" | "description" | "source") {
            return Err(misuse(format!("`{field}` cannot be cleared")));
        }
        change.insert(field.clone(), Json::Null);
    }
    let mut set = |name: &str, value: Json| {
        if !value.is_null() {
            change.insert(name.to_owned(), value);
        }
    };
    set("rating", json!(asked.rating));
    set("confidence", json!(asked.confidence));
    set("use", json!(asked.usage));
    set("role", json!(asked.role));
    set("grade", json!(asked.grade));
    set("tlp", json!(asked.tlp));
    set("pap", json!(asked.pap));
    set("active", json!(asked.active));
    set("expires", json!(asked.expires));
    set("description", json!(asked.description));
    set("source", json!(asked.source));
    if change.is_empty() {
        return Err(misuse("nothing to change was named"));
    }
    if let Some(reason) = &asked.reason {
        change.insert("reason".into(), json!(reason));
    }
    Ok(change.into())
}

fn remove(place: &Place, value: &str, owner: Option<&str>, output: &mut Output) -> anyhow::Result<Ending> {
    let before = opinion(place, value, owner)?;
    match place {
        Place::Here(here) => {
            let (id, owner, revision) = ids(&before)?;
            let work = here.work();
            work.knowledge.remove_as(&here.actor, owner, id, Some(revision), work.now)?;
        }
        Place::There(remote) => {
            remote.delete(&format!("/api/v1/indicators/{}/opinions/{}", before.id, before.owner_id), &before.etag)?;
        }
    }
    if !output.is_json() {
        output.line(&format!("{} holds {} no more", before.owner, before.defanged()))?;
    }
    Ok(Ending::Found)
}
