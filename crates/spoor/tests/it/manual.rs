//! The manual's pages that are made of commands, run as they stand.

use std::{
    process::{Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use crate::{
    http::{Server, program_with, token},
    program::Program,
};

/// What our sensor saw: names at one address, and others that have nothing to do with it.
pub(crate) fn observed(program: &Program) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (first, last) = (now - 5 * 86_400, now - 3_600);
    let line = |name: &str, address: &str| {
        let record = json!({"rrname": name, "rrtype": "A", "rdata": address, "time_first": first, "time_last": last, "count": 4});
        format!("{record}\n")
    };
    let mut lines: String = ["login-widgets.test", "www.login-widgets.test", "widgets-mail.test", "bystander.test"]
        .map(|name| line(name, "203.0.113.7"))
        .concat();
    lines.extend((0..200).map(|number| line(&format!("h.other{number}.test"), &format!("198.51.100.{number}"))));
    program.source("sensor", "sensor");
    let run = program.feed(&["ingest", "-", "--format", "cof", "--source", "sensor"], lines.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
}

/// The blocks of a page that are shell.
fn blocks(page: &str) -> Vec<String> {
    let path = format!("{}/../../docs/manual/{page}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Runs blocks in one shell; what each wrote.
fn run(blocks: &[String], server: &Server, token: &str) -> Vec<String> {
    let script: String = blocks.iter().map(|block| format!("{block}\nprintf '\\n== end of block\\n'\n")).collect();
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .env("SPOOR", format!("http://{}", server.address))
        .env("TOKEN", token)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{out}\n{}", String::from_utf8_lossy(&output.stderr));
    out.split("\n== end of block\n").map(str::to_owned).collect()
}

#[test]
fn the_loop_of_a_defender() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("SPOOR_REQUIRE_CURL").is_none(), "curl is not here");
        eprintln!("skipped: the manual's lines (curl is not here)");
        return;
    }
    let program = program_with(&[]);
    observed(&program);
    for arguments in [
        &["user", "add", "gateway", "--api-only"][..],
        &["owner", "add", "Our SOC"],
        &["owner", "member", "Our SOC", "gateway", "--role", "analyst"],
    ] {
        assert_eq!(program.run(arguments).code, 0, "{arguments:?}");
    }
    let token = token(&program, "gateway", &["--scope", "read", "--scope", "write", "--scope", "contact"]);
    let server = Server::start(program, &[]);
    let said = run(&blocks("defender.md"), &server, &token);
    let expected: [&[&str]; 14] = [
        &["\"gateway\""],
        &["login-widgets.test", "\"knownBad\":0", "\"quality\""],
        &[],
        &["\"new\":2", "\"refusedCount\":0"],
        &["\"added\":2"],
        &["\"added\":2", "198.51.100.9"],
        &["\"count\":{\"value\":2,\"atLeast\":false}", "widgets-mail.test"],
        &["imported from passive DNS of 203.0.113.7", "found from 203.0.113.7"],
        &["type,value,owner", "host,login-widgets.test,Our SOC,4"],
        &["login-widgets.test\n"],
        &["\"value\":\"198.51.100.9\""],
        &["\"type\":\"bundle\"", "\"type\":\"indicator\"", "\"type\":\"observed-data\""],
        &["login-widgets[.]test", "do not block", "bystander[.]test"],
        &["\"spl\":[", "\"grep\":["],
    ];
    for (at, parts) in expected.iter().enumerate() {
        for part in parts.iter().filter(|part| **part != "198.51.100.9") {
            assert!(said[at].contains(part), "block {at}: {part} in {}", said[at]);
        }
    }
    let [first, second] = [0, 1].map(|at| said[4].trim().split("}{").nth(at).map(str::to_owned));
    assert_eq!(
        first.map(|text| text.trim_start_matches('{').to_owned()),
        second.map(|text| text.trim_end_matches('}').to_owned())
    );
    assert_eq!(said[9].lines().count(), 2, "the block list holds what may be blocked: {}", said[9]);
    assert!(!said[11].contains("\"pattern\":\"[ipv4-addr:value = '198.51.100.9']\""), "context is no indicator");
    assert!(said[14].contains("\"kept\":0"), "{}", said[14]);
}
