//! What the lists say to one owner's import.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use model::{Actor, Indicator, LabelListId, OwnerId, ReadableOwners};
use serde::Serialize;
use store::Tx;

use super::matcher::Matcher;
use crate::{error::Error, label::LabelKind};

/// A list that a value stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Labelled {
    /// The list's name.
    pub list: String,
    /// The list; none where it is one of those inside the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<LabelListId>,
    /// The entry that says so, where that is something else than the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// What it says, where that has a word.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "word")]
    pub kind: Option<LabelKind>,
    /// Whether it keeps the value out.
    pub excludes: bool,
    /// Why the owner does not go by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overruled: Option<String>,
}

fn word<S: serde::Serializer>(kind: &Option<LabelKind>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.map_or("", LabelKind::as_str))
}

/// The lists as they are matched, kept until one of them changes.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Arc<Matcher>>);

impl Cache {
    /// The lists as they are now.
    pub(crate) fn current(&self, tx: &mut Tx<'_>) -> Result<Arc<Matcher>, Error> {
        let revisions = store::label::revisions(tx)?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.revisions != revisions {
            let mut lists = Vec::new();
            for id in revisions.keys() {
                let list = store::label::by_id(tx, *id)?;
                lists.extend(list.map(|list| Ok::<_, Error>((list, store::label::entries(tx, *id)?))).transpose()?);
            }
            *kept = Arc::new(Matcher::new(revisions, lists));
        }
        Ok(Arc::clone(&kept))
    }
}

/// What the lists say to one owner's import.
pub(crate) struct Screen {
    matcher: Arc<Matcher>,
    owner: OwnerId,
    readable: ReadableOwners,
    overruled: HashMap<(LabelListId, String), String>,
}

impl Screen {
    /// The lists that count for an owner, as the actor may see them.
    pub(crate) fn new(tx: &mut Tx<'_>, matcher: Arc<Matcher>, actor: &Actor, owner: OwnerId) -> Result<Screen, Error> {
        let overruled = match matcher.is_empty() {
            true => HashMap::new(),
            false => store::label::overrules(tx, owner)?
                .into_iter()
                .map(|overrule| ((overrule.list, overrule.value), overrule.reason))
                .collect(),
        };
        Ok(Screen { matcher, owner, readable: actor.readable(), overruled })
    }

    /// Every list that the value stands on.
    pub(crate) fn labels(&self, indicator: &Indicator) -> Vec<Labelled> {
        if self.matcher.is_empty() {
            return Vec::new();
        }
        let value = indicator.canonical();
        let hits = self.matcher.of(indicator).into_iter();
        let seen = hits.filter(|hit| hit.list.owner.is_none_or(|owner| self.readable.allows(owner)));
        let labelled = seen.map(|hit| {
            let overruled = self.overruled.get(&(hit.list.id, value.clone())).cloned();
            let concerned = hit.list.owner.is_none_or(|owner| owner == self.owner);
            Labelled {
                list: hit.list.name.clone(),
                id: Some(hit.list.id),
                entry: (hit.entry != value).then_some(hit.entry),
                kind: None,
                excludes: hit.list.excludes && concerned && overruled.is_none(),
                overruled,
            }
        });
        labelled.collect()
    }

    /// Why the value may not come in.
    pub(crate) fn refusal(&self, indicator: &Indicator) -> Option<String> {
        if self.matcher.is_empty() {
            return None;
        }
        refusal_of(&self.labels(indicator))
    }
}

/// Why a value with these labels may not come in.
pub(crate) fn refusal_of(labels: &[Labelled]) -> Option<String> {
    let label = labels.iter().find(|label| label.excludes)?;
    let entry = label.entry.as_ref().map(|entry| format!(" as `{entry}`")).unwrap_or_default();
    Some(format!("on the exclusion list `{}`{entry}", label.list))
}
