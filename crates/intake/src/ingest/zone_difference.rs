//! What turned between two states of a zone: who is delegated now and was not, and the other way round.
//!
//! A zone file says when a name was there; that a domain was *registered* or *dropped* is what two of them say together.
//! It is kept as a registration of which only that is known, so that Tracks hear of new domains on the day on which the
//! registry publishes its zone.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
    io::{self, BufRead},
};

use anyhow::Context;
use engine::Engine;
use formats::{line::Reader, zone::ZoneFile};
use model::{
    Name, Observation, RecordType, Registration, RegistrationRecord, Source, Time,
    registration::{NameServer, State},
};
use observations::{Appended, Batch, BatchId};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// How many registrations are stored at once.
const BATCH: usize = 50_000;

/// What turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Domains that are delegated now and were not.
    pub new: u64,
    /// Domains that were delegated and are not now.
    pub dropped: u64,
    /// Hits of Tracks.
    pub hits: u64,
    /// Whether the same difference was stored before.
    pub known: bool,
}

/// Names as numbers: a zone has more of them than fit into memory as they are. Two of ten million names have the same one
/// in one of some hundred thousand zones.
type Names = HashSet<u64>;

/// Stores the difference of two zone files at a moment, which need not be that of its arrival here; `before` and `after` open them, as often as they are asked to.
pub fn store<B: BufRead, A: BufRead>(
    engine: &Engine,
    source: &Source,
    before: impl Fn() -> io::Result<B>,
    after: impl Fn() -> io::Result<A>,
    (origin, at, arrived): (Option<&Name>, Time, Time),
) -> anyhow::Result<Difference> {
    let mut was = Names::new();
    delegations(before()?, origin, |domain, _| {
        was.insert(number(domain));
    })?;
    let (mut is, mut new) = (Names::with_capacity(was.len()), BTreeMap::<Name, Vec<NameServer>>::new());
    delegations(after()?, origin, |domain, server| {
        is.insert(number(domain));
        if !was.contains(&number(domain)) {
            new.entry(domain.clone()).or_default().push(NameServer { name: server, addresses: Vec::new() });
        }
    })?;
    let mut dropped = std::collections::BTreeSet::new();
    delegations(before()?, origin, |domain, _| {
        if !is.contains(&number(domain)) {
            dropped.insert(domain.clone());
        }
    })?;
    let mut difference = Difference { new: new.len() as u64, dropped: dropped.len() as u64, ..Difference::default() };
    let registered = new.into_iter().map(|(domain, mut nameservers)| {
        nameservers.sort();
        nameservers.dedup();
        record(domain, State::Registered, nameservers, at)
    });
    let gone = dropped.into_iter().map(|domain| record(domain, State::Available, Vec::new(), at));
    let records: Vec<RegistrationRecord> = registered.chain(gone).collect();
    for part in records.chunks(BATCH) {
        let (fate, hits) = engine.append(batch(source, part, (at, arrived))).context("the store refused a batch")?;
        difference.known |= fate == Appended::Known;
        difference.hits += hits.len() as u64;
    }
    Ok(difference)
}

fn record(domain: Name, state: State, nameservers: Vec<NameServer>, at: Time) -> RegistrationRecord {
    let registration = Registration { domain: Some(domain.clone()), state, nameservers, ..Registration::default() };
    RegistrationRecord { domain, registration, raw: Vec::new(), observed: at }
}

/// The id is made of what is said: the same difference of the same moment counts once.
fn batch(source: &Source, records: &[RegistrationRecord], (at, arrived): (Time, Time)) -> Batch {
    let mut digest = Sha256::new().chain_update(&source.name).chain_update(at.0.to_be_bytes());
    for record in records {
        digest.update(record.domain.as_wire());
        digest.update([record.registration.state as u8]);
    }
    let id = digest.finalize().first_chunk().copied().map(BatchId);
    Batch {
        id,
        source: source.id,
        arrived,
        observations: Vec::new(),
        registrations: records.to_vec(),
        networks: Vec::new(),
        parser: formats::whois::REVISION,
    }
}

fn number(name: &Name) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.as_wire().hash(&mut hasher);
    hasher.finish()
}

/// Every delegation of a zone file: NS records below its apex. Lines that cannot be read were told when the zone was.
fn delegations(input: impl BufRead, origin: Option<&Name>, mut take: impl FnMut(&Name, Name)) -> io::Result<()> {
    let mut zone = ZoneFile::new(origin.cloned(), Time(0));
    let mut reader = Reader::new(input, "");
    while let Some(batch) = reader.next_batch(|line| zone.line(line))? {
        for Observation { tuple, .. } in batch.records {
            let below = tuple.bailiwick.is_none_or(|labels| tuple.rrname.label_count() > usize::from(labels));
            if tuple.rrtype == RecordType::NS && below {
                tuple.rdata.targets(RecordType::NS).into_iter().for_each(|server| take(&tuple.rrname, server));
            }
        }
    }
    Ok(())
}
