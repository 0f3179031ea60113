//! Questions about registrations: the history of a domain, and reverse WHOIS.

use std::collections::BTreeSet;

use hashbrown::HashSet;
use model::{Field, Name, RawAnswer, Readable, SourceId, Time};

use crate::{
    cursor::{Row, Skip},
    error::Error,
    key::{self, EMAIL, RAW, REGISTRATION},
    query::{Counts, Cursor, Matching, Page, ValueHit, ValueQuery, Version},
    registration::{self, Payload},
    snapshot::{Snapshot, Walked},
    view::{Range, source_mask},
};

impl Snapshot {
    /// The history of a domain's registration: every version, ordered by when it was first seen.
    pub fn registrations(&self, domain: &Name, sources: &Readable) -> Result<Vec<Version>, Error> {
        let mut front = vec![REGISTRATION];
        key::put_name(&mut front, domain);
        let mut merge = self.view.scan(&Range::known_front(&front), &Skip::nothing())?;
        let mut versions = Vec::new();
        while let Some(row) = merge.next()? {
            if !self.view.catalog.is_too_old(&row.key, row.sighting.last)
                && let Some(version) = version(row).filter(|version| sources.allows(version.source))
            {
                versions.push(version);
            }
        }
        versions.sort_by_key(|version| (version.seen.span, version.source, version.hash));
        Ok(versions)
    }

    /// Domains with a version that its source saw last before a moment.
    pub fn stale_registrations(&self, limits: &[(SourceId, Time)]) -> Result<BTreeSet<Name>, Error> {
        let mut merge = self.view.scan(&Range::prefix(&[REGISTRATION]), &Skip::nothing())?;
        let mut stale = BTreeSet::new();
        while let Some(row) = merge.next()? {
            let Some((front, source)) = key::split_source(&row.key) else { continue };
            if limits.iter().any(|(limited, limit)| *limited == source && row.sighting.last < limit.0) {
                stale.extend(registration::parse_version_key(front).map(|(domain, _)| domain));
            }
        }
        Ok(stale)
    }

    /// The raw answers that a version was read from, last time it was seen; fewer where some were deleted.
    pub fn raw(&self, version: &Version) -> Result<Vec<RawAnswer>, Error> {
        let key = registration::version_key(&version.domain, version.hash, version.source);
        match self.payload(&key)?.and_then(|payload| Payload::decode(&payload)) {
            Some(payload) => self.raw_of(&payload),
            None => Ok(Vec::new()),
        }
    }

    pub(crate) fn raw_of(&self, payload: &Payload) -> Result<Vec<RawAnswer>, Error> {
        let mut answers = Vec::new();
        for hash in &payload.raw {
            let octets = self.payload(&[&[RAW][..], hash].concat())?;
            answers.extend(octets.and_then(|octets| registration::decode_raw(&octets)));
        }
        Ok(answers)
    }

    fn payload(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let mut merge = self.view.scan(&Range::prefix(key), &Skip::nothing())?;
        Ok(merge.next()?.filter(|row| row.key == key).map(|row| row.payload.clone()))
    }

    /// Domains whose registration holds a value, in order of value, role, domain and source.
    pub fn registered_with(&self, query: &ValueQuery) -> Result<Page<ValueHit>, Error> {
        let mut rows = Vec::new();
        let (mut next, mut last) = (None, Vec::new());
        let walked = self.walk_values(query, &mut |key, hit| {
            if rows.len() == query.limit {
                next = Some(Cursor(last.clone()));
                return false;
            }
            last.clear();
            last.extend_from_slice(key);
            rows.push(hit);
            true
        })?;
        if walked.interrupted {
            next = next.or_else(|| (!last.is_empty()).then_some(Cursor(last)).or_else(|| query.cursor.clone()));
        }
        Ok(Page { rows, next, interrupted: walked.interrupted, damaged: walked.damaged + self.lost })
    }

