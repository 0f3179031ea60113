//! How well WHOIS answers are read: scores over real answers with stated results, which stay outside the repository.
//!
//! Strict reading: the right value in the right field of the right role. Values that publishers dispute are left out;
//! text that withholds counts as read where it was not taken for a statement; dates may differ by a day. Zones whose
//! SHA-256 begins with a byte below 64 are set aside: nobody tunes on them, and only their figures are printed.
//! `SPOOR_WHOIS_SHOW=created cargo test -p formats --test whois_scores -- --nocapture` shows what was read wrongly of a
//! field in the other zones.

#![allow(clippy::print_stdout, reason = "scores are for people to see")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
use std::{collections::BTreeMap, path::PathBuf, time::Instant};

use formats::{disclosure::disclosed, whois};
use model::{Disclosed, Name, Registration, Role, Time, fold, registration::State};
use serde_json::Value;

#[path = "whois_scores/sha256.rs"]
mod sha256;

/// Right and all, by field.
type Scores = BTreeMap<String, (usize, usize)>;

struct Sample {
    raw: String,
    /// What the registry said that referred to the server.
    referring: String,
    server: String,
    domain: Name,
    expected: Value,
    disputed: Value,
    id: String,
    aside: bool,
}

fn samples() -> Option<Vec<Sample>> {
    let path =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/whois/whois_samples.jsonl.zst"));
    if !path.exists() {
        assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", path.display());
        println!("skipped: no samples at {}", path.display());
        return None;
    }
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    Some(String::from_utf8(text).unwrap().lines().map(sample).collect())
}

fn sample(line: &str) -> Sample {
    let mut json: Value = serde_json::from_str(line).unwrap();
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let zone = text("zone");
    let domain = Name::from_unicode(&text("domain")).ok().filter(|name| !name.is_root());
    Sample {
        raw: text("raw"),
        referring: text("raw_referring"),
        server: text("whois_server"),
        domain: domain.unwrap_or_else(|| Name::from_unicode(&format!("example.{zone}")).unwrap()),
        id: text("id"),
        aside: sha256::digest(zone.as_bytes())[0] < 64,
        expected: json["expected"].take(),
        disputed: json["disputed"].take(),
    }
}

#[test]
fn scores() {
    let Some(samples) = samples() else { return };
    let (mut tuned, mut aside) = (Scores::new(), Scores::new());
    let show = std::env::var("SPOOR_WHOIS_SHOW").unwrap_or_default();
    let mut false_available = 0;
    for sample in &samples {
        let found = parse(sample);
        let throttled = sample.expected["state"].as_str() == Some("throttled");
        false_available += usize::from(throttled && found.state == State::Available);
        let scores = if sample.aside { &mut aside } else { &mut tuned };
        for (field, right, stated, found) in judge(sample, &found) {
            let score = scores.entry(group(&field)).or_default();
            score.0 += usize::from(right);
            score.1 += 1;
            if !right && !sample.aside && !show.is_empty() && (show == "all" || field.contains(&show)) {
                println!("{} {} {field}: stated {stated:?}, read {found:?}", sample.id, sample.domain);
            }
        }
    }
    assert!(tuned.len() > 10 && aside.len() > 10, "no samples were judged");
    println!("{:24} {:>12} {:>7} {:>12} {:>7}", "field", "tuned zones", "%", "set aside", "%");
    for (field, (right, all)) in &tuned {
        let (aside_right, aside_all) = aside.get(field).copied().unwrap_or_default();
        let percent = |right: usize, all: usize| 100.0 * right as f64 / all.max(1) as f64;
        println!(
            "{field:24} {:>12} {:>7.1} {:>12} {:>7.1}",
            format!("{right}/{all}"),
            percent(*right, *all),
            format!("{aside_right}/{aside_all}"),
            percent(aside_right, aside_all)
        );
    }
    assert_eq!(false_available, 0, "throttled answers taken for available ones");
    floors(&tuned, "tuned", TUNED_FLOORS);
    floors(&aside, "set aside", ASIDE_FLOORS);
}

fn parse(sample: &Sample) -> Registration {
    let registrar = whois::parse(&sample.raw, &sample.server, &sample.domain).registration;
    if sample.referring.is_empty() {
        return registrar;
    }
    whois::merge(whois::parse(&sample.referring, "", &sample.domain).registration, registrar)
}

