//! Accounts: signing in, codes, tokens and sessions as time goes by, on both engines.

use std::net::IpAddr;

use engine::{
    Error, Knowledge,
    account::{
        Credential, Lifetime, Recognised,
        session::Origin,
        sign_in::{Attempt, Outcome},
        token::Wish,
        totp,
        user::NewUser,
    },
};
use model::{Actor, Prefix, Readable, Scopes, SourceId, Time, User, right::Scope};

use crate::knowledge::{NOW, engines::on_each};

const PASSWORD: &str = "correct horse battery";
const LIFETIME: Lifetime = Lifetime { idle_seconds: 3_600, seconds: 86_400 };

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn user(knowledge: &Knowledge, name: &str) -> User {
    let new = NewUser { name: name.into(), password: Some(PASSWORD.into()), ..NewUser::default() };
    knowledge.add_user(&Actor::local("test"), &new, NOW).unwrap()
}

fn sign_in(knowledge: &Knowledge, name: &str, password: &str, code: Option<&str>, now: Time) -> Outcome {
    let attempt = Attempt { name: name.into(), password: password.into(), code: code.map(str::to_owned) };
    let origin = Origin { address: address("192.0.2.1"), agent: "test".into() };
    knowledge.sign_in(&attempt, &origin, LIFETIME, now).unwrap()
}

fn begun(outcome: Outcome) -> Credential {
    match outcome {
        Outcome::Begun(begun) => Credential::Session(begun.secret),
        Outcome::Wrong => panic!("wrong"),
        Outcome::Wait(seconds) => panic!("wait {seconds}"),
    }
}

fn recognise(knowledge: &Knowledge, credential: &Credential, now: Time) -> Option<Recognised> {
    let sources = || vec![SourceId(1), SourceId(2)];
    knowledge.recognise(credential, address("192.0.2.1"), LIFETIME, &sources, now).unwrap()
}

#[test]
fn a_session_ends_when_it_is_idle_and_when_its_time_is_over() {
    on_each(|knowledge| {
        user(knowledge, "alice");
        let session = begun(sign_in(knowledge, "Alice", PASSWORD, None, NOW));
        let found = recognise(knowledge, &session, NOW.plus(3_599)).unwrap();
        assert!(found.note && found.actor.name == "alice" && found.actor.sources == Readable::All);
        knowledge.seen(found.via, NOW.plus(3_599)).unwrap();
        assert!(recognise(knowledge, &session, NOW.plus(7_000)).is_some(), "it was used");
        assert!(recognise(knowledge, &session, NOW.plus(7_200)).is_none(), "idle too long");
        knowledge.seen(found.via, NOW.plus(86_399)).unwrap();
        assert!(recognise(knowledge, &session, NOW.plus(86_399)).is_some());
        assert!(recognise(knowledge, &session, NOW.plus(86_400)).is_none(), "its time is over");
        knowledge.sweep(LIFETIME, NOW.plus(90_000)).unwrap();
        assert!(recognise(knowledge, &session, NOW.plus(1)).is_none(), "forgotten");
    });
}

#[test]
fn guessing_costs_more_and_more_time() {
    on_each(|knowledge| {
        user(knowledge, "alice");
        for _ in 0..5 {
            assert!(matches!(sign_in(knowledge, "alice", "wrong", None, NOW), Outcome::Wrong));
        }
        assert!(matches!(sign_in(knowledge, "alice", PASSWORD, None, NOW), Outcome::Wait(1)), "right or not");
        assert!(matches!(sign_in(knowledge, "alice", "wrong", None, NOW.plus(1)), Outcome::Wrong));
        assert!(matches!(sign_in(knowledge, "alice", PASSWORD, None, NOW.plus(1)), Outcome::Wait(2)));
        begun(sign_in(knowledge, "alice", PASSWORD, None, NOW.plus(3)));
        assert!(matches!(sign_in(knowledge, "alice", "wrong", None, NOW.plus(3)), Outcome::Wrong), "forgiven");
        for _ in 0..5 {
            sign_in(knowledge, "nobody", "wrong", None, NOW);
        }
        assert!(matches!(sign_in(knowledge, "nobody", "wrong", None, NOW), Outcome::Wait(1)), "no name is told apart");
    });
}

