//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, their full-width forms, a tab, or a line end. Such a
//! cell gets an apostrophe in front, and so does one that begins with an apostrophe itself. To undo it, take one
//! leading apostrophe away from every cell that has one; [`original`] does, and so does [`crate::list::table`] on files
//! with this header. The file is separated by commas: opened as if by semicolons, cells fall apart, and no escape holds.

use std::io::{self, Write};

use super::Exported;

/// The columns, in order; the same names as the members in JSON lines.
pub const COLUMNS: [&str; 20] = [
    "type",
    "value",
    "owner",
    "rating",
    "confidence",
    "use",
    "role",
    "grade",
    "tlp",
    "pap",
    "active",
    "firstSeen",
    "lastSeen",
    "added",
    "modified",
    "expires",
    "tags",
    "description",
    "source",
    "evidence",
];

/// What stands between tags in one cell; in a tag it is written `\;`, and a backslash `\\`.
pub const TAG_SEPARATOR: char = ';';

/// Writes the line of column names.
pub fn write_header(out: &mut impl Write) -> io::Result<()> {
    write_cells(out, COLUMNS.map(str::to_owned))
}

/// Writes one row.
pub fn write_row(out: &mut impl Write, row: &Exported) -> io::Result<()> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    write_cells(
        out,
        [
            row.indicator.kind().to_string(),
            row.indicator.canonical(),
            row.owner.name.clone(),
            shown(row.rating),
            shown(row.confidence),
            row.usage.to_string(),
            row.role.to_string(),
            shown(row.grade),
            row.tlp.to_string(),
            row.pap.to_string(),
            row.active.to_string(),
            shown(row.first_seen),
            shown(row.last_seen),
            row.added.to_string(),
            row.modified.to_string(),
            shown(row.expires),
            join_tags(&row.tags),
            text(&row.description),
            text(&row.source),
            text(&row.evidence),
        ],
    )
}

/// The text that a cell stands for: without the apostrophe that keeps spreadsheets from running it.
pub fn original(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

fn shown(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn join_tags(tags: &[String]) -> String {
    let escaped: Vec<String> = tags.iter().map(|tag| tag.replace('\\', r"\\").replace(TAG_SEPARATOR, r"\;")).collect();
    escaped.join(&TAG_SEPARATOR.to_string())
}

/// Whether a spreadsheet might run a cell that begins so.
fn runs(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n' | '\'')
}

fn write_cells<const N: usize>(out: &mut impl Write, cells: [String; N]) -> io::Result<()> {
    for (at, cell) in cells.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write_cell(out, cell)?;
    }
    out.write_all(b"\r\n")
}

fn write_cell(out: &mut impl Write, cell: &str) -> io::Result<()> {
    let guard = if cell.starts_with(runs) { "'" } else { "" };
    // Semicolons, tabs and bars are quoted as well: readers that guess the separator look at them.
    if cell.contains(['"', ',', '\r', '\n', ';', '\t', '|']) {
        write!(out, "\"{guard}{}\"", cell.replace('"', "\"\""))
    } else {
        write!(out, "{guard}{cell}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(cell: &str) -> String {
        let mut out = Vec::new();
        write_cell(&mut out, cell).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        for (cell, safe) in [
            ("=1+1", "'=1+1"),
            ("＝1", "'＝1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "\"'\t=1\""),
            ("=HYPERLINK(\"http://x.example\",\"y\")", "\"'=HYPERLINK(\"\"http://x.example\"\",\"\"y\"\")\""),
            ("'quoted", "''quoted"),
            ("plain", "plain"),
            ("", ""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(written(cell), safe);
        }
    }

    proptest! {
        /// A reader of RFC 4180 gets the same text back, once the apostrophe is taken away.
        #[test]
        fn every_cell_comes_back(cells in proptest::collection::vec("[='+@,;\"\t\r\na\\\\ü-]{0,6}", 3)) {
            let mut out = Vec::new();
            write_cells::<3>(&mut out, cells.clone().try_into().unwrap()).unwrap();
            let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
            let read: Vec<_> = reader.records().map(Result::unwrap).collect();
            let read: Vec<&str> = read.iter().flatten().map(original).collect();
            prop_assert_eq!(read, cells);
        }
    }
}
