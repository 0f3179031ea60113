//! Bringing in: counted once, kept whatever happens, one writer.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::{Duration, Instant},
};

use crate::program::Program;

fn lines(count: usize) -> String {
    let line = |number: usize| {
        format!(
            "{{\"rrname\":\"h{}.d{}.test\",\"rrtype\":\"A\",\"rdata\":\"198.51.100.{}\",\"time_first\":{number},\"time_last\":{number},\"count\":1}}\n",
            number % 7,
            number / 7,
            number % 250,
        )
    };
    (0..count).map(line).collect()
}

const INGEST: [&str; 6] = ["--json", "ingest", "--format", "cof", "--source", "sensor"];

fn total_count(program: &Program) -> u64 {
    let run = program.run(&["--json", "lookup", "198.51.100.0/24"]);
    let records = run.lines()[0]["records"].as_array().unwrap().clone();
    records.iter().map(|record| record["count"].as_u64().unwrap()).sum()
}

#[test]
fn the_same_input_counts_once() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let file = program.file("pdns.json", lines(500).as_bytes());
    let ingest = || program.run(&[&INGEST[..], &[&file]].concat()).lines()[0]["summary"].clone();
    let (first, second) = (ingest(), ingest());
    assert_eq!((first["stored"].as_u64(), first["known"].as_u64()), (Some(500), Some(0)));
    assert_eq!((second["stored"].as_u64(), second["known"].as_u64()), (Some(0), Some(500)));
    assert_eq!(total_count(&program), 500);
    assert_eq!(program.run(&["compact"]).code, 0);
    assert_eq!(total_count(&program), 500);
    assert_eq!(program.run(&["check"]).code, 0);
}

#[test]
fn a_registration_shows_who_had_it_when() {
    let program = Program::new();
    program.source("look", "lookup");
    for (registrar, email, at) in [("One", "ada@mail.test", "2021-01-01"), ("Two", "eve@mail.test", "2022-01-01")] {
        let answer = format!("Domain Name: WIDGETS.EXAMPLE\nRegistrar: {registrar}\nRegistrant Email: {email}\n");
        let file = program.file(at, answer.as_bytes());
        let options = ["--format", "whois", "--source", "look", "--domain", "widgets.example", "--at", at];
        assert_eq!(program.run(&[&["ingest", &file], &options[..]].concat()).code, 0);
    }
    let found = program.run(&["--json", "whois", "widgets.example"]).lines()[0].clone();
    assert_eq!((found["steps"][1]["turn"].as_str(), found["steps"][1]["epoch"].as_u64()), (Some("moved"), Some(2)));
    let then = program.run(&["whois", "widgets.example", "--at", "2021-06-01"]).out;
    assert!(then.contains("One") && !then.contains("Two"), "{then}");
    let raw = program.run(&["registration", "widgets.example", "--raw"]).out;
    assert!(raw.lines().any(|line| line == "Registrar: One"), "{raw}");
    assert_eq!(program.run(&["registration", "nothing.example", "--history"]).code, 1);
}

#[test]
fn an_address_shows_its_network_and_what_announced_it_before() {
    let program = Program::new();
    program.source("routes", "import");
    program.source("registry", "import");
    program.source("sensor", "sensor");
    let table = "prefix,origin,holder,country,date\n192.0.2.0/24,64496,,,2026-03-01\n192.0.2.0/24,64500,,,2026-06-01\n";
    let routes = program.file("routes.csv", table.as_bytes());
    let stored = program.run(&["--json", "ingest", "--format", "prefixes", "--source", "routes", &routes]).lines();
    assert_eq!((stored[0]["summary"]["stored"].as_u64(), stored[0]["summary"]["refused"].as_u64()), (Some(2), Some(0)));
    let answer = r#"{"raw": {"objectClassName": "ip network", "startAddress": "192.0.0.0", "endAddress": "192.0.255.255",
        "name": "EXAMPLE-NET", "country": "NL"}}"#;
    let answer = program.file("registry.json", answer.replace('\n', " ").as_bytes());
    assert_eq!(program.run(&["ingest", "--format", "rdap", "--source", "registry", &answer]).code, 0);
    let network = program.run(&["--json", "lookup", "192.0.2.7"]).lines()[0]["network"].clone();
    assert_eq!((network["prefix"].as_str(), network["country"].as_str()), (Some("192.0.2.0/24"), Some("NL")));
    assert_eq!((network["origins"][0].as_u64(), network["before"][0]["origin"].as_u64()), (Some(64_500), Some(64_496)));
    let shown = program.run(&["lookup", "192.0.2.7"]).out;
    assert!(shown.contains("AS64500 EXAMPLE-NET, NL") && shown.contains("AS64496 until 2026-03-01"), "{shown}");
    assert_eq!(program.run(&["lookup", "203.0.113.1"]).code, 1);
}

