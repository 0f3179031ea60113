//! Nothing leaks sideways over HTTP: whatever owners do that a reader cannot see, every answer to that reader stays
//! byte for byte the same. Which questions there are comes from the table of routes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{By, Reply, Server, program_with};
use crate::manual::observed;

/// Questions in the query, where a route needs one or has more than one.
const QUERIES: [(&str, &[&str]); 10] = [
    ("/api/v1/texts", &["text=bear", "text=secret", "text=described", "text=be"]),
    (
        "/api/v1/indicators",
        &[
            "count=true",
            "order=confidence",
            "order=id&limit=1",
            "limit=1",
            "query=tag%20%3D%20secret&count=true",
            "query=description%20~%20%22described%22&count=true",
            "query=hasGroup%28name%20~%20%22bear%22%29",
        ],
    ),
    ("/api/v1/indicators/by-value", &["value=login-widgets.test", "value=only-secret.test", "value=203.0.113.7"]),
    ("/api/v1/lookup", &["value=login-widgets.test", "value=203.0.113.7"]),
    ("/api/v1/pivot", &["value=203.0.113.7&kind=address", "value=login-widgets.test&kind=address"]),
    ("/api/v1/tags", &["begin=s", "begin=o"]),
    ("/api/v1/exports/indicators", &["format=csv", "format=jsonl", "format=stix", "format=plain"]),
    ("/api/v1/groups", &["order=name", "order=modified", "query=name%20~%20%22bear%22", "limit=1"]),
    ("/api/v1/searches", &["limit=1"]),
    ("/api/v1/imports", &["limit=1"]),
];

/// Questions that are asked by POST and change nothing.
fn posts(owner: &str) -> Vec<(&'static str, Value)> {
    let values = ["login-widgets.test", "only-secret.test", "203.0.113.7"];
    vec![
        ("/api/v1/answers", json!({"values": values})),
        ("/api/v1/imports/preview", json!({"owner": owner, "lookup": {"value": "login-widgets.test"}})),
        ("/api/v1/imports/preview", json!({"owner": owner, "pivot": {"value": "203.0.113.7", "kind": "address"}})),
    ]
}

