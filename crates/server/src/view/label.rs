//! Lists that a value stands on, and what blocking it would break.

use engine::knowledge::{collateral::Collateral, label::Labelled};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A list that a value stands on.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct LabelView {
    /// The list's name.
    pub list: String,
    /// The list's id; null for one of those inside the program.
    pub id: Option<String>,
    /// The entry that says so, where that is something else than the value.
    pub entry: Option<String>,
    /// What it says, where that has a word: CDN, parking, sinkhole.
    pub kind: Option<String>,
    /// Whether it keeps the value out.
    pub excludes: bool,
    /// Why the owner does not go by it.
    pub overruled: Option<String>,
}

/// What else was seen at a value in the last seven days, by sources that measure a population.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollateralView {
    /// Other registrable domains that were seen at an address, or names seen below a host; at most twenty.
    pub examples: Vec<String>,
    /// How many other registrable domains.
    pub domains: u64,
    /// How many other names.
    pub names: u64,
    /// Reading stopped at a limit: the true numbers are at least these.
    pub at_least: bool,
    /// The same in words; null where nothing else was seen.
    pub words: Option<String>,
    /// Since when.
    pub since: String,
    /// The sources that were asked; where there are none, nothing found says nothing.
    pub sources: Vec<String>,
}

impl From<Labelled> for LabelView {
    fn from(of: Labelled) -> LabelView {
        let Labelled { list, id, entry, kind, excludes, overruled } = of;
        let (id, kind) = (id.map(|id| id.to_string()), kind.map(|kind| kind.as_str().to_owned()));
        LabelView { list, id, entry, kind, excludes, overruled }
    }
}

impl From<Collateral> for CollateralView {
    fn from(of: Collateral) -> CollateralView {
        let words = of.words();
        let Collateral { examples, domains, names, at_least, since, sources } = of;
        CollateralView { examples, domains, names, at_least, words, since: since.to_string(), sources }
    }
}
