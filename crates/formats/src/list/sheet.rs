//! XLSX workbooks (ECMA-376), by the same mapping as tables.
//!
//! Only values of cells are read; macros, links and formulas are not. A workbook is a ZIP archive, which may hold
//! much more than its size shows: everything in it is inflated once, counted and thrown away, before it is opened.

use std::{
    io::{Cursor, Read as _},
    panic::AssertUnwindSafe,
};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use model::{Time, time::DAY};

use super::{
    Taken,
    table::{COLUMNS_MAX, Laid, Mapping, MappingError},
};
use crate::remark::{Remark, RemarkKind};

/// The largest workbook, in octets.
pub const WORKBOOK_OCTETS_MAX: usize = 32 << 20;
/// How many octets all its parts may have once inflated.
pub const INFLATED_OCTETS_MAX: u64 = 256 << 20;
/// How many parts it may have.
pub const PARTS_MAX: usize = 2000;
/// How many different texts it may say that it has.
pub const TEXTS_MAX: usize = 1_000_000;
/// How many rows are read.
pub const ROWS_MAX: usize = 250_000;

/// Why a workbook cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// A limit.
    #[error("the workbook is too large: at most {0}")]
    TooLarge(String),
    /// No workbook, or a damaged one.
    #[error("not an XLSX workbook, or damaged: {0}")]
    Damaged(String),
    /// A sheet that is not there.
    #[error("no sheet has the name `{name}`; there are: {known}")]
    NoSheet {
        /// The name that was asked for.
        name: String,
        /// The names of the sheets.
        known: String,
    },
    /// The mapping does not fit.
    #[error(transparent)]
    Mapping(#[from] MappingError),
}

impl From<XlsxError> for SheetError {
    fn from(error: XlsxError) -> SheetError {
        SheetError::Damaged(error.to_string())
    }
}

/// A workbook that is within the limits.
pub struct Workbook<'a> {
    xlsx: Xlsx<Cursor<&'a [u8]>>,
}

