//! Texts to be searched: names, descriptions and notes, in lower case, one row each.
//!
//! Substrings of three characters and more are found by an index of trigrams (FTS5 or pg_trgm); shorter ones by
//! looking at every text, within the limit of a read.

use model::{Id, Object, OwnerId};

use crate::{
    dialect::Dialect,
    error::Error,
    object::{self, Named, join_object, object_columns},
    statement::{Sql, statements},
    transaction::{Tx, values},
    value::Row,
    viewer::Viewer,
};

/// Substrings shorter than this have no trigram.
const TRIGRAM: usize = 3;
/// Characters that a hit shows before what was found.
const BEFORE: usize = 40;
/// Characters that a hit shows.
const EXCERPT: usize = 160;

statements! {
    PUT = "INSERT INTO texts (number, owner_id, object_type, object_id, part, folded) \
           VALUES ((SELECT COALESCE(MAX(number), 0) + 1 FROM texts), $1, $2, $3, $4, $5) \
           ON CONFLICT (object_id, owner_id, part) DO UPDATE SET folded = excluded.folded";
    REMOVE = "DELETE FROM texts WHERE object_id = $1 AND owner_id = $2 AND part = $3";
}

/// A text that was found.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Hit {
    /// What it belongs to.
    pub object: Named,
    /// Whose text.
    pub owner: OwnerId,
    /// Which text of the object: `name`, `description`, `fields`, `note`.
    pub part: String,
    /// The text around the first word that was asked for, in lower case.
    pub excerpt: String,
    /// Where the list goes on after this hit.
    #[serde(skip)]
    pub place: Place,
}

/// Where a list of hits stands: object, owner, part. Not a number of a row, which would count what others wrote.
pub type Place = (Id, OwnerId, String);

/// What two spellings of a text have in common.
pub(crate) fn fold(text: &str) -> String {
    text.to_lowercase()
}

/// Keeps a text of an object, or forgets it where there is none.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    owner: OwnerId,
    object: Object,
    part: &str,
    text: Option<&str>,
) -> Result<(), Error> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) => tx.execute(PUT, values![owner, object.kind().as_str(), object.id(), part, fold(text)]),
        None => tx.execute(REMOVE, values![object.id(), owner, part]),
    }
    .map(drop)
}

/// Adds the condition that the row of a table (`texts x` or `phrases x`) contains a text; `wanted` is folded.
fn push_contains(sql: &mut Sql, dialect: Dialect, table: &'static str, wanted: &str) {
    match phrase(dialect, wanted) {
        Some(phrase) => {
            sql.push("x.number IN (SELECT rowid FROM ").push(table).push("_index WHERE ").push(table);
            sql.push("_index MATCH ").bind(phrase).push(")");
        }
        None => drop(sql.push("x.folded LIKE ").bind(pattern(wanted)).push(" ESCAPE '\\'")),
    }
}

/// Adds a query for the numbers of descriptions that contain a text.
pub(crate) fn push_numbers(sql: &mut Sql, dialect: Dialect, wanted: &str) {
    let wanted = fold(wanted);
    match phrase(dialect, &wanted) {
        Some(phrase) => sql.push("SELECT rowid FROM phrases_index WHERE phrases_index MATCH ").bind(phrase),
        None => {
            sql.push("SELECT x.number FROM phrases x WHERE x.folded LIKE ").bind(pattern(&wanted)).push(" ESCAPE '\\'")
        }
    };
}

/// In FTS5's language, where its index can find the text: in quotes, and a quote in it doubled.
fn phrase(dialect: Dialect, wanted: &str) -> Option<String> {
    let indexed = dialect == Dialect::Sqlite && wanted.chars().count() >= TRIGRAM;
    indexed.then(|| format!("\"{}\"", wanted.replace('"', "\"\"")))
}

/// A pattern of LIKE for texts that contain this one.
pub(crate) fn pattern(wanted: &str) -> String {
    let mut pattern = String::from("%");
    for c in wanted.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern + "%"
}

