//! Results of a DNSDB API as JSON lines, as `dnsdbq -j` writes them: COF with names that end in a dot, or the same
//! inside the frames of the streaming API (`{"obj":{…}}` between `{"cond":…}` lines).

use crate::{
    cof::{self, CofRecord},
    line::LineError,
};

/// Reads one line; nothing for frames that hold no result. A frame that says that the results are not all is an error.
pub fn parse_line(line: &[u8]) -> Result<Vec<CofRecord>, LineError> {
    let line = line.trim_ascii();
    if line.starts_with(b"{\"cond\"") {
        return condition(line);
    }
    match line.strip_prefix(b"{\"obj\":").and_then(|rest| rest.strip_suffix(b"}")) {
        Some(object) => cof::parse_line(object),
        None => cof::parse_line(line),
    }
}

fn condition(line: &[u8]) -> Result<Vec<CofRecord>, LineError> {
    let value: serde_json::Value = serde_json::from_slice(line).map_err(|error| LineError::Json(error.to_string()))?;
    match value.get("cond").and_then(serde_json::Value::as_str) {
        Some("limited") => Err(LineError::Empty("the server says that there is more than it gave (limited)")),
        Some("failed") => Err(LineError::Empty("the server says that it failed before the end")),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_bare_and_in_frames() {
        let bare = br#"{"count":5,"time_first":1,"time_last":2,"rrname":"www.widgets.example.","rrtype":"A","bailiwick":"widgets.example.","rdata":["192.0.2.7","192.0.2.8"]}"#;
        let framed = [b"{\"obj\":", &bare[..], b"}\n"].concat();
        let records = parse_line(bare).unwrap();
        assert_eq!((records.len(), records[0].observation.tuple.bailiwick), (2, Some(2)));
        assert_eq!(parse_line(&framed).as_ref(), Ok(&records));
        assert_eq!(parse_line(br#"{"cond":"begin"}"#), Ok(Vec::new()));
        assert!(parse_line(br#"{"cond":"limited","msg":"x"}"#).unwrap_err().to_string().contains("limited"));
    }
}
