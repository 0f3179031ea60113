//! Filters: whether a segment may hold anything under the beginning of a key, so that a miss costs no read.
//!
//! Split block Bloom filters as Apache Parquet specifies them ("Parquet Bloom Filter"): 256-bit buckets of eight words,
//! one bit in each word, ten bits for each entry.
#![deny(clippy::indexing_slicing)]

const SALT: [u32; 8] =
    [0x47b6_137b, 0x4497_4d91, 0x8824_ad5b, 0xa2b7_289d, 0x7054_95c7, 0x2df1_424b, 0x9efc_4947, 0x5c6b_fb31];

/// A set of hashes that may say yes wrongly and never no.
#[derive(Debug)]
pub(crate) struct Filter(Vec<[u32; 8]>);

impl Filter {
    pub(crate) fn of(hashes: &[u64]) -> Filter {
        let buckets = (hashes.len() * 10).div_ceil(256).max(1);
        let mut filter = Filter(vec![[0; 8]; buckets]);
        for &hash in hashes {
            let at = filter.bucket(hash);
            if let Some(bucket) = filter.0.get_mut(at) {
                for (word, mask) in bucket.iter_mut().zip(masks(hash)) {
                    *word |= mask;
                }
            }
        }
        filter
    }

    pub(crate) fn may_hold(&self, hash: u64) -> bool {
        self.0.get(self.bucket(hash)).is_none_or(|bucket| bucket.iter().zip(masks(hash)).all(|(w, m)| w & m != 0))
    }

    fn bucket(&self, hash: u64) -> usize {
        (((hash >> 32) * self.0.len() as u64) >> 32) as usize
    }

    /// How much memory it takes.
    pub(crate) fn size(&self) -> usize {
        size_of_val(self.0.as_slice())
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        self.0.iter().flatten().flat_map(|word| word.to_le_bytes()).collect()
    }

    pub(crate) fn decode(octets: &[u8]) -> Option<Filter> {
        let (words, rest) = octets.as_chunks::<4>();
        let words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let (buckets, odd) = words.as_chunks::<8>();
        (rest.is_empty() && odd.is_empty() && !buckets.is_empty()).then(|| Filter(buckets.to_vec()))
    }
}

fn masks(hash: u64) -> [u32; 8] {
    SALT.map(|salt| 1 << ((hash as u32).wrapping_mul(salt) >> 27))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_wrongly_no_and_seldom_wrongly_yes() {
        let hashes: Vec<u64> = (0..10_000u32).map(|n| crate::hash::hash64(&n.to_be_bytes())).collect();
        let filter = Filter::decode(&Filter::of(&hashes).encode()).unwrap();
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        let wrong = (10_000..20_000u32).filter(|n| filter.may_hold(crate::hash::hash64(&n.to_be_bytes()))).count();
        assert!(wrong < 250, "{wrong}");
    }
}
