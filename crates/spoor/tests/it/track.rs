//! Tracks from the command line: stood, fed, decided, removed.

use serde_json::{Value, json};

use crate::program::Program;

fn done(program: &Program, arguments: &[&str]) -> Vec<Value> {
    let run = program.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn feed(program: &Program, name: &str, address: &str) {
    let record = json!({"rrname": name, "rrtype": "A", "rdata": address, "time_first": 1_790_000_000, "time_last": 1_790_000_100, "count": 2});
    let run = program.feed(&["ingest", "-", "--format", "cof", "--source", "import"], format!("{record}\n").as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
}

#[test]
fn a_track_is_stood_and_hears_of_what_comes() {
    let program = Program::new();
    program.source("import", "import");
    feed(&program, "www.known.test", "203.0.113.7");
    done(&program, &["owner", "add", "Ours"]);
    let query = "address = 203.0.113.0/24 and host startsWith www.";
    let track = done(&program, &["--json", "track", "add", query, "--name", "Their machine"]);
    assert_eq!(track[0]["track"]["query"], r#"address = 203.0.113.0/24 and host startsWith "www.""#);
    assert_eq!(track[0]["track"]["coverage"]["blind"], false);
    feed(&program, "www.new.test", "203.0.113.9");
    feed(&program, "mail.new.test", "203.0.113.9");
    feed(&program, "www.new.test", "203.0.113.9");
    let hits = done(&program, &["--json", "track", "hits", "Their machine"]);
    let told: Vec<_> = hits.iter().map(|hit| (&hit["hit"]["domain"], &hit["hit"]["kind"])).collect();
    assert_eq!(told, [(&json!("known.test"), &json!("found")), (&json!("new.test"), &json!("dns"))]);
    let id = hits[1]["hit"]["id"].as_str().unwrap();
    done(&program, &["track", "triage", id, "escalated", "--note", "act"]);
    assert_eq!(done(&program, &["--json", "track", "hits", "--state", "escalated"]).len(), 1);
    let imported = done(&program, &["--json", "track", "import", "Their machine"]);
    assert_eq!(imported[0]["imported"]["added"], 2);
    let preview = done(&program, &["--json", "track", "preview", query]);
    assert_eq!(preview[0]["preview"]["found"]["dns"], 2);
    let found = done(&program, &["--json", "registration", "search", query]);
    assert_eq!(found[0]["search"]["rows"].as_array().unwrap().len(), 2);
    assert!(!done(&program, &["--json", "track", "propose", "known.test"]).is_empty());
    done(&program, &["track", "mute", "Their machine"]);
    assert_eq!(program.run(&["track", "preview", "email ="]).code, 2);
    assert_eq!(program.run(&["track", "show", "nothing"]).code, 2);
    done(&program, &["track", "remove", "Their machine"]);
    assert_eq!(program.run(&["track", "list"]).code, 1);
}
