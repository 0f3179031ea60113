//! What was observed: look-ups, pivots and hunts, with what is known of them already.

use std::collections::BTreeMap;

use engine::{
    hunt::{Candidate, Report},
    knowledge::already::Already,
    lookup::{AddressRow, Lookup, RecordRow, VersionRow},
    network::NetworkRow,
    pivot::{Pivot, PivotRow, PivotValue},
    view::Denominator,
};
use model::{Name, Time, evidence::Share};
use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

/// Out of what something was counted, or not found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DenominatorView {
    /// The sources that were read.
    pub sources: Vec<String>,
    /// How many registrable domains they hold in DNS, estimated.
    pub dns_domains: u64,
    /// How many registrations they hold, estimated.
    pub registrations: u64,
    /// The newest moment observed.
    pub newest: Option<String>,
}

/// How many share a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ShareView {
    /// Registrable domains, over measured populations.
    pub domains: u64,
    /// Names, over measured populations.
    pub names: u64,
    /// Registrable domains, over everything you may read.
    pub known: u64,
    /// How many registrable domains the populations hold; 0 where nothing is measured.
    pub population: u64,
    /// How many sources were counted.
    pub sources: u32,
    /// Whether counting stopped at a limit.
    pub at_least: bool,
}

/// What a step along a kind of value found.
#[derive(Serialize, ToSchema)]
pub struct PivotView {
    /// Along which kind.
    pub kind: String,
    /// Every value of this kind, best first.
    pub values: Vec<ValueView>,
    /// Out of what it was counted.
    pub denominator: DenominatorView,
}

/// One value and who shares it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ValueView {
    /// The kind.
    pub kind: String,
    /// The value as written.
    pub value: String,
    /// How many share it.
    pub share: ShareView,
    /// selective, crowded, poison or unmeasured.
    pub quality: String,
    /// Why.
    pub reason: String,
    /// Labels that match it.
    pub labels: Vec<String>,
    /// Who shares it.
    pub rows: Vec<SharerView>,
    /// Whether there are more than were listed.
    pub more: bool,
    /// How many of the rows somebody holds now whom you may read.
    pub known_already: usize,
    /// How many of them with a rating of 3 or more.
    pub known_bad: usize,
}

/// A domain that shares a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SharerView {
    /// The registrable domain.
    pub domain: String,
    /// Its names that have the value.
    pub names: Vec<String>,
    /// First seen with it.
    pub first: String,
    /// Last seen with it.
    pub last: String,
    /// What is held of it or of its names now; null where nothing is.
    pub already: Option<AlreadyView>,
}

/// What is held of a value now.
#[derive(Serialize, ToSchema)]
pub struct AlreadyView {
    /// How many opinions hold.
    pub opinions: u32,
    /// The highest rating.
    pub rating: Option<u8>,
    /// Whether that is 3 or more.
    pub bad: bool,
}

/// Everything known of a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LookupView {
    /// The value in canonical form.
    pub value: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The registrable domain, for hosts.
    pub domain: Option<String>,
    /// How well it is known, in words.
    pub known: String,
    /// Whether anything is known at all.
    pub found: bool,
    /// First seen in passive DNS.
    pub first_seen: Option<String>,
    /// Last seen there.
    pub last_seen: Option<String>,
    /// Days since the domain was registered.
    pub age_days: Option<i64>,
    /// The current registration.
    #[schema(value_type = Option<Object>)]
    pub registration: Option<Json>,
    /// Addresses, newest first.
    pub addresses: Vec<AddressView>,
    /// The block of an address.
    pub network: Option<NetworkView>,
    /// Labels of the value and of what it points to.
    pub labels: Vec<String>,
    /// The best next steps.
    pub pivots: Vec<ValueView>,
    /// Who shares the value.
    pub sharers: Vec<SharerView>,
    /// Records, newest first.
    pub records: Vec<RecordView>,
    /// Versions of the registration, oldest first.
    pub versions: Vec<VersionView>,
    /// Whether there is more than was read.
    pub more: bool,
    /// Out of what this was answered.
    pub denominator: DenominatorView,
}

/// The block of an address, as far as anybody said.
#[derive(Serialize, ToSchema)]
pub struct NetworkView {
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
    /// AS numbers that announced the address before and do not now, newest first.
    pub before: Vec<OriginView>,
    /// The sources that say so.
    pub sources: Vec<String>,
}

