//! What a Track would say, before it stands: how much, how often, why, and how early.

use std::collections::BTreeMap;

use model::{Name, Quality, SourceKind, Span, Time, TrackQuery, time::DAY};
use observations::Subject;
use serde::{Deserialize, Serialize};

use super::{
    index::Index,
    search::{Found, Match, Matches, answer, matches},
};
use crate::{error::Error, view::View};

/// Hits a day that drown whoever gets them.
const DROWNING: f64 = 20.0;
/// Days over which hits a day are counted.
const DAYS: i64 = 90;
/// Weeks that are shown.
const WEEKS: i64 = 52;
/// Domains whose first sighting is looked up for the backtest.
const BACKTEST_MAX: usize = 300;
/// Rows that are shown.
const ROWS: usize = 20;

/// What a Track would say.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// What it is true of now, with some rows.
    pub found: Found,
    /// How many matching records there were first in each of the last 52 weeks, the oldest first.
    pub weeks: Vec<Week>,
    /// How many hits a day there were over the last 90 days.
    pub per_day: f64,
    /// What the query is found by, for each record that comes.
    pub found_by: Vec<String>,
    /// How early it would have spoken.
    pub backtest: Backtest,
    /// Why it might be a bad Track.
    pub warnings: Vec<String>,
}

/// A week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// Its first day.
    pub from: Time,
    /// How many.
    pub count: usize,
}

/// When the Track would have spoken, beside when names were first seen in traffic.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backtest {
    /// Domains that were looked at.
    pub domains: usize,
    /// Those that were seen in traffic.
    pub seen: usize,
    /// Those of which the Track would have spoken before.
    pub before: usize,
    /// The days between, in the middle of those seen.
    pub median_days: Option<i64>,
    /// The earliest warnings.
    pub examples: Vec<Lead>,
}

/// How many days before its first sighting a domain would have been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// The domain.
    pub domain: Name,
    /// The days; negative where it was seen first.
    pub days: i64,
}

/// Looks at what a query would have said.
pub fn preview(view: &View, query: &TrackQuery, now: Time) -> Result<Preview, Error> {
    let all = matches(view, query)?;
    let found = answer(view, query, &all, None, ROWS)?;
    let recent = all.asked(query).filter(|found| found.first > now.plus(-DAYS * DAY) && found.first <= now).count();
    let per_day = recent as f64 / DAYS as f64;
    let found_by = Index::found_by(query);
    Ok(Preview {
        weeks: weeks(query, &all, now),
        warnings: warnings(&found, per_day, &found_by),
        backtest: backtest(view, query, &all)?,
        found,
        per_day,
        found_by,
    })
}

fn weeks(query: &TrackQuery, all: &Matches, now: Time) -> Vec<Week> {
    let start = now.plus(-WEEKS * 7 * DAY);
    let mut weeks: Vec<Week> = (0..WEEKS).map(|week| Week { from: start.plus(week * 7 * DAY), count: 0 }).collect();
    for found in all.asked(query) {
        let week = found.first.days_since(start).div_euclid(7);
        if let Some(week) = usize::try_from(week).ok().and_then(|week| weeks.get_mut(week)) {
            week.count += 1;
        }
    }
    weeks
}

fn backtest(view: &View, query: &TrackQuery, all: &Matches) -> Result<Backtest, Error> {
    let mut told: BTreeMap<&Name, Time> = BTreeMap::new();
    for Match { record, first, .. } in all.asked(query) {
        let known = told.entry(&record.domain).or_insert(*first);
        *known = (*known).min(*first);
    }
    let mut backtest = Backtest { domains: told.len().min(BACKTEST_MAX), ..Backtest::default() };
    let mut leads = Vec::new();
    for (domain, told) in told.into_iter().take(BACKTEST_MAX) {
        let (records, _) = view.records(Subject::Within(domain.clone()), &[], 500)?;
        let sensed = records
            .iter()
            .flat_map(|record| &record.sightings)
            .filter(|(source, _)| view.source(*source).is_some_and(|source| source.kind == SourceKind::Sensor));
        if let Some(seen) = sensed.map(|(_, seen)| seen.span).reduce(Span::union) {
            leads.push(Lead { domain: domain.clone(), days: seen.first().days_since(told) });
        }
    }
    leads.sort_by(|a, b| b.days.cmp(&a.days).then(a.domain.cmp(&b.domain)));
    backtest.seen = leads.len();
    backtest.before = leads.iter().filter(|lead| lead.days > 0).count();
    backtest.median_days = leads.get(leads.len() / 2).map(|lead| lead.days);
    leads.truncate(5);
    backtest.examples = leads;
    Ok(backtest)
}

fn warnings(found: &Found, per_day: f64, found_by: &[String]) -> Vec<String> {
    let mut warnings = Vec::new();
    if per_day > DROWNING {
        warnings.push(format!("about {per_day:.0} hits a day: it would drown its owner; name more that must hold"));
    }
    if found_by.is_empty() {
        warnings.push(
            "no condition names a value to find it by: it is asked of every record, and few such Tracks may stand"
                .into(),
        );
    }
    for value in found.values.iter().filter(|value| matches!(value.quality, Quality::Crowded | Quality::Poison)) {
        warnings.push(format!("{} is {}: {}", value.condition, value.quality, value.reason));
    }
    warnings
}