/// Per cent that may not be lost again.
const TUNED_FLOORS: &[(&str, usize)] = &[
    ("state", 98),
    ("created", 99),
    ("updated", 98),
    ("expires", 99),
    ("registrar", 95),
    ("nameservers", 97),
    ("registrant.id", 98),
    ("registrant.email", 99),
    ("registrant.phone", 96),
    ("registrant.name_or_org", 95),
    ("other contacts.id", 100),
    ("other contacts.email", 100),
    ("other contacts.phone", 100),
    ("registrant.name", 94),
    ("registrant.org", 90),
    ("other contacts.name", 99),
    ("other contacts.org", 97),
];
const ASIDE_FLOORS: &[(&str, usize)] = &[
    ("state", 95),
    ("created", 93),
    ("updated", 91),
    ("expires", 99),
    ("registrar", 87),
    ("nameservers", 90),
    ("registrant.id", 99),
    ("registrant.email", 94),
    ("other contacts.id", 97),
    ("other contacts.email", 85),
];

fn floors(scores: &Scores, which: &str, floors: &[(&str, usize)]) {
    for (field, floor) in floors {
        let (right, all) = scores.get(*field).copied().unwrap_or_default();
        assert!(all > 0 && right * 100 >= floor * all, "{which}: {field} fell to {right}/{all}, under {floor} %");
    }
}

/// Contacts other than the registrant are counted together.
fn group(field: &str) -> String {
    match field.split_once('.') {
        Some((role, part)) if role != "registrant" => format!("other contacts.{part}"),
        _ => field.to_owned(),
    }
}

/// Whether the results were not stated for this text: it has none of the name servers that they name.
fn is_of_another_text(sample: &Sample) -> bool {
    let raw = sample.raw.to_lowercase();
    sample.expected["nameservers"].as_array().is_some_and(|hosts| {
        let mut hosts = hosts.iter().filter_map(Value::as_str).peekable();
        hosts.peek().is_some() && !hosts.any(|host| raw.contains(&host.to_lowercase()))
    })
}

type Judgement = (String, bool, String, String);

fn judge(sample: &Sample, found: &Registration) -> Vec<Judgement> {
    let mut judged = Vec::new();
    let expected = &sample.expected;
    if is_of_another_text(sample) {
        return judged;
    }
    let is_disputed = |field: &str| sample.disputed.get(field).is_some();
    let state = expected["state"].as_str().filter(|_| !is_disputed("state"));
    if let Some(state) = state.and_then(|state| state.parse::<State>().ok()) {
        judged.push(("state".into(), state == found.state, format!("{state:?}"), format!("{:?}", found.state)));
    }
    if expected["state"].as_str().is_some_and(|state| state != "registered") {
        return judged;
    }
    for (field, time) in [("created", found.created), ("updated", found.updated), ("expires", found.expires)] {
        if let Some(stated) = expected[field].as_str().filter(|_| !is_disputed(field)) {
            let days = dates(expected, field, stated);
            if days.is_empty() {
                continue; // stated as the text has it, which a person would have to read
            }
            let right = days.iter().any(|day| near(*day, time));
            judged.push((field.into(), right, stated.into(), format!("{time:?}")));
        }
    }
    if let Some(stated) = expected["registrar"].as_str().filter(|text| !is_disputed("registrar") && !text.is_empty()) {
        let name = found.registrar.name.clone().unwrap_or_default();
        judged.push(("registrar".into(), is_same_name(stated, &name), stated.into(), name));
    }
    if let Some(stated) =
        expected["nameservers"].as_array().filter(|list| !is_disputed("nameservers") && !list.is_empty())
    {
        let mut stated: Vec<String> = stated.iter().filter_map(Value::as_str).map(host).collect();
        let mut read: Vec<String> = found.nameservers.iter().map(|server| host(&server.name.to_string())).collect();
        stated.sort();
        stated.dedup();
        read.sort();
        judged.push(("nameservers".into(), stated == read, stated.join(" "), read.join(" ")));
    }
    for role in Role::CONTACTS {
        contact(sample, role, found, &mut judged);
    }
    judged
}

fn host(text: &str) -> String {
    let name = text.trim().trim_end_matches('.');
    Name::from_unicode(name).map_or_else(|_| name.to_lowercase(), |name| name.to_string())
}

