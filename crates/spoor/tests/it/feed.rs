//! Feeds and labels from the command line, against a server of lists on loopback, with lists as they were published.
#![allow(clippy::print_stdout, reason = "what was read, and what was skipped, is for people to see")]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use serde_json::Value;

use crate::program::{Program, Run};

/// A server of lists that says `304` to whoever knows what it has.
struct Lists {
    address: SocketAddr,
    lists: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Lists {
    fn start() -> Lists {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let lists = Lists { address, lists: Arc::default(), asked: Arc::default() };
        let (held, asked) = (lists.lists.clone(), lists.asked.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut heads = BufReader::new(stream.try_clone().unwrap()).lines();
                let heads: Vec<String> =
                    heads.by_ref().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
                let path = heads[0].split(' ').nth(1).unwrap().to_owned();
                let known = heads.iter().find_map(|line| line.strip_prefix("if-none-match: ").map(str::to_owned));
                let list = held.lock().unwrap().get(&path).cloned();
                let status = match &list {
                    Some(list) if known == Some(tag(list)) => 304,
                    Some(_) => 200,
                    None => 404,
                };
                asked.lock().unwrap().push(format!("{path} {status}"));
                let etag = list.as_ref().map(|list| format!("ETag: {}\r\n", tag(list))).unwrap_or_default();
                let list = list.filter(|_| status == 200).unwrap_or_default();
                let head =
                    format!("HTTP/1.1 {status} X\r\n{etag}Content-Length: {}\r\nConnection: close\r\n\r\n", list.len());
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&list));
            }
        });
        lists
    }

    fn put(&self, path: &str, list: impl Into<Vec<u8>>) {
        self.lists.lock().unwrap().insert(path.into(), list.into());
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn run(&self, program: &Program, arguments: &[&str]) -> Run {
        let mut command = program.command();
        command.env("SPOOR_ONLINE_FEEDS", "true");
        command.env("SPOOR_ONLINE_ALLOW_PRIVATE", format!("[\"{}\"]", self.address));
        Run::of(command.arg("--json").args(arguments).output().unwrap())
    }

    /// Runs a feed, and what the run did.
    fn fetch(&self, program: &Program, name: &str) -> Value {
        let run = self.run(program, &["feed", "run", name]);
        serde_json::from_str::<Value>(run.out.lines().last().unwrap_or_else(|| panic!("{}", run.err))).unwrap()["run"]
            .take()
    }
}

/// An entity tag that depends on the content.
fn tag(list: &[u8]) -> String {
    format!("\"{}-{}\"", list.len(), list.iter().map(|octet| u64::from(*octet)).sum::<u64>())
}

fn samples(part: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(part);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", folder.display());
    println!("skipped: no samples at {}", folder.display());
    None
}

fn hosts(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|n| format!("d{n}.example\n")).collect()
}

#[test]
fn a_feed_from_its_server_to_the_knowledge_base() {
    let (lists, program) = (Lists::start(), Program::new());
    lists.put("/list?key=secret", hosts(0..200));
    let url = lists.url("/list?key=secret");
    let added = lists.run(&program, &["feed", "add", &url, "--format", "plain", "--name", "Widgets", "--use", "alert"]);
    assert_eq!(added.code, 0, "{}", added.err);
    assert!(!added.out.contains("secret"), "{}", added.out);
    let run = lists.fetch(&program, "widgets");
    assert_eq!((run["outcome"].as_str(), run["added"].as_u64()), (Some("taken"), Some(200)), "{run}");
    assert_eq!(lists.fetch(&program, "widgets")["outcome"], "unchanged");
    assert_eq!(
        lists.asked(),
        ["/list?key=secret 200", "/list?key=secret 304"],
        "what did not change is not sent again"
    );

    lists.put("/list?key=secret", hosts(100..210));
    let run = lists.fetch(&program, "widgets");
    assert_eq!((run["added"].as_u64(), run["withdrawn"].as_u64()), (Some(10), Some(100)), "{run}");
    lists.put("/list?key=secret", hosts(0..20));
    assert_eq!(lists.fetch(&program, "widgets")["outcome"], "held");
    let listed = lists.run(&program, &["feed", "list"]).out;
    assert!(listed.contains("held for a person since"), "{listed}");
    let accepted = lists.run(&program, &["feed", "accept", "widgets"]);
    assert!(accepted.out.contains("\"outcome\":\"taken\""), "exactly what was held: {} {}", accepted.out, accepted.err);

    let ledger = program.run(&["--json", "exposure"]).out;
    assert!(
        ledger.contains("third-party") && ledger.contains("feed Widgets") && !ledger.contains("secret"),
        "{ledger}"
    );
    assert_eq!(ledger.lines().filter(|line| line.contains("\"sent\":true")).count(), 4, "{ledger}");
    assert_eq!(lists.run(&program, &["feed", "remove", "widgets"]).code, 0);
    assert_eq!(lists.run(&program, &["feed", "list"]).code, 1, "there is none");
}

