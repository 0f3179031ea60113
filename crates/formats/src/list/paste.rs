//! Pasted text: a mail, a chat, a report's list. Values are found word by word, defanged or not; what is no value is
//! returned beside them, so that a person sees what was passed over.
//!
//! Whole documents, with their usual false positives, are another matter; here a host must end in a top-level domain
//! that exists, which keeps names of files out as far as that goes.

use std::{collections::HashSet, sync::Arc};

use model::{Indicator, SuffixList};

use super::{Stated, value};

/// How many octets of a text are read.
pub const PASTE_OCTETS_MAX: usize = 4 << 20;
/// How many words that are no values are kept.
pub const LEFT_MAX: usize = 2000;
/// Endings that files and domains share.
const FILE_ENDINGS: &[&str] =
    &["py", "sh", "pl", "rs", "md", "zip", "so", "ps", "mov", "cab", "do", "cc", "app", "mm", "st", "in"];
/// Top-level domains that no list has: reserved for examples and tests (RFC 2606 §2), and RFC 7686.
const RESERVED_TOPS: &[&str] = &["example", "test", "onion"];

/// What a text holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// The values, each once, where it stands first.
    pub stated: Vec<Stated>,
    /// For each value, how it was written.
    pub written: Vec<String>,
    /// Words with a dot, colon, slash or digits that might have been meant as values, by line.
    pub left: Vec<(usize, String)>,
    /// How many of those were not kept.
    pub left_more: usize,
    /// The text was longer than [`PASTE_OCTETS_MAX`]; the rest was not read.
    pub cut: bool,
}

/// Finds values.
pub fn read(text: &str) -> Pasted {
    let end = (0..=PASTE_OCTETS_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let (text, rest) = text.split_at(end);
    let mut finder = Finder {
        pasted: Pasted { cut: !rest.is_empty(), ..Pasted::default() },
        known: HashSet::new(),
        suffixes: SuffixList::bundled(),
    };
    for (at, line) in text.lines().enumerate() {
        let line = closed_up(line);
        line.split_whitespace().for_each(|word| finder.word(at + 1, word));
    }
    finder.pasted
}

/// `widgets [.] example` is one word.
fn closed_up(line: &str) -> String {
    let mut line = line.to_owned();
    for mark in ["[.]", "(.)", "[dot]", "(dot)", "[@]", "[at]", "(at)"] {
        if line.contains(mark) {
            line = line.replace(&format!(" {mark} "), mark).replace(&format!(" {mark}"), mark);
        }
    }
    line
}

struct Finder {
    pasted: Pasted,
    known: HashSet<Indicator>,
    suffixes: Arc<SuffixList>,
}

impl Finder {
    fn word(&mut self, line: usize, word: &str) {
        if self.take(line, word) {
            return;
        }
        let separators = |c: char| matches!(c, ',' | ';' | '|' | '=' | '<' | '>' | '"' | '\'' | '`' | '(' | ')' | '+');
        let mut found = false;
        for part in word.split(separators).filter(|part| *part != word) {
            found |= self.take(line, part);
        }
        if !found && is_near(word) {
            self.leave(line, word);
        }
    }

    /// Whether the word, or the word without what ends sentences, is a value.
    fn take(&mut self, line: usize, word: &str) -> bool {
        let opening = |c: char| matches!(c, '(' | '<' | '{' | '"' | '\'' | '`' | '*' | '+' | '|');
        let closing = |c: char| {
            matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | '>' | '}' | '"' | '\'' | '`' | '*' | '+' | '|')
        };
        let bare = word.trim_start_matches(opening).trim_end_matches(closing);
        [word, bare].into_iter().any(|word| match value::read(word, None) {
            Ok(found) if self.is_plausible(&found.indicator) => {
                self.add(line, word, found);
                true
            }
            _ => false,
        })
    }

    fn is_plausible(&self, indicator: &Indicator) -> bool {
        let host = match indicator {
            Indicator::Host(host) => Some(host),
            Indicator::EmailAddress(address) => Some(address.domain()),
            _ => None,
        };
        host.is_none_or(|host| {
            let reserved = RESERVED_TOPS.iter().any(|top| host.to_string().rsplit('.').next() == Some(top));
            reserved || self.suffixes.has_top(host.name())
        })
    }

    fn add(&mut self, line: usize, word: &str, found: value::Valued) {
        if !self.known.insert(found.indicator.clone()) {
            return;
        }
        let mut stated = Stated::new(line, found.indicator);
        stated.note = found.note.map(str::to_owned);
        if is_maybe_file(&stated.indicator, word) {
            stated.note("may be the name of a file");
        }
        self.pasted.stated.push(stated);
        self.pasted.written.push(word.chars().take(crate::REMARK_TEXT_MAX).collect());
    }

    fn leave(&mut self, line: usize, word: &str) {
        if self.pasted.left.len() < LEFT_MAX {
            self.pasted.left.push((line, word.chars().take(crate::REMARK_TEXT_MAX).collect()));
        } else {
            self.pasted.left_more += 1;
        }
    }
}

fn is_maybe_file(indicator: &Indicator, word: &str) -> bool {
    let Indicator::Host(host) = indicator else { return false };
    let text = host.to_string();
    let defanged = word.contains(['[', '(', '{']);
    !defanged && host.name().label_count() == 2 && FILE_ENDINGS.iter().any(|end| text.rsplit('.').next() == Some(end))
}

/// Whether a word looks as if a value had been meant: not prose, not a number.
fn is_near(word: &str) -> bool {
    let inner = word.trim_matches(|c: char| !c.is_alphanumeric());
    let long_hex = inner.len() >= 32 && inner.bytes().all(|digit| digit.is_ascii_hexdigit());
    long_hex || inner.contains("://") || inner.contains(['@', '\\']) || inner.contains("[.") || is_dotted(inner)
}

/// Has a dot between letters or digits, and a letter somewhere.
fn is_dotted(word: &str) -> bool {
    let mut parts = word.split('.');
    let whole = parts.clone().count() > 1 && parts.all(|part| !part.is_empty());
    whole && word.contains(|c: char| c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_which_word_was_what_and_what_was_left() {
        let text = "Hi team,\nwe saw hxxps://login.widgets[.]example/a?b=c, widgets (.) example and (192[.]0[.]2[.]1).\n\
                    Mail from <billing@gadgets[.]example>; file invoice.docx, hash d41d8cd98f00b204e9800998ecf8427e.\n\
                    host=c2.gadgets.example|198.51.100.0/24, again widgets.example! run setup.py e.g. now. 3.14 hxxp://localhost/\n";
        let pasted = read(text);
        let found: Vec<String> = pasted.stated.iter().map(|s| format!("{} {}", s.line, s.indicator)).collect();
        assert_eq!(
            found,
            [
                "2 https://login.widgets.example/a?b=c",
                "2 widgets.example",
                "2 192.0.2.1",
                "3 billing@gadgets.example",
                "3 d41d8cd98f00b204e9800998ecf8427e",
                "4 c2.gadgets.example",
                "4 198.51.100.0/24",
                "4 setup.py",
            ]
        );
        assert_eq!(pasted.stated[7].note.as_deref(), Some("may be the name of a file"));
        assert_eq!(pasted.written[2], "192[.]0[.]2[.]1");
        let left: Vec<&str> = pasted.left.iter().map(|(_, word)| word.as_str()).collect();
        assert_eq!(left, ["invoice.docx,", "e.g.", "hxxp://localhost/"]);
    }
}
