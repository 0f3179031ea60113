//! Forgetting one value: every segment that holds it is written anew without it, and the log goes.
//!
//! A source can be dropped by a mark; one value has none, since it stands in several key spaces and inside payloads. So
//! this reads everything. Snapshots taken before keep what they see until they go.

use std::{
    collections::{BTreeSet, HashSet},
    net::IpAddr,
    sync::Arc,
};

use model::{Name, Network, RecordType, SourceId, Time, Tuple};

use crate::{
    block::Value,
    cursor::{Cursor, Merge, RawRow, Skip},
    error::Error,
    key::{self, ARRIVAL, DOMAIN, EMAIL, FORWARD, INVERSE, LANES, NAME, NETWORK, RAW, REGISTRATION, VALUE},
    log, network,
    octets::Input,
    registration::{self, Payload},
    segment::Segment,
    snapshot::parse_arrival,
    store::{DAMAGED, Shared, Store, YOUNG, lock},
    tuple,
    writer::{SegmentWriter, Target},
};

/// What is to be forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Forgotten {
    /// This name, not those below it: as owner, in record data, as a domain with its registrations and their raw answers.
    Name(Name),
    /// This address in record data, and what is said of a block that is this address alone.
    Address(IpAddr),
    /// This value of registrations, folded: the versions that hold it and their raw answers; and what is said of blocks
    /// of addresses whose name, handle, holder or contact it is.
    Text(String),
    /// Registrations that their sources saw last before these moments, with their raw answers, but for those of domains
    /// that are kept. A version that is still seen stays whole: merge everything first, since each segment is looked at by
    /// itself.
    Stale {
        /// Sources and moments.
        limits: Vec<(SourceId, Time)>,
        /// Domains whose history stays.
        kept: BTreeSet<Name>,
    },
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ForgetReport {
    /// Rows that are gone, in all key spaces and segments.
    pub rows: u64,
    /// Segments written anew.
    pub segments: usize,
    /// Files with damage in them, which cannot be written anew: whether they hold it is not known.
    pub damaged: usize,
}

impl Store {
    /// Forgets a value: at return no file of the store holds it, but for those that are damaged.
    pub fn forget(&self, value: &Forgotten) -> Result<ForgetReport, Error> {
        let shared = self.shared();
        let mut appender = shared.appender()?;
        shared.flush(&mut appender)?;
        shared.remove_stale_logs()?;
        let _merging = lock(&shared.merging);
        let mut report = ForgetReport { damaged: shared.damaged_files()?, ..ForgetReport::default() };
        for lane in 0..LANES {
            shared.forget_in_lane(lane, value, &mut report)?;
        }
        Ok(report)
    }
}

impl Shared {
    /// Files with damage that are kept as they are.
    fn damaged_files(&self) -> Result<usize, Error> {
        let names = self.options.disk.list(&self.dir).map_err(|error| Error::Io { path: self.dir.clone(), error })?;
        let logs = names.iter().filter(|name| name.starts_with(DAMAGED)).count();
        Ok(logs + lock(&self.state).lost.len())
    }

    /// Removes logs whose content is in segments, or says why not.
    fn remove_stale_logs(&self) -> Result<(), Error> {
        let io = |error| Error::Io { path: self.dir.clone(), error };
        let first = lock(&self.state).manifest.first_log;
        let disk = &self.options.disk;
        for name in disk.list(&self.dir).map_err(io)? {
            if log::number(&name).is_some_and(|number| number < first) {
                disk.remove(&self.dir.join(name)).map_err(io)?;
            }
        }
        disk.sync_dir(&self.dir).map_err(io)
    }

