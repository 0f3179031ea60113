//! Feeds: lists that are fetched again and again. What stands on them is held, what is gone from them is withdrawn.
//!
//! A feed has an owner of its own, which everybody may read, so a list never mixes with what the team itself believes.
//! Its rows come in through the same rules as any import ([`super::import`]); beyond that:
//!
//! - **Present**: its confidence is renewed, at most once a day, by one statement for all.
//! - **Gone**: it is withdrawn (no longer active, with the reason), and holds again when it is listed again.
//! - **A jump**: a list that grew or shrank by more than its factor, or lost everything, is held for a person: half of
//!   a file, a page of errors and a poisoned list look like this. Nothing of it is taken until somebody says so.
//! - **Use**: no row gets further than the feed's own setting: an outsider does not decide what is blocked here.
//!
//! A run is one transaction, and what is fetched comes in as an argument. A run names the revision of the feed that it
//! began with, so of two that overlap one ends without an effect.

mod content;

use std::collections::BTreeSet;

use formats::list::Taken;
use model::{
    Actor, FeedId, FeedRunId, IndicatorId, Owner, OwnerId, OwnerKind, Provenance, Time, WritableOwner,
    opinion::RATING_MAX, provenance::Origin,
};
use sha2::{Digest, Sha256};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    feed::{Ended, Feed, Held, Run, Settings, State},
    fresh,
};

use super::{
    Knowledge,
    import::{self, Defaults, Offered, Request},
    label::Screen,
    owner,
};
use crate::error::Error;

pub use content::{Content, EVENTS_MAX, further};

/// The most runs that a history keeps.
pub const RUNS_MAX: u32 = 1_000;
/// The shortest and longest time from one run to the next, in seconds.
pub const EVERY: std::ops::RangeInclusive<u32> = 60..=30 * 86_400;
/// Lists up to this size may change as they like.
const JUMP_MIN: u64 = 100;
/// How many new values of a held list are shown.
const SAMPLE_MAX: usize = 20;
/// Confidence is renewed where the last time is longer ago, in seconds.
const RENEWED_EVERY: i64 = 86_400;
/// A run that has begun and does not end is tried again after so many seconds.
const LEASE: i64 = 900;
/// The first wait after a failure, in seconds; doubles, and is never longer than the feed's own interval.
const RETRY: i64 = 300;
/// Failures in a row from which on there is a warning.
const FAILURES_WARN: u32 = 3;
/// Why a value does not hold any more.
const GONE: &str = "withdrawn: gone from the list";
/// The same where the feed itself is gone.
const REMOVED: &str = "withdrawn: the feed was removed";

/// What came of asking for a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// It is as it was (RFC 9110 §15.4.5).
    Unchanged,
    /// This is it.
    Content(Content),
    /// There was no answer; why.
    Failed(String),
    /// It was not asked for, or the server wants to be left alone: so many seconds.
    Later(u32),
}

impl Knowledge {
    /// Adds a feed under an owner of that name, which everybody may read. Its first run is due at once.
    pub fn add_feed(
        &self,
        actor: &Actor,
        name: &str,
        url: &str,
        settings: &Settings,
        now: Time,
    ) -> Result<Feed, Error> {
        actor.may_administer()?;
        check(url, settings)?;
        self.store.write(|tx| {
            let owner = own_owner(tx, name, settings, now)?;
            let feed = Feed {
                id: FeedId(fresh::id(now)),
                owner: owner.id,
                name: owner.name.clone(),
                url: url.to_owned(),
                settings: settings.clone(),
                state: State { since: now, ..State::default() },
                next_due: Some(now),
                revision: 1,
            };
            store::feed::add(tx, &system(&feed).may_write(&owner)?, &feed)?;
            let detail = Detail::default().with("name", feed.name.as_str()).with("url", shown_url(url));
            write_down(tx, actor, "feed.add", &feed, detail, now)?;
            Ok(feed)
        })
    }

