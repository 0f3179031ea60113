//! What owners hold of indicators.

use std::collections::HashMap;

use model::{
    Decay, Indicator, IndicatorId, IndicatorType, Opinion, OwnerId, Pap, ReadableOwners, Time, Tlp, Use, WritableOwner,
};

use crate::{
    decay::{self, Waning},
    error::Error,
    indicator::{self, CHUNK, folded},
    phrase,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::{Row, Value},
};

/// An opinion with the value it is about, and how its confidence wanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The value.
    pub indicator: Indicator,
    /// What its owner holds of it.
    pub opinion: Opinion,
    /// How the confidence wanes.
    pub decay: Decay,
    /// The number of that way in this database; none where nothing is stated.
    pub(crate) waning: Option<i64>,
}

impl Held {
    /// Confidence as it is at `now`.
    pub fn confidence(&self, now: Time) -> Option<u8> {
        self.opinion.confidence.map(|stated| self.decay.confidence(stated, self.opinion.renewed, now))
    }
}

/// Columns in the order in which [`held`] takes them, from `opinions o JOIN indicators i`.
macro_rules! columns {
    () => {
        "i.type, i.value, o.indicator_id, o.owner_id, o.rating, o.confidence, o.renewed, o.usage, o.role, o.grade, \
         o.tlp, o.pap, o.active, o.active_reason, o.expires, o.first_seen, o.last_seen, o.description, o.source, \
         o.sightings, o.false_positives, o.pending, o.import_id, o.added, o.modified, o.revision, o.decay"
    };
}
pub(crate) use columns;

statements! {
    ONE = concat!("SELECT ", columns!(), " FROM opinions o JOIN indicators i ON i.id = o.indicator_id \
                   WHERE o.owner_id = $1 AND o.indicator_id = $2");
    REMOVE = "DELETE FROM opinions WHERE owner_id = $1 AND indicator_id = $2 RETURNING phrase";
    REMOVE_TAGS = "DELETE FROM tags WHERE owner_id = $1 AND object_id = $2";
    REMOVE_ATTRIBUTES = "DELETE FROM attributes WHERE owner_id = $1 AND object_id = $2";
    REMOVE_EVIDENCE = "DELETE FROM evidence WHERE owner_id = $1 AND indicator_id = $2";
    REMOVE_SIGHTINGS = "DELETE FROM sightings WHERE owner_id = $1 AND indicator_id = $2";
    REMOVE_ASSOCIATIONS = "DELETE FROM associations WHERE owner_id = $1 AND (from_id = $2 OR to_id = $2)";
    DETACH_REPLIES = "UPDATE notes SET reply_to = NULL WHERE owner_id = $1 AND object_id = $2";
    REMOVE_NOTES = "DELETE FROM notes WHERE owner_id = $1 AND object_id = $2";
    REMOVE_TEXTS = "DELETE FROM texts WHERE owner_id = $1 AND object_id = $2";
    FLOORED = "UPDATE opinions SET confidence_key = confidence_key + confidence \
               WHERE confidence_key IS NOT NULL AND confidence_key = $1 AND confidence > 0";
    REVISION = "SELECT revision FROM opinions WHERE owner_id = $1 AND indicator_id = $2";
}

/// Gives opinions of the first schema what they have in the second: the number of their description, and a key in the
/// order of what was stated, where that is at or below the floor (all of these had the same key).
pub(crate) fn fill(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.execute(FLOORED, values![i64::MIN])?;
    phrase::fill(tx)
}

/// What this owner holds of a value.
pub fn one(tx: &mut Tx<'_>, owner: OwnerId, indicator: IndicatorId) -> Result<Option<Held>, Error> {
    let Some(row) = tx.row(ONE, values![owner, indicator])? else { return Ok(None) };
    let decay = match row.maybe_int(26)? {
        Some(number) => decay::by_number(tx, number)?.decay,
        None => Decay::NEVER,
    };
    held(&row, decay).map(Some)
}

/// What readable owners hold of a value, by owner; what waits for a manager only where asked for.
pub fn of_indicator(
    tx: &mut Tx<'_>,
    indicator: IndicatorId,
    readable: &ReadableOwners,
    pending: bool,
) -> Result<Vec<Held>, Error> {
    of_indicators(tx, &[indicator], readable, pending)
}

