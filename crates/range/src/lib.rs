//! A simulated Internet for the demo, tests and benchmarks.
//!
//! What it is: a [`World`] (registrars, hosters, parking, privacy services, ordinary domains by the thousand or the
//! million, and one planted campaign whose truth is known), the lines that its sensors and registries would give, and
//! real servers on loopback that answer for it. What it is **not**: it is no part of the product, judges nothing, and
//! opens no connection to anywhere but loopback.
//!
//! A world is drawn from a seed and the same for ever: names, people, addresses and moments. Names stand under `.test`
//! (a thin registry with referral to registrars, WHOIS only) and `.example` (a thick registry, WHOIS and RDAP).
//!
//! Read in this order: [`Plan`] and [`World`], `worlds/case-study.toml` (who shares what), [`Truth`].

pub mod bulk;
mod case_study;
mod clock;
mod domain;
pub mod hostile;
mod infrastructure;
mod label;
mod line;
mod names;
mod network;
mod population;
pub mod provider;
mod random;
mod range;
mod resolver;
mod server;
mod text;
mod truth;
mod world;
mod zone;

pub use case_study::{Plan, Tie};
pub use range::{Endpoints, IANA_HOST, Kind, Question, Range, Throttles, TlsEndpoint};
pub use resolver::{Day, Resolver};
pub use text::Layout;
pub use truth::{Decoy, Truth};
pub use world::{PROVIDER, REGISTRATIONS, RdapServer, SENSOR_ONE, SENSOR_TWO, WhoisServer, World};
pub use zone::{DnsAnswer, DnsRecord};
