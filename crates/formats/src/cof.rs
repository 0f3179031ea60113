//! Passive DNS Common Output Format (draft-dulaunoy-dnsop-passive-dns-cof): one JSON object a line.
//!
//! In, it is taken as it comes: `rdata` as one text or as an array (one observation each), `rrtype` as a mnemonic or a
//! number, numbers also as texts, names with or without the final dot, fields that are not known ignored. `count` is 1
//! where it is missing or 0. `time_*_ms` stand in for missing `time_*`. Times of a zone file (`zone_time_*`) make a
//! record of their own, so that an import and a sighting are never mixed; where a line has both kinds, its count
//! belongs to the sightings. A line that contradicts itself is refused as a whole: a bailiwick that does not hold its
//! name, a first time after the last.
//!
//! Out, it is strict: `rrname` and `bailiwick` without the final dot, `rrtype` as a mnemonic (`TYPE65280` where there is
//! none), `rdata` as one text in presentation form, names in it with the final dot; times and counts as integers.

mod field;

use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};
use serde::{Deserialize, Serialize};

use self::field::{Data, Scalar};
use crate::line::{LINE_OCTETS_MAX, LineError};

/// How many elements an `rdata` array may have.
pub const RDATA_ELEMENTS_MAX: usize = 10_000;
/// The last moment that is taken for one, 9999-12-31T23:59:59Z: a larger number is no count of seconds.
const TIME_MAX: i64 = 253_402_300_799;

/// One record of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CofRecord {
    /// What was seen.
    pub observation: Observation,
    /// The times are those of a zone file.
    pub zone_time: bool,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    rrname: Option<Scalar<'a>>,
    #[serde(borrow)]
    rrtype: Option<Scalar<'a>>,
    #[serde(borrow)]
    rdata: Option<Data<'a>>,
    #[serde(borrow)]
    bailiwick: Option<Scalar<'a>>,
    #[serde(borrow)]
    count: Option<Scalar<'a>>,
    #[serde(borrow)]
    time_first: Option<Scalar<'a>>,
    #[serde(borrow)]
    time_last: Option<Scalar<'a>>,
    #[serde(borrow)]
    time_first_ms: Option<Scalar<'a>>,
    #[serde(borrow)]
    time_last_ms: Option<Scalar<'a>>,
    #[serde(borrow)]
    zone_time_first: Option<Scalar<'a>>,
    #[serde(borrow)]
    zone_time_last: Option<Scalar<'a>>,
}

/// Reads one line, for use with [`Reader::next_batch`](crate::line::Reader::next_batch): one record for each element of `rdata`, twice as many where it has both kinds of times.
pub fn parse_line(line: &[u8]) -> Result<Vec<CofRecord>, LineError> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(LineError::TooLong);
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let raw: Raw<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    let tuples = raw.tuples()?;
    let times = raw.times()?;
    let mut records = Vec::with_capacity(tuples.len() * times.len());
    for (span, count, zone_time) in times {
        let record = |tuple| CofRecord { observation: Observation { tuple, span, count }, zone_time };
        records.extend(tuples.iter().cloned().map(record));
    }
    Ok(records)
}

