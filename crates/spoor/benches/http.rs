//! What the server answers a second: small look-ups over kept connections, and lines of one streamed answer.
//!
//! `taskset -c 1 cargo bench -p spoor --bench http`: the server runs on processor 0, so the client must be elsewhere.
//! `-- --tuples N` for another population, `--connections N`, `--seconds N`, `--path P` to ask one path again and again.
//! `--knowledge FILE`: a SQLite database that `cargo bench -p engine --bench knowledge` filled (`sqlite:FILE`); its
//! indicators are asked for by value, alone and beside somebody who adds indicators one after the other.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a measurement")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use observations::{
    Batch, Options, Store,
    workload::{Workload, batches},
};

const SPOOR: &str = env!("CARGO_BIN_EXE_spoor");
/// Connections that ask nothing.
const IDLE: usize = 1_000;

struct Arguments {
    tuples: u32,
    connections: usize,
    seconds: u64,
    path: Option<String>,
    knowledge: Option<std::path::PathBuf>,
}

fn main() {
    let arguments = arguments();
    let dir = tempfile::tempdir().unwrap();
    let workload = Workload::new(1, arguments.tuples);
    fill(&dir.path().join("observations"), &workload);
    if let Some(file) = &arguments.knowledge {
        std::fs::copy(file, dir.path().join("knowledge.db")).unwrap();
    }
    let token = account(dir.path(), arguments.knowledge.is_some());
    let began = Instant::now();
    let server = Server::start(dir.path());
    let started = began.elapsed().as_millis();
    println!("{} tuples; started in {started} ms; the server has {} KiB", workload.tuples(), server.memory());
    if arguments.knowledge.is_some() {
        indicators(&server, &token, &arguments);
    }

    let lookup = |at: u32| format!("/dnsdb/v2/lookup/rrset/name/{}", workload.tuple(at).rrname);
    let indicator = |_| "/api/v1/me".to_owned();
    small("look-ups by exact name", &server, &token, &arguments, &|at| lookup(at % workload.tuples()));
    small("who am I", &server, &token, &arguments, &indicator);
    if let Some(path) = &arguments.path {
        small(path, &server, &token, &arguments, &|_| path.clone());
    }
    for path in ["/dnsdb/v2/lookup/rrset/name/%2A.?limit=0", "/dnsdb/v2/lookup/rdata/ip/10.0.0.0,8?limit=0"] {
        stream(path, &server, &token);
    }
    idle(&server);
}

fn arguments() -> Arguments {
    let mut arguments = Arguments { tuples: 1_000_000, connections: 16, seconds: 5, path: None, knowledge: None };
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = given.next() {
        let value = given.next().unwrap();
        match argument.as_str() {
            "--tuples" => arguments.tuples = value.parse().unwrap(),
            "--connections" => arguments.connections = value.parse().unwrap(),
            "--seconds" => arguments.seconds = value.parse().unwrap(),
            "--knowledge" => arguments.knowledge = Some(value.into()),
            "--path" => arguments.path = Some(value),
            other => panic!("unknown argument {other}"),
        }
    }
    arguments
}

fn fill(dir: &Path, workload: &Workload) {
    std::fs::create_dir_all(dir).unwrap();
    let store = Store::open(dir, Options::default()).unwrap();
    let sources = Workload::sources().map(|source| store.add_source(source).unwrap().id);
    for (source, observations) in batches(workload.bulk(), 50_000) {
        let arrived = observations[0].span.last();
        let source = sources[source];
        store
            .append(Batch {
                id: None,
                source,
                arrived,
                observations,
                registrations: Vec::new(),
                networks: Vec::new(),
                parser: 0,
            })
            .unwrap();
    }
    store.compact(true).unwrap();
}

/// Indicators by value, alone and beside a writer.
fn indicators(server: &Server, token: &str, arguments: &Arguments) {
    let path = |at: u32| {
        // Every eighth value of that benchmark's is such a host.
        let number = at % 1_000_000 / 8 * 8;
        format!("/api/v1/indicators/by-value?value=host{number}.campaign{}.example", number % 1000)
    };
    small("an indicator by value", server, token, arguments, &path);
    let (over, written) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| writer(server, token, &over, &written));
        small("the same beside a writer", server, token, arguments, &path);
        over.store(true, Ordering::Relaxed);
    });
    println!("the writer added {} indicators; the server has {} KiB", written.load(Ordering::Relaxed), server.memory());
}

