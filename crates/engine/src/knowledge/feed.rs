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
mod work;

use model::{Actor, FeedId, FeedRunId, Owner, OwnerId, OwnerKind, Time, WritableOwner, opinion::RATING_MAX};
use store::{
    Tx,
    audit::{self, Detail, Entry},
    feed::{Feed, Run, Settings, State},
    fresh,
};

use super::{Knowledge, owner};
use crate::error::Error;
use work::Work;

pub use content::{Content, EVENTS_MAX, further};

/// The shortest and longest time from one run to the next, in seconds.
pub const EVERY: std::ops::RangeInclusive<u32> = 60..=30 * 86_400;
/// A run that has begun and does not end is tried again after so many seconds.
const LEASE: i64 = 900;
/// The first wait after a failure, in seconds; doubles, and is never longer than the feed's own interval.
const RETRY: i64 = 300;
/// Failures in a row from which on there is a warning.
const FAILURES_WARN: u32 = 3;
/// Why a value does not hold any more whose feed is gone.
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

    /// Lets in what was held, exactly as it was kept, whatever its size; nothing is fetched.
    pub fn accept_feed(&self, actor: &Actor, id: FeedId, now: Time) -> Result<(Feed, Run), Error> {
        let (seen, parts) = self.store.read(|tx| {
            let feed = one(tx, actor, id)?;
            keeper(tx, actor, &feed)?;
            let parts = store::feed::held(tx, id)?;
            Ok::<_, Error>((feed, parts))
        })?;
        let held = seen.state.held.as_ref().ok_or_else(nothing_held)?;
        let lost = || Error::Conflict("what was held was not kept; drop it and let the feed run again".into());
        let content = Content::kept(parts, held).ok_or_else(lost)?;
        let taken = content.read(&seen.settings).map_err(Error::Conflict)?;
        let matcher = self.store.read(|tx| self.labels.current(tx))?;
        self.store.write(|tx| {
            let mut work = Work::begin(tx, &seen, &matcher, now)?;
            work.feed.state.held = None;
            work.feed.state.accepted = true;
            let run = work.content(&content, &taken)?;
            let feed = work.end(&run)?;
            write_down(tx, actor, "feed.accept", &feed, Detail::default(), now)?;
            Ok((feed, run))
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
            let mut work = Work::begin(tx, seen, &matcher, now)?;
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
            let keeper = keeper(tx, actor, &feed)?;
            decide(&mut feed)?;
            if feed.state.held.is_none() {
                store::feed::keep_held(tx, &keeper, &feed, [])?;
            }
            change(tx, &mut feed)?;
            write_down(tx, actor, action, &feed, Detail::default(), now)?;
            Ok(feed)
        })
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
