//! Domains that this installation saw for the first time: what somebody reads each morning.
//!
//! A domain is new when no source that may be read brought it before; sources that only say what somebody asked for
//! (look-ups) neither make a domain new nor take that from it. What everybody uses and what is one's own is left out by
//! lists, and the age of the registration is said where it is known: new here and registered last week is another thing
//! than new here and registered in 1996.

use std::collections::{BTreeMap, BTreeSet};

use model::{Name, Readable, SourceId, SourceKind, Time};

use crate::{error::Error, profile::Profile, view::View};

/// Rows that are read at one time.
const PAGE: usize = 10_000;
/// How many domains may be asked for.
pub const DOMAINS_MAX: usize = 100_000;

/// A domain that is new here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDomain {
    /// The registrable domain.
    pub domain: Name,
    /// The full hour in which it arrived.
    pub hour: Time,
    /// Who brought it since.
    pub sources: Vec<SourceId>,
    /// When it was registered, where that is known.
    pub registered: Option<Time>,
}

/// Domains that are new here, by hour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDomains {
    /// At most as many as were asked for.
    pub domains: Vec<NewDomain>,
    /// There are more.
    pub more: bool,
}

/// Domains that arrived between two moments and never before, but for those of `without` and what is below them.
pub fn domains(
    view: &View<'_>,
    since: Time,
    until: Time,
    without: &BTreeSet<Name>,
    limit: usize,
) -> Result<NewDomains, Error> {
    let sources = Readable::Only(
        view.sources().iter().filter(|source| source.kind != SourceKind::Lookup).map(|source| source.id).collect(),
    );
    let limit = limit.min(DOMAINS_MAX);
    let mut found = BTreeMap::<Name, NewDomain>::new();
    let (mut cursor, mut more) = (None, false);
    loop {
        let page = view.arrivals(since, until, &sources, PAGE, cursor)?;
        for arrival in page.rows {
            if let Some(known) = found.get_mut(&arrival.domain) {
                known.hour = known.hour.min(arrival.hour);
                known.sources.push(arrival.source);
                continue;
            }
            if is_listed(&arrival.domain, without) || view.arrived_before(&arrival.domain, arrival.hour, &sources)? {
                continue;
            }
            if found.len() >= limit {
                more = true;
                continue;
            }
            let registered = Profile::read_registration(view, &arrival.domain)?.since;
            let (domain, hour) = (arrival.domain, arrival.hour);
            found.insert(domain.clone(), NewDomain { domain, hour, sources: vec![arrival.source], registered });
        }
        cursor = page.next;
        if cursor.is_none() || more {
            break;
        }
    }
    let mut domains: Vec<NewDomain> = found.into_values().collect();
    domains.sort_by(|a, b| (b.hour, &a.domain).cmp(&(a.hour, &b.domain)));
    Ok(NewDomains { domains, more })
}

fn is_listed(domain: &Name, without: &BTreeSet<Name>) -> bool {
    (1..=domain.label_count()).any(|labels| without.contains(&domain.suffix(labels)))
}
