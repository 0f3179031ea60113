//! How confidence wanes, by owner and type.

use std::collections::HashMap;

use model::{Decay, IndicatorType, OwnerId, ReadableOwners};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
};

statements! {
    CURRENT = "SELECT id, half_life_days, floor FROM decays WHERE owner_id = $1 AND type = $2 AND current = 1";
    BY_ID = "SELECT id, half_life_days, floor FROM decays WHERE id = $1";
    OF_OWNER = "SELECT id, half_life_days, floor FROM decays WHERE owner_id = $1";
    NEXT = "SELECT COALESCE(MAX(id), 0) + 1 FROM decays";
    RETIRE = "UPDATE decays SET current = 0 WHERE owner_id = $1 AND type = $2 AND current = 1";
    INSERT = "INSERT INTO decays (id, owner_id, type, half_life_days, floor, current) VALUES ($1, $2, $3, $4, $5, 1)";
}

/// A way of waning and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waning {
    /// Its number in this database.
    pub number: i64,
    /// How.
    pub decay: Decay,
}

/// How confidence of this owner and type wanes now; the usual way where the owner decided nothing.
pub fn current(tx: &mut Tx<'_>, owner: OwnerId, kind: IndicatorType) -> Result<Waning, Error> {
    match tx.row(CURRENT, values![owner, kind.as_str()])? {
        Some(row) => waning(&row),
        None => add(tx, owner, kind, Decay::usual(kind)),
    }
}

/// The same, to be shown: nothing is written down.
pub fn stated(tx: &mut Tx<'_>, owner: OwnerId, kind: IndicatorType) -> Result<Decay, Error> {
    let row = tx.row(CURRENT, values![owner, kind.as_str()])?;
    Ok(row.as_ref().map(waning).transpose()?.map_or_else(|| Decay::usual(kind), |waning| waning.decay))
}

/// The way with this number.
pub fn by_number(tx: &mut Tx<'_>, number: i64) -> Result<Waning, Error> {
    let row = tx.row(BY_ID, values![number])?;
    row.as_ref()
        .map(waning)
        .transpose()?
        .ok_or(Error::Corrupt { what: format!("no decay {number}"), expected: "a decay" })
}

/// Decides how confidence wanes from now on for what is stated or renewed; what was stated before keeps its way.
pub fn set(tx: &mut Tx<'_>, owner: OwnerId, kind: IndicatorType, decay: Decay) -> Result<Waning, Error> {
    tx.execute(RETIRE, values![owner, kind.as_str()])?;
    add(tx, owner, kind, decay)
}

/// All ways that opinions of these owners have, by number.
pub fn all(tx: &mut Tx<'_>, readable: &ReadableOwners) -> Result<HashMap<i64, Decay>, Error> {
    let mut sql = Sql::new("SELECT id, half_life_days, floor FROM decays WHERE ");
    sql.readable("owner_id", readable).push(" ORDER BY id");
    tx.rows_of(&sql)?.iter().map(|row| waning(row).map(|waning| (waning.number, waning.decay))).collect()
}

fn add(tx: &mut Tx<'_>, owner: OwnerId, kind: IndicatorType, decay: Decay) -> Result<Waning, Error> {
    let number = tx.number(NEXT, values![])?;
    tx.execute(INSERT, values![number, owner, kind.as_str(), decay.half_life_days, decay.floor])?;
    Ok(Waning { number, decay })
}

fn waning(row: &Row) -> Result<Waning, Error> {
    let decay = Decay { half_life_days: row.small(1)?, floor: row.small(2)? };
    Ok(Waning { number: row.int(0)?, decay })
}

/// All ways that opinions of one owner have, by number.
pub(crate) fn of_owner(tx: &mut Tx<'_>, owner: OwnerId) -> Result<HashMap<i64, Decay>, Error> {
    let rows = tx.rows(OF_OWNER, values![owner])?;
    rows.iter().map(|row| waning(row).map(|waning| (waning.number, waning.decay))).collect()
}
