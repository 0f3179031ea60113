//! Invented names: domains, people, companies, streets.
//!
//! Every seed draws its own *stems* (six letters, as in `velora`) and makes everything from them: `velora-clinic24` is a
//! domain, Ms Velora a person. The label of a domain is a one-to-one image of its number, so a label leads back to
//! the number without a table (see [`Names::find`]): the first six letters are a stem, what follows is one of 1,024
//! endings, and a hyphen between them means nothing.

mod word;

use std::collections::{HashMap, HashSet};

use crate::random::Random;

/// How many domains have a name of their own.
pub(crate) const LABELS: u64 = 1 << 21;
const STEMS: usize = 1024;
/// Stems that no ordinary domain has: for infrastructure and for what is written by hand.
const SPARE_STEMS: usize = 192;
const STEM_OCTETS: usize = 6;
const CONSONANTS: &[u8] = b"bcdfgklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
/// Odd, hence invertible modulo a power of two.
const SPREAD: u64 = 0x9e37_79b1;

/// City, state, beginning of the postal codes, country.
type City = (&'static str, &'static str, &'static str, &'static str);

/// The two zones of a world.
pub(crate) const ZONES: [&str; 2] = ["test", "example"];

/// The names of one world.
#[derive(Debug)]
pub(crate) struct Names {
    stems: Vec<String>,
    stem_numbers: HashMap<String, u64>,
    ending_numbers: HashMap<String, u64>,
    offset: u64,
}

impl Names {
    pub(crate) fn new(seed: u64) -> Names {
        let mut random = Random::of(seed, "stems", 0);
        let (mut stems, mut seen) = (Vec::new(), HashSet::new());
        while stems.len() < STEMS + SPARE_STEMS {
            let stem = stem(&mut random);
            if !word::AVOIDED.iter().any(|avoided| stem.contains(avoided)) && seen.insert(stem.clone()) {
                stems.push(stem);
            }
        }
        let stem_numbers = (0..).zip(&stems[..STEMS]).map(|(number, stem)| (stem.clone(), number)).collect();
        let ending_numbers = (0..1024).map(|number| (ending(number), number)).collect();
        Names { stems, stem_numbers, ending_numbers, offset: random.below(LABELS) }
    }

    /// The domain of a number below [`LABELS`]; ordinary domains are numbered from 0.
    pub(crate) fn domain(&self, number: u64) -> String {
        let place = spread(number, self.offset);
        let (stem, ending, zone) = (place & 1023, (place >> 10) & 1023, (place >> 20) as usize & 1);
        let hyphen = if (stem ^ (ending >> 3)).is_multiple_of(3) { "-" } else { "" };
        format!("{}{hyphen}{}.{}", self.stems[stem as usize], self::ending(ending), ZONES[zone])
    }

    /// The number of a domain, where it could have one.
    pub(crate) fn find(&self, domain: &str) -> Option<u64> {
        let (label, zone) = domain.split_once('.')?;
        let zone = ZONES.iter().position(|known| *known == zone)? as u64;
        let (stem, rest) = label.split_at_checked(STEM_OCTETS)?;
        let stem = self.stem_numbers.get(stem)?;
        let ending = self.ending_numbers.get(rest.strip_prefix('-').unwrap_or(rest))?;
        let number = gather(stem | (ending << 10) | (zone << 20), self.offset);
        (self.domain(number) == domain).then_some(number)
    }

    /// A stem for what is no ordinary domain; each number once in a world.
    pub(crate) fn spare(&self, number: usize) -> &str {
        &self.stems[STEMS + number % SPARE_STEMS]
    }

    /// A person's name; many people share one.
    pub(crate) fn person(&self, random: &mut Random) -> String {
        let family = random.below(STEMS as u64) as usize;
        format!("{} {}", random.pick(word::FIRST_NAMES), capital(&self.stems[family]))
    }

    /// A company's name.
    pub(crate) fn company(&self, random: &mut Random) -> String {
        let stem = random.below(STEMS as u64) as usize;
        company(&self.stems[stem], random)
    }

    /// A street and number.
    pub(crate) fn street(&self, random: &mut Random) -> String {
        let stem = random.below(STEMS as u64) as usize;
        format!("{} {} {}", 1 + random.below(2400), capital(&self.stems[stem]), random.pick(word::STREETS))
    }
}

/// A first name.
pub(crate) fn first_name(random: &mut Random) -> &'static str {
    random.pick(word::FIRST_NAMES)
}

/// A company that has this stem in its name.
pub(crate) fn company(stem: &str, random: &mut Random) -> String {
    format!("{} {} {}", capital(stem), random.pick(word::TRADES), random.pick(word::LEGAL_FORMS))
}

/// A city with its state, the beginning of its postal codes, and its country's code.
pub(crate) fn city(random: &mut Random) -> City {
    random.pick(word::CITIES)
}

/// The first letter in upper case.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn stem(random: &mut Random) -> String {
    (0..STEM_OCTETS).map(|at| char::from(random.pick(if at % 2 == 0 { CONSONANTS } else { VOWELS }))).collect()
}

/// One of 1,024 endings: a theme and a tail.
fn ending(number: u64) -> String {
    format!("{}{}", word::THEMES[number as usize & 127], word::TAILS[number as usize >> 7])
}

/// A permutation of the numbers below [`LABELS`], so that neighbours do not look alike.
fn spread(number: u64, offset: u64) -> u64 {
    let mask = LABELS - 1;
    let mut z = number.wrapping_mul(SPREAD).wrapping_add(offset) & mask;
    z ^= z >> 11;
    z.wrapping_mul(SPREAD) & mask
}

/// Its inverse.
fn gather(place: u64, offset: u64) -> u64 {
    let mask = LABELS - 1;
    let inverse = inverse(SPREAD);
    let mut z = place.wrapping_mul(inverse) & mask;
    z ^= z >> 11;
    z.wrapping_sub(offset).wrapping_mul(inverse) & mask
}

/// The inverse of an odd number modulo 2^64, by Newton's iteration.
fn inverse(odd: u64) -> u64 {
    (0..6).fold(odd, |x, _| x.wrapping_mul(2u64.wrapping_sub(odd.wrapping_mul(x))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_leads_back_to_its_number() {
        let names = Names::new(5);
        for number in (0..LABELS).step_by(1009) {
            assert_eq!(names.find(&names.domain(number)), Some(number));
        }
        assert_eq!(names.find("nothing.test"), None);
        assert_eq!(names.find(&names.domain(4).replace("test", "com").replace("example", "com")), None);
    }

    #[test]
    fn domains_differ_from_number_to_number() {
        let names = Names::new(6);
        let all: HashSet<String> = (0..50_000).map(|number| names.domain(number)).collect();
        assert_eq!(all.len(), 50_000);
    }

    #[test]
    fn words_for_endings_are_told_apart() {
        let all: HashSet<String> = (0..1024).map(ending).collect();
        assert_eq!(all.len(), 1024);
    }
}
