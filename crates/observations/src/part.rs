//! Which blocks of values may hold a part of a text: signatures of trigrams, so that a search for a substring reads few
//! of them.
//!
//! The classic answer is an inverted index from trigrams to values (Cox 2012, "Regular Expression Matching with a
//! Trigram Index"), with some twenty postings for each value: more than everything else that a registration costs. Here
//! each *block* of values, some hundred of them in order, has a signature: a set of bits, one for each trigram of its
//! values by hash, as small as it can be with at most half of the bits set. A text of n characters has n − 2 trigrams,
//! and a block without one of them is passed over unread: of unrelated blocks about one in 2ⁿ⁻² or fewer is read in
//! vain. That costs a sixteenth of the values' own octets, and some nanoseconds a trigram.
//!
//! Trigrams are of octets, of values *settled* as Tracks compare them (lower case; see [`Place::settle`]).
#![deny(clippy::indexing_slicing)]

use model::{Field, track::Place};

use crate::octets::{Input, put_string, put_varint};

/// Octets in the largest signature.
const LARGEST: usize = 4096;
/// Octets in the smallest.
const SMALLEST: usize = 8;
/// Blocks whose signatures stand in one frame, at most.
pub(crate) const GROUP: usize = 64;

/// Signatures of the blocks behind which a frame of them stands: for each block, each of its fields.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    blocks: Vec<Vec<(u8, Vec<u8>)>>,
}

/// Gathers what the values of blocks hold.
#[derive(Debug, Default)]
pub(crate) struct Gatherer {
    /// Field and text of the value gathered last.
    last: Vec<u8>,
    field: Option<u8>,
    bits: Vec<u64>,
    block: Vec<(u8, Vec<u8>)>,
    done: Vec<Vec<(u8, Vec<u8>)>>,
}

/// The bit of a trigram in the largest signature; smaller ones take its low bits.
fn bit_of(trigram: [u8; 3]) -> usize {
    let [a, b, c] = trigram.map(u32::from);
    ((a << 16 | b << 8 | c).wrapping_mul(0x9e37_79b1) >> 17) as usize
}

/// The bits of a settled text.
fn bits_of(text: &str) -> impl Iterator<Item = usize> {
    text.as_bytes().array_windows::<3>().map(|trigram| bit_of(*trigram))
}

impl Gatherer {
    /// Adds a value: number of its field, the field, the escaped text.
    pub(crate) fn add(&mut self, number: u8, field: Option<Field>, escaped: &[u8]) {
        if self.field == Some(number) && self.last == escaped {
            return;
        }
        if self.field != Some(number) {
            self.end_field();
            self.field = Some(number);
        }
        self.last.clear();
        self.last.extend_from_slice(escaped);
        self.bits.resize(LARGEST / 8, 0);
        // What has zeros or ones in it stands escaped: its block is never passed over.
        match (field, std::str::from_utf8(escaped).ok().filter(|_| !escaped.contains(&1))) {
            (Some(field), Some(value)) => {
                let bits = &mut self.bits;
                for bit in bits_of(&Place::of_field(field).settled(value)) {
                    if let Some(word) = bits.get_mut(bit / 64) {
                        *word |= 1 << (bit % 64);
                    }
                }
            }
            _ => self.bits.fill(u64::MAX),
        }
    }

    fn end_field(&mut self) {
        if let Some(field) = self.field.take() {
            self.block.push((field, fold(std::mem::take(&mut self.bits))));
        }
    }

    /// Ends a block; whether there are as many as stand in a frame.
    pub(crate) fn end_block(&mut self) -> bool {
        self.end_field();
        self.done.push(std::mem::take(&mut self.block));
        self.done.len() >= GROUP
    }

    /// Whether blocks wait to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.done.is_empty()
    }

    /// Takes the signatures of all blocks that ended, encoded.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        Signatures { blocks: std::mem::take(&mut self.done) }.encode()
    }
}

/// Halves a set of bits while at most half of them are set.
fn fold(mut bits: Vec<u64>) -> Vec<u8> {
    while bits.len() > SMALLEST / 8 {
        let (low, high) = bits.split_at(bits.len() / 2);
        let halved: Vec<u64> = low.iter().zip(high).map(|(low, high)| low | high).collect();
        let set: u32 = halved.iter().map(|word| word.count_ones()).sum();
        if set as usize * 2 > halved.len() * 64 {
            break;
        }
        bits = halved;
    }
    bits.iter().flat_map(|word| word.to_be_bytes()).collect()
}

