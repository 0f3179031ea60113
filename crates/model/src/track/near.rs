//! Almost the same text: edit distance (Levenshtein 1966).

/// A text and how many edits away from it a value may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Near {
    text: Box<str>,
    distance: u8,
}

impl Near {
    /// One edit for texts of 5 to 8 characters, two for longer ones; none for shorter ones, where nearly everything is
    /// near, and for those of more than 64.
    pub fn new(text: &str) -> Option<Near> {
        let distance = match text.chars().count() {
            5..=8 => 1,
            9..=64 => 2,
            _ => return None,
        };
        Some(Near { text: text.into(), distance })
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How many edits are allowed.
    pub fn distance(&self) -> usize {
        self.distance.into()
    }

    /// Parts of the text, one more than edits are allowed, with the octet at which each begins: an edit spoils one of
    /// them at most, so a near value holds one unspoilt (the pigeonhole principle).
    pub fn parts(&self) -> Vec<(usize, &str)> {
        let count = self.distance() + 1;
        let starts: Vec<usize> = self.text.char_indices().map(|(at, _)| at).chain([self.text.len()]).collect();
        let characters = starts.len() - 1;
        let bound = |part: usize| starts[part * characters / count];
        (0..count).map(|part| (bound(part), &self.text[bound(part)..bound(part + 1)])).collect()
    }

    /// Whether a value is near.
    pub fn fits(&self, value: &str) -> bool {
        distance_within(&self.text, value, self.distance())
    }
}

/// Whether at most `most` insertions, deletions and replacements of characters make one text of the other.
pub fn distance_within(one: &str, other: &str, most: usize) -> bool {
    if one == other {
        return true;
    }
    // A character is one to four octets: a cheap look before any is counted.
    if one.len().abs_diff(other.len()) > 4 * most {
        return false;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    if one.len().abs_diff(other.len()) > most {
        return false;
    }
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (at, character) in one.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        let mut least = row[0];
        for (column, opposite) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(character != opposite);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
            least = least.min(row[column + 1]);
        }
        if least > most {
            return false;
        }
    }
    row[other.len()] <= most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_edits() {
        assert!(distance_within("ivanov", "ivanov", 0));
        assert!(distance_within("ivanov", "ivanow", 1) && distance_within("ivanov", "ivanv", 1));
        assert!(distance_within("ivanov", "iivanovv", 2) && !distance_within("ivanov", "iivanovv", 1));
        assert!(!distance_within("abc", "xyz", 2) && distance_within("müller", "muller", 1));
    }

    #[test]
    fn parts_cover_the_text() {
        for text in ["abcde", "abcdefgh", "abcdefghi", "größenwahn und mehr"] {
            let near = Near::new(text).unwrap();
            assert_eq!(near.parts().len(), near.distance() + 1);
            assert_eq!(near.parts().iter().map(|(_, part)| *part).collect::<String>(), text);
            assert!(near.parts().iter().all(|(at, part)| text[*at..].starts_with(part) && !part.is_empty()));
        }
        assert!(Near::new("abcd").is_none() && Near::new(&"x".repeat(65)).is_none());
    }
}
