//! Accounts, sessions, tokens, owners and the audit log, over HTTP.

use std::io::BufRead;

use serde_json::{Value, json};

use super::{By, PASSWORD, Server, program_with, token};
use crate::program::Program;

fn id_of(list: &Value, name: &str) -> String {
    let found = list["items"].as_array().unwrap().iter().find(|item| item["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {list}"))["id"].as_str().unwrap().to_owned()
}

#[test]
fn the_first_account_is_made_with_the_code_that_was_shown() {
    let mut server = Server::start(Program::new(), &[]);
    let mut line = String::new();
    server.notes.read_line(&mut line).unwrap();
    let code = line.trim().rsplit(' ').next().unwrap().to_owned();
    let set_up = |code: &str, name: &str| {
        let body = json!({"code": code, "name": name, "password": PASSWORD});
        server.ask(&By::Nobody, "POST", "/api/v1/setup", Some(body))
    };
    assert_eq!(set_up("0123456789abcdef0123456789abcdef", "admin").status, 403);
    assert_eq!(set_up(&code, "admin").status, 201, "{line}");
    assert_eq!(set_up(&code, "second").status, 409, "once");
    let me = server.ask(&server.sign_in("admin"), "GET", "/api/v1/me", None).json();
    assert_eq!((&me["name"], &me["administrator"]), (&json!("admin"), &json!(true)));
}

