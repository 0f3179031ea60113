//! Tracks and what they found.

use std::collections::BTreeSet;

use model::{
    AddableOwner, HitId, Name, OwnerId, SourceId, Time, TrackId, UserId, WritableOwner,
    track::{Hit, HitKind, Track, Triage},
};

use crate::{
    error::Error,
    indicator::CHUNK,
    statement::{Sql, statements},
    text,
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    ADD = "INSERT INTO tracks (id, owner_id, name, query, threat_id, notes, expires, muted, exclusions, user_id, \
           created, modified, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    CHANGE = "UPDATE tracks SET name = $3, threat_id = $4, notes = $5, expires = $6, muted = $7, exclusions = $8, \
              modified = $9, revision = $10 WHERE id = $1 AND owner_id = $2 AND revision = $10 - 1";
    REMOVE = "DELETE FROM tracks WHERE id = $1 AND owner_id = $2";
    REMOVE_HITS = "DELETE FROM track_hits WHERE track_id = $1 AND owner_id = $2";
    BY_ID = "SELECT id, owner_id, name, query, threat_id, notes, expires, muted, exclusions, created, modified, revision \
             FROM tracks WHERE id = $1";
    ALL = "SELECT id, owner_id, name, query, threat_id, notes, expires, muted, exclusions, created, modified, revision \
           FROM tracks WHERE id > $1 ORDER BY id LIMIT $2";
    COUNT = "SELECT COUNT(*) FROM tracks WHERE owner_id = $1";
    STAMP = "SELECT changes FROM track_changes WHERE number = 1";
    STAMPED = "INSERT INTO track_changes (number, changes) VALUES (1, 1) \
               ON CONFLICT (number) DO UPDATE SET changes = track_changes.changes + 1";
    ADD_HIT = "INSERT INTO track_hits (id, track_id, owner_id, domain, kind, version, matched, source, observed, found, \
               triage, note, number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, \
               (SELECT COALESCE(MAX(number), 0) + 1 FROM track_hits)) ON CONFLICT (id) DO NOTHING";
    HIT = "SELECT id, track_id, owner_id, domain, kind, version, matched, source, observed, found, triage, note, number \
           FROM track_hits WHERE id = $1";
    TRIAGE = "UPDATE track_hits SET triage = $3, note = $4 WHERE id = $1 AND owner_id = $2";
    FORGET_HITS = "DELETE FROM track_hits WHERE domain = $1 OR matched LIKE $2 ESCAPE '\\'";
    COUNT_HITS = "SELECT triage, COUNT(*) FROM track_hits WHERE track_id = $1 GROUP BY triage";
}

/// Adds a Track.
pub fn add(tx: &mut Tx<'_>, owner: &AddableOwner, track: &Track, user: Option<UserId>) -> Result<(), Error> {
    assert_eq!(track.owner, owner.owner().id, "a Track is of the owner that it is added for");
    let values = values![
        track.id,
        track.owner,
        &track.name,
        &track.query,
        track.threat,
        track.notes.as_deref(),
        track.expires,
        track.muted,
        names(&track.exclusions),
        user,
        track.created,
        track.modified,
        track.revision,
    ];
    tx.execute(STAMPED, values![])?;
    tx.execute(ADD, values).map(drop)
}

/// Changes all but the query of a Track that still has the revision before this one; false where somebody was faster.
pub fn change(tx: &mut Tx<'_>, owner: &WritableOwner, track: &Track) -> Result<bool, Error> {
    let values = values![
        track.id,
        owner.owner().id,
        &track.name,
        track.threat,
        track.notes.as_deref(),
        track.expires,
        track.muted,
        names(&track.exclusions),
        track.modified,
        track.revision,
    ];
    tx.execute(STAMPED, values![])?;
    Ok(tx.execute(CHANGE, values)? == 1)
}

/// Removes a Track with its hits; whether the owner had it.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, id: TrackId) -> Result<bool, Error> {
    tx.execute(STAMPED, values![])?;
    tx.execute(REMOVE_HITS, values![id, owner.owner().id])?;
    Ok(tx.execute(REMOVE, values![id, owner.owner().id])? == 1)
}

