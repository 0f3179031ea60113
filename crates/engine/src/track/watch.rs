//! Judging what arrives, before it is stored.
//!
//! The order of a batch is: judge, keep hits under unique keys in one transaction, merge into the observation store,
//! acknowledge. A crash in between repeats work and loses nothing: the same record beside the same past makes the same
//! hits, and those are kept already. One writer judges batches in sequence.
//!
//! Only queries are held in memory; whose a Track is, and what is excluded, is read when it matches, which is seldom.

use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasher,
    sync::Arc,
};

use foldhash::{fast::FixedState, quality::RandomState};
use hashbrown::HashSet;
use model::{
    Name, Observation, OwnerId, Readable, SourceId, SuffixList, Time, TrackId, TrackQuery,
    track::{Arriving, Hit, HitKind, Track, Triage},
};
use observations::{Appended, Batch, Novelty, Query, Snapshot, Store, Subject};
use store::Tx;

use super::{
    Index, Scratch,
    judge::{self, Past},
};
use crate::{error::Error, knowledge::Knowledge, tenure::Claim};

/// Tracks that are read at one time.
const PAGE: u32 = 10_000;
/// How far back added Tracks are looked for: clocks of several machines differ.
const OVERLAP: i64 = 3600;
/// Tuples that are remembered as judged in each of two generations; more, and the older one is forgotten.
const JUDGED_MAX: usize = 1 << 20;

/// The standing queries, at work on what arrives.
#[derive(Debug, Default)]
pub struct Watch {
    index: Index,
    stamp: i64,
    newest: Option<TrackId>,
    /// Tracks whose queries this version cannot read, or that found no room.
    idle: Vec<TrackId>,
    /// Whose the Tracks that matched are, and what they exclude, until one changes; none where there is none any more.
    tracks: HashMap<TrackId, Option<Arc<Track>>>,
    /// Hashes of tuples that were judged and stored, newer and older: nine of ten come again.
    judged: [Hashes; 2],
    hasher: RandomState,
    scratch: Scratch,
}

/// What one batch says: hits to be kept before it is stored.
#[derive(Debug, Default)]
pub struct Judged {
    /// What was found.
    pub hits: Vec<Hit>,
    tuples: Hashes,
}

/// Hashes, which need no other hashing than what spreads them.
type Hashes = HashSet<u64, FixedState>;

impl Watch {
    /// All Tracks of a knowledge base.
    pub fn open(knowledge: &Knowledge) -> Result<Watch, Error> {
        let mut watch = Watch::default();
        watch.refresh(knowledge)?;
        Ok(watch)
    }

    /// How many Tracks stand.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether none stands.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Tracks that stand idle: their queries cannot be read, or found no room among those that are asked of every
    /// record.
    pub fn idle(&self) -> &[TrackId] {
        &self.idle
    }

    /// Takes up Tracks that were added since. Removed ones go when they match the next time.
    pub fn refresh(&mut self, knowledge: &Knowledge) -> Result<(), Error> {
        let stamp = knowledge.store.read(store::track::stamp)?;
        if stamp == self.stamp {
            return Ok(());
        }
        let mut after = self.newest.map(earlier);
        let mut added: Vec<(TrackId, TrackQuery)> = Vec::new();
        loop {
            let page = knowledge.store.read(|tx| store::track::all(tx, after, PAGE))?;
            for track in &page {
                match TrackQuery::parse(&track.query) {
                    _ if self.index.query(track.id).is_some() => {}
                    Ok(query) => added.push((track.id, query)),
                    Err(_) => self.idle.push(track.id),
                }
            }
            after = page.last().map(|track| track.id).or(after);
            if page.len() < PAGE as usize {
                break;
            }
        }
        self.newest = self.newest.max(after);
        self.idle.extend(self.index.extend(added));
        self.index.tidy();
        self.judged.iter_mut().for_each(Hashes::clear);
        self.tracks.clear();
        self.stamp = stamp;
        Ok(())
    }

