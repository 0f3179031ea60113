//! Lines of gamelinux/passivedns: fields between `||`: time, client, server, class, query, type, answer, TTL, count.
//!
//! The client is in every line; it is not read.

use model::{Observation, Rdata, RecordType, Span, Time, Tuple};

use crate::{
    answered::{Answered, moment, name, text},
    line::{LINE_OCTETS_MAX, LineError},
};

/// Reads one line; nothing for names that there are not (the answer is then an error code).
pub fn parse_line(line: &[u8]) -> Result<Option<Answered>, LineError> {
    if line.len() > LINE_OCTETS_MAX {
        return Err(LineError::TooLong);
    }
    let line = text(line);
    let fields: Vec<&str> = line.split("||").collect();
    let [time, _client, _server, class, query, rrtype, answer, rest @ ..] = fields.as_slice() else {
        let remedy = "write time||client||server||class||query||type||answer||TTL||count";
        return Err(LineError::Missing { field: "answer", remedy });
    };
    if *class != "IN" || matches!(*answer, "NXDOMAIN" | "SERVFAIL" | "REFUSED" | "FORMERR" | "NOTIMP" | "") {
        return Ok(None);
    }
    let at: Time = moment("time", time)?;
    let rrtype: RecordType = rrtype.parse().map_err(|error| LineError::bad("type", error))?;
    let rdata = Rdata::from_text(rrtype, answer).map_err(|error| LineError::bad("answer", error))?;
    let count = rest.get(1).and_then(|count| count.trim().parse().ok()).unwrap_or(1).max(1);
    let tuple = Tuple { rrname: name("query", query)?, rrtype, bailiwick: None, rdata };
    Ok(Some(Answered::alone(Observation { tuple, span: Span::at(at), count })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_an_answer() {
        let line = b"1322849924.408856||192.0.2.99||192.0.2.53||IN||www.widgets.example.||A||192.0.2.7||46587||5";
        let told = parse_line(line).unwrap().unwrap().observations.remove(0);
        assert_eq!((told.tuple.rrname.to_string().as_str(), told.count), ("www.widgets.example", 5));
        assert_eq!(
            (told.tuple.rdata.text(RecordType::A).as_str(), told.span.first()),
            ("192.0.2.7", Time(1_322_849_924))
        );
        assert_eq!(parse_line(b"1||a||b||IN||no.example.||A||NXDOMAIN||0||1"), Ok(None));
        assert!(parse_line(b"1||2").unwrap_err().to_string().contains("time||client"));
        assert!(parse_line(b"1||a||b||IN||a.example.||A||x||0||1").unwrap_err().to_string().contains("answer"));
    }
}
