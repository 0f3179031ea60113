//! Indicators, imports, exports, look-ups, pivots and hunts, as clients see them.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::{Value, json};

use super::{By, Reply, Server, program_with, token};
use crate::manual::observed;

struct Scene {
    server: Server,
    analyst: By,
    /// A token that may not search by contact.
    small: By,
    stranger: By,
    owner: String,
}

fn scene() -> Scene {
    let program = program_with(&[&["analyst"], &["stranger"]]);
    observed(&program);
    for arguments in [
        &["owner", "add", "Ours"][..],
        &["owner", "add", "Others"],
        &["owner", "member", "Ours", "analyst", "--role", "manager"],
        &["owner", "member", "Others", "stranger", "--role", "manager"],
    ] {
        assert_eq!(program.run(arguments).code, 0, "{arguments:?}");
    }
    let small = By::Token(token(&program, "analyst", &["--scope", "read"]));
    let server = Server::start(program, &[]);
    let (analyst, stranger) = (server.sign_in("analyst"), server.sign_in("stranger"));
    let owners = server.ask(&analyst, "GET", "/api/v1/owners", None).json();
    let owner = owners["items"][0]["id"].as_str().unwrap().to_owned();
    Scene { server, analyst, small, stranger, owner }
}

impl Scene {
    fn get(&self, path: &str) -> Reply {
        self.server.ask(&self.analyst, "GET", path, None)
    }

    fn post(&self, path: &str, body: Value) -> Reply {
        self.server.ask(&self.analyst, "POST", path, Some(body))
    }

    fn bulk(&self, values: &[&str]) -> Value {
        let rows: Vec<Value> = values.iter().map(|value| json!({"value": value, "rating": 4})).collect();
        let reply = self.post("/api/v1/indicators/bulk", json!({"owner": self.owner, "rows": rows}));
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.json()
    }
}

#[test]
fn an_opinion_is_changed_by_who_has_seen_it() {
    let scene = scene();
    let row = json!({"value": "bad[.]test", "rating": 4, "confidence": 90, "tags": ["a"]});
    let added = scene.post("/api/v1/indicators", json!({"owner": scene.owner, "row": row}));
    assert_eq!(added.status, 201, "{}", added.body);
    let added = added.json();
    let id = added["id"].as_str().unwrap();
    assert_eq!((&added["defanged"], &added["evidence"][0]["words"]), (&"bad[.]test".into(), &"entered by hand".into()));
    let path = format!("/api/v1/indicators/{id}/opinions/{}", scene.owner);
    let shown = scene.get(&path);
    let etag = shown.header("etag").unwrap().to_owned();
    let patch = |etag: &str, body: Value| {
        scene.server.ask_with(&scene.analyst, "PATCH", &path, &[("if-match", etag)], Some(body))
    };
    assert_eq!(scene.server.ask(&scene.analyst, "PATCH", &path, Some(json!({"rating": 5}))).status, 428);
    let changed = patch(&etag, json!({"rating": null, "use": "block"}));
    assert_eq!((changed.status, &changed.json()["rating"]), (200, &Value::Null), "{}", changed.body);
    assert_eq!(patch(&etag, json!({"rating": 1})).status, 412, "somebody was faster");
    let etag = changed.header("etag").unwrap().to_owned();
    let free = patch(&etag, json!({"tlp": "clear"}));
    assert_eq!((free.status, &free.json()["errors"][0]["field"]), (422, &"reason".into()));
    assert_eq!(patch(&etag, json!({"owner": "mine"})).status, 422, "no mass assignment");
    let hidden = scene.server.ask(&scene.stranger, "GET", &format!("/api/v1/indicators/{id}"), None);
    assert_eq!(hidden.status, 404);
    let theft = scene.server.ask_with(&scene.stranger, "DELETE", &path, &[("if-match", &etag)], None);
    assert_eq!(theft.status, 404);
    let gone = scene.server.ask_with(&scene.analyst, "DELETE", &path, &[("if-match", &etag)], None);
    assert_eq!(gone.status, 204, "{}", gone.body);
    assert_eq!(scene.get("/api/v1/indicators/by-value?value=bad.test").status, 404);
}

