//! `spoor feed`: lists that are fetched again and again.

use anyhow::Context;
use clap::{Args, Subcommand};
use engine::{
    Knowledge,
    knowledge::feed::{shown_url, warning},
    quality::grouped,
};
use model::{Actor, IndicatorType, Time, Tlp, opinion::Use};
use store::feed::{Ended, Feed, Format, Run, Settings};

use crate::{
    exit::{Ending, misuse},
    output::{Output, Tone, table::Table},
    session::Session,
};

/// Feeds that are listed at most.
const FEEDS_MAX: u32 = 10_000;
/// Runs that are shown.
const RUNS_SHOWN: u32 = 20;
/// A week of silence warns, unless something else is said.
const SILENCE: u32 = 7 * 86_400;

/// What to do with feeds.
#[derive(Debug, Subcommand)]
pub(crate) enum Arguments {
    /// Add one; its values get an owner of their own, which every account may read
    Add(Box<Add>),
    /// List them
    List,
    /// Fetch those that are due, or one by its name now
    Run {
        /// Its name
        name: Option<String>,
    },
    /// One in detail, with its last runs and what is held
    Show {
        /// Its name
        name: String,
    },
    /// Let a list in that was held because its size jumped, and fetch it now
    Accept {
        /// Its name
        name: String,
    },
    /// Turn away a list that was held
    Drop {
        /// Its name
        name: String,
    },
    /// Take one away; what it holds is withdrawn
    Remove {
        /// Its name
        name: String,
    },
}

/// A feed to be added.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Where the list is: https:// or http://
    url: String,
    /// In which form it comes: plain, csv, misp or stix
    #[arg(long, value_parser = format)]
    format: Format,
    /// How often it is fetched: 15m, 1h, 1d
    #[arg(long, value_parser = seconds, default_value = "1h", value_name = "TIME")]
    every: u32,
    /// Its name, and its owner's [default: the link without its scheme]
    #[arg(long)]
    name: Option<String>,
    /// How bad a value is that says nothing of it: 0 to 5
    #[arg(long)]
    rating: Option<u8>,
    /// How sure: 0 to 100
    #[arg(long, default_value_t = 50)]
    confidence: u8,
    /// What defences may do with a value at most: context, alert or block
    #[arg(long = "use", default_value = "context")]
    usage: Use,
    /// How far a value may be shared that says nothing of it
    #[arg(long, default_value = "green")]
    tlp: Tlp,
    /// A tag for all values; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// The type of all values, where the list does not say
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<IndicatorType>,
    /// Which column of a table holds which field, by name or number: value=2; may be repeated
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    mapping: Vec<(String, String)>,
    /// A list that grows or shrinks by more than this factor is held for a person
    #[arg(long, default_value_t = 3, value_name = "FACTOR")]
    hold_factor: u32,
    /// Warn after so long without a change or an answer [default: 7d, and no less than three intervals]
    #[arg(long, value_parser = seconds, value_name = "TIME")]
    silence: Option<u32>,
}

fn format(text: &str) -> Result<Format, String> {
    serde_json::from_value(text.into()).map_err(|_| "plain, csv, misp or stix".to_owned())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("write FIELD=COLUMN, as in value=2")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

/// `90s`, `15m`, `1h`, `1d`.
fn seconds(text: &str) -> Result<u32, String> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        _ => return Err("write a number with s, m, h or d, as in 15m".into()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| "write a number before the unit, as in 15m")?;
    number.checked_mul(unit).ok_or_else(|| "too long".to_owned())
}

impl Add {
    fn settings(&self) -> Settings {
        let silence = self.silence.unwrap_or(SILENCE);
        Settings {
            format: self.format,
            every: self.every,
            rating: self.rating,
            confidence: Some(self.confidence),
            usage: self.usage,
            tlp: self.tlp,
            tags: self.tags.clone(),
            kind: self.kind,
            mapping: self.mapping.iter().cloned().collect(),
            hold_factor: self.hold_factor,
            silent_after: silence.div_ceil(self.every.max(1)).max(3),
        }
    }

    fn name(&self) -> String {
        let bare = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let bare = bare.split(['?', '#']).next().unwrap_or(bare);
        self.name.clone().unwrap_or_else(|| bare.chars().take(100).collect())
    }
}

