//! The lists of feeds, and what belongs to them.

use collect::{Collector, List, Outcome, Permit, Validators};
use engine::knowledge::feed::{Content, Fetched, further};
use model::{Pap, Time};
use store::feed::Feed;

/// Fetches lists for somebody.
#[derive(Clone)]
pub struct Fetcher {
    /// Who asks.
    pub collector: Collector,
    /// Who may learn of it.
    pub pap: Pap,
    /// For whom, as the exposure ledger names them.
    pub actor: String,
}

impl Fetcher {
    /// Asks for a feed's list, and for what belongs to it. Whatever happens is a fact for the feed's history.
    pub async fn fetch(&self, feed: &Feed, now: Time) -> Fetched {
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
