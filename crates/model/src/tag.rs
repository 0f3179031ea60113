//! Tags: a word or a few that an owner puts on an object, compared without regard to case.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::text::is_unsafe;

/// The longest tag, in characters.
pub const TAG_CHARACTERS_MAX: usize = 100;

/// A tag as written, without blanks around.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(Box<str>);

/// Text that is no tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tag: write 1 to {TAG_CHARACTERS_MAX} visible characters in one line")]
pub struct TagError;

impl Tag {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one tag have in common.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Tag, TagError> {
        let text = text.trim();
        let fits = (1..=TAG_CHARACTERS_MAX).contains(&text.chars().count()) && !text.chars().any(is_unsafe);
        fits.then(|| Tag(text.into())).ok_or(TagError)
    }
}

impl TryFrom<String> for Tag {
    type Error = TagError;

    fn try_from(text: String) -> Result<Tag, TagError> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> String {
        tag.0.into()
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_one_visible_line() {
        assert_eq!(" APT 99 ".parse::<Tag>().unwrap().as_str(), "APT 99");
        assert_eq!("Ünïted".parse::<Tag>().unwrap().folded(), "ünïted");
        for wrong in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(101)] {
            assert_eq!(wrong.parse::<Tag>(), Err(TagError), "{wrong}");
        }
        assert!("ä".repeat(100).parse::<Tag>().is_ok());
    }
}
