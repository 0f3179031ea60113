//! Groups and what hangs on them, over HTTP.

use serde_json::{Value, json};

use super::{By, Server, program_with, token};
use crate::program::Program;

fn with_owner(accounts: &[&[&str]]) -> (Program, String) {
    let program = program_with(accounts);
    let manager = accounts[0][0];
    let run = program.run(&["--json", "owner", "add", "Ours", "--manager", manager]);
    assert_eq!(run.code, 0, "{}", run.err);
    let owner = run.lines()[0]["owner"]["id"].as_str().unwrap().to_owned();
    (program, owner)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

#[test]
fn a_threat_profile_is_kept_by_api() {
    let (program, owner) = with_owner(&[&["analyst"], &["stranger"]]);
    let server = Server::start(program, &[]);
    let (analyst, stranger) = (server.sign_in("analyst"), server.sign_in("stranger"));
    let add = |by: &By, body: Value| server.ask(by, "POST", "/api/v1/groups", Some(body));
    let profile = json!({"aliases": ["Cardboard Bear"], "assessments": [
        {"statement": "It is one team", "likelihood": "likely", "confidence": "low", "evidence": []},
    ]});
    let new = json!({"owner": owner, "type": "adversary", "name": "Paper Bear", "fields": profile});
    assert_eq!(add(&stranger, new.clone()).status, 404, "whose owner it is they may not know");
    let made = add(&analyst, new.clone());
    assert_eq!((made.status, made.header("etag")), (201, Some("\"r1\"")), "{}", made.body);
    assert_eq!(add(&analyst, new).status, 409, "the name is taken");
    let wrong = json!({"owner": owner, "type": "adversary", "name": "x", "fields": {"assessments": [
        {"statement": "x", "likelihood": "perhaps", "confidence": "low"},
    ]}});
    let wrong = add(&analyst, wrong);
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["field"]), (422, &json!("fields.assessments[0]")));
    let more = json!({"owner": owner, "type": "tool", "name": "x", "revision": 7});
    assert_eq!(add(&analyst, more).status, 422, "nothing is set that is not meant to be");

    let path = format!("/api/v1/groups/{}", text(&made.json()["id"]));
    let hidden = server.ask(&stranger, "GET", &path, None);
    let unknown = server.ask(&stranger, "GET", "/api/v1/groups/01932f4e-8f00-7abc-8123-0123456789ab", None);
    assert_eq!((hidden.status, &hidden.json()["detail"]), (404, &unknown.json()["detail"]));
    let change = |tag: &str, body: Value| server.ask_with(&analyst, "PATCH", &path, &[("if-match", tag)], Some(body));
    let changed = change("\"r1\"", json!({"description": "Sells what it takes", "tlp": "red"}));
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"r2\"")), "{}", changed.body);
    assert_eq!(change("\"r1\"", json!({"description": null})).status, 412, "no lost update");
    assert_eq!(change("\"r2\"", json!({"tlp": "clear"})).status, 422, "freeing a label needs a reason");
    let cleared = change("\"r2\"", json!({"description": null, "tlp": "clear", "reason": "published"})).json();
    assert_eq!(
        (&cleared["description"], &cleared["tlp"], &cleared["fields"]["aliases"][0]),
        (&Value::Null, &json!("clear"), &json!("Cardboard Bear"))
    );
    assert_eq!(server.ask(&stranger, "DELETE", &path, None).status, 404);
    assert_eq!(server.ask(&analyst, "DELETE", &path, None).status, 204);
    assert_eq!(server.ask(&analyst, "GET", &path, None).status, 404);
}

