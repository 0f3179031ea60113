//! `spoor track`: standing queries, and what they found; `spoor registration search`: the same query once.

mod away;
mod show;

use std::{thread, time::Duration};

use anyhow::Context;
use engine::{
    Knowledge,
    knowledge::import::Defaults,
    track::{Changed, NewTrack, preview, propose, search},
};
use model::{
    Actor, Name, Object, TrackId, TrackQuery,
    track::{Track, Triage},
};
use store::track::Filter;

use super::group::{object, owner};
use crate::{
    arguments::{Global, RegistrationCommand, TrackAdd, TrackCommand, TrackHits},
    exit::{Ending, misuse},
    output::Output,
    remote::Remote,
    session::Session,
};
use server::view::track::{HitView, TrackView};

/// Tracks among which one is looked for by its name.
const NAMED_MAX: u32 = 1000;
/// How often new hits are looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(300);

pub(crate) fn run(global: &Global, arguments: &TrackCommand, output: &mut Output) -> anyhow::Result<Ending> {
    if let Some(server) = &global.server {
        let remote = Remote::new(server, global.token_file.as_deref())?;
        let ending = away::run(&remote, arguments, output)?;
        output.flush()?;
        return Ok(ending);
    }
    here(&Session::open(global)?, arguments, output)
}

/// In the data directory of this machine.
fn here(session: &Session, arguments: &TrackCommand, output: &mut Output) -> anyhow::Result<Ending> {
    let work = Work { session, knowledge: session.knowledge()?, actor: Actor::local(session.user()) };
    let ending = match arguments {
        TrackCommand::Add(new) => work.add(new, output)?,
        TrackCommand::Preview { query } => work.preview(query, output)?,
        TrackCommand::List => work.list(output)?,
        TrackCommand::Show { track } => work.show(track, output)?,
        TrackCommand::Hits(asked) => work.hits(asked, output)?,
        TrackCommand::Mute { track, off } => work.mute(track, !off, output)?,
        TrackCommand::Triage { hit, state, note } => {
            let hit = work.knowledge.triage_hit(&work.actor, *hit, *state, note.as_deref(), session.now())?;
            show::hits(output, &[hit.into()])?;
            Ending::Found
        }
        TrackCommand::Import { track, hits } => work.import(track, hits, output)?,
        TrackCommand::Remove { track } => {
            let track = work.track(track)?;
            work.knowledge.remove_track(&work.actor, track.id, session.now())?;
            output.note(&format!("removed the Track `{}` and its hits", track.name))?;
            Ending::Found
        }
        TrackCommand::Propose { domains } => work.propose(domains, output)?,
    };
    output.flush()?;
    Ok(ending)
}

/// `spoor registration search`.
pub(super) fn registration(
    global: &Global,
    arguments: &RegistrationCommand,
    output: &mut Output,
) -> anyhow::Result<Ending> {
    let RegistrationCommand::Search { query, limit, after } = arguments;
    let query = parsed(query)?;
    let found = match &global.server {
        Some(server) => {
            let remote = Remote::new(server, global.token_file.as_deref())?;
            let asked = serde_json::json!({ "query": query.to_string(), "limit": limit, "after": after });
            away::post(&remote, "/api/v1/registrations/search", &asked)?
        }
        None => search_here(&Session::open(global)?, &query, *limit as usize, after.as_ref())?,
    };
    show::found(output, &found)?;
    output.flush()?;
    Ok(if found.rows.is_empty() { Ending::Nothing } else { Ending::Found })
}

fn search_here(
    session: &Session,
    query: &TrackQuery,
    limit: usize,
    after: Option<&Name>,
) -> anyhow::Result<search::Found> {
    let (engine, knowledge, actor) = (session.engine(false)?, session.knowledge()?, Actor::local(session.user()));
    knowledge.asking(&actor, query, session.now())?;
    let view = engine.view(&actor, session.interrupt());
    Ok(search::search(&view, query, after, limit)?)
}

fn parsed(text: &str) -> anyhow::Result<TrackQuery> {
    TrackQuery::parse(text).map_err(|error| misuse(error.to_string()))
}

struct Work<'a> {
    session: &'a Session,
    knowledge: Knowledge,
    actor: Actor,
}

