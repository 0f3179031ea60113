//! Configuration: one TOML file and the environment; everything has a default that works on a laptop.
//!
//! Each setting is declared once ([`SETTINGS`]): from that come its default, the commented file of `spoor init`, and
//! what `spoor config` shows. A setting `section.key` is also read from the environment variable `SPOOR_SECTION_KEY`,
//! as a TOML value; a text may stand there without quotes.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::Context;
use collect::{ProviderConfig, ProviderKind, Quota, Secret};
use model::{Exposure, Pap};
use serde::Deserialize;
use toml::{Table, Value};

use crate::exit::misuse;

/// A setting: its name, its default and what it does.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    default: &'static str,
    about: &'static str,
    online: Option<&'static str>,
}

/// All settings, in the order in which they are shown.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        name: "online.rdap",
        default: "false",
        about: "ask registries and registrars by RDAP; they learn which domain is looked at",
        online: Some("true"),
    },
    Setting {
        name: "online.whois",
        default: "false",
        about: "ask registries and registrars by WHOIS; they learn which domain is looked at",
        online: Some("true"),
    },
    Setting {
        name: "online.resolvers",
        default: "[]",
        about: "recursive resolvers for live DNS, as \"address:port\"; whoever runs the name may notice",
        online: Some("[\"9.9.9.9:53\"]"),
    },
    Setting {
        name: "online.pap",
        default: "\"amber\"",
        about: "permitted exposure unless --pap says otherwise: red (nobody), amber (registries), green (the target too)",
        online: None,
    },
    Setting {
        name: "online.registrar_hosts",
        default: "[]",
        about: "hosts of registrars to which a registry may refer, beyond the bundled list",
        online: None,
    },
    Setting {
        name: "online.allow_private",
        default: "[]",
        about: "private or loopback targets that may be asked all the same, as \"address:port\"",
        online: None,
    },
    Setting {
        name: "online.feeds",
        default: "false",
        about: "fetch the lists of feeds; whoever serves one learns that it is read",
        online: Some("true"),
    },
    Setting {
        name: "online.feed_hosts",
        default: "[]",
        about: "hosts to which the host of a feed may redirect",
        online: None,
    },
    Setting {
        name: "online.whois_servers",
        default: "\"\"",
        about: "a file that replaces the bundled list of WHOIS servers",
        online: None,
    },
    Setting {
        name: "online.rdap_bootstrap",
        default: "[]",
        about: "files (RFC 9224) that replace the bundled RDAP bootstrap",
        online: None,
    },
    Setting {
        name: "online.whois_at",
        default: "{}",
        about: "where WHOIS hosts answer instead of at their own address, as { host = \"address:port\" }",
        online: None,
    },
    Setting {
        name: "online.rdap_at",
        default: "{}",
        about: "where RDAP hosts answer instead, as { host = \"http://address:port/\" }",
        online: None,
    },
    Setting {
        name: "online.providers",
        default: "{}",
        about: "services that may be asked (see docs/manual/collecting.md), as { name = { kind = \"dnsdb\", url = \"https://…\", key_file = \"…\", licence = \"…\", quota = 100, quota_days = 1, cost = \"…\" } }",
        online: None,
    },
    Setting {
        name: "online.first_seen_an_hour",
        default: "0",
        about: "ask for the registration of domains that a sensor sees for the first time, so many an hour; registries and registrars learn which; 0 for none",
        online: None,
    },
    Setting {
        name: "engine.labels",
        default: "[]",
        about: "label lists beside the bundled one, as paths",
        online: None,
    },
    Setting {
        name: "engine.weights",
        default: "\"\"",
        about: "a file that replaces the bundled weights of the hunt",
        online: None,
    },
    Setting {
        name: "sensor.drop",
        default: "[]",
        about: "lists of zones that a sensor drops beside the bundled ones, as paths: your own and internal ones",
        online: None,
    },
    Setting {
        name: "sensor.names_an_hour",
        default: "5000",
        about: "a zone that brings more new names an hour is counted and not stored, until released; 0 for no limit",
        online: None,
    },
    Setting {
        name: "sensor.window_seconds",
        default: "10",
        about: "how long a listening sensor gathers: repeated answers within it are one observation",
        online: None,
    },
    Setting {
        name: "serve.listen",
        default: "\"127.0.0.1:8480\"",
        about: "where `spoor serve` listens, as \"address:port\"",
        online: None,
    },
    Setting {
        name: "serve.tls_cert",
        default: "\"\"",
        about: "a file with the certificate and its chain (PEM); read again on SIGHUP",
        online: None,
    },
    Setting { name: "serve.tls_key", default: "\"\"", about: "a file with the certificate's key (PEM)", online: None },
    Setting {
        name: "serve.trusted_proxies",
        default: "[]",
        about: "proxies whose X-Forwarded-For is believed, as prefixes",
        online: None,
    },
    Setting {
        name: "serve.body_mib",
        default: "10",
        about: "the most that a request may bring, in mebibytes",
        online: None,
    },
    Setting {
        name: "serve.import_mib",
        default: "256",
        about: "the most that an import may bring, in mebibytes",
        online: None,
    },
    Setting {
        name: "serve.rate_per_second",
        default: "200",
        about: "requests a second of one session, token or unknown address; 0 for no limit",
        online: None,
    },
    Setting {
        name: "serve.session_idle_minutes",
        default: "720",
        about: "minutes without use after which a session ends",
        online: None,
    },
    Setting { name: "serve.session_days", default: "7", about: "days after which a session ends", online: None },
    Setting { name: "serve.in_flight", default: "256", about: "requests answered at one time", online: None },
    Setting { name: "serve.log_json", default: "false", about: "the log as JSON lines", online: None },
    Setting {
        name: "oidc.issuer",
        default: "\"\"",
        about: "the identity provider (OpenID Connect) that people may sign in at; none where empty",
        online: None,
    },
    Setting { name: "oidc.client_id", default: "\"\"", about: "how it knows this installation", online: None },
    Setting { name: "oidc.client_secret", default: "\"\"", about: "the secret that it shares with it", online: None },
    Setting {
        name: "oidc.public_url",
        default: "\"http://127.0.0.1:8480\"",
        about: "where browsers find this server; the provider sends them back to /api/v1/sign-in/arrival there",
        online: None,
    },
    Setting {
        name: "oidc.create_accounts",
        default: "false",
        about: "whether who signs in there for the first time gets an account",
        online: None,
    },
    Setting {
        name: "oidc.owner",
        default: "\"\"",
        about: "the owner that such an account belongs to; none where empty",
        online: None,
    },
    Setting { name: "oidc.role", default: "\"reader\"", about: "its role there", online: None },
    Setting {
        name: "store.database",
        default: "\"\"",
        about: "where the knowledge base is: sqlite:FILE or postgres://USER@HOST/NAME; a file in the data directory where empty",
        online: None,
    },
    Setting {
        name: "store.memory_mib",
        default: "256",
        about: "how much is gathered in memory before it is written as a segment",
        online: None,
    },
    Setting {
        name: "store.gap_days",
        default: "7",
        about: "days without a sighting after which a new active period begins; for new observations",
        online: None,
    },
];

