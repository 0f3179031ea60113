//! Tracks at a server.

use std::{thread, time::Duration};

use anyhow::Context;
use model::{TrackId, TrackQuery};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{LOOK_AGAIN, NAMED_MAX, show};
use crate::{
    arguments::{TrackAdd, TrackCommand, TrackHits},
    exit::{Ending, misuse},
    output::Output,
    place::Place,
    remote::Remote,
};
use server::view::track::{HitView, TrackView};

/// How long between two looks at a server for new hits.
const PAUSE: Duration = Duration::from_millis(LOOK_AGAIN.as_millis() as u64 * 3);
/// Hits in a page.
const PAGE: u32 = 500;

/// A page of a list.
#[derive(Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next: Option<String>,
}

pub(super) fn run(remote: &Remote, arguments: &TrackCommand, output: &mut Output) -> anyhow::Result<Ending> {
    match arguments {
        TrackCommand::Add(new) => add(remote, new, output),
        TrackCommand::Preview { query } => {
            let query = TrackQuery::parse(query).map_err(|error| misuse(error.to_string()))?;
            show::preview(output, &post(remote, "/api/v1/tracks/preview", &json!({ "query": query.to_string() }))?)?;
            Ok(Ending::Found)
        }
        TrackCommand::List => {
            let all = list::<TrackView>(remote, "/api/v1/tracks", &[], usize::MAX)?;
            show::tracks(output, &all)?;
            Ok(if all.is_empty() { Ending::Nothing } else { Ending::Found })
        }
        TrackCommand::Show { track } => {
            show::track(output, &named(remote, track)?)?;
            Ok(Ending::Found)
        }
        TrackCommand::Hits(asked) => hits(remote, asked, output),
        TrackCommand::Mute { track, off } => {
            let track = named(remote, track)?;
            let path = format!("/api/v1/tracks/{}", track.id);
            show::track(output, &remote.patch(&path, &etag(&track), &json!({ "muted": !off }))?)?;
            Ok(Ending::Found)
        }
        TrackCommand::Triage { hit, state, note } => {
            let body = json!({ "triage": state.as_str(), "note": note });
            let hit: HitView = remote.patch(&format!("/api/v1/tracks/hits/{hit}"), "*", &body)?;
            show::hits(output, &[hit])?;
            Ok(Ending::Found)
        }
        TrackCommand::Import { track, hits } => import(remote, track, hits, output),
        TrackCommand::Remove { track } => {
            let track = named(remote, track)?;
            remote.delete(&format!("/api/v1/tracks/{}", track.id), &etag(&track))?;
            output.note(&format!("removed the Track `{}` and its hits", track.name))?;
            Ok(Ending::Found)
        }
        TrackCommand::Propose { domains } => {
            let proposals: Vec<_> = post(remote, "/api/v1/tracks/propose", &json!({ "domains": domains }))?;
            show::proposals(output, &proposals, domains.len())?;
            Ok(if proposals.is_empty() { Ending::Nothing } else { Ending::Found })
        }
    }
}

/// Asks with a body of JSON.
pub(super) fn post<T: DeserializeOwned>(remote: &Remote, path: &str, body: &Json) -> anyhow::Result<T> {
    remote.post(path, &[], ("application/json", body.to_string().into_bytes()))
}

fn etag(track: &TrackView) -> String {
    format!("\"r{}\"", track.revision)
}

