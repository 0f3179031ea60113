//! Signing in at an identity provider: a small one on loopback, which checks what a provider checks and can be told to
//! misbehave.

mod provider;

use serde_json::json;

use self::provider::{Provider, Quirk};
use super::{By, Reply, Server, program_with};

fn server(provider: &Provider, more: &[(&str, &str)]) -> Server {
    let program = program_with(&[&["admin", "--administrator"], &["taken"]]);
    assert_eq!(program.run(&["owner", "add", "Team"]).code, 0);
    let (issuer, allowed) = (format!("\"{}\"", provider.issuer), format!("[\"{}\"]", provider.address));
    let own = [
        ("SPOOR_OIDC_ISSUER", issuer.as_str()),
        ("SPOOR_OIDC_CLIENT_ID", "\"spoor at work\""),
        ("SPOOR_OIDC_CLIENT_SECRET", "\"s:ecret\""),
        ("SPOOR_OIDC_PUBLIC_URL", "\"http://spoor.example\""),
        ("SPOOR_ONLINE_ALLOW_PRIVATE", &allowed),
    ];
    Server::start(program, &[&own[..], more].concat())
}

const CREATES: &[(&str, &str)] =
    &[("SPOOR_OIDC_CREATE_ACCOUNTS", "true"), ("SPOOR_OIDC_OWNER", "\"Team\""), ("SPOOR_OIDC_ROLE", "\"analyst\"")];

fn cookie(reply: &Reply, name: &str) -> Option<String> {
    let cookies = reply.headers.iter().filter(|(header, _)| header == "set-cookie");
    let mut pairs = cookies.filter_map(|(_, value)| value.split(';').next());
    pairs.find(|pair| pair.starts_with(&format!("{name}="))).map(str::to_owned)
}

/// Begins a sign-in and goes through the provider; the cookie of the browser, and where it is sent back to.
fn depart(server: &Server, provider: &Provider, subject: &str) -> (String, String) {
    let left = server.ask(&By::Nobody, "GET", "/api/v1/sign-in", None);
    assert_eq!(left.status, 303, "{}", left.body);
    let cookie = cookie(&left, "spoor-sign-in").unwrap();
    let back = provider.authorize(left.header("location").unwrap(), subject);
    (cookie, back.strip_prefix("http://spoor.example").unwrap().to_owned())
}

fn sign_in(server: &Server, provider: &Provider, subject: &str) -> Reply {
    let (cookie, back) = depart(server, provider, subject);
    server.send("GET", &back, &[("cookie", &cookie)], None)
}

#[test]
fn who_is_new_gets_an_account_and_keeps_it() {
    let provider = Provider::start();
    let server = server(&provider, CREATES);
    for quirk in [Quirk::None, Quirk::Rs256] {
        provider.set(quirk);
        let arrived = sign_in(&server, &provider, "subject-1");
        assert_eq!((arrived.status, arrived.header("location")), (303, Some("/api/v1/me")), "{}", arrived.body);
        let by = By::Session(cookie(&arrived, "spoor").unwrap());
        let me = server.ask(&by, "GET", "/api/v1/me", None).json();
        assert_eq!(me["name"], "carol");
        assert_eq!(me["memberships"][0]["role"], "analyst");
        assert_eq!(me["administrator"], false);
    }
    provider.name("taken");
    let other = sign_in(&server, &provider, "subject-2");
    let by = By::Session(cookie(&other, "spoor").unwrap());
    let me = server.ask(&by, "GET", "/api/v1/me", None).json();
    assert!(me["name"].as_str().unwrap().starts_with("taken-"), "an account is never found by a name: {me}");
    let password = json!({"name": "carol", "password": ""});
    assert_eq!(server.ask(&By::Nobody, "POST", "/api/v1/sessions", Some(password)).status, 401, "there is no password");
}

#[test]
fn who_has_no_account_gets_none_unless_it_is_configured() {
    let provider = Provider::start();
    let server = server(&provider, &[]);
    let arrived = sign_in(&server, &provider, "subject-1");
    assert_eq!(arrived.status, 401);
    assert_eq!(cookie(&arrived, "spoor"), None);
}

#[test]
fn a_sign_in_is_good_once_and_in_its_own_browser() {
    let provider = Provider::start();
    let server = server(&provider, CREATES);
    let (cookie, back) = depart(&server, &provider, "subject-1");
    let arrive = |cookie: &str, back: &str| server.send("GET", back, &[("cookie", cookie)], None).status;
    let (other, other_back) = depart(&server, &provider, "subject-1");
    assert_eq!(arrive(&other, &back), 401, "begun in another browser");
    assert_eq!(arrive(&cookie, &back), 401, "and used up by that");
    assert_eq!(arrive(&other, &other_back), 303);
    assert_eq!(arrive(&other, &other_back), 401, "replayed");
    assert_eq!(arrive(&other, "/api/v1/sign-in/arrival?error=access_denied"), 401);
    assert_eq!(arrive("", "/api/v1/sign-in/arrival?code=x&state=y"), 401);
}

#[test]
fn what_a_provider_must_not_say_is_not_believed() {
    let provider = Provider::start();
    let server = server(&provider, CREATES);
    for quirk in [
        Quirk::OtherNonce,
        Quirk::OtherAudience,
        Quirk::SeveralAudiences,
        Quirk::OtherIssuer,
        Quirk::Expired,
        Quirk::OtherKey,
        Quirk::NoSignature,
        Quirk::Hmac,
        Quirk::Redirect,
        Quirk::Endless,
    ] {
        provider.set(quirk);
        let arrived = sign_in(&server, &provider, "subject-1");
        assert_eq!(arrived.status, 401, "{quirk:?}");
        assert_eq!(cookie(&arrived, "spoor"), None, "{quirk:?}");
    }
    provider.set(Quirk::None);
    assert_eq!(sign_in(&server, &provider, "subject-1").status, 303);
}

#[test]
fn without_a_provider_there_is_nothing() {
    let server = Server::start(program_with(&[]), &[]);
    assert_eq!(server.ask(&By::Nobody, "GET", "/api/v1/sign-in", None).status, 404);
}
