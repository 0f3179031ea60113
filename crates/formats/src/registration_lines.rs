//! Registrations as JSON lines: raw WHOIS or RDAP answers with where and when they were got.
//!
//! `{"domain": "…", "server": "…", "observed": "…", "raw": "…"}`: only `raw` must be there. `raw` is the answer as a
//! text; an RDAP answer may also stand there as the JSON object that it is. `protocol` (`whois` or `rdap`) says what it
//! is where that differs from what the reader was told. Without `domain` the answer's own name for it is taken.

use std::borrow::Cow;

use model::{
    Name, NetworkRecord, RawAnswer, RegistrationRecord, Time,
    registration::{Protocol, State},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    line::{LINE_OCTETS_MAX, LineError},
    rdap,
    read::read,
    remark::Remark,
};

/// What stands for a field that a line does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// How the answers were got.
    pub protocol: Protocol,
    /// Where they were got.
    pub server: String,
    /// When they were got.
    pub observed: Time,
}

/// One line as it was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationLine {
    /// What it says.
    pub record: RegistrationRecord,
    /// What was not understood of its answer.
    pub remarks: Vec<Remark>,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    domain: Option<Cow<'a, str>>,
    #[serde(borrow)]
    server: Option<Cow<'a, str>>,
    observed: Option<Value>,
    protocol: Option<Value>,
    raw: Option<Value>,
}

/// Reads one line, for use with [`Reader::next_batch`](crate::line::Reader::next_batch).
///
/// An answer that says nothing about its domain, such as a throttled one, is refused: stored, it would look like a change.
pub fn parse_line(line: &[u8], defaults: &Defaults) -> Result<Option<RegistrationLine>, LineError> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(LineError::TooLong);
    }
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let raw: Raw<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    let answer = RawAnswer {
        protocol: raw.protocol(defaults)?,
        server: raw.server.as_deref().unwrap_or(&defaults.server).trim().to_owned(),
        body: raw.body()?,
    };
    let observed = raw.observed(defaults)?;
    let answers = [answer];
    let domain = match &raw.domain {
        Some(text) => Name::from_unicode(text.trim()).map_err(|error| LineError::bad("domain", error))?,
        None => own_name(&answers)?,
    };
    let (registration, remarks) = read(&answers, &domain);
    if let Some(why) = says_nothing(registration.state) {
        return Err(LineError::Empty(why));
    }
    let record = RegistrationRecord { domain, registration, raw: answers.into(), observed };
    Ok(Some(RegistrationLine { record, remarks }))
}

/// Reads a line that holds an RDAP answer about a block of addresses; nothing where it is none.
pub fn parse_network_line(line: &[u8], defaults: &Defaults) -> Option<NetworkRecord> {
    let raw: Raw<'_> = serde_json::from_slice(line).ok().filter(|_| line.len() <= LINE_OCTETS_MAX)?;
    let is_rdap = raw.protocol(defaults) == Ok(Protocol::Rdap);
    let network = rdap::parse_network(&raw.body().ok().filter(|_| is_rdap)?).found?;
    Some(NetworkRecord { network, observed: raw.observed(defaults).ok()? })
}

/// The name that the answer gives: read for no domain in particular first, since how an answer is read can depend on it.
fn own_name(answers: &[RawAnswer]) -> Result<Name, LineError> {
    let registration = read(answers, &Name::root()).0;
    let missing =
        LineError::Missing { field: "domain", remedy: "the answer does not name it, so write it beside \"raw\"" };
    registration.domain.ok_or_else(|| says_nothing(registration.state).map_or(missing, LineError::Empty))
}

/// Why an answer of this state is no record of its domain.
fn says_nothing(state: State) -> Option<&'static str> {
    match state {
        State::Throttled => Some("the server would not answer at the time (throttled)"),
        State::Refused => Some("the server refused to answer"),
        State::Malformed => Some("the answer cannot be read as one about a domain"),
        _ => None,
    }
}