/// What is meant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) online: Online,
    pub(crate) engine: EngineConfig,
    pub(crate) sensor: SensorConfig,
    pub(crate) store: StoreConfig,
    pub(crate) serve: server::settings::Settings,
    pub(crate) oidc: server::oidc::Settings,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Online {
    pub(crate) rdap: bool,
    pub(crate) whois: bool,
    pub(crate) resolvers: Vec<SocketAddr>,
    pub(crate) pap: Pap,
    pub(crate) registrar_hosts: Vec<String>,
    pub(crate) allow_private: Vec<SocketAddr>,
    pub(crate) feeds: bool,
    pub(crate) feed_hosts: Vec<String>,
    pub(crate) whois_servers: String,
    pub(crate) rdap_bootstrap: Vec<PathBuf>,
    pub(crate) whois_at: BTreeMap<String, SocketAddr>,
    pub(crate) rdap_at: BTreeMap<String, String>,
    pub(crate) providers: BTreeMap<String, Provider>,
    pub(crate) first_seen_an_hour: u32,
}

/// A service that may be asked. Its key stands in a file of its own, so that the configuration can be shown.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    kind: String,
    url: String,
    user: Option<String>,
    key_file: Option<PathBuf>,
    licence: Option<String>,
    exposure: Option<Exposure>,
    quota: Option<u32>,
    quota_days: Option<u32>,
    cost: Option<String>,
}