impl Raw<'_> {
    fn tuples(&self) -> Result<Vec<Tuple>, LineError> {
        let written = required(&self.rrname, "rrname", "the owner name, such as \"www.example.test\"")?;
        let rrname = name("rrname", &written.text())?;
        let written = required(&self.rrtype, "rrtype", "the record type, such as \"A\" or 1")?;
        let rrtype: RecordType = written.text().parse().map_err(|error| LineError::bad("rrtype", error))?;
        let bailiwick = self.bailiwick(&rrname)?;
        let rdata = required(&self.rdata, "rdata", "the record data as a text or an array of texts")?;
        let tuple = |(at, text): (usize, &Scalar<'_>)| {
            let rdata = Rdata::from_text(rrtype, &text.text()).map_err(|error| match rdata.elements().len() {
                1 => LineError::bad("rdata", error),
                _ => LineError::bad("rdata", format!("element {at}: {error}")),
            })?;
            Ok(Tuple { rrname: rrname.clone(), rrtype, bailiwick, rdata })
        };
        match rdata.elements().len() {
            0 => Err(LineError::bad("rdata", "an empty array: leave the line out")),
            1..=RDATA_ELEMENTS_MAX => rdata.elements().iter().enumerate().map(tuple).collect(),
            _ => Err(LineError::bad("rdata", format!("more than {RDATA_ELEMENTS_MAX} elements: split the line"))),
        }
    }

    /// How many labels of the name the bailiwick covers; an empty one is none.
    fn bailiwick(&self, rrname: &Name) -> Result<Option<u8>, LineError> {
        let Some(written) = self.bailiwick.as_ref().map(Scalar::text).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let zone = name("bailiwick", &written)?;
        if !rrname.is_within(&zone) {
            return Err(LineError::bad("bailiwick", format!("{zone} does not hold {rrname}")));
        }
        Ok(u8::try_from(zone.label_count()).ok())
    }

    /// Sightings, zone file times, or both.
    fn times(&self) -> Result<Vec<(Span, u64, bool)>, LineError> {
        let count = self.count()?;
        let first = moment("time_first", &self.time_first)?.or(milliseconds("time_first_ms", &self.time_first_ms)?);
        let last = moment("time_last", &self.time_last)?.or(milliseconds("time_last_ms", &self.time_last_ms)?);
        let zone_first = moment("zone_time_first", &self.zone_time_first)?;
        let zone_last = moment("zone_time_last", &self.zone_time_last)?;
        let seen = span(["time_first", "time_last"], first, last)?.map(|span| (span, count, false));
        let zone_count = if seen.is_some() { 1 } else { count };
        let zone = span(["zone_time_first", "zone_time_last"], zone_first, zone_last)?;
        let times: Vec<_> = seen.into_iter().chain(zone.map(|span| (span, zone_count, true))).collect();
        match times.is_empty() {
            true => Err(LineError::Missing { field: "time_first", remedy: TIME_REMEDY }),
            false => Ok(times),
        }
    }

    fn count(&self) -> Result<u64, LineError> {
        let Some(count) = &self.count else { return Ok(1) };
        let number = count.integer().and_then(|number| u64::try_from(number).ok());
        number
            .map(|number| number.max(1))
            .ok_or_else(|| LineError::bad("count", "not a number of sightings: write 1 or more"))
    }
}

const TIME_REMEDY: &str =
    "write time_first and time_last (or zone_time_first and zone_time_last) in seconds since 1970";

fn required<'a, T>(field: &'a Option<T>, name: &'static str, remedy: &'static str) -> Result<&'a T, LineError> {
    field.as_ref().ok_or(LineError::Missing { field: name, remedy })
}

/// A name in presentation form; one with letters outside ASCII that IDNA refuses stands for its octets.
fn name(field: &'static str, text: &str) -> Result<Name, LineError> {
    let text = text.trim();
    let octets = |_| Name::parse(text.as_bytes()).map_err(|error| LineError::bad(field, error));
    Name::from_unicode(text).or_else(octets)
}

fn moment(field: &'static str, value: &Option<Scalar<'_>>) -> Result<Option<Time>, LineError> {
    let Some(value) = value else { return Ok(None) };
    match value.integer() {
        Some(seconds) if (0..=TIME_MAX).contains(&seconds) => Ok(Some(Time(seconds))),
        Some(_) => Err(LineError::bad(field, "out of range: write seconds since 1970, not milliseconds")),
        None => Err(LineError::bad(field, "not a time: write seconds since 1970")),
    }
}

fn milliseconds(field: &'static str, value: &Option<Scalar<'_>>) -> Result<Option<Time>, LineError> {
    let Some(value) = value else { return Ok(None) };
    let seconds = value.integer().map(|milliseconds| milliseconds.div_euclid(1000));
    let seconds = seconds.filter(|seconds| (0..=TIME_MAX).contains(seconds));
    seconds
        .map(|seconds| Some(Time(seconds)))
        .ok_or_else(|| LineError::bad(field, "not a time: write milliseconds since 1970"))
}

fn span(fields: [&'static str; 2], first: Option<Time>, last: Option<Time>) -> Result<Option<Span>, LineError> {
    let [first_field, last_field] = fields;
    match (first, last) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(LineError::Missing { field: first_field, remedy: TIME_REMEDY }),
        (Some(_), None) => Err(LineError::Missing { field: last_field, remedy: TIME_REMEDY }),
        (Some(first), Some(last)) => {
            let span = Span::new(first, last);
            span.map(Some)
                .ok_or_else(|| LineError::bad(first_field, format!("later than {last_field}: exchange the two")))
        }
    }
}

