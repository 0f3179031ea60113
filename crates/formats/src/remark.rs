//! Remarks: what a parser did not understand of a text from outside, and where.
//!
//! The parsers of this crate never fail as a whole. They return what they understood and one remark for each thing
//! that they did not, so that nothing is lost without a word and a person can judge how far a record is to be trusted.

use std::fmt;

/// How much of the offending text a remark keeps, in characters.
pub const REMARK_TEXT_MAX: usize = 200;
/// How many remarks one answer may collect; the last one says that there were more.
pub const REMARKS_MAX: usize = 200;

/// Something in an answer that was not understood, or that the reader should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What is the matter.
    pub what: RemarkKind,
    /// The text in question, cut to [`REMARK_TEXT_MAX`] characters. It is from outside: escape it before showing it.
    pub text: String,
}

/// Where in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All of it.
    Whole,
    /// A line, counted from 1.
    Line(usize),
    /// A member of a JSON text, as `entities[0].vcardArray`.
    Member(String),
}

/// What a remark says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RemarkKind {
    /// Text of unknown meaning, which was passed over.
    NotUnderstood,
    /// Text of known meaning whose value cannot be read: a date that is none, a name that is none.
    BadValue,
    /// Two places of one record, or two records, contradict each other; the text says which was believed.
    Conflict,
    /// A limit on size, depth or number was reached; what lies beyond was not read.
    Limit,
    /// The octets are not in the character set that was expected; the text names the one that was taken.
    Charset,
    /// The server withheld something, or says something about its answer.
    Notice,
}

impl Remark {
    /// A remark about a line, counted from 1.
    pub fn line(line: usize, what: RemarkKind, text: &str) -> Remark {
        Remark { place: Place::Line(line), what, text: cut(text) }
    }

    /// A remark about a member of a JSON text.
    pub fn member(path: impl Into<String>, what: RemarkKind, text: &str) -> Remark {
        Remark { place: Place::Member(path.into()), what, text: cut(text) }
    }

    /// A remark about the whole answer.
    pub fn whole(what: RemarkKind, text: &str) -> Remark {
        Remark { place: Place::Whole, what, text: cut(text) }
    }
}

/// Adds a remark while there is room; the one that finds no room leaves a word about the limit instead.
pub(crate) fn note(remarks: &mut Vec<Remark>, remark: Remark) {
    match remarks.len() {
        0..REMARKS_MAX => remarks.push(remark),
        REMARKS_MAX => remarks.push(Remark::whole(RemarkKind::Limit, "further remarks were left out")),
        _ => {}
    }
}

fn cut(text: &str) -> String {
    text.chars().take(REMARK_TEXT_MAX).collect()
}

impl fmt::Display for RemarkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RemarkKind::NotUnderstood => "not understood",
            RemarkKind::BadValue => "bad value",
            RemarkKind::Conflict => "conflict",
            RemarkKind::Limit => "limit",
            RemarkKind::Charset => "character set",
            RemarkKind::Notice => "notice",
        })
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::Whole => write!(f, "{}: {}", self.what, self.text),
            Place::Line(line) => write!(f, "line {line}: {}: {}", self.what, self.text),
            Place::Member(path) => write!(f, "{path}: {}: {}", self.what, self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_and_counted() {
        let long = "ü".repeat(5000);
        assert_eq!(Remark::line(3, RemarkKind::NotUnderstood, &long).text.chars().count(), REMARK_TEXT_MAX);
        let mut remarks = Vec::new();
        for line in 0..1000 {
            note(&mut remarks, Remark::line(line, RemarkKind::NotUnderstood, "?"));
        }
        assert_eq!(remarks.len(), REMARKS_MAX + 1);
        assert_eq!(remarks.last().unwrap().to_string(), "limit: further remarks were left out");
        assert_eq!(remarks[7].to_string(), "line 7: not understood: ?");
    }
}
