//! Why a value should not be blocked as it is: labels, and what else our sensors saw there lately.

use std::collections::BTreeSet;

use model::{Indicator, Name, Time, time::DAY};

use crate::{
    error::Error,
    label::Label,
    view::{View, address_subject},
};

/// How far back other names count.
const RECENT: i64 = 7 * DAY;
/// At most so many records of an address are read.
const RECORDS_MAX: usize = 2_000;
/// Other names that are written out.
const NAMES_SHOWN: usize = 3;

/// What speaks against blocking a value; `known` are the registrable domains that do not count as bystanders.
pub fn cautions(view: &View, indicator: &Indicator, known: &BTreeSet<Name>, now: Time) -> Result<Vec<String>, Error> {
    let mut words: Vec<String> = labels(view, indicator).iter().map(label).collect();
    if let Indicator::Address(address) = indicator {
        let (subject, rrtype) = address_subject(*address);
        let (records, more) = view.records(subject, &[rrtype], RECORDS_MAX)?;
        let recent = records.iter().filter(|record| {
            record.sightings.iter().any(|(_, seen)| now.0.saturating_sub(seen.span.last().0) <= RECENT)
        });
        let domains: BTreeSet<Name> = recent.map(|record| view.registrable(&record.tuple.rrname)).collect();
        words.extend(bystanders(domains.difference(known).collect(), more));
    }
    Ok(words)
}

fn bystanders(domains: Vec<&Name>, more: bool) -> Option<String> {
    let shown: Vec<String> = domains.iter().take(NAMES_SHOWN).map(ToString::to_string).collect();
    let and = if domains.len() > NAMES_SHOWN { ", …" } else { "" };
    let at_least = if more { "at least " } else { "" };
    let noun = if domains.len() == 1 { "domain was" } else { "domains were" };
    (!domains.is_empty()).then(|| {
        format!("{at_least}{} other {noun} seen there in the last week: {}{and}", domains.len(), shown.join(", "))
    })
}

/// The labels of a value; those of a link or an e-mail address are its host's.
fn labels(view: &View, indicator: &Indicator) -> Vec<Label> {
    let labels = &view.engine.labels;
    match indicator {
        Indicator::Address(address) => labels.of_address(*address),
        Indicator::Cidr(prefix) => labels.of_address(prefix.first()),
        Indicator::Host(host) => labels.of_domain(host.name()),
        _ => Vec::new(),
    }
}

fn label(label: &Label) -> String {
    format!("{} ({})", label.kind.as_str(), label.source)
}