#[derive(Serialize)]
struct Written {
    rrname: String,
    rrtype: RecordType,
    rdata: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    bailiwick: Option<String>,
    count: u64,
    #[serde(flatten)]
    times: Times,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Times {
    Seen { time_first: i64, time_last: i64 },
    Zone { zone_time_first: i64, zone_time_last: i64 },
}

/// Appends a record as one line, line end included.
pub fn write_line(out: &mut Vec<u8>, record: &CofRecord) {
    let Observation { tuple, span, count } = &record.observation;
    let (first, last) = (span.first().0, span.last().0);
    let written = Written {
        rrname: tuple.rrname.to_string(),
        rrtype: tuple.rrtype,
        rdata: tuple.rdata.text(tuple.rrtype),
        bailiwick: tuple.bailiwick_name().map(|zone| zone.to_string()),
        count: *count,
        times: match record.zone_time {
            false => Times::Seen { time_first: first, time_last: last },
            true => Times::Zone { zone_time_first: first, zone_time_last: last },
        },
    };
    serde_json::to_writer(&mut *out, &written).expect("texts and numbers are written to memory without fail");
    out.push(b'\n');
}

#[derive(Serialize)]
struct Answer<'a> {
    rrname: &'a str,
    rrtype: RecordType,
    rdata: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bailiwick: Option<String>,
    count: u64,
    time_first: i64,
    time_last: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_time_first: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_time_last: Option<i64>,
}

