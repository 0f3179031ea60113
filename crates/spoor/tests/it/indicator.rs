//! Indicators from the command line: in, out, in again, back, and from one database to another.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::{
    http::{Server, program_with, token},
    manual::observed,
    program::{Program, Run},
};

const LIST: &str = "indicator,type,how bad,tags\n\
                    bad[.]test,host,4,\"one,two\"\n\
                    203.0.113.9,address,5,one\n\
                    hxxp://bad[.]test/x,url,3,\n\
                    =cmd|calc,host,1,\n";

fn done(program: &Program, arguments: &[&str]) -> Run {
    let run = program.run(arguments);
    assert_eq!(run.code, 0, "{arguments:?}: {}", run.err);
    run
}

/// A program with two owners, one of which has a list.
fn with_list() -> Program {
    let program = Program::new();
    done(&program, &["owner", "add", "Ours"]);
    done(&program, &["owner", "add", "Theirs"]);
    let file = program.file("list.csv", LIST.as_bytes());
    let map = "value=indicator,type=type,rating=how bad,tags=tags";
    let run = done(
        &program,
        &["--json", "import", &file, "--owner", "Ours", "--map", map, "--use", "block", "--confidence", "80"],
    );
    let said = &run.lines()[0];
    assert_eq!((said["added"].as_u64(), said["refusedCount"].as_u64()), (Some(3), Some(1)), "{said}");
    program
}

/// Rows of JSON lines without what differs between owners.
fn rows(program: &Program, owner: &str) -> Vec<Value> {
    let query = format!("owner = \"{owner}\"");
    let mut rows = done(program, &["export", "--format", "jsonl", "--query", &query]).lines();
    for row in &mut rows {
        let members = row.as_object_mut().unwrap();
        ["owner", "added", "modified"].iter().for_each(|name| drop(members.remove(*name)));
    }
    rows.sort_by_key(ToString::to_string);
    rows
}

#[test]
fn what_goes_out_comes_in_again_the_same() {
    let program = with_list();
    let why = done(&program, &["export", "--format", "jsonl", "--evidence", "--audience", "organization"]).lines();
    assert!(why.iter().all(|row| row["evidence"].as_str().is_some_and(|why| why.contains("list.csv"))), "{why:?}");
    let listed = done(&program, &["--json", "search", "type in (host, url) and tag != \"x\" and rating >= 3"]).lines();
    assert_eq!(listed.len(), 2);
    let ours = rows(&program, "Ours");
    assert_eq!(ours.len(), 3);
    for form in ["jsonl", "csv"] {
        let file = program.path().join(format!("out.{form}")).display().to_string();
        done(&program, &["export", "--format", form, "--query", "owner = \"Ours\"", "-o", &file]);
        let run = done(&program, &["--json", "import", &file, "--owner", "Theirs", "--use", "block"]);
        assert_eq!(rows(&program, "Theirs"), ours, "{form}");
        let import = run.lines()[0]["import"]["id"].as_str().unwrap().to_owned();
        let undone = done(&program, &["--json", "import", "undo", &import]).lines();
        assert_eq!(undone[0]["removed"], 3);
        assert_eq!(program.run(&["search", "owner = \"Theirs\""]).code, 1, "nothing is left");
        assert_eq!(program.run(&["import", "undo", &import]).code, 3, "once");
    }
    let plain = done(&program, &["export", "--format", "plain", "--use", "block"]).out;
    assert_eq!(plain.lines().count(), 3, "{plain}");
    let stix = done(&program, &["export", "--format", "stix"]).out;
    let bundle: Value = serde_json::from_str(&stix).unwrap();
    let indicators = bundle["objects"].as_array().unwrap().iter().filter(|object| object["type"] == "indicator");
    assert_eq!(indicators.count(), 3);
    let file = program.file("bundle.json", stix.as_bytes());
    let run = done(&program, &["--json", "import", &file, "--format", "stix", "--owner", "Theirs"]);
    assert_eq!(run.lines()[0]["added"], 3, "{}", run.out);
    assert_eq!(done(&program, &["import", "list"]).out.lines().count(), 5, "a head and four imports");
}

#[test]
fn an_indicator_is_shown_changed_and_removed() {
    let program = with_list();
    let shown = done(&program, &["indicator", "show", "bad.test"]).out;
    assert!(shown.contains("bad[.]test") && shown.contains("imported from a file"), "{shown}");
    let change = ["indicator", "change", "bad.test", "--owner", "ours", "--rating", "5", "--clear", "confidence"];
    let changed = done(&program, &[&["--json"], &change[..]].concat()).lines();
    assert_eq!((&changed[0]["rating"], &changed[0]["confidence"]), (&5.into(), &Value::Null));
    let freed = program.run(&["indicator", "change", "bad.test", "--owner", "Ours", "--tlp", "clear"]);
    assert_eq!(freed.code, 2, "{}", freed.err);
    done(&program, &["indicator", "remove", "bad.test", "--owner", "Ours"]);
    assert_eq!(program.run(&["indicator", "show", "bad.test"]).code, 1);
    let wrong = program.run(&["search", "rating > \"x\""]);
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(wrong.err.contains("query"), "{}", wrong.err);
}

