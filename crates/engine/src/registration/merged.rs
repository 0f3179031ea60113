//! One reading of what several sources say now, field by field, with who says it and who says otherwise.
//!
//! Of two answers within three days of each other RDAP's goes before WHOIS's (where the two differ it is right about four
//! times in five: Fernandez and others, "WHOIS Right?", PAM 2024), else the newer. A stated value goes before a withheld
//! one. Only versions of the current owner count.

use std::{borrow::Cow, cmp::Reverse};

use model::{
    Disclosed, Time,
    registration::{Protocol, State},
    time::DAY,
};
use serde::{Deserialize, Serialize};

use super::{
    field::{Value, fields},
    history::{Step, Turn},
};

/// Answers so far apart are of one time.
const TOGETHER: i64 = 3 * DAY;

/// A field of the merged reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedField {
    /// Its name: `registrar`, `registrant email`, …
    pub field: Cow<'static, str>,
    /// The value taken, and who says it.
    #[serde(flatten)]
    pub said: Said,
    /// What others say otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Said>,
}

/// A value and who says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The value.
    pub value: Disclosed,
    /// Who says it.
    pub source: String,
    /// By which protocol.
    pub protocol: Option<Protocol>,
    /// Last seen to say so.
    pub last: Time,
}

/// The merged reading; empty where nobody holds the domain, as far as is known.
pub(super) fn merged(steps: &[Step]) -> Vec<MergedField> {
    let newest = newest(steps);
    let all: Vec<Vec<(&'static str, Value)>> = newest.iter().map(|step| fields(&step.registration)).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let merge = |(at, (field, _)): (usize, &(&'static str, Value))| {
        let values = newest.iter().zip(&all).filter_map(|(step, fields)| Some((*step, &fields.get(at)?.1)));
        one(field, values)
    };
    first.iter().enumerate().filter_map(merge).collect()
}

/// The newest version of each source and protocol about the current owner, the best first.
fn newest(steps: &[Step]) -> Vec<&Step> {
    let answers = || steps.iter().filter(|step| step.turn != Turn::Unanswered);
    let Some(latest) = answers().map(|step| step.last).max() else { return Vec::new() };
    let last = answers().max_by_key(|step| step.last);
    if let Some(dropped) = last.filter(|step| step.registration.state == State::Available) {
        return vec![dropped];
    }
    let epoch = last.map(|step| step.epoch);
    let mut newest: Vec<&Step> = Vec::new();
    for step in answers().filter(|step| Some(step.epoch) == epoch) {
        let same = |other: &&mut &Step| other.source == step.source && other.protocol == step.protocol;
        match newest.iter_mut().find(same) {
            Some(known) if known.last <= step.last => *known = step,
            Some(_) => {}
            None => newest.push(step),
        }
    }
    let is_recent = |step: &Step| latest.0.saturating_sub(step.last.0) <= TOGETHER;
    newest.sort_by_key(|step| {
        let recent = is_recent(step);
        Reverse((recent, recent && step.protocol == Some(Protocol::Rdap), step.last))
    });
    newest
}

/// One field: the first stated value, else the first withheld one; others that are stated otherwise are conflicts.
fn one<'a>(field: &'static str, values: impl Iterator<Item = (&'a Step, &'a Value)>) -> Option<MergedField> {
    let mut values: Vec<_> = values.filter(|(_, value)| !value.disclosed.is_absent()).collect();
    values.sort_by_key(|(_, value)| value.disclosed.stated().is_none());
    let (step, taken) = *values.first()?;
    let otherwise = |(_, value): &&(&Step, &Value)| value.disclosed.stated().is_some() && !value.is_same(taken);
    let conflicts = values.iter().filter(otherwise).map(|(step, value)| said(step, value)).collect();
    Some(MergedField { field: field.into(), said: said(step, taken), conflicts })
}

fn said(step: &Step, value: &Value) -> Said {
    Said { value: value.disclosed.clone(), source: step.source.clone(), protocol: step.protocol, last: step.last }
}
