//! What a record says to a Track, beside what was known of its domain before. Pure.

use model::{
    HitId, Id, Name, SourceId, Time, TrackId, TrackQuery, Tuple,
    registration::State,
    time::DAY,
    track::{Arriving, Condition, HitKind, Scope},
};
use sha2::{Digest, Sha256};

/// A domain is newly registered for so long.
const NEW: i64 = 30 * DAY;

/// A version of a domain's registration that is known already.
#[derive(Clone, Debug)]
pub(super) struct Past {
    /// Who says so.
    pub(super) source: SourceId,
    /// What it said.
    pub(super) record: Arriving,
    /// Which version it is.
    pub(super) version: [u8; 16],
    /// First and last seen.
    pub(super) first: Time,
    pub(super) last: Time,
}

/// What happened, if anything: the record of a registration beside the versions that the Track's owner may read.
pub(super) fn registration(
    query: &TrackQuery,
    record: &Arriving,
    version: [u8; 16],
    past: &[&Past],
) -> Option<HitKind> {
    if past.iter().any(|past| past.first > record.at && past.version != version) {
        // It was so before something that is known already: history, and no news.
        return (query.scope == Scope::Historic && query.matches(record)).then_some(HitKind::Found);
    }
    let is_new = record.created.is_some_and(|created| record.at.0.saturating_sub(created.0) <= NEW);
    let held = past.iter().filter(|past| past.record.state != Some(State::Available));
    let last = past.iter().max_by_key(|past| past.last);
    match (last, query.matches(record)) {
        (Some(last), _) if last.version == version => None,
        (None, true) if is_new => Some(HitKind::New),
        (None, true) => Some(HitKind::Found),
        (Some(_), true) if held.clone().next().is_none() => Some(if is_new { HitKind::New } else { HitKind::Found }),
        (Some(last), true) if begins_anew(&last.record, record) => Some(HitKind::Reregistered),
        (Some(last), true) if query.matches(&last.record) => Some(HitKind::Changed),
        (Some(_), true) => Some(HitKind::Moved),
        (Some(last), false) if query.matches(&last.record) && has_left(query, &last.record, record) => {
            Some(HitKind::Left)
        }
        (_, false) => None,
    }
}

/// Whether a domain was dropped in between. Sources state days or moments, in zones of their own: a day is no
/// difference.
fn begins_anew(last: &Arriving, record: &Arriving) -> bool {
    let again = last.created.zip(record.created).is_some_and(|(before, now)| now.days_since(before) > 1);
    again || last.state == Some(State::Available)
}

/// Whether what matched is gone, and not only hidden: a registrar that begins to redact changes no owner.
fn has_left(query: &TrackQuery, last: &Arriving, record: &Arriving) -> bool {
    let shows = |condition: &Condition| match condition {
        Condition::Text { place, role, .. } => {
            record.held.iter().any(|held| held.place == *place && role.is_none_or(|role| role == held.role))
        }
        _ => true,
    };
    let turned = |condition: &Condition| condition.matches(last) != condition.matches(record) && shows(condition);
    record.state == Some(State::Available) || begins_anew(last, record) || query.clause.any(&turned)
}

/// Which version of a registration: a hash of what can be matched, so that neither noise nor a renewal nor a better
/// reading of what cannot be matched makes another one.
pub(super) fn version_of(record: &Arriving) -> [u8; 16] {
    let mut hash = Sha256::new();
    for held in &record.held {
        hash.update([held.place as u8, held.role as u8]);
        hash.update((held.text.len() as u64).to_be_bytes());
        hash.update(&held.text);
    }
    hash.update(record.state.map_or("", State::as_str));
    hash.update(record.created.map_or(0, |created| created.0).to_be_bytes());
    first_half(&hash.finalize())
}

/// The same of a DNS tuple.
pub(super) fn version_of_tuple(tuple: &Tuple) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(tuple.rrname.as_wire());
    hash.update(tuple.rrtype.0.to_be_bytes());
    hash.update(tuple.rdata.as_octets());
    first_half(&hash.finalize())
}

/// The identifier of a hit: the same for the same, whoever judges it and however often.
pub(super) fn hit_id(track: TrackId, domain: &Name, kind: HitKind, version: [u8; 16]) -> HitId {
    let mut hash = Sha256::new();
    hash.update(track.0.0);
    hash.update(domain.as_wire());
    hash.update(kind.as_str());
    hash.update(version);
    HitId(Id(first_half(&hash.finalize())))
}

fn first_half(digest: &[u8]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}