/// A Track of a readable owner.
pub fn by_id(tx: &mut Tx<'_>, id: TrackId, viewer: &Viewer) -> Result<Option<Track>, Error> {
    let found = tx.row(BY_ID, values![id])?.as_ref().map(track).transpose()?;
    Ok(found.filter(|track| viewer.owners().allows(track.owner)))
}

/// Tracks of readable owners as they were added, after one; at most `limit`.
pub fn list(tx: &mut Tx<'_>, viewer: &Viewer, after: Option<TrackId>, limit: u32) -> Result<Vec<Track>, Error> {
    let mut sql = Sql::new(
        "SELECT id, owner_id, name, query, threat_id, notes, expires, muted, exclusions, created, modified, revision \
         FROM tracks WHERE ",
    );
    viewer.push_owner(&mut sql, "owner_id");
    if let Some(after) = after {
        sql.push(" AND id > ").bind(after);
    }
    sql.push(" ORDER BY id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(track).collect()
}

/// Every Track, for whoever judges what arrives, after one; at most `limit`.
pub fn all(tx: &mut Tx<'_>, after: Option<TrackId>, limit: u32) -> Result<Vec<Track>, Error> {
    let after: Vec<u8> = after.map(|id| id.0.0.to_vec()).unwrap_or_default();
    tx.rows(ALL, values![after, limit])?.iter().map(track).collect()
}

/// A Track, whosever it is: for whoever judges what arrives.
pub fn for_judging(tx: &mut Tx<'_>, id: TrackId) -> Result<Option<Track>, Error> {
    tx.row(BY_ID, values![id])?.as_ref().map(track).transpose()
}

/// How many Tracks an owner has.
pub fn count(tx: &mut Tx<'_>, owner: OwnerId) -> Result<u64, Error> {
    Ok(tx.number(COUNT, values![owner])?.unsigned_abs())
}

/// A number that grows whenever a Track is added, changed or removed.
pub fn stamp(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.number(STAMP, values![])
}

/// Keeps hits that are not kept yet; which those were.
pub fn add_hits(tx: &mut Tx<'_>, hits: &[Hit]) -> Result<Vec<HitId>, Error> {
    let mut added = Vec::new();
    for hit in hits {
        let matched = serde_json::to_string(&hit.matched).expect("texts are JSON");
        let values = values![
            hit.id,
            hit.track,
            hit.owner,
            hit.domain.to_string(),
            hit.kind.as_str(),
            &hit.version[..],
            matched,
            hit.source.0,
            hit.observed,
            hit.found,
            hit.triage.as_str(),
            hit.note.as_deref(),
        ];
        if tx.execute(ADD_HIT, values)? == 1 {
            added.push(hit.id);
        }
    }
    Ok(added)
}

/// A hit of a readable owner.
pub fn hit(tx: &mut Tx<'_>, id: HitId, viewer: &Viewer) -> Result<Option<Hit>, Error> {
    let found = tx.row(HIT, values![id])?.as_ref().map(hit_of).transpose()?;
    Ok(found.filter(|hit| viewer.owners().allows(hit.owner)))
}

/// Which hits are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this Track alone.
    pub track: Option<TrackId>,
    /// In this state alone.
    pub triage: Option<Triage>,
    /// Of this kind alone.
    pub kind: Option<HitKind>,
    /// Found at this moment or later.
    pub since: Option<Time>,
    /// After the hit with this place.
    pub after: Option<i64>,
}