    /// Feeds of readable owners, after one.
    pub fn feeds(&self, actor: &Actor, after: Option<FeedId>, limit: u32) -> Result<Vec<Feed>, Error> {
        self.store.read(|tx| Ok(store::feed::list(tx, &actor.readable(), after, limit)?))
    }

    /// One feed.
    pub fn feed(&self, actor: &Actor, id: FeedId) -> Result<Feed, Error> {
        self.store.read(|tx| one(tx, actor, id))
    }

    /// Runs of a feed, the newest first, before one.
    pub fn feed_runs(
        &self,
        actor: &Actor,
        id: FeedId,
        before: Option<FeedRunId>,
        limit: u32,
    ) -> Result<Vec<Run>, Error> {
        self.store.read(|tx| {
            one(tx, actor, id)?;
            Ok(store::feed::runs(tx, id, before, limit)?)
        })
    }

    /// Decides anew what holds for a feed that is still as the caller saw it.
    pub fn set_feed(
        &self,
        actor: &Actor,
        id: FeedId,
        revision: i64,
        settings: &Settings,
        now: Time,
    ) -> Result<Feed, Error> {
        self.decide(actor, id, "feed.change", now, |feed| {
            check(&feed.url, settings)?;
            if feed.revision != revision {
                return Err(Error::Stale);
            }
            // Another form or mapping reads the same content differently.
            feed.settings = settings.clone();
            (feed.state.etag, feed.state.last_modified, feed.state.digest) = (None, None, None);
            Ok(())
        })
    }

    /// Lets the next run begin now.
    pub fn run_feed_soon(&self, actor: &Actor, id: FeedId, now: Time) -> Result<Feed, Error> {
        self.decide(actor, id, "feed.run", now, |feed| {
            feed.next_due = Some(now);
            Ok(())
        })
    }

    /// Lets a list in that was held: the next run, now, takes what it finds whatever its size.
    pub fn accept_feed(&self, actor: &Actor, id: FeedId, now: Time) -> Result<Feed, Error> {
        self.decide(actor, id, "feed.accept", now, |feed| {
            feed.state.held.take().ok_or_else(nothing_held)?;
            feed.state.accepted = true;
            feed.next_due = Some(now);
            Ok(())
        })
    }

    /// Turns away a list that was held: this very content is not asked about again.
    pub fn drop_feed(&self, actor: &Actor, id: FeedId, now: Time) -> Result<Feed, Error> {
        self.decide(actor, id, "feed.drop", now, |feed| {
            let held = feed.state.held.take().ok_or_else(nothing_held)?;
            feed.state.dropped = Some(held.digest);
            Ok(())
        })
    }

    /// Takes a feed away: what it holds is withdrawn, its owner stays.
    pub fn remove_feed(&self, actor: &Actor, id: FeedId, now: Time) -> Result<u64, Error> {
        self.store.write(|tx| {
            let feed = one(tx, actor, id)?;
            let keeper = keeper(tx, actor, &feed)?;
            let active = store::feed::active(tx, feed.owner)?;
            let withdrawn = store::feed::withdraw(tx, &keeper, &active, REMOVED, now)?;
            store::feed::remove(tx, &keeper, &feed)?;
            let detail = Detail::default().with("name", feed.name.as_str()).with("withdrawn", withdrawn);
            write_down(tx, actor, "feed.remove", &feed, detail, now)?;
            Ok(withdrawn)
        })
    }

    /// Takes one feed to run it now, if the actor may.
    pub fn take_feed(&self, actor: &Actor, id: FeedId, now: Time) -> Result<Feed, Error> {
        self.decide(actor, id, "feed.run", now, |feed| {
            feed.next_due = Some(now.plus(LEASE));
            Ok(())
        })
    }

