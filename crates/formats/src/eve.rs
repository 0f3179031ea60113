//! DNS events of Suricata's EVE log (docs.suricata.io, "Eve JSON Format", event type DNS): JSON lines of three versions.
//!
//! Version 1 has an event for each record. Version 2 has one for an answer, with its records in `answers` (each with
//! its name) or `grouped` (by type, without names) or both. Version 3 has the question in `queries`. Who asked is not
//! read.

use std::{borrow::Cow, collections::BTreeMap};

use model::{Name, Rdata, RecordType};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    answered::{ANSWERS_MAX, Answered, Chain, moment, name},
    line::{LINE_OCTETS_MAX, LineError},
};

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    event_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    timestamp: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dns: Option<Dns<'a>>,
}

#[derive(Deserialize)]
struct Dns<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow)]
    rcode: Option<Cow<'a, str>>,
    #[serde(flatten)]
    alone: Item,
    queries: Option<Vec<Item>>,
    answers: Option<Vec<Item>>,
    grouped: Option<BTreeMap<String, Vec<Value>>>,
}

/// A record, or a question.
#[derive(Deserialize)]
struct Item {
    rrname: Option<String>,
    rrtype: Option<String>,
    rdata: Option<Value>,
    soa: Option<Value>,
    srv: Option<Value>,
    sshfp: Option<Value>,
}

/// Reads one line; nothing for events of other types, for questions and for answers without a record.
pub fn parse_line(line: &[u8]) -> Result<Option<Answered>, LineError> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(LineError::TooLong);
    }
    // Most events are of other types, and need not be read.
    if memchr::memmem::find(line, b"\"dns\"").is_none() {
        return Ok(None);
    }
    let event: Event<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    let Some(dns) = event.dns.filter(|_| event.event_type.as_deref() == Some("dns")) else { return Ok(None) };
    let fails = |rcode: &Cow<'_, str>| !matches!(rcode.as_ref(), "NOERROR" | "NXDOMAIN");
    if !matches!(dns.kind.as_deref(), Some("answer" | "response")) || dns.rcode.as_ref().is_some_and(fails) {
        return Ok(None);
    }
    let remedy = "when the answer was seen";
    let timestamp = event.timestamp.ok_or(LineError::Missing { field: "timestamp", remedy })?;
    dns.answered(moment("timestamp", &timestamp)?)
}

impl Dns<'_> {
    fn answered(self, at: model::Time) -> Result<Option<Answered>, LineError> {
        let asked = self.queries.iter().flatten().chain([&self.alone]).find_map(|item| item.rrname.as_deref());
        let remedy = "the name that was asked for";
        let question = name("dns.rrname", asked.ok_or(LineError::Missing { field: "dns.rrname", remedy })?)?;
        let mut chain = Chain::new(question, at);
        let is_alone = self.alone.rdata.is_some() || self.alone.soa.is_some() || self.alone.srv.is_some();
        match (&self.answers, &self.grouped) {
            (Some(answers), _) if !answers.is_empty() => {
                answers.iter().take(ANSWERS_MAX).for_each(|item| item.add(&mut chain));
            }
            (_, Some(grouped)) if !grouped.is_empty() => add_grouped(&mut chain, grouped),
            _ if is_alone => self.alone.add(&mut chain),
            _ => return Ok(None),
        }
        chain.end().map(Some)
    }
}

impl Item {
    fn add(&self, chain: &mut Chain) {
        let owner = self.rrname.as_deref().and_then(|text| Name::parse(text.as_bytes()).ok());
        let rrtype = self.rrtype.as_deref().and_then(|text| text.parse().ok());
        let (Some(owner), Some(rrtype)) = (owner, rrtype) else { return };
        let structured = [&self.soa, &self.srv, &self.sshfp].into_iter().flatten().next();
        if let Some(rdata) = structured.or(self.rdata.as_ref()).and_then(|value| data(rrtype, value)) {
            chain.push_of(owner, rrtype, rdata);
        }
    }
}

/// Records by type: aliases first, since the others belong to where they lead.
fn add_grouped(chain: &mut Chain, grouped: &BTreeMap<String, Vec<Value>>) {
    let aliases = grouped.get("CNAME").into_iter().flatten().filter_map(Value::as_str);
    for alias in aliases.take(ANSWERS_MAX) {
        chain.alias(alias);
    }
    for (rrtype, values) in grouped.iter().filter(|(rrtype, _)| *rrtype != "CNAME") {
        let Ok(rrtype) = rrtype.parse::<RecordType>() else { continue };
        values
            .iter()
            .take(ANSWERS_MAX)
            .filter_map(|value| data(rrtype, value))
            .for_each(|rdata| chain.push(rrtype, rdata));
    }
}

