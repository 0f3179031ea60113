//! SHA-256 (FIPS 180-4), for the rule that sets zones aside; short inputs only matter here, so nothing is tuned.

/// The digest of `data`.
pub(crate) fn digest(data: &[u8]) -> [u8; 32] {
    let mut state = initial();
    let mut padded = data.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((data.len() as u64 * 8).to_be_bytes());
    for block in padded.chunks_exact(64) {
        compress(&mut state, block);
    }
    let mut out = [0; 32];
    for (to, word) in out.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_be_bytes());
    }
    out
}

/// The first 32 bits of the fractional parts of the square roots of the first eight primes.
fn initial() -> [u32; 8] {
    let mut state = [0; 8];
    for (word, prime) in state.iter_mut().zip(primes()) {
        *word = fraction(prime, 2);
    }
    state
}

fn primes() -> impl Iterator<Item = u64> {
    (2..).filter(|n: &u64| (2..*n).take_while(|d| d * d <= *n).all(|d| !n.is_multiple_of(d)))
}

/// The first 32 bits of the fractional part of a root of `n`, by integer bisection.
fn fraction(n: u64, root: u32) -> u32 {
    let target = u128::from(n) << (32 * root);
    let (mut low, mut high) = (0_u128, u128::from(n) << 32);
    while low < high {
        let middle = (low + high).div_ceil(2);
        if middle.pow(root) <= target { low = middle } else { high = middle - 1 }
    }
    low as u32
}

fn compress(state: &mut [u32; 8], block: &[u8]) {
    let mut words: Vec<u32> = block.chunks_exact(4).map(|w| u32::from_be_bytes([w[0], w[1], w[2], w[3]])).collect();
    for at in 16..64 {
        let (a, b) = (words[at - 15], words[at - 2]);
        let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        words.push(words[at - 16].wrapping_add(s0).wrapping_add(words[at - 7]).wrapping_add(s1));
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (word, prime) in words.iter().zip(primes()) {
        let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let one = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(fraction(prime, 3)).wrapping_add(*word);
        let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let two = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
    }
    for (word, add) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *word = word.wrapping_add(add);
    }
}

#[test]
fn published_vector() {
    assert_eq!(digest(b"abc")[..8], [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);
}
