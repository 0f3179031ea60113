//! Feeds: lists that are fetched again and again, each with an owner of its own, and the history of their runs.

use std::collections::BTreeMap;

use model::{
    FeedId, FeedRunId, IndicatorId, IndicatorType, OwnerId, ReadableOwners, Time, Tlp, WritableOwner, opinion::Use,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::Error,
    indicator::CHUNK,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
};

/// In which form a list comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One value a line.
    Plain,
    /// CSV and its relatives.
    Csv,
    /// MISP events.
    Misp,
    /// A STIX 2.1 bundle.
    Stix,
}

/// What was decided about a feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// In which form the list comes.
    pub format: Format,
    /// Seconds from one run to the next.
    pub every: u32,
    /// How bad a value is that says nothing of it.
    pub rating: Option<u8>,
    /// How sure.
    pub confidence: Option<u8>,
    /// What defences may do with a value at most.
    #[serde(rename = "use")]
    pub usage: Use,
    /// How far a value may be shared that says nothing of it.
    pub tlp: Tlp,
    /// Tags for all values.
    pub tags: Vec<String>,
    /// The type of all values, where the list does not say.
    #[serde(rename = "type")]
    pub kind: Option<IndicatorType>,
    /// Which column of a table holds which field, by name or number; guessed where empty.
    pub mapping: BTreeMap<String, String>,
    /// A list that grows or shrinks by more than this factor is held for a person.
    pub hold_factor: u32,
    /// After so many intervals without a change or without an answer there is a warning.
    pub silent_after: u32,
}

/// Where a feed stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct State {
    /// What the server called the content that was last taken (RFC 9110 §8.8.3).
    pub etag: Option<String>,
    /// Since when the server had it (RFC 9110 §8.8.2).
    pub last_modified: Option<String>,
    /// SHA-256 of it.
    pub digest: Option<String>,
    /// How many values it had.
    pub size: u64,
    /// Since when there is the feed.
    pub since: Time,
    /// The last run.
    pub last_run: Option<Time>,
    /// The last run that got an answer.
    pub last_answer: Option<Time>,
    /// The last run that brought a change.
    pub last_change: Option<Time>,
    /// How often in a row there was no answer, and why not the last time.
    pub failures: u32,
    /// Why there was none.
    pub failure: Option<String>,
    /// What waits for a person.
    pub held: Option<Held>,
    /// SHA-256 of what a person dropped.
    pub dropped: Option<String>,
    /// A person let a jump in: what comes next is not compared with what was before.
    pub accepted: bool,
}

/// A list that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Held {
    /// Since when.
    pub since: Time,
    /// Why.
    pub why: String,
    /// SHA-256 of the content.
    pub digest: String,
    /// How many values it has.
    pub size: u64,
    /// How many of them would be new.
    pub added: u64,
    /// How many would be withdrawn.
    pub withdrawn: u64,
    /// Some of the new ones.
    pub sample: Vec<String>,
    /// What the server calls the content.
    #[serde(default)]
    pub etag: Option<String>,
    /// Since when the server has it.
    #[serde(default)]
    pub last_modified: Option<String>,
}

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its identifier.
    pub id: FeedId,
    /// Whose its values are: an owner of its own.
    pub owner: OwnerId,
    /// The owner's name.
    pub name: String,
    /// Where the list is.
    pub url: String,
    /// What was decided about it.
    pub settings: Settings,
    /// Where it stands.
    pub state: State,
    /// When it runs next; never by itself where none.
    pub next_due: Option<Time>,
    /// How often its row was changed.
    pub revision: i64,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The list was taken.
    Taken,
    /// It was the same as before.
    Unchanged,
    /// It waits for a person.
    Held,
    /// There was no answer, or nothing of use in it.
    Failed,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    /// Its identifier.
    pub id: FeedRunId,
    /// Of which feed.
    pub feed: FeedId,
    /// When.
    pub time: Time,
    /// How it ended.
    pub outcome: Ended,
    /// How many values the list had.
    pub listed: u64,
    /// Values that were not held before, and those that came back.
    pub added: u64,
    /// Values whose confidence was renewed.
    pub renewed: u64,
    /// Values that are gone from the list.
    pub withdrawn: u64,
    /// Lines that were refused.
    pub refused: u64,
    /// Anything else, in words.
    pub detail: String,
}

