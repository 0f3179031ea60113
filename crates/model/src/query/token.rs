//! A text in pieces: words, quoted texts, symbols.

use crate::text;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Where it begins, in octets.
    pub(crate) at: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// What it is.
    pub(crate) what: What<'a>,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What<'a> {
    /// Anything that is nothing else: names, keywords, numbers, addresses.
    Word(&'a str),
    /// What stands between quotes, without escapes.
    Text(String),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    /// Nothing more.
    End,
    /// A quoted text or a symbol that is none, and what would be right here.
    Bad(&'static str),
}

/// Longest first where one begins another.
const SYMBOLS: [&str; 11] = ["!=", "!~", "<=", ">=", "=", "<", ">", "~", "(", ")", ","];

/// Whether it can stand in a word.
pub(crate) fn is_of_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && !"()=!<>~,\"'".contains(c)
}

/// The piece at or after `at`.
pub(crate) fn token(text: &str, at: usize) -> Token<'_> {
    let rest = text[at..].trim_start();
    let at = text.len() - rest.len();
    let (what, length) = match rest.chars().next() {
        None => (What::End, 0),
        Some(quote @ ('"' | '\'')) => quoted(&rest[1..], quote),
        Some(c) if is_of_word(c) => {
            let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
            (What::Word(&rest[..length]), length)
        }
        Some(c) => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => (What::Symbol(symbol), symbol.len()),
            None => (What::Bad("a word, a number, a text in quotes or an operator"), c.len_utf8()),
        },
    };
    Token { at, end: at + length, what }
}

/// A text up to its closing quote, and the length of all that, the opening quote included.
fn quoted(inner: &str, quote: char) -> (What<'static>, usize) {
    let mut text = String::new();
    let mut rest = inner.chars();
    while let Some(c) = rest.next() {
        match c {
            _ if c == quote => return (What::Text(text), 1 + inner.len() - rest.as_str().len()),
            '\\' => match escape(&mut rest) {
                Some(c) => text.push(c),
                None => return (What::Bad(r#"after a backslash one of \ " ' n r t u{…}"#), 1 + inner.len()),
            },
            _ => text.push(c),
        }
    }
    (What::Bad("the quote that closes this text"), 1 + inner.len())
}

/// What an escape stands for; its backslash has been read.
fn escape(rest: &mut std::str::Chars<'_>) -> Option<char> {
    match rest.next()? {
        c @ ('\\' | '"' | '\'') => Some(c),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let (digits, after) = rest.as_str().strip_prefix('{')?.split_once('}')?;
            let known = (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let number = known.then(|| u32::from_str_radix(digits, 16).ok())??;
            *rest = after.chars();
            char::from_u32(number)
        }
        _ => None,
    }
}

/// A text in double quotes, so that [`token`] reads it again and nothing in it is obeyed by whoever shows it.
pub(crate) fn quote(plain: &str) -> String {
    let mut quoted = String::with_capacity(plain.len() + 2);
    quoted.push('"');
    for c in plain.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            _ if text::is_unsafe(c) => quoted.extend(c.escape_unicode()),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
