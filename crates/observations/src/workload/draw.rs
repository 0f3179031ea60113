//! Chance, made to repeat: everything follows from a seed and a number.

/// A stream of random numbers (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Clone, Debug)]
pub(super) struct Draw(u64);

impl Draw {
    /// The stream of a thing (`index`) in some respect (`salt`).
    pub(super) fn of(seed: u64, salt: u64, index: u64) -> Draw {
        Draw(finish(finish(seed.wrapping_add(salt << 32)).wrapping_add(index)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        finish(self.0)
    }

    /// Below `limit` (0 where that is 0), by multiplication: the bias is below 2⁻³² here.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// True `of_256` times in 256.
    pub(super) fn chance(&mut self, of_256: u64) -> bool {
        self.next() >> 56 < of_256
    }

    /// In [0, 1).
    pub(super) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Below `limit`, by the square of a uniform number.
    pub(super) fn squared(&mut self, limit: u64) -> u64 {
        let unit = self.unit();
        (unit * unit * limit as f64) as u64
    }

    /// Below `limit`, by the fourth power of a uniform number: low numbers come most.
    pub(super) fn skewed(&mut self, limit: u32) -> u32 {
        let unit = self.unit();
        (unit * unit * unit * unit * f64::from(limit)) as u32
    }

    /// Below 2^`bits`, every power of two alike: a Zipf distribution in steps.
    pub(super) fn log_uniform(&mut self, bits: u64) -> u64 {
        let bit = self.below(bits);
        (1 << bit) - 1 + self.below(1 << bit)
    }

    /// At least 1, Pareto with exponent 64/55: `u^(-55/64)`, by square roots alone, which round alike everywhere.
    pub(super) fn pareto(&mut self) -> f64 {
        let unit = 1.0 - self.unit();
        let half = unit.sqrt();
        let quarter = half.sqrt();
        let sixteenth = quarter.sqrt().sqrt();
        let of_32 = sixteenth.sqrt();
        1.0 / (half * quarter * sixteenth * of_32 * of_32.sqrt())
    }
}

fn finish(mut state: u64) -> u64 {
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// A permutation of the numbers below `size`: a Feistel network over the next even number of bits, walked until it
/// falls below `size`.
#[derive(Clone, Debug)]
pub(super) struct Permutation {
    size: u64,
    half: u32,
    keys: [u64; 4],
}

impl Permutation {
    pub(super) fn new(seed: u64, size: u64) -> Permutation {
        let bits = 64 - size.saturating_sub(1).leading_zeros();
        let mut draw = Draw::of(seed, 9, 0);
        Permutation { size, half: bits.div_ceil(2).max(1), keys: std::array::from_fn(|_| draw.next()) }
    }

    /// Where `number` goes; numbers from `size` on are taken modulo `size`.
    pub(super) fn at(&self, number: u64) -> u64 {
        if self.size < 2 {
            return 0;
        }
        let mut number = number % self.size;
        loop {
            number = self.network(number);
            if number < self.size {
                return number;
            }
        }
    }

    fn network(&self, number: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (number >> self.half, number & mask);
        for key in self.keys {
            (left, right) = (right, left ^ (finish(right ^ key) & mask));
        }
        left << self.half | right
    }
}