/// Columns in the order in which [`feed`] takes them.
macro_rules! columns {
    () => {
        "SELECT f.id, f.owner_id, o.name, f.url, f.settings, f.state, f.next_due, f.revision FROM feeds f \
         JOIN owners o ON o.id = f.owner_id"
    };
}

statements! {
    INSERT = "INSERT INTO feeds (id, owner_id, url, settings, state, next_due, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    BY_ID = concat!(columns!(), " WHERE f.id = $1");
    DUE = concat!(columns!(), " WHERE f.next_due IS NOT NULL AND f.next_due <= $1 ORDER BY f.next_due, f.id LIMIT $2");
    NEXT = "SELECT MIN(next_due) FROM feeds WHERE next_due IS NOT NULL";
    UPDATE = "UPDATE feeds SET url = $2, settings = $3, state = $4, next_due = $5, revision = revision + 1 \
              WHERE id = $1 AND revision = $6";
    REMOVE_RUNS = "DELETE FROM feed_runs WHERE feed_id = $1";
    REMOVE = "DELETE FROM feeds WHERE id = $1";
    KEEP = "INSERT INTO feed_held (feed_id, part, content) VALUES ($1, $2, $3)";
    KEPT = "SELECT COUNT(*) FROM feed_held WHERE feed_id = $1";
    HELD = "SELECT content FROM feed_held WHERE feed_id = $1 ORDER BY part";
    FORGET = "DELETE FROM feed_held WHERE feed_id = $1";
    ADD_RUN = "INSERT INTO feed_runs (id, feed_id, time, outcome, listed, added, renewed, withdrawn, refused, detail) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    OLD_RUNS = "DELETE FROM feed_runs WHERE feed_id = $1 AND id <= \
                (SELECT id FROM feed_runs WHERE feed_id = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)";
    ACTIVE = "SELECT indicator_id FROM opinions WHERE owner_id = $1 AND active = 1";
    ENDED = "SELECT indicator_id FROM opinions WHERE owner_id = $1 AND active = 0 AND active_reason = $2";
    RENEW = "UPDATE opinions SET renewed = $2, confidence_key = CASE \
             WHEN confidence_key IS NULL OR confidence_key < $4 \
             OR decay IN (SELECT id FROM decays WHERE owner_id = $1 AND half_life_days = 0) THEN confidence_key \
             ELSE confidence_key + $2 - renewed END \
             WHERE owner_id = $1 AND active = 1 AND renewed <= $3";
}

/// Adds a feed.
pub fn add(tx: &mut Tx<'_>, owner: &WritableOwner, feed: &Feed) -> Result<(), Error> {
    assert_eq!(feed.owner, owner.owner().id, "a feed has an owner of its own");
    let (settings, state) = (json(&feed.settings), json(&feed.state));
    let url = feed.url.as_str();
    tx.execute(INSERT, values![feed.id, feed.owner, url, settings, state, feed.next_due, feed.revision]).map(drop)
}

/// The feed with this id.
pub fn by_id(tx: &mut Tx<'_>, id: FeedId) -> Result<Option<Feed>, Error> {
    tx.row(BY_ID, values![id])?.as_ref().map(feed).transpose()
}

