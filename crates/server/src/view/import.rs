//! Imports and their previews.

use engine::knowledge::{
    import::{Imported, Outcome, Previewed, Standing},
    offer::Offer,
};
use serde::{Deserialize, Serialize};
use store::import::{Import, Undone};
use utoipa::ToSchema;

use super::label::{CollateralView, LabelView};

/// Something that came in together.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportView {
    /// Its id.
    pub id: String,
    /// To whom, by id.
    pub owner: String,
    /// By which account; null at the command line.
    pub user: Option<String>,
    /// When.
    pub time: String,
    /// From where, in words.
    pub origin: String,
    /// Values that the owner did not hold before.
    pub added: u64,
    /// Values that it held and that changed.
    pub changed: u64,
    /// When it was taken back.
    pub undone: Option<String>,
}

/// What an import did.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportedView {
    /// Its entry in history; null where nothing changed.
    pub import: Option<ImportView>,
    /// Values that the owner did not hold before.
    pub added: u64,
    /// Values that it held and that changed.
    pub changed: u64,
    /// Values that it held just so.
    pub unchanged: u64,
    /// Rows that were not taken, the first 1000.
    pub refused: Vec<RefusedView>,
    /// How many rows were not taken, in all.
    pub refused_count: usize,
    /// What you should know about the whole.
    pub remarks: Vec<String>,
}

/// A row that was not taken.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RefusedView {
    /// Which, counted from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
    /// Why.
    pub why: String,
}

/// What an import would do.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewView {
    /// From where, in words.
    pub origin: String,
    /// Row by row, the first 1000.
    pub rows: Vec<PreviewRow>,
    /// How many rows there are.
    pub count: usize,
    /// How many of them nobody holds whom you may read.
    pub new: usize,
    /// How many somebody holds already.
    pub known: usize,
    /// Rows that would not be taken, the first 1000.
    pub refused: Vec<RefusedView>,
    /// How many rows would not be taken, in all.
    pub refused_count: usize,
    /// What you should know about the whole.
    pub remarks: Vec<String>,
}

/// What would happen to a row.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PreviewRow {
    /// Which, counted from 1.
    pub line: usize,
    /// The type of the value.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value.
    pub value: String,
    /// new, known or refused.
    pub standing: String,
    /// Why it would be refused.
    pub why: Option<String>,
    /// Who holds it already, and how.
    pub by: Vec<KnownView>,
    /// Every list that it stands on.
    pub labels: Vec<LabelView>,
    /// What blocking it would break; null where it would not be blocked.
    pub collateral: Option<CollateralView>,
}

/// Who holds a value already.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct KnownView {
    /// The owner's name.
    pub owner: String,
    /// How bad it says it is.
    pub rating: Option<u8>,
    /// How sure it is now.
    pub confidence: Option<u8>,
    /// What it lets defences do.
    #[serde(rename = "use")]
    pub usage: String,
}

/// What taking back an import did.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
pub struct UndoneView {
    /// Values that are not held any more.
    pub removed: u64,
    /// Values that are held as they were before.
    pub restored: u64,
    /// Values that somebody changed or built on since, and that stay.
    pub kept: u64,
}

/// What became of a row.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RowResult {
    /// Which, counted from 1.
    pub row: usize,
    /// added, changed, unchanged or refused.
    pub result: String,
    /// The indicator; null where it was refused.
    pub id: Option<String>,
    /// Why it was refused.
    pub why: Option<String>,
}

/// What became of rows, each by itself.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct RowsView {
    /// The entry in history; null where nothing changed.
    pub import: Option<ImportView>,
    /// Row by row, in order.
    pub rows: Vec<RowResult>,
}

/// Rows that are listed of a preview, and refusals of an import.
pub const SHOWN_MAX: usize = 1000;

impl From<Import> for ImportView {
    fn from(of: Import) -> ImportView {
        ImportView {
            id: of.id.to_string(),
            owner: of.owner.to_string(),
            user: of.user.map(|user| user.to_string()),
            time: of.time.to_string(),
            origin: of.origin,
            added: of.added,
            changed: of.changed,
            undone: of.undone.map(|time| time.to_string()),
        }
    }
}

