//! Rows of look-ups, pivots and hunts, each with the step that found it and its counts at that time.

use std::collections::{BTreeMap, BTreeSet};

use formats::list::Stated;
use model::{
    Indicator, IndicatorType, Name, PivotKind, Provenance, SourceId, Time,
    evidence::Share,
    pivot::Quality,
    provenance::{Origin, Trail},
};

use super::Offer;
use crate::{
    error::Error,
    hunt::{Candidate, Report},
    knowledge::import::Offered,
    lookup,
    pivot::{self, PivotValue},
    view::View,
};

/// Which rows are wanted, by their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen(Option<BTreeSet<Indicator>>);

impl Chosen {
    /// Every row.
    pub const ALL: Chosen = Chosen(None);

    /// The rows with these values, defanged or not.
    pub fn only<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Result<Chosen, Error> {
        let mut chosen = BTreeSet::new();
        for (at, text) in values.into_iter().enumerate() {
            let value = Indicator::guess(text.as_ref());
            chosen.insert(value.ok_or_else(|| Error::invalid(format!("rows.{at}"), "not a value"))?);
        }
        Ok(Chosen(Some(chosen)))
    }
}

/// The names that a pivot finds along a value, and its domains where they are chosen.
pub fn of_pivot(view: &View, value: &str, kind: PivotKind, chosen: &Chosen) -> Result<Offer, Error> {
    let found = pivot::pivot(view, value, kind)?;
    let shown = Indicator::guess(value).map_or_else(|| value.trim().to_owned(), |value| value.canonical());
    let mut rows = Rows::new(chosen, Origin::Pivot, &shown, view);
    for value in &found.values {
        rows.of_value(value, &shown);
    }
    rows.offer(format!("pivot along {kind} from {shown}"))
}

/// A value that was looked up, what it points to, and who shares it.
pub fn of_lookup(view: &View, value: &Indicator, chosen: &Chosen, now: Time) -> Result<Offer, Error> {
    let found = lookup::lookup(view, value, now)?;
    let shown = value.canonical();
    let mut rows = Rows::new(chosen, Origin::Lookup, &shown, view);
    rows.add(value.clone(), found.seen, Vec::new(), None);
    for row in &found.addresses {
        let address = row.address.to_string();
        let trail = trail(&shown, PivotKind::Address, &address, &row.share, row.quality);
        rows.add(Indicator::Address(row.address.to_canonical()), Some((row.first, row.last)), vec![trail], None);
    }
    for value in &found.pivots {
        rows.of_value(&PivotValue { rows: found.sharers.clone(), ..value.clone() }, &shown);
    }
    rows.offer(format!("look-up of {shown}"))
}

/// What a hunt found: its candidates, each with its best path.
pub fn of_hunt(view: &View, report: &Report, chosen: &Chosen) -> Result<Offer, Error> {
    let seeds: Vec<String> = report.seeds.iter().map(Name::to_string).collect();
    let seeds = seeds.join(", ");
    let mut rows = Rows::new(chosen, Origin::Hunt, &seeds, view);
    for candidate in &report.candidates {
        let remark = format!("{}, score {:.2}", candidate.tier.as_str(), candidate.score);
        let Some(value) = host(&candidate.value) else { continue };
        rows.add(value, None, path(candidate), Some(remark));
    }
    rows.offer(format!("hunt from {seeds}"))
}

/// The strongest value of each hop of the best path.
fn path(candidate: &Candidate) -> Vec<Trail> {
    let hops = candidate.paths.first().map_or(&[][..], |path| path.hops.as_slice());
    let strongest = hops.iter().filter_map(|hop| Some((hop, hop.shared.first()?)));
    strongest
        .map(|(hop, shared)| trail(&hop.from.to_string(), shared.kind, &shared.value, &shared.share, shared.quality))
        .collect()
}

fn trail(from: &str, kind: PivotKind, value: &str, share: &Share, quality: Quality) -> Trail {
    Trail { from: from.to_owned(), kind, value: value.to_owned(), share: share.clone(), quality }
}

fn host(name: &Name) -> Option<Indicator> {
    Indicator::parse(IndicatorType::Host, &name.to_string()).ok()
}

/// Rows being gathered; a value that is found along several values has the evidence of each.
struct Rows<'a> {
    chosen: &'a Chosen,
    missing: BTreeSet<Indicator>,
    origin: Origin,
    seed: &'a str,
    sources: Vec<SourceId>,
    rows: Vec<Offered>,
}

impl<'a> Rows<'a> {
    fn new(chosen: &'a Chosen, origin: Origin, seed: &'a str, view: &View) -> Rows<'a> {
        let sources = view.sources().iter().map(|source| source.id).collect();
        Rows { chosen, missing: chosen.0.clone().unwrap_or_default(), origin, seed, sources, rows: Vec::new() }
    }

    fn of_value(&mut self, value: &PivotValue, from: &str) {
        for row in &value.rows {
            let step = trail(from, value.kind, &value.value, &value.share, value.quality);
            let domain = host(&row.domain).filter(|domain| self.is_named(domain));
            let values: BTreeSet<Indicator> = row.names.iter().filter_map(host).chain(domain).collect();
            for indicator in values {
                self.add(indicator, Some((row.first, row.last)), vec![step.clone()], None);
            }
        }
    }

    /// Whether it was chosen by itself, not with everything else.
    fn is_named(&self, value: &Indicator) -> bool {
        self.chosen.0.as_ref().is_some_and(|chosen| chosen.contains(value))
    }

    fn add(&mut self, indicator: Indicator, seen: Option<(Time, Time)>, steps: Vec<Trail>, remark: Option<String>) {
        if self.chosen.0.is_some() && !self.is_named(&indicator) {
            return;
        }
        self.missing.remove(&indicator);
        let stated = Stated {
            first_seen: seen.map(|(first, _)| first),
            last_seen: seen.map(|(_, last)| last),
            ..Stated::new(self.rows.len() + 1, indicator)
        };
        let (seed, sources) = (Some(self.seed.to_owned()), self.sources.clone());
        let provenance = Provenance { origin: self.origin, seed, steps, sources, remark };
        self.rows.push(Offered { stated, provenance });
    }

    fn offer(self, origin: String) -> Result<Offer, Error> {
        if let Some(missing) = self.missing.first() {
            let why = format!("`{}` is not among what is found now", missing.canonical());
            return Err(Error::invalid("rows", why));
        }
        Ok(Offer { origin, rows: self.rows, ..Offer::default() })
    }
}

/// The values of rows, with the hosts' domains: what somebody may know already.
pub(crate) fn values_of(rows: &[pivot::PivotRow]) -> BTreeMap<&Name, BTreeSet<Indicator>> {
    let of = |row: &pivot::PivotRow| row.names.iter().chain([&row.domain]).filter_map(host).collect();
    rows.iter().map(|row| (&row.domain, of(row))).collect()
}