    /// Takes feeds that are due, so that nobody else takes them; each has to be given to [`Knowledge::apply_feed`].
    pub fn take_due_feeds(&self, now: Time, limit: u32) -> Result<Vec<Feed>, Error> {
        if self.store.read(|tx| store::feed::due(tx, now, 1))?.is_empty() {
            return Ok(Vec::new());
        }
        self.store.write(|tx| {
            let mut taken = Vec::new();
            for mut feed in store::feed::due(tx, now, limit)? {
                feed.next_due = Some(now.plus(LEASE));
                change(tx, &mut feed)?;
                taken.push(feed);
            }
            Ok(taken)
        })
    }

    /// When the next feed is due.
    pub fn next_feed_due(&self) -> Result<Option<Time>, Error> {
        Ok(self.store.read(store::feed::next)?)
    }

    /// Takes in what was fetched for a feed, all of it or nothing. None where nothing was asked: it is due later.
    pub fn apply_feed(&self, seen: &Feed, fetched: &Fetched, now: Time) -> Result<Option<Run>, Error> {
        let read = match fetched {
            Fetched::Content(content) => Some(content.read(&seen.settings)),
            _ => None,
        };
        let matcher = self.store.read(|tx| self.labels.current(tx))?;
        self.store.write(|tx| {
            let feed = store::feed::by_id(tx, seen.id)?.ok_or(Error::NotFound)?;
            if feed.revision != seen.revision {
                return Err(Error::Stale);
            }
            let actor = system(&feed);
            let owner = owner(tx, &actor, feed.owner)?;
            let screen = Screen::new(tx, std::sync::Arc::clone(&matcher), &actor, feed.owner)?;
            let keeper = actor.may_write(&owner)?;
            let mut work = Work { tx, actor, keeper, screen, feed, now };
            let run = match (fetched, &read) {
                (Fetched::Later(seconds), _) => {
                    work.feed.next_due = Some(now.plus(i64::from(*seconds).max(RETRY)));
                    change(work.tx, &mut work.feed)?;
                    return Ok(None);
                }
                (Fetched::Failed(why), _) => work.failed(why),
                (Fetched::Content(content), Some(Ok(taken))) => work.content(content, taken)?,
                (Fetched::Content(_), Some(Err(why))) => work.failed(why),
                (Fetched::Unchanged | Fetched::Content(_), _) => work.unchanged("")?,
            };
            work.end(&run)?;
            Ok(Some(run))
        })
    }

    fn decide(
        &self,
        actor: &Actor,
        id: FeedId,
        action: &'static str,
        now: Time,
        decide: impl Fn(&mut Feed) -> Result<(), Error>,
    ) -> Result<Feed, Error> {
        self.store.write(|tx| {
            let mut feed = one(tx, actor, id)?;
            keeper(tx, actor, &feed)?;
            decide(&mut feed)?;
            change(tx, &mut feed)?;
            write_down(tx, actor, action, &feed, Detail::default(), now)?;
            Ok(feed)
        })
    }
}

/// One run.
struct Work<'a, 'c> {
    tx: &'a mut Tx<'c>,
    actor: Actor,
    keeper: WritableOwner,
    screen: Screen,
    feed: Feed,
    now: Time,
}

impl Work<'_, '_> {
    fn failed(&mut self, why: &str) -> Run {
        self.feed.state.failures = self.feed.state.failures.saturating_add(1);
        self.feed.state.failure = Some(why.to_owned());
        Run { detail: why.to_owned(), ..self.run(Ended::Failed) }
    }

    fn unchanged(&mut self, detail: &str) -> Result<Run, Error> {
        self.answered();
        let renewed = self.renew()?;
        let listed = self.feed.state.size;
        Ok(Run { listed, renewed, detail: detail.to_owned(), ..self.run(Ended::Unchanged) })
    }

