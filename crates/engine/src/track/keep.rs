//! Tracks as people keep them: added with a first run over what is known, changed, removed; their hits, triaged and
//! imported.

use formats::list::Stated;
use model::{
    Actor, AssociationKind, Decider, GroupId, HitId, Indicator, IndicatorType, Name, OwnerId, Provenance, Readable,
    Time, TrackId, TrackQuery,
    provenance::Origin,
    track::{Condition, Hit, HitKind, Track, Triage},
};
use observations::Interrupt;
use serde::{Deserialize, Serialize};
use store::{
    Tx, Viewer,
    audit::{self, Detail, Entry},
    fresh,
    track::Filter,
};

use super::{
    judge,
    search::{self, Zone},
    watch::Readers,
};
use crate::{
    Engine,
    error::Error,
    knowledge::{
        Knowledge,
        association::NewAssociation,
        import::{Defaults, Imported, Offered, Request},
        object::{LIST_MAX, direct, maybe_text, text},
        owner,
    },
};

/// Tracks that an owner may have.
pub const TRACKS_MAX: u64 = 10_000;
/// Hits that a first run keeps.
pub const HITS_MAX: usize = 10_000;
/// The longest name, in characters.
const NAME_MAX: usize = 200;
/// The longest notes, in characters.
const NOTES_MAX: usize = 10_000;
/// Excluded domains, at most.
const EXCLUSIONS_MAX: usize = 500;
/// Hits that are kept in one transaction.
const CHUNK: usize = 1_000;

/// A Track to be added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTrack {
    /// Its name; the query where empty.
    pub name: String,
    /// The query.
    pub query: String,
    /// The group whose infrastructure it finds.
    pub threat: Option<GroupId>,
    /// What somebody writes of it.
    pub notes: Option<String>,
    /// When it ends by itself.
    pub expires: Option<Time>,
    /// Domains that make no hit.
    pub exclusions: Vec<Name>,
}

/// What changes in a Track; its query never does, since its hits are hits of that query.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Its name.
    pub name: Option<String>,
    /// The group whose infrastructure it finds.
    pub threat: Option<Option<GroupId>>,
    /// What somebody writes of it.
    pub notes: Option<Option<String>>,
    /// When it ends by itself.
    pub expires: Option<Option<Time>>,
    /// Whether it is silent.
    pub muted: Option<bool>,
    /// Domains that make no hit.
    pub exclusions: Option<Vec<Name>>,
}

/// What feeds a Track.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// The sources that its owner may read and that hold records of a kind that it asks.
    pub sources: Vec<Feeding>,
    /// Of those that it asks, zones with registrations, the largest first; of all zones where it names none.
    pub zones: Vec<Zone>,
    /// Nothing feeds it: no source, or none that has registrations of the zones that it names.
    pub blind: bool,
    /// How many hits stand in which state.
    pub hits: Vec<(Triage, u64)>,
}

/// A source that feeds a Track.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feeding {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: String,
    /// How many registrations it holds, estimated.
    pub registrations: u64,
    /// How many registrable domains it holds in DNS, estimated.
    pub dns_domains: u64,
    /// The newest moment that it observed.
    pub newest: Option<Time>,
}

impl Knowledge {
    /// Adds a Track and runs it over what is known; the Track and how many hits that made.
    pub fn add_track(
        &self,
        actor: &Actor,
        of: OwnerId,
        new: &NewTrack,
        engine: &Engine,
        interrupt: Interrupt,
        now: Time,
    ) -> Result<(Track, usize), Error> {
        let query = parsed(&new.query)?;
        self.asking(actor, &query, now)?;
        let name = if new.name.trim().is_empty() { &new.query } else { &new.name };
        let short: String = name.trim().chars().take(NAME_MAX).collect();
        let track = Track {
            id: TrackId(fresh::id(now)),
            owner: of,
            name: text("name", &short, NAME_MAX)?,
            query: query.to_string(),
            threat: new.threat,
            notes: maybe_text("notes", new.notes.as_deref(), NOTES_MAX)?,
            expires: new.expires,
            muted: false,
            exclusions: exclusions(&new.exclusions)?,
            created: now,
            modified: now,
            revision: 1,
        };
        self.store.write(|tx| {
            let addable = direct(actor, &owner(tx, actor, of)?)?;
            known_threat(tx, actor, track.threat)?;
            if store::track::count(tx, of)? >= TRACKS_MAX {
                return Err(Error::Limit(format!("an owner has at most {TRACKS_MAX} Tracks: remove some")));
            }
            store::track::add(tx, &addable, &track, actor.user)?;
            written(tx, actor, "track.add", &track, now)
        })?;
        let hits = self.first_run(&track, &query, engine, interrupt, now)?;
        Ok((track, hits))
    }