    fn forget_in_lane(&self, lane: u8, value: &Forgotten, report: &mut ForgetReport) -> Result<(), Error> {
        let segments: Vec<Arc<Segment>> = {
            let state = lock(&self.state);
            state.segments.iter().filter(|segment| segment.summary.lane == lane).cloned().collect()
        };
        let raw = if lane == key::lane(RAW) { self.raw_to_forget(&segments, value)? } else { HashSet::new() };
        for segment in segments {
            let (mut found, sought) = (0, Sought { value, raw: &raw });
            let read = self.each_row(&segment, |row| {
                found += u64::from(sought.is_in(row));
                Ok(())
            })?;
            if !read {
                report.damaged += 1;
            } else if found > 0 {
                self.rewrite(&segment, |row| !sought.is_in(row))?;
                report.rows += found;
                report.segments += 1;
            }
        }
        Ok(())
    }

    /// Raw answers that only versions to be forgotten refer to.
    fn raw_to_forget(&self, segments: &[Arc<Segment>], value: &Forgotten) -> Result<HashSet<[u8; 16]>, Error> {
        let (mut gone, mut kept) = (HashSet::new(), HashSet::new());
        for segment in segments {
            self.each_row(segment, |row| {
                if row.key.first() == Some(&REGISTRATION) {
                    let payload = payload_of(&row.value).into_iter().flat_map(|payload| payload.raw);
                    let sought = Sought { value, raw: &HashSet::new() };
                    if sought.is_in(row) { gone.extend(payload) } else { kept.extend(payload) }
                }
                Ok(())
            })?;
        }
        Ok(gone.difference(&kept).copied().collect())
    }

    /// Calls `then` with each row of a segment; whether all of it could be read.
    fn each_row(
        &self,
        segment: &Arc<Segment>,
        mut then: impl FnMut(&RawRow<'_>) -> Result<(), Error>,
    ) -> Result<bool, Error> {
        let catalog = lock(&self.state).catalog.clone();
        let cursor = Cursor::new(segment.clone(), None, Skip::nothing(), Vec::new(), (&[], &[0xff; 32]))?;
        let mut rows = Merge::new(vec![cursor], catalog);
        while let Some(row) = rows.next_raw()? {
            then(&row)?;
        }
        Ok(!rows.mark_damaged())
    }

    /// Puts a segment with some of its rows in the place of another.
    fn rewrite(&self, segment: &Arc<Segment>, keeps: impl Fn(&RawRow<'_>) -> bool) -> Result<(), Error> {
        let path = self.new_file(&mut lock(&self.state));
        let sequences = (segment.summary.first_sequence, segment.summary.last_sequence);
        let target = Target { path: Some(path), lane: segment.summary.lane, sequences, level: Some(YOUNG) };
        let mut writer = self.writing(SegmentWriter::new(&self.options.disk, self.suffixes.clone(), target))?;
        self.each_row(segment, |row| match keeps(row) {
            true => self.writing(writer.push_raw(row.key, None, &row.value)),
            false => Ok(()),
        })?;
        let written = self.writing(writer.finish())?;
        self.replace(std::slice::from_ref(segment), written.map(Arc::new).into_iter().collect())
    }
}

fn payload_of(value: &Value<'_>) -> Option<Payload> {
    Payload::decode(value.decode()?.1)
}

/// What is looked for in one segment.
struct Sought<'a> {
    value: &'a Forgotten,
    /// Raw answers to be forgotten.
    raw: &'a HashSet<[u8; 16]>,
}

impl Sought<'_> {
    /// Whether a row holds the value.
    fn is_in(&self, row: &RawRow<'_>) -> bool {
        let value = self.value;
        let front = key::split_source(row.key).map_or(row.key, |(front, _)| front);
        let is = |name: Option<Name>| matches!((value, name), (Forgotten::Name(asked), Some(name)) if *asked == name);
        let mut rest = Input(front.get(1..).unwrap_or_default());
        if let Forgotten::Stale { limits, kept } = value {
            return match row.key.first() {
                Some(&RAW) => row.key.get(1..).is_some_and(|hash| self.raw.contains(hash)),
                Some(&(REGISTRATION | VALUE | EMAIL)) => is_stale(row, limits, kept),
                _ => false,
            };
        }
        match row.key.first() {
            Some(&FORWARD) => {
                tuple::split_forward(row.key).and_then(|parts| parts.tuple()).is_some_and(in_tuple(value))
            }
            Some(&INVERSE) => {
                tuple::split_inverse(front).and_then(|parts| parts.tuple(&[])).is_some_and(in_tuple(value))
            }
            Some(&NAME) => is(key::take_name_forward(&mut rest)),
            Some(&DOMAIN) => is(key::take_name(&mut rest)),
            Some(&ARRIVAL) => is(parse_arrival(row.key).map(|arrival| arrival.domain)),
            Some(&REGISTRATION) => is(key::take_name(&mut rest)) || in_version(&row.value, value),
            Some(&VALUE | &EMAIL) => registration::parse_value_key(front)
                .is_some_and(|(held, _, domain)| is(Some(domain)) || Some(held) == text_of(value)),
            Some(&RAW) => row.key.get(1..).is_some_and(|hash| self.raw.contains(hash)) || in_raw(&row.value, value),
            Some(&NETWORK) => {
                row.value.decode().and_then(|(_, payload)| network::said(payload)).is_some_and(in_network(value))
            }
            _ => false,
        }
    }
}