    fn content(&mut self, content: &Content, taken: &Taken) -> Result<Run, Error> {
        let digest = content.digest();
        let state = &self.feed.state;
        if state.digest.as_ref() == Some(&digest) {
            return self.unchanged("");
        }
        let refused = (taken.refused.len() + taken.refused_more) as u64;
        if taken.stated.is_empty() && (refused > 0 || !taken.remarks.is_empty()) {
            return Ok(Run { refused, ..self.failed("nothing in the answer is a value") });
        }
        let listed: BTreeSet<IndicatorId> =
            taken.stated.iter().map(|stated| store::indicator::id(&stated.indicator)).collect();
        let active: BTreeSet<IndicatorId> = store::feed::active(self.tx, self.feed.owner)?.into_iter().collect();
        let gone: Vec<IndicatorId> = active.difference(&listed).copied().collect();
        let size = listed.len() as u64;
        let state = &self.feed.state;
        if let Some(why) = jump(state.size, size, self.feed.settings.hold_factor).filter(|_| !state.accepted) {
            self.answered();
            if self.feed.state.dropped.as_ref() == Some(&digest) {
                let detail = "this content was dropped by a person".to_owned();
                return Ok(Run { listed: size, detail, ..self.run(Ended::Unchanged) });
            }
            return Ok(self.hold(why, digest, taken, &listed, &active));
        }
        let mut run = self.take(taken, &listed, &gone)?;
        self.answered();
        let state = &mut self.feed.state;
        (state.digest, state.size) = (Some(digest), size);
        (state.etag, state.last_modified) = (content.etag.clone(), content.last_modified.clone());
        (state.held, state.dropped, state.accepted) = (None, None, false);
        state.last_change = Some(self.now);
        run.listed = size;
        run.refused += refused;
        Ok(run)
    }

    /// The rows come in, what is gone is withdrawn, what is listed again holds again, what is there is renewed.
    fn take(&mut self, taken: &Taken, listed: &BTreeSet<IndicatorId>, gone: &[IndicatorId]) -> Result<Run, Error> {
        let withdrawn = store::feed::withdraw(self.tx, &self.keeper, gone, GONE, self.now)?;
        let mut back = Vec::new();
        for why in [GONE, REMOVED] {
            let ended = store::feed::ended(self.tx, self.feed.owner, why)?;
            back.extend(ended.into_iter().filter(|id| listed.contains(id)));
        }
        let back = store::feed::bring_back(self.tx, &self.keeper, &back, self.now)?;
        let request = self.request(taken);
        let done = import::bring_in(self.tx, &self.actor, &self.keeper.addable(), &request, &self.screen, self.now)?;
        let renewed = self.renew()?;
        let detail = match done.refused.first() {
            Some(first) => format!("{} changed; refused: {} {}", done.changed, first.indicator.defanged(), first.why),
            None => format!("{} changed", done.changed),
        };
        let refused = done.refused.len() as u64;
        Ok(Run { added: done.added + back, renewed, withdrawn, refused, detail, ..self.run(Ended::Taken) })
    }

    fn request(&self, taken: &Taken) -> Request {
        let settings = &self.feed.settings;
        let provenance = Provenance::plain(Origin::Feed, Some(self.feed.name.clone()));
        let offered = |stated: &formats::list::Stated| {
            let mut stated = stated.clone();
            stated.usage = stated.usage.map(|usage| usage.min(settings.usage));
            Offered { stated, provenance: provenance.clone() }
        };
        let defaults = Defaults {
            rating: settings.rating,
            confidence: settings.confidence,
            usage: settings.usage,
            tlp: Some(settings.tlp),
            tags: settings.tags.clone(),
            ..Defaults::default()
        };
        let rows = taken.stated.iter().map(offered).collect();
        Request { owner: self.feed.owner, origin: format!("feed {}", self.feed.name), defaults, rows }
    }

