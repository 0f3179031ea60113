//! JSON lines: one object a row, whose members have the names of the query language.
//!
//! | member | |
//! |---|---|
//! | `type`, `value` | the indicator in canonical form |
//! | `owner` | whose opinion |
//! | `rating`, `confidence` | 0–5, 0–100; left out where nobody has said |
//! | `use`, `role`, `grade`, `tlp`, `pap`, `active` | as in the model; `grade` left out where there is none |
//! | `firstSeen`, `lastSeen`, `added`, `modified`, `expires` | RFC 3339; what is not known is left out |
//! | `tags`, `description`, `source`, `evidence` | an array of texts, and texts; left out where empty |
//!
//! [`crate::list::lines`] reads the same form, in which only `value` must be there.

use std::io::{self, Write};

use model::{IndicatorType, Pap, Time, Tlp, opinion::Grade, opinion::HostRole, opinion::Use};
use serde::Serialize;

use super::Exported;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(rename = "type")]
    kind: IndicatorType,
    value: String,
    owner: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<u8>,
    #[serde(rename = "use")]
    usage: Use,
    role: HostRole,
    #[serde(skip_serializing_if = "Option::is_none")]
    grade: Option<Grade>,
    tlp: Tlp,
    pap: Pap,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_seen: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Time>,
    added: Time,
    modified: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Time>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    tags: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<&'a str>,
}

/// Writes one object and a line end.
pub fn write_row(out: &mut impl Write, row: &Exported) -> io::Result<()> {
    let written = Written {
        kind: row.indicator.kind(),
        value: row.indicator.canonical(),
        owner: &row.owner.name,
        rating: row.rating,
        confidence: row.confidence,
        usage: row.usage,
        role: row.role,
        grade: row.grade,
        tlp: row.tlp,
        pap: row.pap,
        active: row.active,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        added: row.added,
        modified: row.modified,
        expires: row.expires,
        tags: &row.tags,
        description: row.description.as_deref(),
        source: row.source.as_deref(),
        evidence: row.evidence.as_deref(),
    };
    serde_json::to_writer(&mut *out, &written)?;
    out.write_all(b"\n")
}
