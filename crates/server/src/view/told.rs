//! What a server says of a look-up or a pivot, read back as what the engine here would have said.

use std::net::IpAddr;

use engine::{
    lookup::{AddressRow, Lookup, RecordRow, VersionRow},
    network::NetworkRow,
    pivot::{Pivot, PivotRow, PivotValue},
    view::Denominator,
};
use model::{Name, PivotKind, Quality, RecordType, Registration, Time, evidence::Share};
use serde::Deserialize;

/// A look-up.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToldLookup {
    value: String,
    #[serde(rename = "type")]
    kind: String,
    domain: Option<Name>,
    known: String,
    first_seen: Option<Time>,
    last_seen: Option<Time>,
    age_days: Option<i64>,
    registration: Option<Registration>,
    addresses: Vec<ToldAddress>,
    network: Option<NetworkRow>,
    labels: Vec<String>,
    pivots: Vec<ToldValue>,
    sharers: Vec<PivotRowTold>,
    records: Vec<ToldRecord>,
    versions: Vec<ToldVersion>,
    more: bool,
    denominator: ToldDenominator,
}

/// A pivot.
#[derive(Deserialize)]
pub struct ToldPivot {
    kind: PivotKind,
    values: Vec<ToldValue>,
    denominator: ToldDenominator,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldDenominator {
    sources: Vec<String>,
    dns_domains: u64,
    registrations: u64,
    newest: Option<Time>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldShare {
    domains: u64,
    names: u64,
    known: u64,
    population: u64,
    sources: u32,
    at_least: bool,
}

#[derive(Deserialize)]
struct ToldAddress {
    address: IpAddr,
    network: Option<NetworkRow>,
    names: Vec<Name>,
    first: Time,
    last: Time,
    share: ToldShare,
    quality: Quality,
    reason: String,
}

#[derive(Deserialize)]
struct ToldValue {
    kind: PivotKind,
    value: String,
    share: ToldShare,
    quality: Quality,
    reason: String,
    labels: Vec<String>,
    rows: Vec<PivotRowTold>,
    more: bool,
}

#[derive(Deserialize)]
struct PivotRowTold {
    domain: Name,
    names: Vec<Name>,
    first: Time,
    last: Time,
}

#[derive(Deserialize)]
struct ToldRecord {
    rrname: Name,
    rrtype: RecordType,
    rdata: String,
    first: Time,
    last: Time,
    count: u64,
    spells: Vec<ToldSpell>,
    sources: Vec<String>,
}

#[derive(Deserialize)]
struct ToldSpell {
    first: Time,
    last: Time,
    reported: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ToldVersion {
    first: Time,
    last: Time,
    source: String,
    earlier_owner: bool,
    registration: Registration,
}

impl From<ToldLookup> for Lookup {
    fn from(told: ToldLookup) -> Lookup {
        Lookup {
            value: told.value,
            kind: told.kind,
            domain: told.domain,
            known: told.known,
            seen: told.first_seen.zip(told.last_seen),
            age_days: told.age_days,
            registration: told.registration,
            addresses: told.addresses.into_iter().map(AddressRow::from).collect(),
            network: told.network,
            labels: told.labels,
            pivots: told.pivots.into_iter().map(PivotValue::from).collect(),
            sharers: told.sharers.into_iter().map(PivotRow::from).collect(),
            records: told.records.into_iter().map(RecordRow::from).collect(),
            versions: told.versions.into_iter().map(VersionRow::from).collect(),
            more: told.more,
            denominator: told.denominator.into(),
        }
    }
}

impl From<ToldPivot> for Pivot {
    fn from(told: ToldPivot) -> Pivot {
        let values = told.values.into_iter().map(PivotValue::from).collect();
        Pivot { kind: told.kind, values, denominator: told.denominator.into() }
    }
}

impl From<ToldDenominator> for Denominator {
    fn from(told: ToldDenominator) -> Denominator {
        let ToldDenominator { sources, dns_domains, registrations, newest } = told;
        Denominator { sources, dns_domains, registrations, newest }
    }
}

impl From<ToldShare> for Share {
    fn from(told: ToldShare) -> Share {
        let ToldShare { domains, names, known, population, sources, at_least } = told;
        Share { domains, names, known, population, sources, at_least }
    }
}

impl From<ToldAddress> for AddressRow {
    fn from(told: ToldAddress) -> AddressRow {
        let ToldAddress { address, network, names, first, last, share, quality, reason } = told;
        AddressRow { address, network, names, first, last, share: share.into(), quality, reason }
    }
}

impl From<ToldValue> for PivotValue {
    fn from(told: ToldValue) -> PivotValue {
        let ToldValue { kind, value, share, quality, reason, labels, rows, more } = told;
        let rows = rows.into_iter().map(PivotRow::from).collect();
        PivotValue { kind, value, share: share.into(), quality, reason, labels, rows, more }
    }
}

impl From<PivotRowTold> for PivotRow {
    fn from(told: PivotRowTold) -> PivotRow {
        let PivotRowTold { domain, names, first, last } = told;
        PivotRow { domain, names, first, last }
    }
}

impl From<ToldRecord> for RecordRow {
    fn from(told: ToldRecord) -> RecordRow {
        let ToldRecord { rrname, rrtype, rdata, first, last, count, spells, sources } = told;
        let spells = spells.into_iter().map(|spell| (spell.first, spell.last, spell.reported)).collect();
        RecordRow { rrname, rrtype, rdata, first, last, count, spells, sources }
    }
}

impl From<ToldVersion> for VersionRow {
    fn from(told: ToldVersion) -> VersionRow {
        let ToldVersion { first, last, source, earlier_owner, registration } = told;
        VersionRow { first, last, source, earlier_owner, registration }
    }
}