impl Signatures {
    /// The number of blocks, for each the number of its fields, for each its number and signature (string).
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.blocks.len() as u64);
        for block in &self.blocks {
            put_varint(&mut out, block.len() as u64);
            for (field, signature) in block {
                out.push(*field);
                put_string(&mut out, signature);
            }
        }
        out
    }

    /// None where it makes no sense.
    pub(crate) fn decode(octets: &[u8]) -> Option<Signatures> {
        let mut input = Input(octets);
        let mut blocks = Vec::new();
        for _ in 0..input.size().filter(|blocks| *blocks <= GROUP)? {
            let mut block = Vec::new();
            for _ in 0..input.size().filter(|fields| *fields <= 256)? {
                let (field, signature) = (input.byte()?, input.string()?);
                let fits = signature.len().is_power_of_two() && (SMALLEST..=LARGEST).contains(&signature.len());
                block.push((field, fits.then(|| signature.to_vec())?));
            }
            blocks.push(block);
        }
        input.is_empty().then_some(Signatures { blocks })
    }

    /// How many blocks it tells of.
    pub(crate) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether the block, counted from the first that this tells of, may hold what is asked for in a field.
    pub(crate) fn may_hold(&self, block: usize, field: u8, needles: &Needles) -> bool {
        let Some(fields) = self.blocks.get(block) else { return true };
        fields.iter().any(|(of, signature)| *of == field && needles.may_be_in(signature))
    }
}

/// What values must hold, as bits of signatures: all of one of these lists.
#[derive(Clone, Debug, Default)]
pub(crate) struct Needles(Vec<Vec<usize>>);

impl Needles {
    /// Of settled texts: a value must hold all texts of one of the lists.
    pub(crate) fn of(alternatives: &[Vec<String>]) -> Needles {
        Needles(alternatives.iter().map(|texts| texts.iter().flat_map(|text| bits_of(text)).collect()).collect())
    }

    /// Whether they ask for nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    fn may_be_in(&self, signature: &[u8]) -> bool {
        let words = signature.len() / 8;
        let is_set = |bit: &usize| {
            let (word, bit) = ((bit / 64) & words.wrapping_sub(1), bit % 64);
            signature.get(word * 8 + 7 - bit / 8).is_some_and(|octet| octet >> (bit % 8) & 1 == 1)
        };
        self.is_empty() || self.0.iter().any(|bits| bits.iter().all(is_set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(texts: &[&str]) -> Needles {
        Needles::of(&[texts.iter().map(|text| (*text).to_owned()).collect()])
    }

    #[test]
    fn signatures_hold_what_values_hold_and_little_else() {
        let mut gatherer = Gatherer::default();
        for number in 0..400 {
            gatherer.add(1, Some(Field::Email), format!("user{number}@mail{}.example", number % 7).as_bytes());
        }
        gatherer.add(7, Some(Field::Handle), b"registrar:4711/ABC-1");
        assert!(!gatherer.end_block());
        gatherer.add(7, Some(Field::Handle), b"registrar:4711/\x01\x02");
        gatherer.end_block();
        let signatures = Signatures::decode(&gatherer.take()).unwrap();
        assert_eq!(signatures.len(), 2);
        assert!(signatures.may_hold(0, 1, &asked(&["user399@", "ail6"])));
        assert!(!signatures.may_hold(0, 1, &asked(&["somebody"])));
        assert!(signatures.may_hold(0, 7, &asked(&["/abc-1"])) && !signatures.may_hold(0, 7, &asked(&["user1"])));
        assert!(!signatures.may_hold(0, 2, &asked(&["user1"])));
        assert!(signatures.may_hold(1, 7, &asked(&["anything"])));
        assert!(signatures.may_hold(0, 1, &Needles::default()));
        let either = Needles::of(&[vec!["nobody".into()], vec!["user12".into()]]);
        assert!(signatures.may_hold(0, 1, &either));
    }

    #[test]
    fn damaged_signatures_are_none() {
        let mut gatherer = Gatherer::default();
        gatherer.add(1, Some(Field::Email), b"a@b.example");
        gatherer.end_block();
        let encoded = gatherer.take();
        assert!(Signatures::decode(&encoded).is_some());
        for end in 0..encoded.len() {
            assert!(Signatures::decode(&encoded[..end]).is_none());
        }
    }
}
