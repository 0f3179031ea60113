//! Sightings and false positives, with what they do to an opinion.

use model::{AddableOwner, IndicatorId, OwnerId, Sighting, SightingId, SightingKind, Time, UserId};

use crate::{
    error::Error,
    opinion,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

statements! {
    ADD = "INSERT INTO sightings (id, indicator_id, owner_id, kind, time, count, user_id, note) \
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// Notes a sighting and counts it in the owner's opinion; one that was seen is seen until then, and its confidence
/// begins to wane anew. False where the owner holds no opinion.
pub fn add(
    tx: &mut Tx<'_>,
    owner: &AddableOwner,
    sighting: &Sighting,
    user: Option<UserId>,
    now: Time,
) -> Result<bool, Error> {
    assert_eq!(sighting.owner, owner.owner().id, "a sighting is of the owner that reports it");
    let Some(held) = opinion::one(tx, sighting.owner, sighting.indicator)? else { return Ok(false) };
    let values = values![
        sighting.id,
        sighting.indicator,
        sighting.owner,
        sighting.kind.as_str(),
        sighting.time,
        sighting.count,
        user,
        sighting.note.as_deref(),
    ];
    tx.execute(ADD, values)?;
    let mut opinion = held.opinion;
    let count = u64::from(sighting.count);
    match sighting.kind {
        SightingKind::Seen => {
            opinion.sightings = opinion.sightings.saturating_add(count);
            opinion.renewed = opinion.renewed.max(sighting.time);
            opinion.first_seen = Some(opinion.first_seen.map_or(sighting.time, |first| first.min(sighting.time)));
            opinion.last_seen = opinion.last_seen.max(Some(sighting.time));
        }
        SightingKind::FalsePositive => opinion.false_positives = opinion.false_positives.saturating_add(count),
    }
    opinion.modified = now;
    opinion.revision += 1;
    opinion::put(tx, sighting.owner, &[(held.indicator.kind(), &opinion)])?;
    Ok(true)
}

/// Sightings that readable owners reported of a value, the newest report first, before one; at most `limit`.
pub fn of(
    tx: &mut Tx<'_>,
    indicator: IndicatorId,
    viewer: &Viewer,
    before: Option<SightingId>,
    limit: u32,
) -> Result<Vec<Sighting>, Error> {
    let mut sql = Sql::new(
        "SELECT x.id, x.indicator_id, x.owner_id, x.kind, x.time, x.count, x.note FROM sightings x \
         WHERE x.indicator_id = ",
    );
    sql.bind(indicator).push(" AND ");
    viewer.push_hung_on_indicator(&mut sql);
    if let Some(before) = before {
        sql.push(" AND x.id < ").bind(before);
    }
    sql.push(" ORDER BY x.id DESC LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(sighting).collect()
}

fn sighting(row: &Row) -> Result<Sighting, Error> {
    Ok(Sighting {
        id: SightingId(row.id(0)?),
        indicator: IndicatorId(row.id(1)?),
        owner: OwnerId(row.id(2)?),
        kind: row.word(3)?,
        time: row.time(4)?,
        count: row.small(5)?,
        note: row.maybe_text(6)?.map(str::to_owned),
    })
}
