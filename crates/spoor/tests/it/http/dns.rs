//! Passive DNS over HTTP: our own routes beside those of DNSDB and COF, what a source that is not one's own changes
//! (nothing), and slow readers.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use super::{By, Reply, Server, program_with, token};
use crate::program::{Program, Run};

fn line(name: &str, rdata: &str, count: u64, first: i64, last: i64) -> String {
    let rrtype = if rdata.contains(':') { "AAAA" } else { "A" };
    json!({"rrname": name, "rrtype": rrtype, "rdata": rdata, "count": count, "time_first": first, "time_last": last})
        .to_string()
        + "\n"
}

fn ingest(program: &Program, source: &str, lines: &str) {
    assert_eq!(program.run(&["source", "add", source, "--kind", "sensor"]).code, 0);
    let run = program.feed(&["ingest", "-", "--format", "cof", "--source", source], lines.as_bytes());
    assert_eq!(run.code, 0, "{}", run.err);
}

/// Two sensors, the second for members of a team alone; a member and somebody else.
fn scene() -> (Server, By, By) {
    let program = program_with(&[&["member"], &["other"], &["admin", "--administrator"]]);
    let open = line("www.widgets.example", "192.0.2.7", 5, 1_700_000_000, 1_700_000_600)
        + &line("widgets.example", "192.0.2.7", 2, 1_700_000_000, 1_700_000_100)
        + &line("v6.widgets.example", "2001:db8::7", 1, 1_700_000_000, 1_700_000_000);
    let closed = line("www.widgets.example", "192.0.2.7", 100, 1_600_000_000, 1_800_000_000)
        + &line("secret.widgets.example", "192.0.2.9", 1, 1_600_000_000, 1_600_000_000);
    ingest(&program, "open", &open);
    ingest(&program, "closed", &closed);
    assert_eq!(program.run(&["owner", "add", "Team"]).code, 0);
    assert_eq!(program.run(&["owner", "member", "Team", "member", "--role", "reader"]).code, 0);
    let [member, other] = ["member", "other"].map(|name| By::Token(token(&program, name, &["--scope", "read"])));
    let server = Server::start(program, &[]);
    let admin = server.sign_in("admin");
    let owners = server.ask(&admin, "GET", "/api/v1/owners?all=true", None).json();
    let body = json!({"owners": [owners["items"][0]["id"]]});
    assert_eq!(server.ask(&admin, "PUT", "/api/v1/sources/2/readers", Some(body)).status, 204);
    (server, member, other)
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.body);
    reply.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_source_that_is_not_ones_own_changes_nothing() {
    let (server, member, other) = scene();
    let get = |by: &By, path: &str| server.ask(by, "GET", path, None);
    for path in [
        "/dnsdb/v2/lookup/rrset/name/%2A.widgets.example",
        "/dnsdb/v2/lookup/rdata/ip/192.0.2.0,24",
        "/dnsdb/v2/summarize/rrset/name/%2A.widgets.example",
        "/dnsdb/v2/regex/rrnames/widgets",
        "/dnsdb/v2/glob/rdata/192.0.2.%2A",
        "/lookup/rrset/name/www.widgets.example",
        "/pdns/query/www.widgets.example",
        "/api/v1/dns?value=*.widgets.example&spells=true",
        "/api/v1/dns/summary?value=192.0.2.0/24",
    ] {
        let (theirs, seen) = (get(&member, path).body, get(&other, path).body);
        assert_ne!(theirs, seen, "{path}");
        for trace in ["secret", "closed", "1600000000", "1800000000", "2020-09", "105", "107"] {
            assert!(!seen.contains(trace), "{path}: {seen}");
        }
    }
    // Asked for by name it is answered as one that is not there.
    let named = |source: &str| {
        let reply = get(&other, &format!("/api/v1/dns?value=widgets.example&sources={source}"));
        (reply.status, reply.json()["errors"][0]["why"].as_str().unwrap().replace(source, "…"))
    };
    assert_eq!(named("closed"), named("nowhere"));
    assert_eq!(get(&member, "/api/v1/dns?value=secret.widgets.example&sources=closed").json()["items"][0]["count"], 1);
    // Fences look at what is shown: to the member the name is old, to the other one it is not.
    let fenced = "/api/v1/dns?value=www.widgets.example&firstAfter=2023-01-01";
    assert_eq!(get(&member, fenced).json()["items"], json!([]));
    assert_eq!(get(&other, fenced).json()["items"][0]["count"], 5);
}