    /// Judges a batch, keeps its hits, stores it: in this order.
    pub fn append(
        &mut self,
        store: &Store,
        suffixes: &SuffixList,
        knowledge: &Knowledge,
        batch: Batch,
    ) -> Result<(Appended, Vec<Hit>), Error> {
        self.refresh(knowledge)?;
        let judged = self.judge(store, suffixes, knowledge, &batch)?;
        let hits = keep(knowledge, &judged)?;
        let appended = store.append(batch)?;
        self.settle(judged);
        Ok((appended, hits))
    }

    /// What a batch says, beside what is known before it; nothing is changed but memories of this process.
    pub fn judge(
        &mut self,
        store: &Store,
        suffixes: &SuffixList,
        knowledge: &Knowledge,
        batch: &Batch,
    ) -> Result<Judged, Error> {
        if self.index.is_empty() {
            return Ok(Judged::default());
        }
        let registrations = self.registrations(knowledge, batch)?;
        let (tuples, sightings) = self.sightings(suffixes, batch);
        let mut judged = Judged { hits: Vec::new(), tuples };
        if registrations.is_empty() && sightings.is_empty() {
            return Ok(judged);
        }
        let (snapshot, sources) = (store.snapshot(), store.sources().iter().map(|source| source.id).collect());
        let readers = knowledge.store.read(|tx| Readers::read(tx, sources))?;
        let mut court = Court {
            knowledge,
            snapshot,
            readers,
            readable: HashMap::new(),
            tracks: &mut self.tracks,
            source: batch.source,
            now: batch.arrived,
            past: HashMap::new(),
            hits: Vec::new(),
        };
        for (record, ids) in registrations {
            court.registration(&self.index, &mut self.scratch, record, ids)?;
        }
        for (observation, record, ids) in sightings {
            court.sighting(&self.index, observation, record, ids)?;
        }
        judged.hits = court.hits;
        for (gone, _) in self.tracks.iter().filter(|(_, track)| track.is_none()) {
            self.index.remove(*gone);
        }
        Ok(judged)
    }

    /// Remembers that a judged batch is stored.
    pub fn settle(&mut self, judged: Judged) {
        let [newer, older] = &mut self.judged;
        if newer.len() + judged.tuples.len() > JUDGED_MAX {
            *older = std::mem::take(newer);
        }
        newer.extend(judged.tuples.into_iter().take(JUDGED_MAX));
        self.index.tidy();
    }

    /// Registrations that a Track is true of, or of whose domain one was true before.
    fn registrations(&mut self, knowledge: &Knowledge, batch: &Batch) -> Result<Vec<(Arriving, Vec<TrackId>)>, Error> {
        let domains: Vec<Name> = batch.registrations.iter().map(|record| record.domain.clone()).collect();
        let before = match domains.is_empty() {
            true => Default::default(),
            false => knowledge.store.read(|tx| store::track::found_before(tx, &domains))?,
        };
        let mut found = Vec::new();
        for record in batch.registrations.iter().filter(|record| record.registration.state.is_answer()) {
            let arriving = Arriving::registration(&record.domain, &record.registration, record.observed);
            let ids = self.index.perhaps_matching(&arriving, &mut self.scratch);
            if !ids.is_empty() || before.contains(&record.domain) {
                found.push((arriving, ids));
            }
        }
        Ok(found)
    }

    /// Tuples that a Track is true of, and the hashes of all that were not judged before.
    fn sightings<'b>(&mut self, suffixes: &SuffixList, batch: &'b Batch) -> (Hashes, Vec<Sighted<'b>>) {
        let (mut tuples, mut found) = (Hashes::default(), Vec::new());
        for observation in &batch.observations {
            let tuple = &observation.tuple;
            let hash = self.hasher.hash_one((batch.source, &tuple.rrname, tuple.rrtype, &tuple.rdata));
            if self.judged.iter().any(|judged| judged.contains(&hash)) || !tuples.insert(hash) {
                continue;
            }
            if !self.index.may_match(tuple, &mut self.scratch) {
                continue;
            }
            let domain = suffixes.registrable(&tuple.rrname).map_or_else(|| tuple.rrname.clone(), |found| found.domain);
            let arriving = Arriving::dns(&domain, tuple, observation.span.first());
            let ids = self.index.perhaps_matching(&arriving, &mut self.scratch);
            if !ids.is_empty() {
                found.push((observation, arriving, ids));
            }
        }
        (tuples, found)
    }
}

