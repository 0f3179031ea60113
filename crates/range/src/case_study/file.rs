//! `worlds/case-study.toml` as it is written.

use model::Time;
use serde::Deserialize;

/// A value that ties domains of the case study together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub enum Tie {
    /// The e-mail address of S and D1 to D5.
    E1,
    /// The e-mail address of D6, D8 and D9.
    E2,
    /// The e-mail address of D7, D10 and D11.
    E3,
    /// The e-mail address of D12 to D15.
    E4,
    /// The address of S, D6 and D7.
    A1,
    /// The address that leads from D9 to D12.
    A2,
    /// The customer number of D1 and D12.
    H,
}

impl Tie {
    /// All of them.
    pub const ALL: [Tie; 7] = [Tie::E1, Tie::E2, Tie::E3, Tie::E4, Tie::A1, Tie::A2, Tie::H];
    /// The e-mail addresses.
    pub(super) const EMAILS: [Tie; 4] = [Tie::E1, Tie::E2, Tie::E3, Tie::E4];
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) domain: Vec<Entry>,
    pub(super) decoy: Vec<DecoyEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) label: String,
    pub(super) zone: String,
    pub(super) registrar: usize,
    pub(super) created: Time,
    pub(super) email: Tie,
    pub(super) account: Option<Tie>,
    pub(super) name_servers: Option<String>,
    #[serde(default)]
    pub(super) mail: bool,
    #[serde(default)]
    pub(super) privacy: bool,
    #[serde(default = "yes")]
    pub(super) fed: bool,
    pub(super) address: Vec<AddressEntry>,
    #[serde(default)]
    pub(super) below: Vec<BelowEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AddressEntry {
    pub(super) at: Place,
    pub(super) from: Time,
    pub(super) until: Option<Time>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BelowEntry {
    pub(super) label: String,
    pub(super) address: AddressEntry,
}

/// Where a name stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(super) enum Place {
    A1,
    A2,
    #[serde(rename = "own")]
    Own,
    #[serde(rename = "shared")]
    Shared,
    #[serde(rename = "shared-second")]
    SharedSecond,
    #[serde(rename = "cdn")]
    Cdn,
    #[serde(rename = "sinkhole")]
    Sinkhole,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecoyEntry {
    pub(super) rule: Rule,
    pub(super) about: u64,
    pub(super) domains: usize,
    pub(super) note: String,
}

/// The rule that must stop a decoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Rule {
    HandleScope,
    NoOverlap,
    OwnershipEpoch,
    PrivacyService,
    Crowded,
    Parking,
    NameAlone,
    Sinkhole,
    ReportedSpan,
}

impl Rule {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Rule::HandleScope => "handle-scope",
            Rule::NoOverlap => "no-overlap",
            Rule::OwnershipEpoch => "ownership-epoch",
            Rule::PrivacyService => "privacy-service",
            Rule::Crowded => "crowded",
            Rule::Parking => "parking",
            Rule::NameAlone => "name-alone",
            Rule::Sinkhole => "sinkhole",
            Rule::ReportedSpan => "reported-span",
        }
    }
}

impl File {
    /// The file inside the program.
    pub(super) fn bundled() -> File {
        toml::from_str(include_str!("../../worlds/case-study.toml")).expect("the world file is tested")
    }
}

fn yes() -> bool {
    true
}