/// What a feed command works with.
struct Work<'a> {
    session: &'a Session,
    knowledge: Knowledge,
    actor: Actor,
}

pub(crate) fn run(session: &Session, arguments: &Arguments, output: &mut Output) -> anyhow::Result<Ending> {
    let work = Work { session, knowledge: session.knowledge()?, actor: Actor::local(session.user()) };
    let ending = match arguments {
        Arguments::Add(add) => work.add(add, output)?,
        Arguments::List => work.list(output)?,
        Arguments::Run { name } => work.run(name.as_deref(), output)?,
        Arguments::Show { name } => work.show(&work.named(name)?, output)?,
        Arguments::Accept { name } => {
            let (feed, run) = work.knowledge.accept_feed(&work.actor, work.named(name)?.id, session.now())?;
            ran(&feed, &run, output)?;
            Ending::Found
        }
        Arguments::Drop { name } => {
            let feed = work.knowledge.drop_feed(&work.actor, work.named(name)?.id, session.now())?;
            work.written(&feed, "dropped what was held of", output)?
        }
        Arguments::Remove { name } => {
            let feed = work.named(name)?;
            let withdrawn = work.knowledge.remove_feed(&work.actor, feed.id, session.now())?;
            work.written(&feed, &format!("{} values withdrawn; removed", grouped(withdrawn)), output)?
        }
    };
    output.flush()?;
    Ok(ending)
}

impl Work<'_> {
    fn all(&self) -> anyhow::Result<Vec<Feed>> {
        Ok(self.knowledge.feeds(&self.actor, None, FEEDS_MAX)?)
    }

    fn named(&self, name: &str) -> anyhow::Result<Feed> {
        let same = |feed: &Feed| feed.name.to_lowercase() == name.trim().to_lowercase() || feed.id.to_string() == name;
        let found = self.all()?.into_iter().find(same);
        found.ok_or_else(|| misuse(format!("no feed `{name}`; `spoor feed list` shows all")))
    }

    fn add(&self, add: &Add, output: &mut Output) -> anyhow::Result<Ending> {
        let now = self.session.now();
        let feed = self.knowledge.add_feed(&self.actor, &add.name(), &add.url, &add.settings(), now)?;
        if add.url.starts_with("http://") {
            output.note("the link is not encrypted: whoever is in between can change the list")?;
        }
        if !self.session.fetches() {
            output.note("feeds are off: set `online.feeds = true`, or nothing is fetched")?;
        }
        self.written(&feed, "added", output)
    }

    fn written(&self, feed: &Feed, what: &str, output: &mut Output) -> anyhow::Result<Ending> {
        match output.is_json() {
            true => output.object(&object(feed, self.session.now()))?,
            false => output.line(&format!("{what} feed `{}`", feed.name))?,
        }
        Ok(Ending::Found)
    }

    fn list(&self, output: &mut Output) -> anyhow::Result<Ending> {
        let (feeds, now) = (self.all()?, self.session.now());
        let mut table = Table::new(&["feed", ">values", "last answer", "next", "state"]);
        for feed in &feeds {
            if output.is_json() {
                output.object(&object(feed, now))?;
                continue;
            }
            let (tone, state) = match warning(feed, now) {
                Some(warning) => (Tone::Strong, warning),
                None => (Tone::Plain, "in order".to_owned()),
            };
            table.row(vec![
                (Tone::Strong, feed.name.clone()),
                (Tone::Plain, grouped(feed.state.size)),
                (Tone::Plain, moment(feed.state.last_answer)),
                (Tone::Plain, moment(feed.next_due)),
                (tone, state),
            ]);
        }
        if !output.is_json() {
            table.write(output)?;
        }
        Ok(if feeds.is_empty() { Ending::Nothing } else { Ending::Found })
    }

    fn run(&self, name: Option<&str>, output: &mut Output) -> anyhow::Result<Ending> {
        let now = self.session.now();
        let feeds = match name {
            Some(name) => vec![self.knowledge.take_feed(&self.actor, self.named(name)?.id, now)?],
            None => self.knowledge.take_due_feeds(now, FEEDS_MAX)?,
        };
        if feeds.is_empty() {
            output.note("no feed is due")?;
            return Ok(Ending::Nothing);
        }
        let fetcher = self.session.fetcher(self.session.user())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("async runtime")?;
        let mut ending = Ending::Found;
        for feed in &feeds {
            let fetched = runtime.block_on(fetcher.fetch(feed, now));
            match self.knowledge.apply_feed(feed, &fetched, self.session.now())? {
                Some(run) => {
                    ran(feed, &run, output)?;
                    if run.outcome == Ended::Failed {
                        ending = Ending::Nothing;
                    }
                }
                None => output.note(&format!("{}: its server wants to be left alone; it is asked later", feed.name))?,
            }
        }
        Ok(ending)
    }

    fn show(&self, feed: &Feed, output: &mut Output) -> anyhow::Result<Ending> {
        let runs = self.knowledge.feed_runs(&self.actor, feed.id, None, RUNS_SHOWN)?;
        if output.is_json() {
            output.object(&object(feed, self.session.now()))?;
            for run in &runs {
                output.object(&serde_json::json!({"type": "feed-run", "run": run}))?;
            }
            return Ok(Ending::Found);
        }
        facts(feed, self.session.now(), output)?;
        let mut table =
            Table::new(&["run", "outcome", ">listed", ">new", ">renewed", ">withdrawn", ">refused", "detail"]);
        for run in &runs {
            table.plain([
                run.time.to_string(),
                word(run.outcome).to_owned(),
                grouped(run.listed),
                grouped(run.added),
                grouped(run.renewed),
                grouped(run.withdrawn),
                grouped(run.refused),
                run.detail.clone(),
            ]);
        }
        table.write(output)?;
        Ok(Ending::Found)
    }
}

