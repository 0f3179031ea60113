//! A simulated resolver's hour, sent to `spoor sensor dnstap` at full speed while others look names up.
//!
//! `cargo bench -p spoor --bench day -- [--messages N] [--domains N]`: as many messages as an hour of 5,000 a second would
//! bring, where nothing else is said. The sensor is the built program; whoever asks reads the same store from another
//! process, as `spoor lookup` does beside a sensor. Memory is the sensor's own (`VmRSS`, `VmHWM`).
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs, reason = "a measurement")]

use std::{
    io::{BufRead, BufReader},
    os::unix::net::UnixStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use model::{Name, Readable};
use observations::{Options, Query, Store, Subject};
use range::{Day, World};

const SPOOR: &str = env!("CARGO_BIN_EXE_spoor");

fn main() {
    let (messages, domains) = arguments();
    let dir = tempfile::tempdir().unwrap();
    let world = World::generated(1, domains);
    let day = Day { seed: 1, start: world.now(), a_second: 5000, questions: 1 << 20, remembered: 60 };
    let mut resolver = world.resolver(day);
    let program = |arguments: &[&str]| {
        let mut command = Command::new(SPOOR);
        command.env("SPOOR_DATA", dir.path()).args(arguments);
        command
    };
    assert!(program(&["source", "add", "sensor", "--kind", "sensor"]).status().unwrap().success());
    let socket = dir.path().join("dnstap.sock");
    let socket_name = socket.display().to_string();
    let mut sensor = program(&["--json", "sensor", "dnstap", "--socket", &socket_name, "--source", "sensor"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(sensor.stdout.take().unwrap()).lines();
    println!("{}", said.next().unwrap().unwrap());

    let names: Vec<Name> = resolver.zones().step_by(97).take(5000).cloned().collect();
    let store = dir.path().join("observations");
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(&store, &names, &ended));
        let began = Instant::now();
        let mut stream = UnixStream::connect(&socket).unwrap();
        let part = messages / 20;
        let mut next = part;
        let sent = resolver.send(&mut stream, messages, |sent| {
            if sent >= next {
                next += part;
                report(&sensor, sent, began);
            }
        });
        sent.unwrap();
        let seconds = began.elapsed().as_secs_f64();
        println!("all taken: {messages} messages in {seconds:.1} s, {:.0} a second", messages as f64 / seconds);
        ended.store(true, Ordering::Release);
        asking.join().unwrap();
    });
    println!("{}", said.next().unwrap().unwrap());
    let peak = memory(&sensor, "VmHWM:");
    Command::new("kill").arg(sensor.id().to_string()).status().unwrap();
    sensor.wait().unwrap();
    println!("the sensor's peak: {peak} MiB");
}

fn arguments() -> (u64, usize) {
    let (mut messages, mut domains) = (5000 * 3600, 200_000);
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = given.next() {
        let value = given.next().unwrap();
        match argument.as_str() {
            "--messages" => messages = value.parse().unwrap(),
            "--domains" => domains = value.parse().unwrap(),
            _ => panic!("unknown argument {argument}"),
        }
    }
    (messages, domains)
}

fn report(sensor: &Child, sent: u64, began: Instant) {
    let seconds = began.elapsed().as_secs_f64();
    println!("{sent} messages, {seconds:.1} s: the sensor has {} MiB", memory(sensor, "VmRSS:"));
}

fn memory(sensor: &Child, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", sensor.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

/// Looks names up, a hundred every fifty milliseconds, each time from what was acknowledged by then.
fn ask(dir: &Path, names: &[Name], ended: &AtomicBool) {
    let store = Store::open_reader(dir, Options::default()).unwrap();
    let (mut times, mut rows, mut waits) = (Vec::new(), 0, Vec::new());
    for hundred in names.chunks(100).cycle().take_while(|_| !ended.load(Ordering::Acquire)) {
        let began = Instant::now();
        store.refresh().unwrap();
        let snapshot = store.snapshot();
        waits.push(began.elapsed().as_secs_f64() * 1e6);
        for name in hundred {
            let began = Instant::now();
            let query = Query::new(Subject::Within(name.clone()), Readable::All, 1000);
            rows += snapshot.dns(&query).unwrap().rows.len();
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    waits.sort_by(f64::total_cmp);
    println!(
        "taking in what is new: p50 {:.0} ms, at most {:.0} ms",
        waits[waits.len() / 2] / 1e3,
        waits[waits.len() - 1] / 1e3
    );
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((times.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    println!("look-ups beside: {}, p50 {:.0} µs, p99 {:.0} µs, {rows} records", times.len(), at(0.5), at(0.99));
}