/// One owner's part of the world: what was made, as paths to delete, and the ids that stand in paths.
struct Part {
    owner: String,
    made: Vec<String>,
    ids: Vec<String>,
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// Brings in values and hangs on them everything that there is, every text with `word` in it.
fn fill(server: &Server, by: &By, owner: &str, word: &str) -> Part {
    let mut part = Part { owner: owner.to_owned(), made: Vec::new(), ids: vec![owner.to_owned()] };
    let post = |path: &str, body: Value| {
        let reply = server.ask(by, "POST", path, Some(body.clone()));
        assert!((200..300).contains(&reply.status), "{path} {body}: {} {}", reply.status, reply.body);
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    };
    let extra = format!("only-{word}.test");
    let rows: Vec<Value> = ["login-widgets.test", "203.0.113.7", "widgets-mail.test", &extra]
        .iter()
        .map(|value| {
            json!({"value": value, "rating": 4, "confidence": 70, "tags": [word], "description": format!("{word} is described")})
        })
        .collect();
    post("/api/v1/indicators/bulk", json!({"owner": owner, "rows": rows}));
    let imports = server.ask(by, "GET", "/api/v1/imports", None).json();
    part.ids.extend(imports["items"].as_array().unwrap().iter().map(|import| text(&import["id"])));
    let value = |value: &str| {
        let known = server.ask(by, "GET", &format!("/api/v1/indicators/by-value?value={value}"), None).json();
        text(&known["id"])
    };
    let (host, address) = (value("login-widgets.test"), value("203.0.113.7"));
    let group = post(
        "/api/v1/groups",
        json!({"owner": owner, "type": "adversary", "name": format!("{word} Bear"), "description": format!("{word} described")}),
    );
    let group = text(&group["id"]);
    part.made.push(format!("groups/{group}"));
    for path in [format!("indicators/{host}"), format!("groups/{group}")] {
        post(&format!("/api/v1/{path}/tags"), json!({"owner": owner, "tags": ["shared", format!("s-{word}")]}));
        let note =
            post(&format!("/api/v1/{path}/notes"), json!({"owner": owner, "text": format!("{word} note on a bear")}));
        part.ids.push(text(&note["id"]));
        let attribute = json!({"owner": owner, "name": "origin", "value": word});
        post(&format!("/api/v1/{path}/attributes"), attribute);
    }
    post(&format!("/api/v1/indicators/{host}/sightings"), json!({"owner": owner, "kind": "seen", "count": 3}));
    post(&format!("/api/v1/indicators/{host}/evidence"), json!({"owner": owner, "remark": format!("{word} remark")}));
    let link = json!({
        "owner": owner, "kind": "indicates", "reason": word,
        "from": {"type": "indicator", "id": host}, "to": {"type": "group", "id": group},
    });
    part.ids.push(text(&post("/api/v1/associations", link)["id"]));
    let search = json!({"owner": owner, "subject": "indicator", "name": word, "query": "rating >= 3"});
    let search = text(&post("/api/v1/searches", search)["id"]);
    part.made.push(format!("searches/{search}"));
    let list = json!({"owner": owner, "name": format!("{word} list"), "values": ["login-widgets.test"]});
    let list = text(&post("/api/v1/labels", list)["list"]["id"]);
    part.made.push(format!("labels/{list}"));
    part.ids.extend([host.clone(), address.clone(), group, search, list]);
    for id in [host, address, value("widgets-mail.test"), value(&extra)] {
        part.made.push(format!("indicators/{id}/opinions/{owner}"));
    }
    part
}

/// Everything that the reader may ask, with every id that they could have, and what is answered.
fn answers(server: &Server, reader: &By, document: &Value, part: &Part) -> BTreeMap<String, Reply> {
    let mut answers = BTreeMap::new();
    let mut ask = |method: &str, target: String, body: Option<Value>| {
        let mut reply = server.ask_with(reader, method, &target, &[("x-request-id", "same")], body.clone());
        reply.headers.retain(|(name, _)| name != "date");
        reply.body = without_bundle_id(reply.body);
        answers.insert(format!("{method} {target} {}", body.unwrap_or_default()), reply);
    };
    for (path, item) in document["paths"].as_object().unwrap() {
        // What this machine may ask counts requests, and sessions know when they were last seen.
        let skipped = item["get"]["x-need"]["who"] == "machine" || path.starts_with("/api/v1/sessions");
        if item.get("get").is_none() || skipped {
            continue;
        }
        let queries = QUERIES.iter().find(|(of, _)| of == path).map_or(&[][..], |(_, queries)| queries);
        for target in targets(path, part) {
            ask("GET", target.clone(), None);
            queries.iter().for_each(|query| ask("GET", format!("{target}?{query}"), None));
        }
    }
    posts(&part.owner).into_iter().for_each(|(path, body)| ask("POST", path.into(), Some(body)));
    answers
}

/// Each STIX bundle has an id of its own.
fn without_bundle_id(body: String) -> String {
    match body.split_once("\"id\":\"bundle--") {
        Some((before, after)) => format!("{before}{}", &after[36..]),
        None => body,
    }
}

/// A path with each id in its first place, and the owner in its second.
fn targets(path: &str, part: &Part) -> Vec<String> {
    if !path.contains('{') {
        return vec![path.to_owned()];
    }
    let of = |id: &String| {
        let mut places = 0;
        let words = path.split('/').map(|word| {
            places += usize::from(word.starts_with('{'));
            match (word.starts_with('{'), places) {
                (false, _) => word.to_owned(),
                (true, 1) => id.clone(),
                (true, _) => part.owner.clone(),
            }
        });
        words.collect::<Vec<_>>().join("/")
    };
    part.ids.iter().map(of).collect()
}

fn assert_same(before: &BTreeMap<String, Reply>, after: &BTreeMap<String, Reply>, when: &str) {
    for (question, reply) in before {
        assert_eq!(reply, &after[question], "{when}: {question}");
    }
}

#[test]
fn what_hidden_owners_do_changes_no_answer() {
    let program = program_with(&[&["admin", "--administrator"], &["analyst"], &["reader"], &["hider"]]);
    observed(&program);
    for arguments in [
        &["owner", "add", "Ours"][..],
        &["owner", "add", "Hidden"],
        &["owner", "member", "Ours", "analyst", "--role", "manager"],
        &["owner", "member", "Ours", "reader", "--role", "reader"],
        &["owner", "member", "Hidden", "hider", "--role", "manager"],
    ] {
        assert_eq!(program.run(arguments).code, 0, "{arguments:?}");
    }
    let server = Server::start(program, &[("SPOOR_SERVE_RATE_PER_SECOND", "0")]);
    let [admin, analyst, reader, hider] = ["admin", "analyst", "reader", "hider"].map(|name| server.sign_in(name));
    let owner = |by: &By| text(&server.ask(by, "GET", "/api/v1/owners", None).json()["items"][0]["id"]);
    let (ours, hidden) = (owner(&analyst), owner(&hider));
    let document = server.ask(&By::Nobody, "GET", "/api/v1/openapi.json", None).json();

    let open = fill(&server, &analyst, &ours, "open");
    let before = answers(&server, &reader, &document, &open);
    let told = before.values().filter(|reply| reply.status == 200).count();
    let shown: String = before.values().map(|reply| reply.body.as_str()).collect();
    assert!(shown.contains("open note on a bear") && shown.contains("open is described"), "the reader reads");
    assert_same(&before, &answers(&server, &reader, &document, &open), "asked twice");

    let secret = fill(&server, &hider, &hidden, "secret");
    let feed = json!({"name": "Secret feed", "url": "https://lists.example/list", "settings": {"format": "plain", "every": 3600}});
    let feed = server.ask(&admin, "POST", "/api/v1/feeds", Some(feed));
    assert_eq!(feed.status, 201, "{}", feed.body);
    // A feed is everybody's until that is ended.
    let feed = format!("/api/v1/owners/{}", text(&feed.json()["owner"]));
    let closed = server.ask_with(&admin, "PATCH", &feed, &[("if-match", "\"r1\"")], Some(json!({"open": false})));
    assert_eq!(closed.status, 200, "{}", closed.body);
    assert_same(&before, &answers(&server, &reader, &document, &open), "after inserting");

    for made in &secret.made {
        let etag =
            server.ask(&hider, "GET", &format!("/api/v1/{made}"), None).header("etag").unwrap_or("\"r1\"").to_owned();
        let gone = server.ask_with(&hider, "DELETE", &format!("/api/v1/{made}"), &[("if-match", &etag)], None);
        assert!((200..300).contains(&gone.status), "{made}: {} {}", gone.status, gone.body);
    }
    assert_same(&before, &answers(&server, &reader, &document, &open), "after deleting");
    eprintln!("leaks: {} questions, {told} of them with an answer, asked before, between and after", before.len());
    assert!(told > 60, "{told}");
}