impl Work<'_> {
    /// The Track that a person names.
    fn track(&self, text: &str) -> anyhow::Result<Track> {
        if let Ok(id) = text.parse::<TrackId>() {
            return self.knowledge.track(&self.actor, id).with_context(|| format!("Track `{text}`"));
        }
        let all = self.knowledge.tracks(&self.actor, None, NAMED_MAX)?;
        let mut named = all.into_iter().filter(|track| track.name == text || track.query == text);
        match (named.next(), named.next()) {
            (Some(track), None) => Ok(track),
            (None, _) => Err(misuse(format!("there is no Track `{text}`: spoor track list"))),
            _ => Err(misuse(format!("several Tracks are named `{text}`: give an id"))),
        }
    }

    fn add(&self, new: &TrackAdd, output: &mut Output) -> anyhow::Result<Ending> {
        let owner = owner(&self.knowledge, &self.actor, new.owner.as_deref())?;
        let threat = match new.threat.as_deref().map(|text| object(&self.knowledge, &self.actor, text)).transpose()? {
            None => None,
            Some(Object::Group(id)) => Some(id),
            Some(_) => return Err(misuse("--threat names an indicator; a threat is a group")),
        };
        let wanted = NewTrack {
            name: new.name.clone().unwrap_or_default(),
            query: parsed(&new.query)?.to_string(),
            threat,
            notes: new.notes.clone(),
            expires: new.expires,
            exclusions: new.exclude.clone(),
        };
        let engine = self.session.engine(false)?;
        let now = self.session.now();
        let (track, hits) =
            self.knowledge.add_track(&self.actor, owner.id, &wanted, &engine, self.session.interrupt(), now)?;
        let coverage = self.knowledge.track_coverage(&self.actor, &track, &engine)?;
        let view = TrackView { coverage: Some(coverage), ..track.clone().into() };
        show::track(output, &view)?;
        output.note(&format!("{hits} matched already"))?;
        if new.follow {
            let filter = Filter { track: Some(track.id), ..Filter::default() };
            self.follow(filter, output)?;
        }
        Ok(Ending::Found)
    }

    fn preview(&self, query: &str, output: &mut Output) -> anyhow::Result<Ending> {
        let query = parsed(query)?;
        self.knowledge.asking(&self.actor, &query, self.session.now())?;
        let engine = self.session.engine(false)?;
        let view = engine.view(&self.actor, self.session.interrupt());
        show::preview(output, &preview::preview(&view, &query, self.session.now())?)?;
        Ok(Ending::Found)
    }

    fn list(&self, output: &mut Output) -> anyhow::Result<Ending> {
        let (mut after, mut all) = (None, Vec::new());
        loop {
            let page = self.knowledge.tracks(&self.actor, after, NAMED_MAX)?;
            after = page.last().map(|track| track.id);
            let whole = page.len() < NAMED_MAX as usize;
            all.extend(page.into_iter().map(TrackView::from));
            if whole {
                break;
            }
        }
        show::tracks(output, &all)?;
        Ok(if all.is_empty() { Ending::Nothing } else { Ending::Found })
    }

    fn show(&self, track: &str, output: &mut Output) -> anyhow::Result<Ending> {
        let track = self.track(track)?;
        let coverage = self.knowledge.track_coverage(&self.actor, &track, &self.session.engine(false)?)?;
        show::track(output, &TrackView { coverage: Some(coverage), ..track.into() })?;
        Ok(Ending::Found)
    }

    fn hits(&self, asked: &TrackHits, output: &mut Output) -> anyhow::Result<Ending> {
        let track = asked.track.as_deref().map(|text| self.track(text)).transpose()?.map(|track| track.id);
        let filter = Filter { track, triage: asked.state, kind: asked.kind, ..Filter::default() };
        if asked.follow {
            self.follow(filter, output)?;
        }
        let hits = self.knowledge.track_hits(&self.actor, &filter, asked.limit)?;
        let hits: Vec<HitView> = hits.into_iter().map(HitView::from).collect();
        show::hits(output, &hits)?;
        Ok(if hits.is_empty() { Ending::Nothing } else { Ending::Found })
    }

    /// Shows hits as they come, until the process is ended.
    fn follow(&self, mut filter: Filter, output: &mut Output) -> anyhow::Result<()> {
        loop {
            let hits = self.knowledge.track_hits(&self.actor, &filter, 500)?;
            filter.after = hits.last().map(|hit| hit.place).or(filter.after);
            let hits: Vec<HitView> = hits.into_iter().map(HitView::from).collect();
            if hits.is_empty() {
                thread::sleep(LOOK_AGAIN);
                continue;
            }
            show::hits(output, &hits)?;
            output.flush()?;
        }
    }

    fn mute(&self, track: &str, muted: bool, output: &mut Output) -> anyhow::Result<Ending> {
        let track = self.track(track)?;
        let changed = Changed { muted: Some(muted), ..Changed::default() };
        let now = self.session.now();
        let track = self.knowledge.change_track(&self.actor, track.id, track.revision, &changed, now)?;
        show::track(output, &track.into())?;
        Ok(Ending::Found)
    }

    fn import(&self, track: &str, hits: &[model::HitId], output: &mut Output) -> anyhow::Result<Ending> {
        let track = self.track(track)?;
        let mut chosen = hits.to_vec();
        if chosen.is_empty() {
            let filter = Filter { track: Some(track.id), ..Filter::default() };
            let all = self.knowledge.track_hits(&self.actor, &filter, NAMED_MAX)?;
            chosen.extend(all.iter().filter(|hit| hit.triage != Triage::Ignored).map(|hit| hit.id));
        }
        if chosen.is_empty() {
            return Ok(Ending::Nothing);
        }
        let now = self.session.now();
        let imported = self.knowledge.import_hits(&self.actor, track.id, &chosen, Defaults::default(), now)?;
        show::imported(output, &serde_json::to_value(imported)?)?;
        Ok(Ending::Found)
    }

    fn propose(&self, domains: &[Name], output: &mut Output) -> anyhow::Result<Ending> {
        self.knowledge.hunting(&self.actor, domains, self.session.now())?;
        let engine = self.session.engine(false)?;
        let view = engine.view(&self.actor, self.session.interrupt());
        let proposals = propose::propose(&view, domains)?;
        show::proposals(output, &proposals, domains.len())?;
        Ok(if proposals.is_empty() { Ending::Nothing } else { Ending::Found })
    }
}
