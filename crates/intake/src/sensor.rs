//! The sensor: the rules of `engine::sensor` with what they need of the world, and the ways in ([`intake`], [`socket`],
//! [`watch`]).
//!
//! What must outlive a run is in the directory `sensor` of the data directory: `crowds.json` has the zones that became
//! counters and `rates.json` how much each source says an hour, and both are written here; `released.json` has those that somebody released and is written by `spoor sensor
//! release`, which works beside a running sensor.

pub mod intake;
pub mod socket;
pub mod state;
pub mod watch;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use anyhow::Context;
use collect::{Entry, Ledger, Protocol};
use engine::{
    Engine,
    sensor::{Crowds, Discretion, DropList, Kept, Rates, Window},
};
use model::{Name, Observation, SourceId, SuffixList, Time};
use observations::{Appended, Batch, BatchId};

/// Seconds after which figures are written down again.
const FIGURES_SECONDS: i64 = 60;
/// Entries of the ledger that are read at one time.
const CHUNK: usize = 1000;

/// The rules, shared by all senders of a process.
pub struct Sensor {
    rules: Mutex<Rules>,
    dir: PathBuf,
    ledger: Option<Ledger>,
}

struct Rules {
    discretion: Discretion,
    /// How far the ledger was read.
    ledger_at: u64,
    /// When the zones that are released were last changed.
    released: Option<SystemTime>,
    /// How many crowds were written down.
    crowds: usize,
    rates: Rates,
    /// When the rates were written down.
    rates_at: Time,
}

/// What a sensor is set up with.
pub struct Settings<'a> {
    /// Lists of what is dropped, beside the shipped one.
    pub drop: &'a [PathBuf],
    /// How many new names an hour make a zone a counter; 0 for no limit.
    pub names_an_hour: u32,
}

impl Sensor {
    /// The rules as configured, going on where the last run ended.
    pub fn open(data: &Path, settings: &Settings<'_>) -> anyhow::Result<Sensor> {
        let mut list = DropList::bundled();
        for path in settings.drop {
            let named = || format!("`{}`", path.display());
            let text = std::fs::read_to_string(path).with_context(named)?;
            list.add(&text).with_context(named)?;
        }
        let dir = data.join(state::DIRECTORY);
        let mut crowds = Crowds::new(settings.names_an_hour);
        crowds.resume(state::crowds(&dir)?);
        let known = crowds.iter().count();
        let discretion = Discretion::new(list, crowds, SuffixList::bundled());
        let rules = Rules {
            discretion,
            ledger_at: 0,
            released: None,
            crowds: known,
            rates: state::rates(&dir)?,
            rates_at: Time(0),
        };
        // A data directory without a ledger has asked nothing.
        let ledger = data.exists().then(|| Ledger::open(data)).transpose()?;
        Ok(Sensor { rules: Mutex::new(rules), dir, ledger })
    }

    /// Empties a window into the store.
    pub fn keep(&self, to: &Into<'_>, window: &mut Window, id: Option<BatchId>) -> anyhow::Result<Stored> {
        let mut rules = self.refreshed()?;
        let (observations, kept) = rules.discretion.judge(window);
        self.append(&mut rules, to, observations, kept, id)
    }

    /// What may be kept of observations that somebody else counted, for the store.
    pub fn filter(&self, observations: Vec<Observation>) -> anyhow::Result<(Vec<Observation>, Kept)> {
        Ok(self.refreshed()?.discretion.filter(observations))
    }

    fn append(
        &self,
        rules: &mut Rules,
        to: &Into<'_>,
        observations: Vec<Observation>,
        kept: Kept,
        id: Option<BatchId>,
    ) -> anyhow::Result<Stored> {
        let batch = Batch {
            id,
            source: to.source,
            arrived: to.arrived,
            observations,
            registrations: Vec::new(),
            networks: Vec::new(),
            parser: formats::whois::REVISION,
        };
        let fate = match batch.observations.is_empty() && id.is_none() {
            true => Appended::Stored,
            false => {
                let why = "the store refused a batch; what was acknowledged before it is kept";
                to.engine.append(batch).context(why)?.0
            }
        };
        if fate == Appended::Stored {
            rules.rates.add(to.source, to.arrived, kept.answers);
        }
        self.remember(rules, to.arrived)?;
        Ok(Stored { fate, kept })
    }

    /// The rules, with what was asked and released since.
    fn refreshed(&self) -> anyhow::Result<MutexGuard<'_, Rules>> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        self.read_ledger(&mut rules)?;
        let changed = state::released_changed(&self.dir);
        if changed != rules.released {
            rules.released = changed;
            rules.discretion.crowds.release(state::released(&self.dir)?);
        }
        Ok(rules)
    }

    fn read_ledger(&self, rules: &mut Rules) -> anyhow::Result<()> {
        let Some(ledger) = &self.ledger else { return Ok(()) };
        loop {
            let entries = ledger.after(rules.ledger_at, CHUNK)?;
            let Some((last, _)) = entries.last() else { return Ok(()) };
            rules.ledger_at = *last;
            for entry in entries.into_iter().filter_map(|(_, entry)| entry).filter(is_own_question) {
                if let Ok(name) = Name::parse(entry.value.as_bytes()) {
                    rules.discretion.own.note(name, entry.time);
                }
            }
        }
    }

    /// Writes the crowds down when there are other ones than before, and the rates now and then.
    fn remember(&self, rules: &mut Rules, now: Time) -> anyhow::Result<()> {
        if now.0.saturating_sub(rules.rates_at.0) >= FIGURES_SECONDS {
            rules.rates_at = now;
            state::write_rates(&self.dir, &rules.rates)?;
        }
        let count = rules.discretion.crowds.iter().count();
        if count != rules.crowds {
            rules.crowds = count;
            state::write_crowds(&self.dir, &rules.discretion.crowds)?;
        }
        Ok(())
    }

    /// Writes down what the next run goes on with.
    pub fn close(&self) -> anyhow::Result<()> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        if rules.rates != Rates::default() {
            state::write_rates(&self.dir, &rules.rates)?;
        }
        match rules.discretion.crowds.iter().next() {
            Some(_) => state::write_crowds(&self.dir, &rules.discretion.crowds),
            None => Ok(()),
        }
    }
}

/// Where observations go.
#[derive(Clone, Copy)]
pub struct Into<'a> {
    /// Whose store.
    pub engine: &'a Engine,
    /// Who says so.
    pub source: SourceId,
    /// When it arrived.
    pub arrived: Time,
}

/// What became of a window.
pub struct Stored {
    /// Whether it was there before.
    pub fate: Appended,
    /// What was kept and what not.
    pub kept: Kept,
}

/// Whether a question was put to a resolver.
fn is_own_question(entry: &Entry) -> bool {
    entry.sent && entry.protocol == Protocol::Dns
}