/// Data of a record. Those of MX have no preference in the log, and are not whole.
fn data(rrtype: RecordType, value: &Value) -> Option<Rdata> {
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    let number = |field: &str| value.get(field).and_then(Value::as_u64);
    let written = match rrtype {
        RecordType::SOA => format!(
            "{} {} {} {} {} {} {}",
            text("mname")?,
            text("rname")?,
            number("serial")?,
            number("refresh")?,
            number("retry")?,
            number("expire")?,
            number("minimum")?
        ),
        RecordType::SRV => {
            format!("{} {} {} {}", number("priority")?, number("weight")?, number("port")?, text("name")?)
        }
        RecordType::SSHFP => {
            format!("{} {} {}", number("algo")?, number("type")?, text("fingerprint")?.replace(':', ""))
        }
        RecordType::TXT => return txt(value.as_str()?),
        _ => value.as_str()?.to_owned(),
    };
    Rdata::from_text(rrtype, &written).ok()
}

/// A text as it was on the wire, in strings of at most 255 octets.
fn txt(text: &str) -> Option<Rdata> {
    let chunks = if text.is_empty() { vec![&[][..]] } else { text.as_bytes().chunks(255).collect() };
    let octets: Vec<u8> = chunks.iter().flat_map(|chunk| [&[chunk.len() as u8], *chunk].concat()).collect();
    Rdata::from_wire(RecordType::TXT, &octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Vec<String> {
        let shown = |o: &model::Observation| {
            format!("{} {} {}", o.tuple.rrname, o.tuple.rrtype, o.tuple.rdata.text(o.tuple.rrtype))
        };
        let told = parse_line(line.as_bytes()).unwrap();
        told.map_or(Vec::new(), |told| told.observations.iter().map(shown).collect())
    }

    fn event(dns: &str) -> String {
        format!(
            r#"{{"timestamp":"2023-11-14T22:13:20.250000+0000","event_type":"dns","src_ip":"192.0.2.99","dns":{dns}}}"#
        )
    }

    #[test]
    fn three_versions() {
        let one = event(
            r#"{"type":"answer","id":1,"rcode":"NOERROR","rrname":"widgets.example","rrtype":"A","ttl":9,"rdata":"192.0.2.7"}"#,
        );
        assert_eq!(told(&one), ["widgets.example A 192.0.2.7"]);
        assert_eq!(parse_line(one.as_bytes()).unwrap().unwrap().observations[0].span.first().0, 1_700_000_000);
        let expected = ["www.widgets.example CNAME cdn.other.test.", "cdn.other.test A 192.0.2.7"];
        let answers = r#"[{"rrname":"www.widgets.example","rrtype":"CNAME","ttl":9,"rdata":"cdn.other.test"},{"rrname":"cdn.other.test","rrtype":"A","ttl":9,"rdata":"192.0.2.7"}]"#;
        let two = format!(
            r#"{{"version":2,"type":"answer","rrname":"www.widgets.example","rrtype":"A","rcode":"NOERROR","answers":{answers}}}"#
        );
        assert_eq!(told(&event(&two)), expected);
        let grouped = r#"{"version":2,"type":"answer","rrname":"www.widgets.example","rrtype":"A","grouped":{"A":["192.0.2.7"],"CNAME":["cdn.other.test"]}}"#;
        assert_eq!(told(&event(grouped)), expected);
        let three = format!(
            r#"{{"version":3,"type":"response","queries":[{{"rrname":"www.widgets.example","rrtype":"A"}}],"answers":{answers}}}"#
        );
        assert_eq!(told(&event(&three)), expected);
    }

    #[test]
    fn data_with_fields_of_their_own() {
        let soa = event(
            r#"{"type":"answer","rrname":"widgets.example","rrtype":"SOA","answers":[{"rrname":"widgets.example","rrtype":"SOA","soa":{"mname":"ns.example","rname":"root.example","serial":1,"refresh":2,"retry":3,"expire":4,"minimum":5}},{"rrname":"widgets.example","rrtype":"SRV","srv":{"priority":1,"weight":2,"port":53,"name":"a.example"}},{"rrname":"widgets.example","rrtype":"SSHFP","sshfp":{"fingerprint":"00:ff","algo":1,"type":2}},{"rrname":"widgets.example","rrtype":"TXT","rdata":"a \"b\""}]}"#,
        );
        assert_eq!(
            told(&soa),
            [
                "widgets.example SOA ns.example. root.example. 1 2 3 4 5",
                "widgets.example SRV 1 2 53 a.example.",
                "widgets.example SSHFP 1 2 00ff",
                r#"widgets.example TXT "a \"b\"""#
            ]
        );
    }

    #[test]
    fn other_events_say_nothing() {
        for dns in [
            r#"{"type":"query","rrname":"a.example","rrtype":"A"}"#,
            r#"{"type":"answer","rcode":"SERVFAIL","rrname":"a.example","rrtype":"A"}"#,
        ] {
            assert_eq!(told(&event(dns)), Vec::<String>::new());
        }
        assert_eq!(told(r#"{"event_type":"flow"}"#), Vec::<String>::new());
        let mx = event(r#"{"type":"answer","rrname":"a.example","rrtype":"MX","rdata":"mail.example"}"#);
        assert!(parse_line(mx.as_bytes()).is_err(), "without preference");
    }
}