/// Keeps hits; those that were kept before are left out of the answer.
pub fn keep(knowledge: &Knowledge, judged: &Judged) -> Result<Vec<Hit>, Error> {
    if judged.hits.is_empty() {
        return Ok(Vec::new());
    }
    let added: std::collections::HashSet<_> =
        knowledge.store.write(|tx| store::track::add_hits(tx, &judged.hits))?.into_iter().collect();
    Ok(judged.hits.iter().filter(|hit| added.contains(&hit.id)).cloned().collect())
}

/// An identifier that was made some time before.
fn earlier(id: TrackId) -> TrackId {
    let number = u128::from_be_bytes(id.0.0) >> 80; // milliseconds (RFC 9562 §5.7)
    let before = number.saturating_sub(OVERLAP as u128 * 1000) << 80;
    TrackId(model::Id(before.to_be_bytes()))
}

/// What owners may read.
pub(super) struct Readers {
    all: Vec<SourceId>,
    restricted: BTreeMap<SourceId, Vec<OwnerId>>,
}

impl Readers {
    pub(super) fn read(tx: &mut Tx<'_>, all: Vec<SourceId>) -> Result<Readers, Error> {
        Ok(Readers { all, restricted: store::reader::restricted(tx)? })
    }

    /// Whether members of an owner may read a source.
    pub(super) fn allows(&self, owner: OwnerId, source: SourceId) -> bool {
        self.restricted.get(&source).is_none_or(|owners| owners.contains(&owner))
    }

    /// All sources that members of an owner may read.
    pub(super) fn of(&self, owner: OwnerId) -> Readable {
        Readable::Only(self.all.iter().copied().filter(|source| self.allows(owner, *source)).collect())
    }
}

/// An observation as a record, with the Tracks that are true of it.
type Sighted<'b> = (&'b Observation, Arriving, Vec<TrackId>);

/// One batch being judged.
struct Court<'a> {
    knowledge: &'a Knowledge,
    snapshot: Snapshot,
    readers: Readers,
    /// What members of owners may read.
    readable: HashMap<OwnerId, Readable>,
    /// Tracks that were read; none where there is none any more.
    tracks: &'a mut HashMap<TrackId, Option<Arc<Track>>>,
    source: SourceId,
    now: Time,
    /// What is known of domains, earlier records of the batch included.
    past: HashMap<Name, Vec<Past>>,
    hits: Vec<Hit>,
}