impl<'a> Workbook<'a> {
    /// Checks the limits and opens it.
    pub fn open(octets: &'a [u8]) -> Result<Workbook<'a>, SheetError> {
        check_size(octets)?;
        fenced(|| Ok(Workbook { xlsx: Xlsx::new(Cursor::new(octets))? }))
    }

    /// The names of its sheets.
    pub fn sheets(&self) -> Vec<String> {
        self.xlsx.sheet_names()
    }

    /// The first row of a sheet (the first where no name is given), for [`Mapping::guess`].
    pub fn first_row(&mut self, sheet: Option<&str>) -> Result<Vec<String>, SheetError> {
        let mut first = Vec::new();
        self.rows(sheet, |_, cells| {
            first = cells.to_vec();
            false
        })?;
        Ok(first)
    }

    /// Reads a sheet, the first where no name is given.
    pub fn read(&mut self, sheet: Option<&str>, mapping: &Mapping) -> Result<Taken, SheetError> {
        let laid = Laid::new(mapping, self.first_row(sheet)?)?;
        let mut taken = Taken::default();
        let mut rows = 0;
        let all = self.rows(sheet, |line, cells| {
            rows += 1;
            if rows == 1 && mapping.header {
                return true;
            }
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            rows <= ROWS_MAX && laid.row(line, &cells).is_none_or(|entry| taken.add(entry))
        })?;
        if !all {
            taken
                .remark(Remark::whole(RemarkKind::Limit, &format!("more than {ROWS_MAX} rows: the rest was not read")));
        }
        Ok(taken)
    }

    /// Gives the rows that hold something, by their number from 1, until `each` has enough; whether it had them all.
    fn rows(&mut self, sheet: Option<&str>, each: impl FnMut(usize, &[String]) -> bool) -> Result<bool, SheetError> {
        let name = self.sheet(sheet)?;
        fenced(|| self.rows_of(&name, each))
    }

    fn rows_of(&mut self, name: &str, mut each: impl FnMut(usize, &[String]) -> bool) -> Result<bool, SheetError> {
        let mut cells = self.xlsx.worksheet_cells_reader(name)?;
        let (mut row, mut line) = (Vec::new(), 0);
        while let Some(cell) = cells.next_cell()? {
            let (at, column) = cell.get_position();
            let at = at as usize + 1;
            if at != line && !row.is_empty() {
                if !each(line, &row) {
                    return Ok(false);
                }
                row.clear();
            }
            line = at;
            put(&mut row, column as usize, shown(cell.get_value()));
        }
        Ok(row.is_empty() || each(line, &row))
    }

    fn sheet(&self, wanted: Option<&str>) -> Result<String, SheetError> {
        let sheets = self.sheets();
        let found = match wanted {
            None => sheets.first(),
            Some(name) => sheets.iter().find(|sheet| *sheet == name),
        };
        found.cloned().ok_or_else(|| SheetError::NoSheet {
            name: wanted.unwrap_or_default().to_owned(),
            known: sheets.join(", "),
        })
    }
}

/// Runs what hands outside octets to the reader of workbooks, which panics on some that are wrong (a row of twenty
/// digits): that is damage like any other. What it was working on is not used again.
fn fenced<T>(run: impl FnOnce() -> Result<T, SheetError>) -> Result<T, SheetError> {
    let panicked = |_| Err(SheetError::Damaged("its reader gave up".into()));
    std::panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(panicked)
}

/// Inflates every part and counts; what the archive says of their sizes may be a lie.
fn check_size(octets: &[u8]) -> Result<(), SheetError> {
    if octets.len() > WORKBOOK_OCTETS_MAX {
        return Err(SheetError::TooLarge(format!("{WORKBOOK_OCTETS_MAX} octets")));
    }
    let damaged = |error: &dyn std::fmt::Display| SheetError::Damaged(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(octets)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(SheetError::TooLarge(format!("{PARTS_MAX} parts")));
    }
    let mut left = INFLATED_OCTETS_MAX;
    for at in 0..archive.len() {
        let part = archive.by_index(at).map_err(|error| damaged(&error))?;
        let mut claims = Claims::default();
        let inflated = std::io::copy(&mut part.take(left + 1), &mut claims).map_err(|error| damaged(&error))?;
        left = left
            .checked_sub(inflated)
            .ok_or_else(|| SheetError::TooLarge(format!("{INFLATED_OCTETS_MAX} octets once inflated")))?;
        if claims.too_many {
            return Err(SheetError::TooLarge(format!("{TEXTS_MAX} different texts")));
        }
    }
    Ok(())
}

/// Looks for what a part says of the number of its texts (`uniqueCount`): the reader makes room for so many at once.
/// Zeros and blanks are left out, so that UTF-16 is seen too, and nothing stands between name and number.
#[derive(Default)]
struct Claims {
    tail: Vec<u8>,
    too_many: bool,
}

impl Claims {
    /// How much of the end is kept for a claim that goes on in the next octets.
    const TAIL: usize = 256;

    fn look(&mut self) {
        const NAME: &[u8] = b"uniqueCount";
        const DIGITS_MAX: usize = 20;
        for at in memchr::memmem::find_iter(&self.tail, NAME) {
            let value = self.tail.get(at + NAME.len()..).unwrap_or_default();
            let digits = value.iter().skip_while(|octet| matches!(octet, b'=' | b'"' | b'\''));
            let digits: Vec<u8> = digits.take_while(|octet| octet.is_ascii_digit()).copied().collect();
            let number: Option<usize> = std::str::from_utf8(&digits).ok().and_then(|digits| digits.parse().ok());
            self.too_many |= digits.len() > DIGITS_MAX || number.is_some_and(|number| number > TEXTS_MAX);
        }
    }
}

impl std::io::Write for Claims {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.tail.extend(octets.iter().copied().filter(|octet| *octet != 0 && !octet.is_ascii_whitespace()));
        self.look();
        let old = self.tail.len().saturating_sub(Self::TAIL);
        self.tail.drain(..old);
        Ok(octets.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn put(row: &mut Vec<String>, column: usize, text: String) {
    if column >= COLUMNS_MAX || text.is_empty() {
        return;
    }
    if row.len() <= column {
        row.resize(column + 1, String::new());
    }
    if let Some(cell) = row.get_mut(column) {
        *cell = text;
    }
}

fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(date) if date.is_datetime() => moment(date.as_f64()),
        DataRef::DateTime(date) => date.as_f64().to_string(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Days since 1899-12-30 as a moment.
fn moment(days: f64) -> String {
    const DAYS_TO_1970: f64 = 25_569.0;
    Time(((days - DAYS_TO_1970) * DAY as f64).round() as i64).to_string()
}
