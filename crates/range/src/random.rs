//! Chance that repeats itself: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014).
//!
//! Everything in a world is drawn from the world's seed and the thing's own number, never from what was drawn before
//! it, so that one domain can be made without making those in front of it.

/// A stream of draws.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The stream of one thing: `salt` says what kind of thing, `number` which.
    pub(crate) fn of(seed: u64, salt: &str, number: u64) -> Random {
        let salted = salt.bytes().fold(seed, |state, byte| mix(state ^ u64::from(byte)));
        Random(mix(salted ^ mix(number)))
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0 up to but not 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    /// A number below `bound`, the lower the likelier: the share of number `k` falls about as `1/k`.
    pub(crate) fn skewed(&mut self, bound: u64) -> u64 {
        self.skewed_from(1, bound)
    }

    /// The same, falling as `1/(start + k)`: the later the start, the less stands at 0.
    pub(crate) fn skewed_from(&mut self, start: u64, bound: u64) -> u64 {
        let start = start.max(1) as f64;
        let drawn = start * ((bound as f64 + start) / start).powf(self.unit()) - start;
        (drawn as u64).min(bound.saturating_sub(1))
    }
}

/// The finaliser of SplitMix64.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_itself_and_keeps_its_bounds() {
        let draw = |seed| (0..100).map(|n| Random::of(seed, "x", n).next()).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut random = Random::of(1, "bounds", 0);
        assert!((0..1000).all(|_| random.below(3) < 3 && random.skewed(10) < 10 && random.unit() < 1.0));
        assert_eq!(random.below(0), 0);
    }
}
