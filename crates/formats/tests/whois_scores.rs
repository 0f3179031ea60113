//! How well WHOIS answers are read: scores over real answers with stated results, which stay outside the repository.
//!
//! `formats::whois::score` judges (and says how); `spoor bench whois FILE` prints the same table. What 300 of the answers
//! withhold was labelled by a person: `whois_scores/withheld.txt`.
//! `SPOOR_WHOIS_SHOW=created cargo test -p formats --test whois_scores -- --nocapture` shows what was read wrongly of a
//! field in the zones that are not set aside.

#![allow(clippy::print_stdout, reason = "scores are for people to see")]
#![allow(clippy::unwrap_used, reason = "helpers of tests")]
use std::{collections::HashMap, path::PathBuf, time::Instant};

use formats::whois::score::{Sample, Table, Verdict, Withheld, judge};

fn samples() -> Option<Vec<Sample>> {
    let path =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/whois/whois_samples.jsonl.zst"));
    if !path.exists() {
        assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", path.display());
        println!("skipped: no samples at {}", path.display());
        return None;
    }
    let text = zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap();
    let labels = labels();
    let sample = |line: &str| {
        let mut sample = Sample::parse_line(line.as_bytes()).unwrap().unwrap();
        sample.withheld = labels.get(sample.id.as_str()).copied();
        sample
    };
    Some(String::from_utf8(text).unwrap().lines().map(sample).collect())
}

fn labels() -> HashMap<&'static str, Withheld> {
    let lines = include_str!("whois_scores/withheld.txt").lines().filter(|line| !line.starts_with('#'));
    let label = |line: &'static str| {
        let (id, class) = line.split_once(' ').unwrap();
        (id, serde_json::from_str(&format!("\"{class}\"")).unwrap())
    };
    lines.map(label).collect()
}

#[test]
fn scores() {
    let Some(samples) = samples() else { return };
    let show = std::env::var("SPOOR_WHOIS_SHOW").unwrap_or_default();
    let mut table = Table::default();
    for sample in &samples {
        let found = sample.read();
        let judged = judge(sample, &found);
        table.add(sample, &sample.parse(), &found, &judged);
        let shown =
            |field: &str| !show.is_empty() && !sample.is_set_aside() && (show == "all" || field.contains(&show));
        for one in judged.iter().filter(|one| one.verdict != Verdict::Right && shown(one.field)) {
            println!(
                "{} {} {} {:?}: stated {:?}, read {}",
                sample.id, sample.domain, one.field, one.verdict, one.stated, one.read
            );
        }
    }
    println!("{table}");
    assert_eq!(table.false_available(), 0, "throttled answers taken for available ones");
    floors(&table, false, TUNED_FLOORS);
    floors(&table, true, ASIDE_FLOORS);
}

/// Per cent that may not be lost again.
const TUNED_FLOORS: &[(&str, usize)] = &[
    ("state", 99),
    ("created", 99),
    ("updated", 99),
    ("expires", 99),
    ("registrar", 96),
    ("name servers", 99),
    ("registrant handle", 98),
    ("registrant name", 97),
    ("registrant organisation", 95),
    ("registrant name or org", 98),
    ("registrant e-mail", 99),
    ("registrant phone", 99),
    ("other contacts, handle", 99),
    ("other contacts, name", 99),
    ("other contacts, organisation", 97),
    ("other contacts, e-mail", 99),
    ("other contacts, phone", 99),
    ("withheld", 99),
];
const ASIDE_FLOORS: &[(&str, usize)] = &[
    ("state", 95),
    ("created", 93),
    ("updated", 91),
    ("expires", 99),
    ("registrar", 89),
    ("name servers", 95),
    ("registrant handle", 99),
    ("registrant name", 90),
    ("registrant e-mail", 92),
    ("registrant phone", 99),
    ("other contacts, handle", 97),
    ("other contacts, e-mail", 85),
];

fn floors(table: &Table, set_aside: bool, floors: &[(&str, usize)]) {
    for (field, floor) in floors {
        let (right, all) = table.score(field, set_aside);
        let which = if set_aside { "set aside" } else { "tuned" };
        assert!(all > 0 && right * 100 >= floor * all, "{which}: {field} fell to {right}/{all}, under {floor} %");
    }
}

/// The best of several runs, since other work on the machine only ever makes it slower.
#[test]
fn speed() {
    let Some(samples) = samples() else { return };
    let mut best = vec![u128::MAX; samples.len()];
    for _ in 0..5 {
        for (sample, best) in samples.iter().zip(&mut best) {
            let before = Instant::now();
            let parsed = sample.parse();
            *best = before.elapsed().as_nanos().min(*best);
            assert!(parsed.understood <= parsed.lines);
        }
    }
    let (slowest, worst) = best.iter().enumerate().max_by_key(|(_, taken)| **taken).unwrap();
    let rate = samples.len() as f64 * 1e9 / best.iter().sum::<u128>() as f64;
    println!("{rate:.0} records a second; the slowest took {} µs ({} octets)", worst / 1000, samples[slowest].octets());
}