fn in_network(value: &Forgotten) -> impl FnOnce(Network) -> bool {
    move |Network { first, last, name, handle, holder, .. }| match value {
        Forgotten::Address(asked) => first == *asked && last == *asked,
        Forgotten::Text(asked) => {
            let said = [name, handle, holder.holder, holder.abuse_email, holder.abuse_phone];
            said.iter().flatten().any(|said| said.to_lowercase() == *asked)
        }
        Forgotten::Name(_) | Forgotten::Stale { .. } => false,
    }
}

/// Whether a source saw what a row of registrations says last before its limit, of a domain that is not kept.
fn is_stale(row: &RawRow<'_>, limits: &[(SourceId, Time)], kept: &BTreeSet<Name>) -> bool {
    let Some((front, source)) = key::split_source(row.key) else { return false };
    let is_old = limits.iter().any(|(limited, limit)| *limited == source && row.value.last < limit.0);
    let domain = || match front.first() {
        Some(&REGISTRATION) => key::take_name(&mut Input(front.get(1..)?)),
        _ => registration::parse_value_key(front).map(|(_, _, domain)| domain),
    };
    is_old && domain().is_some_and(|domain| !kept.contains(&domain))
}

fn in_tuple(value: &Forgotten) -> impl FnOnce(Tuple) -> bool {
    move |Tuple { rrname, rrtype, rdata, .. }| match value {
        Forgotten::Name(asked) => {
            let mut targets = (0..2).filter_map(|position| tuple::target(rrtype.0, rdata.as_octets(), position));
            rrname == *asked || targets.any(|target| target.wire == asked.as_wire())
        }
        Forgotten::Address(IpAddr::V4(asked)) => rrtype == RecordType::A && rdata.as_octets() == asked.octets(),
        Forgotten::Address(IpAddr::V6(asked)) => rrtype == RecordType::AAAA && rdata.as_octets() == asked.octets(),
        Forgotten::Text(_) | Forgotten::Stale { .. } => false,
    }
}

/// How registrations hold the value.
fn text_of(value: &Forgotten) -> Option<String> {
    match value {
        Forgotten::Name(name) => Some(name.to_string()),
        Forgotten::Text(text) => Some(text.clone()),
        Forgotten::Address(_) | Forgotten::Stale { .. } => None,
    }
}

fn in_version(held: &Value<'_>, value: &Forgotten) -> bool {
    let Some(text) = text_of(value) else { return false };
    payload_of(held).is_some_and(|payload| payload.registration.atoms().into_iter().any(|atom| atom.value == text))
}

/// Whether a raw answer says the value as it is, whatever was read from it.
fn in_raw(held: &Value<'_>, value: &Forgotten) -> bool {
    let (Forgotten::Text(text), Some((_, body))) = (value, held.decode()) else { return false };
    !text.is_empty() && body.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes()))
}