#[test]
fn a_server_is_asked_as_the_data_directory_is() {
    let program = program_with(&[]);
    observed(&program);
    done(&program, &["owner", "add", "Ours"]);
    done(&program, &["user", "add", "robot", "--api-only"]);
    done(&program, &["owner", "member", "Ours", "robot"]);
    let token = token(&program, "robot", &["--scope", "read", "--scope", "write"]);
    let server = Server::start(program, &[]);
    let url = format!("http://{}", server.address);
    let elsewhere = Program::new();
    let file = elsewhere.file("token", token.as_bytes());
    let at =
        |arguments: &[&str]| elsewhere.run(&[&["--server", &url, "--token-file", &file, "--json"], arguments].concat());
    let list = elsewhere.file("list.csv", LIST.as_bytes());
    let preview = at(&["import", &list, "--map", "value=indicator,type=type", "--preview"]);
    assert_eq!(preview.lines()[0]["new"], 3, "{}", preview.err);
    let imported = at(&["import", &list, "--map", "value=indicator,type=type", "--rating", "4", "--tags", "case 7"]);
    assert_eq!(imported.lines()[0]["added"], 3, "{}", imported.err);
    let pivot = at(&["import", "--pivot", "203.0.113.7", "address", "--only", "login-widgets.test"]);
    assert_eq!(pivot.lines()[0]["added"], 1, "{}", pivot.err);
    let absent = at(&["import", "--pivot", "203.0.113.7", "address", "--only", "absent.test"]);
    assert_eq!(absent.code, 2, "{}", absent.err);
    assert_eq!(at(&["search", "tag = \"case 7\""]).lines().len(), 3);
    let shown = at(&["indicator", "show", "login-widgets.test"]).lines();
    assert!(shown[0]["evidence"][0]["words"].as_str().unwrap().contains("passive DNS of 203.0.113.7"), "{shown:?}");
    assert_eq!(at(&["indicator", "change", "bad.test", "--rating", "5"]).lines()[0]["rating"], 5);
    assert_eq!(at(&["export", "--format", "plain"]).out.lines().count(), 4);
    let answer = at(&["answer", "login-widgets.test", "--format", "spl"]).lines();
    assert_eq!(answer[0]["rows"][0]["active"].as_array().unwrap().len(), 1, "{answer:?}");
    assert_eq!(at(&["indicator", "remove", "bad.test"]).code, 0);
    assert_eq!(elsewhere.run(&["--server", &url, "search", ""]).code, 2, "without a token");
}

#[test]
fn answers_are_for_the_one_who_asked() {
    let program = with_list();
    let text = done(&program, &["answer", "bad.test", "unknown.test"]).out;
    assert!(text.contains("bad[.]test") && text.contains("rating 4") && text.contains("nothing is held"), "{text}");
    let grep = done(&program, &["answer", "bad.test", "--format", "grep"]).out;
    assert!(grep.contains("bad\\.test"), "{grep}");
    let own = done(&program, &["answer", "bad.test", "--format", "spl", "--fields", "host=index=proxy:dest_host"]).out;
    assert!(own.contains("dest_host") && own.contains("index=proxy"), "{own}");
    assert_eq!(program.run(&["answer", "bad.test", "--format", "sql"]).code, 2);
}

#[test]
fn a_database_moves_with_nothing_lost() {
    let program = with_list();
    let dump = |options: &[&str], name: &str| {
        let file = program.path().join(name).display().to_string();
        done(&program, &[options, &["database", "dump", &file]].concat());
        std::fs::read_to_string(&file).unwrap()
    };
    let before = dump(&[], "before");
    done(&program, &["database", "check"]);
    let file = program.path().join("before").display().to_string();
    let sqlite = format!("sqlite:{}", program.path().join("other.db").display());
    moved(&program, &sqlite, &file, &before, &dump);
    let again = program.run(&["--database", &sqlite, "database", "load", &file]);
    assert_ne!(again.code, 0, "into a database that holds something");
    on_postgres(|to| moved(&program, to, &file, &before, &dump));
}

/// Runs on a fresh SQLite file, and on a fresh PostgreSQL database where a server is named.
pub(crate) fn on_each_database(test: impl Fn(&Program, &str)) {
    let program = Program::new();
    test(&program, &format!("sqlite:{}", program.path().join("each.db").display()));
    on_postgres(|address| test(&Program::new(), address));
}

/// Runs on an empty PostgreSQL database where `SPOOR_TEST_POSTGRES` names a server.
fn on_postgres(test: impl Fn(&str)) {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let Ok(server) = std::env::var("SPOOR_TEST_POSTGRES") else {
        assert!(std::env::var_os("SPOOR_REQUIRE_POSTGRES").is_none(), "SPOOR_TEST_POSTGRES is not set");
        eprintln!("skipped: PostgreSQL (SPOOR_TEST_POSTGRES names no server)");
        return;
    };
    let name = format!("spoor_program_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut client = postgres::Client::connect(&format!("{server} dbname=postgres"), postgres::NoTls).unwrap();
    client.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")).unwrap();
    test(&format!("{server} dbname={name}"));
    client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
}

fn moved(program: &Program, to: &str, file: &str, before: &str, dump: &dyn Fn(&[&str], &str) -> String) {
    done(program, &["--database", to, "database", "migrate"]);
    done(program, &["--database", to, "database", "load", file]);
    assert_eq!(dump(&["--database", to], "after"), before, "{to}");
    done(program, &["--database", to, "database", "check"]);
}
