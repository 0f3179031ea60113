//! Published lists, events and bundles, which stay outside the repository: all are read, and what was taken, refused
//! and passed over is printed.

#![allow(clippy::print_stdout, reason = "what was read and refused is for people to see")]
#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::{Path, PathBuf},
};

use formats::{
    attack,
    list::{self, Taken, paste, plain, table},
    misp::{event, warninglist},
    stix,
};
use model::Indicator;

/// The folder of samples; where it is absent the test is skipped, or fails where samples are required.
fn samples(part: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")).join(part);
    if folder.exists() {
        return Some(folder);
    }
    assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no samples at {}", folder.display());
    println!("skipped: no samples at {}", folder.display());
    None
}

fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn inflated(path: &Path) -> Vec<u8> {
    zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()
}

/// Names and contents of the files in a tar archive (POSIX.1-1988 ustar, and GNU long names left as they are).
fn untar(octets: &[u8]) -> Vec<(String, &[u8])> {
    let (mut files, mut rest) = (Vec::new(), octets);
    while let Some((header, after)) = rest.split_at_checked(512) {
        let text = |range: std::ops::Range<usize>| {
            String::from_utf8_lossy(&header[range]).trim_end_matches(['\0', ' ']).to_owned()
        };
        let Ok(size) = usize::from_str_radix(text(124..135).trim(), 8) else { break };
        if header[156] == b'0' {
            files.push((text(0..100), &after[..size]));
        }
        rest = &after[size.next_multiple_of(512)..];
    }
    files
}

#[derive(Default)]
struct Score {
    taken: usize,
    refused: usize,
    why: BTreeMap<String, (usize, String)>,
}

impl Score {
    fn add(&mut self, taken: &Taken) {
        self.taken += taken.stated.len();
        self.refused += taken.refused.len() + taken.refused_more;
        for refusal in &taken.refused {
            let why = refusal.why.split(':').next().unwrap().to_owned();
            self.why.entry(why).or_insert((0, refusal.text.clone())).0 += 1;
        }
    }

    fn print(&self, what: &str) -> f64 {
        let rate = self.taken as f64 / (self.taken + self.refused).max(1) as f64;
        println!("{what}: taken {}, refused {} ({:.2} % taken)", self.taken, self.refused, rate * 100.0);
        for (why, (count, example)) in &self.why {
            println!("  {count} {why}, such as `{example}`");
        }
        rate
    }
}

#[test]
fn plain_lists_and_tables() {
    let Some(folder) = samples("infra") else { return };
    let mut score = Score::default();
    for path in files(&folder.join("amnesty"), ".txt") {
        if !path.ends_with("file_paths.txt") && !path.ends_with("config_profiles.txt") {
            score.add(&Taken::of(plain::read(&list::decode(&std::fs::read(path).unwrap()).0, None)));
        }
    }
    assert!(score.print("plain lists") > 0.99);
    let (mut score, mut unmapped) = (Score::default(), 0);
    for path in files(&folder, ".csv") {
        let octets = std::fs::read(&path).unwrap();
        let (text, _) = list::decode(&octets);
        let separator = table::guess_separator(&text);
        let names = table::first_row(&text, separator);
        match table::Mapping::guess(names.iter().map(String::as_str)) {
            Some(mapping) => score.add(&Taken::of(table::read(&text, separator, &mapping).unwrap())),
            None => {
                println!("  no column looks like values: {} {names:?}", path.file_name().unwrap().to_string_lossy());
                unmapped += 1;
            }
        }
    }
    score.print("tables");
    println!("tables without a mapping: {unmapped}");
}

#[test]
fn a_million_lines() {
    let Some(folder) = samples("infra") else { return };
    let tar = inflated(&folder.join("maltrail-static.tar.zst"));
    let mut score = Score::default();
    for (_, octets) in untar(&tar) {
        score.add(&Taken::of(plain::read(&list::decode(octets).0, None)));
    }
    assert!(score.print("lists by family") > 0.95);
}

#[test]
fn misp_events() {
    let Some(folder) = samples("misp") else { return };
    let (mut score, mut passed_over) = (Score::default(), BTreeMap::new());
    for path in files(&folder.join("events"), ".json").into_iter().chain(files(&folder.join("pymisp-samples"), ".json"))
    {
        let read = event::read(&std::fs::read(&path).unwrap());
        score.add(&read.taken);
        for (kind, count) in read.passed_over {
            *passed_over.entry(kind).or_insert(0) += count;
        }
        assert!(read.taken.remarks.is_empty(), "{} {:?}", path.display(), read.taken.remarks);
    }
    println!("passed over: {passed_over:?}");
    assert!(score.print("events") > 0.97);
}

#[test]
fn warninglists() {
    let Some(folder) = samples("misp") else { return };
    let tar = inflated(&folder.join("warninglists.tar.zst"));
    let (mut lists, mut values) = (0, 0);
    for (name, octets) in untar(&tar).into_iter().filter(|(name, _)| name.ends_with("/list.json")) {
        let list = warninglist::read(octets).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(list.left_out, 0, "{name}");
        lists += 1;
        values += list.values.len();
    }
    println!("{lists} warninglists with {values} values");
    assert_eq!(lists, 136);
}

