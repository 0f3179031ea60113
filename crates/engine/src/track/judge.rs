//! What a record says to a Track, beside what was known of its domain before. Pure.

use model::{
    HitId, Id, Name, SourceId, Time, TrackId, TrackQuery, Tuple,
    registration::State,
    time::DAY,
    track::{Arriving, Condition, HitKind, Scope},
};
use sha2::{Digest, Sha256};

use crate::tenure::{Claim, Succession, Tenure};

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

/// What happened, if anything: the record of a registration beside the versions that the Track's owner may read, in the
/// order in which they were last seen.
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
    if past.last().is_some_and(|last| last.version == version) {
        return None;
    }
    let mut tenure = Tenure::default();
    let mut known = Known::Nothing;
    for past in past {
        let succession = tenure.follow(Claim::of_record(&past.record));
        known = known.after(query, past, succession);
    }
    let succession = tenure.follow(Claim::of_record(record));
    match (known, query.matches(record)) {
        (Known::Match(before), true) if succession != Succession::Reregistered => {
            (before.version != version).then_some(HitKind::Changed)
        }
        (Known::Match(before), false) => has_left(query, &before.record, record).then_some(HitKind::Left),
        (_, false) => None,
        (_, true) => Some(match succession {
            Succession::Reregistered => HitKind::Reregistered,
            Succession::First | Succession::Dropped | Succession::Silent => newly(record),
            Succession::Moved => HitKind::Moved,
            Succession::Same => {
                if known.hid(query, record) {
                    newly(record)
                } else {
                    HitKind::Moved
                }
            }
        }),
    }
}

/// What a Track knows of a domain from the versions before.
#[derive(Clone, Copy, Debug)]
enum Known<'p> {
    /// No version.
    Nothing,
    /// This version matched, and what came after it only hid that.
    Match(&'p Past),
    /// This version did not match.
    Other(&'p Past),
}

impl<'p> Known<'p> {
    fn after(self, query: &TrackQuery, past: &'p Past, succession: Succession) -> Known<'p> {
        match self {
            _ if query.matches(&past.record) => Known::Match(past),
            Known::Match(before) if succession != Succession::Reregistered => {
                if has_left(query, &before.record, &past.record) { Known::Other(past) } else { self }
            }
            _ => Known::Other(past),
        }
    }

    /// Whether the version before hid what a record shows: nothing says that it was otherwise.
    fn hid(self, query: &TrackQuery, record: &Arriving) -> bool {
        matches!(self, Known::Other(before) if !turned(query, record, &before.record))
    }
}

/// What to call a domain of which nothing was known, or nothing that says otherwise.
fn newly(record: &Arriving) -> HitKind {
    let is_new = record.created.is_some_and(|created| record.at.0.saturating_sub(created.0) <= NEW);
    if is_new { HitKind::New } else { HitKind::Found }
}

/// Whether what matched is gone, and not only hidden: a registrar that begins to redact changes no owner.
fn has_left(query: &TrackQuery, before: &Arriving, record: &Arriving) -> bool {
    let mut tenure = Tenure::default();
    tenure.follow(Claim::of_record(before));
    let another = matches!(
        tenure.follow(Claim::of_record(record)),
        Succession::Dropped | Succession::Reregistered | Succession::Moved
    );
    another || turned(query, before, record)
}

/// Whether a condition is true of one record and false of the other, which shows what it asks for.
fn turned(query: &TrackQuery, one: &Arriving, shown: &Arriving) -> bool {
    let shows = |condition: &Condition| match condition {
        Condition::Text { place, role, .. } => {
            shown.held.iter().any(|held| held.place == *place && role.is_none_or(|role| role == held.role))
        }
        _ => true,
    };
    query.clause.any(&|condition| condition.matches(one) != condition.matches(shown) && shows(condition))
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