#[test]
fn nothing_leaves_unless_it_is_on_and_never_inward() {
    let (lists, program) = (Lists::start(), Program::new());
    lists.put("/list", hosts(0..2));
    let url = lists.url("/list");
    let added = program.run(&["feed", "add", &url, "--format", "plain", "--name", "inside"]);
    assert!(added.code == 0 && added.out.contains("feeds are off"), "{}", added.out);
    let run = program.run(&["--json", "feed", "run", "inside"]);
    assert!(run.code == 1 && run.out.contains("not configured: feeds are off"), "{}", run.out);
    let mut command = program.command();
    let run = Run::of(command.env("SPOOR_ONLINE_FEEDS", "true").args(["feed", "run", "inside"]).output().unwrap());
    assert!(run.code == 1 && run.out.contains("is a loopback address and not listed as allowed"), "{}", run.out);
    assert_eq!(lists.asked(), [""; 0]);
    let bad = program.run(&["feed", "add", "file:///etc/passwd", "--format", "plain"]);
    assert_eq!(bad.code, 2, "{}", bad.err);
}

#[test]
fn the_server_runs_what_is_due() {
    let (lists, program) = (Lists::start(), Program::new());
    lists.put("/list", hosts(0..3));
    let added = lists.run(&program, &["feed", "add", &lists.url("/list"), "--format", "plain", "--name", "due"]);
    assert_eq!(added.code, 0, "{}", added.err);
    let allowed = format!("[\"{}\"]", lists.address);
    let variables = [("SPOOR_ONLINE_FEEDS", "true"), ("SPOOR_ONLINE_ALLOW_PRIVATE", allowed.as_str())];
    let server = crate::http::Server::start(program, &variables);
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !server.program.run(&["--json", "feed", "show", "due"]).out.contains("\"outcome\":\"taken\"") {
        assert!(std::time::Instant::now() < until, "the feed was not run");
    }
    assert_eq!(lists.asked(), ["/list 200"]);
}

#[test]
fn published_lists_of_each_form() {
    let (Some(infra), Some(misp), Some(stix)) = (samples("infra"), samples("misp"), samples("stix")) else { return };
    let (lists, program) = (Lists::start(), Program::new());
    let uuid = "5d0a1f2e-0000-4000-8000-00000000000a";
    let index = format!("{{\"{uuid}\":{{\"timestamp\":\"1790000000\",\"info\":\"one\"}}}}");
    lists.put("/misp/manifest.json", index);
    let read = |path: PathBuf| std::fs::read(path).unwrap();
    lists.put(&format!("/misp/{uuid}.json"), read(misp.join("events/turla__misp-turla-crutch-event.json")));
    lists.put("/domains", read(infra.join("amnesty/2024-05-02_wintego_helios/domains.txt")));
    lists.put("/hashes.csv", read(infra.join("amnesty/2020-09-25_finfisher/sha256.csv")));
    lists.put("/bundle", read(stix.join("bundles/cytrox.stix2")));
    for (path, format) in
        [("/domains", "plain"), ("/hashes.csv", "csv"), ("/misp/manifest.json", "misp"), ("/bundle", "stix")]
    {
        let added = lists.run(&program, &["feed", "add", &lists.url(path), "--format", format, "--name", path]);
        assert_eq!(added.code, 0, "{}", added.err);
        let run = lists.fetch(&program, path);
        println!("{path}: {} listed, {} new, {} refused", run["listed"], run["added"], run["refused"]);
        assert!(run["outcome"] == "taken" && run["added"].as_u64().unwrap() > 5, "{run}");
    }
}