#[test]
fn stix_bundles() {
    let Some(folder) = samples("stix") else { return };
    let mut score = Score::default();
    for path in files(&folder.join("bundles"), ".stix2") {
        let read = stix::read(&std::fs::read(&path).unwrap());
        println!(
            "{} groups, {} associations, passed over {:?}, {:?}",
            read.groups.len(),
            read.associations.len(),
            read.passed_over,
            read.taken.remarks.first()
        );
        score.add(&read.taken);
    }
    assert!(score.print("bundles") > 0.99);
    let read = stix::read(&inflated(&folder.join("bundles/mobile-attack-17.1.json.zst")));
    println!(
        "ATT&CK: {} groups, {} associations, passed over {:?}",
        read.groups.len(),
        read.associations.len(),
        read.passed_over
    );
    assert!(read.groups.len() >= 340 && read.associations.len() > 1500);
    for path in files(&folder.join("examples"), ".json") {
        let _ = stix::read(&std::fs::read(&path).unwrap());
    }
}

/// Objects that the validator or the library of OASIS accepts or refuses: what we make of them is ours, but it ends.
#[test]
fn odd_stix_objects() {
    let Some(folder) = samples("stix") else { return };
    let mut read = 0;
    for file in ["validator_cases.jsonl.zst", "parse_cases.jsonl.zst"] {
        for line in std::str::from_utf8(&inflated(&folder.join(file))).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            for object in case.as_object().unwrap().values().filter(|value| value.is_object() || value.is_string()) {
                let text = object.as_str().map_or_else(|| object.to_string(), str::to_owned);
                for text in [format!("[{text}]"), text] {
                    let said = stix::read(text.as_bytes());
                    read += said.taken.stated.len() + said.groups.len();
                }
            }
        }
    }
    println!("{read} values and groups read of odd objects");
    assert!(read > 100);
}

#[test]
fn stix_patterns() {
    let Some(folder) = samples("stix") else { return };
    let text = inflated(&folder.join("patterns.jsonl.zst"));
    let (mut lists, mut more, mut wrong) = (0, BTreeMap::<String, usize>::new(), Vec::new());
    for line in std::str::from_utf8(&text).unwrap().lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let pattern = case["pattern"].as_str().unwrap();
        match stix::values_of(pattern) {
            Ok(values) => {
                assert!(!values.is_empty());
                lists += 1;
                if case["valid"] == false {
                    wrong.push(pattern.to_owned());
                }
            }
            Err(why) if case["valid"] == true => {
                *more.entry(why.split('`').next().unwrap().to_owned()).or_default() += 1
            }
            Err(_) => {}
        }
    }
    println!("patterns: {lists} are lists of values; valid ones kept as text: {more:?}");
    assert_eq!(wrong, [] as [&str; 0], "no invalid pattern is taken for a list");
}

#[test]
fn attack_techniques() {
    let Some(folder) = samples("stix") else { return };
    let (techniques, remarks) = attack::read(&inflated(&folder.join("bundles/mobile-attack-17.1.json.zst")));
    println!("{} techniques, {} of them retired", techniques.len(), techniques.iter().filter(|t| t.retired).count());
    assert_eq!((techniques.len(), remarks.as_slice()), (188, &[][..]));
    let one = techniques.iter().find(|technique| technique.id.to_string() == "T1603").unwrap();
    assert_eq!(
        (one.name.as_str(), one.tactics.as_slice()),
        ("Scheduled Task/Job", &["execution".to_owned(), "persistence".into()][..])
    );
    assert_eq!(one.url.as_deref(), Some("https://attack.mitre.org/techniques/T1603"));
}

/// Documents are for later; this says how far pasted text gets with them.
#[test]
fn documents_as_pasted_text() {
    let Some(folder) = samples("ioc") else { return };
    let mut text = String::new();
    zstd::Decoder::new(std::fs::File::open(folder.join("ioc_docs.jsonl.zst")).unwrap())
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    let (mut wanted, mut found, mut missed, mut stated) = (0, 0, BTreeMap::<String, Vec<String>>::new(), 0);
    for line in text.lines() {
        let document: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = document["text"].as_str().or(document["body"].as_str()).or(document["raw"].as_str()).unwrap();
        let pasted = paste::read(text);
        stated += pasted.stated.len();
        let values: BTreeSet<String> = pasted.stated.iter().map(|stated| stated.indicator.canonical()).collect();
        for expected in document["expected"].as_array().unwrap() {
            let (kind, value) = (expected["type"].as_str().unwrap(), expected["value"].as_str().unwrap());
            let Some(indicator) = Indicator::guess(value) else { continue };
            wanted += 1;
            if values.contains(&indicator.canonical()) {
                found += 1;
            } else {
                missed.entry(kind.to_owned()).or_default().push(value.to_owned());
            }
        }
    }
    println!("documents: {found} of {wanted} listed values found, {stated} values in all");
    for (kind, values) in &missed {
        println!("  missed {}: {} such as {:?}", kind, values.len(), &values[..values.len().min(3)]);
    }
    assert!(f64::from(found) > 0.9 * f64::from(wanted));
}
