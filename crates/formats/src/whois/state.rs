//! What an answer says of the domain.
//!
//! An answer that has a record is judged by its status lines; one that has none by the phrases of its few lines. A
//! throttled answer says nothing about the domain and must never count as "nobody holds it", so those phrases come
//! first.

use std::sync::LazyLock;

use model::registration::State;

use super::line::{Kind, Line, Lines};
use crate::phrase::Phrases;

/// How much of an answer without a record is searched, in octets.
const SEARCHED_MAX: usize = 16_384;
/// Legal text is more lines than this,
const PROSE_LINES: usize = 3;
/// longer than this on average,
const PROSE_OCTETS: usize = 45;
/// or more octets than this in one piece.
const SENTENCES_MAX: usize = 400;
/// The longest first or last line of legal text that may be an answer, in octets.
const EDGE_MAX: usize = 100;

/// What may stand in an answer, each with its place in the order of precedence.
static TEXTS: LazyLock<Phrases<(usize, State)>> = LazyLock::new(|| {
    let kinds = LINES.iter().filter(|(key, _)| !key.starts_with(STATUS)).enumerate();
    let phrases = kinds.filter_map(|(rank, (key, words))| Some((rank, key.parse().ok()?, words)));
    Phrases::new(phrases.flat_map(|(rank, state, words)| words.iter().map(move |word| (*word, (rank, state)))))
});

/// Kinds in order of precedence, each with what a status label's value may begin with.
static STATUSES: LazyLock<Vec<(State, &'static [&'static str])>> = LazyLock::new(|| {
    let kind =
        |(key, words): &'static (&str, Vec<&str>)| Some((key.strip_prefix(STATUS)?.parse().ok()?, words.as_slice()));
    LINES.iter().filter_map(kind).collect()
});

/// The lines of the table.
static LINES: LazyLock<Vec<(&'static str, Vec<&'static str>)>> = LazyLock::new(|| {
    let lines = include_str!("../../data/whois/states.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).map(|(key, words)| (key, words.split("; ").collect())).collect()
});

/// What stands in front of a kind whose words are those of status labels.
const STATUS: &str = "status ";

/// What the values of status labels say: the first kind in the table of which there is any.
pub(super) fn of_statuses<'a>(statuses: impl Iterator<Item = &'a str>) -> Option<State> {
    let statuses: Vec<String> = statuses.map(|status| status.trim().to_lowercase()).collect();
    let begins = |words: &[&str]| statuses.iter().any(|status| words.iter().any(|word| status.starts_with(word)));
    STATUSES.iter().find(|(_, words)| begins(words)).map(|(state, _)| *state)
}

/// What an answer without a record says.
pub(super) fn of_text(lines: &Lines<'_>) -> State {
    let text = said(lines);
    TEXTS.found(&text).min_by_key(|(rank, _)| *rank).map_or(State::Malformed, |(_, state)| state)
}

/// The text of an answer without what is legal text: long runs of long lines, and all below the record.
fn said(lines: &Lines<'_>) -> String {
    let mut text = String::new();
    for run in lines.lines.chunk_by(|a, b| class(a) == class(b) && class(a) != Class::Gap) {
        let octets: usize = run.iter().map(|line| line.text.len()).sum();
        let is_legal = run.len() > PROSE_LINES && octets / run.len() > PROSE_OCTETS || octets > SENTENCES_MAX;
        if run.first().is_none_or(|line| class(line) == Class::Gap) {
            continue;
        }
        for (at, line) in run.iter().enumerate() {
            // An answer may stand above or below legal text without a gap.
            let is_edge = (at == 0 || at + 1 == run.len()) && line.text.len() < EDGE_MAX;
            if is_legal && !is_edge {
                continue;
            }
            text.push_str(&line.text.trim_matches(['%', '#', ';', '*', ' ', '\t']).to_lowercase());
            text.push(' ');
        }
        text.push('\n');
        if text.len() > SEARCHED_MAX {
            break;
        }
    }
    text
}

/// Lines of one class that follow each other belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Comment,
    Text,
    Gap,
}

fn class(line: &Line<'_>) -> Class {
    match line.kind {
        Kind::Blank | Kind::Footer => Class::Gap,
        _ if !line.text.contains(char::is_alphanumeric) => Class::Gap,
        Kind::Comment => Class::Comment,
        _ => Class::Text,
    }
}

/// How long the server asks to wait, in seconds: the number in front of a unit of time in a throttled answer.
pub(super) fn wait_seconds(text: &str) -> Option<u32> {
    let lower = text.get(..text.floor_char_boundary(SEARCHED_MAX))?.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let mut number: Option<u32> = None;
    words.find_map(|word| {
        let unit = match word {
            _ if word.starts_with("sec") => Some(1),
            _ if word.starts_with("min") => Some(60),
            _ if word.starts_with("hour") => Some(3600),
            _ => None,
        };
        let wait = unit.and_then(|unit| number?.checked_mul(unit));
        number = word.parse().ok();
        wait
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::whois::line::lines;

    #[test]
    fn throttled_is_never_available() {
        for text in [
            "Please go away for 13 Seconds",
            "Query limit exceeded. Domain not found.",
            "No match because too many requests",
            "WHOIS LIMIT EXCEEDED - SEE WWW.REGISTRY.TEST",
        ] {
            assert_eq!(of_text(&lines(text)), State::Throttled, "{text}");
        }
        assert_eq!(of_text(&lines("No match for \"A.EXAMPLE\".")), State::Available);
        assert_eq!(of_text(&lines("% No entries found")), State::Available);
        assert_eq!(of_text(&lines("")), State::Malformed);
        assert!(LINES.iter().flat_map(|(_, words)| words).all(|word| word.trim() == *word && !word.is_empty()));
        assert_eq!(wait_seconds("will be replenished in 50 seconds"), Some(50));
        assert_eq!(wait_seconds("wait 2 minutes please"), Some(120));
        assert_eq!(wait_seconds("wait a while"), None);
    }
}