fn contact(sample: &Sample, role: Role, found: &Registration, judged: &mut Vec<Judgement>) {
    let found = found.contact(role).unwrap();
    let role = role.to_string();
    let stated = &sample.expected[&role];
    let fields = [
        ("id", &found.handle),
        ("name", &found.name),
        ("org", &found.organization),
        ("email", &found.email),
        ("phone", &found.phone),
    ];
    for (part, read) in fields {
        let field = format!("{role}.{part}");
        let disputed =
            sample.disputed.get(&field).is_some() || sample.disputed.get(&role).is_some_and(|d| disputes(d, part));
        let Some(text) = stated[part].as_str().filter(|text| !text.trim().is_empty() && !disputed) else { continue };
        let right = is_read(part, text, read);
        judged.push((field, right, text.into(), format!("{read:?}")));
    }
    named(sample, &role, found, judged);
}

/// Name and organisation together: where a layout gives one name without saying which, either field is right.
fn named(sample: &Sample, role: &str, found: &model::Contact, judged: &mut Vec<Judgement>) {
    let stated = &sample.expected[role];
    let text = |part: &str| stated[part].as_str().filter(|text| !text.trim().is_empty());
    let one = match (text("name"), text("org"), text("name_or_org")) {
        (Some(one), None, None) | (None, Some(one), None) | (None, None, Some(one)) => one,
        _ => return,
    };
    if sample.disputed.get(role).is_none() {
        let text = one;
        let right = is_read("name", text, &found.name) || is_read("name", text, &found.organization);
        judged.push((
            format!("{role}.name_or_org"),
            right,
            text.into(),
            format!("{:?} {:?}", found.name, found.organization),
        ));
    }
}

fn disputes(dispute: &Value, part: &str) -> bool {
    dispute.as_array().is_some_and(|all| {
        let mut values = all.iter().map(|one| &one["value"][part]);
        let first = values.next();
        values.any(|value| Some(value) != first)
    })
}

fn is_read(part: &str, stated: &str, read: &Disclosed) -> bool {
    // The same address, written against harvesters.
    let stated =
        &[" [at] ", "[at]", " (at) ", "(at)", " AT "].iter().fold(stated.to_owned(), |text, at| text.replace(at, "@"));
    let is_withheld = !matches!(disclosed(stated), Disclosed::Stated(_)) || (part == "email" && !stated.contains('@'));
    if is_withheld && read.stated().is_none() {
        return true;
    }
    let read = read.text().unwrap_or_default();
    match part {
        "email" => fold::email(stated) == fold::email(read),
        "phone" => {
            let digits = |text: &str| fold::phone(text).trim_start_matches('+').to_owned();
            digits(stated) == digits(read)
        }
        "id" => fold::handle(stated) == fold::handle(read),
        _ => is_same_name(stated, read),
    }
}

fn is_same_name(stated: &str, read: &str) -> bool {
    let without_note = stated.rsplit_once([' ', '(', '[']).filter(|_| stated.ends_with([')', ']']));
    let folded = fold::person(read);
    folded == fold::person(stated)
        || without_note.is_some_and(|_| {
            stated
                .split_once(['(', '['])
                .is_some_and(|(front, _)| !front.trim().is_empty() && fold::person(front) == folded)
        })
}

fn dates(expected: &Value, field: &str, stated: &str) -> Vec<Time> {
    let more = expected[format!("{field}_any")].as_array().cloned().unwrap_or_default();
    let texts = std::iter::once(stated).chain(more.iter().filter_map(Value::as_str));
    texts.filter_map(|text| text.get(..10)?.parse().ok()).collect()
}

fn near(day: Time, found: Option<Time>) -> bool {
    found.is_some_and(|found| (-2..=1).contains(&found.days_since(day)))
}

/// The best of several runs, since other work on the machine only ever makes it slower.
#[test]
fn speed() {
    let Some(samples) = samples() else { return };
    let mut best = vec![u128::MAX; samples.len()];
    for _ in 0..5 {
        for (sample, best) in samples.iter().zip(&mut best) {
            let before = Instant::now();
            let parsed = whois::parse(&sample.raw, &sample.server, &sample.domain);
            *best = before.elapsed().as_nanos().min(*best);
            assert!(parsed.understood <= parsed.lines);
        }
    }
    let (slowest, worst) = best.iter().enumerate().max_by_key(|(_, taken)| **taken).unwrap();
    let name = if samples[slowest].aside { "set aside" } else { &samples[slowest].id };
    let rate = samples.len() as f64 * 1e9 / best.iter().sum::<u128>() as f64;
    let lines: usize = samples.iter().map(|sample| sample.raw.lines().count()).sum();
    println!("{rate:.0} records a second ({} lines on average)", lines / samples.len());
    println!("the slowest took {} µs ({name}, {} octets)", worst / 1000, samples[slowest].raw.len());
}
