//! The audit log: who did what, when, to what. It is only ever appended to, and chained by hash.
//!
//! An entry is written in the transaction of the change that it tells of, so there is never one without the other. Its
//! hash (SHA-256) covers the hash before it, so an entry that is changed, taken out or put in between breaks the chain
//! from there on ([`verify`]). The end of the log alone can be cut without a trace, unless its head was noted elsewhere.
//!
//! Names of people, and other values that somebody may have a right to have forgotten, stand in `personal_values`; the
//! log holds references. A value that is [forgotten](forget) leaves the chain whole.

use model::{Actor, Auditing, Id, OwnerId, Time};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    fresh,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::{Row, Value},
};

/// The hash before the first entry.
const BEGINNING: [u8; 32] = [0; 32];
/// The member of an object in a detail that stands for a personal value.
const REFERENCE: &str = "personal";
/// How a column of a personal value is read beside an entry.
const SELECT: &str = "SELECT a.number, a.time, p.value, a.action, a.object_type, a.object_id, a.owner_id, a.detail, a.hash \
                      FROM audit a LEFT JOIN personal_values p ON p.id = a.actor";

statements! {
    HEAD = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1";
    INSERT = "INSERT INTO audit (number, time, actor, action, object_type, object_id, owner_id, detail, previous, hash) \
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    CHAIN = "SELECT number, time, actor, action, object_type, object_id, owner_id, detail, previous, hash \
             FROM audit ORDER BY number";
    PERSONAL = "SELECT id FROM personal_values WHERE value = $1 ORDER BY id LIMIT 1";
    PERSONAL_VALUE = "SELECT value FROM personal_values WHERE id = $1";
    ADD_PERSONAL = "INSERT INTO personal_values (id, value) VALUES ($1, $2)";
    FORGET = "UPDATE personal_values SET value = NULL WHERE value = $1";
}

/// What is to be written down.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// When.
    pub time: Time,
    /// Who.
    pub actor: &'a Actor,
    /// What was done: noun and verb, `owner.add`.
    pub action: &'static str,
    /// To what: the word for its kind, and its id.
    pub object: Option<(&'static str, Id)>,
    /// Whose it is.
    pub owner: Option<OwnerId>,
    /// What else matters.
    pub detail: Detail,
}

/// What else matters about an entry. Never a secret.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Detail {
    plain: Map<String, Json>,
    personal: Vec<(&'static str, String)>,
}

impl Detail {
    /// Adds a value that stays for ever.
    pub fn with(mut self, name: &'static str, value: impl Into<Json>) -> Detail {
        self.plain.insert(name.into(), value.into());
        self
    }

    /// Adds a value that can be forgotten: the name of an account, an address, a registrant.
    pub fn personal(mut self, name: &'static str, value: impl Into<String>) -> Detail {
        self.personal.push((name, value.into()));
        self
    }
}

/// An entry as it is read back.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 1, without a gap.
    pub number: i64,
    /// When.
    pub time: Time,
    /// Who; none where the name was forgotten.
    pub actor: Option<String>,
    /// What was done.
    pub action: String,
    /// The word for what it was done to; empty where to nothing.
    pub object_type: String,
    /// Which one.
    pub object: Option<Id>,
    /// Whose.
    pub owner: Option<OwnerId>,
    /// What else matters; a value that was forgotten is null.
    pub detail: Json,
    /// The hash of this entry.
    pub hash: Vec<u8>,
}

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// By whom, as the log names them.
    pub actor: Option<String>,
    /// This action, or all of a noun: `owner.`
    pub action: Option<String>,
    /// About this object.
    pub object: Option<Id>,
    /// Not before.
    pub from: Option<Time>,
    /// Not after.
    pub to: Option<Time>,
    /// Below this number: where the page before ended.
    pub below: Option<i64>,
}

/// What a walk over the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries there are.
    pub entries: u64,
    /// The hash of the last one: note it elsewhere, and a cut end shows.
    pub head: Vec<u8>,
    /// The number of the first entry that does not fit to the one before.
    pub broken: Option<i64>,
}

/// How the log names an actor. Accounts never end with ` (local)`, so the two are never taken for each other.
pub fn name(actor: &Actor) -> String {
    match actor.user {
        Some(_) => actor.name.clone(),
        None => format!("{} (local)", actor.name),
    }
}

