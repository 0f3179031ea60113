//! One run of a feed, in the transaction that it is.

use std::{collections::BTreeSet, sync::Arc};

use formats::list::Taken;
use model::{Actor, FeedRunId, IndicatorId, Provenance, Time, WritableOwner, provenance::Origin};
use store::{
    Tx,
    audit::Detail,
    feed::{Ended, Feed, Held, Run},
    fresh,
};

use super::{Content, REMOVED, RETRY, change, owner, system, write_down};
use crate::{
    error::Error,
    knowledge::{
        import::{self, Defaults, Offered, Request},
        label::{Matcher, Screen},
    },
};

/// The most runs that a history keeps.
const RUNS_MAX: u32 = 1_000;
/// Lists up to this size may change as they like.
const JUMP_MIN: u64 = 100;
/// How many new values of a held list are shown.
const SAMPLE_MAX: usize = 20;
/// Confidence is renewed where the last time is longer ago, in seconds.
const RENEWED_EVERY: i64 = 86_400;
/// Why a value does not hold any more.
const GONE: &str = "withdrawn: gone from the list";

/// One run.
pub(super) struct Work<'a, 'c> {
    pub(super) tx: &'a mut Tx<'c>,
    pub(super) actor: Actor,
    pub(super) keeper: WritableOwner,
    pub(super) screen: Screen,
    pub(super) feed: Feed,
    pub(super) now: Time,
}

impl<'a, 'c> Work<'a, 'c> {
    /// Of a feed that is still as the caller saw it.
    pub(super) fn begin(
        tx: &'a mut Tx<'c>,
        seen: &Feed,
        matcher: &Arc<Matcher>,
        now: Time,
    ) -> Result<Work<'a, 'c>, Error> {
        // A list may be long, and some statements are about everything that the feed holds.
        tx.unlimited()?;
        let feed = store::feed::by_id(tx, seen.id)?.ok_or(Error::NotFound)?;
        if feed.revision != seen.revision {
            return Err(Error::Stale);
        }
        let actor = system(&feed);
        let screen = Screen::new(tx, Arc::clone(matcher), &actor, feed.owner)?;
        let keeper = actor.may_write(&owner(tx, &actor, feed.owner)?)?;
        Ok(Work { tx, actor, keeper, screen, feed, now })
    }

    pub(super) fn failed(&mut self, why: &str) -> Run {
        self.feed.state.failures = self.feed.state.failures.saturating_add(1);
        self.feed.state.failure = Some(why.to_owned());
        Run { detail: why.to_owned(), ..self.run(Ended::Failed) }
    }

    pub(super) fn unchanged(&mut self, detail: &str) -> Result<Run, Error> {
        self.answered();
        let renewed = self.renew()?;
        let listed = self.feed.state.size;
        Ok(Run { listed, renewed, detail: detail.to_owned(), ..self.run(Ended::Unchanged) })
    }

    pub(super) fn content(&mut self, content: &Content, taken: &Taken) -> Result<Run, Error> {
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
            return self.hold(why, digest, content, taken, &listed, &active);
        }
        let mut run = self.take(taken, &listed, &gone)?;
        self.answered();
        let state = &mut self.feed.state;
        (state.digest, state.size) = (Some(digest), size);
        (state.etag, state.last_modified) = (content.etag.clone(), content.last_modified.clone());
        (state.held, state.dropped, state.accepted) = (None, None, false);
        store::feed::keep_held(self.tx, &self.keeper, &self.feed, [])?;
        let state = &mut self.feed.state;
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
        content: &Content,
        taken: &Taken,
        listed: &BTreeSet<IndicatorId>,
        active: &BTreeSet<IndicatorId>,
    ) -> Result<Run, Error> {
        let same = self.feed.state.held.as_ref().is_some_and(|held| held.digest == digest);
        if !same || !store::feed::keeps_held(self.tx, self.feed.id)? {
            store::feed::keep_held(self.tx, &self.keeper, &self.feed, content.all())?;
        }
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
            etag: content.etag.clone(),
            last_modified: content.last_modified.clone(),
        });
        Ok(Run { listed: size, detail: why, ..self.run(Ended::Held) })
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

    /// Writes down the run, and when the next one is; the feed as it is then.
    pub(super) fn end(mut self, run: &Run) -> Result<Feed, Error> {
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
        Ok(self.feed)
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