impl Raw<'_> {
    fn protocol(&self, defaults: &Defaults) -> Result<Protocol, LineError> {
        match self.protocol.as_ref().map(Value::as_str) {
            None => Ok(defaults.protocol),
            Some(Some(word)) => word.parse().map_err(|error| LineError::bad("protocol", error)),
            Some(None) => Err(LineError::bad("protocol", "not a text: write \"whois\" or \"rdap\"")),
        }
    }

    /// A time as text or as seconds.
    fn observed(&self, defaults: &Defaults) -> Result<Time, LineError> {
        match &self.observed {
            None | Some(Value::Null) => Ok(defaults.observed),
            Some(Value::String(text)) => text.parse().map_err(|error| LineError::bad("observed", error)),
            Some(other) => other.to_string().parse().map_err(|error| LineError::bad("observed", error)),
        }
    }

    fn body(&self) -> Result<Vec<u8>, LineError> {
        match &self.raw {
            None | Some(Value::Null) => {
                Err(LineError::Missing { field: "raw", remedy: "the answer as the server gave it, as a text" })
            }
            Some(Value::String(text)) => Ok(text.clone().into_bytes()),
            Some(object @ Value::Object(_)) => Ok(object.to_string().into_bytes()),
            Some(_) => Err(LineError::bad("raw", "neither a text nor an RDAP object")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn defaults() -> Defaults {
        Defaults { protocol: Protocol::Rdap, server: "rdap.nic.example".into(), observed: Time(1_800_000_000) }
    }

    fn parse(line: &str) -> Result<RegistrationLine, LineError> {
        parse_line(line.as_bytes(), &defaults()).map(|line| line.unwrap())
    }

    #[test]
    fn a_block_of_addresses() {
        let line = br#"{"observed": "2026-03-01", "raw": {"objectClassName": "ip network",
            "startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "country": "NL"}}"#;
        let record = parse_network_line(line, &defaults()).unwrap();
        assert_eq!(record.network.prefixes()[0].to_string(), "192.0.2.0/24");
        assert_eq!(
            (record.observed.day().as_str(), record.network.holder.country.as_deref()),
            ("2026-03-01", Some("NL"))
        );
        assert_eq!(parse_network_line(br#"{"raw": {"objectClassName": "domain"}}"#, &defaults()), None);
    }

    #[test]
    fn a_line_with_everything_and_one_with_the_answer_alone() {
        let line = r#"{"domain": "Widgets.example", "server": "rdap.other.example", "observed": "2026-03-01",
            "raw": "{\"objectClassName\":\"domain\",\"ldhName\":\"widgets.example\"}"}"#;
        let full = parse(line).unwrap().record;
        assert_eq!((full.domain.to_string(), full.observed.day()), ("widgets.example".into(), "2026-03-01".into()));
        assert_eq!(full.raw[0].server, "rdap.other.example");
        let bare = parse(r#"{"raw": {"objectClassName": "domain", "ldhName": "widgets.example"}}"#).unwrap().record;
        assert_eq!((bare.domain.to_string(), bare.observed), ("widgets.example".into(), Time(1_800_000_000)));
    }

    #[test]
    fn refusals_name_field_and_remedy() {
        let error = |line: &str| parse(line).unwrap_err().to_string();
        assert!(error("{}").starts_with("missing field \"raw\": the answer as"));
        assert!(
            error(r#"{"raw": {"objectClassName": "domain", "ldhName": null, "unicodeName": 1}}"#).contains("domain")
        );
        assert!(error(r#"{"raw": "x", "domain": "a..b"}"#).starts_with("field \"domain\": empty label"));
        assert!(error(r#"{"raw": "x", "observed": "yesterday"}"#).starts_with("field \"observed\": not a time"));
        assert!(error(r#"{"raw": "x", "protocol": "gopher"}"#).starts_with("field \"protocol\""));
        assert!(error(r#"{"raw": 1}"#).starts_with("field \"raw\""));
        let throttled = error(r#"{"domain": "widgets.example", "raw": {"errorCode": 429}}"#);
        assert_eq!(throttled, "nothing to store: the server would not answer at the time (throttled)");
    }
}
