//! What an editor can offer.

use super::parse;
use crate::query::{
    Completions,
    token::is_of_word,
    value::{Expected, folded_word},
};

/// What could stand at octet `cursor` of a text: fields, operators, keywords. Nothing where the text before it is wrong
/// already, and nothing within quotes.
pub fn completions(text: &str, cursor: usize) -> Completions {
    let front = &text[..text.floor_char_boundary(cursor)];
    let from = front.trim_end_matches(is_of_word).len();
    let begun = folded_word(&front[from..]);
    let mut words: Vec<String> = Vec::new();
    for expected in parse::expected_at_end(&front[..from]) {
        if let Expected::Word(word) = expected
            && folded_word(word).starts_with(&begun)
            && !words.iter().any(|known| known == word)
        {
            words.push(word.to_owned());
        }
    }
    Completions { from, words }
}