/// All pages of a list, at most so many rows.
fn list<T: DeserializeOwned>(
    remote: &Remote,
    path: &str,
    query: &[(&str, &str)],
    most: usize,
) -> anyhow::Result<Vec<T>> {
    let (mut all, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut asked = query.to_vec();
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: Page<T> = remote.get(path, &asked)?;
        all.extend(page.items);
        match page.next.filter(|_| all.len() < most) {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    all.truncate(most);
    Ok(all)
}

/// The Track that a person names, as it is shown.
fn named(remote: &Remote, text: &str) -> anyhow::Result<TrackView> {
    let show = |id: &str| remote.get(&format!("/api/v1/tracks/{id}"), &[]);
    if text.parse::<TrackId>().is_ok() {
        return show(text).with_context(|| format!("Track `{text}`"));
    }
    let all = list::<TrackView>(remote, "/api/v1/tracks", &[], NAMED_MAX as usize)?;
    let mut named = all.into_iter().filter(|track| track.name == text || track.query == text);
    match (named.next(), named.next()) {
        (Some(track), None) => show(&track.id),
        (None, _) => Err(misuse(format!("there is no Track `{text}`: spoor track list"))),
        _ => Err(misuse(format!("several Tracks are named `{text}`: give an id"))),
    }
}

fn add(remote: &Remote, new: &TrackAdd, output: &mut Output) -> anyhow::Result<Ending> {
    let query = TrackQuery::parse(&new.query).map_err(|error| misuse(error.to_string()))?.to_string();
    let body = json!({
        "owner": Place::owner_at(remote, new.owner.as_deref())?,
        "query": query,
        "name": new.name.clone().unwrap_or_default(),
        "threat": new.threat,
        "notes": new.notes,
        "expires": new.expires,
        "exclusions": new.exclude,
    });
    let track: TrackView = post(remote, "/api/v1/tracks", &body)?;
    show::track(output, &track)?;
    if new.follow {
        follow(remote, &[("track", &track.id)], output)?;
    }
    Ok(Ending::Found)
}

fn hits(remote: &Remote, asked: &TrackHits, output: &mut Output) -> anyhow::Result<Ending> {
    let track = asked.track.as_deref().map(|text| named(remote, text)).transpose()?;
    let mut query: Vec<(&str, &str)> = Vec::new();
    query.extend(track.as_ref().map(|track| ("track", track.id.as_str())));
    query.extend(asked.state.map(|state| ("triage", state.as_str())));
    query.extend(asked.kind.map(|kind| ("kind", kind.as_str())));
    if asked.follow {
        follow(remote, &query, output)?;
    }
    let hits = list::<HitView>(remote, "/api/v1/tracks/hits", &query, asked.limit as usize)?;
    show::hits(output, &hits)?;
    Ok(if hits.is_empty() { Ending::Nothing } else { Ending::Found })
}

/// Shows hits as they come, until the process is ended.
fn follow(remote: &Remote, query: &[(&str, &str)], output: &mut Output) -> anyhow::Result<()> {
    let limit = PAGE.to_string();
    let mut seen = std::collections::HashSet::new();
    let mut cursor = None::<String>;
    loop {
        let mut asked = query.to_vec();
        asked.push(("limit", &limit));
        asked.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let page: Page<HitView> = remote.get("/api/v1/tracks/hits", &asked)?;
        let new: Vec<HitView> = page.items.into_iter().filter(|hit| seen.insert(hit.id.clone())).collect();
        show::hits(output, &new)?;
        output.flush()?;
        match page.next {
            // A page that is full: what it holds is behind the next one's beginning.
            Some(next) => {
                cursor = Some(next);
                seen.clear();
            }
            None => thread::sleep(PAUSE),
        }
    }
}

fn import(remote: &Remote, track: &str, hits: &[model::HitId], output: &mut Output) -> anyhow::Result<Ending> {
    let track = named(remote, track)?;
    let mut chosen: Vec<String> = hits.iter().map(ToString::to_string).collect();
    if chosen.is_empty() {
        let all = list::<HitView>(remote, "/api/v1/tracks/hits", &[("track", &track.id)], NAMED_MAX as usize)?;
        chosen.extend(all.into_iter().filter(|hit| hit.triage != "ignored").map(|hit| hit.id));
    }
    if chosen.is_empty() {
        return Ok(Ending::Nothing);
    }
    let imported: Json = post(remote, &format!("/api/v1/tracks/{}/import", track.id), &json!({ "hits": chosen }))?;
    show::imported(output, &imported)?;
    Ok(Ending::Found)
}
