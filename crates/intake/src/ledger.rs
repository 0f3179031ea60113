//! The exposure ledger's index: lines of the file that is written before a question leaves, brought into the database
//! for searching. A line's number is where it ends in the file, so bringing it in again changes nothing.

use std::path::Path;

use collect::{Entry, Ledger};
use engine::{Error, Knowledge};
use store::exposure::Line;

/// Lines that are brought in at one time.
const CHUNK: usize = 1000;

/// Brings in what the ledger of a data directory has more than the index.
pub fn index(knowledge: &Knowledge, data: &Path) -> Result<(), Error> {
    let failed = |error: collect::LedgerError| Error::Limit(error.to_string());
    let ledger = Ledger::open(data).map_err(failed)?;
    let mut after = u64::try_from(knowledge.exposures_indexed()?).unwrap_or(0);
    loop {
        let entries = ledger.after(after, CHUNK).map_err(failed)?;
        let Some((last, _)) = entries.last() else { return Ok(()) };
        after = *last;
        let lines: Vec<Line> = entries.iter().filter_map(|(end, entry)| line(*end, entry.as_ref()?)).collect();
        knowledge.index_exposures(&lines)?;
    }
}

fn line(end: u64, entry: &Entry) -> Option<Line> {
    Some(Line {
        number: i64::try_from(end).ok()?,
        time: entry.time,
        value: entry.value.trim_end_matches('.').to_lowercase(),
        entry: serde_json::to_string(entry).ok()?,
    })
}
