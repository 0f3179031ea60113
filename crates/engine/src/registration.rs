//! The history of one domain's registration: what each source said, what turned from one version to the next, who held
//! it in which time, and one merged reading of WHOIS and RDAP with the provenance of each field.
//!
//! Registries and registrars, WHOIS and RDAP word the same record differently, so a version is compared only with what
//! the same source said before. Values are compared folded; a new "last updated" alone is noise, and so is a difference
//! between readings by two revisions of the parser.

mod field;
mod history;
mod merged;

use model::Name;
use serde::{Deserialize, Serialize};

pub use field::Change;
pub use history::{Step, Turn};
pub use merged::{MergedField, Said};

use crate::{View, error::Error};

/// All that is known of a domain's registration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct History {
    /// The domain.
    pub domain: Name,
    /// What the newest answers of the sources say together.
    pub merged: Vec<MergedField>,
    /// Every version, oldest first.
    pub steps: Vec<Step>,
}

/// Reads the history of a domain's registration.
pub fn history(view: &View, domain: &Name) -> Result<History, Error> {
    let versions = view.registrations(domain)?;
    let source = |id| view.source(id).map_or_else(|| format!("source {id}"), |source| source.name.clone());
    let mut protocols = Vec::with_capacity(versions.len());
    for version in &versions {
        protocols.push(view.raw(version)?.last().map(|answer| answer.protocol));
    }
    let steps = history::steps(&versions, &protocols, &source);
    Ok(History { domain: domain.clone(), merged: merged::merged(&steps), steps })
}

/// What was known at a moment: the history without what was first seen later.
pub fn history_at(view: &View, domain: &Name, at: model::Time) -> Result<History, Error> {
    let mut history = history(view, domain)?;
    history.steps.retain(|step| step.first <= at);
    for step in &mut history.steps {
        step.last = step.last.min(at);
    }
    history.merged = merged::merged(&history.steps);
    Ok(history)
}