/// Texts of readable owners that contain every one of these words, after one hit; at most `limit`.
pub fn search(
    tx: &mut Tx<'_>,
    viewer: &Viewer,
    words: &[&str],
    after: Option<&Place>,
    limit: u32,
) -> Result<Vec<Hit>, Error> {
    let words: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let mut hits: Vec<Hit> = Vec::new();
    for mut sql in [texts(viewer, &words, tx.dialect()), descriptions(viewer, &words, tx.dialect())] {
        if let Some((object, owner, part)) = after {
            sql.push(" AND (x.object_id, x.owner_id, x.part) > (");
            sql.bind(*object).push(", ").bind(*owner).push(", ").bind(part).push(")");
        }
        sql.push(" ORDER BY x.object_id, x.owner_id, x.part LIMIT ").bind(limit);
        let first = words.first().map_or("", String::as_str);
        for row in tx.rows_of(&sql)? {
            hits.push(hit(&row, first)?);
        }
    }
    hits.sort_by(|one, other| one.place.cmp(&other.place));
    hits.truncate(limit as usize);
    Ok(hits)
}

/// Names, fields, notes, and what is written of groups.
fn texts(viewer: &Viewer, words: &[String], dialect: Dialect) -> Sql {
    let mut sql =
        Sql::new(concat!("SELECT x.owner_id, x.part, x.folded, x.object_id, ", object_columns!(), " FROM texts x"));
    sql.push(join_object!("x.object_id")).push(" WHERE (g.id IS NOT NULL OR i.id IS NOT NULL) AND ");
    viewer.push_hung(&mut sql);
    push_all(&mut sql, dialect, "texts", words);
    sql
}

/// Descriptions of indicators.
fn descriptions(viewer: &Viewer, words: &[String], dialect: Dialect) -> Sql {
    let mut sql = Sql::new(
        "SELECT x.owner_id, x.part, x.folded, x.object_id, 'indicator', i.id, i.type, i.value FROM \
         (SELECT o.owner_id, o.indicator_id AS object_id, o.pending, 'description' AS part, x.folded \
         FROM phrases x CROSS JOIN opinions o WHERE o.phrase = x.number",
    );
    push_all(&mut sql, dialect, "phrases", words);
    sql.push(") x JOIN indicators i ON i.id = x.object_id WHERE ");
    viewer.push_owner(&mut sql, "x.owner_id");
    sql.push(" AND (x.pending = 0 OR ");
    viewer.push_manages(&mut sql, "x.owner_id");
    sql.push(")");
    sql
}

fn push_all(sql: &mut Sql, dialect: Dialect, table: &'static str, words: &[String]) {
    for word in words {
        sql.push(" AND ");
        push_contains(sql, dialect, table, word);
    }
}

fn hit(row: &Row, word: &str) -> Result<Hit, Error> {
    let (owner, part) = (OwnerId(row.id(0)?), row.text(1)?);
    Ok(Hit {
        object: object::named(row, 4)?,
        owner,
        part: part.split(':').next().unwrap_or_default().to_owned(),
        excerpt: excerpt(row.text(2)?, word),
        place: (row.id(3)?, owner, part.to_owned()),
    })
}

fn excerpt(text: &str, word: &str) -> String {
    let found = text.find(word).unwrap_or(0);
    let start = text[..found].char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let mut excerpt: String = text[start..].chars().take(EXCERPT).collect();
    if start > 0 {
        excerpt.insert(0, '…');
    }
    if text[start..].chars().nth(EXCERPT).is_some() {
        excerpt.push('…');
    }
    excerpt
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_stands_around() {
        assert_eq!(excerpt("short", "ort"), "short");
        let long = format!("{}needle{}", "ä".repeat(100), "ö".repeat(300));
        let shown = excerpt(&long, "needle");
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains("needle"), "{shown}");
        assert_eq!(shown.chars().count(), EXCERPT + 2);
        assert_eq!(pattern(r"50%_\"), r"%50\%\_\\%");
    }
}