/// Adds one indicator after the other.
fn writer(server: &Server, token: &str, over: &AtomicBool, written: &AtomicU64) {
    let (mut stream, mut buffer) = (connect(server), vec![0; 1 << 16]);
    stream.write_all(request("/api/v1/owners", token).as_bytes()).unwrap();
    let body = answer(&mut stream, &mut buffer).1;
    let owners: serde_json::Value = serde_json::from_str(&body).unwrap();
    let owner = owners["items"].as_array().unwrap().iter().find(|owner| owner["name"] == "Ours").unwrap()["id"].clone();
    while !over.load(Ordering::Relaxed) {
        let number = written.fetch_add(1, Ordering::Relaxed);
        let body = serde_json::json!({"owner": owner, "row": {"value": format!("new{number}.example"), "rating": 3}})
            .to_string();
        let head = "POST /api/v1/indicators HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json";
        let length = body.len();
        let text = format!("{head}\r\nauthorization: Bearer {token}\r\ncontent-length: {length}\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).unwrap();
        assert_eq!(answer(&mut stream, &mut buffer).0, "201");
    }
}

/// An account and its token; where there is a knowledge base one that may add to it.
fn account(data: &Path, analyst: bool) -> String {
    let run = |arguments: &[&str]| {
        let mut child = Command::new(SPOOR)
            .arg("--data")
            .arg(data)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(b"a password of the measurement\n").unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    };
    run(&["user", "add", "reader", "--password-stdin"]);
    let scopes: &[&str] = if analyst { &["--scope", "read", "--scope", "write"] } else { &["--scope", "read"] };
    if analyst {
        run(&["owner", "member", "Ours", "reader", "--role", "analyst"]);
    }
    run(&[&["token", "add", "reader", "bench"], scopes].concat()).lines().last().unwrap().to_owned()
}

struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(data: &Path) -> Server {
        let mut child = Command::new("taskset")
            .args(["-c", "0", SPOOR, "--json", "--data"])
            .arg(data)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("SPOOR_LOG", "warn")
            .env("SPOOR_SERVE_RATE_PER_SECOND", "0")
            .env("SPOOR_SERVE_IN_FLIGHT", "1024")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        Server { child, address: said["address"].as_str().unwrap().parse().unwrap() }
    }

    /// Resident memory in KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

fn request(path: &str, token: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {token}\r\n\r\n")
}

/// Every connection asks, waits for its answer and asks again.
fn small(what: &str, server: &Server, token: &str, arguments: &Arguments, path: &(dyn Fn(u32) -> String + Sync)) {
    let until = Instant::now() + Duration::from_secs(arguments.seconds);
    let began = Instant::now();
    let mut times: Vec<Duration> = std::thread::scope(|scope| {
        let threads = (0..arguments.connections as u32).map(|number| {
            scope.spawn(move || {
                let (mut stream, mut times, mut buffer) = (connect(server), Vec::new(), vec![0; 1 << 16]);
                // Names are made before they are asked for: the client must not be what is measured.
                let requests: Vec<String> =
                    (0..4_096).map(|at| request(&path((at * 7_919 + number * 104_729) * 31), token)).collect();
                for request in requests.iter().cycle() {
                    let asked = Instant::now();
                    stream.write_all(request.as_bytes()).unwrap();
                    let (status, _) = answer(&mut stream, &mut buffer);
                    assert_eq!(status, "200", "{request}");
                    times.push(asked.elapsed());
                    if asked > until {
                        break;
                    }
                }
                times
            })
        });
        threads.collect::<Vec<_>>().into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let seconds = began.elapsed().as_secs_f64();
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_micros();
    println!(
        "{what}: {:.0}/s over {} connections, p50 {} µs, p99 {} µs",
        times.len() as f64 / seconds,
        arguments.connections,
        at(0.5),
        at(0.99)
    );
}

/// Reads one answer with its length, or in chunks; its status and body.
fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> (String, String) {
    let mut have = 0;
    loop {
        have += stream.read(&mut buffer[have..]).unwrap();
        let text = std::str::from_utf8(&buffer[..have]).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let whole = match length {
            Some(length) => body.len() >= length.parse::<usize>().unwrap(),
            None => body.ends_with("0\r\n\r\n"),
        };
        if whole {
            return (head.split(' ').nth(1).unwrap().to_owned(), body.to_owned());
        }
    }
}

fn stream(path: &str, server: &Server, token: &str) {
    let mut stream = connect(server);
    let began = Instant::now();
    stream.write_all(request(path, token).as_bytes()).unwrap();
    let (mut buffer, mut octets, mut lines, mut last) = (vec![0; 1 << 20], 0, 0, Vec::new());
    while !last.ends_with(b"0\r\n\r\n") {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "it was cut off");
        octets += read;
        lines += buffer[..read].split(|octet| *octet == b'\n').count() - 1;
        last = buffer[read.saturating_sub(200)..read].to_vec();
    }
    let seconds = began.elapsed().as_secs_f64();
    println!("{path}: {lines} lines, {:.0}/s, {:.0} MB/s", lines as f64 / seconds, octets as f64 / seconds / 1e6);
}

fn idle(server: &Server) {
    let before = server.memory();
    let connections: Vec<TcpStream> = (0..IDLE).map(|_| connect(server)).collect();
    // The last one has been accepted when it is answered.
    let mut stream = connect(server);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: bench\r\n\r\n").unwrap();
    answer(&mut stream, &mut vec![0; 1 << 16]);
    let grown = server.memory().saturating_sub(before);
    println!("{} idle connections: {grown} KiB more", connections.len());
}
