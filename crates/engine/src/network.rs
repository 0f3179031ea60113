//! Whose an address is: its block, who holds it, in which country, which AS announces it, and what of that changed.

use std::net::IpAddr;

use model::Time;
use observations::NetworkVersion;
use serde::{Deserialize, Serialize};

use crate::{error::Error, view::View};

/// The block of an address, as far as anybody said. Sources complete each other: an address registry knows the holder, a
/// table of routes the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkRow {
    /// The longest prefix that holds the address.
    pub prefix: String,
    /// What its registry calls the block.
    pub name: Option<String>,
    /// Who holds it.
    pub holder: Option<String>,
    /// The country of the holder, as stated.
    pub country: Option<String>,
    /// The AS numbers that announce it.
    pub origins: Vec<u32>,
    /// AS numbers that announced the address before and do not now, with the last time, newest first.
    pub before: Vec<EarlierOrigin>,
    /// The sources that say so.
    pub sources: Vec<String>,
}

/// An AS number that announced an address and does not now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EarlierOrigin {
    /// Its number.
    pub origin: u32,
    /// When it was last seen to.
    pub last: Time,
}

impl NetworkRow {
    /// The row in one line: `AS64496 Example Hosting, NL`.
    pub fn words(&self) -> String {
        let origins = self.origins.iter().map(|origin| format!("AS{origin}")).collect::<Vec<_>>().join(" ");
        let holder = self.holder.as_ref().or(self.name.as_ref());
        let holder = holder.into_iter().chain(&self.country).cloned().collect::<Vec<_>>().join(", ");
        [origins, holder].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

/// The block of an address, where anybody said.
pub fn of_address(view: &View, address: IpAddr) -> Result<Option<NetworkRow>, Error> {
    let versions = view.networks(address)?;
    let Some(longest) = versions.first() else { return Ok(None) };
    let mut row = NetworkRow { prefix: longest.prefix.to_string(), ..NetworkRow::default() };
    for version in &versions {
        fill(&mut row, &version.network);
    }
    row.before = before(&versions, &row.origins);
    row.sources =
        versions.iter().filter_map(|version| view.source(version.source)).map(|source| source.name.clone()).collect();
    row.sources.sort();
    row.sources.dedup();
    Ok(Some(row))
}

/// Takes what is not stated yet: longer prefixes and later sightings come first.
fn fill(row: &mut NetworkRow, network: &model::Network) {
    row.name = row.name.take().or_else(|| network.name.clone());
    row.holder = row.holder.take().or_else(|| network.holder.holder.clone());
    row.country = row.country.take().or_else(|| network.holder.country.clone());
    if row.origins.is_empty() {
        row.origins.clone_from(&network.origins);
    }
}

/// Earlier origins of the same prefix: what covers it is announced beside it, not before it.
fn before(versions: &[NetworkVersion], origins: &[u32]) -> Vec<EarlierOrigin> {
    let announced = versions.iter().find(|version| !version.network.origins.is_empty()).map(|version| version.prefix);
    let mut earlier: Vec<(u32, Time)> = versions
        .iter()
        .filter(|version| Some(version.prefix) == announced)
        .flat_map(|version| version.network.origins.iter().map(|origin| (*origin, version.seen.span.last())))
        .filter(|(origin, _)| !origins.contains(origin))
        .collect();
    earlier.sort_by_key(|(origin, last)| (*origin, std::cmp::Reverse(*last)));
    earlier.dedup_by_key(|(origin, _)| *origin);
    earlier.sort_by_key(|(_, last)| std::cmp::Reverse(*last));
    earlier.into_iter().map(|(origin, last)| EarlierOrigin { origin, last }).collect()
}