impl Provider {
    /// What the collector makes of it.
    pub(crate) fn of(&self, name: &str) -> anyhow::Result<ProviderConfig> {
        let wrong = |what: String| misuse(format!("configuration: online.providers.{name}: {what}"));
        let kinds = || ProviderKind::ALL.map(|(word, _)| word).join(", ");
        let unknown = || wrong(format!("kind: `{}` is none of {}", self.kind, kinds()));
        let kind = ProviderKind::of(&self.kind).ok_or_else(unknown)?;
        let key = self.key_file.as_ref().map(|file| {
            let text = std::fs::read_to_string(file).with_context(|| format!("`{}`", file.display()))?;
            anyhow::Ok(Secret::new(text.trim()))
        });
        let days = self.quota_days.unwrap_or(1);
        if self.quota.is_none() && self.quota_days.is_some() || !(1..=366).contains(&days) {
            return Err(wrong("quota_days: 1 to 366, beside quota".into()));
        }
        Ok(ProviderConfig {
            name: name.to_owned(),
            kind,
            url: self.url.clone(),
            user: self.user.clone(),
            key: key.transpose()?,
            exposure: self.exposure.unwrap_or(Exposure::ThirdParty),
            licence: self.licence.clone(),
            quota: self.quota.map(|questions| Quota { questions, days }),
            cost: self.cost.clone(),
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EngineConfig {
    pub(crate) labels: Vec<PathBuf>,
    pub(crate) weights: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SensorConfig {
    pub(crate) drop: Vec<PathBuf>,
    pub(crate) names_an_hour: u32,
    pub(crate) window_seconds: u32,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoreConfig {
    pub(crate) database: String,
    pub(crate) memory_mib: u32,
    pub(crate) gap_days: u32,
}

/// A setting as it is in force.
pub(crate) struct InForce {
    pub(crate) name: &'static str,
    pub(crate) value: String,
    pub(crate) origin: String,
    pub(crate) about: &'static str,
}

/// Reads the configuration: defaults, then the file where there is one, then the environment.
pub(crate) fn load(file: &Path, must_exist: bool) -> anyhow::Result<(Config, Vec<InForce>)> {
    let written = read(file, must_exist)?;
    refuse_unknown(&written, file)?;
    let (mut merged, mut in_force) = (Table::new(), Vec::new());
    for setting in SETTINGS {
        let (value, origin) = setting.value(&written, file)?;
        let (section, key) = setting.parts();
        let Value::Table(section) = merged.entry(section).or_insert_with(|| Value::Table(Table::new())) else {
            continue;
        };
        in_force.push(InForce { name: setting.name, value: value.to_string(), origin, about: setting.about });
        section.insert(key.to_owned(), value);
    }
    let config = Config::deserialize(merged).map_err(|error| misuse(format!("configuration: {}", error.message())))?;
    let sane = (1..=65_536).contains(&config.store.memory_mib) && (1..=3_650).contains(&config.store.gap_days);
    if !sane {
        return Err(misuse("configuration: store.memory_mib is 1 to 65536, store.gap_days 1 to 3650"));
    }
    let serve = &config.serve;
    let sane = [serve.body_mib, serve.import_mib].iter().all(|mib| (1..=4_096).contains(mib));
    if !sane || !(1..=65_536).contains(&serve.in_flight) {
        return Err(misuse(
            "configuration: serve.body_mib and serve.import_mib are 1 to 4096, serve.in_flight 1 to 65536",
        ));
    }
    Ok((config, in_force))
}

fn read(file: &Path, must_exist: bool) -> anyhow::Result<Table> {
    match std::fs::read_to_string(file) {
        Ok(text) => text.parse().map_err(|error| misuse(format!("`{}`: {error}", file.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => Ok(Table::new()),
        Err(error) => Err(error).with_context(|| format!("`{}`", file.display())),
    }
}

fn refuse_unknown(written: &Table, file: &Path) -> anyhow::Result<()> {
    for (section, values) in written {
        let known = |name: &str| SETTINGS.iter().any(|setting| setting.name == name);
        let keys = values.as_table().into_iter().flat_map(Table::keys).map(|key| format!("{section}.{key}"));
        let none = if values.is_table() { None } else { Some(section.clone()) };
        if let Some(name) = none.into_iter().chain(keys).find(|name| !known(name)) {
            return Err(misuse(format!("`{}`: unknown setting `{name}`; `spoor config` lists all", file.display())));
        }
    }
    Ok(())
}

impl Setting {
    fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }

    fn variable(&self) -> String {
        format!("SPOOR_{}", self.name.replace('.', "_").to_uppercase())
    }

    fn value(&self, written: &Table, file: &Path) -> anyhow::Result<(Value, String)> {
        let (section, key) = self.parts();
        if let Ok(text) = std::env::var(self.variable()) {
            let value = match parse(&text) {
                // A text may stand as it is, as variables have it.
                Err(_) | Ok(_) if self.default.starts_with('"') && !text.starts_with(['"', '\'']) => {
                    Value::String(text)
                }
                value => value.map_err(|error| misuse(format!("{}: {error}", self.variable())))?,
            };
            return Ok((value, self.variable()));
        }
        if let Some(value) = written.get(section).and_then(|section| section.get(key)) {
            return Ok((value.clone(), file.display().to_string()));
        }
        Ok((parse(self.default)?, "default".to_owned()))
    }
}

/// A TOML value by itself.
fn parse(text: &str) -> anyhow::Result<Value> {
    let table: Table = format!("value = {text}").parse().map_err(|error: toml::de::Error| misuse(error.message()))?;
    table.get("value").cloned().context("no value")
}

/// The commented file that `spoor init` writes.
pub(crate) fn commented(online: bool) -> String {
    let mut text =
        String::from("# Spoor. Every setting stands here with its default; take the `#` away to change one.\n");
    let mut current = "";
    for setting in SETTINGS {
        let (section, key) = setting.parts();
        if section != current {
            text.push_str(&format!("\n[{section}]\n"));
            current = section;
        }
        text.push_str(&format!("# {}\n", setting.about));
        match setting.online.filter(|_| online) {
            Some(value) => text.push_str(&format!("{key} = {value}\n")),
            None => text.push_str(&format!("#{key} = {}\n", setting.default)),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str) -> anyhow::Result<(Config, Vec<InForce>)> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("spoor.toml");
        std::fs::write(&file, text).unwrap();
        load(&file, true)
    }

    #[test]
    fn nothing_leaves_by_default_and_the_written_files_load() {
        let (config, in_force) = load(Path::new("/nonexistent/spoor.toml"), false).unwrap();
        assert!(!config.online.rdap && !config.online.whois && config.online.resolvers.is_empty());
        assert_eq!(in_force.len(), SETTINGS.len());
        assert!(!load_text(&commented(false)).unwrap().0.online.rdap);
        let (online, in_force) = load_text(&commented(true)).unwrap();
        assert!(online.online.rdap && online.online.whois && !online.online.resolvers.is_empty());
        assert!(in_force[0].origin.ends_with("spoor.toml"), "{}", in_force[0].origin);
    }

    #[test]
    fn says_what_is_wrong() {
        let error = |text| load_text(text).err().unwrap().to_string();
        assert!(error("[online]\nrdapp = true").contains("unknown setting `online.rdapp`"));
        assert!(error("[online]\npap = \"blue\"").contains("unknown variant `blue`"));
        assert!(error("online = 3").contains("unknown setting `online`"));
    }
}