fn facts(feed: &Feed, now: Time, output: &mut Output) -> anyhow::Result<()> {
    let mut table = Table::new(&["", ""]);
    let settings = &feed.settings;
    let mut facts = vec![
        ("feed", feed.name.clone()),
        ("link", shown_url(&feed.url)),
        ("every", format!("{} s", settings.every)),
        ("use at most", settings.usage.to_string()),
        ("values", grouped(feed.state.size)),
        ("last change", moment(feed.state.last_change)),
        ("last answer", moment(feed.state.last_answer)),
        ("next", moment(feed.next_due)),
        ("state", warning(feed, now).unwrap_or_else(|| "in order".into())),
    ];
    if let Some(held) = &feed.state.held {
        let size = format!(
            "{} values: {} new, {} would be withdrawn",
            grouped(held.size),
            grouped(held.added),
            grouped(held.withdrawn)
        );
        facts.push(("held", size));
        facts.push(("new there", model::text::defang(&held.sample.join(" "))));
    }
    for (name, value) in facts {
        table.row(vec![(Tone::Faint, name.into()), (Tone::Plain, value)]);
    }
    table.write(output)?;
    Ok(())
}

fn ran(feed: &Feed, run: &Run, output: &mut Output) -> anyhow::Result<()> {
    if output.is_json() {
        return Ok(output.object(&serde_json::json!({"type": "feed-run", "feed": feed.name, "run": run}))?);
    }
    let counts = format!(
        "{} listed, {} new, {} renewed, {} withdrawn, {} refused",
        grouped(run.listed),
        grouped(run.added),
        grouped(run.renewed),
        grouped(run.withdrawn),
        grouped(run.refused)
    );
    let detail = if run.detail.is_empty() { String::new() } else { format!(" ({})", run.detail) };
    Ok(output.line(&format!("{}: {}: {counts}{detail}", feed.name, word(run.outcome)))?)
}

fn object(feed: &Feed, now: Time) -> serde_json::Value {
    serde_json::json!({
        "type": "feed", "id": feed.id, "owner": feed.owner, "name": feed.name, "url": shown_url(&feed.url),
        "settings": feed.settings, "state": feed.state, "nextDue": feed.next_due, "warning": warning(feed, now),
    })
}

fn moment(time: Option<Time>) -> String {
    time.map_or_else(|| "–".into(), |time| time.to_string())
}

fn word(outcome: Ended) -> &'static str {
    match outcome {
        Ended::Taken => "taken",
        Ended::Unchanged => "unchanged",
        Ended::Held => "held",
        Ended::Failed => "failed",
    }
}
