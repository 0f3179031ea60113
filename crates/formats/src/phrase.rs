//! Many phrases looked for at once.
//!
//! A text is gone over once: four octets of it tell whether any phrase can begin there, and nearly none does. So hundreds
//! of phrases cost little more than one.

/// How many octets tell whether a phrase can begin somewhere; no phrase is shorter.
const BEGINNING: usize = 4;

/// Phrases, each with what it says.
#[derive(Debug)]
pub(crate) struct Phrases<T> {
    /// A bit for each hash of the first octets of some phrase.
    beginnings: Vec<u64>,
    /// In order.
    phrases: Vec<(&'static [u8], T)>,
}

impl<T: Copy> Phrases<T> {
    /// Phrases of at least four octets; shorter ones are left out.
    pub(crate) fn new(phrases: impl Iterator<Item = (&'static str, T)>) -> Phrases<T> {
        let mut all = Phrases { beginnings: vec![0; 1 << 10], phrases: Vec::new() };
        for (phrase, says) in phrases {
            let Some(beginning) = phrase.as_bytes().first_chunk() else { continue };
            let (word, bit) = bit_of(*beginning);
            if let Some(bits) = all.beginnings.get_mut(word) {
                *bits |= bit;
            }
            all.phrases.push((phrase.as_bytes(), says));
        }
        all.phrases.sort_by_key(|(phrase, _)| *phrase);
        all
    }

    /// What the phrases say that are in a text, in the order in which they stand there.
    pub(crate) fn found<'a>(&'a self, text: &'a str) -> impl Iterator<Item = T> + 'a {
        let text = text.as_bytes();
        let beginnings = text.windows(BEGINNING).enumerate().filter(|(_, octets)| self.may_begin(octets));
        beginnings.flat_map(move |(at, octets)| {
            let rest = text.get(at..).unwrap_or_default();
            let from = self.phrases.partition_point(|(phrase, _)| *phrase < octets);
            let alike = self.phrases.iter().skip(from).take_while(move |(phrase, _)| phrase.starts_with(octets));
            alike.filter(|(phrase, _)| rest.starts_with(phrase)).map(|(_, says)| *says)
        })
    }

    fn may_begin(&self, octets: &[u8]) -> bool {
        octets.first_chunk().is_some_and(|octets| {
            let (word, bit) = bit_of(*octets);
            self.beginnings.get(word).is_some_and(|bits| bits & bit != 0)
        })
    }
}

fn bit_of(octets: [u8; BEGINNING]) -> (usize, u64) {
    let hash = u32::from_le_bytes(octets).wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_them_wherever_they_stand() {
        let phrases = Phrases::new([("held back", 1), ("held", 2), ("back", 3), ("ähnlich", 4)].into_iter());
        assert_eq!(phrases.found("it is held back").collect::<Vec<_>>(), [2, 1, 3]);
        assert_eq!(phrases.found("so ähnlich").collect::<Vec<_>>(), [4]);
        for none in ["", "hel", "nothing of the kind"] {
            assert_eq!(phrases.found(none).count(), 0, "{none}");
        }
    }
}
