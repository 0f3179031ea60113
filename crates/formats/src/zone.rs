//! Zone files (master files, RFC 1035 §5; `$TTL`, RFC 2308 §4), line by line: what a zone holds at a moment.
//!
//! A record may go over several lines between parentheses; a blank in front of it means the owner before; names
//! without a final dot stand below the origin. The zone is where the SOA record stands: it is the bailiwick of all
//! that follows. `$INCLUDE` and `$GENERATE` are refused: nothing else is opened, and nothing is made up.

use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};

use crate::line::{LINE_OCTETS_MAX, LineError};

/// Reads the lines of a zone file in their order.
#[derive(Clone, Debug)]
pub struct ZoneFile {
    at: Time,
    origin: Option<Name>,
    owner: Option<Name>,
    apex: Option<Name>,
    /// The words of a record that is not complete.
    open: Entry,
}

/// The words of a record so far.
#[derive(Clone, Debug, Default)]
struct Entry {
    words: Vec<String>,
    octets: usize,
    depth: usize,
    same_owner: bool,
}

impl ZoneFile {
    /// A file that says how the zone is at a moment, with names below `origin` until it says otherwise.
    pub fn new(origin: Option<Name>, at: Time) -> ZoneFile {
        ZoneFile { at, origin, owner: None, apex: None, open: Entry::default() }
    }

    /// Reads one line with the blanks in front of it; a record where one is complete with it.
    pub fn line(&mut self, line: &[u8]) -> Result<Option<Observation>, LineError> {
        let line = String::from_utf8_lossy(line);
        if self.open.words.is_empty() && self.open.depth == 0 {
            self.open = Entry { same_owner: line.starts_with([' ', '\t']), ..Entry::default() };
        }
        if let Err(error) = self.open.add(&line) {
            self.open = Entry::default();
            return Err(error);
        }
        if self.open.depth > 0 || self.open.words.is_empty() {
            return Ok(None);
        }
        let entry = std::mem::take(&mut self.open);
        match entry.words.first().map(String::as_str) {
            Some(directive) if directive.starts_with('$') && !entry.same_owner => {
                self.directive(directive, entry.words.get(1).map(String::as_str)).map(|()| None)
            }
            _ => self.record(entry),
        }
    }

    fn directive(&mut self, directive: &str, value: Option<&str>) -> Result<(), LineError> {
        let what = directive.to_ascii_uppercase();
        match (what.as_str(), value) {
            ("$ORIGIN", Some(value)) => self.origin = Some(self.name(value)?),
            ("$TTL", Some(_)) => {}
            _ => return Err(LineError::bad("directive", format!("{directive} is not read"))),
        }
        Ok(())
    }

    /// Owner, then TTL and class in any order, then the type and its data.
    fn record(&mut self, entry: Entry) -> Result<Option<Observation>, LineError> {
        let mut words = entry.words.as_slice();
        if !entry.same_owner {
            let (owner, rest) = words.split_first().ok_or(NOTHING)?;
            self.owner = None; // records of a name that cannot be read belong to no other
            self.owner = Some(self.name(owner)?);
            words = rest;
        }
        while let Some((word, rest)) = words.split_first().filter(|(word, _)| is_ttl(word) || is_class(word)) {
            if is_class(word) && !word.eq_ignore_ascii_case("IN") {
                return Err(LineError::bad("class", "another class than IN"));
            }
            words = rest;
        }
        let (rrtype, data) = words.split_first().ok_or(NOTHING)?;
        let rrtype: RecordType = rrtype.parse().map_err(|error| LineError::bad("type", error))?;
        let rrname = self.owner.clone().ok_or_else(|| LineError::bad("owner", "no record before has a name"))?;
        let text = self.absolute(rrtype, data)?;
        let rdata = Rdata::from_text(rrtype, &text).map_err(|error| LineError::bad("data", error))?;
        if rrtype == RecordType::SOA && self.apex.is_none() {
            self.apex = Some(rrname.clone());
        }
        let apex = self.apex.as_ref().filter(|apex| rrname.is_within(apex));
        let bailiwick = apex.and_then(|apex| u8::try_from(apex.label_count()).ok());
        let tuple = Tuple { rrname, rrtype, bailiwick, rdata };
        Ok(Some(Observation { tuple, span: Span::at(self.at), count: 1 }))
    }

    /// The data with names made absolute.
    fn absolute(&self, rrtype: RecordType, data: &[String]) -> Result<String, LineError> {
        let mut text = String::new();
        for (at, word) in data.iter().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            match is_name(rrtype, at) && data.first().is_none_or(|first| first != "\\#") {
                true => text.push_str(&self.name(word)?.fqdn()),
                false => text.push_str(word),
            }
        }
        Ok(text)
    }

    fn name(&self, word: &str) -> Result<Name, LineError> {
        let origin = || self.origin.as_ref().ok_or_else(|| LineError::bad("name", "relative, and there is no $ORIGIN"));
        if word == "@" {
            return origin().cloned();
        }
        let name = Name::parse(word.as_bytes()).map_err(|error| LineError::bad("name", error))?;
        if ends_in_dot(word) {
            return Ok(name);
        }
        let labels = name.labels().chain(origin()?.labels());
        Name::from_labels(labels).map_err(|error| LineError::bad("name", error))
    }
}