/// Hits of readable owners as they were found; at most `limit`.
pub fn hits(tx: &mut Tx<'_>, viewer: &Viewer, filter: &Filter, limit: u32) -> Result<Vec<Hit>, Error> {
    let mut sql = Sql::new(
        "SELECT id, track_id, owner_id, domain, kind, version, matched, source, observed, found, triage, note, number \
         FROM track_hits WHERE ",
    );
    viewer.push_owner(&mut sql, "owner_id");
    if let Some(track) = filter.track {
        sql.push(" AND track_id = ").bind(track);
    }
    if let Some(triage) = filter.triage {
        sql.push(" AND triage = ").bind(triage.as_str());
    }
    if let Some(kind) = filter.kind {
        sql.push(" AND kind = ").bind(kind.as_str());
    }
    if let Some(since) = filter.since {
        sql.push(" AND found >= ").bind(since);
    }
    if let Some(place) = filter.after {
        sql.push(" AND number > ").bind(place);
    }
    sql.push(" ORDER BY number LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(hit_of).collect()
}

/// How many hits of a Track stand in which state.
pub fn count_hits(tx: &mut Tx<'_>, track: TrackId) -> Result<Vec<(Triage, u64)>, Error> {
    let rows = tx.rows(COUNT_HITS, values![track])?;
    rows.iter().map(|row| Ok((row.word(0)?, row.int(1)?.unsigned_abs()))).collect()
}

/// Notes what somebody decided about a hit; whether the owner has it.
pub fn triage(
    tx: &mut Tx<'_>,
    owner: &WritableOwner,
    id: HitId,
    triage: Triage,
    note: Option<&str>,
) -> Result<bool, Error> {
    Ok(tx.execute(TRIAGE, values![id, owner.owner().id, triage.as_str(), note])? == 1)
}

/// Those of these domains that a Track has found before. Each is looked up, so that nothing is kept in memory.
pub fn found_before(tx: &mut Tx<'_>, domains: &[Name]) -> Result<BTreeSet<Name>, Error> {
    let mut found = BTreeSet::new();
    for some in domains.chunks(CHUNK) {
        let mut sql = Sql::new("SELECT DISTINCT domain FROM track_hits WHERE domain IN ");
        sql.bind_all(some.iter().map(Name::to_string));
        for row in tx.rows_of(&sql)? {
            found.insert(name(row.text(0)?)?);
        }
    }
    Ok(found)
}

/// Forgets hits of a domain, and those that a folded value of a registration is told in; how many there were.
pub fn forget(tx: &mut Tx<'_>, value: &str) -> Result<u64, Error> {
    let told = serde_json::Value::from(value).to_string();
    let told = text::pattern(told.trim_matches('"'));
    tx.execute(FORGET_HITS, values![value, told])
}

fn names(names: &[Name]) -> String {
    names.iter().map(Name::to_string).collect::<Vec<_>>().join(" ")
}

fn name(text: &str) -> Result<Name, Error> {
    Name::parse(text.as_bytes()).map_err(|_| Error::Corrupt { what: text.to_owned(), expected: "a name" })
}

fn track(row: &Row) -> Result<Track, Error> {
    Ok(Track {
        id: TrackId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        name: row.text(2)?.to_owned(),
        query: row.text(3)?.to_owned(),
        threat: row.maybe_id(4)?.map(model::GroupId),
        notes: row.maybe_text(5)?.map(str::to_owned),
        expires: row.maybe_time(6)?,
        muted: row.flag(7)?,
        exclusions: row.text(8)?.split(' ').filter(|text| !text.is_empty()).map(name).collect::<Result<_, _>>()?,
        created: row.time(9)?,
        modified: row.time(10)?,
        revision: row.int(11)?,
    })
}

fn hit_of(row: &Row) -> Result<Hit, Error> {
    let corrupt = |what: &str, expected| Error::Corrupt { what: what.to_owned(), expected };
    let version = row.bytes(5)?.try_into().map_err(|_| corrupt("a version", "16 octets"))?;
    Ok(Hit {
        id: HitId(row.id(0)?),
        track: TrackId(row.id(1)?),
        owner: OwnerId(row.id(2)?),
        domain: name(row.text(3)?)?,
        kind: row.word(4)?,
        version,
        matched: row.json(6)?,
        source: SourceId(row.small(7)?),
        observed: row.time(8)?,
        found: row.time(9)?,
        triage: row.word(10)?,
        note: row.maybe_text(11)?.map(str::to_owned),
        place: row.int(12)?,
    })
}