    /// How many domains hold a value: `names` counts domains as registered, `domains` their registrable domains,
    /// `tuples` the hits. Counting stops at `cap` domains.
    pub fn count_registered_with(&self, query: &ValueQuery, cap: u64) -> Result<Counts, Error> {
        let (mut names, mut domains) = (HashSet::new(), HashSet::new());
        let mut counts = Counts::default();
        let suffixes = &self.view.catalog.suffixes;
        let walked = self.walk_values(query, &mut |_, hit| {
            if !names.contains(&hit.domain) {
                if names.len() as u64 >= cap {
                    counts.at_least = true;
                    return false;
                }
                let registrable = suffixes.registrable(&hit.domain).map(|found| found.domain);
                domains.insert(registrable.unwrap_or_else(|| hit.domain.clone()));
                names.insert(hit.domain);
            }
            counts.tuples += 1;
            true
        })?;
        counts.names = names.len() as u64;
        counts.domains = domains.len() as u64;
        counts.at_least |= walked.interrupted || walked.damaged + self.lost > 0;
        Ok(counts)
    }

    fn walk_values(&self, query: &ValueQuery, visit: &mut dyn FnMut(&[u8], ValueHit) -> bool) -> Result<Walked, Error> {
        let mut range = value_range(query);
        if let Some(cursor) = &query.cursor {
            range.start = range.start.max([&cursor.0[..], &[0]].concat());
        }
        let mut walked = Walked::default();
        if range.start >= range.end {
            return Ok(walked);
        }
        let mut merge = self.view.scan(&range, &Skip { sources: source_mask(&query.sources), ..Skip::nothing() })?;
        while !walked.is_due(&query.interrupt) {
            let Some(row) = merge.next()? else { break };
            if let Some(hit) = self.hit(query, row)
                && !visit(&row.key, hit)
            {
                break;
            }
        }
        walked.damaged = merge.damaged();
        Ok(walked)
    }

    fn hit(&self, query: &ValueQuery, row: &Row) -> Option<ValueHit> {
        let (front, source) = key::split_source(&row.key)?;
        if !query.sources.allows(source) || self.view.catalog.is_too_old(&row.key, row.sighting.last) {
            return None;
        }
        let (value, role, domain) = registration::parse_value_key(front)?;
        let matches = match &query.matching {
            Matching::Exact(asked) => value == *asked,
            Matching::Prefix(asked) => value.starts_with(asked.as_str()),
            Matching::Suffix(asked) => value.ends_with(asked.as_str()),
        };
        (matches && query.role.is_none_or(|asked| asked == role)).then(|| ValueHit {
            value,
            role,
            domain,
            source,
            seen: row.sighting.seen(),
        })
    }
}

fn version(row: &Row) -> Option<Version> {
    let (front, source) = key::split_source(&row.key)?;
    let (domain, hash) = registration::parse_version_key(front)?;
    let Payload { parser, registration, .. } = Payload::decode(&row.payload)?;
    Some(Version { domain, source, registration, seen: row.sighting.seen(), parser, hash })
}

/// Where a value stands: e-mails by their end in a space of their own, other ends by looking at the whole field.
fn value_range(query: &ValueQuery) -> Range {
    let mut front = registration::field_front(query.field);
    match &query.matching {
        Matching::Exact(value) => {
            key::put_escaped(&mut front, value.as_bytes());
            return Range::known_front(&front);
        }
        Matching::Prefix(value) => put_open(&mut front, value.bytes()),
        Matching::Suffix(value) if query.field == Field::Email => {
            front = vec![EMAIL];
            put_open(&mut front, value.bytes().rev());
        }
        Matching::Suffix(_) => {}
    }
    Range::prefix(&front)
}

/// Escaped octets without the zero that would end them.
fn put_open(out: &mut Vec<u8>, octets: impl Iterator<Item = u8>) {
    let octets: Vec<u8> = octets.collect();
    key::put_escaped(out, &octets);
    out.pop();
}
