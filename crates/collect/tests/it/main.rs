//! The collector against servers on loopback: honest ones made here, and hostile ones.

#![allow(clippy::unwrap_used, reason = "in a test it says what was missing, by line")]

mod discretion;
mod dns;
mod feed;
mod hostile;
mod provider;
mod rdap;
mod server;
mod whois;
mod world;

use std::net::SocketAddr;

use collect::{Budget, Collector, Config, Entry, Ledger, Limits, Outcome, Permit};
use model::{Name, Pap, Time};

const NOW: Time = Time(1_790_000_000);
const FREE: Budget = Budget { burst: 1, interval_ms: 0 };

/// A collector with its ledger in a directory that goes with it.
struct Scene {
    collector: Collector,
    ledger: Ledger,
    _directory: tempfile::TempDir,
}

impl Scene {
    fn new(config: Config) -> Scene {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(directory.path()).unwrap();
        let collector = Collector::new(config, ledger.clone()).unwrap();
        Scene { collector, ledger, _directory: directory }
    }

    fn entries(&self) -> Vec<Entry> {
        let reading = self.ledger.read(None).unwrap();
        assert_eq!(reading.damaged, [0; 0]);
        reading.entries
    }

    /// What the ledger says was sent, as `server value`.
    fn sent(&self) -> Vec<String> {
        let sent = self.entries().into_iter().filter(|entry| entry.sent);
        sent.map(|entry| format!("{} {}", entry.server, entry.value)).collect()
    }

    /// What the ledger says was refused, as `server: why`.
    fn refused(&self) -> Vec<String> {
        let refused = self.entries().into_iter().filter(|entry| !entry.sent);
        refused.map(|entry| format!("{}: {}", entry.server, entry.refusal.unwrap_or_default())).collect()
    }
}

/// Limits under which a test of a dead server is short, and no server has to be waited for.
fn config(allowed: &[SocketAddr]) -> Config {
    let limits = Limits {
        connect_ms: 400,
        total_ms: 400,
        dns_budget: FREE,
        whois_budget: FREE,
        rdap_budget: FREE,
        back_off_ms: 0,
        ..Limits::default()
    };
    Config { allow_private: allowed.to_vec(), limits, ..Config::default() }
}

fn permit(pap: Pap) -> Permit {
    Permit { pap, actor: "analyst".into(), reason: "ticket 7".into() }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// What an outcome says, for comparison.
fn said<T>(outcome: &Outcome<T>) -> String {
    outcome.to_string()
}
