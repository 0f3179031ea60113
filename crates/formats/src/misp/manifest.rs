//! The index of a MISP feed, `manifest.json`: which events there are, and when each was last changed. An event stands
//! beside it as `UUID.json`.

use std::collections::BTreeMap;

use model::Time;
use serde_json::Value;

use crate::{
    member::{cut, text},
    remark::{Remark, RemarkKind, note},
};

/// How many events of a feed are listed.
pub const EVENTS_MAX: usize = 200_000;

/// An event of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its UUID in lower case: nothing else, so that it can stand in a path.
    pub uuid: String,
    /// When it was last changed.
    pub changed: Option<Time>,
    /// What it is about.
    pub info: String,
}

/// Reads an index, in the order of the UUIDs.
pub fn read(octets: &[u8]) -> (Vec<Listed>, Vec<Remark>) {
    let mut remarks = Vec::new();
    let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
    let events: BTreeMap<String, Value> = match serde_json::from_slice(octets) {
        Ok(events) => events,
        Err(error) => {
            let text = format!("not an index of a feed: {error}");
            return (Vec::new(), vec![Remark::whole(RemarkKind::NotUnderstood, &text)]);
        }
    };
    if events.len() > EVENTS_MAX {
        let text = format!("more than {EVENTS_MAX} events: the rest was not read");
        note(&mut remarks, Remark::whole(RemarkKind::Limit, &text));
    }
    let mut listed = Vec::new();
    for (name, event) in events.iter().take(EVENTS_MAX) {
        match uuid::Uuid::try_parse(name) {
            Ok(uuid) => listed.push(Listed {
                uuid: uuid.to_string(),
                changed: changed(event),
                info: text(event, "info").map(cut).unwrap_or_default(),
            }),
            Err(_) => note(&mut remarks, Remark::whole(RemarkKind::BadValue, &format!("no UUID: {name}"))),
        }
    }
    (listed, remarks)
}

/// Seconds, as a text or a number.
fn changed(event: &Value) -> Option<Time> {
    let seconds = event.get("timestamp")?;
    seconds.as_i64().or_else(|| seconds.as_str()?.parse().ok()).map(Time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_an_index() {
        let text = br#"{"5AB1D2F0-0000-4000-8000-00000000000a":{"info":"Widgets","timestamp":"1700000000"},
            "../../etc/passwd":{"info":"x"},"5ab1d2f0-0000-4000-8000-00000000000b":{"timestamp":1700000001}}"#;
        let (listed, remarks) = read(text);
        assert_eq!(listed.len(), 2);
        assert_eq!(
            (listed[0].uuid.as_str(), listed[0].changed),
            ("5ab1d2f0-0000-4000-8000-00000000000a", Some(Time(1_700_000_000)))
        );
        assert_eq!(remarks.len(), 1);
        assert_eq!(read(b"[]").1.len(), 1);
    }
}
