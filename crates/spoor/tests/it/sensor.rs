//! What sensors say, from every format and over sockets, to where it can be looked up; and what must not get there.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use formats::frame_stream::{self, Control, ControlKind, Frame};
use serde_json::Value;

use crate::{
    http::{By, Server, program_with, token},
    program::Program,
};

/// Who asked, in every sample here.
const CLIENT: &str = "203.0.113.99";

const ZEEK: &str = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tquery\tqtype\tanswers\n\
    1700000000.1\tC1\t203.0.113.99\t5353\twww.widgets.example\t1\tcdn.gadgets.test,192.0.2.7\n\
    1700000001.1\tC2\t203.0.113.99\t5354\twww.widgets.example\t1\tcdn.gadgets.test,192.0.2.7\n\
    1700000002.1\tC3\t203.0.113.99\t5355\tnas.local\t1\t10.0.0.7\n";
const EVE: &str = r#"{"timestamp":"2023-11-14T22:13:20.0+0000","event_type":"dns","src_ip":"203.0.113.99","dns":{"version":2,"type":"answer","rrname":"eve.widgets.example","rrtype":"A","rcode":"NOERROR","grouped":{"A":["192.0.2.8"]}}}"#;
const PASSIVEDNS: &str = "1700000000.5||203.0.113.99||192.0.2.53||IN||pdns.widgets.example.||A||192.0.2.9||60||3\n";
const DNSDB: &str = "{\"cond\":\"begin\"}\n{\"obj\":{\"count\":5,\"time_first\":1,\"time_last\":2,\"rrname\":\"db.widgets.example.\",\"rrtype\":\"A\",\"bailiwick\":\"widgets.example.\",\"rdata\":[\"192.0.2.10\"]}}\n{\"cond\":\"succeeded\"}\n";
const ZONE: &str = "$ORIGIN widgets.example.\n@ 60 IN SOA ns root (1 2 3 4 5)\nzone A 192.0.2.11\n";
const CSV: &str = "domain,ip,first_seen,last_seen,hits\ncsv.widgets.example,192.0.2.12,2024-01-01,2024-01-02,4\n";

fn corpus(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(part)
}

fn ingest(program: &Program, format: &str, source: &str, file: &str) -> Value {
    let run = program.run(&["--json", "ingest", "--format", format, "--source", source, file]);
    assert_eq!(run.code, 0, "{format}: {}", run.err);
    run.lines()[0]["summary"].clone()
}

/// The records about an address or a name: name and count of each.
fn known(program: &Program, value: &str) -> Vec<(String, u64)> {
    let run = program.run(&["--json", "lookup", value]);
    let records = run.lines().first().and_then(|line| line["records"].as_array().cloned()).unwrap_or_default();
    let shown = |record: &Value| (record["rrname"].as_str().unwrap().to_owned(), record["count"].as_u64().unwrap());
    records.iter().map(shown).collect()
}

#[test]
fn every_format_to_where_it_is_looked_up() {
    let program = Program::new();
    for (name, kind) in [("sensor", "sensor"), ("provider", "provider"), ("zones", "zone")] {
        program.source(name, kind);
    }
    for (format, source, text, address, expected) in [
        ("zeek", "sensor", ZEEK, "192.0.2.7", ("cdn.gadgets.test", 2)),
        ("eve", "sensor", EVE, "192.0.2.8", ("eve.widgets.example", 1)),
        ("passivedns", "sensor", PASSIVEDNS, "192.0.2.9", ("pdns.widgets.example", 3)),
        ("dnsdb", "provider", DNSDB, "192.0.2.10", ("db.widgets.example", 5)),
        ("zone", "zones", ZONE, "192.0.2.11", ("zone.widgets.example", 1)),
        ("csv", "provider", CSV, "192.0.2.12", ("csv.widgets.example", 4)),
    ] {
        let file = program.file("input", text.as_bytes());
        let summary = ingest(&program, format, source, &file);
        assert_eq!(known(&program, address), [(expected.0.to_owned(), expected.1)], "{format}: {summary}");
        let packed = zstd::encode_all(text.as_bytes(), 1).unwrap();
        let file = program.file("input.zst", &packed);
        let again = ingest(&program, format, source, &file);
        assert_eq!(again["known"], summary["stored"], "{format}: packed and again, it counts once");
    }
    for (format, part, name) in
        [("pcap", "capture/udp.pcap", "www.widgets.example"), ("dnstap", "dnstap/stream", "widgets.example")]
    {
        let summary = ingest(&program, format, "sensor", &corpus(part).display().to_string());
        assert_eq!(summary["messages"], 1, "{summary}");
        assert!(format == "pcap" || known(&program, name).iter().any(|(owner, _)| owner == name), "{summary}");
    }
}

