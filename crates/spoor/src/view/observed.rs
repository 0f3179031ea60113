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
pub(crate) struct DenominatorView {
    /// The sources that were read.
    pub(crate) sources: Vec<String>,
    /// How many registrable domains they hold in DNS, estimated.
    pub(crate) dns_domains: u64,
    /// How many registrations they hold, estimated.
    pub(crate) registrations: u64,
    /// The newest moment observed.
    pub(crate) newest: Option<String>,
}

/// How many share a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShareView {
    /// Registrable domains, over measured populations.
    pub(crate) domains: u64,
    /// Names, over measured populations.
    pub(crate) names: u64,
    /// Registrable domains, over everything you may read.
    pub(crate) known: u64,
    /// How many registrable domains the populations hold; 0 where nothing is measured.
    pub(crate) population: u64,
    /// How many sources were counted.
    pub(crate) sources: u32,
    /// Whether counting stopped at a limit.
    pub(crate) at_least: bool,
}

/// What a step along a kind of value found.
#[derive(Serialize, ToSchema)]
pub(crate) struct PivotView {
    /// Along which kind.
    pub(crate) kind: String,
    /// Every value of this kind, best first.
    pub(crate) values: Vec<ValueView>,
    /// Out of what it was counted.
    pub(crate) denominator: DenominatorView,
}

/// One value and who shares it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ValueView {
    /// The kind.
    pub(crate) kind: String,
    /// The value as written.
    pub(crate) value: String,
    /// How many share it.
    pub(crate) share: ShareView,
    /// selective, crowded, poison or unmeasured.
    pub(crate) quality: String,
    /// Why.
    pub(crate) reason: String,
    /// Labels that match it.
    pub(crate) labels: Vec<String>,
    /// Who shares it.
    pub(crate) rows: Vec<SharerView>,
    /// Whether there are more than were listed.
    pub(crate) more: bool,
    /// How many of the rows somebody holds now whom you may read.
    pub(crate) known_already: usize,
    /// How many of them with a rating of 3 or more.
    pub(crate) known_bad: usize,
}

/// A domain that shares a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SharerView {
    /// The registrable domain.
    pub(crate) domain: String,
    /// Its names that have the value.
    pub(crate) names: Vec<String>,
    /// First seen with it.
    pub(crate) first: String,
    /// Last seen with it.
    pub(crate) last: String,
    /// What is held of it or of its names now; null where nothing is.
    pub(crate) already: Option<AlreadyView>,
}

/// What is held of a value now.
#[derive(Serialize, ToSchema)]
pub(crate) struct AlreadyView {
    /// How many opinions hold.
    pub(crate) opinions: u32,
    /// The highest rating.
    pub(crate) rating: Option<u8>,
    /// Whether that is 3 or more.
    pub(crate) bad: bool,
}

/// Everything known of a value.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LookupView {
    /// The value in canonical form.
    pub(crate) value: String,
    /// Its type.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    /// The registrable domain, for hosts.
    pub(crate) domain: Option<String>,
    /// How well it is known, in words.
    pub(crate) known: String,
    /// Whether anything is known at all.
    pub(crate) found: bool,
    /// First seen in passive DNS.
    pub(crate) first_seen: Option<String>,
    /// Last seen there.
    pub(crate) last_seen: Option<String>,
    /// Days since the domain was registered.
    pub(crate) age_days: Option<i64>,
    /// The current registration.
    #[schema(value_type = Option<Object>)]
    pub(crate) registration: Option<Json>,
    /// Addresses, newest first.
    pub(crate) addresses: Vec<AddressView>,
    /// The block of an address.
    pub(crate) network: Option<NetworkView>,
    /// Labels of the value and of what it points to.
    pub(crate) labels: Vec<String>,
    /// The best next steps.
    pub(crate) pivots: Vec<ValueView>,
    /// Who shares the value.
    pub(crate) sharers: Vec<SharerView>,
    /// Records, newest first.
    pub(crate) records: Vec<RecordView>,
    /// Versions of the registration, oldest first.
    pub(crate) versions: Vec<VersionView>,
    /// Whether there is more than was read.
    pub(crate) more: bool,
    /// Out of what this was answered.
    pub(crate) denominator: DenominatorView,
}

