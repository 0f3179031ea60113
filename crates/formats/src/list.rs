//! What comes in: lists of indicators, in whatever form people keep them.
//!
//! | module | form |
//! |---|---|
//! | [`plain`] | one value a line, with comments |
//! | [`table`] | CSV and its relatives, by a mapping of columns |
//! | [`sheet`] | XLSX workbooks, by the same mapping |
//! | [`lines`] | JSON lines, as [`crate::export::json`] writes them |
//! | [`paste`] | text with values in it, defanged or not |
//!
//! Each gives one [`Entry`] for each line that holds something: what it states, or why it was refused. [`Taken`]
//! gathers them within limits. Nothing here judges: whether a value is known, excluded or dear to somebody is the
//! engine's business.

mod field;
pub mod lines;
pub mod paste;
pub mod plain;
pub mod sheet;
mod stated;
pub mod table;
pub(crate) mod value;

use std::borrow::Cow;

use encoding_rs::{UTF_8, WINDOWS_1252};

pub use field::{Field, UnknownField};
pub use stated::Stated;

use crate::remark::{Remark, RemarkKind, note};

/// How many statements are taken from one list.
pub const STATED_MAX: usize = 2_000_000;
/// How many refusals are kept; of the others only the number is.
pub const REFUSED_MAX: usize = 10_000;
/// The longest text that is looked at for one value, in octets.
pub const VALUE_OCTETS_MAX: usize = 16 << 10;

/// What one line says, or why it says nothing.
pub type Entry = Result<Stated, Refusal>;

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The line, row or object, counted from 1.
    pub line: usize,
    /// The column or member, where one is to blame.
    pub column: Option<String>,
    /// The text in question, cut. It is from outside: escape it before showing it.
    pub text: String,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Refusal {
    pub(crate) fn new(line: usize, text: &str, why: impl Into<String>) -> Refusal {
        let text = text.chars().take(crate::REMARK_TEXT_MAX).collect();
        Refusal { line, column: None, text, why: why.into() }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "line {}, {column}: {}: `{}`", self.line, self.why, self.text),
            None => write!(f, "line {}: {}: `{}`", self.line, self.why, self.text),
        }
    }
}

/// All that a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// What is stated, in order; a value may stand more than once.
    pub stated: Vec<Stated>,
    /// What was refused, the first [`REFUSED_MAX`].
    pub refused: Vec<Refusal>,
    /// How many more were refused.
    pub refused_more: usize,
    /// What the reader should know about the list as a whole.
    pub remarks: Vec<Remark>,
}

impl Taken {
    /// Gathers entries, at most [`STATED_MAX`] statements.
    pub fn of(entries: impl IntoIterator<Item = Entry>) -> Taken {
        let mut taken = Taken::default();
        for entry in entries {
            if !taken.add(entry) {
                break;
            }
        }
        taken
    }

    /// Whether there was room.
    pub(crate) fn add(&mut self, entry: Entry) -> bool {
        match entry {
            Ok(_) if self.stated.len() >= STATED_MAX => {
                let text = format!("more than {STATED_MAX} statements: the rest was not read");
                self.remark(Remark::whole(RemarkKind::Limit, &text));
                return false;
            }
            Ok(stated) => self.stated.push(stated),
            Err(refusal) if self.refused.len() < REFUSED_MAX => self.refused.push(refusal),
            Err(_) => self.refused_more += 1,
        }
        true
    }

    pub(crate) fn remark(&mut self, remark: Remark) {
        note(&mut self.remarks, remark);
    }
}

/// The text of a file: by its byte order mark, else UTF-8, else windows-1252, which is remarked.
pub fn decode(octets: &[u8]) -> (Cow<'_, str>, Option<Remark>) {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(octets) {
        let (text, _, failed) = encoding.decode(octets);
        let unsure = (failed || encoding != UTF_8).then(|| Remark::whole(RemarkKind::Charset, encoding.name()));
        return (text, unsure);
    }
    match std::str::from_utf8(octets) {
        Ok(text) => (Cow::Borrowed(text), None),
        Err(_) => {
            let (text, _) = WINDOWS_1252.decode_without_bom_handling(octets);
            (text, Some(Remark::whole(RemarkKind::Charset, WINDOWS_1252.name())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn character_sets() {
        assert_eq!(decode(b"\xef\xbb\xbfa"), (Cow::Borrowed("a"), None));
        let (text, remark) = decode(b"\xff\xfea\0\n\0");
        assert_eq!((text.as_ref(), remark.unwrap().text.as_str()), ("a\n", "UTF-16LE"));
        let (text, remark) = decode(b"M\xfcller");
        assert_eq!((text.as_ref(), remark.unwrap().text.as_str()), ("Müller", "windows-1252"));
    }

    #[test]
    fn refusals_are_counted_beyond_their_limit() {
        let taken = Taken::of((0..REFUSED_MAX + 7).map(|line| Err(Refusal::new(line, "?", "no"))));
        assert_eq!((taken.refused.len(), taken.refused_more), (REFUSED_MAX, 7));
    }
}
