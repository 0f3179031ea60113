//! Indicators: one row a value, whoever holds an opinion about it.

use std::{collections::HashMap, net::IpAddr};

use model::{Indicator, IndicatorId, IndicatorType, Name, Prefix, Time};

use crate::{
    error::Error,
    fresh,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::{Row, Value},
};

/// Rows of one statement; both engines take so many values.
pub(crate) const CHUNK: usize = 500;

statements! {
    BY_VALUE = "SELECT id FROM indicators WHERE type = $1 AND value = $2";
    BY_ID = "SELECT type, value FROM indicators WHERE id = $1";
    REMOVE_IF_UNHELD = "DELETE FROM indicators WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM opinions WHERE indicator_id = $1)";
}

/// The id of a value, where somebody holds an opinion about it.
pub fn find(tx: &mut Tx<'_>, indicator: &Indicator) -> Result<Option<IndicatorId>, Error> {
    let row = tx.row(BY_VALUE, values![indicator.kind().as_str(), indicator.canonical()])?;
    row.map(|row| row.id(0).map(IndicatorId)).transpose()
}

/// The value with this id.
pub fn by_id(tx: &mut Tx<'_>, id: IndicatorId) -> Result<Option<Indicator>, Error> {
    tx.row(BY_ID, values![id])?.map(|row| indicator(&row, 0)).transpose()
}

/// The ids of those of these values that are known.
pub fn find_all<'i>(
    tx: &mut Tx<'_>,
    indicators: impl IntoIterator<Item = &'i Indicator>,
) -> Result<HashMap<Indicator, IndicatorId>, Error> {
    let wanted: Vec<&Indicator> = indicators.into_iter().collect();
    let mut found = HashMap::with_capacity(wanted.len());
    for chunk in wanted.chunks(CHUNK) {
        let mut sql = Sql::new("SELECT id, type, value FROM indicators WHERE (type, value) IN (VALUES ");
        for (at, indicator) in chunk.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" });
            sql.bind(indicator.kind().as_str()).push(", ").bind(indicator.canonical()).push(")");
        }
        sql.push(")");
        tx.each(&sql, &mut |row| {
            found.insert(indicator(&row, 1)?, IndicatorId(row.id(0)?));
            Ok(true)
        })?;
    }
    Ok(found)
}

/// The ids of these values; those that nobody holds yet get one.
pub(crate) fn ensure(
    tx: &mut Tx<'_>,
    indicators: &[&Indicator],
    now: Time,
) -> Result<HashMap<Indicator, IndicatorId>, Error> {
    let mut ids = find_all(tx, indicators.iter().copied())?;
    let mut missing = Vec::new();
    for indicator in indicators {
        if !ids.contains_key(indicator) {
            let id = IndicatorId(fresh::id(now));
            ids.insert((*indicator).clone(), id);
            missing.push((id, *indicator));
        }
    }
    for chunk in missing.chunks(CHUNK) {
        let mut sql = Sql::new("INSERT INTO indicators (id, type, value, value_folded, host, low, high) VALUES ");
        for (at, (id, indicator)) in chunk.iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind_row(columns(*id, indicator));
        }
        tx.execute_of(&sql)?;
    }
    Ok(ids)
}

/// Forgets a value that nobody holds an opinion about any more.
pub(crate) fn remove_if_unheld(tx: &mut Tx<'_>, id: IndicatorId) -> Result<(), Error> {
    tx.execute(REMOVE_IF_UNHELD, values![id]).map(drop)
}

fn columns(id: IndicatorId, indicator: &Indicator) -> [Value; 7] {
    let value = indicator.canonical();
    let folded = folded(&value);
    let range = range(indicator);
    let (low, high) = (range.map(|(low, _)| low.to_vec()), range.map(|(_, high)| high.to_vec()));
    let kind = indicator.kind().as_str();
    [id.into(), kind.into(), value.into(), folded, host(indicator).into(), low.into(), high.into()]
}

/// A text in lower case, where that is something else.
pub(crate) fn folded(text: &str) -> Value {
    let folded = text.to_lowercase();
    if folded == text { Value::Null } else { folded.into() }
}

pub(crate) fn indicator(row: &Row, first: usize) -> Result<Indicator, Error> {
    let kind: IndicatorType = row.word(first)?;
    Indicator::parse(kind, row.text(first + 1)?)
        .map_err(|error| Error::Corrupt { what: error.to_string(), expected: "an indicator" })
}

/// Where a host, link or e-mail address stands, as a name whose labels run from the top: `example.www.`
fn host(indicator: &Indicator) -> Option<String> {
    match indicator {
        Indicator::Host(host) => Some(reversed(host.name())),
        Indicator::Url(url) => url.host().map(|host| reversed(host.name())),
        Indicator::EmailAddress(address) => Some(reversed(address.domain().name())),
        _ => None,
    }
}

/// Labels from the top, each ended by a dot, so that what is below a name begins with it.
pub(crate) fn reversed(name: &Name) -> String {
    let text = name.to_string();
    let labels: Vec<&str> = text.trim_end_matches('.').split('.').rev().collect();
    labels.join(".") + "."
}

/// First and last address.
fn range(indicator: &Indicator) -> Option<([u8; 16], [u8; 16])> {
    match indicator {
        Indicator::Address(address) => Some((octets(*address), octets(*address))),
        Indicator::Cidr(prefix) => Some(prefix_range(*prefix)),
        _ => None,
    }
}

pub(crate) fn prefix_range(prefix: Prefix) -> ([u8; 16], [u8; 16]) {
    (octets(prefix.first()), octets(prefix.last()))
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}