#[test]
fn sessions_are_listed_and_end() {
    let server = Server::start(program_with(&[&["admin", "--administrator"], &["other"]]), &[]);
    let wrong = |body: Value| server.ask(&By::Nobody, "POST", "/api/v1/sessions", Some(body));
    let no_name = wrong(json!({"name": "nobody", "password": PASSWORD}));
    let no_password = wrong(json!({"name": "admin", "password": "something else"}));
    assert_eq!((no_name.status, no_password.status), (401, 401));
    assert_eq!(no_name.json()["detail"], no_password.json()["detail"], "which of them is wrong is not said");

    let body = json!({"name": "ADMIN", "password": PASSWORD});
    let cookie = server.ask(&By::Nobody, "POST", "/api/v1/sessions", Some(body));
    let cookie = cookie.header("set-cookie").unwrap();
    for part in ["spoor=", "; HttpOnly", "; SameSite=Lax", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let (first, second, other) = (server.sign_in("admin"), server.sign_in("admin"), server.sign_in("other"));
    let session = |by: &By| server.ask(by, "GET", "/api/v1/me", None).json()["session"].as_str().unwrap().to_owned();
    let (first_id, second_id) = (session(&first), session(&second));
    let list = server.ask(&first, "GET", "/api/v1/sessions", None).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let end = |by: &By, id: &str| server.ask(by, "DELETE", &format!("/api/v1/sessions/{id}"), None).status;
    assert_eq!(end(&other, &first_id), 404, "nobody ends another's");
    assert_eq!(end(&first, &second_id), 204);
    assert_eq!(server.ask(&second, "GET", "/api/v1/me", None).status, 401, "a session that ended is replayed");
    assert_eq!(end(&first, &first_id), 204);
    assert_eq!(server.ask(&first, "GET", "/api/v1/me", None).status, 401);
}

#[test]
fn who_guesses_waits_and_locks_out_nobody_else() {
    let program = program_with(&[&["admin", "--administrator"]]);
    let server = Server::start(program, &[("SPOOR_SERVE_TRUSTED_PROXIES", "[\"127.0.0.1/32\"]")]);
    let sign_in = |from: &str, password: &str| {
        let headers = [("x-forwarded-for", from)];
        let body = json!({"name": "admin", "password": password});
        server.ask_with(&By::Nobody, "POST", "/api/v1/sessions", &headers, Some(body))
    };
    let mut last = sign_in("203.0.113.9", "a guess");
    for _ in 0..12 {
        last = sign_in("203.0.113.9", "a guess");
        if last.status == 429 {
            break;
        }
    }
    assert_eq!(last.status, 429);
    assert!(last.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
    assert_eq!(sign_in("198.51.100.7", PASSWORD).status, 201, "from elsewhere they come in");
}

#[test]
fn an_account_that_is_disabled_is_out_at_once_and_one_administrator_stays() {
    let program = program_with(&[&["admin", "--administrator"], &["other"]]);
    let other_token = token(&program, "other", &[]);
    let server = Server::start(program, &[]);
    let (admin, other) = (server.sign_in("admin"), server.sign_in("other"));
    let users = server.ask(&admin, "GET", "/api/v1/users", None).json();
    let path = |name: &str| format!("/api/v1/users/{}", id_of(&users, name));
    let change =
        |name: &str, tag: &[(&str, &str)], body: Value| server.ask_with(&admin, "PATCH", &path(name), tag, Some(body));
    let disabled = json!({"disabled": true});
    assert_eq!(change("other", &[], disabled.clone()).status, 428, "on top of what?");
    assert_eq!(change("other", &[("if-match", "\"r9\"")], disabled.clone()).status, 412);
    assert_eq!(change("other", &[("if-match", "*")], disabled.clone()).status, 412);
    let changed = change("other", &[("if-match", "\"r1\"")], disabled.clone());
    assert_eq!((changed.status, changed.header("etag")), (200, Some("\"r2\"")));
    assert_eq!(change("other", &[("if-match", "\"r1\"")], disabled.clone()).status, 412, "no lost update");
    for by in [other, By::Token(other_token)] {
        assert_eq!(server.ask(&by, "GET", "/api/v1/me", None).status, 401, "{by:?}");
    }
    let last = change("admin", &[("if-match", "\"r1\"")], json!({"administrator": false}));
    assert_eq!(last.status, 409, "{}", last.body);
    let sneaky = change("admin", &[("if-match", "\"r1\"")], json!({"disabled": false, "created": "2020-01-01"}));
    assert_eq!(sneaky.status, 422, "nothing is set that is not meant to be");
    assert!(sneaky.json()["errors"][0]["why"].as_str().unwrap().contains("created"), "{}", sneaky.body);
}

#[test]
fn a_token_does_what_it_was_made_for_from_where_it_may() {
    let program = program_with(&[&["admin", "--administrator"]]);
    let elsewhere = token(&program, "admin", &["--network", "203.0.113.0/24"]);
    let server = Server::start(program, &[]);
    assert_eq!(server.ask(&By::Token(elsewhere), "GET", "/api/v1/me", None).status, 401, "the wrong network");
    let admin = server.sign_in("admin");
    let make = |by: &By, body: Value| server.ask(by, "POST", "/api/v1/tokens", Some(body));
    let made = make(&admin, json!({"name": "t", "scopes": ["read", "audit"]}));
    assert_eq!(made.status, 201, "{}", made.body);
    let text = made.json()["text"].as_str().unwrap().to_owned();
    let by = By::Token(text.clone());
    assert_eq!(server.ask(&by, "GET", "/api/v1/audit", None).status, 200);
    assert_eq!(server.ask(&by, "GET", "/api/v1/users", None).status, 403, "without the scope");
    assert_eq!(make(&by, json!({"name": "t", "scopes": ["administer"]})).status, 403, "no token makes tokens");
    for other in [&text[..text.len() - 1], &format!("{text}0"), "spoor__", "spoor_x_y", "", &text.replace("spoor_", "")]
    {
        assert_eq!(server.ask(&By::Token(other.into()), "GET", "/api/v1/me", None).status, 401, "{other}");
    }
    assert_eq!(make(&admin, json!({"name": "t", "scopes": ["everything"]})).status, 422);
    assert_eq!(make(&admin, json!({"name": "t", "scopes": ["read"], "expires": "2020-01-01"})).status, 422);
    let keyed = [("idempotency-key", "k")];
    let body = Some(json!({"name": "t", "scopes": ["read"]}));
    assert_eq!(server.ask_with(&admin, "POST", "/api/v1/tokens", &keyed, body).status, 400, "secrets are not kept");
    let list = server.ask(&admin, "GET", "/api/v1/tokens", None);
    assert!(!list.body.contains(text.rsplit('_').next().unwrap()), "told once");
    let id = made.json()["token"]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.ask(&admin, "DELETE", &format!("/api/v1/tokens/{id}"), None).status, 204);
    assert_eq!(server.ask(&by, "GET", "/api/v1/me", None).status, 401);
}

#[test]
fn members_come_and_go_and_the_next_request_knows() {
    let program = program_with(&[&["admin", "--administrator"], &["moderator"], &["member"], &["third"]]);
    let server = Server::start(program, &[]);
    let (admin, moderator, member) = (server.sign_in("admin"), server.sign_in("moderator"), server.sign_in("member"));
    let users = server.ask(&admin, "GET", "/api/v1/users", None).json();
    let body = json!({"name": "Sharing", "kind": "community", "manager": id_of(&users, "moderator")});
    let community = server.ask(&admin, "POST", "/api/v1/owners", Some(body)).json();
    let path = format!("/api/v1/owners/{}", community["id"].as_str().unwrap());
    let members = format!("{path}/members");
    assert_eq!(server.ask(&member, "GET", &path, None).status, 404);
    let let_in = |by: &By, account: &str, pseudonym: &str| {
        let body = json!({"account": account, "role": "contributor", "pseudonym": pseudonym});
        server.ask(by, "POST", &members, Some(body)).status
    };
    assert_eq!(let_in(&member, "member", "me"), 404, "nobody lets themselves in");
    assert_eq!((let_in(&moderator, "member", "Fox"), let_in(&moderator, "third", "Owl")), (204, 204));
    assert_eq!(server.ask(&member, "GET", &path, None).status, 200);
    assert_eq!(let_in(&member, "member", "King"), 403, "nor makes themselves more");
    let seen = server.ask(&member, "GET", &members, None);
    assert!(seen.body.contains("Owl") && !seen.body.contains("third"), "{}", seen.body);
    assert!(!seen.body.contains(&id_of(&users, "third")), "{}", seen.body);
    let first = server.ask(&member, "GET", &format!("{members}?limit=1"), None).json();
    let next = first["next"].as_str().unwrap();
    assert_eq!(server.ask(&member, "GET", &format!("{members}?limit=1&cursor={next}"), None).status, 200);
    assert_eq!(server.ask(&moderator, "GET", &format!("{members}?limit=1&cursor={next}"), None).status, 400);
    let out = format!("{members}/{}", id_of(&users, "member"));
    assert_eq!(server.ask(&moderator, "DELETE", &out, None).status, 204);
    assert_eq!(server.ask(&member, "GET", &path, None).status, 404, "the very next request");
}

#[test]
fn a_source_is_read_by_whom_it_is_kept_for() {
    let program = program_with(&[&["admin", "--administrator"], &["in"], &["out"]]);
    program.source("secret-sensor", "sensor");
    program.source("open-sensor", "sensor");
    for arguments in [["owner", "add", "Team", "--tlp", "red"].as_slice(), &["owner", "member", "Team", "in"]] {
        assert_eq!(program.run(arguments).code, 0);
    }
    let server = Server::start(program, &[]);
    let (admin, inside, outside) = (server.sign_in("admin"), server.sign_in("in"), server.sign_in("out"));
    let team = id_of(&server.ask(&admin, "GET", "/api/v1/owners?all=true", None).json(), "Team");
    let sources = |by: &By| server.ask(by, "GET", "/api/v1/sources", None);
    let source = sources(&admin).json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["name"] == "secret-sensor")
        .unwrap()["id"]
        .clone();
    assert!(sources(&outside).body.contains("secret-sensor"));
    let keep = |owners: Value| {
        let path = format!("/api/v1/sources/{source}/readers");
        server.ask(&admin, "PUT", &path, Some(json!({"owners": owners}))).status
    };
    assert_eq!(keep(json!([team])), 204);
    assert!(sources(&inside).body.contains("secret-sensor"));
    let seen = sources(&outside).body;
    assert!(!seen.contains("secret-sensor") && seen.contains("open-sensor"), "{seen}");
    assert_eq!(keep(json!(null)), 204);
    assert!(sources(&outside).body.contains("secret-sensor"));
    assert_eq!(keep(json!(["01932f4e-8f00-7abc-8123-0123456789ab"])), 422);
}

