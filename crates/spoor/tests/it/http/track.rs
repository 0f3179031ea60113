//! Tracks at a server: by `--server`, and hits as server-sent events.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::{By, Server, program_with, token};
use crate::program::Program;

struct Scene {
    server: Server,
    token: String,
    /// A program with nothing of its own.
    elsewhere: Program,
    file: String,
}

fn scene() -> Scene {
    let program = program_with(&[&["analyst"]]);
    program.source("sensor", "sensor");
    for arguments in [&["owner", "add", "Ours"][..], &["owner", "member", "Ours", "analyst", "--role", "manager"]] {
        assert_eq!(program.run(arguments).code, 0, "{arguments:?}");
    }
    let scopes: Vec<&str> =
        ["read", "write", "contact", "observe"].iter().flat_map(|scope| ["--scope", scope]).collect();
    let token = token(&program, "analyst", &scopes);
    let elsewhere = Program::new();
    let file = elsewhere.file("token", token.as_bytes());
    Scene { server: Server::start(program, &[]), token, file, elsewhere }
}

impl Scene {
    fn done(&self, arguments: &[&str]) -> Vec<Value> {
        let url = format!("http://{}", self.server.address);
        let front = ["--server", &url, "--token-file", &self.file, "--json"];
        let run = self.elsewhere.run(&[&front[..], arguments].concat());
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
        run.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    fn feed(&self, name: &str, address: &str) {
        let record = json!({"rrname": name, "rrtype": "A", "rdata": address, "time_first": 1_790_000_000,
            "time_last": 1_790_000_100, "count": 2});
        let path = "/api/v1/observations?source=sensor&format=cof";
        let headers = [("authorization", format!("Bearer {}", self.token)), ("content-type", "text/plain".to_owned())];
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = self.server.send("POST", path, &headers, Some(&format!("{record}\n")));
        assert_eq!(reply.status, 200, "{}", reply.body);
    }
}

#[test]
fn a_track_at_a_server_tells_as_it_hears() {
    let scene = scene();
    let query = "address = 203.0.113.0/24";
    let track = scene.done(&["track", "add", query, "--name", "Their machine"]);
    let id = track[0]["track"]["id"].as_str().unwrap().to_owned();
    assert_eq!(track[0]["track"]["coverage"]["blind"], true, "nothing came yet");
    // A client that listens before anything comes.
    let mut stream = TcpStream::connect(scene.server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let asked = format!(
        "GET /api/v1/tracks/hits/stream?since=2020-01-01T00:00:00Z&track={id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\r\n",
        scene.token
    );
    stream.write_all(asked.as_bytes()).unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains(" 200 "));
    assert!(lines.any(|line| line.to_lowercase() == "content-type: text/event-stream"));
    scene.feed("www.new.test", "203.0.113.9");
    assert!(lines.any(|line| line == "event: hit"));
    let data = lines.next().unwrap();
    let hit: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!((&hit["domain"], &hit["kind"], &hit["track"]), (&json!("new.test"), &json!("dns"), &json!(id)));
    drop(lines);
    // The same from the command line.
    let hits = scene.done(&["track", "hits", "Their machine"]);
    assert_eq!((hits.len(), &hits[0]["hit"]["id"]), (1, &hit["id"]));
    let shown = scene.done(&["track", "show", "Their machine"]);
    assert_eq!(shown[0]["track"]["coverage"]["blind"], false);
    scene.done(&["track", "triage", hit["id"].as_str().unwrap(), "watched", "--note", "look"]);
    assert_eq!(scene.done(&["track", "hits", "--state", "watched"]).len(), 1);
    assert_eq!(scene.done(&["track", "import", "Their machine"])[0]["imported"]["added"], 1);
    assert_eq!(scene.done(&["track", "preview", query])[0]["preview"]["found"]["dns"], 1);
    let found = scene.done(&["registration", "search", query]);
    assert_eq!(found[0]["search"]["rows"][0]["domain"], "new.test");
    assert!(!scene.done(&["track", "propose", "new.test"]).is_empty());
    scene.done(&["track", "mute", "Their machine"]);
    assert_eq!(scene.done(&["track", "list"])[0]["track"]["muted"], true);
    scene.done(&["track", "remove", "Their machine"]);
    let all = scene.server.ask(&By::Token(scene.token.clone()), "GET", "/api/v1/tracks", None).json();
    assert_eq!(all["items"], json!([]));
}