/// Feeds of readable owners, after one.
pub fn list(tx: &mut Tx<'_>, readable: &ReadableOwners, after: Option<FeedId>, limit: u32) -> Result<Vec<Feed>, Error> {
    let mut sql = Sql::new(columns!());
    sql.push(" WHERE ").readable("f.owner_id", readable);
    if let Some(after) = after {
        sql.push(" AND f.id > ").bind(after);
    }
    sql.push(" ORDER BY f.id LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(feed).collect()
}

/// Feeds that are due, the longest first.
pub fn due(tx: &mut Tx<'_>, now: Time, limit: u32) -> Result<Vec<Feed>, Error> {
    tx.rows(DUE, values![now, limit])?.iter().map(feed).collect()
}

/// When the next one is due.
pub fn next(tx: &mut Tx<'_>) -> Result<Option<Time>, Error> {
    tx.row(NEXT, values![])?.map_or(Ok(None), |row| row.maybe_time(0))
}

/// Writes a feed that is still as the caller saw it (its revision); false where it is not.
pub fn change(tx: &mut Tx<'_>, owner: &WritableOwner, feed: &Feed) -> Result<bool, Error> {
    assert_eq!(feed.owner, owner.owner().id, "a feed is changed under its own owner");
    let (settings, state) = (json(&feed.settings), json(&feed.state));
    let values = values![feed.id, feed.url.as_str(), settings, state, feed.next_due, feed.revision];
    tx.execute(UPDATE, values).map(|changed| changed == 1)
}

/// Takes a feed away with its history. Its owner, and what it holds, stay.
pub fn remove(tx: &mut Tx<'_>, owner: &WritableOwner, feed: &Feed) -> Result<(), Error> {
    assert_eq!(feed.owner, owner.owner().id, "a feed is removed under its own owner");
    tx.execute(FORGET, values![feed.id])?;
    tx.execute(REMOVE_RUNS, values![feed.id])?;
    tx.execute(REMOVE, values![feed.id]).map(drop)
}

/// Keeps the parts of what waits for a person, instead of what was kept before.
pub fn keep_held<'p>(
    tx: &mut Tx<'_>,
    owner: &WritableOwner,
    feed: &Feed,
    parts: impl IntoIterator<Item = &'p [u8]>,
) -> Result<(), Error> {
    assert_eq!(feed.owner, owner.owner().id, "a feed's list is kept under its own owner");
    tx.execute(FORGET, values![feed.id])?;
    (0_i64..).zip(parts).try_for_each(|(number, part)| tx.execute(KEEP, values![feed.id, number, part]).map(drop))
}

/// Whether anything is kept for a person.
pub fn keeps_held(tx: &mut Tx<'_>, feed: FeedId) -> Result<bool, Error> {
    Ok(tx.number(KEPT, values![feed])? > 0)
}

/// The parts of what waits for a person; none where nothing was kept.
pub fn held(tx: &mut Tx<'_>, feed: FeedId) -> Result<Vec<Vec<u8>>, Error> {
    tx.rows(HELD, values![feed])?.iter().map(|row| row.bytes(0).map(<[u8]>::to_vec)).collect()
}

/// Writes a run into the history, of which the newest `keep` stay.
pub fn add_run(tx: &mut Tx<'_>, run: &Run, keep: u32) -> Result<(), Error> {
    let values = values![
        run.id,
        run.feed,
        run.time,
        word(run.outcome),
        run.listed as i64,
        run.added as i64,
        run.renewed as i64,
        run.withdrawn as i64,
        run.refused as i64,
        run.detail.as_str()
    ];
    tx.execute(ADD_RUN, values)?;
    tx.execute(OLD_RUNS, values![run.feed, keep]).map(drop)
}

/// Runs of a feed, the newest first, before one.
pub fn runs(tx: &mut Tx<'_>, feed: FeedId, before: Option<FeedRunId>, limit: u32) -> Result<Vec<Run>, Error> {
    let mut sql = Sql::new(
        "SELECT id, feed_id, time, outcome, listed, added, renewed, withdrawn, refused, detail FROM feed_runs WHERE feed_id = ",
    );
    sql.bind(feed);
    if let Some(before) = before {
        sql.push(" AND id < ").bind(before);
    }
    sql.push(" ORDER BY id DESC LIMIT ").bind(limit);
    tx.rows_of(&sql)?.iter().map(run).collect()
}

