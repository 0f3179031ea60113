//! What is answered is the same wherever the knowledge is.

use serde_json::json;

use super::{By, PASSWORD, Server};
use crate::{indicator::on_each_database, program::Program};

#[test]
fn small_reads_and_ended_accounts_on_each_database() {
    on_each_database(|_, database| {
        let program = Program::new();
        let run = |arguments: &[&str]| {
            let all = [&["--database", database], arguments].concat();
            let done = program.feed(&all, PASSWORD.as_bytes());
            assert_eq!(done.code, 0, "{arguments:?}: {}", done.err);
            done.out
        };
        run(&["user", "add", "analyst", "--password-stdin"]);
        run(&["owner", "add", "Ours"]);
        run(&["owner", "member", "Ours", "analyst", "--role", "analyst"]);
        let secret = run(&["token", "add", "analyst", "program", "--scope", "read"]);
        let token = By::Token(secret.lines().last().unwrap().to_owned());
        let server = Server::start(Program::new(), &[("SPOOR_STORE_DATABASE", database)]);
        let analyst = server.sign_in("analyst");
        let owners = server.ask(&analyst, "GET", "/api/v1/owners", None).json();
        let row = json!({"owner": owners["items"][0]["id"], "row": {"value": "bad.example"}});
        let added = server.ask(&analyst, "POST", "/api/v1/indicators", Some(row));
        assert_eq!(added.status, 201, "{}", added.body);
        for _ in 0..3 {
            let found = server.ask(&token, "GET", "/api/v1/indicators/by-value?value=bad.example", None);
            assert_eq!(found.status, 200, "{}", found.body);
            let path = format!("/api/v1/indicators/{}", found.json()["id"].as_str().unwrap());
            assert_eq!(server.ask(&token, "GET", &path, None).body, found.body);
        }
        run(&["user", "disable", "analyst"]);
        let gone = server.ask(&token, "GET", "/api/v1/indicators/by-value?value=bad.example", None);
        assert_eq!(gone.status, 401, "at the next request, by another process: {}", gone.body);
    });
}
