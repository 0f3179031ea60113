//! What is done without being asked: feeds that are due are fetched and taken in.

use std::{sync::atomic::Ordering, time::Duration};

use intake::{feed::Fetcher, first_seen::FirstSeen, live::Live};
use store::feed::Run;

use crate::app::App;

/// How often it is looked whether a feed is due.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// So many feeds are taken at a time, so that another server has some too.
const TAKEN_MAX: u32 = 4;

/// Runs feeds that are due, until the server stops. What is cut short by that is tried again after its lease.
pub async fn feeds(app: App, fetcher: Fetcher) {
    while !app.stopping.load(Ordering::Relaxed) {
        if let Err(error) = due(&app, &fetcher).await {
            tracing::warn!(error = format!("{error:#}"), "feeds could not be run; they are tried again");
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// How often it is looked whether sensors brought domains that nobody had seen.
const FIRST_SEEN_EVERY: Duration = Duration::from_secs(60);

/// Asks for the registrations of domains that sensors see for the first time, until the server stops.
pub fn first_seen(app: &App, mut domains: FirstSeen, live: &Live) {
    while !app.stopping.load(Ordering::Relaxed) {
        let asked = domains.round(&app.engine, live, (app.clock)(), &mut |line| {
            tracing::info!("first seen: {line}");
            Ok(())
        });
        if let Err(error) = asked {
            tracing::warn!(error = format!("{error:#}"), "registrations could not be asked for; it is tried again");
        }
        std::thread::sleep(FIRST_SEEN_EVERY);
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