/// An AS number that announced an address.
#[derive(Serialize, ToSchema)]
pub struct OriginView {
    /// Its number.
    pub origin: u32,
    /// When it was last seen to.
    pub last: String,
}

/// An address and who else is there.
#[derive(Serialize, ToSchema)]
pub struct AddressView {
    /// The address.
    pub address: String,
    /// Its block, where anybody said.
    pub network: Option<NetworkView>,
    /// Names of the domain that had it.
    pub names: Vec<String>,
    /// First seen.
    pub first: String,
    /// Last seen.
    pub last: String,
    /// How many share it.
    pub share: ShareView,
    /// selective, crowded, poison or unmeasured.
    pub quality: String,
    /// Why.
    pub reason: String,
}

/// A record with its times.
#[derive(Serialize, ToSchema)]
pub struct RecordView {
    /// Owner name.
    pub rrname: String,
    /// Record type.
    pub rrtype: String,
    /// Record data in presentation form.
    pub rdata: String,
    /// First seen.
    pub first: String,
    /// Last seen.
    pub last: String,
    /// How often.
    pub count: u64,
    /// Active periods.
    pub spells: Vec<PeriodView>,
    /// The sources that say so.
    pub sources: Vec<String>,
}

/// An active period.
#[derive(Serialize, ToSchema)]
pub struct PeriodView {
    /// From.
    pub first: String,
    /// To.
    pub last: String,
    /// Taken from somebody's aggregate: weaker evidence of activity than a witnessed one.
    pub reported: bool,
}

/// A version of a registration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionView {
    /// First seen to say this.
    pub first: String,
    /// Last seen to say this.
    pub last: String,
    /// Who says so.
    pub source: String,
    /// Whether it is of an owner before the current one.
    pub earlier_owner: bool,
    /// What it says.
    #[schema(value_type = Object)]
    pub registration: Json,
}

/// A domain that a hunt found.
#[derive(Serialize, ToSchema)]
pub struct CandidateView {
    /// The registrable domain.
    pub value: String,
    /// related, probable or weak.
    pub tier: &'static str,
    /// Between 0 and 1.
    pub score: f64,
    /// Hops from the seed along the best path.
    pub hops: usize,
    /// The paths in words, best first.
    pub paths: Vec<Vec<String>>,
}

/// How a hunt ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EndView {
    /// complete, steps, candidates or interrupted.
    #[schema(value_type = String)]
    pub ending: Json,
    /// Domains expanded.
    pub steps: usize,
    /// Look-ups asked for.
    pub lookups: usize,
    /// Every candidate, best first.
    pub candidates: Vec<CandidateView>,
    /// Values that join two domains which were found along different ways, in words.
    pub links: Vec<String>,
    /// What was set aside, and why.
    #[schema(value_type = Vec<Object>)]
    pub set_aside: Json,
    /// Out of what was counted.
    pub denominator: DenominatorView,
}

/// What is known already of the domains that share each value, in the order of the values.
pub type Known = Vec<BTreeMap<Name, Already>>;

impl PivotView {
    /// A pivot with what is known of its values.
    pub fn new(pivot: Pivot, known: Known) -> PivotView {
        let values = pivot.values.into_iter().zip(known).map(|(value, known)| ValueView::new(value, &known));
        PivotView { kind: pivot.kind.to_string(), values: values.collect(), denominator: pivot.denominator.into() }
    }
}

impl ValueView {
    /// A value with what is known of those who share it.
    pub fn new(value: PivotValue, known: &BTreeMap<Name, Already>) -> ValueView {
        ValueView {
            kind: value.kind.to_string(),
            value: value.value,
            share: value.share.into(),
            quality: value.quality.to_string(),
            reason: value.reason,
            labels: value.labels,
            rows: value.rows.into_iter().map(|row| SharerView::new(row, known)).collect(),
            more: value.more,
            known_already: known.len(),
            known_bad: known.values().filter(|already| already.is_bad()).count(),
        }
    }
}

impl SharerView {
    /// One that shares a value.
    pub fn new(row: PivotRow, known: &BTreeMap<Name, Already>) -> SharerView {
        let already = known.get(&row.domain);
        SharerView {
            already: already.map(|of| AlreadyView { opinions: of.opinions, rating: of.rating, bad: of.is_bad() }),
            domain: row.domain.to_string(),
            names: texts(&row.names),
            first: row.first.to_string(),
            last: row.last.to_string(),
        }
    }
}

