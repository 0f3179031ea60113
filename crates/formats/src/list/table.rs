//! Tables: CSV (RFC 4180) and its relatives with semicolons, tabs and bars.
//!
//! A [`Mapping`] says which column holds which [`Field`]. [`Mapping::guess`] makes one from a line of column names: of
//! an export of ours exactly, of other lists by the names that people use. A row with one cell that cannot be read is
//! refused, with the name of the column.

use model::IndicatorType;

use super::{Entry, Field, Refusal, Stated, value};
use crate::export::csv::{COLUMNS, TAG_SEPARATOR, original};

/// How many columns a table may have; what stands beyond is left out.
pub const COLUMNS_MAX: usize = 256;
/// How many lines one row may span: a quote that nobody closes would take the rest of the file.
pub const ROW_LINES_MAX: usize = 1000;
/// The separators that are guessed between.
const SEPARATORS: [char; 4] = [',', ';', '\t', '|'];
/// How much of a table is looked at to guess its separator.
const GUESS_LINES: usize = 10;

/// A column, by its name or number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// By the name in the first row, without regard to case.
    Name(String),
    /// By its number, counted from 1.
    Number(usize),
}

impl std::str::FromStr for Column {
    type Err = std::convert::Infallible;

    /// Digits are a number, everything else a name.
    fn from_str(text: &str) -> Result<Column, Self::Err> {
        Ok(text.trim().parse().map_or_else(|_| Column::Name(text.to_owned()), Column::Number))
    }
}

/// Which column holds what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The columns of fields; `value` must be among them.
    pub columns: Vec<(Field, Column)>,
    /// The type of all values that no column gives a type.
    pub kind: Option<IndicatorType>,
    /// Whether the first row holds names of columns.
    pub header: bool,
    /// What stands between tags of one cell.
    pub tag_separator: char,
    /// Whether cells may have an apostrophe in front against spreadsheets, as our exports do.
    pub guarded: bool,
}

/// Why a mapping does not fit a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// No column holds the values.
    #[error("no column holds the values: name the column of the field `value`")]
    NoValue,
    /// A column of this name is not there.
    #[error("no column has the name `{name}`; there are: {known}")]
    NoColumn {
        /// The name that was asked for.
        name: String,
        /// The names in the first row.
        known: String,
    },
    /// A column by name, and no row of names.
    #[error("the column `{0}` is named, and the table has no row of names: give its number")]
    NoHeader(String),
    /// A number that no column has.
    #[error("columns are numbered from 1 to {COLUMNS_MAX}, here is {0}")]
    BadNumber(usize),
}

impl Mapping {
    /// The mapping that a row of column names asks for; none where no column looks like the values.
    pub fn guess<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Mapping> {
        let names: Vec<&str> = names.into_iter().collect();
        let mut columns: Vec<(Field, Column)> = Vec::new();
        for (at, name) in names.iter().enumerate().take(COLUMNS_MAX) {
            // The first column of a meaning stands.
            if let Some(field) = Field::guess(name).filter(|field| columns.iter().all(|(known, _)| known != field)) {
                columns.push((field, Column::Number(at + 1)));
            }
        }
        let ours = names == COLUMNS;
        let tag_separator = if ours { TAG_SEPARATOR } else { ',' };
        let mapping = Mapping { columns, kind: None, header: true, tag_separator, guarded: ours };
        mapping.columns.iter().any(|(field, _)| *field == Field::Value).then_some(mapping)
    }

    /// Where the fields stand, counted from 0.
    pub(super) fn resolve(&self, names: &[String]) -> Result<Vec<(Field, usize)>, MappingError> {
        if !self.columns.iter().any(|(field, _)| *field == Field::Value) {
            return Err(MappingError::NoValue);
        }
        self.columns.iter().map(|(field, column)| Ok((*field, self.position(column, names)?))).collect()
    }