/// The same of several values at once, by value and owner.
pub fn of_indicators(
    tx: &mut Tx<'_>,
    indicators: &[IndicatorId],
    readable: &ReadableOwners,
    pending: bool,
) -> Result<Vec<Held>, Error> {
    let decays = decay::all(tx, readable)?;
    let mut all = Vec::new();
    for chunk in indicators.chunks(CHUNK) {
        let mut sql = Sql::new(concat!(
            "SELECT ",
            columns!(),
            " FROM opinions o JOIN indicators i ON i.id = o.indicator_id WHERE o.indicator_id IN "
        ));
        sql.bind_all(chunk.iter().copied()).push(" AND ").readable("o.owner_id", readable);
        sql.push(if pending { "" } else { " AND o.pending = 0" }).push(" ORDER BY o.indicator_id, o.owner_id");
        tx.each(&sql, &mut |row| {
            all.push(held_by(&row, &decays)?);
            Ok(true)
        })?;
    }
    Ok(all)
}

/// Writes opinions, new or changed, whole: columns are what the opinions say. Each must be of `owner`, which the
/// caller has the right to change or to add to.
pub(crate) fn put(tx: &mut Tx<'_>, owner: OwnerId, opinions: &[(IndicatorType, &Opinion)]) -> Result<(), Error> {
    let mut wanings: HashMap<IndicatorType, Waning> = HashMap::new();
    for (kind, opinion) in opinions {
        assert_eq!(opinion.owner, owner, "an opinion is written under its own owner");
        if opinion.confidence.is_some() && !wanings.contains_key(kind) {
            wanings.insert(*kind, decay::current(tx, owner, *kind)?);
        }
    }
    let phrases = phrase::ensure(tx, opinions.iter().filter_map(|(_, opinion)| opinion.description.as_deref()))?;
    for chunk in opinions.chunks(CHUNK) {
        let before = phrases_of(tx, owner, chunk)?;
        let mut sql = Sql::new(INSERT);
        for (at, (kind, opinion)) in chunk.iter().enumerate() {
            let phrase = phrases.number(opinion.description.as_deref());
            sql.push(if at == 0 { "" } else { ", " }).bind_row(row_of(*kind, opinion, wanings.get(kind), phrase));
        }
        sql.push(UPDATE);
        tx.execute_of(&sql)?;
        phrase::forget(tx, before)?;
    }
    Ok(())
}

/// The texts that opinions which are changed had before.
fn phrases_of(tx: &mut Tx<'_>, owner: OwnerId, opinions: &[(IndicatorType, &Opinion)]) -> Result<Vec<i64>, Error> {
    let changed: Vec<_> = opinions.iter().filter(|(_, of)| of.revision > 1).map(|(_, of)| of.indicator).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT DISTINCT phrase FROM opinions WHERE phrase IS NOT NULL AND owner_id = ");
    sql.bind(owner).push(" AND indicator_id IN ").bind_all(changed);
    tx.rows_of(&sql)?.iter().map(|row| row.int(0)).collect()
}

const INSERT: &str = "INSERT INTO opinions (owner_id, indicator_id, type, pending, rating, confidence, decay, \
    confidence_key, renewed, usage, role, grade, tlp, pap, active, active_reason, expires, first_seen, last_seen, \
    description, description_folded, source, source_folded, sightings, false_positives, added, modified, revision, \
    import_id, phrase) VALUES ";
const UPDATE: &str = " ON CONFLICT (owner_id, indicator_id) DO UPDATE SET pending = excluded.pending, \
    rating = excluded.rating, confidence = excluded.confidence, decay = excluded.decay, \
    confidence_key = excluded.confidence_key, renewed = excluded.renewed, usage = excluded.usage, \
    role = excluded.role, grade = excluded.grade, tlp = excluded.tlp, pap = excluded.pap, active = excluded.active, \
    active_reason = excluded.active_reason, expires = excluded.expires, first_seen = excluded.first_seen, \
    last_seen = excluded.last_seen, description = excluded.description, \
    description_folded = excluded.description_folded, source = excluded.source, \
    source_folded = excluded.source_folded, sightings = excluded.sightings, \
    false_positives = excluded.false_positives, modified = excluded.modified, revision = excluded.revision, \
    import_id = excluded.import_id, phrase = excluded.phrase";