    /// What was so already when a Track began to stand.
    fn first_run(
        &self,
        track: &Track,
        query: &TrackQuery,
        engine: &Engine,
        interrupt: Interrupt,
        now: Time,
    ) -> Result<usize, Error> {
        let view = engine.view(&self.owners_eyes(engine, track.owner)?, interrupt);
        let matches = search::matches(&view, query)?;
        let excluded =
            |found: &&search::Match| !track.exclusions.iter().any(|name| found.record.domain.is_within(name));
        let hits: Vec<Hit> = matches
            .asked(query)
            .filter(excluded)
            .take(HITS_MAX)
            .map(|found| Hit {
                id: judge::hit_id(track.id, &found.record.domain, HitKind::Found, found.version),
                track: track.id,
                owner: track.owner,
                domain: found.record.domain.clone(),
                kind: HitKind::Found,
                version: found.version,
                matched: query.matched(&found.record),
                source: found.source,
                observed: found.first,
                found: now,
                triage: Triage::New,
                note: None,
                place: 0,
            })
            .collect();
        for some in hits.chunks(CHUNK) {
            self.store.write(|tx| store::track::add_hits(tx, some))?;
        }
        Ok(hits.len())
    }

    /// Somebody who may read exactly what members of an owner may read of observations.
    fn owners_eyes(&self, engine: &Engine, of: OwnerId) -> Result<Actor, Error> {
        let sources = engine.store.sources().iter().map(|source| source.id).collect();
        let readers = self.store.read(|tx| Readers::read(tx, sources))?;
        Ok(Actor { sources: readers.of(of), ..Actor::local("track") })
    }