const NOTHING: LineError = LineError::Missing { field: "type", remedy: "write owner, TTL, class, type and data" };

/// Whether the last dot is one, and not an octet of the label.
fn ends_in_dot(word: &str) -> bool {
    let Some(rest) = word.strip_suffix('.') else { return false };
    rest.bytes().rev().take_while(|octet| *octet == b'\\').count() % 2 == 0
}

/// `3600`, `1h30m`.
fn is_ttl(word: &str) -> bool {
    let unit = |octet: u8| matches!(octet.to_ascii_lowercase(), b's' | b'm' | b'h' | b'd' | b'w');
    word.starts_with(|first: char| first.is_ascii_digit())
        && word.bytes().all(|octet| octet.is_ascii_digit() || unit(octet))
}

fn is_class(word: &str) -> bool {
    ["IN", "CH", "HS", "CS"].iter().any(|class| word.eq_ignore_ascii_case(class))
}

/// Whether a type has a name at this place of its data in text.
fn is_name(rrtype: RecordType, at: usize) -> bool {
    match rrtype {
        RecordType::NS | RecordType::CNAME | RecordType::PTR | RecordType::DNAME | RecordType::NSEC => at == 0,
        RecordType::MB | RecordType::MG | RecordType::MR | RecordType::MD | RecordType::MF => at == 0,
        RecordType::MX | RecordType::AFSDB | RecordType::RT | RecordType::KX | RecordType::LP => at == 1,
        RecordType::SVCB | RecordType::HTTPS => at == 1,
        RecordType::SOA | RecordType::MINFO | RecordType::RP => at < 2,
        RecordType::SRV => at == 3,
        RecordType::NAPTR => at == 5,
        RecordType::RRSIG => at == 7,
        _ => false,
    }
}

impl Entry {
    /// Adds the words of a line; quoted ones keep their quotes.
    fn add(&mut self, line: &str) -> Result<(), LineError> {
        self.octets += line.len();
        if self.octets > LINE_OCTETS_MAX {
            return Err(LineError::TooLong);
        }
        let mut word = String::new();
        let (mut quoted, mut escaped) = (false, false);
        for c in line.chars() {
            let ends = !quoted && !escaped && matches!(c, ' ' | '\t' | '\r' | '\n' | '(' | ')' | ';');
            if !ends {
                word.push(c);
                (escaped, quoted) = (!escaped && c == '\\', quoted ^ (c == '"' && !escaped));
                continue;
            }
            self.end_word(&mut word);
            match c {
                '(' => self.depth += 1,
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or_else(|| LineError::bad("line", "`)` without `(`"))?
                }
                ';' => break,
                _ => {}
            }
        }
        if quoted {
            return Err(LineError::bad("line", "a quote is not closed"));
        }
        self.end_word(&mut word);
        Ok(())
    }

    fn end_word(&mut self, word: &mut String) {
        if !word.is_empty() {
            self.words.push(std::mem::take(word));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<Result<String, String>> {
        let mut file = ZoneFile::new(None, Time(7));
        let read = text.lines().filter_map(|line| match file.line(line.as_bytes()) {
            Ok(None) => None,
            Ok(Some(o)) => {
                let labels = o.tuple.bailiwick.map_or("?".into(), |labels| labels.to_string());
                let data = o.tuple.rdata.text(o.tuple.rrtype);
                Some(Ok(format!("{} {} {data} /{labels}", o.tuple.rrname, o.tuple.rrtype)))
            }
            Err(error) => Some(Err(error.to_string())),
        });
        read.collect()
    }

    #[test]
    fn a_zone_file_as_people_write_them() {
        let text = "\
$ORIGIN widgets.example. ; ours
$TTL 1h
@   IN SOA ns root\\.mail (
        1 ; serial
        2h 900 4w
        300 )
    NS  ns
    3600 IN MX 10 mail.other.test.
www 60 CNAME @
ns  IN 1d A 192.0.2.53
txt TXT \"a; (b)\" c
    TYPE65280 \\# 2 00ff
";
        let text = text.replace("2h 900 4w", "7200 900 2419200");
        let read: Vec<String> = told(&text).into_iter().map(Result::unwrap).collect();
        assert_eq!(
            read,
            [
                r"widgets.example SOA ns.widgets.example. root\.mail.widgets.example. 1 7200 900 2419200 300 /2",
                "widgets.example NS ns.widgets.example. /2",
                "widgets.example MX 10 mail.other.test. /2",
                "www.widgets.example CNAME widgets.example. /2",
                "ns.widgets.example A 192.0.2.53 /2",
                "txt.widgets.example TXT \"a; (b)\" \"c\" /2",
                r"txt.widgets.example TYPE65280 \# 2 00ff /2",
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_alone() {
        let read = told(
            "www A 192.0.2.1\n$INCLUDE other\na.example. A x\n  A 192.0.2.1\nb..c. A 192.0.2.1\n  A 192.0.2.2\nc.example. CH A 1\nd.example. A ) \ne.example. TXT \"\nf.example. A 192.0.2.6",
        );
        let errors: Vec<bool> = read.iter().map(Result::is_err).collect();
        assert_eq!(errors, [true, true, true, false, true, true, true, true, true, false], "{read:?}");
        assert_eq!(read[9], Ok("f.example A 192.0.2.6 /?".into()));
    }
}
