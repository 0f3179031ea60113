//! Zeek's dns.log, as tab-separated values with its head and as JSON lines (docs.zeek.org, "dns.log").
//!
//! The log lists answers as texts without owner and type. Addresses, aliases, and the names of PTR, NS and TXT answers
//! can be told apart; of MX, SRV, SOA and others the log does not say all, and they are refused. A list of several PTR
//! answers may be aliases of each other, which the log does not say either. Who asked is not read.

use memchr::memchr_iter;
use model::{Rdata, RecordType, Time};
use serde::Deserialize;

use crate::{
    answered::{ANSWERS_MAX, Answered, Chain, moment, name, text},
    line::{LINE_OCTETS_MAX, LineError},
};

/// How many columns a log may have.
const COLUMNS_MAX: usize = 256;

/// Reads the lines of a log in their order: lines with `#` say what the others mean.
#[derive(Clone, Debug, Default)]
pub struct Log {
    columns: Option<Columns>,
    other: bool,
}

/// Where the fields stand that are read.
#[derive(Clone, Copy, Debug)]
struct Columns {
    ts: usize,
    query: usize,
    qtype: usize,
    answers: usize,
}

#[derive(Deserialize)]
struct Json<'a> {
    #[serde(borrow, rename = "_path", alias = "@stream", default)]
    path: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    ts: Option<Moment<'a>>,
    #[serde(borrow, default)]
    query: Option<std::borrow::Cow<'a, str>>,
    #[serde(default)]
    qtype: Option<u16>,
    #[serde(borrow, default)]
    answers: Option<Vec<std::borrow::Cow<'a, str>>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Moment<'a> {
    Seconds(f64),
    #[serde(borrow)]
    Text(std::borrow::Cow<'a, str>),
}

impl Log {
    /// Reads one line; nothing for a line of the head, and for one of another log.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Answered>, LineError> {
        if line.len() > LINE_OCTETS_MAX {
            return Err(LineError::TooLong);
        }
        match line.first() {
            Some(b'{') => json(line),
            Some(b'#') => self.head(line).map(|()| None),
            _ => self.values(line),
        }
    }

    fn head(&mut self, line: &[u8]) -> Result<(), LineError> {
        if let Some(path) = line.strip_prefix(b"#path\t") {
            self.other = path.trim_ascii() != b"dns";
        }
        let Some(fields) = line.strip_prefix(b"#fields\t") else { return Ok(()) };
        let fields: Vec<&[u8]> = fields.split(|octet| *octet == b'\t').take(COLUMNS_MAX).collect();
        let place = |wanted: &[u8]| fields.iter().position(|field| field.trim_ascii() == wanted);
        let found = (place(b"ts"), place(b"query"), place(b"qtype"), place(b"answers"));
        self.columns = match found {
            (Some(ts), Some(query), Some(qtype), Some(answers)) => Some(Columns { ts, query, qtype, answers }),
            _ => None,
        };
        Ok(())
    }

    fn values(&self, line: &[u8]) -> Result<Option<Answered>, LineError> {
        if self.other {
            return Ok(None);
        }
        let remedy = "a log of Zeek begins with a line #fields that names ts, query, qtype and answers";
        let columns = self.columns.ok_or(LineError::Missing { field: "#fields", remedy })?;
        let last = columns.ts.max(columns.query).max(columns.qtype).max(columns.answers);
        let mut fields: [&[u8]; 4] = [b"-"; 4];
        let mut start = 0;
        for (number, end) in memchr_iter(b'\t', line).chain([line.len()]).enumerate().take(last + 1) {
            let field = line.get(start..end).unwrap_or_default();
            start = end + 1;
            let wanted = [columns.ts, columns.query, columns.qtype, columns.answers];
            if let Some(slot) = wanted.iter().position(|column| *column == number).and_then(|at| fields.get_mut(at)) {
                *slot = field;
            }
        }
        let [ts, query, qtype, answers] = fields;
        if is_unset(query) || is_unset(answers) {
            return Ok(None);
        }
        let qtype = std::str::from_utf8(qtype).ok().and_then(|text| text.parse().ok()).map(RecordType);
        let ts = moment("ts", &text(ts))?;
        let mut chain = Chain::new(name("query", &text(&unescape(query)))?, ts);
        let listed = answers.iter().filter(|octet| **octet == b',').count() + 1;
        for answer in answers.split(|octet| *octet == b',').take(ANSWERS_MAX) {
            add(&mut chain, qtype, &text(&unescape(answer)), listed);
        }
        chain.end().map(Some)
    }
}

fn is_unset(field: &[u8]) -> bool {
    matches!(field, b"-" | b"(empty)" | b"")
}

fn json(line: &[u8]) -> Result<Option<Answered>, LineError> {
    let json: Json<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    if json.path.is_some_and(|path| path != "dns") {
        return Ok(None);
    }
    let (Some(query), Some(answers)) = (json.query, json.answers) else { return Ok(None) };
    let ts = match json.ts {
        Some(Moment::Seconds(seconds)) if seconds >= 1.0 => Time(seconds as i64),
        Some(Moment::Text(text)) => moment("ts", &text)?,
        _ => return Err(LineError::Missing { field: "ts", remedy: "when the answer was seen" }),
    };
    let mut chain = Chain::new(name("query", &query)?, ts);
    let qtype = json.qtype.map(RecordType);
    answers.iter().take(ANSWERS_MAX).for_each(|answer| add(&mut chain, qtype, answer, answers.len()));
    if answers.is_empty() { Ok(None) } else { chain.end().map(Some) }
}