impl From<Undone> for UndoneView {
    fn from(of: Undone) -> UndoneView {
        UndoneView { removed: of.removed, restored: of.restored, kept: of.kept }
    }
}

impl ImportedView {
    /// What an import did of an offer, whose own refusals count too.
    pub fn new(done: Imported, offer: &Offer) -> ImportedView {
        let here = done.refused.iter().map(|of| RefusedView {
            line: of.line,
            text: of.indicator.canonical(),
            why: of.why.clone(),
        });
        ImportedView {
            import: done.import.map(ImportView::from),
            added: done.added,
            changed: done.changed,
            unchanged: done.unchanged,
            refused: refused(offer).chain(here).take(SHOWN_MAX).collect(),
            refused_count: done.refused.len() + offer.refused.len() + offer.refused_more,
            remarks: remarks(offer),
        }
    }
}

impl PreviewView {
    /// What an import of an offer would do.
    pub fn new(rows: Vec<Previewed>, offer: &Offer) -> PreviewView {
        let of = |wanted: fn(&Standing) -> bool| rows.iter().filter(|row| wanted(&row.standing)).count();
        let refused_here = of(|standing| matches!(standing, Standing::Refused { .. }));
        PreviewView {
            origin: offer.origin.clone(),
            count: rows.len(),
            new: of(|standing| matches!(standing, Standing::New)),
            known: of(|standing| matches!(standing, Standing::Known { .. })),
            refused: refused(offer).take(SHOWN_MAX).collect(),
            refused_count: refused_here + offer.refused.len() + offer.refused_more,
            remarks: remarks(offer),
            rows: rows.into_iter().take(SHOWN_MAX).map(PreviewRow::from).collect(),
        }
    }
}

impl PreviewRow {
    /// What speaks against blocking it, in words.
    pub fn cautions(&self) -> String {
        let labels = self.labels.iter().filter(|label| label.overruled.is_none()).map(|label| match &label.kind {
            Some(kind) => format!("{kind} ({})", label.list),
            None => label.list.clone(),
        });
        let others = self.collateral.iter().filter_map(|collateral| collateral.words.clone());
        labels.chain(others).collect::<Vec<_>>().join("; ")
    }
}

impl From<Previewed> for PreviewRow {
    fn from(row: Previewed) -> PreviewRow {
        let (standing, why, by) = match row.standing {
            Standing::New => ("new", None, Vec::new()),
            Standing::Known { by } => ("known", None, by),
            Standing::Refused { why } => ("refused", Some(why), Vec::new()),
        };
        let by = by.into_iter().map(|of| KnownView {
            owner: of.owner,
            rating: of.rating,
            confidence: of.confidence,
            usage: of.usage.to_string(),
        });
        PreviewRow {
            line: row.line,
            kind: row.kind.to_string(),
            value: row.indicator.canonical(),
            standing: standing.into(),
            why,
            by: by.collect(),
            labels: row.labels.into_iter().map(LabelView::from).collect(),
            collateral: row.collateral.map(CollateralView::from),
        }
    }
}

impl From<Outcome> for RowResult {
    fn from(of: Outcome) -> RowResult {
        let result = serde_json::to_value(of.effect).ok().and_then(|word| word.as_str().map(str::to_owned));
        RowResult { row: of.line, result: result.unwrap_or_default(), id: Some(of.id.to_string()), why: None }
    }
}

fn refused(offer: &Offer) -> impl Iterator<Item = RefusedView> + '_ {
    offer.refused.iter().map(|of| {
        let column = of.column.as_ref().map_or(String::new(), |column| format!("{column}: "));
        RefusedView { line: of.line, text: of.text.clone(), why: format!("{column}{}", of.why) }
    })
}

fn remarks(offer: &Offer) -> Vec<String> {
    offer.remarks.iter().map(|remark| format!("{}: {}", remark.what, remark.text)).collect()
}
