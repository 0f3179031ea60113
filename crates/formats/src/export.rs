//! What goes out: one row for each indicator as one owner holds it.
//!
//! Four forms, each written row by row, so that an export has no size limit: [`csv`] for spreadsheets, [`plain`] for
//! block lists, [`json`] for programs (and for [`crate::list`] to read back), and STIX 2.1 by [`crate::stix::Bundle`].
//! Which rows may go out to whom, and whether contacts are among them, is decided before.

pub mod csv;
pub mod json;
pub mod plain;

use model::{Indicator, OwnerId, OwnerKind, Pap, Time, Tlp, opinion::Grade, opinion::HostRole, opinion::Use};

/// Whose opinion a row is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Holder {
    /// The owner's identifier: what STIX identities are made from.
    pub id: OwnerId,
    /// Its name.
    pub name: String,
    /// What kind of owner it is.
    pub kind: OwnerKind,
}

/// An indicator as one owner holds it, ready to go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The value.
    pub indicator: Indicator,
    /// Whose opinion.
    pub owner: Holder,
    /// How bad, 0 to 5.
    pub rating: Option<u8>,
    /// How sure, 0 to 100, at the time of the export.
    pub confidence: Option<u8>,
    /// What defences may do with it.
    pub usage: Use,
    /// What the host is.
    pub role: HostRole,
    /// Reliability and credibility.
    pub grade: Option<Grade>,
    /// How far it may be shared.
    pub tlp: Tlp,
    /// Who may learn of questions about it.
    pub pap: Pap,
    /// Whether it holds.
    pub active: bool,
    /// Since when it has been seen.
    pub first_seen: Option<Time>,
    /// Until when.
    pub last_seen: Option<Time>,
    /// When it was added.
    pub added: Time,
    /// When it was last changed.
    pub modified: Time,
    /// When it stops to hold.
    pub expires: Option<Time>,
    /// Its tags.
    pub tags: Vec<String>,
    /// In words.
    pub description: Option<String>,
    /// Where the owner has it from.
    pub source: Option<String>,
    /// Why it is here, in words.
    pub evidence: Option<String>,
}
