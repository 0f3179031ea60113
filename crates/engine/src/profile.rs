//! What is known of one domain: its current registration, since when it has had this owner, and its DNS.
//!
//! A domain has *ownership epochs*, which the module `tenure` tells apart. Evidence never crosses them: what the owner before
//! had in common with somebody says nothing of the owner now.

use std::net::IpAddr;

use model::{Field, Name, RecordType, Registration, SourceId, Span, Spell, Time, registration::State};
use observations::{Record, Subject, Version};

use crate::{
    error::Error,
    tenure::{Claim, Succession, Tenure},
    view::View,
};

/// At most so many records of a domain are read; a note says when there are more.
pub const RECORDS_MAX: usize = 2_000;

/// What is known of a domain.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The registrable domain.
    pub domain: Name,
    /// Versions of the registration in the current epoch, ordered by first seen; empty where none is known.
    pub versions: Vec<Version>,
    /// Versions of owners before.
    pub earlier: Vec<Version>,
    /// When the current epoch began, where that is known.
    pub since: Option<Time>,
    /// Records of the domain and the names below it.
    pub records: Vec<Record>,
    /// There are more records than were read.
    pub more_records: bool,
}

/// An address that names of a domain had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosting {
    /// The address.
    pub address: IpAddr,
    /// The names that had it.
    pub names: Vec<Name>,
    /// When, by all readable sources.
    pub spells: Vec<Spell>,
}

impl Profile {
    /// Reads what is known of a registrable domain.
    pub fn read(view: &View, domain: &Name) -> Result<Profile, Error> {
        let (earlier, versions) = epochs(view.registrations(domain)?);
        let (records, more_records) = view.records(Subject::Within(domain.clone()), &[], RECORDS_MAX)?;
        let since = versions.iter().filter_map(|version| version.registration.created).min();
        Ok(Profile { domain: domain.clone(), versions, earlier, since, records, more_records })
    }

    /// Reads the registration alone: enough to weigh a link.
    pub fn read_registration(view: &View, domain: &Name) -> Result<Profile, Error> {
        let (earlier, versions) = epochs(view.registrations(domain)?);
        let since = versions.iter().filter_map(|version| version.registration.created).min();
        Ok(Profile { domain: domain.clone(), versions, earlier, since, records: Vec::new(), more_records: false })
    }

    /// Whether a version of the current owner holds this folded value.
    pub fn holds_value(&self, field: Field, value: &str) -> bool {
        let holds = |version: &Version| {
            version.registration.atoms().iter().any(|atom| atom.field == field && atom.value == value)
        };
        self.versions.iter().any(holds)
    }

    /// The registration as it was last seen.
    pub fn current(&self) -> Option<&Registration> {
        self.versions.iter().max_by_key(|version| version.seen.span.last()).map(|version| &version.registration)
    }

    /// The addresses that the domain and names below it had in the current epoch.
    pub fn hosting(&self) -> Vec<Hosting> {
        let mut all: Vec<Hosting> = Vec::new();
        for record in &self.records {
            let Some(address) = record.tuple.rdata.address(record.tuple.rrtype) else { continue };
            let spells = self.own_spells(record);
            if spells.is_empty() {
                continue;
            }
            match all.iter_mut().find(|hosting| hosting.address == address) {
                Some(hosting) => {
                    // The same name stands here once a bailiwick.
                    if !hosting.names.contains(&record.tuple.rrname) {
                        hosting.names.push(record.tuple.rrname.clone());
                    }
                    hosting.spells.extend(spells);
                }
                None => all.push(Hosting { address, names: vec![record.tuple.rrname.clone()], spells }),
            }
        }
        all
    }

    /// Names that records of the apex of these types point to, in the current epoch.
    pub fn apex_targets(&self, rrtype: RecordType) -> Vec<Name> {
        let apex = |record: &&Record| record.tuple.rrname == self.domain && record.tuple.rrtype == rrtype;
        let own = self.records.iter().filter(apex).filter(|record| !self.own_spells(record).is_empty());
        let mut targets: Vec<Name> = own.flat_map(|record| record.tuple.rdata.targets(rrtype)).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// The mailboxes in the domain's SOA records (RFC 1035 §3.3.13, `RNAME`), in the current epoch.
    pub fn soa_mailboxes(&self) -> Vec<Name> {
        let soa = |record: &&Record| record.tuple.rrname == self.domain && record.tuple.rrtype == RecordType::SOA;
        let own = self.records.iter().filter(soa).filter(|record| !self.own_spells(record).is_empty());
        let mut mailboxes: Vec<Name> =
            own.filter_map(|record| record.tuple.rdata.targets(RecordType::SOA).into_iter().nth(1)).collect();
        mailboxes.sort();
        mailboxes.dedup();
        mailboxes
    }

    /// Active periods of a record that reach into the current epoch.
    pub fn own_spells(&self, record: &Record) -> Vec<Spell> {
        let all = record.sightings.iter().flat_map(|(_, seen)| seen.spells.iter().copied());
        all.filter(|spell| self.since.is_none_or(|since| spell.span.last() >= since)).collect()
    }

    /// The span of everything seen of it in DNS by sources that observe.
    pub fn seen_in_dns(&self, passive: impl Fn(SourceId) -> bool) -> Option<Span> {
        let seen = self.records.iter().flat_map(|record| &record.sightings);
        seen.filter(|(source, _)| passive(*source)).map(|(_, seen)| seen.span).reduce(Span::union)
    }
}

/// Splits a history into the versions of owners before and those of the current epoch.
fn epochs(versions: Vec<Version>) -> (Vec<Version>, Vec<Version>) {
    let mut answers: Vec<Version> =
        versions.into_iter().filter(|version| version.registration.state.is_answer()).collect();
    let (mut tenure, mut start) = (Tenure::default(), 0);
    for (at, version) in answers.iter().enumerate() {
        if matches!(tenure.follow(Claim::of(&version.registration)), Succession::Reregistered | Succession::Moved) {
            start = at;
        }
    }
    let current = answers.split_off(start);
    (answers, current.into_iter().filter(|version| version.registration.state != State::Available).collect())
}
