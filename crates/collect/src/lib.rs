//! The only crate with outbound connections: DNS, WHOIS (RFC 3912), RDAP (RFC 7480–7484, 9082, 9083, 9224) and lists
//! that are fetched (RFC 9110).
//!
//! A look-up can warn the adversary, or tell a stranger what the team works on. So this crate is built around one door
//! ([`Collector`]), and every question passes the same steps in the same order:
//!
//! 1. **Permit.** The question's exposure (who learns of it) against what its [`Permit`] allows.
//! 2. **Guard.** The target's address: private, loopback and special-purpose ones only where the configuration lists
//!    them, one by one. The address that was checked is the one connected to; nothing is resolved a second time.
//! 3. **Budget.** So many questions an interval for each server; one that asked us to wait is left alone.
//! 4. **Ledger.** A line in the exposure ledger, on disk before the question leaves.
//! 5. The question, within limits of time and size.
//!
//! With the default configuration nothing leaves: there is no resolver, and WHOIS, RDAP and feeds are off.
//!
//! The crate decides nothing. "No such name", a timeout, a refusal and *not permitted* are facts ([`Outcome`]) and not
//! errors; what to make of them is the engine's business. Referrals and redirects are followed only to hosts of the
//! published lists of registries and registrars, and never to an address in a URL.

mod address;
mod budget;
mod collector;
mod config;
mod dns;
mod feed;
mod gate;
mod guard;
mod http;
mod identity;
mod ledger;
mod outcome;
mod permit;
mod provider;
mod published;
mod rdap;
mod registration;
mod remembered;
mod whois;

pub use collector::Collector;
pub use config::{Budget, Config, ConfigError, FeedConfig, Limits, RdapConfig, WhoisConfig};
pub use feed::{List, Validators};
pub use identity::{IdentityError, IdentityProvider};
pub use ledger::{Entry, Ledger, LedgerError, Protocol, Reading};
pub use outcome::Outcome;
pub use permit::Permit;
pub use provider::{Inquiry, Offer, ProviderConfig, ProviderKind, Quota, Secret, Spend};
pub use registration::Step;
