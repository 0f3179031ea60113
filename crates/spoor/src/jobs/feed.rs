//! Feeds: those that are due are fetched and taken in.

use std::{sync::atomic::Ordering, time::Duration};

use collect::{Collector, List, Outcome, Permit, Validators};
use engine::knowledge::feed::{Content, Fetched, further};
use model::{Pap, Time};
use store::feed::{Feed, Run};

use crate::http::app::App;

/// How often it is looked whether a feed is due.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// So many feeds are taken at a time, so that another server has some too.
const TAKEN_MAX: u32 = 4;

/// Fetches lists for somebody.
#[derive(Clone)]
pub(crate) struct Fetcher {
    pub(crate) collector: Collector,
    /// Who may learn of it.
    pub(crate) pap: Pap,
    /// For whom, as the exposure ledger names them.
    pub(crate) actor: String,
}

impl Fetcher {
    /// Asks for a feed's list, and for what belongs to it. Whatever happens is a fact for the feed's history.
    pub(crate) async fn fetch(&self, feed: &Feed, now: Time) -> Fetched {
        let (etag, last_modified) = (feed.state.etag.clone(), feed.state.last_modified.clone());
        let (octets, validators) = match self.ask(feed, &feed.url, &Validators { etag, last_modified }, now).await {
            Ok(List::Unchanged) => return Fetched::Unchanged,
            Ok(List::Content { octets, validators }) => (octets, validators),
            Err(fetched) => return fetched,
        };
        let links = match further(&feed.settings, &feed.url, &octets) {
            Ok(links) => links,
            Err(why) => return Fetched::Failed(why),
        };
        let mut parts = Vec::new();
        for link in links {
            match self.ask(feed, &link, &Validators::default(), now).await {
                Ok(List::Content { octets, .. }) => parts.push(octets),
                Ok(List::Unchanged) => return Fetched::Failed(format!("{link}: nothing was sent")),
                Err(Fetched::Failed(why)) => return Fetched::Failed(format!("{link}: {why}")),
                Err(fetched) => return fetched,
            }
        }
        let Validators { etag, last_modified } = validators;
        Fetched::Content(Content { octets, parts, etag, last_modified })
    }

    async fn ask(&self, feed: &Feed, url: &str, known: &Validators, now: Time) -> Result<List, Fetched> {
        let permit = Permit { pap: self.pap, actor: self.actor.clone(), reason: format!("feed {}", feed.name) };
        match self.collector.list(url, known, &permit, now).await {
            Outcome::Found(list) => Ok(list),
            Outcome::BudgetSpent { retry_after_seconds: seconds }
            | Outcome::Throttled { wait_seconds: Some(seconds) } => Err(Fetched::Later(seconds)),
            other => Err(Fetched::Failed(other.to_string())),
        }
    }
}

/// Runs feeds that are due, until the server stops. What is cut short by that is tried again after its lease.
pub(crate) async fn schedule(app: App, fetcher: Fetcher) {
    while !app.stopping.load(Ordering::Relaxed) {
        if let Err(error) = due(&app, &fetcher).await {
            tracing::warn!(error = format!("{error:#}"), "feeds could not be run; they are tried again");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn due(app: &App, fetcher: &Fetcher) -> anyhow::Result<()> {
    let taker = app.clone();
    let taken = tokio::task::spawn_blocking(move || taker.knowledge.take_due_feeds((taker.clock)(), TAKEN_MAX));
    for feed in taken.await?? {
        let fetched = fetcher.fetch(&feed, (app.clock)()).await;
        let (app, name) = (app.clone(), feed.name.clone());
        let applied = tokio::task::spawn_blocking(move || app.knowledge.apply_feed(&feed, &fetched, (app.clock)()));
        match applied.await? {
            Ok(Some(run)) => said(&name, &run),
            Ok(None) => tracing::info!(feed = name, "the feed's server wants to be left alone; it is asked later"),
            // Removed or changed while it was fetched.
            Err(engine::Error::NotFound | engine::Error::Stale) => tracing::info!(feed = name, "the feed has changed"),
            Err(error) => tracing::error!(feed = name, error = %error, "a feed could not be taken in"),
        }
    }
    Ok(())
}

fn said(name: &str, run: &Run) {
    let Run { outcome, listed, added, withdrawn, detail, .. } = run;
    tracing::info!(feed = name, outcome = ?outcome, listed, added, withdrawn, detail, "a feed was run");
}
