//! Descriptions of indicators, to be searched: each text once, in lower case, however many opinions have it.
//!
//! All of it is derived from the opinions, so a dump does not have it: [`fill`] makes it again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use crate::{
    error::Error,
    indicator::CHUNK,
    statement::{Sql, statements},
    text::fold,
    transaction::{Tx, values},
};

statements! {
    LAST = "SELECT COALESCE(MAX(number), 0) FROM phrases";
    FORGET = "DELETE FROM phrases WHERE number = $1 AND NOT EXISTS (SELECT 1 FROM opinions WHERE phrase = $1)";
    MISSING = "SELECT owner_id, indicator_id, COALESCE(description_folded, description) FROM opinions \
               WHERE description IS NOT NULL AND description <> '' AND phrase IS NULL \
               ORDER BY owner_id, indicator_id LIMIT $1";
    REFER = "UPDATE opinions SET phrase = $3 WHERE owner_id = $1 AND indicator_id = $2";
}

/// The numbers of texts, in any spelling.
#[derive(Debug, Default)]
pub(crate) struct Phrases(HashMap<String, i64>);

impl Phrases {
    /// The number of a text.
    pub(crate) fn number(&self, text: Option<&str>) -> Option<i64> {
        self.0.get(&fold(text?)).copied()
    }
}

/// The numbers of these texts; those that are new get one.
pub(crate) fn ensure<'t>(tx: &mut Tx<'_>, texts: impl Iterator<Item = &'t str>) -> Result<Phrases, Error> {
    let mut seen = BTreeSet::new();
    let texts = texts.filter(|text| !text.is_empty() && seen.insert(*text));
    let by_hash: BTreeMap<[u8; 16], String> = texts.map(fold).map(|text| (hash(&text), text)).collect();
    let mut phrases = Phrases::default();
    let wanted: Vec<(&[u8; 16], &String)> = by_hash.iter().collect();
    for chunk in wanted.chunks(CHUNK) {
        let known = known(tx, chunk.iter().map(|(hash, _)| hash.to_vec()))?;
        let mut last = None;
        let mut sql = Sql::new("INSERT INTO phrases (number, hash, folded) VALUES ");
        for (hash, text) in chunk {
            let number = match known.get(hash.as_slice()) {
                Some(number) => *number,
                None => {
                    let number = 1 + match last {
                        Some(last) => last,
                        None => tx.number(LAST, values![])?,
                    };
                    sql.push(if last.is_some() { ", " } else { "" });
                    sql.bind_row([number.into(), hash.to_vec().into(), text.as_str().into()]);
                    last = Some(number);
                    number
                }
            };
            phrases.0.insert((*text).clone(), number);
        }
        if last.is_some() {
            tx.execute_of(&sql)?;
        }
    }
    Ok(phrases)
}

fn known(tx: &mut Tx<'_>, hashes: impl Iterator<Item = Vec<u8>>) -> Result<HashMap<Vec<u8>, i64>, Error> {
    let mut sql = Sql::new("SELECT hash, number FROM phrases WHERE hash IN ");
    sql.bind_all(hashes);
    tx.rows_of(&sql)?.iter().map(|row| Ok((row.bytes(0)?.to_vec(), row.int(1)?))).collect()
}

/// Forgets texts that no opinion has any more.
pub(crate) fn forget(tx: &mut Tx<'_>, numbers: impl IntoIterator<Item = i64>) -> Result<(), Error> {
    numbers.into_iter().try_for_each(|number| tx.execute(FORGET, values![number]).map(drop))
}

/// Opinions that are given their numbers at one time.
const FILLED: i64 = 100_000;

/// Gives every opinion with a description the number of its text.
pub(crate) fn fill(tx: &mut Tx<'_>) -> Result<(), Error> {
    loop {
        let rows = tx.rows(MISSING, values![FILLED])?;
        let texts = rows.iter().map(|row| row.text(2)).collect::<Result<Vec<_>, _>>()?;
        let phrases = ensure(tx, texts.iter().copied())?;
        for (row, text) in rows.iter().zip(texts) {
            tx.execute(REFER, values![row.id(0)?, row.id(1)?, phrases.number(Some(text))])?;
        }
        if rows.is_empty() {
            return Ok(());
        }
    }
}

fn hash(folded: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(folded)[..16]);
    hash
}
