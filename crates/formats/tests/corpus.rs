//! Replays the fuzz corpora: every file, every beginning of it, and every octet of it changed. No input may panic, and
//! what is read must be written back as the same (`fuzz/check.rs` says what holds).

#![allow(clippy::unwrap_used, reason = "what is in the repository is there")]

#[path = "../../../fuzz/check.rs"]
mod check;

use std::path::PathBuf;

/// The longest file of a corpus, so that the replay stays short.
const FILE_OCTETS_MAX: usize = 8192;

fn replay(target: &str, check: fn(&[u8])) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        assert!(whole.len() <= FILE_OCTETS_MAX, "{}", file.display());
        check(&whole);
        (0..whole.len()).for_each(|end| check(&whole[..end]));
        let mut changed = whole.clone();
        for at in 0..whole.len() {
            // One flipped bit, a control character, a quote: each reaches other code.
            for octet in [whole[at] ^ (1 << (at % 8)), 0, b'"'] {
                changed[at] = octet;
                check(&changed);
            }
            changed[at] = whole[at];
        }
    }
}

macro_rules! replays {
    ($($target:ident)+) => {
        $(#[test]
        fn $target() {
            replay(stringify!($target), check::$target);
        })+
    };
}

replays! { dns dnstap capture logs cof whois whois_sample rdap registration_lines registration_table provider name rdata query track list sheet stix stix_pattern misp }