    fn hold(
        &mut self,
        why: String,
        digest: String,
        taken: &Taken,
        listed: &BTreeSet<IndicatorId>,
        active: &BTreeSet<IndicatorId>,
    ) -> Run {
        let new = taken.stated.iter().filter(|stated| !active.contains(&store::indicator::id(&stated.indicator)));
        let since = self.feed.state.held.as_ref().map_or(self.now, |held| held.since);
        let size = listed.len() as u64;
        self.feed.state.held = Some(Held {
            since,
            why: why.clone(),
            digest,
            size,
            added: listed.difference(active).count() as u64,
            withdrawn: active.difference(listed).count() as u64,
            sample: new.take(SAMPLE_MAX).map(|stated| stated.indicator.canonical()).collect(),
        });
        Run { listed: size, detail: why, ..self.run(Ended::Held) }
    }

    fn renew(&mut self) -> Result<u64, Error> {
        Ok(store::feed::renew(self.tx, &self.keeper, self.now.plus(-RENEWED_EVERY), self.now)?)
    }

    fn answered(&mut self) {
        let state = &mut self.feed.state;
        (state.failures, state.failure, state.last_answer) = (0, None, Some(self.now));
    }

    fn run(&self, outcome: Ended) -> Run {
        Run {
            id: FeedRunId(fresh::id(self.now)),
            feed: self.feed.id,
            time: self.now,
            outcome,
            listed: 0,
            added: 0,
            renewed: 0,
            withdrawn: 0,
            refused: 0,
            detail: String::new(),
        }
    }

    /// Writes down the run, and when the next one is.
    fn end(&mut self, run: &Run) -> Result<(), Error> {
        self.feed.state.last_run = Some(self.now);
        let every = i64::from(self.feed.settings.every);
        let wait = match self.feed.state.failures {
            0 => every,
            failures => every.min(RETRY << failures.saturating_sub(1).min(10)),
        };
        self.feed.next_due = Some(self.now.plus(wait));
        change(self.tx, &mut self.feed)?;
        store::feed::add_run(self.tx, run, RUNS_MAX)?;
        if matches!(run.outcome, Ended::Taken | Ended::Held) {
            let detail = Detail::default().with("listed", run.listed).with("added", run.added);
            let detail = detail.with("withdrawn", run.withdrawn).with("held", run.outcome == Ended::Held);
            write_down(self.tx, &self.actor, "feed.take", &self.feed, detail, self.now)?;
        }
        Ok(())
    }
}

/// Why a list of this size has to be looked at by a person.
fn jump(before: u64, after: u64, factor: u32) -> Option<String> {
    let factor = u64::from(factor);
    let far = after > before.saturating_mul(factor) || after.saturating_mul(factor) < before;
    match (before, after) {
        (0, _) => None,
        (_, 0) => Some(format!("the list is empty; it had {before} values")),
        _ if far && before.max(after) > JUMP_MIN => {
            Some(format!("the list has {after} values; it had {before}, and more than {factor} times is too much"))
        }
        _ => None,
    }
}

/// What somebody should know about a feed at `now`.
pub fn warning(feed: &Feed, now: Time) -> Option<String> {
    let (state, settings) = (&feed.state, &feed.settings);
    if let Some(held) = &state.held {
        return Some(format!("held for a person since {}: {}", held.since, held.why));
    }
    if state.failures >= FAILURES_WARN {
        let why = state.failure.as_deref().unwrap_or_default();
        return Some(format!("no answer {} times in a row: {why}", state.failures));
    }
    let long = i64::from(settings.every) * i64::from(settings.silent_after);
    let silent = |last: Option<Time>| now.0 - last.unwrap_or(state.since).0 > long;
    if silent(state.last_answer) {
        return Some(format!("silent: no answer since {}", state.last_answer.unwrap_or(state.since)));
    }
    silent(state.last_change).then(|| format!("silent: no change since {}", state.last_change.unwrap_or(state.since)))
}

/// A link without what may be secret in it.
pub fn shown_url(url: &str) -> String {
    match url.split_once('?') {
        Some((bare, _)) => format!("{bare}?…"),
        None => url.to_owned(),
    }
}

