//! Searching the texts of objects: names, descriptions, fields and notes of groups, descriptions of indicators and notes
//! on them.

use model::Actor;
use store::{
    Viewer,
    text::{Hit, Place},
};

use super::{Knowledge, object::LIST_MAX};
use crate::error::Error;

/// The most words that are looked for at once.
pub const WORDS_MAX: usize = 10;
/// The most characters of a text that is looked for.
pub const TEXT_MAX: usize = 300;

impl Knowledge {
    /// Texts that the actor may read and that contain every word of this one, also inside of words, without regard to
    /// case; words between quotes are one. After a place; at most [`LIST_MAX`].
    pub fn search_text(&self, actor: &Actor, text: &str, after: Option<&Place>, limit: u32) -> Result<Vec<Hit>, Error> {
        if text.chars().count() > TEXT_MAX {
            return Err(Error::invalid("text", format!("at most {TEXT_MAX} characters")));
        }
        let words = words(text);
        if words.is_empty() || words.len() > WORDS_MAX {
            return Err(Error::invalid("text", format!("write 1 to {WORDS_MAX} words")));
        }
        Ok(self.store.read(|tx| store::text::search(tx, &Viewer::of(actor), &words, after, limit.min(LIST_MAX)))?)
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (number, part) in text.split('"').enumerate() {
        if number % 2 == 1 {
            words.extend(Some(part.trim()).filter(|part| !part.is_empty()));
        } else {
            words.extend(part.split_whitespace());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words(r#"one "two three" four"#), ["one", "two three", "four"]);
        assert_eq!(words(r#" "" "open end"#), ["open end"]);
    }
}