impl Court<'_> {
    fn registration(
        &mut self,
        index: &Index,
        scratch: &mut Scratch,
        record: Arriving,
        mut ids: Vec<TrackId>,
    ) -> Result<(), Error> {
        let version = judge::version_of(&record);
        let mut past = match self.past.remove(&record.domain) {
            Some(past) => past,
            None => history(&self.snapshot, &record.domain)?,
        };
        // What matched before and does not now is heard of too. A version that withholds hides what was stated before it.
        let mut newest: Vec<&Past> = past.iter().collect();
        newest.sort_by_key(|past| std::cmp::Reverse(past.last));
        for before in newest {
            ids.extend(index.perhaps_matching(&before.record, scratch));
            if Claim::of_record(&before.record).is_stated() {
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let Some((track, query)) = self.concerned(index, id, &record)? else { continue };
            let mut readable: Vec<&Past> =
                past.iter().filter(|past| self.readers.allows(track.owner, past.source)).collect();
            readable.sort_by_key(|past| (past.last, past.first));
            let record = self.novel(&track, query, &record)?;
            if let Some(kind) = judge::registration(query, &record, version, &readable) {
                let before =
                    readable.iter().rev().filter(|past| query.matches(&past.record)).find(|_| kind == HitKind::Left);
                let matched = query.matched(before.map_or(&record, |before| &before.record));
                let hit = self.hit(&track, &record, kind, version, matched);
                self.hits.push(hit);
            }
        }
        past.push(Past { source: self.source, version, first: record.at, last: record.at, record });
        self.past.extend(past.last().map(|last| last.record.domain.clone()).map(|domain| (domain, past)));
        Ok(())
    }

    fn sighting(
        &mut self,
        index: &Index,
        observation: &Observation,
        record: Arriving,
        ids: Vec<TrackId>,
    ) -> Result<(), Error> {
        let version = judge::version_of_tuple(&observation.tuple);
        for id in ids {
            let Some((track, query)) = self.concerned(index, id, &record)? else { continue };
            let record = self.novel(&track, query, &record)?;
            if !query.matches(&record) {
                continue;
            }
            let (readers, owner) = (&self.readers, track.owner);
            let readable = self.readable.entry(owner).or_insert_with(|| readers.of(owner));
            let known = self.snapshot.novelty(std::slice::from_ref(observation), readable)?;
            if known.first() == Some(&Novelty::New) {
                let hit = self.hit(&track, &record, HitKind::Dns, version, query.matched(&record));
                self.hits.push(hit);
            }
        }
        Ok(())
    }

    /// A Track with its query, where it may hear of this record.
    fn concerned<'i>(
        &mut self,
        index: &'i Index,
        id: TrackId,
        record: &Arriving,
    ) -> Result<Option<(Arc<Track>, &'i TrackQuery)>, Error> {
        if !self.tracks.contains_key(&id) {
            let track = self.knowledge.store.read(|tx| store::track::for_judging(tx, id))?;
            self.tracks.insert(id, track.map(Arc::new));
        }
        let track = self.tracks.get(&id).cloned().flatten().filter(|track| self.concerns(track, record));
        Ok(track.zip(index.query(id)))
    }

    /// Whether a Track may hear of a record at all.
    fn concerns(&self, track: &Track, record: &Arriving) -> bool {
        self.readers.allows(track.owner, self.source)
            && track.expires.is_none_or(|end| end > self.now)
            && !track.exclusions.iter().any(|excluded| record.domain.is_within(excluded))
    }

    /// The record with the answer to whether its domain is new to the Track's owner, where that is asked.
    fn novel(&self, track: &Track, query: &TrackQuery, record: &Arriving) -> Result<Arriving, Error> {
        let mut record = record.clone();
        if query.asks_novelty() {
            let readable = self.readers.of(track.owner);
            let seen = self.snapshot.dns(&Query::new(Subject::Within(record.domain.clone()), readable.clone(), 1))?;
            record.first_seen_here =
                seen.rows.is_empty() && self.snapshot.registrations(&record.domain, &readable)?.is_empty();
        }
        Ok(record)
    }

    fn hit(
        &self,
        track: &Track,
        record: &Arriving,
        kind: HitKind,
        version: [u8; 16],
        matched: Vec<model::track::Matched>,
    ) -> Hit {
        Hit {
            id: judge::hit_id(track.id, &record.domain, kind, version),
            track: track.id,
            owner: track.owner,
            domain: record.domain.clone(),
            kind,
            version,
            matched,
            source: self.source,
            observed: record.at,
            found: self.now,
            triage: if track.muted { Triage::Ignored } else { Triage::New },
            note: None,
            place: 0,
        }
    }
}

/// Every known version of a domain's registration that says something of it.
pub(super) fn history(snapshot: &Snapshot, domain: &Name) -> Result<Vec<Past>, Error> {
    let versions = snapshot.registrations(domain, &Readable::All)?;
    let answers = versions.into_iter().filter(|version| version.registration.state.is_answer());
    Ok(answers.map(past).collect())
}

/// A stored version, taken apart.
pub(super) fn past(version: observations::Version) -> Past {
    let (first, last) = (version.seen.span.first(), version.seen.span.last());
    let record = Arriving::registration(&version.domain, &version.registration, last);
    Past { source: version.source, version: judge::version_of(&record), first, last, record }
}