    /// Changes a Track, if it is still as the caller saw it (`revision`).
    pub fn change_track(
        &self,
        actor: &Actor,
        id: TrackId,
        revision: i64,
        changed: &Changed,
        now: Time,
    ) -> Result<Track, Error> {
        self.store.write(|tx| {
            let before = store::track::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, before.owner)?)?;
            let mut after = Track { modified: now, revision: revision + 1, ..before };
            if let Some(name) = &changed.name {
                after.name = text("name", name, NAME_MAX)?;
            }
            if let Some(threat) = changed.threat {
                known_threat(tx, actor, threat)?;
                after.threat = threat;
            }
            if let Some(notes) = &changed.notes {
                after.notes = maybe_text("notes", notes.as_deref(), NOTES_MAX)?;
            }
            if let Some(names) = &changed.exclusions {
                after.exclusions = exclusions(names)?;
            }
            after.expires = changed.expires.unwrap_or(after.expires);
            after.muted = changed.muted.unwrap_or(after.muted);
            if !store::track::change(tx, &writable, &after)? {
                return Err(Error::Stale);
            }
            written(tx, actor, "track.change", &after, now)?;
            Ok(after)
        })
    }

    /// Removes a Track with its hits.
    pub fn remove_track(&self, actor: &Actor, id: TrackId, now: Time) -> Result<(), Error> {
        self.store.write(|tx| {
            let track = store::track::by_id(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, track.owner)?)?;
            store::track::remove(tx, &writable, id)?;
            written(tx, actor, "track.remove", &track, now)
        })
    }

    /// One Track.
    pub fn track(&self, actor: &Actor, id: TrackId) -> Result<Track, Error> {
        self.store.read(|tx| store::track::by_id(tx, id, &Viewer::of(actor)))?.ok_or(Error::NotFound)
    }

    /// Tracks that the actor may read, as they were added; at most [`LIST_MAX`].
    pub fn tracks(&self, actor: &Actor, after: Option<TrackId>, limit: u32) -> Result<Vec<Track>, Error> {
        Ok(self.store.read(|tx| store::track::list(tx, &Viewer::of(actor), after, limit.min(LIST_MAX)))?)
    }

    /// What feeds a Track, and how its hits stand.
    pub fn track_coverage(&self, actor: &Actor, track: &Track, engine: &Engine) -> Result<Coverage, Error> {
        let query = parsed(&track.query)?;
        let records = query.records();
        let hits = self.store.read(|tx| {
            owner(tx, actor, track.owner)?;
            Ok::<_, Error>(store::track::count_hits(tx, track.id)?)
        })?;
        let eyes = self.owners_eyes(engine, track.owner)?;
        // Nobody is told of sources by an owner's Track that they may not read themselves.
        let readable = |id| eyes.sources.allows(id) && (actor.sources == Readable::All || actor.sources.allows(id));
        let snapshot = engine.store.snapshot();
        let mut sources = Vec::new();
        for source in engine.store.sources().into_iter().filter(|source| readable(source.id)) {
            let holds = snapshot.population(source.id);
            let feeds = records.registrations && holds.registrations > 0 || records.dns && holds.dns_domains > 0;
            if feeds {
                sources.push(Feeding {
                    name: source.name,
                    kind: source.kind.to_string(),
                    registrations: holds.registrations,
                    dns_domains: holds.dns_domains,
                    newest: holds.newest,
                });
            }
        }
        let seen = match &actor.sources {
            Readable::All => eyes.sources.clone(),
            Readable::Only(_) => Readable::Only(
                engine.store.sources().into_iter().map(|source| source.id).filter(|id| readable(*id)).collect(),
            ),
        };
        let asked = search::zones_asked(&query.clause);
        let mut zones = if records.registrations { search::zones(&snapshot, &seen) } else { Vec::new() };
        zones.retain(|zone| asked.is_empty() || asked.contains(&zone.zone));
        zones.truncate(search::ZONES);
        let unfed = !records.dns && !asked.is_empty() && zones.is_empty();
        Ok(Coverage { blind: sources.is_empty() || unfed, sources, zones, hits })
    }

    /// Hits that the actor may read, as they were found; at most [`LIST_MAX`].
    pub fn track_hits(&self, actor: &Actor, filter: &Filter, limit: u32) -> Result<Vec<Hit>, Error> {
        Ok(self.store.read(|tx| store::track::hits(tx, &Viewer::of(actor), filter, limit.min(LIST_MAX)))?)
    }

    /// Notes what somebody decided about a hit.
    pub fn triage_hit(
        &self,
        actor: &Actor,
        id: HitId,
        triage: Triage,
        note: Option<&str>,
        now: Time,
    ) -> Result<Hit, Error> {
        let note = maybe_text("note", note, NOTES_MAX)?;
        self.store.write(|tx| {
            let hit = store::track::hit(tx, id, &Viewer::of(actor))?.ok_or(Error::NotFound)?;
            let writable = actor.may_write(&owner(tx, actor, hit.owner)?)?;
            store::track::triage(tx, &writable, id, triage, note.as_deref())?;
            let detail = Detail::default().with("triage", triage.as_str()).with("domain", hit.domain.to_string());
            let object = Some(("hit", id.0));
            audit::append(
                tx,
                &Entry { time: now, actor, action: "track.triage", object, owner: Some(hit.owner), detail },
            )?;
            Ok(Hit { triage, note: note.clone(), ..hit })
        })
    }

    /// Brings the domains of chosen hits of one Track into its owner's indicators, with why they are there, and
    /// associates them with the Track's threat.
    pub fn import_hits(
        &self,
        actor: &Actor,
        id: TrackId,
        hits: &[HitId],
        defaults: Defaults,
        now: Time,
    ) -> Result<Imported, Error> {
        let track = self.track(actor, id)?;
        let mut chosen: Vec<Hit> = Vec::new();
        for id in hits {
            let hit = self.store.read(|tx| store::track::hit(tx, *id, &Viewer::of(actor)))?;
            let hit = hit.filter(|hit| hit.track == track.id).ok_or(Error::NotFound)?;
            if !chosen.iter().any(|other| other.domain == hit.domain) {
                chosen.push(hit);
            }
        }
        let rows = chosen.iter().enumerate().map(|(at, hit)| offered(&track, hit, at + 1)).collect::<Result<_, _>>()?;
        let request =
            Request { owner: track.owner, origin: format!("hits of the Track `{}`", track.name), defaults, rows };
        let imported = self.import(actor, &request, now)?;
        if let Some(threat) = track.threat {
            let decider = self.decider(actor)?;
            for row in &imported.rows {
                let hit = row.line.checked_sub(1).and_then(|at| chosen.get(at));
                let reason = hit.map(|hit| reason(&track, hit)).unwrap_or_else(|| track.name.clone());
                self.link(
                    actor,
                    &track,
                    NewAssociation::new(row.id, AssociationKind::Indicates, threat, reason),
                    decider,
                    now,
                )?;
            }
        }
        Ok(imported)
    }

    fn link(
        &self,
        actor: &Actor,
        track: &Track,
        new: NewAssociation,
        decider: Decider,
        now: Time,
    ) -> Result<(), Error> {
        match self.associate(actor, track.owner, &new, decider, now) {
            // It was associated before.
            Ok(_) | Err(Error::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Notes that somebody searches by what contacts say, which has its own scope.
    pub fn asking(&self, actor: &Actor, query: &TrackQuery, now: Time) -> Result<(), Error> {
        let of_contact = |condition: &Condition| match condition {
            Condition::Text { place, .. } => place.has_role(),
            _ => false,
        };
        match query.clause.any(&of_contact) {
            true => self.searching(actor, model::PivotKind::Email, &query.to_string(), now),
            false => Ok(()),
        }
    }
}

/// Reads a query that somebody typed.
pub(super) fn parsed(text: &str) -> Result<TrackQuery, Error> {
    TrackQuery::parse(text).map_err(|error| Error::invalid("query", error.message()))
}

fn known_threat(tx: &mut Tx<'_>, actor: &Actor, threat: Option<GroupId>) -> Result<(), Error> {
    match threat {
        Some(id) if store::group::by_id(tx, id, &Viewer::of(actor))?.is_none() => {
            Err(Error::invalid("threat", "there is no such group, or you may not know of it"))
        }
        _ => Ok(()),
    }
}

fn exclusions(names: &[Name]) -> Result<Vec<Name>, Error> {
    let mut names = names.to_vec();
    names.sort();
    names.dedup();
    match names.len() {
        length if length > EXCLUSIONS_MAX => Err(Error::invalid("exclusions", format!("at most {EXCLUSIONS_MAX}"))),
        _ => Ok(names),
    }
}

fn offered(track: &Track, hit: &Hit, line: usize) -> Result<Offered, Error> {
    let indicator = Indicator::parse(IndicatorType::Host, &hit.domain.to_string())
        .map_err(|error| Error::invalid("hits", format!("{}: {error}", hit.domain)))?;
    let provenance = Provenance {
        sources: vec![hit.source],
        remark: Some(reason(track, hit)),
        ..Provenance::plain(Origin::Track, Some(track.name.clone()))
    };
    Ok(Offered { stated: Stated::new(line, indicator), provenance })
}

/// Why a hit is one, in a line.
fn reason(track: &Track, hit: &Hit) -> String {
    let matched: Vec<String> = hit.matched.iter().map(|one| format!("{} {}", one.place, one.value)).collect();
    let reason = format!("{} on {}: {}", hit.kind.words(), hit.observed.day(), matched.join(", "));
    let reason = if matched.is_empty() { format!("{reason}{}", track.query) } else { reason };
    reason.chars().take(500).collect()
}

fn written(tx: &mut Tx<'_>, actor: &Actor, action: &'static str, track: &Track, now: Time) -> Result<(), Error> {
    let detail = Detail::default()
        .with("name", track.name.as_str())
        .personal("query", track.query.as_str())
        .with("muted", track.muted)
        .with("revision", track.revision);
    let object = Some(("track", track.id.0));
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(track.owner), detail })?;
    Ok(())
}
