//! One run of the program: its data directory, configuration, engine and clock.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use collect::Spend;
use engine::{Engine, Gate, Knowledge, Labels, Weights};
use model::Time;
use observations::{Interrupt, Options, Store};

use crate::{
    arguments::{self, Global},
    config::{self, Config, InForce},
    exit::misuse,
};
use intake::{
    feed::Fetcher,
    first_seen::FirstSeen,
    live::Live,
    moment,
    sensor::{Sensor, Settings},
};
use server::app::Online;

/// The store's directory in the data directory.
const STORE: &str = "observations";

/// The database of the knowledge base in the data directory, where no other is configured.
pub(crate) const KNOWLEDGE: &str = "knowledge.db";

/// What every command works with.
pub(crate) struct Session {
    data: PathBuf,
    config_file: PathBuf,
    config: Config,
    in_force: Vec<InForce>,
}

impl Session {
    /// Finds the data directory and reads the configuration; opens nothing.
    pub(crate) fn open(global: &Global) -> anyhow::Result<Session> {
        let data = match &global.data {
            Some(data) => data.clone(),
            None => default_data().context("no home directory: name one with --data or SPOOR_DATA")?,
        };
        let config_file = global.config.clone().unwrap_or_else(|| data.join("spoor.toml"));
        let (mut config, in_force) = config::load(&config_file, global.config.is_some())?;
        if let Some(database) = &global.database {
            config.store.database.clone_from(database);
        }
        Ok(Session { data, config_file, config, in_force })
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) fn config_file(&self) -> &Path {
        &self.config_file
    }

    pub(crate) fn in_force(&self) -> &[InForce] {
        &self.in_force
    }

    pub(crate) fn store_dir(&self) -> PathBuf {
        self.data.join(STORE)
    }

    pub(crate) fn now(&self) -> Time {
        moment::now()
    }

    /// Whom the exposure ledger names.
    pub(crate) fn user(&self) -> String {
        std::env::var("USER").unwrap_or_else(|_| "local".into())
    }

    /// The store, to read beside whoever writes.
    pub(crate) fn reader(&self) -> anyhow::Result<Store> {
        if !self.store_dir().exists() {
            let data = self.data.display();
            return Err(misuse(format!(
                "no observations in `{data}` yet: bring some in with `spoor ingest`, or try `spoor demo --data {data}`"
            )));
        }
        Ok(Store::open_reader(&self.store_dir(), self.options())?)
    }

    /// The store, to write; made where there is none.
    pub(crate) fn writer(&self) -> anyhow::Result<Store> {
        std::fs::create_dir_all(&self.data).with_context(|| format!("`{}`", self.data.display()))?;
        Ok(Store::open(&self.store_dir(), self.options())?)
    }

    /// An engine to ask; one that may also remember what is looked up, where `live`.
    pub(crate) fn engine(&self, live: bool) -> anyhow::Result<Engine> {
        let store = if live { self.writer()? } else { self.reader()? };
        let mut engine = Engine::new(store);
        engine.labels = self.labels()?;
        if live {
            engine.gate = self.gate()?;
        }
        if !self.config.engine.weights.is_empty() {
            engine.weights = Weights::parse(&read(Path::new(&self.config.engine.weights))?)?;
        }
        Ok(engine)
    }

    /// What judges arriving observations; none where there is no knowledge base, and so no Track.
    fn gate(&self) -> anyhow::Result<Option<Gate>> {
        Ok(self.known()?.map(Gate::open).transpose()?)
    }

    /// The knowledge base, where there is one.
    pub(crate) fn known(&self) -> anyhow::Result<Option<Knowledge>> {
        let configured = !self.config.store.database.is_empty() || self.data.join(KNOWLEDGE).exists();
        configured.then(|| self.knowledge()).transpose()
    }

    /// The knowledge base; made where there is none.
    pub(crate) fn knowledge(&self) -> anyhow::Result<Knowledge> {
        std::fs::create_dir_all(&self.data).with_context(|| format!("`{}`", self.data.display()))?;
        let address = match self.config.store.database.as_str() {
            "" => store::Address::Sqlite(self.data.join(KNOWLEDGE)),
            url => url.parse()?,
        };
        Ok(Knowledge::new(store::Store::open(&address)?))
    }

    /// The rules of a sensor, as configured.
    pub(crate) fn sensor(&self) -> anyhow::Result<Sensor> {
        let config = &self.config.sensor;
        Sensor::open(&self.data, &Settings { drop: &config.drop, names_an_hour: config.names_an_hour })
    }

    /// How long a listening sensor gathers.
    pub(crate) fn sensor_window(&self) -> std::time::Duration {
        std::time::Duration::from_secs(u64::from(self.config.sensor.window_seconds.clamp(1, 3600)))
    }