impl LookupView {
    /// A look-up with what is known of the values in it.
    pub fn new(found: Lookup, known: &BTreeMap<Name, Already>) -> LookupView {
        let none = BTreeMap::new();
        LookupView {
            found: found.found(),
            value: found.value,
            kind: found.kind,
            domain: found.domain.map(|domain| domain.to_string()),
            known: found.known,
            first_seen: found.seen.map(|(first, _)| first.to_string()),
            last_seen: found.seen.map(|(_, last)| last.to_string()),
            age_days: found.age_days,
            registration: found.registration.map(|of| serde_json::to_value(of).unwrap_or_default()),
            addresses: found.addresses.into_iter().map(AddressView::from).collect(),
            network: found.network.map(NetworkView::from),
            labels: found.labels,
            pivots: found.pivots.into_iter().map(|value| ValueView::new(value, &none)).collect(),
            sharers: found.sharers.into_iter().map(|row| SharerView::new(row, known)).collect(),
            records: found.records.into_iter().map(RecordView::from).collect(),
            versions: found.versions.into_iter().map(VersionView::from).collect(),
            more: found.more,
            denominator: found.denominator.into(),
        }
    }
}

impl EndView {
    /// How a hunt ended.
    pub fn new(report: Report) -> EndView {
        EndView {
            ending: serde_json::to_value(report.ending).unwrap_or_default(),
            steps: report.steps,
            lookups: report.lookups,
            candidates: report.candidates.iter().map(CandidateView::from).collect(),
            links: report.links.iter().map(|link| format!("{} has the {}", link.to, link.words)).collect(),
            set_aside: serde_json::to_value(&report.set_aside).unwrap_or_default(),
            denominator: report.denominator.into(),
        }
    }
}

impl From<&Candidate> for CandidateView {
    fn from(of: &Candidate) -> CandidateView {
        CandidateView {
            value: of.value.to_string(),
            tier: of.tier.as_str(),
            score: of.score,
            hops: of.hops,
            paths: of.paths.iter().map(|path| path.words()).collect(),
        }
    }
}

impl From<NetworkRow> for NetworkView {
    fn from(row: NetworkRow) -> NetworkView {
        let NetworkRow { prefix, name, holder, country, origins, before, sources } = row;
        let before = before
            .into_iter()
            .map(|earlier| OriginView { origin: earlier.origin, last: earlier.last.to_string() })
            .collect();
        NetworkView { prefix, name, holder, country, origins, before, sources }
    }
}

impl From<AddressRow> for AddressView {
    fn from(row: AddressRow) -> AddressView {
        AddressView {
            address: row.address.to_string(),
            network: row.network.map(NetworkView::from),
            names: texts(&row.names),
            first: row.first.to_string(),
            last: row.last.to_string(),
            share: row.share.into(),
            quality: row.quality.to_string(),
            reason: row.reason,
        }
    }
}

impl From<RecordRow> for RecordView {
    fn from(row: RecordRow) -> RecordView {
        RecordView {
            rrname: row.rrname.to_string(),
            rrtype: row.rrtype.to_string(),
            rdata: row.rdata,
            first: row.first.to_string(),
            last: row.last.to_string(),
            count: row.count,
            spells: row.spells.into_iter().map(PeriodView::from).collect(),
            sources: row.sources,
        }
    }
}

impl From<(Time, Time, bool)> for PeriodView {
    fn from((first, last, reported): (Time, Time, bool)) -> PeriodView {
        PeriodView { first: first.to_string(), last: last.to_string(), reported }
    }
}

impl From<VersionRow> for VersionView {
    fn from(row: VersionRow) -> VersionView {
        VersionView {
            first: row.first.to_string(),
            last: row.last.to_string(),
            source: row.source,
            earlier_owner: row.earlier_owner,
            registration: serde_json::to_value(row.registration).unwrap_or_default(),
        }
    }
}

impl From<Share> for ShareView {
    fn from(of: Share) -> ShareView {
        ShareView {
            domains: of.domains,
            names: of.names,
            known: of.known,
            population: of.population,
            sources: of.sources,
            at_least: of.at_least,
        }
    }
}

impl From<Denominator> for DenominatorView {
    fn from(of: Denominator) -> DenominatorView {
        DenominatorView {
            sources: of.sources,
            dns_domains: of.dns_domains,
            registrations: of.registrations,
            newest: of.newest.map(|newest| newest.to_string()),
        }
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(Name::to_string).collect()
}
