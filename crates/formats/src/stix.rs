//! STIX 2.1 (OASIS Standard, June 2021), out and in.
//!
//! | here | there |
//! |---|---|
//! | owner | `identity` |
//! | indicator to block or alert on | `indicator` with a pattern; seen before: also its observable, `observed-data`, and `based-on` between them |
//! | indicator for context | its observable (SCO) and `observed-data`, never an `indicator`; a user agent, which has no SCO: `note` |
//! | adversary, campaign, intrusion set, malware, tool, vulnerability, attack pattern, course of action, incident, report | the object of that name (`threat-actor` for an adversary) |
//! | threat | `grouping` with the context `suspicious-activity` |
//! | document | `note` |
//! | signature | `indicator` with the rule's own `pattern_type`; without its text: `note` |
//! | association | `relationship` |
//! | TLP | the marking definitions of TLP 2.0 with their fixed ids |
//! | PAP | a statement marking, `PAP:AMBER` |
//! | tags; rating, use, role, grade | `labels`; labels such as `spoor:rating=4`, which [`read()`] understands |
//!
//! Ids are derived (UUID version 5), so that the same thing has the same id in every export; those of observables by
//! STIX 2.1 §2.9, so that everybody's are the same.

mod bundle;
mod group;
mod id;
mod marking;
mod object;
mod observable;
mod opinion;
mod pattern;
mod property;
mod read;
mod stated;
pub(crate) mod stream;

pub use bundle::Bundle;
pub use group::{End, ExportedAssociation, ExportedGroup};
pub use pattern::{pattern_of, values_of};
pub(crate) use property::external;
pub use read::{BUNDLE_OBJECTS_MAX, BUNDLE_OCTETS_MAX, Read, read};
pub(crate) use stated::tactics;
pub use stated::{StatedAssociation, StatedGroup};