#[test]
fn lists_are_paged_queried_and_projected() {
    let (program, owner) = with_owner(&[&["analyst"], &["stranger"]]);
    let server = Server::start(program, &[]);
    let (analyst, stranger) = (server.sign_in("analyst"), server.sign_in("stranger"));
    for (kind, name) in [("tool", "delta"), ("tool", "Alpha"), ("malware", "charlie"), ("tool", "Bravo")] {
        let body = json!({"owner": owner, "type": kind, "name": name});
        assert_eq!(server.ask(&analyst, "POST", "/api/v1/groups", Some(body)).status, 201);
    }
    let list = |by: &By, query: &str| server.ask(by, "GET", &format!("/api/v1/groups?{query}"), None);
    let names = |query: &str| -> Vec<String> {
        list(&analyst, query).json()["items"].as_array().unwrap().iter().map(|item| text(&item["name"])).collect()
    };
    assert_eq!(names("order=name"), ["Alpha", "Bravo", "charlie", "delta"]);
    assert_eq!(names("order=name&type=tool"), ["Alpha", "Bravo", "delta"]);
    assert_eq!(names("name=LPH"), ["Alpha"]);
    assert_eq!(names("query=type%20%3D%20malware%20or%20name%20%3D%20%22bravo%22").len(), 2);
    let first = list(&analyst, "order=name&limit=3").json();
    let cursor = text(&first["next"]);
    assert_eq!(names(&format!("order=name&limit=3&cursor={cursor}")), ["delta"]);
    assert_eq!(list(&analyst, &format!("order=added&limit=3&cursor={cursor}")).status, 400, "of another query");
    assert_eq!(list(&stranger, &format!("order=name&limit=3&cursor={cursor}")).status, 400, "of somebody else");
    assert_eq!(list(&analyst, "order=name&limit=1&fields=name").json()["items"], json!([{"name": "Alpha"}]));
    assert_eq!(list(&stranger, "").json(), json!({"items": [], "next": null}));
    let wrong = list(&analyst, "query=type%20%3D");
    assert_eq!((wrong.status, &wrong.json()["errors"][0]["field"]), (422, &json!("query")));
    assert_eq!(list(&analyst, "query=type%20%3D%20tool&name=x").status, 422);
    assert_eq!(list(&analyst, "colour=red").status, 400);
}

