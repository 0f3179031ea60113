//! The section `[serve]` of the configuration.

use std::{net::SocketAddr, path::PathBuf};

use serde::Deserialize;

/// The section `[serve]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The certificate chain, PEM; none where empty.
    pub tls_cert: PathBuf,
    /// Its key, PEM.
    pub tls_key: PathBuf,
    /// Proxies whose word about the client's address is taken.
    #[serde(deserialize_with = "parsed")]
    pub trusted_proxies: Vec<model::Prefix>,
    /// How large a body may be.
    pub body_mib: u32,
    /// The same for imports and observations.
    pub import_mib: u32,
    /// Requests a second from one account or address.
    pub rate_per_second: u32,
    /// After how long without a request a session ends.
    pub session_idle_minutes: u32,
    /// How long a session lasts at most.
    pub session_days: u32,
    /// Requests that are answered at one time.
    pub in_flight: u32,
    /// Whether the log is JSON lines.
    pub log_json: bool,
}

impl Settings {
    /// How long a session lasts.
    pub fn lifetime(&self) -> engine::account::Lifetime {
        engine::account::Lifetime {
            idle_seconds: i64::from(self.session_idle_minutes.max(1)) * 60,
            seconds: i64::from(self.session_days.max(1)) * model::time::DAY,
        }
    }
}

/// A list of texts that are parsed.
fn parsed<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}