    /// The identity provider, where the configuration names one.
    pub(crate) fn oidc(&self) -> Option<server::oidc::Oidc> {
        server::oidc::Oidc::new(&self.config.oidc, &self.config.online.allow_private)
    }

    /// The section `[serve]`.
    pub(crate) fn serve(&self) -> &server::settings::Settings {
        &self.config.serve
    }

    /// What the server may ask outside.
    pub(crate) fn online(&self) -> anyhow::Result<Online> {
        Ok(Online { collector: self.collector()?, pap: self.config.online.pap })
    }

    /// The way to the outside, as far as the configuration and the permission go.
    pub(crate) fn live(&self, asked: &arguments::Live) -> anyhow::Result<Live> {
        let pap = asked.pap.unwrap_or(self.config.online.pap);
        let permit = collect::Permit { pap, actor: self.user(), reason: asked.reason.clone() };
        let live = Live::new(self.collector()?, &self.data, permit, Arc::new(moment::now))?;
        Ok(live.spending(if asked.spend { Spend::Yes } else { Spend::No }))
    }

    /// The providers of the configuration, and how far their quotas are used.
    pub(crate) fn collector_of_providers(&self) -> anyhow::Result<collect::Collector> {
        std::fs::create_dir_all(&self.data).with_context(|| format!("`{}`", self.data.display()))?;
        Ok(collect::Collector::new(self.collector()?, collect::Ledger::open(&self.data)?)?)
    }

    /// How many domains that a sensor sees for the first time are asked for in an hour, and by whom; none where that is
    /// off.
    pub(crate) fn first_seen(&self) -> anyhow::Result<Option<(FirstSeen, Live)>> {
        let an_hour = self.config.online.first_seen_an_hour;
        if an_hour == 0 {
            return Ok(None);
        }
        let reason = "first seen by a sensor".to_owned();
        let permit = collect::Permit { pap: self.config.online.pap, actor: "spoor".into(), reason };
        let live = Live::new(self.collector()?, &self.data, permit, Arc::new(moment::now))?;
        Ok(Some((FirstSeen::new(an_hour, self.now()), live)))
    }

    /// An interrupt that Ctrl-C does not need: the terminal ends the process, and nothing acknowledged is lost.
    pub(crate) fn interrupt(&self) -> Interrupt {
        Interrupt::default()
    }

    fn labels(&self) -> anyhow::Result<Labels> {
        let mut labels = Labels::bundled();
        for path in &self.config.engine.labels {
            labels.add(&read(path)?).with_context(|| format!("`{}`", path.display()))?;
        }
        Ok(labels)
    }

    fn options(&self) -> Options {
        Options {
            memory_bytes: self.config.store.memory_mib as usize * (1 << 20),
            gap_seconds: i64::from(self.config.store.gap_days) * model::time::DAY,
            ..Options::default()
        }
    }

    /// Whether feeds are fetched.
    pub(crate) fn fetches(&self) -> bool {
        self.config.online.feeds
    }

    /// Who fetches the lists of feeds, for somebody.
    pub(crate) fn fetcher(&self, actor: impl Into<String>) -> anyhow::Result<Fetcher> {
        let collector = collect::Collector::new(self.collector()?, collect::Ledger::open(&self.data)?)?;
        Ok(Fetcher { collector, pap: self.config.online.pap, actor: actor.into() })
    }

    fn collector(&self) -> anyhow::Result<collect::Config> {
        let online = &self.config.online;
        let mut config = collect::Config {
            resolvers: online.resolvers.clone(),
            allow_private: online.allow_private.clone(),
            ..collect::Config::default()
        };
        config.feeds.enabled = online.feeds;
        config.feeds.redirect_hosts = online.feed_hosts.clone();
        config.whois.enabled = online.whois;
        config.whois.registrar_hosts = online.registrar_hosts.clone();
        config.rdap.enabled = online.rdap;
        config.rdap.allow_hosts = online.registrar_hosts.clone();
        config.providers =
            online.providers.iter().map(|(name, provider)| provider.of(name)).collect::<Result<_, _>>()?;
        config.whois.servers = online.whois_at.clone();
        config.rdap.servers = online.rdap_at.clone();
        if !online.whois_servers.is_empty() {
            config.whois.zone_list = Some(read(Path::new(&online.whois_servers))?);
        }
        config.rdap.bootstrap = online.rdap_bootstrap.iter().map(|path| read(path)).collect::<Result<_, _>>()?;
        Ok(config)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("`{}`", path.display()))
}

/// The XDG data directory (XDG Base Directory Specification §3).
fn default_data() -> Option<PathBuf> {
    let base = std::env::var_os("XDG_DATA_HOME").filter(|base| !base.is_empty()).map(PathBuf::from);
    let base = base.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share")))?;
    Some(base.join("spoor"))
}
