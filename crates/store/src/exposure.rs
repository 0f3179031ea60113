//! The exposure ledger as it is searched. The file that is written before a question leaves stays the truth; what is
//! here is its index, by the place of a line in that file.

use model::{Auditing, Time};

use crate::{
    error::Error,
    statement::{Sql, statements},
    transaction::{Tx, values},
};

statements! {
    ADD = "INSERT INTO exposures (number, time, value, entry) VALUES ($1, $2, $3, $4) ON CONFLICT (number) DO NOTHING";
    LAST = "SELECT MAX(number) FROM exposures";
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its place in the file.
    pub number: i64,
    /// When.
    pub time: Time,
    /// What was asked about, folded.
    pub value: String,
    /// The entry, as JSON.
    pub entry: String,
}

/// Adds a line; one that is there already stays.
pub fn add(tx: &mut Tx<'_>, line: &Line) -> Result<(), Error> {
    tx.execute(ADD, values![line.number, line.time, &line.value, &line.entry]).map(drop)
}

/// The place of the last line that was added; 0 where there is none.
pub fn last(tx: &mut Tx<'_>) -> Result<i64, Error> {
    tx.number(LAST, values![])
}

/// Lines below a place, the newest first: about a value or, for a domain, names below it; all where none is given.
pub fn list(
    tx: &mut Tx<'_>,
    _: &Auditing,
    value: Option<&str>,
    below: Option<i64>,
    limit: u32,
) -> Result<Vec<Line>, Error> {
    let mut sql = Sql::new("SELECT number, time, value, entry FROM exposures WHERE 1 = 1");
    if let Some(value) = value {
        // Names below it are few among what was asked: LIKE with its own signs escaped looks at the rest of them.
        let pattern = value.replace('!', "!!").replace('%', "!%").replace('_', "!_");
        sql.push(" AND (value = ")
            .bind(value)
            .push(" OR value LIKE ")
            .bind(format!("%.{pattern}"))
            .push(" ESCAPE '!')");
    }
    if let Some(below) = below {
        sql.push(" AND number < ").bind(below);
    }
    sql.push(" ORDER BY number DESC LIMIT ").bind(limit);
    let line = |row: &crate::Row| {
        Ok(Line { number: row.int(0)?, time: row.time(1)?, value: row.text(2)?.into(), entry: row.text(3)?.into() })
    };
    tx.rows_of(&sql)?.iter().map(line).collect()
}
