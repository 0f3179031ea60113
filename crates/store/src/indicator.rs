//! Indicators: one row a value, whoever holds an opinion about it.
//!
//! A value's id is made from the value alone (UUID version 8, RFC 9562 §5.8): whoever brings a value in gets the same
//! id whether others hold it or not, so an id tells nothing of owners that may not be read.

use std::{collections::BTreeMap, net::IpAddr};

use model::{Id, Indicator, IndicatorId, IndicatorType, Name, Prefix};
use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::{Row, Value},
};

/// Rows of one statement; both engines take so many values.
pub(crate) const CHUNK: usize = 500;

statements! {
    BY_ID = "SELECT type, value FROM indicators WHERE id = $1";
    REMOVE_IF_UNHELD = "DELETE FROM indicators WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM opinions WHERE indicator_id = $1)";
}

/// The id of a value.
pub fn id(indicator: &Indicator) -> IndicatorId {
    let text = format!("{}\0{indicator}", indicator.kind());
    let hash = Sha256::digest(text);
    let mut octets = [0; 16];
    octets.copy_from_slice(&hash[..16]);
    octets[6] = octets[6] & 0x0f | 0x80;
    octets[8] = octets[8] & 0x3f | 0x80;
    IndicatorId(Id(octets))
}

/// The value with this id.
pub fn by_id(tx: &mut Tx<'_>, id: IndicatorId) -> Result<Option<Indicator>, Error> {
    tx.row(BY_ID, values![id])?.map(|row| indicator(&row, 0)).transpose()
}

/// Makes sure that these values have rows. In the order of their ids, which is the order of the table.
pub(crate) fn ensure(tx: &mut Tx<'_>, indicators: &BTreeMap<IndicatorId, &Indicator>) -> Result<(), Error> {
    let mut rest = indicators.iter().peekable();
    while rest.peek().is_some() {
        let mut sql = Sql::new("INSERT INTO indicators (id, type, value, value_folded, host, low, high) VALUES ");
        for (at, (id, indicator)) in rest.by_ref().take(CHUNK).enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).bind_row(columns(*id, indicator));
        }
        sql.push(" ON CONFLICT (id) DO NOTHING");
        tx.execute_of(&sql)?;
    }
    Ok(())
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

/// First and last address: of an address, of a prefix, of a link at an address.
fn range(indicator: &Indicator) -> Option<([u8; 16], [u8; 16])> {
    match indicator {
        Indicator::Address(address) => Some((octets(*address), octets(*address))),
        Indicator::Cidr(prefix) => Some(prefix_range(*prefix)),
        Indicator::Url(url) => url.address().map(|address| (octets(address), octets(address))),
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
