//! Passive DNS of providers.

use model::{Name, Observation, Rdata, RecordType, Span, Tuple};
use serde_json::Value;

use super::{Told, Unreadable, json};
use crate::{
    answered::moment,
    cof::{self as common, CofRecord},
    line::LineError,
};

/// Whether an answer has to say that it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By a last frame (DNSDB API 2): an answer without one was cut on its way.
    ByFrame,
    /// By its end.
    Bare,
}

/// An answer of a DNSDB API, version 2 in frames or version 1 without.
pub fn dnsdb(body: &[u8], ended: Ended) -> Result<Told, Unreadable> {
    let mut told = Told::default();
    let mut whole = ended == Ended::Bare;
    for line in lines(body) {
        match line.strip_prefix(b"{\"obj\":").and_then(|rest| rest.strip_suffix(b"}")) {
            Some(object) => take(&mut told, common::parse_line(object)),
            None => match condition(line) {
                Some((condition, message)) => match condition.as_str() {
                    "begin" | "ongoing" => {}
                    "succeeded" => whole = true,
                    "limited" => (whole, told.more) = (true, true),
                    _ => return Err(Unreadable(format!("the server ended with `{condition}`: {message}"))),
                },
                None => take(&mut told, common::parse_line(line)),
            },
        }
    }
    if !whole {
        return Err(Unreadable("the answer has no end: it was cut on its way".into()));
    }
    sound(told)
}

/// An answer in Common Output Format, one object a line.
pub fn cof(body: &[u8]) -> Result<Told, Unreadable> {
    let mut told = Told::default();
    lines(body).for_each(|line| take(&mut told, common::parse_line(line)));
    sound(told)
}

/// An answer of OTX (`…/passive_dns`): `hostname`, `record_type`, `address` (whatever the data are), `first`, `last`.
pub fn otx(body: &[u8]) -> Result<Told, Unreadable> {
    let document = json(body)?;
    let Some(records) = document.get("passive_dns").and_then(Value::as_array) else {
        return Err(Unreadable("no `passive_dns` in it".into()));
    };
    let mut told = Told { total: document.get("count").and_then(Value::as_u64), ..Told::default() };
    for record in records {
        if !told.has_room() {
            break;
        }
        match otx_record(record) {
            Ok(observation) => told.observations.push(observation),
            Err(error) => told.refuse(error),
        }
    }
    Ok(told)
}

fn otx_record(record: &Value) -> Result<Observation, LineError> {
    let member = |field| record.get(field).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let required = |field| member(field).ok_or(LineError::Missing { field, remedy: "the provider leaves it out" });
    let rrname = required("hostname")?;
    let rrname = Name::parse(rrname.as_bytes()).map_err(|error| LineError::bad("hostname", error))?;
    let data = required("address")?;
    let rrtype: RecordType = match member("record_type") {
        Some(rrtype) => rrtype.parse().map_err(|error| LineError::bad("record_type", error))?,
        None if data.contains(':') => RecordType::AAAA,
        None => RecordType::A,
    };
    let rdata = Rdata::from_text(rrtype, data).map_err(|error| LineError::bad("address", error))?;
    let (first, last) = (moment("first", required("first")?)?, moment("last", required("last")?)?);
    let span = Span::new(first, last).ok_or_else(|| LineError::bad("first", "after the last time"))?;
    Ok(Observation { tuple: Tuple { rrname, rrtype, bailiwick: None, rdata }, span, count: 1 })
}

fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    body.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty())
}

fn take(told: &mut Told, line: Result<Vec<CofRecord>, LineError>) {
    if !told.has_room() {
        return;
    }
    match line {
        // Times of zone files are another kind of statement, and a provider's source holds sightings.
        Ok(records) => {
            told.observations
                .extend(records.into_iter().filter(|record| !record.zone_time).map(|record| record.observation));
        }
        Err(error) => told.refuse(error),
    }
}

/// A frame that holds no record: what it says, and why.
fn condition(line: &[u8]) -> Option<(String, String)> {
    let frame: Value = serde_json::from_slice(line).ok().filter(|_| line.starts_with(b"{\"cond\""))?;
    let member = |name| frame.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Some((member("cond"), member("msg").chars().take(200).collect()))
}

/// Lines of which none can be read are no answer of this shape.
fn sound(told: Told) -> Result<Told, Unreadable> {
    match &told.example {
        Some(example) if told.observations.is_empty() => Err(Unreadable(example.clone())),
        _ => Ok(told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"count":5,"time_first":1000,"time_last":2000,"rrname":"www.widgets.example.","rrtype":"A","bailiwick":"widgets.example.","rdata":["192.0.2.7","192.0.2.8"]}"#;

    #[test]
    fn frames_say_how_an_answer_ended() {
        let framed = |end: &str| format!("{{\"cond\":\"begin\"}}\n{{\"obj\":{RECORD}}}\n{end}");
        let told = dnsdb(framed(r#"{"cond":"succeeded"}"#).as_bytes(), Ended::ByFrame).unwrap();
        assert_eq!((told.observations.len(), told.more), (2, false));
        assert_eq!(told.observations[0].tuple.bailiwick, Some(2));
        let limited = framed("{\"cond\":\"limited\",\"msg\":\"Result limit reached\"}");
        assert!(dnsdb(limited.as_bytes(), Ended::ByFrame).unwrap().more);
        let said = |text: String| dnsdb(text.as_bytes(), Ended::ByFrame).unwrap_err().to_string();
        assert!(said(framed("")).contains("cut on its way"));
        assert!(said(framed("{\"cond\":\"failed\",\"msg\":\"disk\"}")).ends_with("`failed`: disk"));
        assert_eq!(dnsdb(RECORD.as_bytes(), Ended::Bare).unwrap().observations.len(), 2);
    }

    #[test]
    fn lines_that_cannot_be_read_are_counted() {
        let told = cof(format!("{RECORD}\n{{\"rrname\":\"x\"}}\n\n").as_bytes()).unwrap();
        assert_eq!((told.observations.len(), told.refused), (2, 1));
        assert_eq!(cof(b"").unwrap(), Told::default(), "nothing known");
        assert!(cof(b"<html>").is_err() && cof(br#"{"error":"key"}"#).is_err());
    }

    #[test]
    fn otx_calls_all_data_an_address() {
        let body = br#"{"passive_dns": [
            {"address": "192.0.2.7", "first": "2026-01-02T03:04:05", "last": "2026-02-02T03:04:05", "hostname": "www.widgets.example", "record_type": "A", "asn": "AS64496"},
            {"address": "ns1.widgets.example", "first": "2026-01-02T03:04:05+00:00", "last": "2026-01-02T03:04:05+00:00", "hostname": "widgets.example", "record_type": "NS"},
            {"address": "NXDOMAIN", "first": "2026-01-02T03:04:05", "last": "2026-01-02T03:04:05", "hostname": "gone.widgets.example", "record_type": "A"}
        ], "count": 3}"#;
        let told = otx(body).unwrap();
        assert_eq!((told.observations.len(), told.refused, told.total), (2, 1, Some(3)), "{:?}", told.example);
        assert_eq!(told.observations[0].span.first().to_string(), "2026-01-02T03:04:05Z");
        assert!(otx(br#"{"detail": "no"}"#).is_err());
    }
}
