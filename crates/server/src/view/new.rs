//! Domains that are new here, as they are shown.

use engine::new::NewDomain;
use model::{Source, Time};
use serde::Serialize;
use utoipa::ToSchema;

/// A domain that this installation saw for the first time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewView {
    /// The registrable domain.
    pub domain: String,
    /// The full hour in which it arrived here.
    pub first_seen: String,
    /// When it was registered, where that is known.
    pub registered: Option<String>,
    /// How many days ago that was.
    pub age_days: Option<i64>,
    /// The sources that brought it.
    pub sources: Vec<String>,
}

impl NewView {
    /// A domain as it is shown.
    pub fn new(new: NewDomain, sources: &[Source], now: Time) -> NewView {
        let name = |id| sources.iter().find(|source| source.id == id).map(|source| source.name.clone());
        NewView {
            domain: new.domain.to_string(),
            first_seen: new.hour.to_string(),
            registered: new.registered.map(|at| at.to_string()),
            age_days: new.registered.map(|at| now.days_since(at)),
            sources: new.sources.into_iter().filter_map(name).collect(),
        }
    }
}
