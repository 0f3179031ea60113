//! Replays the fuzz corpus of the store's decoders: every file, every beginning of it, every octet of it changed, and
//! each as if it were something else. Nothing may panic.

use std::path::PathBuf;

use observations::fuzz::decode;

#[test]
fn decoders_withstand_the_corpus() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/store");
    let files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 12);
    for file in files {
        let whole = std::fs::read(&file).unwrap();
        (0..=whole.len()).for_each(|end| decode(&whole[..end]));
        let mut changed = whole.clone();
        // The first octet says as what the others are decoded.
        for kind in 0..8 {
            changed[0] = kind;
            decode(&changed);
            for at in 1..whole.len() {
                for octet in [whole[at] ^ (1 << (at % 8)), 0, 0x7f, 0xff] {
                    changed[at] = octet;
                    decode(&changed);
                }
                changed[at] = whole[at];
            }
        }
    }
}
