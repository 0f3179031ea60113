//! What is wrong with a text, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::token::{Token, What, quote};
use crate::text::visible;

/// How much of the text stands before and after the place that is shown.
const SHOWN_CHARS: usize = 60;

/// Why a text is no query: where, what stands there, and what could.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QueryError {
    /// The octet at which it goes wrong.
    pub at: usize,
    /// What stands there, shortened.
    pub found: String,
    /// What could stand there: words, or descriptions of what is no word.
    pub expected: Vec<String>,
    #[serde(skip)]
    before: String,
    #[serde(skip)]
    after: String,
}

impl std::error::Error for QueryError {}

impl QueryError {
    pub(crate) fn new(text: &str, at: usize, found: String, expected: Vec<String>) -> QueryError {
        let (before, after) = text.split_at(at);
        let cut = before.char_indices().rev().nth(SHOWN_CHARS).map_or(0, |(at, _)| at);
        let end = after.char_indices().nth(SHOWN_CHARS).map_or(after.len(), |(at, _)| at);
        let mark = |missing: bool| if missing { "…" } else { "" };
        QueryError {
            at,
            found,
            expected,
            before: format!("{}{}", mark(cut > 0), visible(&before[cut..])),
            after: format!("{}{}", visible(&after[..end]), mark(end < after.len())),
        }
    }

    /// The same in one line, without the text.
    pub fn message(&self) -> String {
        format!("at octet {}: found {}; expected {}", self.at, self.found, self.expected.join(", "))
    }
}

impl fmt::Display for QueryError {
    /// The message, the text around the place, and a caret below it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blanks = self.before.chars().count();
        write!(f, "{}\n  {}{}\n  {:blanks$}^", self.message(), self.before, self.after, "")
    }
}

/// A piece, as an error names it.
pub(crate) fn name(text: &str, token: &Token<'_>) -> String {
    const CHARS_MAX: usize = 40;
    let written = &text[token.at..token.end];
    match &token.what {
        What::End => "the end".into(),
        What::Text(text) if text.chars().count() <= CHARS_MAX => quote(text),
        _ if written.chars().count() <= CHARS_MAX => format!("`{}`", visible(written)),
        _ => format!("`{}…`", visible(&written.chars().take(CHARS_MAX).collect::<String>())),
    }
}
