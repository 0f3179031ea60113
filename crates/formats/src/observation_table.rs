//! Observations in CSV and its relatives: a row each, with a mapping from columns to what they mean.
//!
//! The mapping is given (`rrname=domain,rdata=3`, by the column's name or its number from 1) or guessed from the head.
//! Without a type, addresses make A and AAAA records; anything else needs one.

use std::net::IpAddr;

use model::{Name, Observation, Rdata, RecordType, Span, Tuple};

use crate::{
    answered::{Answered, moment, name},
    line::{LINE_OCTETS_MAX, LineError},
};

/// What columns can mean, and how heads are wont to call it.
const FIELDS: [(&str, &[&str]); 7] = [
    ("rrname", &["rrname", "name", "qname", "query", "domain", "hostname", "host"]),
    ("rrtype", &["rrtype", "type", "qtype", "record_type"]),
    ("rdata", &["rdata", "data", "answer", "value", "ip", "address", "resolve"]),
    ("time_first", &["time_first", "first_seen", "firstseen", "first", "time", "timestamp", "ts", "date"]),
    ("time_last", &["time_last", "last_seen", "lastseen", "last"]),
    ("count", &["count", "hits", "num_seen"]),
    ("bailiwick", &["bailiwick", "zone"]),
];

/// Which column means what; columns are counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns([Option<usize>; FIELDS.len()]);

/// A mapping that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0}: write rrname=COLUMN,rdata=COLUMN,time_first=COLUMN and, where there are, rrtype, time_last, count, bailiwick; a column is its name or its number from 1"
)]
pub struct ColumnsError(String);

/// Reads the lines of a table in their order; the first one is its head.
#[derive(Clone, Debug)]
pub struct Table {
    mapping: Option<String>,
    separator: u8,
    columns: Option<Columns>,
}

impl Table {
    /// A table whose mapping is given, or guessed.
    pub fn new(mapping: Option<&str>) -> Table {
        Table { mapping: mapping.map(str::to_owned), separator: b',', columns: None }
    }

    /// Reads one line; nothing for the head.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Answered>, LineError> {
        if line.len() > LINE_OCTETS_MAX {
            return Err(LineError::TooLong);
        }
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let Some(columns) = &self.columns else {
            self.separator = separator(line);
            let head = cells(line, self.separator);
            let columns =
                Columns::of(self.mapping.as_deref(), &head).map_err(|error| LineError::bad("columns", error))?;
            // Columns given by number alone need no head: the first line may be a row.
            let first = columns.read(&head);
            self.columns = Some(columns);
            return Ok(first.ok().map(Answered::alone));
        };
        columns.read(&cells(line, self.separator)).map(|observation| Some(Answered::alone(observation)))
    }
}

/// The commonest of the separators in use.
fn separator(line: &[u8]) -> u8 {
    let count = |separator: &u8| line.iter().filter(|octet| **octet == *separator).count();
    [b',', b'\t', b';', b'|'].into_iter().rev().max_by_key(count).unwrap_or(b',')
}

fn cells(line: &[u8], separator: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.has_headers(false).flexible(true).delimiter(separator).buffer_capacity(line.len() + 1);
    let row = reader.from_reader(line).into_byte_records().next();
    let cells = row.and_then(Result::ok).unwrap_or_default();
    cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect()
}

impl Columns {
    fn of(mapping: Option<&str>, head: &[String]) -> Result<Columns, ColumnsError> {
        let mut columns = Columns([None; FIELDS.len()]);
        for part in mapping.into_iter().flat_map(|mapping| mapping.split(',')) {
            let wrong = || ColumnsError(format!("`{}`", part.chars().take(40).collect::<String>()));
            let (field, column) = part.split_once('=').ok_or_else(wrong)?;
            let slot = FIELDS.iter().position(|(name, _)| *name == field.trim()).ok_or_else(wrong)?;
            let place = column_number(column.trim(), head).ok_or_else(wrong)?;
            *columns.0.get_mut(slot).ok_or_else(wrong)? = Some(place);
        }
        if mapping.is_none() {
            for (slot, (_, words)) in columns.0.iter_mut().zip(FIELDS) {
                *slot = words.iter().find_map(|word| head.iter().position(|cell| cell.eq_ignore_ascii_case(word)));
            }
        }
        match columns.0 {
            [Some(_), _, Some(_), Some(_), ..] => Ok(columns),
            _ => Err(ColumnsError("not known which columns are the name, the data and the time".into())),
        }
    }