#[test]
fn what_hangs_on_a_group_is_read_and_changed() {
    let (program, owner) = with_owner(&[&["analyst"], &["program", "--api-only"]]);
    let joined = program.run(&["owner", "member", "Ours", "program", "--role", "analyst"]);
    assert_eq!(joined.code, 0, "{}", joined.err);
    let (of_analyst, of_program) = (
        token(&program, "analyst", &["--scope", "read", "--scope", "write"]),
        token(&program, "program", &["--scope", "read", "--scope", "write"]),
    );
    let server = Server::start(program, &[]);
    let (analyst, machine) = (By::Token(of_analyst), By::Token(of_program));
    let group = |kind: &str, name: &str| {
        let body = json!({"owner": owner, "type": kind, "name": name});
        text(&server.ask(&analyst, "POST", "/api/v1/groups", Some(body)).json()["id"])
    };
    let (bear, worm) = (group("adversary", "Paper Bear"), group("malware", "Wormlet"));
    let link = json!({"owner": owner, "kind": "uses", "from": {"type": "group", "id": bear},
        "to": {"type": "group", "id": worm}, "reason": "the same strings"});
    let associate = |by: &By, body: &Value| server.ask(by, "POST", "/api/v1/associations", Some(body.clone()));
    assert_eq!(associate(&machine, &link).status, 422, "only a person associates an adversary");
    let made = associate(&analyst, &link);
    assert_eq!(made.status, 201, "{}", made.body);
    let counts = server.ask(&analyst, "GET", &format!("/api/v1/groups/{bear}/associations/counts"), None).json();
    assert_eq!(
        counts["counts"],
        json!([
            {"end": "from", "kind": "uses", "other": "group", "otherType": "malware", "count": 1},
        ])
    );
    let linked = server.ask(&analyst, "GET", &format!("/api/v1/groups/{worm}/associations?kind=uses"), None).json();
    assert_eq!(
        (&linked["items"][0]["other"]["name"], &linked["items"][0]["end"]),
        (&json!("Paper Bear"), &json!("to"))
    );
    let one = format!("/api/v1/associations/{}", text(&made.json()["id"]));
    assert_eq!(server.ask(&analyst, "DELETE", &one, None).status, 204);
    assert_eq!(server.ask(&analyst, "GET", &one, None).status, 404);

    let (tags, tag) = (format!("/api/v1/groups/{bear}/tags"), |tags: Value| json!({"owner": owner, "tags": tags}));
    assert_eq!(server.ask(&analyst, "POST", &tags, Some(tag(json!(["apt", "a/b"])))).status, 204);
    assert_eq!(server.ask(&analyst, "POST", &tags, Some(tag(json!(["a\nb"])))).status, 422);
    assert_eq!(server.ask(&analyst, "DELETE", &format!("{tags}/a%2Fb?owner={owner}"), None).status, 204);
    let used = server.ask(&analyst, "GET", "/api/v1/tags?begin=A", None).json();
    assert_eq!(used["items"], json!([{"tag": "apt", "uses": 1, "atLeast": false}]));
    let rename = json!({"owner": owner, "from": "apt", "to": "Threat"});
    assert_eq!(server.ask(&analyst, "POST", "/api/v1/tags/rename", Some(rename)).json(), json!({"objects": 1}));

    let attributes = format!("/api/v1/groups/{bear}/attributes");
    let body = json!({"owner": owner, "name": "Origin", "value": "<script>alert(1)</script>"});
    let attribute = server.ask(&analyst, "POST", &attributes, Some(body));
    assert_eq!(attribute.status, 201);
    assert_eq!(server.ask(&analyst, "GET", &attributes, None).json()["items"][0]["value"], "<script>alert(1)</script>");
    let attribute = format!("/api/v1/attributes/{}", text(&attribute.json()["id"]));
    assert_eq!(server.ask(&analyst, "DELETE", &attribute, None).status, 204);

    let notes = format!("/api/v1/groups/{bear}/notes");
    let note = server.ask(&analyst, "POST", &notes, Some(json!({"owner": owner, "text": "Looks at retail"}))).json();
    let path = format!("/api/v1/notes/{}", text(&note["id"]));
    let changed = json!({"text": "Looks at retail and banks"});
    assert_eq!(server.ask(&analyst, "PATCH", &path, Some(changed.clone())).status, 428);
    let changed = server.ask_with(&analyst, "PATCH", &path, &[("if-match", "\"r1\"")], Some(changed));
    assert_eq!((changed.status, &changed.json()["author"]), (200, &json!("analyst")));
    let found = server.ask(&analyst, "GET", "/api/v1/texts?text=retail%20banks", None).json();
    assert_eq!(
        (&found["items"][0]["object"]["name"], &found["items"][0]["part"]),
        (&json!("Paper Bear"), &json!("note"))
    );
    assert_eq!(server.ask(&machine, "DELETE", &path, None).status, 403, "another's note");
    assert_eq!(server.ask(&analyst, "DELETE", &path, None).status, 204);

    let search = json!({"owner": owner, "subject": "group", "name": "bears", "query": "name ~ \"bear\""});
    let saved = server.ask(&analyst, "POST", "/api/v1/searches", Some(search));
    assert_eq!(saved.status, 201, "{}", saved.body);
    assert_eq!(server.ask(&machine, "GET", "/api/v1/searches", None).json()["items"][0]["name"], "bears");
    let path = format!("/api/v1/searches/{}", text(&saved.json()["id"]));
    assert_eq!(server.ask(&analyst, "DELETE", &path, None).status, 204);
    for path in ["sightings", "evidence", "notes", "tags", "attributes", "associations"] {
        let path = format!("/api/v1/indicators/{bear}/{path}");
        assert_eq!(server.ask(&analyst, "GET", &path, None).status, 404, "{path} of no indicator");
    }
}

#[test]
fn techniques_are_brought_in_by_whoever_may_write() {
    let (program, owner) = with_owner(&[&["analyst"], &["stranger"]]);
    let server = Server::start(program, &[]);
    let [analyst, stranger] = ["analyst", "stranger"].map(|name| server.sign_in(name));
    let object = json!({
        "type": "attack-pattern", "id": "attack-pattern--1", "name": "Phishing",
        "external_references": [{"source_name": "mitre-attack", "external_id": "T1566"}],
    });
    let path = format!("/api/v1/groups/techniques?owner={owner}");
    let bring =
        |by: &By, objects: Value| server.ask(by, "POST", &path, Some(json!({"type": "bundle", "objects": objects})));
    assert_eq!(bring(&stranger, json!([object])).status, 404, "an owner that they may not know of");
    let done = bring(&analyst, json!([object]));
    assert_eq!((done.status, &done.json()["added"]), (200, &json!(1)), "{}", done.body);
    assert_eq!(bring(&analyst, json!([])).status, 422, "nothing in it");
    let found = server.ask(&analyst, "GET", "/api/v1/groups?query=technique%20%3D%20%22T1566%22", None).json();
    assert_eq!(found["items"][0]["name"], "T1566 Phishing", "{found}");
}