fn row_of(kind: IndicatorType, opinion: &Opinion, waning: Option<&Waning>, phrase: Option<i64>) -> [Value; 30] {
    let waning = opinion.confidence.and(waning);
    let key = waning.zip(opinion.confidence).map(|(waning, stated)| waning.decay.key(stated, opinion.renewed));
    let fold = |text: &Option<String>| text.as_deref().map_or(Value::Null, folded);
    [
        opinion.owner.into(),
        opinion.indicator.into(),
        kind.as_str().into(),
        opinion.pending.into(),
        opinion.rating.into(),
        opinion.confidence.into(),
        waning.map(|waning| waning.number).into(),
        key.into(),
        opinion.renewed.into(),
        (opinion.usage as u8).into(),
        opinion.role.as_str().into(),
        opinion.grade.map(|grade| grade.to_string()).into(),
        (opinion.tlp as u8).into(),
        (opinion.pap as u8).into(),
        opinion.active.into(),
        opinion.active_reason.as_deref().into(),
        opinion.expires.into(),
        opinion.first_seen.into(),
        opinion.last_seen.into(),
        opinion.description.as_deref().into(),
        fold(&opinion.description),
        opinion.source.as_deref().into(),
        fold(&opinion.source),
        (opinion.sightings as i64).into(),
        (opinion.false_positives as i64).into(),
        opinion.added.into(),
        opinion.modified.into(),
        opinion.revision.into(),
        opinion.import.into(),
        phrase.into(),
    ]
}

/// Changes one opinion that still has the revision before this one; false where somebody was faster.
pub fn change(tx: &mut Tx<'_>, owner: &WritableOwner, kind: IndicatorType, opinion: &Opinion) -> Result<bool, Error> {
    let id = owner.owner().id;
    let now = tx.number(REVISION, values![id, opinion.indicator])?;
    if now + 1 != opinion.revision {
        return Ok(false);
    }
    put(tx, id, &[(kind, opinion)]).map(|()| true)
}

/// Removes what an owner holds of a value and everything that hangs on it; the value too where nobody else holds it.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, indicator: IndicatorId) -> Result<bool, Error> {
    remove_of(tx, owner.owner().id, indicator)
}

pub(crate) fn remove_of(tx: &mut Tx<'_>, owner: OwnerId, indicator: IndicatorId) -> Result<bool, Error> {
    let parts = [
        REMOVE_TAGS,
        REMOVE_ATTRIBUTES,
        REMOVE_EVIDENCE,
        REMOVE_SIGHTINGS,
        REMOVE_ASSOCIATIONS,
        DETACH_REPLIES,
        REMOVE_NOTES,
        REMOVE_TEXTS,
    ];
    for part in parts {
        tx.execute(part, values![owner, indicator])?;
    }
    let removed = tx.rows(REMOVE, values![owner, indicator])?;
    for row in &removed {
        phrase::forget(tx, row.maybe_int(0)?)?;
    }
    indicator::remove_if_unheld(tx, indicator)?;
    Ok(!removed.is_empty())
}

pub(crate) fn held_by(row: &Row, decays: &HashMap<i64, Decay>) -> Result<Held, Error> {
    let decay = row.maybe_int(26)?.and_then(|number| decays.get(&number).copied()).unwrap_or(Decay::NEVER);
    held(row, decay)
}

fn held(row: &Row, decay: Decay) -> Result<Held, Error> {
    let opinion = Opinion {
        indicator: IndicatorId(row.id(2)?),
        owner: OwnerId(row.id(3)?),
        rating: row.maybe_small(4)?,
        confidence: row.maybe_small(5)?,
        renewed: row.time(6)?,
        usage: row.rank(7, Use::ALL)?,
        role: row.word(8)?,
        grade: row.maybe_word(9)?,
        tlp: row.rank(10, Tlp::ALL)?,
        pap: row.rank(11, Pap::ALL)?,
        active: row.flag(12)?,
        active_reason: row.maybe_text(13)?.map(str::to_owned),
        expires: row.maybe_time(14)?,
        first_seen: row.maybe_time(15)?,
        last_seen: row.maybe_time(16)?,
        description: row.maybe_text(17)?.map(str::to_owned),
        source: row.maybe_text(18)?.map(str::to_owned),
        sightings: row.small(19)?,
        false_positives: row.small(20)?,
        pending: row.flag(21)?,
        import: row.maybe_id(22)?.map(model::ImportId),
        added: row.time(23)?,
        modified: row.time(24)?,
        revision: row.int(25)?,
    };
    Ok(Held { indicator: indicator::indicator(row, 0)?, opinion, decay, waning: row.maybe_int(26)? })
}