    fn position(&self, column: &Column, names: &[String]) -> Result<usize, MappingError> {
        match column {
            Column::Number(number @ 1..=COLUMNS_MAX) => Ok(number - 1),
            Column::Number(number) => Err(MappingError::BadNumber(*number)),
            Column::Name(name) if !self.header => Err(MappingError::NoHeader(name.clone())),
            Column::Name(name) => {
                let same = |known: &String| known.trim().to_lowercase() == name.trim().to_lowercase();
                names.iter().position(same).ok_or_else(|| MappingError::NoColumn {
                    name: name.clone(),
                    known: names.iter().take(COLUMNS_MAX).map(|name| name.trim()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    }
}

/// A mapping laid over the columns of one table.
pub(super) struct Laid<'m> {
    mapping: &'m Mapping,
    places: Vec<(Field, usize)>,
    names: Vec<String>,
}

impl<'m> Laid<'m> {
    /// `names` is the first row.
    pub(super) fn new(mapping: &'m Mapping, names: Vec<String>) -> Result<Laid<'m>, MappingError> {
        let places = mapping.resolve(&names)?;
        let names = if mapping.header { names } else { Vec::new() };
        Ok(Laid { mapping, places, names })
    }

    /// Reads a row; one without anything in it says nothing.
    pub(super) fn row(&self, line: usize, cells: &[&str]) -> Option<Entry> {
        cells.iter().any(|cell| !cell.trim().is_empty()).then(|| self.entry(line, cells))
    }

    fn entry(&self, line: usize, cells: &[&str]) -> Entry {
        let text = |at: usize| {
            let cell = cells.get(at).copied().unwrap_or_default();
            if self.mapping.guarded { original(cell) } else { cell }
        };
        let cell = |field: Field| self.places.iter().find(|(known, _)| *known == field).map(|(_, at)| (*at, text(*at)));
        let word = cell(Field::Type).filter(|(_, text)| !text.trim().is_empty());
        let kind = word.map(|(_, text)| value::kind(text));
        let (at, written) = cell(Field::Value).unwrap_or_default();
        let found = match &kind {
            // Lists have words of their own for types: what the value looks like counts then.
            Some(Err(_)) => value::read(written, None),
            Some(Ok(kind)) => value::read(written, Some(*kind)),
            None => value::read(written, self.mapping.kind),
        };
        let found = found.map_err(|why| match (kind, word) {
            (Some(Err(unknown)), Some((at, word))) => self.blame(line, at, word, unknown),
            _ => self.blame(line, at, written, why),
        })?;
        let mut stated = Stated::new(line, found.indicator);
        stated.note = found.note.map(str::to_owned);
        for (field, at) in &self.places {
            let set = stated.set(*field, text(*at), self.mapping.tag_separator);
            set.map_err(|why| self.blame(line, *at, text(*at), why))?;
        }
        Ok(stated)
    }

    fn blame(&self, line: usize, at: usize, text: &str, why: String) -> Refusal {
        let name = self.names.get(at).map(|name| name.trim()).filter(|name| !name.is_empty());
        let column = name.map_or_else(|| format!("column {}", at + 1), |name| format!("column {} ({name})", at + 1));
        Refusal { column: Some(column), ..Refusal::new(line, text, why) }
    }
}

/// The separator that the first lines have in common.
pub fn guess_separator(text: &str) -> char {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(GUESS_LINES).collect();
    let least = |separator: char| lines.iter().map(|line| count(line, separator)).min().unwrap_or(0);
    // On a tie the earlier one stands.
    SEPARATORS.into_iter().rev().max_by_key(|separator| least(*separator)).unwrap_or(',')
}

/// How often a character stands outside quotes.
fn count(line: &str, wanted: char) -> usize {
    line.split('"').step_by(2).map(|outside| outside.matches(wanted).count()).sum()
}

/// The first row of a table: for [`Mapping::guess`], and to show to whoever makes a mapping.
pub fn first_row(text: &str, separator: char) -> Vec<String> {
    let mut record = csv::StringRecord::new();
    match reader(text, separator).read_record(&mut record) {
        Ok(true) => record.iter().take(COLUMNS_MAX).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Reads a table by a mapping.
pub fn read<'a>(
    text: &'a str,
    separator: char,
    mapping: &'a Mapping,
) -> Result<impl Iterator<Item = Entry> + 'a, MappingError> {
    let text = without_mark(text);
    let laid = Laid::new(mapping, first_row(text, separator))?;
    let mut reader = reader(text, separator);
    let mut record = csv::StringRecord::new();
    let mut lines = Lines { octets: text.as_bytes(), at: 0, line: 1 };
    if mapping.header {
        // The row of names was read as text before: it is there, or the table is empty.
        let _ = reader.read_record(&mut record);
    }
    Ok(std::iter::from_fn(move || {
        loop {
            if !reader.read_record(&mut record).ok()? {
                return None;
            }
            let first = lines.first_of(record.position().map_or(0, csv::Position::byte));
            let last = lines.of(reader.position().byte());
            if let Some(entry) = one(&laid, &record, first, last) {
                return Some(entry);
            }
        }
    }))
}

/// Counts lines up to places that come in order. The reader's own count is one too few after CR LF.
struct Lines<'a> {
    octets: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of what comes at or after an offset and is no line end.
    fn first_of(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        let rest = self.octets.get(offset..).unwrap_or_default();
        let ends = rest.iter().take_while(|octet| matches!(octet, b'\r' | b'\n')).count();
        self.of((offset + ends) as u64)
    }

    fn of(&mut self, offset: u64) -> usize {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(self.octets.len()).max(self.at);
        let passed = self.octets.get(self.at..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', passed).count();
        self.at = offset;
        self.line
    }
}

fn one(laid: &Laid<'_>, record: &csv::StringRecord, first: usize, last: usize) -> Option<Entry> {
    if last - first > ROW_LINES_MAX {
        let why = format!("a quote opens here and is not closed for {ROW_LINES_MAX} lines");
        return Some(Err(Refusal::new(first, record.get(0).unwrap_or_default(), why)));
    }
    let cells: Vec<&str> = record.iter().take(COLUMNS_MAX).collect();
    laid.row(first, &cells)
}

fn without_mark(text: &str) -> &str {
    text.trim_start_matches('\u{feff}')
}

fn reader(text: &str, separator: char) -> csv::Reader<&[u8]> {
    csv::ReaderBuilder::new()
        .delimiter(u8::try_from(separator).unwrap_or(b','))
        .has_headers(false)
        .flexible(true)
        .from_reader(without_mark(text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::Taken;

    fn guessed(text: &str) -> Taken {
        let separator = guess_separator(text);
        let mapping = Mapping::guess(first_row(text, separator).iter().map(String::as_str)).unwrap();
        Taken::of(read(text, separator, &mapping).unwrap())
    }

    #[test]
    fn guesses_separator_and_columns() {
        for text in [
            "Type,Indicator,Comment\nip,192.0.2.1,\"a, b\"\n",
            "Type;Indicator;Comment\nip;192.0.2.1;a, b\n",
            "\u{feff}Type\tIndicator\tComment\r\nip\t192.0.2.1\ta, b\r\n",
            "Type|Indicator|Comment\nip|192.0.2.1|a, b\n",
        ] {
            let taken = guessed(text);
            assert_eq!(taken.stated.len(), 1, "{text}");
            assert_eq!(taken.stated[0].description.as_deref(), Some("a, b"));
            assert_eq!((taken.stated[0].line, taken.stated[0].indicator.canonical().as_str()), (2, "192.0.2.1"));
        }
        assert_eq!(Mapping::guess(["colour", "size"]), None);
    }

    #[test]
    fn errors_name_line_and_column() {
        let text =
            "value,rating,description\nwidgets.example,3,\"two\nlines\"\ngadgets.example,9,\n\n,,\nno value,1,\n";
        let taken = guessed(text);
        assert_eq!(taken.stated.len(), 1);
        let refused: Vec<String> = taken.refused.iter().map(ToString::to_string).collect();
        assert_eq!(refused[0], "line 4, column 2 (rating): write a whole number from 0 to 5: `9`");
        assert!(refused[1].starts_with("line 7, column 1 (value): not the form"), "{}", refused[1]);
    }

    #[test]
    fn a_type_that_is_not_known_leaves_it_to_the_value() {
        let taken = guessed("type,value\nc2 server,192.0.2.1\nc2 server,what\nhost,what\n");
        assert_eq!(taken.stated[0].indicator.canonical(), "192.0.2.1");
        assert_eq!(taken.refused[0].column.as_deref(), Some("column 1 (type)"));
        assert_eq!(taken.refused[1].column.as_deref(), Some("column 2 (value)"));
    }

    #[test]
    fn mappings_are_checked_before_anything_is_read() {
        let mapping = |column: Column, header| Mapping {
            columns: vec![(Field::Value, column)],
            kind: Some(IndicatorType::Host),
            header,
            tag_separator: ',',
            guarded: false,
        };
        let error = |mapping: Mapping| read("a,b\nwidgets.example,x", ',', &mapping).err();
        assert_eq!(
            error(mapping(Column::Name("c".into()), true)),
            Some(MappingError::NoColumn { name: "c".into(), known: "a, b".into() })
        );
        assert_eq!(error(mapping(Column::Name("a".into()), false)), Some(MappingError::NoHeader("a".into())));
        assert_eq!(error(mapping(Column::Number(0), false)), Some(MappingError::BadNumber(0)));
        assert_eq!("3".parse(), Ok(Column::Number(3)));
        let named = mapping("A".parse().unwrap(), true);
        assert_eq!(Taken::of(read("a,b\nwidgets.example,x", ',', &named).unwrap()).stated.len(), 1);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_said() {
        let text = format!("value,description\nwidgets.example,\"{}", "x\n".repeat(2000));
        let taken = guessed(&text);
        assert!(taken.refused[0].why.contains("not closed"), "{:?}", taken.refused);
    }
}