#[test]
fn backup_comes_back() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let file = program.file("pdns.json", lines(200).as_bytes());
    assert_eq!(program.run(&[&INGEST[..], &[&file]].concat()).code, 0);
    let outside = tempfile::tempdir().unwrap();
    let to = outside.path().join("backup").display().to_string();
    assert_eq!(program.run(&["backup", &to]).code, 0);
    let other = Program::new();
    let restored = other.run(&["restore", &to]);
    assert_eq!(restored.code, 0, "{}", restored.err);
    assert_eq!(total_count(&other), 200);
    assert_ne!(program.run(&["restore", &to]).code, 0, "a store that is there is not overwritten");
}

#[test]
fn one_writer_and_readers_beside_it() {
    let program = Program::new();
    program.source("sensor", "sensor");
    let mut writer = program
        .command()
        .args(["ingest", "-", "--format", "cof", "--source", "sensor"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // It has the store once its process number is in the lock; a try before that could take the store from it.
    let (lock, writing) = (program.path().join("observations/lock"), writer.id().to_string());
    wait_until(|| std::fs::read_to_string(&lock).is_ok_and(|by| by.contains(&writing)));
    let second = program.run(&["source", "add", "second", "--kind", "sensor"]);
    assert_eq!(second.code, 3, "{}", second.err);
    assert!(second.err.contains("being written to by process"), "{}", second.err);
    assert_eq!(program.run(&["source", "list"]).code, 0, "reading goes on");
    drop(writer.stdin.take());
    assert!(writer.wait().unwrap().success());
    assert_eq!(program.run(&["source", "add", "third", "--kind", "sensor"]).code, 0);
}

/// Waits for a bounded time.
fn wait_until(holds: impl Fn() -> bool) {
    let until = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < until, "it did not come to that in time");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Killed at random moments, an ingest loses nothing that it acknowledged, and the same ingest again completes it and
/// counts everything once.
#[test]
fn killed_during_ingest() {
    let rounds = if std::env::var_os("SPOOR_TEST_LONG").is_some() { 20 } else { 3 };
    let text = lines(260_000);
    for round in 0..rounds {
        let program = Program::new();
        program.source("sensor", "sensor");
        let file = program.file("pdns.json", text.as_bytes());
        let mut child = program.command().args(INGEST).arg(&file).stdout(Stdio::piped()).spawn().unwrap();
        // Moments spread over the run: the store's log grows as batches are acknowledged.
        let (began, moment) = (Instant::now(), Duration::from_millis(20 + 97 * round as u64 % 900));
        while began.elapsed() < moment && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        let ended = BufReader::new(child.stdout.take().unwrap()).lines().count();
        child.wait().unwrap();
        let check = program.run(&["check"]);
        assert_eq!(check.code, 0, "round {round}: {}{}", check.out, check.err);
        let again = program.run(&[&INGEST[..], &[&file]].concat());
        let summary = again.lines()[0]["summary"].clone();
        let (stored, known) = (summary["stored"].as_u64().unwrap(), summary["known"].as_u64().unwrap());
        assert_eq!(stored + known, 260_000, "round {round}");
        assert!(ended == 0 || known == 260_000, "round {round}: an ingest that said it ended was complete");
        let run = program.run(&["--json", "pivot", "d7.test", "subdomain"]);
        assert_eq!(run.lines()[0]["share"]["names"], 7, "round {round}");
        let run = program.run(&["--json", "lookup", "d7.test"]);
        let counts: u64 =
            run.lines()[0]["records"].as_array().unwrap().iter().map(|r| r["count"].as_u64().unwrap()).sum();
        assert_eq!(counts, 7, "round {round}: counted once");
    }
}