/// The block of an address, as far as anybody said.
#[derive(Serialize, ToSchema)]
pub(crate) struct NetworkView {
    /// The longest prefix that holds the address.
    pub(crate) prefix: String,
    /// What its registry calls the block.
    pub(crate) name: Option<String>,
    /// Who holds it.
    pub(crate) holder: Option<String>,
    /// The country of the holder, as stated.
    pub(crate) country: Option<String>,
    /// The AS numbers that announce it.
    pub(crate) origins: Vec<u32>,
    /// AS numbers that announced the address before and do not now, newest first.
    pub(crate) before: Vec<OriginView>,
    /// The sources that say so.
    pub(crate) sources: Vec<String>,
}

/// An AS number that announced an address.
#[derive(Serialize, ToSchema)]
pub(crate) struct OriginView {
    /// Its number.
    pub(crate) origin: u32,
    /// When it was last seen to.
    pub(crate) last: String,
}

/// An address and who else is there.
#[derive(Serialize, ToSchema)]
pub(crate) struct AddressView {
    /// The address.
    pub(crate) address: String,
    /// Its block, where anybody said.
    pub(crate) network: Option<NetworkView>,
    /// Names of the domain that had it.
    pub(crate) names: Vec<String>,
    /// First seen.
    pub(crate) first: String,
    /// Last seen.
    pub(crate) last: String,
    /// How many share it.
    pub(crate) share: ShareView,
    /// selective, crowded, poison or unmeasured.
    pub(crate) quality: String,
    /// Why.
    pub(crate) reason: String,
}

/// A record with its times.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecordView {
    /// Owner name.
    pub(crate) rrname: String,
    /// Record type.
    pub(crate) rrtype: String,
    /// Record data in presentation form.
    pub(crate) rdata: String,
    /// First seen.
    pub(crate) first: String,
    /// Last seen.
    pub(crate) last: String,
    /// How often.
    pub(crate) count: u64,
    /// Active periods.
    pub(crate) spells: Vec<PeriodView>,
    /// The sources that say so.
    pub(crate) sources: Vec<String>,
}

/// An active period.
#[derive(Serialize, ToSchema)]
pub(crate) struct PeriodView {
    /// From.
    pub(crate) first: String,
    /// To.
    pub(crate) last: String,
    /// Taken from somebody's aggregate: weaker evidence of activity than a witnessed one.
    pub(crate) reported: bool,
}

/// A version of a registration.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VersionView {
    /// First seen to say this.
    pub(crate) first: String,
    /// Last seen to say this.
    pub(crate) last: String,
    /// Who says so.
    pub(crate) source: String,
    /// Whether it is of an owner before the current one.
    pub(crate) earlier_owner: bool,
    /// What it says.
    #[schema(value_type = Object)]
    pub(crate) registration: Json,
}

/// A domain that a hunt found.
#[derive(Serialize, ToSchema)]
pub(crate) struct CandidateView {
    /// The registrable domain.
    pub(crate) value: String,
    /// related, probable or weak.
    pub(crate) tier: &'static str,
    /// Between 0 and 1.
    pub(crate) score: f64,
    /// Hops from the seed along the best path.
    pub(crate) hops: usize,
    /// The paths in words, best first.
    pub(crate) paths: Vec<Vec<String>>,
}

/// How a hunt ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndView {
    /// complete, steps, candidates or interrupted.
    #[schema(value_type = String)]
    pub(crate) ending: Json,
    /// Domains expanded.
    pub(crate) steps: usize,
    /// Look-ups asked for.
    pub(crate) lookups: usize,
    /// Every candidate, best first.
    pub(crate) candidates: Vec<CandidateView>,
    /// Values that join two domains which were found along different ways, in words.
    pub(crate) links: Vec<String>,
    /// What was set aside, and why.
    #[schema(value_type = Vec<Object>)]
    pub(crate) set_aside: Json,
    /// Out of what was counted.
    pub(crate) denominator: DenominatorView,
}

/// What is known already of the domains that share each value, in the order of the values.
pub(crate) type Known = Vec<BTreeMap<Name, Already>>;

impl PivotView {
    pub(crate) fn new(pivot: Pivot, known: Known) -> PivotView {
        let values = pivot.values.into_iter().zip(known).map(|(value, known)| ValueView::new(value, &known));
        PivotView { kind: pivot.kind.to_string(), values: values.collect(), denominator: pivot.denominator.into() }
    }
}

impl ValueView {
    pub(crate) fn new(value: PivotValue, known: &BTreeMap<Name, Already>) -> ValueView {
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
    pub(crate) fn new(row: PivotRow, known: &BTreeMap<Name, Already>) -> SharerView {
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
    pub(crate) fn new(found: Lookup, known: &BTreeMap<Name, Already>) -> LookupView {
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
    pub(crate) fn new(report: Report) -> EndView {
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