/// Writes an entry; its number.
pub fn append(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<i64, Error> {
    let actor = personal(tx, &name(entry.actor))?;
    let mut detail = entry.detail.plain.clone();
    for (name, value) in &entry.detail.personal {
        let reference = personal(tx, value)?;
        detail.insert((*name).into(), json!({ REFERENCE: reference.to_string() }));
    }
    let (number, previous) = match tx.row(HEAD, values![])? {
        Some(row) => (row.int(0)? + 1, row.bytes(1)?.to_vec()),
        None => (1, BEGINNING.to_vec()),
    };
    let (object_type, object) = entry.object.map_or(("", None), |(kind, id)| (kind, Some(id)));
    let mut row = vec![
        Value::from(number),
        entry.time.into(),
        actor.into(),
        entry.action.into(),
        object_type.into(),
        object.into(),
        entry.owner.into(),
        Json::Object(detail).to_string().into(),
        previous.into(),
    ];
    row.push(hash(&row).into());
    tx.execute(INSERT, &row)?;
    Ok(number)
}

/// The hash of an entry: over its columns in their order, the previous hash last, as a JSON array; octets as
/// hexadecimal digits.
fn hash(columns: &[Value]) -> [u8; 32] {
    let column = |value: &Value| match value {
        Value::Null => Json::Null,
        Value::Int(number) => Json::from(*number),
        Value::Text(text) => Json::from(text.as_str()),
        Value::Bytes(octets) => Json::from(octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>()),
    };
    Sha256::digest(Json::Array(columns.iter().map(column).collect()).to_string()).into()
}

/// The reference to a personal value; made where there is none.
fn personal(tx: &mut Tx<'_>, value: &str) -> Result<Id, Error> {
    if let Some(row) = tx.row(PERSONAL, values![value])? {
        return row.id(0);
    }
    let id = Id(fresh::random());
    tx.execute(ADD_PERSONAL, values![id, value])?;
    Ok(id)
}

/// Forgets a personal value wherever the log names it; whether it was known.
pub fn forget(tx: &mut Tx<'_>, value: &str) -> Result<bool, Error> {
    Ok(tx.execute(FORGET, values![value])? > 0)
}

/// Entries, the newest first, at most `limit`.
pub fn list(tx: &mut Tx<'_>, _: &Auditing, filter: &Filter, limit: u32) -> Result<Vec<Record>, Error> {
    let mut sql = Sql::new(SELECT);
    sql.push(" WHERE 1 = 1");
    if let Some(actor) = &filter.actor {
        sql.push(" AND a.actor IN (SELECT id FROM personal_values WHERE value = ").bind(actor).push(")");
    }
    match filter.action.as_deref() {
        Some(noun) if noun.ends_with('.') => {
            // `/` is the character after `.`: everything that begins with `noun.` lies between.
            let end = format!("{}/", noun.trim_end_matches('.'));
            sql.push(" AND a.action >= ").bind(noun).push(" AND a.action < ").bind(end);
        }
        Some(action) => {
            sql.push(" AND a.action = ").bind(action);
        }
        None => {}
    }
    if let Some(object) = filter.object {
        sql.push(" AND a.object_id = ").bind(object);
    }
    if let Some(from) = filter.from {
        sql.push(" AND a.time >= ").bind(from);
    }
    if let Some(to) = filter.to {
        sql.push(" AND a.time <= ").bind(to);
    }
    if let Some(below) = filter.below {
        sql.push(" AND a.number < ").bind(below);
    }
    sql.push(" ORDER BY a.number DESC LIMIT ").bind(limit);
    let rows = tx.rows_of(&sql)?;
    rows.iter().map(|row| record(tx, row)).collect()
}

fn record(tx: &mut Tx<'_>, row: &Row) -> Result<Record, Error> {
    let mut detail: Json = row.json(7)?;
    for value in detail.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let Some(reference) = value.get(REFERENCE).and_then(Json::as_str).and_then(|id| id.parse::<Id>().ok()) else {
            continue;
        };
        let known = tx.row(PERSONAL_VALUE, values![reference])?;
        *value = known.map(|row| row.maybe_text(0).map(Json::from)).transpose()?.unwrap_or(Json::Null);
    }
    Ok(Record {
        number: row.int(0)?,
        time: row.time(1)?,
        actor: row.maybe_text(2)?.map(str::to_owned),
        action: row.text(3)?.to_owned(),
        object_type: row.text(4)?.to_owned(),
        object: row.maybe_id(5)?,
        owner: row.maybe_id(6)?.map(OwnerId),
        detail,
        hash: row.bytes(8)?.to_vec(),
    })
}

/// Walks the whole chain.
pub fn verify(tx: &mut Tx<'_>, _: &Auditing) -> Result<Verified, Error> {
    let mut found = Verified { entries: 0, head: BEGINNING.to_vec(), broken: None };
    tx.each(&Sql::new(CHAIN.text), &mut |row| {
        let (last, columns) =
            row.0.split_last().ok_or(Error::Corrupt { what: "no column".into(), expected: "a row" })?;
        let fits = columns.first() == Some(&Value::from(found.entries as i64 + 1))
            && columns.last() == Some(&Value::from(found.head.as_slice()))
            && *last == Value::from(hash(columns));
        found.entries += 1;
        found.head = row.bytes(9)?.to_vec();
        if !fits && found.broken.is_none() {
            found.broken = Some(row.int(0)?);
        }
        Ok(true)
    })?;
    Ok(found)
}
