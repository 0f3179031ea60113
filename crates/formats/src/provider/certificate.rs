//! Names in certificates, as the transparency logs have them (RFC 9162), told in the JSON of crt.sh.
//!
//! An entry of the answer is one certificate: `name_value` has its names, a line each, beside `issuer_ca_id`,
//! `serial_number` and `entry_timestamp`, the moment at which a log took it. A name in a certificate was not seen in
//! DNS. So it is kept under a record type of the private range (RFC 6895 §3.1) that no server ever answers with, with the
//! certificate as its data: names that share a certificate share a value, like names that share an address.

use std::collections::BTreeMap;

use model::{Name, Observation, Rdata, RecordType, Span, Time, Tuple};
use serde_json::Value;

use super::{Told, Unreadable, json};
use crate::answered::moment;

/// The type under which a name in a certificate is kept. Its data are the number of the issuer at the service (four
/// octets) and the certificate's serial number.
pub const CERTIFICATE: RecordType = RecordType(65_399);

/// How long a serial number may be (RFC 5280 §4.1.2.2 allows 20 octets).
const SERIAL_OCTETS_MAX: usize = 64;

/// An answer of crt.sh about names below a domain; other names in the same certificates are taken too.
pub fn crt_sh(body: &[u8]) -> Result<Told, Unreadable> {
    let document = json(body)?;
    let entries = document.as_array().ok_or_else(|| Unreadable("no list of certificates".into()))?;
    let (mut told, mut seen) = (Told::default(), BTreeMap::new());
    for entry in entries {
        match certificate(entry) {
            Some((rdata, at)) => names(entry, &mut told, |name| widen(&mut seen, name, &rdata, at)),
            None => told.refuse("a certificate without serial number or time"),
        }
    }
    for ((rrname, rdata), span) in seen {
        if !told.has_room() {
            break;
        }
        let tuple = Tuple { rrname, rrtype: CERTIFICATE, bailiwick: None, rdata };
        told.observations.push(Observation { tuple, span, count: 1 });
    }
    Ok(told)
}

/// A certificate is logged more than once (by several logs, and as its own precertificate): one fact with two times.
fn widen(seen: &mut BTreeMap<(Name, Rdata), Span>, name: Name, rdata: &Rdata, at: Time) {
    let span = seen.entry((name, rdata.clone())).or_insert(Span::at(at));
    *span = Span::new(span.first().min(at), span.last().max(at)).unwrap_or(*span);
}

fn certificate(entry: &Value) -> Option<(Rdata, Time)> {
    let member = |name| entry.get(name).and_then(Value::as_str);
    let issuer = u32::try_from(entry.get("issuer_ca_id")?.as_u64()?).ok()?;
    let serial = hex(member("serial_number")?)?;
    let logged = member("entry_timestamp").or_else(|| member("not_before"))?;
    let octets = [&issuer.to_be_bytes()[..], &serial].concat();
    Some((Rdata::from_wire(CERTIFICATE, &octets).ok()?, moment("entry_timestamp", logged).ok()?))
}

fn names(entry: &Value, told: &mut Told, mut take: impl FnMut(Name)) {
    let listed = entry.get("name_value").and_then(Value::as_str).unwrap_or_default();
    for text in listed.lines().map(str::trim).filter(|text| !text.is_empty()) {
        // Certificates for people have e-mail addresses among their names.
        if text.contains('@') {
            continue;
        }
        match Name::from_unicode(text) {
            Ok(name) if name.label_count() > 1 => take(name),
            Ok(_) => told.refuse(format!("`{text}` is no name of a host")),
            Err(error) => told.refuse(format!("`{text}`: {error}")),
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
    let mut digits = digits.filter(|digits| !digits.is_empty() && digits.len() <= 2 * SERIAL_OCTETS_MAX)?;
    if digits.len() % 2 == 1 {
        digits.insert(0, 0);
    }
    Some(digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_their_certificates() {
        let body = br#"[
            {"issuer_ca_id": 7, "issuer_name": "C=XX, O=Sample CA", "common_name": "widgets.example", "id": 1,
             "name_value": "widgets.example\n*.widgets.example\npost@widgets.example", "entry_timestamp": "2026-03-01T10:00:00.118",
             "not_before": "2026-03-01T09:00:00", "not_after": "2026-05-30T09:00:00", "serial_number": "03b5", "result_count": 3},
            {"issuer_ca_id": 7, "name_value": "widgets.example", "entry_timestamp": "2026-03-01T10:00:09", "serial_number": "03b5"},
            {"issuer_ca_id": 7, "name_value": "gadgets.example", "entry_timestamp": "2026-03-02T10:00:00", "serial_number": "f"},
            {"name_value": "lost.example"}]"#;
        let told = crt_sh(body).unwrap();
        let shown: Vec<String> = told
            .observations
            .iter()
            .map(|seen| format!("{} {} {}", seen.tuple.rrname, seen.tuple.rdata.text(CERTIFICATE), seen.span.last()))
            .collect();
        assert_eq!(
            shown,
            [
                r"gadgets.example \# 5 000000070f 2026-03-02T10:00:00Z",
                r"widgets.example \# 6 0000000703b5 2026-03-01T10:00:09Z",
                r"*.widgets.example \# 6 0000000703b5 2026-03-01T10:00:00Z",
            ]
        );
        assert_eq!(told.refused, 1);
        assert!(crt_sh(b"{}").is_err() && crt_sh(b"<html>").is_err());
        assert_eq!(crt_sh(b"[]"), Ok(Told::default()));
    }
}
