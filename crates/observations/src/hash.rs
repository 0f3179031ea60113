//! One hash for everything that lands on disk: SipHash-2-4 with 128 bits of output and a key of zeros
//! (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and their reference `siphash.c`).

/// The 128-bit hash.
pub(crate) fn hash128(octets: &[u8]) -> [u8; 16] {
    let mut state = absorbed(octets);
    let low = state.finish();
    state.0[1] ^= 0xdd;
    let high = state.finish();
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}

/// The low half of it, for filters and sketches.
pub(crate) fn hash64(octets: &[u8]) -> u64 {
    absorbed(octets).finish()
}

fn absorbed(octets: &[u8]) -> State {
    let mut state =
        State([0x736f_6d65_7073_6575, 0x646f_7261_6e64_6f6d ^ 0xee, 0x6c79_6765_6e65_7261, 0x7465_6462_7974_6573]);
    let (words, tail) = octets.as_chunks::<8>();
    for word in words {
        state.absorb(u64::from_le_bytes(*word));
    }
    let last = tail.iter().rev().fold(0u64, |word, octet| word << 8 | u64::from(*octet));
    state.absorb(last | (octets.len() as u64) << 56);
    state.0[2] ^= 0xee;
    state
}

struct State([u64; 4]);

impl State {
    fn absorb(&mut self, word: u64) {
        self.0[3] ^= word;
        self.round();
        self.round();
        self.0[0] ^= word;
    }

    fn finish(&mut self) -> u64 {
        for _ in 0..4 {
            self.round();
        }
        self.0[0] ^ self.0[1] ^ self.0[2] ^ self.0[3]
    }

    fn round(&mut self) {
        let [a, b, c, d] = &mut self.0;
        *a = a.wrapping_add(*b);
        *b = b.rotate_left(13) ^ *a;
        *a = a.rotate_left(32);
        *c = c.wrapping_add(*d);
        *d = d.rotate_left(16) ^ *c;
        *a = a.wrapping_add(*d);
        *d = d.rotate_left(21) ^ *a;
        *c = c.wrapping_add(*b);
        *b = b.rotate_left(17) ^ *c;
        *c = c.rotate_left(32);
    }
}