#[test]
fn who_asked_and_what_is_dropped_get_nowhere() {
    let program = Program::new();
    program.source("sensor", "sensor");
    for (format, text) in [("zeek", ZEEK), ("eve", EVE), ("passivedns", PASSIVEDNS)] {
        let file = program.file("input", text.as_bytes());
        let summary = ingest(&program, format, "sensor", &file);
        std::fs::remove_file(&file).unwrap();
        assert_eq!(summary["dropped"]["internal"].as_u64(), (format == "zeek").then_some(1), "{summary}");
    }
    let octets: [u8; 4] = CLIENT.parse::<std::net::Ipv4Addr>().unwrap().octets();
    let message = std::fs::read(corpus("dnstap/stream")).unwrap();
    // The sample's client is another one; the same octets stand for ours.
    let at = message.windows(4).position(|four| four == [192, 0, 2, 1]).unwrap();
    let framed = [&message[..at], &octets, &message[at + 4..]].concat();
    let outside = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(outside.path(), framed).unwrap();
    assert_eq!(ingest(&program, "dnstap", "sensor", &outside.path().display().to_string())["stored"], 1);

    // As the log has it, before anything is compressed; then as segments have it, by every question about it.
    assert_eq!(holds(program.path(), &octets), Vec::<PathBuf>::new());
    assert_eq!(holds(program.path(), b"nas"), Vec::<PathBuf>::new());
    assert!(!holds(program.path(), b"cdn").is_empty(), "the search finds what is there");
    assert_eq!(program.run(&["compact"]).code, 0);
    assert_eq!((program.run(&["lookup", CLIENT]).code, program.run(&["lookup", "nas.local"]).code), (1, 1));
}

/// Files under a directory that hold these octets, or the client's address in text.
fn holds(dir: &Path, octets: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holds(&path, octets));
            continue;
        }
        let content = std::fs::read(&path).unwrap();
        let has = |wanted: &[u8]| content.windows(wanted.len()).any(|window| window == wanted);
        if has(octets) || has(CLIENT.as_bytes()) {
            found.push(path);
        }
    }
    found
}

/// A listening sensor, and where it listens.
struct Listening {
    child: Child,
    socket: PathBuf,
}

impl Listening {
    fn start(program: &Program) -> Listening {
        let socket = program.path().join("tap.sock");
        let mut child = program
            .command()
            .args(["sensor", "dnstap", "--source", "sensor", "--socket"])
            .arg(&socket)
            .env("SPOOR_SENSOR_WINDOW_SECONDS", "3600")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("listening"), "{line}");
        Listening { child, socket }
    }

    fn end(mut self) {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap();
        let status = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(status.success() && !self.socket.exists(), "{said}");
    }
}

fn frame() -> Vec<u8> {
    let stream = std::fs::read(corpus("dnstap/stream")).unwrap();
    let (mut input, mut buffer) = (stream.as_slice(), Vec::new());
    while frame_stream::read(&mut input, &mut buffer).unwrap() != Frame::Data {}
    [&(buffer.len() as u32).to_be_bytes()[..], &buffer].concat()
}

/// What the receiver says next.
fn said(stream: &mut UnixStream) -> ControlKind {
    match frame_stream::read(stream, &mut Vec::new()).unwrap() {
        Frame::Control(control) => control.kind,
        other => panic!("{other:?}"),
    }
}

#[test]
fn senders_shake_hands_and_are_told_when_all_is_stored() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let listening = Listening::start(&program);
    let send = |stream: &mut UnixStream, kind| stream.write_all(&Control::dnstap(kind).encode()).unwrap();
    let mut first = UnixStream::connect(&listening.socket).unwrap();
    let mut second = UnixStream::connect(&listening.socket).unwrap();
    for stream in [&mut first, &mut second] {
        send(stream, ControlKind::Ready);
        assert_eq!(said(stream), ControlKind::Accept);
        send(stream, ControlKind::Start);
        // A frame that comes in two parts.
        let frame = frame();
        stream.write_all(&frame[..9]).unwrap();
        stream.write_all(&frame[9..]).unwrap();
    }
    send(&mut first, ControlKind::Stop);
    assert_eq!(said(&mut first), ControlKind::Finish);
    assert_eq!(known(&program, "widgets.example"), [("widgets.example".to_owned(), 1)], "at once, beside the writer");
    // The other has said nothing more when the sensor is told to end: what it sent is kept.
    listening.end();
    assert_eq!(said(&mut second), ControlKind::Finish);
    assert_eq!(known(&program, "widgets.example"), [("widgets.example".to_owned(), 2)]);
}

