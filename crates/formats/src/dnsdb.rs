//! What a DNSDB API answers: passive DNS records as JSON, framed or not.
//!
//! API version 2 frames an answer by the Streaming API Framing protocol (SAF): a line `{"cond":"begin"}`, one line
//! `{"obj":{…}}` for each record, and a last line that says how it ended: `succeeded`, `limited` (there are more) or
//! `failed`. A stream without its last line was cut off, and clients say so. Version 1 has the bare records.
//!
//! Names end in a dot. Owner-name look-ups (*rrset*) have `rdata` as an array and the zone as `bailiwick`; look-ups by
//! data have it as one text. An rrset here is one tuple with an array of one element: DNSDB's grouping of whole RRsets is
//! not reproduced. Times of zone files stand as `zone_time_first` and `zone_time_last`, beside `time_first` and
//! `time_last` where both are known; `count` is then that of the sightings.

use model::{RecordType, Span, Time, Tuple};
use serde::{Serialize, Serializer};

/// How moments are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Moments {
    /// Seconds since 1970.
    #[default]
    Seconds,
    /// RFC 3339, as `humantime` asks for.
    Text,
}

/// When and how often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub count: u64,
    /// First and last seen.
    pub seen: Option<Span>,
    /// First and last in zone files.
    pub zone: Option<Span>,
}

/// How a framed answer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End<'a> {
    /// That was everything.
    Succeeded,
    /// There is more; why it was not given.
    Limited(&'a str),
    /// Something went wrong on the way.
    Failed(&'a str),
}

/// The lines of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Writer {
    /// Whether records stand in frames.
    pub framed: bool,
    /// How moments are written.
    pub moments: Moments,
}

#[derive(Serialize)]
struct Framed<T> {
    obj: T,
}

#[derive(Serialize)]
struct Condition<'a> {
    cond: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    msg: Option<&'a str>,
}

#[derive(Default, Serialize)]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    num_results: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_first: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_last: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_time_first: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_time_last: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rrname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rrtype: Option<RecordType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bailiwick: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rdata: Option<Data<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_rdata: Option<String>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    One(&'a str),
    Array([&'a str; 1]),
}

#[derive(Clone, Copy)]
struct Moment(Time, Moments);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.1 {
            Moments::Seconds => serializer.serialize_i64(self.0.0),
            Moments::Text => serializer.collect_str(&self.0),
        }
    }
}

impl Writer {
    /// The first line of a framed answer.
    pub fn begin(&self, out: &mut Vec<u8>) {
        self.condition(out, "begin", None);
    }

    /// The last line of a framed answer.
    pub fn end(&self, out: &mut Vec<u8>, end: End<'_>) {
        match end {
            End::Succeeded => self.condition(out, "succeeded", None),
            End::Limited(why) => self.condition(out, "limited", Some(why)),
            End::Failed(why) => self.condition(out, "failed", Some(why)),
        }
    }

    /// A record of a look-up by owner name.
    pub fn rrset(&self, out: &mut Vec<u8>, tuple: &Tuple, times: &Times) {
        let (name, data) = (tuple.rrname.fqdn(), tuple.rdata.text(tuple.rrtype));
        let written = Written {
            rrname: Some(&name),
            rrtype: Some(tuple.rrtype),
            bailiwick: tuple.bailiwick_name().map(|zone| zone.fqdn()),
            rdata: Some(Data::Array([&data])),
            ..self.times(times)
        };
        self.record(out, &written);
    }

    /// A record of a look-up by data.
    pub fn rdata(&self, out: &mut Vec<u8>, tuple: &Tuple, times: &Times) {
        let (name, data) = (tuple.rrname.fqdn(), tuple.rdata.text(tuple.rrtype));
        let written = Written {
            rrname: Some(&name),
            rrtype: Some(tuple.rrtype),
            rdata: Some(Data::One(&data)),
            ..self.times(times)
        };
        self.record(out, &written);
    }

    /// An owner name with a type, as a search by pattern finds it; times only where `times` are given.
    pub fn name_group(&self, out: &mut Vec<u8>, name: &str, rrtype: RecordType, times: Option<&Times>) {
        let times = times.map_or_else(Written::default, |times| self.times(times));
        self.record(out, &Written { rrname: Some(name), rrtype: Some(rrtype), ..times });
    }