fn check(url: &str, settings: &Settings) -> Result<(), Error> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).filter(|authority| !authority.is_empty());
    let plain = !url.chars().any(|c| c.is_whitespace() || c.is_control()) && url.len() <= 2_000;
    if authority.is_none() || !plain {
        return Err(Error::invalid("url", "a link that begins with https:// or http://"));
    }
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(Error::invalid("url", "a link with a name and password in it would show them"));
    }
    if !EVERY.contains(&settings.every) {
        return Err(Error::invalid("every", format!("{} to {} seconds", EVERY.start(), EVERY.end())));
    }
    if settings.hold_factor < 2 || settings.silent_after < 1 {
        return Err(Error::invalid("holdFactor", "the factor is 2 or more, the intervals of silence 1 or more"));
    }
    if settings.rating.is_some_and(|rating| rating > RATING_MAX) || settings.confidence.is_some_and(|sure| sure > 100) {
        return Err(Error::invalid("rating", "a rating is 0 to 5, confidence 0 to 100"));
    }
    content::mapping(settings).map_err(|why| Error::invalid("mapping", why)).map(drop)
}

fn nothing_held() -> Error {
    Error::Conflict("nothing is held".into())
}

/// The feed itself, which does what nobody does by hand.
fn system(feed: &Feed) -> Actor {
    Actor::local(format!("feed {}", feed.name))
}

/// The owner of a feed to be added: one that a feed of this name left behind, or a new one.
fn own_owner(tx: &mut Tx<'_>, name: &str, settings: &Settings, now: Time) -> Result<Owner, Error> {
    let name = name.trim();
    if !(1..=100).contains(&name.chars().count()) {
        return Err(Error::invalid("name", "1 to 100 characters"));
    }
    match store::owner::by_name(tx, name)? {
        Some(owner) if owner.kind == OwnerKind::Feed => Ok(owner),
        Some(_) => Err(Error::Conflict(format!("there is an owner named `{name}` already, which is no feed's"))),
        None => {
            let owner = Owner {
                id: OwnerId(fresh::id(now)),
                name: name.to_owned(),
                kind: OwnerKind::Feed,
                reviewed: false,
                open: true,
                tlp: settings.tlp,
                revision: 1,
            };
            store::owner::add(tx, &owner, now)?;
            Ok(owner)
        }
    }
}

/// A feed that the actor may read; any other is not there.
fn one(tx: &mut Tx<'_>, actor: &Actor, id: FeedId) -> Result<Feed, Error> {
    let feed = store::feed::by_id(tx, id)?;
    feed.filter(|feed| actor.readable().allows(feed.owner)).ok_or(Error::NotFound)
}

/// Administrators keep feeds, and managers of their owners.
fn keeper(tx: &mut Tx<'_>, actor: &Actor, feed: &Feed) -> Result<WritableOwner, Error> {
    let owner = owner(tx, actor, feed.owner)?;
    match actor.may_administer() {
        Ok(_) => Ok(system(feed).may_write(&owner)?),
        Err(_) => Ok(actor.may_manage(&owner)?.writable()),
    }
}

/// Writes a feed and moves its revision.
fn change(tx: &mut Tx<'_>, feed: &mut Feed) -> Result<(), Error> {
    let actor = system(feed);
    let owner = owner(tx, &actor, feed.owner)?;
    if !store::feed::change(tx, &actor.may_write(&owner)?, feed)? {
        return Err(Error::Stale);
    }
    feed.revision += 1;
    Ok(())
}

fn write_down(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &'static str,
    feed: &Feed,
    detail: Detail,
    now: Time,
) -> Result<(), Error> {
    let object = Some(("feed", feed.id.0));
    audit::append(tx, &Entry { time: now, actor, action, object, owner: Some(feed.owner), detail })?;
    Ok(())
}

impl Content {
    /// SHA-256 of all of it.
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for part in std::iter::once(&self.octets).chain(&self.parts) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