#[test]
fn dropped_files_are_taken_once_and_zones_with_too_many_names_are_counted() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let drop = tempfile::tempdir().unwrap();
    let mut log = ZEEK.to_owned();
    (0..40).for_each(|n| log += &format!("1700000010.1\tC\tx\t1\tm{n}.tunnel.example\t1\t192.0.2.77\n"));
    std::fs::write(drop.path().join("dns.log"), log).unwrap();
    std::fs::write(drop.path().join("no.log"), "").unwrap();
    let dir = drop.path().display().to_string();
    let watch = || {
        let mut command = program.command();
        command.args(["--json", "sensor", "watch", &dir, "--format", "zeek", "--source", "sensor", "--once"]);
        let run = crate::program::Run::of(command.env("SPOOR_SENSOR_NAMES_AN_HOUR", "10").output().unwrap());
        assert_eq!(run.code, 0, "{}", run.err);
        run.lines()
    };
    let summary = watch()[0]["summary"].clone();
    assert_eq!(summary["dropped"]["high-cardinality"], 30, "{summary}");
    assert_eq!(watch(), Vec::<Value>::new());
    let zones = program.run(&["--json", "sensor", "zones"]).lines();
    assert_eq!((zones[0]["zone"].as_str(), zones[0]["crowd"]["answers"].as_u64()), (Some("tunnel.example"), Some(30)));

    assert_eq!(program.run(&["sensor", "release", "tunnel.example"]).code, 0);
    std::fs::write(
        drop.path().join("dns.log"),
        "#fields\tts\tquery\tqtype\tanswers\n1700000020.1\tm99.tunnel.example\t1\t192.0.2.78\n",
    )
    .unwrap();
    assert_eq!(watch()[0]["summary"]["stored"], 1);
    assert_eq!(program.run(&["sensor", "zones"]).code, 1);
}

#[test]
fn observations_over_http_count_once() {
    let program = program_with(&[&["feeder", "--api-only"], &["admin", "--administrator"]]);
    program.source("sensor", "sensor");
    let by = By::Token(token(&program, "feeder", &["--scope", "observe"]));
    let reader = By::Token(token(&program, "feeder", &["--scope", "read"]));
    let server = Server::start(program, &[]);
    let post = |by: &By, path: &str| {
        let By::Token(token) = by else { panic!() };
        let bearer = format!("Bearer {token}");
        server.send("POST", path, &[("authorization", &bearer), ("content-type", "text/plain")], Some(ZEEK))
    };
    let path = "/api/v1/observations?source=sensor&format=zeek";
    let first = post(&by, path);
    assert_eq!((first.status, first.json()["stored"].as_u64()), (200, Some(2)), "{}", first.body);
    assert_eq!(first.json()["reasons"][0]["why"], "internal");
    assert_eq!(post(&by, path).json()["known"], 2);
    assert_eq!(post(&reader, path).status, 403);
    assert_eq!(post(&by, "/api/v1/observations?source=other&format=zeek").status, 404);
    assert_eq!(post(&by, "/api/v1/observations?source=sensor&format=odd").status, 400);
    let new = server.ask(&reader, "GET", "/api/v1/dns/new?without=test", None);
    let domains: Vec<String> = new.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["domain"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(domains, ["widgets.example"], "{}", new.body);
}

#[test]
fn new_domains_are_those_that_no_source_brought_before() {
    let program = Program::new();
    for (name, kind) in [("sensor", "sensor"), ("other", "sensor"), ("asked", "lookup")] {
        program.source(name, kind);
    }
    let file = program.file("input", ZEEK.as_bytes());
    ingest(&program, "zeek", "sensor", &file);
    ingest(&program, "zeek", "other", &file);
    let popular = program.file("popular.csv", b"rank,domain\n1,test\n");
    let run = program.run(&["--json", "new", "--since", "2h", "--without", &popular]);
    let lines = run.lines();
    assert_eq!(lines.len(), 1, "{}", run.out);
    assert_eq!(
        (lines[0]["domain"].as_str(), lines[0]["sources"].as_array().map(Vec::len)),
        (Some("widgets.example"), Some(2))
    );
    assert_eq!(program.run(&["new", "--since", "nonsense"]).code, 2);
}

#[test]
fn a_simulated_resolver_is_taken_in_without_its_clients() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let listening = Listening::start(&program);
    let world = range::World::generated(5, 300);
    let day = range::Day { seed: 5, start: world.now(), a_second: 500, questions: 2000, remembered: 60 };
    let mut resolver = world.resolver(day);
    let mut stream = UnixStream::connect(&listening.socket).unwrap();
    resolver.send(&mut stream, 4000, |_| {}).unwrap();
    drop(stream);
    listening.end();
    let stats = program.run(&["--json", "stats"]).lines().remove(0);
    assert!(stats["tuples"].as_u64() > Some(300) && stats["oldest"].as_str() > Some("2026"), "{stats}");
    let clients = program.run(&["--json", "lookup", "10.0.0.0/8"]);
    assert!(clients.lines().iter().all(|line| line["records"].as_array().is_none_or(Vec::is_empty)), "{}", clients.out);
}