#[test]
fn lists_go_on_and_show_what_was_asked_for() {
    let scene = scene();
    let done = scene.bulk(&["a.test", "b.test", "not a value", "a.test", "c.test"]);
    let results: Vec<&str> =
        done["rows"].as_array().unwrap().iter().map(|row| row["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["added", "added", "refused", "added", "added"]);
    let first = scene.get("/api/v1/indicators?query=type%20%3D%20host&limit=2&count=true&fields=value").json();
    assert_eq!(first["count"], json!({"value": 3, "atLeast": false}));
    assert_eq!(first["items"][0].as_object().unwrap().len(), 1, "one field was asked for");
    let cursor = first["next"].as_str().unwrap();
    let second =
        scene.get(&format!("/api/v1/indicators?query=type%20%3D%20host&limit=2&count=true&cursor={cursor}")).json();
    assert_eq!((second["items"].as_array().unwrap().len(), &second["next"]), (1, &Value::Null));
    assert_eq!(scene.get(&format!("/api/v1/indicators?query=&cursor={cursor}")).status, 400, "of another query");
    let stranger = scene.server.ask(&scene.stranger, "GET", "/api/v1/indicators?count=true", None).json();
    assert_eq!(stranger["count"]["value"], 0);
    for (query, status) in [("query=colour+%3D+1", 422), ("order=up", 400), ("fields=colour", 400), ("limit=0", 400)] {
        assert_eq!(scene.get(&format!("/api/v1/indicators?{query}")).status, status, "{query}");
    }
}

#[test]
fn imports_are_previewed_done_once_and_taken_back() {
    let scene = scene();
    let body = json!({"owner": scene.owner, "pivot": {"value": "203.0.113.7", "kind": "address"}});
    let preview = scene.post("/api/v1/imports/preview", body.clone()).json();
    assert_eq!((&preview["count"], &preview["new"]), (&4.into(), &4.into()), "{preview}");
    let once = || {
        scene.server.ask_with(
            &scene.analyst,
            "POST",
            "/api/v1/imports",
            &[("idempotency-key", "k")],
            Some(body.clone()),
        )
    };
    let (first, second) = (once(), once());
    assert_eq!((first.status, second.status), (201, 201), "{}", first.body);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(scene.get("/api/v1/imports").json()["items"].as_array().unwrap().len(), 1);
    let again = scene.post("/api/v1/imports", body);
    assert_eq!((again.status, &again.json()["unchanged"]), (200, &4.into()), "nothing changed, nothing in history");

    let pivot = scene.get("/api/v1/pivot?value=203.0.113.7&kind=address").json();
    assert_eq!((&pivot["values"][0]["knownAlready"], &pivot["values"][0]["knownBad"]), (&3.into(), &0.into()));
    let other = scene.server.ask(&scene.stranger, "GET", "/api/v1/pivot?value=203.0.113.7&kind=address", None).json();
    assert_eq!(other["values"][0]["knownAlready"], 0, "what others hold is not told");

    let import = first.json()["import"]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/imports/{import}");
    assert_eq!(scene.server.ask(&scene.stranger, "GET", &path, None).status, 404);
    let undone = scene.server.ask(&scene.analyst, "POST", &format!("{path}/undo"), None);
    assert_eq!(undone.json(), json!({"removed": 4, "restored": 0, "kept": 0}));
    assert_eq!(scene.server.ask(&scene.analyst, "POST", &format!("{path}/undo"), None).status, 409, "once");
    let text = [("content-type", "text/plain")];
    let file = format!("/api/v1/imports?format=plain&owner={}", scene.owner);
    let By::Session(cookie) = &scene.analyst else { panic!() };
    let reply = scene.server.send("POST", &file, &[text[0], ("cookie", cookie)], Some("x.test\nnot one\n"));
    assert_eq!((reply.status, &reply.json()["refusedCount"]), (201, &1.into()), "{}", reply.body);
    for (path, body) in [
        ("/api/v1/imports", json!({"owner": scene.owner})),
        (
            "/api/v1/imports",
            json!({"owner": scene.owner, "pivot": {"value": "203.0.113.7", "kind": "address"}, "chosen": ["no.test"]}),
        ),
        ("/api/v1/imports", json!({"owner": scene.owner, "hunt": {"seeds": []}})),
        ("/api/v1/answers", json!({})),
    ] {
        assert_eq!(scene.post(path, body.clone()).status, 422, "{body}");
    }
}

#[test]
fn exports_go_by_audience_and_are_written_down() {
    let scene = scene();
    scene.bulk(&["a.test", "203.0.113.9"]);
    let row = json!({"value": "secret.test", "tlp": "red", "description": "=1+1"});
    assert_eq!(scene.post("/api/v1/indicators", json!({"owner": scene.owner, "row": row})).status, 201);
    let lines = |query: &str| scene.get(&format!("/api/v1/exports/indicators?{query}")).body.lines().count();
    assert_eq!(lines("format=jsonl"), 2, "red does not leave the recipients");
    assert_eq!(lines("format=jsonl&audience=recipients"), 3);
    assert_eq!(lines("format=plain&audience=public"), 0);
    let csv = scene.get("/api/v1/exports/indicators?format=csv&audience=recipients&query=tlp%3Dred");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(csv.body.contains("'=1+1"), "{}", csv.body);
    assert_eq!(scene.get("/api/v1/exports/indicators?format=pdf").status, 400);
    let audit = scene.server.program.run(&["--json", "audit", "list", "--action", "indicator.export"]).lines();
    assert_eq!(audit.len(), 4, "{audit:?}");
}

#[test]
fn contacts_are_searched_with_their_scope_alone() {
    let scene = scene();
    for path in ["/api/v1/pivot?value=a%40b.test&kind=email", "/api/v1/lookup?value=a%40b.test"] {
        assert_eq!(scene.server.ask(&scene.small, "GET", path, None).status, 403, "{path}");
        assert_eq!(scene.get(path).status, 200, "{path}");
    }
    let hunt = scene.server.ask(&scene.small, "POST", "/api/v1/hunts", Some(json!({"seeds": ["a.test"]})));
    assert_eq!(hunt.status, 403);
    let lookup = scene.get("/api/v1/lookup?value=login-widgets%5B.%5Dtest").json();
    assert_eq!((&lookup["found"], &lookup["records"][0]["rdata"]), (&true.into(), &"203.0.113.7".into()));
}

#[test]
fn a_hunt_tells_as_it_goes_and_ends_with_its_client() {
    let scene = scene();
    let body = json!({"seeds": ["login-widgets.test"]});
    let reply = scene.post("/api/v1/hunts", body.clone());
    assert_eq!(reply.header("content-type"), Some("text/event-stream"), "{}", reply.body);
    let events: Vec<&str> = reply.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!((events.first(), events.last()), (Some(&"progress"), Some(&"end")), "{}", reply.body);
    let refused = scene.post("/api/v1/hunts", json!({"seeds": ["a.test"], "live": true}));
    assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (422, &"reason".into()));
    // More clients than there are places for streams leave in the middle: places come back.
    let By::Session(cookie) = &scene.analyst else { panic!() };
    for _ in 0..24 {
        let text = body.to_string();
        let mut stream = TcpStream::connect(scene.server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let head = format!(
            "POST /api/v1/hunts HTTP/1.1\r\nhost: x\r\ncookie: {cookie}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut first = String::new();
        BufReader::new(stream).read_line(&mut first).unwrap();
        assert!(first.contains(" 200 ") || first.contains(" 503 "), "{first}");
    }
    let mut last = scene.post("/api/v1/hunts", body.clone());
    for _ in 0..1_000 {
        if last.status != 503 {
            break;
        }
        last = scene.post("/api/v1/hunts", body.clone());
    }
    assert!(last.body.contains("event: end"), "{}", last.body);
}

#[test]
fn confidence_wanes_as_its_owner_decides() {
    let scene = scene();
    let path = format!("/api/v1/owners/{}/decays", scene.owner);
    let put =
        |by: &By| scene.server.ask(by, "PUT", &format!("{path}/host"), Some(json!({"halfLifeDays": 7, "floor": 5})));
    assert_eq!(put(&scene.analyst).status, 204);
    assert_eq!(put(&scene.stranger).status, 404);
    let rows = scene.get(&path).json();
    let host = rows["items"].as_array().unwrap().iter().find(|row| row["type"] == "host").unwrap().clone();
    assert_eq!(host["decay"], json!({"halfLifeDays": 7, "floor": 5}));
}