    /// Record data with a type, as a search by pattern finds them.
    pub fn data_group(
        &self,
        out: &mut Vec<u8>,
        (text, octets): (&str, &[u8]),
        rrtype: RecordType,
        times: Option<&Times>,
    ) {
        let times = times.map_or_else(Written::default, |times| self.times(times));
        let raw = octets.iter().map(|octet| format!("{octet:02X}")).collect();
        let written = Written { rdata: Some(Data::One(text)), rrtype: Some(rrtype), raw_rdata: Some(raw), ..times };
        self.record(out, &written);
    }

    /// A summary of so many records.
    pub fn summary(&self, out: &mut Vec<u8>, results: u64, times: &Times) {
        self.record(out, &Written { num_results: Some(results), ..self.times(times) });
    }

    fn times(&self, times: &Times) -> Written<'static> {
        let moment = |at: Option<Time>| at.map(|at| Moment(at, self.moments));
        Written {
            count: Some(times.count),
            time_first: moment(times.seen.map(Span::first)),
            time_last: moment(times.seen.map(Span::last)),
            zone_time_first: moment(times.zone.map(Span::first)),
            zone_time_last: moment(times.zone.map(Span::last)),
            ..Written::default()
        }
    }

    fn record(&self, out: &mut Vec<u8>, written: &Written<'_>) {
        match self.framed {
            true => line(out, &Framed { obj: written }),
            false => line(out, written),
        }
    }

    fn condition(&self, out: &mut Vec<u8>, cond: &str, msg: Option<&str>) {
        if self.framed {
            line(out, &Condition { cond, msg });
        }
    }
}

fn line(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *out, value).expect("texts and numbers are written to memory without fail");
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use model::Rdata;

    use super::*;

    fn written(writer: Writer, write: impl FnOnce(&Writer, &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&writer, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn tuple() -> Tuple {
        let (rrname, rrtype) = (r"w\.x.widgets.example".parse().unwrap(), RecordType::A);
        let rdata = Rdata::from_text(rrtype, "192.0.2.7").unwrap();
        Tuple { rrname, rrtype, bailiwick: Some(2), rdata }
    }

    fn times() -> Times {
        Times { count: 3, seen: Span::new(Time(10), Time(20)), zone: None }
    }

    #[test]
    fn records_in_frames() {
        let framed = Writer { framed: true, ..Writer::default() };
        assert_eq!(
            written(framed, |writer, out| writer.rrset(out, &tuple(), &times())),
            r#"{"obj":{"count":3,"time_first":10,"time_last":20,"rrname":"w\\.x.widgets.example.","rrtype":"A","bailiwick":"widgets.example.","rdata":["192.0.2.7"]}}"#.to_owned() + "\n"
        );
        assert_eq!(
            written(framed, |writer, out| writer.end(out, End::Limited("there are more"))),
            "{\"cond\":\"limited\",\"msg\":\"there are more\"}\n"
        );
    }

    #[test]
    fn bare_records_with_moments_as_text() {
        let bare = Writer { framed: false, moments: Moments::Text };
        let zone = Times { count: 1, seen: None, zone: Span::new(Time(0), Time(0)) };
        assert_eq!(
            written(bare, |writer, out| {
                writer.begin(out);
                writer.rdata(out, &tuple(), &zone);
                writer.end(out, End::Succeeded);
            }),
            r#"{"count":1,"zone_time_first":"1970-01-01T00:00:00Z","zone_time_last":"1970-01-01T00:00:00Z","rrname":"w\\.x.widgets.example.","rrtype":"A","rdata":"192.0.2.7"}"#.to_owned() + "\n"
        );
    }

    #[test]
    fn groups_and_summaries() {
        let framed = Writer { framed: true, ..Writer::default() };
        let group = |writer: &Writer, out: &mut Vec<u8>| {
            writer.name_group(out, "a.example.", RecordType::A, None);
            writer.data_group(out, ("192.0.2.1", &[192, 0, 2, 1]), RecordType::A, Some(&times()));
            writer.summary(out, 0, &Times::default());
        };
        assert_eq!(
            written(framed, group),
            r#"{"obj":{"rrname":"a.example.","rrtype":"A"}}
{"obj":{"count":3,"time_first":10,"time_last":20,"rrtype":"A","rdata":"192.0.2.1","raw_rdata":"C0000201"}}
{"obj":{"count":0,"num_results":0}}
"#
        );
    }
}