#[test]
fn labels_explain_and_keep_out() {
    let program = Program::new();
    let list = r#"{"name":"Resolvers","description":"everybody's","version":3,"type":"cidr",
        "matching_attributes":["ip-src","ip-dst"],"list":["198.51.100.0/24"]}"#;
    std::fs::create_dir_all(program.data.path().join("lists/resolvers")).unwrap();
    program.file("lists/resolvers/list.json", list.as_bytes());
    let own = program.file("own.txt", b"# our own\ncorp.example\n");
    assert_eq!(program.run(&["owner", "add", "Ours", "--kind", "organization"]).code, 0);
    let folder = program.data.path().join("lists").display().to_string();
    let brought = program.run(&["label", "import", &folder]);
    assert!(
        brought.code == 0 && brought.out.contains("added `Resolvers`: 1 entries"),
        "{} {}",
        brought.out,
        brought.err
    );
    assert_eq!(program.run(&["label", "import", &own, "--excludes"]).code, 0);
    let of = |value: &str| program.run(&["label", "match", value, "--owner", "ours"]).out;
    assert!(of("198.51.100.7").contains("Resolvers"));
    assert!(of("hxxps://www.corp[.]example/x").contains("keeps out"), "{}", of("www.corp.example"));
    let overrule = ["label", "overrule", "own", "www.corp.example", "--owner", "ours", "--reason", "broken into"];
    assert_eq!(program.run(&overrule).code, 0);
    assert!(of("www.corp.example").contains("overruled: broken into"));
    assert_eq!(program.run(&["label", "explain", "own"]).code, 0);
    assert!(of("corp.example").contains("explains"));
    assert_eq!(program.run(&["label", "match", "d1.example", "--owner", "ours"]).code, 1);
    assert_eq!(program.run(&["label", "remove", "resolvers"]).code, 0);
    assert!(of("198.51.100.7").is_empty() || !of("198.51.100.7").contains("Resolvers"));
}

#[test]
fn a_run_that_is_killed_leaves_nothing_half_done() {
    use std::{
        process::Stdio,
        time::{Duration, Instant},
    };
    let (lists, program) = (Lists::start(), Program::new());
    lists.put("/list", hosts(0..30_000));
    let added = lists.run(&program, &["feed", "add", &lists.url("/list"), "--format", "plain", "--name", "long"]);
    assert_eq!(added.code, 0, "{}", added.err);
    let shown = || -> Value {
        let shown = lists.run(&program, &["feed", "show", "long"]).out;
        serde_json::from_str(shown.lines().next().unwrap()).unwrap()
    };
    for round in 0..3u64 {
        let mut command = program.command();
        command.env("SPOOR_ONLINE_FEEDS", "true").env("SPOOR_ONLINE_ALLOW_PRIVATE", format!("[\"{}\"]", lists.address));
        let mut child =
            command.args(["feed", "run", "long"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut served = None;
        while child.try_wait().unwrap().is_none() {
            if served.is_none() && !lists.asked().is_empty() {
                served = Some(Instant::now());
            }
            if served.is_some_and(|at: Instant| at.elapsed() >= Duration::from_millis(200 * round)) {
                child.kill().unwrap();
                break;
            }
        }
        child.wait().unwrap();
        let (state, imports) =
            (shown()["state"].clone(), program.run(&["--json", "audit", "list", "--action", "import."]));
        let size = state["size"].as_u64().unwrap();
        assert!(size == 0 || size == 30_000, "{state}");
        assert_eq!(imports.out.contains("import.add"), size > 0, "the log and the state say the same: {}", imports.out);
    }
    let run = lists.fetch(&program, "long");
    assert!(matches!(run["outcome"].as_str(), Some("taken" | "unchanged")), "{run}");
    assert_eq!(shown()["state"]["size"], 30_000);
}