/// Appends what is known of a tuple as one line, line end included. Clients insist on `time_first` and `time_last`, so
/// they are there also where a zone file alone knows the tuple.
pub fn write_answer(out: &mut Vec<u8>, tuple: &Tuple, (span, count): (Span, u64), zone: Option<Span>) {
    let (rrname, rdata) = (tuple.rrname.to_string(), tuple.rdata.text(tuple.rrtype));
    let answer = Answer {
        rrname: &rrname,
        rrtype: tuple.rrtype,
        rdata: &rdata,
        bailiwick: tuple.bailiwick_name().map(|zone| zone.to_string()),
        count,
        time_first: span.first().0,
        time_last: span.last().0,
        zone_time_first: zone.map(|zone| zone.first().0),
        zone_time_last: zone.map(|zone| zone.last().0),
    };
    serde_json::to_writer(&mut *out, &answer).expect("texts and numbers are written to memory without fail");
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Vec<CofRecord> {
        parse_line(line.as_bytes()).unwrap()
    }

    fn error(line: &str) -> String {
        parse_line(line.as_bytes()).unwrap_err().to_string()
    }

    fn written(record: &CofRecord) -> String {
        let mut out = Vec::new();
        write_line(&mut out, record);
        String::from_utf8(out).unwrap()
    }

    const PLAIN: &str = r#"{"rrname":"www.widgets.example","rrtype":"A","rdata":"192.0.2.7","bailiwick":"widgets.example","count":97,"time_first":1700000000,"time_last":1700000600}"#;

    #[test]
    fn strict_out_is_what_came_in() {
        let records = parse(PLAIN);
        assert_eq!(written(&records[0]), format!("{PLAIN}\n"));
        assert_eq!(records[0].observation.tuple.bailiwick, Some(2));
    }

    #[test]
    fn tolerant_in() {
        let same = r#" {"rrtype":1,"rrname":"WWW.widgets.example.","rdata":["192.0.2.7"],"sensor_id":{"a":[1]},
            "time_first":"1700000000","time_last":1700000600.9,"count":"97","bailiwick":"widgets.example."}"#;
        assert_eq!(parse(same), parse(PLAIN));
        let milliseconds = PLAIN.replace("1700000000", "1700000000250").replace("time_first", "time_first_ms");
        assert_eq!(parse(&milliseconds), parse(PLAIN));
        let bare =
            r#"{"rrname":".","rrtype":"ns","rdata":"a.nic.example","time_first":0,"time_last":0,"bailiwick":""}"#;
        let record = parse(bare).remove(0).observation;
        assert_eq!((record.count, record.tuple.bailiwick), (1, None));
    }

    #[test]
    fn an_array_is_one_record_each() {
        let line = r#"{"rrname":"widgets.example","rrtype":"MX","rdata":["10 a.example","20 b.example."],"time_first":1,"time_last":2}"#;
        let texts: Vec<String> = parse(line).iter().map(|r| r.observation.tuple.rdata.text(RecordType::MX)).collect();
        assert_eq!(texts, ["10 a.example.", "20 b.example."]);
    }

    #[test]
    fn zone_times_are_records_of_their_own() {
        let zone = PLAIN.replace("\"time_", "\"zone_time_");
        let records = parse(&zone);
        assert!(records[0].zone_time && records[0].observation.count == 97);
        assert_eq!(written(&records[0]), format!("{zone}\n"));
        let both = PLAIN.replace("\"count\"", "\"zone_time_first\":1,\"zone_time_last\":2,\"count\"");
        let kinds: Vec<_> = parse(&both).iter().map(|r| (r.zone_time, r.observation.count)).collect();
        assert_eq!(kinds, [(false, 97), (true, 1)]);
    }

    #[test]
    fn answers_have_both_kinds_of_times() {
        let record = parse(PLAIN).remove(0).observation;
        let mut out = Vec::new();
        write_answer(&mut out, &record.tuple, (record.span, record.count), None);
        assert_eq!(String::from_utf8(out).unwrap(), format!("{PLAIN}\n"));
        let mut out = Vec::new();
        write_answer(&mut out, &record.tuple, (record.span, record.count), Span::new(Time(1), Time(2)));
        assert!(String::from_utf8(out).unwrap().ends_with("\"zone_time_first\":1,\"zone_time_last\":2}\n"));
    }

    #[test]
    fn refusals_name_field_and_remedy() {
        assert_eq!(
            error(r#"{"rrname":"a.example","rrtype":"A","rdata":"192.0.2.1","time_last":1}"#),
            "missing field \"time_first\": write time_first and time_last (or zone_time_first and zone_time_last) in \
             seconds since 1970"
        );
        assert!(error(&PLAIN.replace("1700000000", "1700000000000")).contains("not milliseconds"));
        assert!(error(&PLAIN.replace("1700000000", "1800000000")).contains("later than time_last: exchange"));
        assert!(error(&PLAIN.replace("\"widgets.example\"", "\"other.example\"")).contains("does not hold"));
        assert!(error(&PLAIN.replace("192.0.2.7", "192.0.2.777")).starts_with("field \"rdata\": "));
        assert!(error(&PLAIN.replace("\"A\"", "\"NOPE\"")).starts_with("field \"rrtype\": unknown record type"));
        assert!(error(&PLAIN.replace("www", &"x".repeat(64))).starts_with("field \"rrname\": label longer"));
        assert!(error(&PLAIN.replace("97", "-1")).starts_with("field \"count\""));
        assert!(error(&PLAIN.replace("\"192.0.2.7\"", "[]")).contains("empty array"));
        for line in ["", "[]", "7", "{", "{\"rrname\":{}}", "\u{0}", "{\"rrname\":\"a\",\"rrname\":\"b\"}"] {
            assert!(error(line).starts_with("not a record in JSON") || error(line).starts_with("missing"), "{line}");
        }
    }

    proptest::proptest! {
        /// Whatever the octets of names and data: what is written is read as the same record.
        #[test]
        fn what_is_written_is_read_as_the_same(
            labels in proptest::collection::vec(proptest::collection::vec(proptest::prelude::any::<u8>(), 1..20), 0..6),
            rrtype in proptest::prelude::any::<u16>(),
            octets in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60),
            (first, length) in (0..1_000_000_000i64, 0..1_000_000_000i64),
            (count, zone_time) in (1..u32::MAX, proptest::prelude::any::<bool>()),
        ) {
            let rrname = Name::from_labels(labels.iter().map(Vec::as_slice)).unwrap();
            let rrtype = RecordType(rrtype);
            let bailiwick = Some(labels.len() as u8 / 2);
            // Octets that are not the type's are no canonical data.
            let rdata = Rdata::from_wire(rrtype, &octets).or(Rdata::from_wire(RecordType(65280), &octets)).unwrap();
            let rrtype = if Rdata::from_wire(rrtype, &octets).is_ok() { rrtype } else { RecordType(65280) };
            let span = Span::new(Time(first), Time(first + length)).unwrap();
            let tuple = Tuple { rrname, rrtype, bailiwick, rdata };
            let record = CofRecord { observation: Observation { tuple, span, count: count.into() }, zone_time };
            proptest::prop_assert_eq!(parse(&written(&record)), [record]);
        }
    }
}
