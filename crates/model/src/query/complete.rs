//! What an editor can offer.

use serde::Serialize;

use super::{
    Subject, parse,
    token::is_of_word,
    value::{Expected, folded_word},
};

/// What could stand where a cursor is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Completions {
    /// Where the word begins that one of `words` would replace, up to the cursor, in octets.
    pub from: usize,
    /// Words that begin as that one does.
    pub words: Vec<String>,
}

/// What could stand at octet `cursor` of a text: fields, operators, keywords, values of closed kinds. Nothing where the
/// text before it is wrong already, and nothing within quotes.
pub fn completions(subject: Subject, text: &str, cursor: usize) -> Completions {
    let front = &text[..text.floor_char_boundary(cursor)];
    let from = front.trim_end_matches(is_of_word).len();
    let begun = folded_word(&front[from..]);
    let mut words: Vec<String> = Vec::new();
    for expected in parse::expected_at_end(subject, &front[..from]) {
        if let Expected::Word(word) = expected
            && folded_word(word).starts_with(&begun)
            && !words.iter().any(|known| known == word)
        {
            words.push(word.to_owned());
        }
    }
    Completions { from, words }
}