#[test]
fn pages_go_on_where_they_ended_and_streams_name_their_questions() {
    let (server, member, other) = scene();
    let page = |rest: &str| server.ask(&member, "GET", &format!("/api/v1/dns?value=*.widgets.example{rest}"), None);
    let whole = page("").json();
    let (mut items, mut rest) = (Vec::new(), "&limit=1".to_owned());
    loop {
        let reply = page(&rest).json();
        items.extend(reply["items"].as_array().unwrap().clone());
        let Some(next) = reply["next"].as_str() else { break };
        rest = format!("&limit=1&cursor={next}");
    }
    assert_eq!(Value::Array(items), whole["items"]);
    assert_eq!(whole["items"].as_array().unwrap().len(), 4);

    let body = json!({"values": ["*.widgets[.]example", "nothing.example", "2001:db8::/32"], "limit": 2});
    let all = lines(&server.ask(&member, "POST", "/api/v1/dns", Some(body)));
    let told = |line: &Value| {
        let what = line["ended"].as_str().or(line["rrname"].as_str()).unwrap();
        format!("{} {what}", line["question"].as_str().unwrap())
    };
    assert_eq!(
        all.iter().map(told).collect::<Vec<_>>(),
        [
            "*.widgets[.]example widgets.example",
            "*.widgets[.]example secret.widgets.example",
            "*.widgets[.]example limit",
            "nothing.example complete",
            "2001:db8::/32 v6.widgets.example",
            "2001:db8::/32 complete",
        ]
    );
    let go_on = |by: &By| {
        let body = json!({"values": ["*.widgets[.]example"], "limit": 9, "cursor": all[2]["next"]});
        server.ask(by, "POST", "/api/v1/dns", Some(body))
    };
    assert_eq!(lines(&go_on(&member)).iter().map(told).collect::<Vec<_>>().len(), 3);
    assert_eq!(go_on(&other).status, 400, "a cursor is good for whom it was given");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let (server, member, _) = scene();
    for (path, status) in [
        ("/api/v1/dns?value=a..b", 422),
        ("/api/v1/dns?value=(&as=name-regex", 422),
        ("/api/v1/dns?value=a&as=dream", 422),
        ("/api/v1/dns?value=a&types=NOPE", 422),
        ("/api/v1/dns?value=a&firstAfter=soon", 422),
        ("/api/v1/dns", 400),
        ("/api/v1/dns?value=a&cursor=x", 400),
        ("/dnsdb/v2/regex/rrnames/(", 400),
        ("/dnsdb/v2/lookup/rrset/name/a?offset=99999999", 416),
        ("/lookup/rrset/name/nothing.example", 404),
        ("/pdns/query/a..b", 400),
    ] {
        assert_eq!(server.ask(&member, "GET", path, None).status, status, "{path}");
    }
    let many = json!({"values": vec!["a.example"; 1_001]});
    assert_eq!(server.ask(&member, "POST", "/api/v1/dns", Some(many)).status, 422);
}

#[test]
fn a_token_that_was_ended_is_refused_at_the_next_request() {
    let (server, member, _) = scene();
    let By::Token(text) = &member else { unreachable!() };
    let ask = || server.send("GET", "/dnsdb/v2/ping", &[("x-api-key", text)], None).status;
    assert_eq!((ask(), ask()), (200, 200));
    let listed = server.program.run(&["--json", "token", "list", "member"]);
    let id = listed.lines()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.program.run(&["token", "end", &id]).code, 0);
    assert_eq!(ask(), 401, "another process ended it");
}

#[test]
fn a_slow_reader_holds_nothing_up() {
    let program = program_with(&[&["member"]]);
    let many: String = (0..20_000)
        .map(|n| line(&format!("h{n}.many.test"), &format!("10.0.{}.{}", n / 250, n % 250), 1, n, n))
        .collect();
    ingest(&program, "sensor", &many);
    let token = token(&program, "member", &["--scope", "read"]);
    let server = Server::start(program, &[]);
    let by = By::Token(token.clone());
    let request = format!(
        "GET /dnsdb/v2/lookup/rrset/name/%2A.many.test?limit=0 HTTP/1.1\r\nhost: x\r\nx-api-key: {token}\r\nconnection: close\r\n\r\n"
    );
    // More readers than there are threads that may block for requests, none of which reads.
    let mut slow: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    slow.iter_mut().for_each(|stream| stream.write_all(request.as_bytes()).unwrap());
    for _ in 0..20 {
        assert_eq!(self::lines(&server.ask(&by, "GET", "/dnsdb/v2/lookup/rrset/name/h7.many.test", None)).len(), 3);
    }
    let mut answer = String::new();
    slow[0].read_to_string(&mut answer).unwrap();
    assert!(answer.contains("h19999.many.test") && answer.contains(r#"{"cond":"succeeded"}"#), "all of it, in the end");
}

#[test]
fn the_command_line_shows_what_a_server_says_as_its_own() {
    let (server, member, other) = scene();
    let at = |by: &By, arguments: &[&str]| {
        let By::Token(token) = by else { unreachable!() };
        let mut command = server.program.command();
        command.env("SPOOR_TOKEN", token).env("SPOOR_SERVER", format!("http://{}", server.address));
        Run::of(command.args(arguments).output().unwrap())
    };
    for arguments in [
        &["--json", "lookup", "widgets.example"][..],
        &["lookup", "widgets.example"],
        &["lookup", "192.0.2.7"],
        &["pivot", "widgets.example", "address"],
        &["--json", "pivot", "widgets.example", "address"],
    ] {
        let (here, there) = (server.program.run(arguments), at(&member, arguments));
        assert_eq!((here.code, &here.out), (there.code, &there.out), "{arguments:?}: {}", there.err);
    }
    let shown = at(&other, &["lookup", "widgets.example"]).out;
    assert!(shown.contains("active periods from 2023-11-14 to 2023-11-14") && shown.contains('█'), "{shown}");
    assert!(!shown.contains("closed"), "{shown}");
    assert_eq!(at(&other, &["lookup", "nothing.example"]).code, 1);
    assert_eq!(at(&other, &["lookup", "widgets.example", "--live"]).code, 2);
}