    fn read(&self, cells: &[String]) -> Result<Observation, LineError> {
        let cell = |slot: usize| {
            let place = self.0.get(slot).copied().flatten()?;
            cells.get(place).map(String::as_str).filter(|text| !text.is_empty())
        };
        let required = |slot: usize, field| cell(slot).ok_or(LineError::Missing { field, remedy: "the cell is empty" });
        let rrname = name("rrname", required(0, "rrname")?)?;
        let text = required(2, "rdata")?;
        let rrtype = match cell(1) {
            Some(rrtype) => rrtype.parse().map_err(|error| LineError::bad("rrtype", error))?,
            None => address_type(text)?,
        };
        let rdata = Rdata::from_text(rrtype, text).map_err(|error| LineError::bad("rdata", error))?;
        let first = moment("time_first", required(3, "time_first")?)?;
        let last = cell(4).map_or(Ok(first), |text| moment("time_last", text))?;
        let span = Span::new(first, last).ok_or_else(|| LineError::bad("time_last", "before time_first"))?;
        let count = cell(5).map_or(Ok(1), str::parse::<u64>).map_err(|error| LineError::bad("count", error))?.max(1);
        let bailiwick = cell(6).map(|text| bailiwick(&rrname, text)).transpose()?;
        Ok(Observation { tuple: Tuple { rrname, rrtype, bailiwick, rdata }, span, count })
    }
}

fn column_number(column: &str, head: &[String]) -> Option<usize> {
    let by_name = || head.iter().position(|cell| cell.eq_ignore_ascii_case(column));
    column.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).or_else(by_name)
}

fn address_type(text: &str) -> Result<RecordType, LineError> {
    match text.parse() {
        Ok(IpAddr::V4(_)) => Ok(RecordType::A),
        Ok(IpAddr::V6(_)) => Ok(RecordType::AAAA),
        Err(_) => Err(LineError::Missing { field: "rrtype", remedy: "without one, only addresses can be read" }),
    }
}

fn bailiwick(rrname: &Name, text: &str) -> Result<u8, LineError> {
    let zone = name("bailiwick", text)?;
    let labels = u8::try_from(zone.label_count()).ok().filter(|_| rrname.is_within(&zone));
    labels.ok_or_else(|| LineError::bad("bailiwick", format!("{zone} does not hold {rrname}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(mapping: Option<&str>, text: &str) -> Vec<String> {
        let mut table = Table::new(mapping);
        let read = text.lines().filter_map(|line| match table.line(line.as_bytes()) {
            Ok(told) => told.map(|told| {
                let o = &told.observations[0];
                let (first, last) = (o.span.first().0, o.span.last().0);
                format!(
                    "{} {} {} {first} {last} {}",
                    o.tuple.rrname,
                    o.tuple.rrtype,
                    o.tuple.rdata.text(o.tuple.rrtype),
                    o.count
                )
            }),
            Err(error) => Some(error.to_string()),
        });
        read.collect()
    }

    #[test]
    fn heads_are_understood_or_given() {
        let expected = ["www.widgets.example A 192.0.2.7 1 2 5"];
        assert_eq!(told(None, "Domain,IP,First_Seen,Last_Seen,Hits\nwww.widgets.example,192.0.2.7,1,2,5"), expected);
        assert_eq!(told(None, "type;name;rdata;first;last;count\nA;\"www.widgets.example\";192.0.2.7;1;2;5"), expected);
        let mapping = Some("rrname=2,rdata=1,time_first=4,time_last=5,count=n");
        assert_eq!(told(mapping, "x\ty\tz\tv\tw\tn\n192.0.2.7\twww.widgets.example\t-\t1\t2\t5"), expected);
        let numbers = Some("rrname=1,rdata=2,time_first=3");
        assert_eq!(told(numbers, "a.example,2001:db8::1,1970-01-02"), ["a.example AAAA 2001:db8::1 86400 86400 1"]);
    }

    #[test]
    fn refusals_say_why() {
        assert!(told(None, "a,b\n1,2")[0].contains("not known which columns"));
        assert!(told(Some("rrname=1"), "a,b")[0].contains("not known which columns"));
        assert!(told(Some("what=1"), "a,b")[0].contains("`what=1`"));
        let read =
            told(None, "name,rdata,time\na.example,text,1\na.example,192.0.2.1,x\n,192.0.2.1,1\na.example,192.0.2.1,1");
        assert_eq!(read.len(), 4);
        assert!(read[0].contains("rrtype") && read[1].contains("time_first") && read[2].contains("rrname"));
    }
}
