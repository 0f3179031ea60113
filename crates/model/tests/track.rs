//! What Track queries say, what they mean, and what is wrong with those that are none.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use model::{
    Contact, Disclosed, Name, Rdata, RecordType, Registration, Time, TrackQuery, Tuple,
    registration::{NameServer, State},
    track::{Arriving, Records, Scope, completions},
};

fn parse(text: &str) -> TrackQuery {
    TrackQuery::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn error(text: &str) -> String {
    TrackQuery::parse(text).expect_err(text).message()
}

fn stated(text: &str) -> Disclosed {
    Disclosed::Stated(text.into())
}

fn registered() -> Arriving {
    let registration = Registration {
        state: State::Registered,
        created: Time::from_date(2026, 1, 10),
        nameservers: vec![NameServer { name: "ns1.evil.example".parse().unwrap(), addresses: Vec::new() }],
        registrant: Contact {
            email: stated("Ivan@Mail.example"),
            organization: stated("ACME Widgets, Inc."),
            phone: stated("+49 (30) 123-456"),
            name: Disclosed::Redacted("REDACTED FOR PRIVACY".into()),
            ..Contact::default()
        },
        admin: Contact { email: stated("admin@host.example"), ..Contact::default() },
        ..Registration::default()
    };
    let domain: Name = "login-bank.example".parse().unwrap();
    Arriving::registration(&domain, &registration, Time::from_date(2026, 1, 20).unwrap())
}

fn seen(rrname: &str, rrtype: &str, rdata: &str) -> Arriving {
    let rrtype: RecordType = rrtype.parse().unwrap();
    let tuple = Tuple {
        rrname: rrname.parse().unwrap(),
        rrtype,
        bailiwick: None,
        rdata: Rdata::from_text(rrtype, rdata).unwrap(),
    };
    Arriving::dns(&"bank.example".parse().unwrap(), &tuple, Time(0))
}

#[test]
fn texts_are_canonical_and_read_again() {
    for (written, canonical) in [
        (r#"EMAIL = "A@B.Example""#, r#"email = "a@b.example""#),
        (
            r#"email = a@b.example and registrant.org ~ "Acme, W""#,
            r#"email = "a@b.example" and registrant.organization ~ "acme w""#,
        ),
        ("historic phone startsWith '+49 30'", r#"historic phone startsWith "+4930""#),
        (
            "email != x@y.test and zone in (com, co.uk)",
            r#"not email = "x@y.test" and (domain under "com" or domain under "co.uk")"#,
        ),
        ("address = 192.0.2.1 and type not in (AAAA)", "address = 192.0.2.1/32 and not type = AAAA"),
        (
            "created >= 2026-01-01 and created < -3d and state = registered",
            "created >= 2026-01-01T00:00:00Z and created < -3d and state = registered",
        ),
        (
            "nameServer under evil[.]example or (host like 'login-bank.example')",
            r#"nameServer under "evil.example" or host like "login-bank.example""#,
        ),
        (r#"org matches "Acm?e" and firstSeenHere"#, r#"organization matches "Acm?e" and firstSeenHere"#),
        ("org = 'Acme Inc.'", r#"organization = "acme""#),
    ] {
        let query = parse(written);
        assert_eq!(query.to_string(), canonical);
        assert_eq!(parse(canonical), query);
    }
    assert_eq!(parse("historic email = a@b.example").scope, Scope::Historic);
}

#[test]
fn says_what_is_wrong_and_where() {
    for (text, expected) in [
        ("", "at octet 0"),
        ("email", "at octet 5: found the end; expected =, !="),
        ("email ~ 'ab'", "at least 3 letters or digits"),
        ("email like 'abcd'", "5 to 64 characters"),
        ("email matches '('", "unclosed group"),
        ("email = a@b.example and host = x.example", "one Track for registrations and one for DNS"),
        ("not email = a@b.example", "a condition that must hold"),
        ("email = a@b.example or not org = x", "a condition that must hold"),
        ("domain.email = x", "at octet 0"),
        ("registeredMinute matches 'x'", "at octet 17"),
        ("address = 192.0.2.300", "an address or a prefix"),
        ("email = '!'  and org = '...'", "not empty when it is folded"),
    ] {
        let error = error(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let many = vec!["email = a@b.example"; 129].join(" or ");
    assert!(error(&many).contains("at most 128 conditions"));
    let dear = ["email matches 'abc'"; 9].join(" or ");
    assert!(error(&dear).contains("fewer dear conditions"));
    assert!(error(&"(".repeat(20)).contains("at most 12 levels"));
    assert!(error(&format!("email = '{}'", "x".repeat(5000))).contains("at most 4096"));
}

#[test]
fn decides_over_a_registration() {
    let record = registered();
    for text in [
        "email = ivan@mail.example",
        "registrant.email = IVAN@mail.example and admin.email endsWith '@host.example'",
        "organization = 'acme widgets' and phone = '+4930123456'",
        "org ~ 'e wid' and domain startsWith login-",
        "org like 'acme wigets'",
        "org matches 'WIDG.TS$'",
        "created >= 2026-01-01 and created < 2026-02-01",
        "created >= -11d and state in (registered, redemption)",
        "nameServer under evil.example and zone = example",
        "nameServers = 'ns1.evil.example' and not email = other@mail.example",
        "domain = login-bank.example and host not = 'x'",
    ] {
        if let Ok(query) = TrackQuery::parse(text) {
            assert!(query.matches(&record), "{text}");
        } else {
            assert!(text.contains("host"), "{text}");
        }
    }
    for text in [
        "tech.email = ivan@mail.example",
        "name ~ 'redacted'",
        "created >= -9d",
        "expires >= 2000-01-01",
        "email like 'ivana@mail.exampl'  and org = other",
        "nameServer under il.example",
        "host = login-bank.example",
        "email = ivan@mail.example and not zone = example",
    ] {
        assert!(!parse(text).matches(&record), "{text}");
    }
}

#[test]
fn decides_over_dns() {
    let ns = seen("bank.example", "NS", "ns1.evil.example");
    let mx = seen("bank.example", "MX", "10 mx.evil.example");
    let a = seen("www.bank.example", "A", "192.0.2.77");
    assert!(
        parse("nameServer = ns1.evil.example").matches(&ns) && !parse("nameServer = ns1.evil.example").matches(&mx)
    );
    assert!(parse("mailServer under evil.example and type = MX").matches(&mx));
    assert!(parse("target endsWith '.evil.example' and domain = bank.example").matches(&mx));
    assert!(parse("address in (192.0.2.64/26) and host startsWith www.").matches(&a));
    assert!(!parse("address = 192.0.2.0/26").matches(&a));
    assert!(!parse("email = x@y.test").matches(&a));
    assert_eq!(parse("nameServer = a.example").records(), Records::ALL);
    assert_eq!(parse("address = 192.0.2.1").records(), Records::DNS);
}

#[test]
fn says_what_matched() {
    let matched = parse("(email endsWith 'mail.example' or org = nobody) and not name = x").matched(&registered());
    let shown: Vec<String> = matched.iter().map(|one| format!("{} {}", one.place, one.value)).collect();
    assert_eq!(shown, ["registrant.email ivan@mail.example"]);
    assert_eq!(matched[0].condition, r#"email endsWith "mail.example""#);
}

#[test]
fn offers_what_could_stand() {
    assert!(completions("ema", 3).words.contains(&"email".to_owned()));
    assert_eq!(completions("email st", 8).words, ["startsWith"]);
    assert!(completions("email = a@b.example ", 20).words.contains(&"and".to_owned()));
    assert!(completions("email = = ", 10).words.is_empty());
}
