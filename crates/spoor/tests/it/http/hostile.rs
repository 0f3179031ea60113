//! Hostile use: what must not hurt, and how it is answered.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use serde_json::json;

use super::{By, PASSWORD, Reply, Server, program_with};

#[test]
fn bodies_that_are_too_much() {
    let program = program_with(&[&["admin", "--administrator"]]);
    let server = Server::start(program, &[("SPOOR_SERVE_BODY_MIB", "1")]);
    let post = |headers: &[(&str, &str)], body: &str| {
        server.send(
            "POST",
            "/api/v1/sessions",
            &[&[("content-type", "application/json")], headers].concat(),
            Some(body),
        )
    };
    assert_eq!(post(&[], &format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20))).status, 413);
    let declared = "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
                    content-length: 99999999999\r\n\r\n{";
    assert_eq!(Reply::read(&server.raw(declared.as_bytes())).status, 413, "refused before it is sent");
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(1 << 20));
    let chunked = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         transfer-encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n"
    );
    assert_eq!(Reply::read(&server.raw(chunked.as_bytes())).status, 413, "whatever it is cut into");
    for deep in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("{{\"name\":{}", "[".repeat(40))] {
        assert_eq!(post(&[], &deep).status, 400);
    }
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("null", 422),
        ("[1]", 422),
        ("{\"name\":1}", 422),
        ("{\"name\":\"a\",\"password\":\"b\"}x", 400),
    ] {
        assert_eq!(post(&[], body).status, status, "{body}");
    }
    assert_eq!(server.send("POST", "/api/v1/sessions", &[("content-type", "text/plain")], Some("{}")).status, 415);
    assert_eq!(post(&[], "{\"name\":\"a\\u0000b\",\"password\":\"x\"}").status, 422, "NUL is nothing the store holds");
    server.sign_in("admin");
}

#[test]
fn paths_that_try_to_go_round() {
    let server = Server::start(program_with(&[&["admin", "--administrator"]]), &[]);
    for path in [
        "/api/v1/../v1/users",
        "/api/v1//users",
        "//api/v1/users",
        "/api/v1/%2e%2e/v1/users",
        "/api/v1/healthz/../users",
        "/api/v1/users/",
        "/api/v1/users%2f",
        "/api/v1/users;x=1",
        "/API/V1/USERS",
        "/api/v1/owners/%00",
        "/..%2f..%2fetc/passwd",
        "/api/v1/openapi.json/../users",
    ] {
        let status = server.send("GET", path, &[], None).status;
        assert!(matches!(status, 404 | 401), "{path}: {status}");
        assert_ne!(server.send("GET", path, &[("x-original-url", "/api/v1/users")], None).status, 200);
    }
    let override_method = [("x-http-method-override", "DELETE")];
    assert_eq!(server.send("POST", "/api/v1/users", &override_method, Some("{}")).status, 401);
    assert_eq!(server.send("GET", &format!("/{}", "a".repeat(9_000)), &[], None).status, 414);
    let absolute = format!(
        "GET http://evil.example/api/v1/users HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
        server.address
    );
    assert_eq!(Reply::read(&server.raw(absolute.as_bytes())).status, 401);
    let admin = server.sign_in("admin");
    for id in ["1", "0", "-1", "' OR 1=1 --", "%27%20OR%201=1", "null", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("/api/v1/owners/{}", id.replace(' ', "%20"));
        assert_eq!(server.ask(&admin, "GET", &path, None).status, 404, "{id}");
    }
    let injected =
        "/api/v1/audit?action=x%27%20OR%20%271%27=%271&actor=%25&object=01932f4e-8f00-7abc-8123-0123456789ab";
    assert_eq!(server.ask(&admin, "GET", injected, None).json()["items"], json!([]));
}

