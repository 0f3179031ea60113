//! Questions to passive DNS, however odd: each seed, every beginning of it, and every octet of it changed. Nothing
//! panics, and what is taken can be matched. (A fuzz target would bring the database into the fuzz workspace.)

use engine::dns::{Pattern, Types, What};

const SEEDS: [&str; 10] = [
    "*.widgets.example",
    "www.widgets.*",
    "2001:db8::/32",
    "192.0.2.0,24",
    "192.0.2.3-192.0.2.9",
    "w?w.[a-w]*[!0-9].example.",
    r"^(www|mail)\.w.*\.example\.$",
    "0377777707776964676574730765786100",
    "A,AAAA,TYPE65280,ANY-DNSSEC",
    "[[:alpha:]--a&&b~~c]{1,9}",
];

fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for read in [What::guess, What::owner, What::target, What::address, What::raw_data, What::raw_owner] {
        let _ = read(text);
    }
    let _ = Types::parse(text);
    for pattern in [Pattern::regex(text, None), Pattern::glob(text, Some(text))].into_iter().flatten() {
        let _ = pattern.matches("www.widgets.example.");
    }
    if !text.is_empty() && !text.contains(['*', '?', '[', '\n']) && !text.ends_with('.') {
        let glob = Pattern::glob(text, None).unwrap();
        assert!(glob.matches(text), "a glob without wildcards matches itself: {text:?}");
    }
}

#[test]
fn no_question_is_too_odd() {
    for seed in SEEDS.map(str::as_bytes) {
        (0..=seed.len()).for_each(|end| check(&seed[..end]));
        for at in 0..seed.len() {
            let mut changed = seed.to_vec();
            for octet in [seed[at] ^ (1 << (at % 8)), 0, b'[', b'\\', b'*'] {
                changed[at] = octet;
                check(&changed);
            }
        }
    }
}