#[test]
fn a_code_is_good_once() {
    on_each(|knowledge| {
        let alice = user(knowledge, "alice");
        let actor = recognise(knowledge, &begun(sign_in(knowledge, "alice", PASSWORD, None, NOW)), NOW).unwrap().actor;
        let offer = totp::offer(&actor);
        assert!(offer.uri.starts_with("otpauth://totp/Spoor:alice?secret="), "{}", offer.uri);
        let code = |now: Time| code(&offer.secret, now);
        let set = |password: &str, code: &str| knowledge.set_totp(&actor, password, &offer.secret, code, NOW);
        assert!(matches!(set("wrong", &code(NOW)), Err(Error::Invalid { .. })));
        assert!(matches!(set(PASSWORD, "000000"), Err(Error::Invalid { .. })));
        let recovery = set(PASSWORD, &code(NOW)).unwrap();
        assert_eq!(recovery.len(), 10);
        let later = NOW.plus(60);
        let outcome =
            |code: Option<&str>| matches!(sign_in(knowledge, "alice", PASSWORD, code, later), Outcome::Begun(_));
        assert!(!outcome(None) && !outcome(Some(&code(NOW))), "the code that proved it is used up");
        assert!(outcome(Some(&code(later))));
        assert!(!outcome(Some(&code(later))), "replayed");
        assert!(outcome(Some(&recovery[3].to_uppercase())));
        assert!(!outcome(Some(&recovery[3])), "replayed");
        assert!(knowledge.user(&Actor::local("test"), alice.id).unwrap().totp);
        knowledge.remove_totp(&Actor::local("test"), "alice", NOW).unwrap();
        assert!(outcome(None));
    });
}

/// The code of a moment (RFC 6238, SHA-1, six digits, thirty seconds), as an authenticator makes it.
fn code(secret: &str, now: Time) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let generator = totp_rs::Builder::new().with_secret(secret).build_noncompliant();
    generator.generate(now.0 as u64).to_string()
}

#[test]
fn a_token_ends_and_stays_in_its_network() {
    on_each(|knowledge| {
        let alice = user(knowledge, "alice");
        let network: Prefix = "192.0.2.0/24".parse().unwrap();
        let wish = Wish {
            name: "t".into(),
            scopes: Scopes([Scope::Read].into()),
            networks: vec![network],
            expires: Some(NOW.plus(100)),
        };
        let made = knowledge.add_token_for(&Actor::local("test"), alice.id, &wish, NOW).unwrap();
        let token = Credential::Token(made.text);
        let found = recognise(knowledge, &token, NOW.plus(99)).unwrap();
        assert_eq!(found.actor.scopes, wish.scopes);
        assert!(recognise(knowledge, &token, NOW.plus(100)).is_none());
        let elsewhere = knowledge.recognise(&token, address("198.51.100.1"), LIFETIME, &Vec::new, NOW).unwrap();
        assert!(elsewhere.is_none());
        let forbidden = Wish { scopes: Scopes([Scope::Administer].into()), ..wish };
        assert!(matches!(
            knowledge.add_token_for(&Actor::local("test"), alice.id, &forbidden, NOW),
            Err(Error::Invalid { .. })
        ));
    });
}

#[test]
fn the_store_knows_no_secret() {
    on_each(|knowledge| {
        user(knowledge, "alice");
        let Credential::Session(secret) = begun(sign_in(knowledge, "alice", PASSWORD, None, NOW)) else { panic!() };
        let mut dump = Vec::new();
        store::dump(&knowledge.store, &mut dump).unwrap();
        let dump = String::from_utf8(dump).unwrap();
        assert!(!dump.contains(&secret) && !dump.contains(PASSWORD));
    });
}
