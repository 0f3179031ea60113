//! Which Track would have found a set of domains: the values that they share, best first.

use std::collections::BTreeMap;

use model::{Name, PivotKind, Quality, TrackQuery};
use serde::{Deserialize, Serialize};

use crate::{
    connector::{Connector, connectors},
    error::Error,
    pivot,
    profile::Profile,
    view::View,
};

/// Domains that are looked at, at most.
pub const DOMAINS_MAX: usize = 200;
/// Proposals, at most.
const PROPOSALS: usize = 20;

/// A Track that somebody could add.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Proposal {
    /// The query.
    pub query: String,
    /// Which of the domains it is true of.
    pub domains: Vec<Name>,
    /// How many domains are known to have the value.
    pub known: u64,
    /// Whether sharing it says anything.
    pub quality: Quality,
    /// Why.
    pub reason: String,
}

/// Values that these domains share, or that the only one has: selective ones first, then by how many share them.
pub fn propose(view: &View, domains: &[Name]) -> Result<Vec<Proposal>, Error> {
    let mut shared: BTreeMap<(PivotKind, String), (Connector, Vec<Name>)> = BTreeMap::new();
    for domain in domains.iter().take(DOMAINS_MAX) {
        let domain = view.registrable(domain);
        let profile = Profile::read(view, &domain)?;
        for connector in connectors(&profile) {
            let key = (connector.kind, connector.shown.to_lowercase());
            let (_, having) = shared.entry(key).or_insert_with(|| (connector, Vec::new()));
            if !having.contains(&domain) {
                having.push(domain.clone());
            }
        }
    }
    let least = if domains.len() > 1 { 2 } else { 1 };
    let mut proposals = Vec::new();
    for (connector, having) in shared.into_values().filter(|(_, having)| having.len() >= least) {
        let Some(query) = query(&connector) else { continue };
        let value = pivot::step(view, &connector, false)?;
        proposals.push(Proposal {
            query,
            domains: having,
            known: value.share.domains.max(value.share.known),
            quality: value.quality,
            reason: value.reason,
        });
    }
    let rank = |quality| match quality {
        Quality::Selective => 0,
        Quality::Unmeasured => 1,
        Quality::Crowded => 2,
        Quality::Poison => 3,
    };
    proposals.sort_by(|a, b| {
        (rank(a.quality), b.domains.len(), a.known, &a.query).cmp(&(
            rank(b.quality),
            a.domains.len(),
            b.known,
            &b.query,
        ))
    });
    proposals.truncate(PROPOSALS);
    Ok(proposals)
}

fn query(connector: &Connector) -> Option<String> {
    let field = match connector.kind {
        PivotKind::Email => "email",
        PivotKind::Name => "name",
        PivotKind::Organization => "organization",
        PivotKind::Phone => "phone",
        PivotKind::Street => "street",
        PivotKind::Handle => "handle",
        PivotKind::RegisteredMinute => "registeredMinute",
        PivotKind::NameServers => "nameServers",
        PivotKind::Mx => "mailServer",
        PivotKind::Address | PivotKind::Network => "address",
        PivotKind::Registrar | PivotKind::SoaMailbox | PivotKind::Subdomain => return None,
    };
    let text = format!("{field} = {}", serde_json::Value::from(connector.shown.as_str()));
    TrackQuery::parse(&text).ok().map(|query| query.to_string())
}
