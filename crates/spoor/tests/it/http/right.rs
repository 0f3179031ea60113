//! Every route as everybody: what the description says a route needs is what it asks for.

use serde_json::{Value, json};

use super::{By, Reply, Server, program_with, token};
use crate::program::Program;

/// Somebody who asks.
struct Asker {
    name: &'static str,
    by: By,
    administrator: bool,
    scopes: &'static [&'static str],
}

const ALL: &[&str] = &["read", "write", "contact", "ask", "observe", "audit", "administer"];
/// An id that nothing has.
const UNKNOWN: &str = "01932f4e-8f00-7abc-8123-0123456789ab";

fn team() -> Program {
    let program = program_with(&[
        &["admin", "--administrator"],
        &["reader"],
        &["contributor"],
        &["analyst"],
        &["manager"],
        &["stranger"],
        &["removed"],
        &["program", "--api-only"],
    ]);
    let run = |arguments: &[&str]| {
        let run = program.run(arguments);
        assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    };
    run(&["owner", "add", "Team"]);
    run(&["owner", "add", "Other"]);
    for name in ["reader", "contributor", "analyst", "manager"] {
        run(&["owner", "member", "Team", name, "--role", name]);
    }
    run(&["owner", "member", "Team", "removed", "--role", "manager"]);
    run(&["owner", "member", "Team", "program", "--role", "analyst"]);
    run(&["owner", "member", "Other", "stranger", "--role", "manager"]);
    program
}

fn askers(server: &Server, tokens: [String; 4]) -> Vec<Asker> {
    let [program, small, blind, small_admin] = tokens.map(By::Token);
    let person = |name: &'static str| {
        let by = server.sign_in(name);
        Asker { name, by, administrator: name == "admin", scopes: ALL }
    };
    let mut askers = vec![Asker { name: "nobody", by: By::Nobody, administrator: false, scopes: &[] }];
    askers.extend(["admin", "reader", "contributor", "analyst", "manager", "stranger", "removed"].map(person));
    askers.extend([
        Asker { name: "a program", by: program, administrator: false, scopes: &["read", "write"] },
        Asker { name: "a token that reads", by: small, administrator: false, scopes: &["read"] },
        Asker { name: "a token that does not read", by: blind, administrator: false, scopes: &["observe"] },
        Asker { name: "a small token of an administrator", by: small_admin, administrator: true, scopes: &["read"] },
    ]);
    askers
}

/// The status that the need of a route comes to for somebody; none where the handler decides.
fn expected(need: &Value, asker: &Asker) -> Option<u16> {
    let who = need["who"].as_str().unwrap();
    let lacks_scope = need["scope"].as_str().is_some_and(|scope| !asker.scopes.contains(&scope));
    match who {
        "nobody" | "machine" => None, // this test is on the machine
        _ if asker.by == By::Nobody => Some(401),
        "person" if matches!(asker.by, By::Token(_)) => Some(403),
        "administrator" if !asker.administrator => Some(403),
        _ if lacks_scope => Some(403),
        "person" | "administrator" | "signedin" => None,
        other => panic!("unknown need {other}"),
    }
}

#[test]
fn every_route_as_everybody() {
    let program = team();
    let tokens = [
        token(&program, "program", &["--scope", "read", "--scope", "write"]),
        token(&program, "manager", &["--scope", "read"]),
        token(&program, "manager", &["--scope", "observe"]),
        token(&program, "admin", &["--scope", "read"]),
    ];
    let server = Server::start(program, &[("SPOOR_SERVE_RATE_PER_SECOND", "0")]);
    let askers = askers(&server, tokens);
    let admin = askers.iter().find(|asker| asker.name == "admin").unwrap();
    let owners = server.ask(&admin.by, "GET", "/api/v1/owners?all=true", None).json();
    let team = owners["items"].as_array().unwrap().iter().find(|owner| owner["name"] == "Team").unwrap().clone();
    let removed = server.ask(&admin.by, "GET", "/api/v1/users", None).json();
    let removed = removed["items"].as_array().unwrap().iter().find(|user| user["name"] == "removed").unwrap().clone();
    let path = format!("/api/v1/owners/{}/members/{}", team["id"].as_str().unwrap(), removed["id"].as_str().unwrap());
    assert_eq!(server.ask(&admin.by, "DELETE", &path, None).status, 204);

    let document = server.ask(&By::Nobody, "GET", "/api/v1/openapi.json", None).json();
    let (mut routes, mut asked) = (0, 0);
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            routes += 1;
            for asker in &askers {
                let reply = server.ask(&asker.by, &method.to_uppercase(), &filled(path), None);
                check(asker, method, path, operation, &reply);
                asked += 1;
            }
        }
    }
    eprintln!("rights: {routes} routes × {} askers = {asked} requests", askers.len());
    assert!(routes > 25 && asked == routes * askers.len());
}

/// A path whose every parameter is unknown.
fn filled(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') { UNKNOWN.to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

fn check(asker: &Asker, method: &str, path: &str, operation: &Value, reply: &Reply) {
    let (name, status) = (asker.name, reply.status);
    let documented = operation["responses"].as_object().unwrap();
    assert!(documented.contains_key(&status.to_string()), "{method} {path} as {name}: {status} is not documented");
    match expected(&operation["x-need"], asker) {
        Some(expected) => assert_eq!(status, expected, "{method} {path} as {name}: {}", reply.body),
        None => {
            assert!(status < 500 && status != 401, "{method} {path} as {name}: {status} {}", reply.body);
            // Of a name that nobody has seen passive DNS says nothing, with 200.
            let unknown = method == "get" && path.contains('{') && !path.starts_with("/pdns/");
            assert!(!unknown || matches!(status, 404 | 400), "{method} {path} as {name}: {status} for an unknown id");
        }
    }
}

#[test]
fn what_one_may_not_know_of_is_answered_as_if_it_were_not_there() {
    let server = Server::start(team(), &[]);
    let (admin, stranger) = (server.sign_in("admin"), server.sign_in("stranger"));
    let owners = server.ask(&admin, "GET", "/api/v1/owners?all=true", None).json();
    let team = owners["items"].as_array().unwrap().iter().find(|owner| owner["name"] == "Team").unwrap().clone();
    let same_id = [("x-request-id", "same")];
    for (method, rest, body) in [
        ("GET", "", None),
        ("GET", "/members", None),
        ("POST", "/members", Some(json!({"account": "stranger", "role": "manager"}))),
        ("PATCH", "", Some(json!({"name": "Mine"}))),
    ] {
        let ask = |id: &str| {
            let headers = [same_id[0], ("if-match", "\"r1\"")];
            let mut reply =
                server.ask_with(&stranger, method, &format!("/api/v1/owners/{id}{rest}"), &headers, body.clone());
            reply.headers.retain(|(name, _)| name != "date");
            reply
        };
        let (hidden, absent) = (ask(team["id"].as_str().unwrap()), ask(UNKNOWN));
        assert_eq!(hidden.status, 404, "{method} {rest}: {}", hidden.body);
        assert_eq!(hidden, absent, "{method} {rest}");
    }
}