#[test]
fn whatever_was_done_is_in_the_audit_log() {
    let server = Server::start(program_with(&[&["admin", "--administrator"]]), &[]);
    let admin = server.sign_in("admin");
    let body = json!({"name": "Team", "kind": "organization"});
    let key = [("idempotency-key", "one")];
    let add = |body: &Value| server.ask_with(&admin, "POST", "/api/v1/owners", &key, Some(body.clone()));
    let (first, second) = (add(&body), add(&body));
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.json(), second.json(), "sent again, it is not done again");
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(add(&json!({"name": "Else", "kind": "feed"})).status, 422, "one key, one request");
    let entries = server.ask(&admin, "GET", "/api/v1/audit?action=owner.&actor=admin", None).json();
    assert_eq!(entries["items"].as_array().unwrap().len(), 1, "{entries}");
    assert_eq!(entries["items"][0]["detail"]["name"], "Team");
    let page = server.ask(&admin, "GET", "/api/v1/audit?limit=1&fields=number,action", None).json();
    assert_eq!(page["items"][0], json!({"number": 3, "action": "owner.add"}));
    let path = format!("/api/v1/audit?limit=1&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(server.ask(&admin, "GET", &path, None).json()["items"][0]["number"], 2);
    assert_eq!(server.ask(&admin, "GET", &format!("{path}&action=owner."), None).status, 400, "another query");
    assert_eq!(server.ask(&admin, "GET", "/api/v1/audit?fields=secrets", None).status, 400);
    let lines = server.ask(&admin, "GET", "/api/v1/audit/export", None);
    assert_eq!(lines.body.lines().count(), 3, "{}", lines.body);
    let found = server.ask(&admin, "GET", "/api/v1/audit/verify", None).json();
    assert_eq!((&found["entries"], &found["broken"]), (&json!(3), &Value::Null));
    let run = server.program.run(&["--json", "audit", "verify", "--expect", found["head"].as_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(server.program.run(&["audit", "verify", "--expect", "00"]).code, 3);
}
