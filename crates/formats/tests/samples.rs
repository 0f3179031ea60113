//! Real samples, which stay outside the repository: all of them are read, and what was refused is printed with the reason.

#![allow(clippy::print_stdout, reason = "what was read and refused is for people to see")]
use std::{collections::BTreeMap, path::PathBuf};

use formats::{
    cof,
    line::{Reader, Refusals},
    rdap,
    registration_lines::{self, Defaults},
};
use model::{
    Name, Time,
    registration::{Protocol, State},
};

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

fn print_refusals(refusals: &Refusals) {
    println!("refused: {}", refusals.total());
    for (reason, refused) in refusals.reasons() {
        println!("  {reason}: {} (lines {:?}; {})", refused.count, refused.lines, refused.example);
    }
}

#[test]
fn rdap_answers() {
    let Some(folder) = samples("rdap") else { return };
    let (mut domains, mut networks, mut numbers, mut refused) = (0, 0, 0, Vec::new());
    for part in ["whodap", "whoisit"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let body = std::fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name == "data_bootstrap.json" {
                continue;
            }
            let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
            match json["objectClassName"].as_str() {
                Some("ip network") => {
                    let answer = rdap::parse_network(&body);
                    let network = answer.found.expect(&name);
                    assert!(
                        network.holder.holder.is_some() && network.holder.abuse_email.is_some(),
                        "{name}: {network:?}"
                    );
                    assert!(!network.prefixes().is_empty(), "{name}");
                    networks += 1;
                }
                Some("autnum") => {
                    let answer = rdap::parse_autnum(&body);
                    assert_eq!(answer.found.map(|number| number.first), Some(13335), "{name}");
                    numbers += 1;
                }
                Some("entity") => {
                    assert_eq!(rdap::parse_network(&body).state, State::Malformed);
                    refused
                        .push(format!("{name}: an entity, which is neither a domain nor a network nor an AS number"));
                }
                _ => {
                    let domain: Name = json["ldhName"].as_str().unwrap().parse().unwrap();
                    let parsed = rdap::parse_domain(&body, "", &domain);
                    assert_eq!(parsed.registration.state, State::Registered, "{name}");
                    assert_eq!(parsed.registration.domain, Some(domain), "{name}");
                    assert!(parsed.registration.created.is_some(), "{name}");
                    domains += 1;
                }
            }
        }
    }
    println!("read: {domains} domains, {networks} networks, {numbers} AS numbers; refused: {refused:#?}");
    assert_eq!((domains, networks, numbers), (14, 6, 1));
}

#[test]
fn cof_lines() {
    let Some(folder) = samples("dns") else { return };
    let text = std::fs::read(folder.join("expected_cof.jsonl")).unwrap();
    let mut reader = Reader::new(text.as_slice(), "samples");
    let (mut records, mut refusals) = (0, Refusals::default());
    while let Some(batch) = reader.next_batch(cof::parse_line).unwrap() {
        records += batch.records.len();
        refusals.absorb(batch.refusals);
        for record in batch.records {
            let mut line = Vec::new();
            cof::write_line(&mut line, &record);
            assert_eq!(cof::parse_line(&line).as_deref(), Ok(&[record][..]));
        }
    }
    println!("read: {records} COF records");
    print_refusals(&refusals);
    assert_eq!((records, refusals.total()), (2212, 0));
}

#[test]
fn whois_answers() {
    let Some(folder) = samples("whois") else { return };
    let packed = std::fs::read(folder.join("whois_samples.jsonl.zst")).unwrap();
    let text = String::from_utf8(zstd::decode_all(packed.as_slice()).unwrap()).unwrap();
    // The samples as `ingest` takes them.
    let mut lines = String::new();
    for sample in text.lines() {
        let sample: serde_json::Value = serde_json::from_str(sample).unwrap();
        let domain = sample["domain"].as_str();
        let line = serde_json::json!({"domain": domain, "server": sample["whois_server"], "raw": sample["raw"]});
        lines += &format!("{line}\n");
    }
    let defaults = Defaults { protocol: Protocol::Whois, server: String::new(), observed: Time(1_800_000_000) };
    let mut reader = Reader::new(lines.as_bytes(), "samples");
    let batch = reader.next_batch(|line| registration_lines::parse_line(line, &defaults)).unwrap().unwrap();
    let mut states = BTreeMap::<String, usize>::new();
    for line in &batch.records {
        *states.entry(line.record.registration.state.to_string()).or_default() += 1;
    }
    println!("read: {} WHOIS answers of {}: {states:?}", batch.records.len(), batch.lines);
    print_refusals(&batch.refusals);
    assert_eq!(batch.records.len() as u64 + batch.refusals.total(), batch.lines);
    assert!(batch.records.len() >= 700, "fewer than before");
}
