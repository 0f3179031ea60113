//! What blocking would break: what else was seen there lately, by sources that measure a population.
//!
//! An address that serves one bad name may serve a thousand good ones. Before somebody blocks it, the observations are
//! asked who else stood there in the last week. Only measured sources count (a sensor's traffic, a zone): what is there
//! because somebody looked it up says nothing of who would miss it.

use std::collections::BTreeSet;

use model::{Field, Indicator, IndicatorType, Name, RecordType, Time, opinion::Use, time::DAY};
use observations::{Record, Subject};
use serde::Serialize;

use super::{
    import::Previewed,
    label::{Labelled, addresses},
};
use crate::{error::Error, label::Label, view::View};

/// How far back it is looked.
pub const DAYS: i64 = 7;
/// The most domains that are named.
pub const NAMED_MAX: usize = 20;
/// The most values that are looked at in one preview.
pub const VALUES_MAX: usize = 1_000;
/// The most records that are read for one value.
const RECORDS_MAX: usize = 2_000;

/// What else was seen at a value lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Collateral {
    /// Other registrable domains that were seen at an address, or names seen below a host, at most [`NAMED_MAX`].
    pub examples: Vec<String>,
    /// How many other registrable domains.
    pub domains: u64,
    /// How many other names.
    pub names: u64,
    /// Reading stopped at a limit: the true numbers are at least these.
    pub at_least: bool,
    /// Since when.
    pub since: Time,
    /// The measured sources that were asked; where there are none, nothing found says nothing.
    pub sources: Vec<String>,
}

impl Collateral {
    /// In words; none where nothing else was seen.
    pub fn words(&self) -> Option<String> {
        let at_least = if self.at_least { "at least " } else { "" };
        let named = self.examples.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        let and = if self.examples.len() > 3 { ", …" } else { "" };
        let counted = match (self.names, self.domains) {
            (0, _) => return None,
            (names, 1) => format!("{at_least}{names} other names of 1 domain"),
            (names, domains) => format!("{at_least}{names} other names of {domains} domains"),
        };
        Some(format!("{counted} seen there in the last week: {named}{and}"))
    }
}

/// Adds to the rows of a preview what the observations and the program's own lists say: labels for all, and what
/// blocking would break for those that would be blocked. How many of these were not looked at.
pub fn look(view: &View<'_>, rows: &mut [Previewed], now: Time) -> Result<usize, Error> {
    let own: BTreeSet<Name> = rows.iter().filter_map(|row| host(&row.indicator)).cloned().collect();
    let (mut looked_at, mut left) = (0, 0);
    for row in rows {
        row.labels.extend(bundled(view, &row.indicator));
        if row.usage != Use::Block || !breaks(row.kind) {
            continue;
        }
        if looked_at == VALUES_MAX {
            left += 1;
            continue;
        }
        looked_at += 1;
        row.collateral = Some(of(view, &row.indicator, &own, now)?);
    }
    Ok(left)
}

fn breaks(kind: IndicatorType) -> bool {
    matches!(kind, IndicatorType::Address | IndicatorType::Cidr | IndicatorType::Host)
}

fn host(indicator: &Indicator) -> Option<&Name> {
    match indicator {
        Indicator::Host(host) => Some(host.name()),
        _ => None,
    }
}

/// What the lists inside the program, and those of the configuration, say of a value.
pub(crate) fn bundled(view: &View<'_>, indicator: &Indicator) -> Vec<Labelled> {
    let labels = &view.engine.labels;
    let found = match indicator {
        Indicator::EmailAddress(address) => labels.of_value(Field::Email, &Field::Email.fold(address.as_str())),
        Indicator::Host(host) => labels.of_domain(host.name()),
        Indicator::Url(url) => match (url.host(), url.address()) {
            (Some(host), _) => labels.of_domain(host.name()),
            (None, address) => address.map(|address| labels.of_address(address)).unwrap_or_default(),
        },
        other => addresses(other).map(|prefix| labels.of_address(prefix.first())).unwrap_or_default(),
    };
    let labelled = |label: Label| Labelled {
        list: label.source,
        id: None,
        entry: None,
        kind: Some(label.kind),
        excludes: false,
        overruled: None,
    };
    found.into_iter().map(labelled).collect()
}

/// What else was seen there, leaving out what is to be blocked itself.
pub(crate) fn of(view: &View<'_>, indicator: &Indicator, own: &BTreeSet<Name>, now: Time) -> Result<Collateral, Error> {
    let since = now.plus(-DAYS * DAY);
    let (subject, types): (_, &[RecordType]) = match indicator {
        Indicator::Address(address) => (Subject::Address(*address), &[RecordType::A, RecordType::AAAA]),
        Indicator::Cidr(prefix) => (Subject::Prefix(*prefix), &[RecordType::A, RecordType::AAAA]),
        Indicator::Host(host) => (Subject::Within(host.name().clone()), &[]),
        _ => return Ok(Collateral::default()),
    };
    let (records, at_least) = view.measured_since(subject, types, since, RECORDS_MAX)?;
    let below = matches!(indicator, Indicator::Host(_));
    Ok(Collateral { at_least, since, sources: view.measured_sources(), ..counted(view, &records, own, below) })
}

fn counted(view: &View<'_>, records: &[Record], own: &BTreeSet<Name>, below: bool) -> Collateral {
    // Below a host that is to be blocked every name goes with it, so there only the host itself is no surprise.
    let meant = |name: &Name| match below {
        true => own.contains(name),
        false => std::iter::successors(Some(name.clone()), Name::parent).any(|name| own.contains(&name)),
    };
    let names: BTreeSet<&Name> =
        records.iter().map(|record| &record.tuple.rrname).filter(|name| !meant(name)).collect();
    let domains: BTreeSet<Name> = names.iter().map(|name| view.registrable(name)).collect();
    let examples = match below {
        true => names.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
        false => domains.iter().take(NAMED_MAX).map(ToString::to_string).collect(),
    };
    Collateral { examples, domains: domains.len() as u64, names: names.len() as u64, ..Collateral::default() }
}
