//! What the path of a DNSDB request asks for.
//!
//! `lookup/rrset/name/NAME[/TYPE[/BAILIWICK]]`, `lookup/rrset/raw/HEX…`, `lookup/rdata/name|ip|raw/VALUE[/TYPE]`, the same
//! below `summarize`; `regex|glob/rrnames|rdata/PATTERN[/TYPE]`. Clients encode what they like: a prefix comes as
//! `192.0.2.0,24` or `2001%3Adb8%3A%3A,32`, a wildcard as `%2A`, a slash in a pattern as `%2F`.

use std::borrow::Cow;

use axum::http::Uri;
use engine::dns::{Pattern, Question, Side, Types, What};

use super::parameter::Parameters;
use crate::problem::Problem;

/// From which side records are looked up, which decides how they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    /// By owner name.
    Owner,
    /// By data.
    Data,
}

/// A look-up or summary.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) direction: Direction,
}

impl Asked {
    /// Reads the path behind `base` and the verb.
    pub(super) fn read(uri: &Uri, base: &str, parameters: &Parameters) -> Result<Asked, Problem> {
        let parts = parts(uri, base)?;
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        let (what, direction, rest) = match parts.as_slice() {
            [_, "rrset", "name", name, rest @ ..] => (What::owner(name), Direction::Owner, rest),
            [_, "rrset", "raw", hex, rest @ ..] => (What::raw_owner(hex), Direction::Owner, rest),
            [_, "rdata", "name", name, rest @ ..] => (What::target(name), Direction::Data, rest),
            [_, "rdata", "ip", address, rest @ ..] => (What::address(address), Direction::Data, rest),
            [_, "rdata", "raw", hex, rest @ ..] => (What::raw_data(hex), Direction::Data, rest),
            _ => return Err(unknown()),
        };
        let mut question = Question::new(what.map_err(bad)?);
        question.fences = parameters.fences;
        match (rest, direction) {
            ([], _) => {}
            ([rrtype], _) => question.types = types(rrtype)?,
            ([rrtype, bailiwick], Direction::Owner) => {
                question.types = types(rrtype)?;
                let name = bailiwick.parse().map_err(|error| Problem::malformed("bailiwick", error))?;
                question.bailiwick = Some(name);
            }
            _ => return Err(unknown()),
        }
        Ok(Asked { question, direction })
    }
}

/// Reads a search by pattern.
pub(super) fn pattern(uri: &Uri, base: &str, parameters: &Parameters) -> Result<(Question, Side), Problem> {
    let parts = parts(uri, base)?;
    let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
    let [method, key, text, rest @ ..] = parts.as_slice() else { return Err(unknown()) };
    let exclude = parameters.exclude.as_deref();
    let pattern = match *method {
        "regex" => Pattern::regex(text, exclude),
        _ => Pattern::glob(text, exclude),
    };
    let pattern = pattern.map_err(bad)?;
    let (what, side) = match *key {
        "rrnames" => (What::Owners(pattern), Side::Owner),
        "rdata" => (What::Data(pattern), Side::Data),
        _ => return Err(unknown()),
    };
    let mut question = Question::new(what);
    question.fences = parameters.fences;
    match rest {
        [] => {}
        [rrtype] => question.types = types(rrtype)?,
        _ => return Err(unknown()),
    }
    Ok((question, side))
}

fn types(text: &str) -> Result<Types, Problem> {
    Types::parse(text).map_err(bad)
}

/// The parts of the path behind `base`, decoded.
fn parts<'a>(uri: &'a Uri, base: &str) -> Result<Vec<Cow<'a, str>>, Problem> {
    let path = uri.path().strip_prefix(base).ok_or_else(unknown)?;
    path.trim_end_matches('/').split('/').map(decoded).collect()
}

/// A part of a path, decoded.
pub(crate) fn decoded(part: &str) -> Result<Cow<'_, str>, Problem> {
    if !part.contains('%') {
        return Ok(Cow::Borrowed(part));
    }
    let mut octets = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(octet) = rest.next() {
        let hex = |octet: Option<u8>| char::from(octet?).to_digit(16);
        octets.push(match octet {
            b'%' => match (hex(rest.next()), hex(rest.next())) {
                (Some(high), Some(low)) => (high << 4 | low) as u8,
                _ => return Err(Problem::malformed("path", "a % without two hexadecimal digits")),
            },
            octet => octet,
        });
    }
    String::from_utf8(octets).map(Cow::Owned).map_err(|_| Problem::malformed("path", "not UTF-8"))
}

/// What cannot be asked is a bad request in this protocol.
pub(crate) fn bad(error: engine::Error) -> Problem {
    match error {
        engine::Error::Invalid { field, why } => Problem::malformed(field, why),
        error => error.into(),
    }
}

fn unknown() -> Problem {
    Problem::not_found()
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    fn read(path: &str) -> Result<Asked, Problem> {
        let uri: Uri = path.parse().unwrap();
        Asked::read(&uri, "/dnsdb/v2/", &Parameters::read(&uri, Time(0)).unwrap())
    }

    #[test]
    fn reads_what_clients_send() {
        for (path, said) in [
            ("rrset/name/%2A.widgets.example/A,AAAA", "Within(`widgets.example`)"),
            ("rrset/name/www.%2A", "Beginning([[119, 119, 119]])"),
            ("rrset/name/www.widgets.example/ANY/widgets.example", "Name(`www.widgets.example`)"),
            ("rdata/name/%2A.ns.example/NS", "TargetWithin(`ns.example`)"),
            ("rdata/ip/192.0.2.0,24", "192.0.2.0"),
            ("rdata/ip/2001%3Adb8%3A%3A,32", "2001:db8::"),
            ("rdata/raw/c0000201", "Rdata([192, 0, 2, 1])"),
            ("rrset/raw/01610178ff", ""),
        ] {
            match read(&format!("/dnsdb/v2/lookup/{path}")) {
                Ok(asked) => assert!(format!("{asked:?}").contains(said), "{path}: {asked:?}"),
                Err(problem) => assert!(said.is_empty() && problem.status() == 400, "{path}: {problem:?}"),
            }
        }
    }

    #[test]
    fn refuses_what_is_nothing() {
        for (path, status) in [
            ("/dnsdb/v2/lookup/rrset/name/a..b", 400),
            ("/dnsdb/v2/lookup/rrset/name/%ff", 400),
            ("/dnsdb/v2/lookup/rrset/name/a%2", 400),
            ("/dnsdb/v2/lookup/rdata/name/a/A/b", 404),
            ("/dnsdb/v2/lookup/other/name/a", 404),
            ("/dnsdb/v2/lookup/rrset/name/a/NOPE", 400),
            ("/dnsdb/v2/lookup/x", 404),
        ] {
            assert_eq!(read(path).unwrap_err().status(), status, "{path}");
        }
    }
}
