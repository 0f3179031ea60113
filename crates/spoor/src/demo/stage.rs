//! The stage: a world with its servers and clock, a fresh store fed by its sensors, an engine and a way to ask.

use std::{
    io::{BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use collect::Permit;
use engine::{
    Engine, Gate, Knowledge,
    hunt::{Budget, Hunt, Report},
};
use formats::registration_lines::Defaults;
use model::{Actor, Name, Pap, Source, Time, registration::Protocol};
use observations::{Interrupt, Options, Store};
use range::{Endpoints, Plan, Range, Truth, World};
use tokio::runtime::Runtime;

use crate::{command::hunt::drive, exit::misuse, output::Output, session::KNOWLEDGE};
use intake::{
    ingest::{self, Format, Summary},
    live::Live,
};

/// A file in a data directory that says that the demo made it.
const MARK: &str = "made-by-spoor-demo";

/// The stage.
pub(crate) struct Stage {
    runtime: Runtime,
    range: Arc<Range>,
    data: PathBuf,
    kept: Option<tempfile::TempDir>,
    pub(crate) engine: Engine,
    pub(crate) live: Live,
    pub(crate) fed: Fed,
}

/// What was fed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fed {
    pub(crate) observations: u64,
    pub(crate) registrations: u64,
    pub(crate) refused: u64,
    pub(crate) seconds: f64,
}

impl Stage {
    /// Makes a world, starts its servers, and feeds what its sensors saw into a fresh store.
    pub(crate) fn set(plan: &Plan, data: Option<&Path>) -> anyhow::Result<Stage> {
        let (data, kept) = match data {
            Some(data) => (fresh(data)?, None),
            None => {
                let kept = tempfile::tempdir().context("a temporary directory for the store")?;
                (kept.path().to_owned(), Some(kept))
            }
        };
        let runtime = Runtime::new().context("async runtime")?;
        let world = Arc::new(World::case_study(plan));
        let range = Arc::new(runtime.block_on(Range::start(world.clone())).context("simulated servers")?);
        let mut engine = Engine::new(Store::open(&data.join("observations"), Options::default())?);
        engine.labels.add(&world.labels())?;
        let knowledge = store::Store::open(&store::Address::Sqlite(data.join(KNOWLEDGE)))?;
        engine.gate = Some(Gate::open(Knowledge::new(knowledge))?);
        settle(&data, &world, range.endpoints())?;
        let clock = range.clone();
        let permit = Permit { pap: Pap::Green, actor: "analyst".into(), reason: "demo".into() };
        let live = Live::new(way_to(range.endpoints()), &data, permit, Arc::new(move || clock.now()))?;
        let mut stage = Stage { runtime, range, data, kept, engine, live, fed: Fed::default() };
        stage.fed = stage.feed(Time(i64::MIN))?;
        Ok(stage)
    }

    /// Where what the team believes is kept, as `Session::knowledge` finds it.
    pub(crate) fn knowledge(&self) -> anyhow::Result<store::Store> {
        Ok(store::Store::open(&store::Address::Sqlite(self.data.join(KNOWLEDGE)))?)
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn truth(&self) -> &Truth {
        self.range.world().truth()
    }

    pub(crate) fn range(&self) -> &Range {
        &self.range
    }

    pub(crate) fn now(&self) -> Time {
        self.range.now()
    }

    pub(crate) fn actor(&self) -> Actor {
        Actor::local("analyst")
    }

    /// Moves the clock, and feeds what the sensors have seen since.
    pub(crate) fn advance(&self, days: u32) -> anyhow::Result<Fed> {
        let since = self.range.now();
        self.range.advance(days * 86_400);
        self.feed(since)
    }

    /// A hunt from the seed; what it needs is looked up at the range's servers.
    pub(crate) fn hunt(&self, seeds: &[Name], output: &mut Output) -> anyhow::Result<Report> {
        let hunt = Hunt::new(&self.engine, &self.actor(), seeds, Budget::default(), Interrupt::default(), self.now());
        drive(hunt, &self.engine, Some(&self.live), output)
    }

    /// The same on what the store knows.
    pub(crate) fn local_hunt(&self) -> anyhow::Result<Report> {
        let seeds = std::slice::from_ref(&self.truth().seed);
        let hunt = Hunt::new(&self.engine, &self.actor(), seeds, Budget::default(), Interrupt::default(), self.now());
        Ok(hunt.run(&self.engine)?)
    }

    /// Stops every kind of server.
    pub(crate) fn stop_servers(&self) {
        for kind in range::Kind::ALL {
            self.runtime.block_on(self.range.stop_kind(kind));
        }
    }

    /// Closes the store and keeps the servers.
    pub(crate) fn close(self) -> (Runtime, Arc<Range>, Option<tempfile::TempDir>) {
        (self.runtime, self.range, self.kept)
    }

    /// What the world's sources know by now and did not know at `since`, through the code of `ingest`.
    fn feed(&self, since: Time) -> anyhow::Result<Fed> {
        let (world, now) = (self.range.world().clone(), self.range.now());
        let mut fed = Fed::default();
        for source in world.sources() {
            let source = match self.engine.store.source(&source.name) {
                Some(source) => source,
                None => self.engine.store.add_source(source)?,
            };
            let dns = world.new_dns_lines(&source.name, since, now);
            let summary = self.feed_lines(&source, dns, Format::Cof)?;
            fed.add(&summary, true);
            let registrations = world.new_registration_lines(&source.name, since, now);
            let summary = self.feed_lines(&source, registrations, Format::Whois)?;
            fed.add(&summary, false);
        }
        Ok(fed)
    }

    fn feed_lines(
        &self,
        source: &Source,
        lines: impl Iterator<Item = String>,
        format: Format,
    ) -> anyhow::Result<Summary> {
        let input = BufReader::new(Lines { lines, rest: Vec::new(), at: 0 });
        let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: self.range.now() };
        ingest::lines(&self.engine, source, input, format, &defaults)
    }
}

impl Fed {
    fn add(&mut self, summary: &Summary, dns: bool) {
        *(if dns { &mut self.observations } else { &mut self.registrations }) += summary.stored;
        self.refused += summary.refused;
        self.seconds += summary.seconds;
    }
}

/// D1 to D15 by their numbers.
pub(crate) fn domain(truth: &Truth, number: usize) -> &Name {
    &truth.domains[number - 1]
}

/// Whole days from the stage's now until a moment has passed.
pub(crate) fn days_until(stage: &Stage, moment: Time) -> u32 {
    u32::try_from(moment.days_since(stage.now())).unwrap_or(0) + 2
}

/// Lines as a file.
struct Lines<I> {
    lines: I,
    rest: Vec<u8>,
    at: usize,
}

impl<I: Iterator<Item = String>> Read for Lines<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.rest.len() {
            let Some(line) = self.lines.next() else { return Ok(0) };
            self.rest = line.into_bytes();
            self.rest.push(b'\n');
            self.at = 0;
        }
        let count = buffer.len().min(self.rest.len() - self.at);
        buffer[..count].copy_from_slice(&self.rest[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// A data directory for the demo: new, empty, or one that it made before, which is emptied.
fn fresh(data: &Path) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(data).with_context(|| format!("`{}`", data.display()))?;
    let is_empty = std::fs::read_dir(data)?.next().is_none();
    if !is_empty && !data.join(MARK).exists() {
        let data = data.display();
        return Err(misuse(format!(
            "`{data}` holds something that the demo did not make; name a new or empty directory"
        )));
    }
    for old in
        ["observations", "exposure.log", "labels.toml", "spoor.toml", KNOWLEDGE, "knowledge.db-wal", "knowledge.db-shm"]
    {
        let path = data.join(old);
        let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        if let Err(error) = removed.or_else(|error| if path.exists() { Err(error) } else { Ok(()) }) {
            return Err(error).with_context(|| format!("`{}`", path.display()));
        }
    }
    std::fs::write(data.join(MARK), "`spoor demo` may empty this directory.\n")?;
    Ok(std::path::absolute(data)?)
}

/// Labels and configuration, so that every command works on the demo's store, and with its servers while they are up.
fn settle(data: &Path, world: &World, endpoints: &Endpoints) -> anyhow::Result<()> {
    let (labels, zones, bootstrap) =
        (data.join("labels.toml"), data.join("whois-servers.json"), data.join("rdap-bootstrap.json"));
    std::fs::write(&labels, world.labels())?;
    std::fs::write(&zones, &endpoints.whois_zone_list)?;
    std::fs::write(&bootstrap, &endpoints.rdap_bootstrap)?;
    let quoted = |path: &Path| format!("{:?}", path.display().to_string());
    let table = |entries: Vec<(String, String)>| {
        let entries: Vec<String> = entries.iter().map(|(host, at)| format!("{host:?} = {at:?}")).collect();
        format!("{{ {} }}", entries.join(", "))
    };
    let sockets = endpoints.whois.iter().map(|(host, socket)| (host.clone(), socket.to_string())).collect();
    let private: Vec<String> = allowed(endpoints).iter().map(|socket| format!("{:?}", socket.to_string())).collect();
    let text = format!(
        "# Made by `spoor demo`; the servers named here answer while `spoor demo --serve` runs.\n\n[online]\n\
         rdap = true\nwhois = true\npap = \"green\"\nresolvers = [{:?}]\nallow_private = [{}]\n\
         whois_servers = {}\nrdap_bootstrap = [{}]\nwhois_at = {}\nrdap_at = {}\n\n[engine]\nlabels = [{}]\n",
        endpoints.dns.to_string(),
        private.join(", "),
        quoted(&zones),
        quoted(&bootstrap),
        table(sockets),
        table(endpoints.rdap.clone().into_iter().collect()),
        quoted(&labels),
    );
    Ok(std::fs::write(data.join("spoor.toml"), text)?)
}

/// The collector's configuration for the range: its hosts at their sockets on loopback, each listed one by one.
fn way_to(endpoints: &Endpoints) -> collect::Config {
    let mut config = collect::Config {
        resolvers: vec![endpoints.dns],
        allow_private: allowed(endpoints),
        ..collect::Config::default()
    };
    config.whois.enabled = true;
    config.whois.servers = endpoints.whois.clone();
    config.whois.zone_list = Some(endpoints.whois_zone_list.clone());
    config.rdap.enabled = true;
    config.rdap.servers = endpoints.rdap.clone();
    config.rdap.bootstrap = vec![endpoints.rdap_bootstrap.clone()];
    // The servers are ours: nobody minds several questions at once.
    let unhurried = collect::Budget { burst: 1_000, interval_ms: 0 };
    config.limits.whois_budget = unhurried;
    config.limits.rdap_budget = unhurried;
    config.limits.dns_budget = unhurried;
    // One of its RDAP servers is asked inside TLS, so that this way is walked too.
    if let Some(tls) = &endpoints.rdap_tls {
        config.rdap.servers.insert(tls.host.clone(), tls.url.clone());
        config.rdap.extra_ca_pem = Some(tls.ca_pem.clone());
    }
    config
}

fn allowed(endpoints: &Endpoints) -> Vec<std::net::SocketAddr> {
    let urls = endpoints.rdap.values().chain(endpoints.rdap_tls.iter().map(|tls| &tls.url));
    let of_url = |url: &String| url.split("//").nth(1)?.trim_end_matches('/').parse().ok();
    endpoints.whois.values().copied().chain([endpoints.dns]).chain(urls.filter_map(of_url)).collect()
}