/// The values that an owner holds and that hold.
pub fn active(tx: &mut Tx<'_>, owner: OwnerId) -> Result<Vec<IndicatorId>, Error> {
    tx.rows(ACTIVE, values![owner])?.iter().map(|row| row.id(0).map(IndicatorId)).collect()
}

/// The values that an owner holds and that were ended for this reason.
pub fn ended(tx: &mut Tx<'_>, owner: OwnerId, why: &str) -> Result<Vec<IndicatorId>, Error> {
    tx.rows(ENDED, values![owner, why])?.iter().map(|row| row.id(0).map(IndicatorId)).collect()
}

/// Ends what an owner holds of these values.
pub fn withdraw(
    tx: &mut Tx<'_>,
    owner: &WritableOwner,
    indicators: &[IndicatorId],
    why: &str,
    now: Time,
) -> Result<u64, Error> {
    let mut withdrawn = 0;
    for chunk in indicators.chunks(CHUNK) {
        let mut sql = Sql::new("UPDATE opinions SET active = 0, active_reason = ");
        sql.bind(why).push(", modified = ").bind(now).push(", revision = revision + 1 WHERE owner_id = ");
        sql.bind(owner.owner().id).push(" AND active = 1 AND indicator_id IN ").bind_all(chunk.iter().copied());
        withdrawn += tx.execute_of(&sql)?;
    }
    Ok(withdrawn)
}

/// What was ended holds again.
pub fn bring_back(tx: &mut Tx<'_>, owner: &WritableOwner, indicators: &[IndicatorId], now: Time) -> Result<u64, Error> {
    let mut back = 0;
    for chunk in indicators.chunks(CHUNK) {
        let mut sql = Sql::new("UPDATE opinions SET active = 1, active_reason = NULL, modified = ");
        sql.bind(now).push(", revision = revision + 1 WHERE owner_id = ").bind(owner.owner().id);
        sql.push(" AND active = 0 AND indicator_id IN ").bind_all(chunk.iter().copied());
        back += tx.execute_of(&sql)?;
    }
    Ok(back)
}

/// Renews the confidence of everything that holds and was not renewed since `before`: one statement, no revision. The
/// key of a confidence moves with its moment (see [`model::Decay::key`]).
pub fn renew(tx: &mut Tx<'_>, owner: &WritableOwner, before: Time, now: Time) -> Result<u64, Error> {
    tx.execute(RENEW, values![owner.owner().id, now, before, model::Decay::WANING])
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("no map with other keys than text")
}

fn word(outcome: Ended) -> String {
    json(&outcome).trim_matches('"').to_owned()
}

fn feed(row: &Row) -> Result<Feed, Error> {
    Ok(Feed {
        id: FeedId(row.id(0)?),
        owner: OwnerId(row.id(1)?),
        name: row.text(2)?.to_owned(),
        url: row.text(3)?.to_owned(),
        settings: row.json(4)?,
        state: row.json(5)?,
        next_due: row.maybe_time(6)?,
        revision: row.int(7)?,
    })
}

fn run(row: &Row) -> Result<Run, Error> {
    let outcome = serde_json::from_value(row.text(3)?.into());
    Ok(Run {
        id: FeedRunId(row.id(0)?),
        feed: FeedId(row.id(1)?),
        time: row.time(2)?,
        outcome: outcome.map_err(|_| Error::Corrupt { what: "a word".into(), expected: "how a run ended" })?,
        listed: row.small(4)?,
        added: row.small(5)?,
        renewed: row.small(6)?,
        withdrawn: row.small(7)?,
        refused: row.small(8)?,
        detail: row.text(9)?.to_owned(),
    })
}