#[test]
fn headers_that_lie() {
    let program = program_with(&[&["admin", "--administrator"]]);
    let server = Server::start(program, &[]);
    let By::Session(cookie) = server.sign_in("admin") else { panic!("no cookie") };
    let me = |headers: &[(&str, &str)]| server.send("GET", "/api/v1/me", headers, None).status;
    assert_eq!(me(&[("cookie", &cookie)]), 200);
    assert_eq!(me(&[("cookie", &format!("{cookie}; {cookie}"))]), 401, "two sessions are none");
    assert_eq!(
        me(&[("cookie", &cookie), ("authorization", "Bearer spoor_x_y")]),
        401,
        "a bad token is not passed over"
    );
    assert_eq!(me(&[("cookie", &cookie), ("authorization", "Basic YTpi")]), 401);
    assert_eq!(me(&[("x-forwarded-user", "admin"), ("x-forwarded-for", "127.0.0.1")]), 401);
    let odd = server.send("GET", "/healthz", &[("x-request-id", "a b\"<script>")], None);
    assert!(!odd.header("x-request-id").unwrap().contains('<'));
    assert_eq!(
        server.send("GET", "/healthz", &[("x-request-id", "mine-1")], None).header("x-request-id"),
        Some("mine-1")
    );
    let many: String = (0..200).map(|number| format!("x-{number}: y\r\n")).collect();
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{many}\r\n");
    assert_eq!(Reply::read(&server.raw(many.as_bytes())).status, 431);
    let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert_eq!(Reply::read(&server.raw(long.as_bytes())).status, 431);
    for smuggled in [
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n",
        "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        "GET /healthz\r\n\r\n",
        "\u{0}\u{1}\u{2}\r\n\r\n",
    ] {
        let answer = server.raw(smuggled.as_bytes());
        assert!(!answer.contains("spoor_requests"), "{answer}");
    }
}

#[test]
fn pages_of_others_do_nothing_with_a_cookie() {
    let server = Server::start(program_with(&[&["admin", "--administrator"]]), &[]);
    let admin = server.sign_in("admin");
    let body = || Some(json!({"name": "Team", "kind": "organization"}));
    for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let reply = server.ask_with(&admin, "POST", "/api/v1/owners", &[header], body());
        assert_eq!(reply.status, 403, "{header:?}");
        let sign_in = Some(json!({"name": "admin", "password": PASSWORD}));
        assert_eq!(server.ask_with(&By::Nobody, "POST", "/api/v1/sessions", &[header], sign_in).status, 403);
    }
    assert_eq!(
        server.ask_with(&admin, "POST", "/api/v1/owners", &[("sec-fetch-site", "same-origin")], body()).status,
        201
    );
    let reply = server.ask(&admin, "GET", "/api/v1/owners?all=true", None);
    for (name, part) in [
        ("content-security-policy", "default-src 'none'"),
        ("content-security-policy", "frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert!(reply.header(name).is_some_and(|value| value.contains(part)), "{name}");
    }
    assert_eq!(reply.header("access-control-allow-origin"), None);
}

#[test]
fn who_asks_too_often_waits() {
    let server = Server::start(program_with(&[&["admin", "--administrator"]]), &[("SPOOR_SERVE_RATE_PER_SECOND", "1")]);
    let statuses: Vec<u16> = (0..20).map(|_| server.send("GET", "/healthz", &[], None).status).collect();
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
    let reply = server.send("GET", "/healthz", &[], None);
    assert!(reply.status != 429 || reply.header("retry-after").is_some());
}

/// Clients that send nothing, or a little at a time, hold up nobody.
#[test]
fn slow_clients_hold_up_nobody() {
    let server = Server::start(program_with(&[&["admin", "--administrator"]]), &[]);
    let mut slow: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    for (number, stream) in slow.iter_mut().enumerate() {
        let begun =
            ["", "GET /heal", "POST /api/v1/sessions HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n"][number % 3];
        stream.write_all(begun.as_bytes()).unwrap();
    }
    assert_eq!(server.send("GET", "/readyz", &[], None).status, 200);
    server.sign_in("admin");
    let mut first = slow.remove(0);
    first.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut octets = Vec::new();
    first.read_to_end(&mut octets).unwrap();
    assert!(octets.is_empty() || octets.starts_with(b"HTTP/1.1 408"), "it is hung up on");
}

#[test]
fn stops_when_told_and_ends_what_is_under_way() {
    let mut server = Server::start(program_with(&[&["admin", "--administrator"]]), &[]);
    let mut idle = TcpStream::connect(server.address).unwrap();
    assert_eq!(server.send("GET", "/readyz", &[], None).status, 200);
    assert_eq!(server.stop(), 0);
    idle.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut nothing = [0; 1];
    assert!(matches!(idle.read(&mut nothing), Ok(0) | Err(_)));
}
