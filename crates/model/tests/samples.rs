//! Record data of real captures, as an independent decoder states them.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a test")]

use std::{collections::BTreeMap, fs, path::PathBuf};

use model::{Rdata, RecordType};

fn sample(name: &str) -> Option<String> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/dns")).join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_some() => panic!("{}: {error}", path.display()),
        Err(_) => {
            println!("skipped: no sample {name}");
            None
        }
    }
}

/// The value of a string in a line of JSON; the samples use no escapes but `\"` and `\\`.
fn string(line: &str, key: &str) -> Option<String> {
    let start = line.find(&format!("\"{key}\": \""))? + key.len() + 5;
    let mut value = String::new();
    let mut rest = line[start..].chars();
    loop {
        match rest.next()? {
            '"' => return Some(value),
            '\\' => match rest.next()? {
                plain @ ('"' | '\\') => value.push(plain),
                other => panic!("unexpected escape \\{other} in {line}"),
            },
            plain => value.push(plain),
        }
    }
}

/// Every stated text is read, and written the same but for the case of names.
fn check(file: &str) {
    let Some(text) = sample(file) else { return };
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let (Some(rrtype), Some(stated)) = (string(line, "rrtype"), string(line, "rdata")) else { continue };
        let rrtype: RecordType = rrtype.parse().unwrap();
        let rdata = Rdata::from_text(rrtype, &stated).unwrap_or_else(|error| panic!("{stated}: {error}"));
        let written = rdata.text(rrtype);
        let folded = matches!(rrtype, RecordType::NS | RecordType::CNAME | RecordType::SOA);
        if folded {
            assert_eq!(written, stated.to_ascii_lowercase());
        } else if rrtype != RecordType::NSEC {
            assert_eq!(written, stated);
        } else {
            assert!(written.eq_ignore_ascii_case(&stated), "{written} {stated}");
        }
        assert_eq!(Rdata::from_wire(rrtype, rdata.as_octets()), Ok(rdata));
        *counts.entry(rrtype).or_insert(0) += 1;
    }
    println!("{file}: {counts:?}");
    assert!(counts.values().sum::<usize>() > 2000);
}

#[test]
fn answers_of_real_captures() {
    check("expected_cof.jsonl");
}

#[test]
fn records_of_real_captures() {
    check("expected_records.jsonl");
}