/// Adds an answer, as far as the log says what it is.
fn add(chain: &mut Chain, qtype: Option<RecordType>, answer: &str, listed: usize) {
    let Some(qtype) = qtype else { return };
    match qtype {
        RecordType::A | RecordType::AAAA => {
            chain.address(qtype, answer);
        }
        RecordType::CNAME => {
            chain.alias(answer);
        }
        RecordType::PTR if listed > 1 => {}
        RecordType::PTR | RecordType::NS => {
            if let Ok(rdata) = Rdata::from_text(qtype, answer) {
                chain.push(qtype, rdata);
            }
        }
        RecordType::TXT => {
            if let Some(rdata) = strings(answer) {
                chain.push(qtype, rdata);
            }
        }
        _ => {}
    }
}

/// `TXT 5 hello 3 you`: each string after its length.
fn strings(answer: &str) -> Option<Rdata> {
    let mut rest = answer.strip_prefix("TXT ")?.as_bytes();
    let mut octets = Vec::new();
    loop {
        let blank = rest.iter().position(|octet| *octet == b' ')?;
        let (length, after) = rest.split_at_checked(blank)?;
        let length: u8 = std::str::from_utf8(length).ok()?.parse().ok()?;
        let (string, after) = after.get(1..)?.split_at_checked(length.into())?;
        octets.push(length);
        octets.extend_from_slice(string);
        match after.strip_prefix(b" ") {
            Some(next) => rest = next,
            None => return after.is_empty().then(|| Rdata::from_wire(RecordType::TXT, &octets).ok())?,
        }
    }
}

/// `\xHH` stands for an octet, as for tabs and commas in a value.
fn unescape(field: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !field.contains(&b'\\') {
        return field.into();
    }
    let mut octets = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&octet, after)) = rest.split_first() {
        let escaped = rest.get(..4).filter(|four| four.starts_with(b"\\x"));
        let value = escaped.and_then(|four| u8::from_str_radix(std::str::from_utf8(four.get(2..)?).ok()?, 16).ok());
        octets.push(value.unwrap_or(octet));
        rest = if value.is_some() { rest.get(4..).unwrap_or_default() } else { after };
    }
    octets.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"#fields\tts\tuid\tid.orig_h\tquery\tqtype\tanswers\tTTLs";

    fn told(line: &[u8]) -> Result<Vec<String>, LineError> {
        let mut log = Log::default();
        log.line(HEAD)?;
        let shown = |o: &model::Observation| {
            format!("{} {} {} {}", o.tuple.rrname, o.tuple.rrtype, o.tuple.rdata.text(o.tuple.rrtype), o.span.first().0)
        };
        Ok(log.line(line)?.map_or(Vec::new(), |told| told.observations.iter().map(shown).collect()))
    }

    #[test]
    fn aliases_lead_to_addresses() {
        let line =
            b"1700000000.25\tCx\t192.0.2.99\twww.widgets.example\t1\tcdn.other.test,192.0.2.7,192.0.2.8\t60,60,60";
        let expected = [
            "www.widgets.example CNAME cdn.other.test. 1700000000",
            "cdn.other.test A 192.0.2.7 1700000000",
            "cdn.other.test A 192.0.2.8 1700000000",
        ];
        assert_eq!(told(line).unwrap(), expected);
        let json = br#"{"_path":"dns","ts":"2023-11-14T22:13:20.25Z","id.orig_h":"192.0.2.99","query":"www.widgets.example","qtype":1,"answers":["cdn.other.test","192.0.2.7","192.0.2.8"]}"#;
        assert_eq!(told(json).unwrap(), expected);
    }

    #[test]
    fn texts_and_what_the_log_does_not_say_whole() {
        let txt = b"1\tC\tx\twidgets.example\t16\tTXT 3 a\\x2cb 2 c\\x20\t1";
        assert_eq!(told(txt).unwrap(), [r#"widgets.example TXT "a,b" "c " 1"#]);
        for (qtype, answer) in
            [("15", "mail.example"), ("12", "a.example,b.example"), ("1", "2001:db8::1"), ("-", "192.0.2.1")]
        {
            let line = format!("1\tC\tx\twidgets.example\t{qtype}\t{answer}\t1");
            assert_eq!(told(line.as_bytes()), Err(LineError::Empty("no answer of which the log says all")), "{qtype}");
        }
        assert_eq!(told(b"1\tC\tx\twidgets.example\t1\t-\t-").unwrap(), Vec::<String>::new());
        assert!(Log::default().line(b"1\t2\t3").unwrap_err().to_string().contains("#fields"));
        assert_eq!(told(br#"{"@stream":"conn","ts":1}"#).unwrap(), Vec::<String>::new());
    }
}
