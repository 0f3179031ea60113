//! Text between people: made harmless to look at, and harmless to click.
//!
//! Values from outside may carry terminal escapes, marks that turn the direction of text, or characters that nobody
//! sees; [`visible`] shows them instead of obeying them. People write malicious values *defanged*, so that nothing
//! makes a link of them: [`defang`] writes that form, [`refang`] reads it.

use std::borrow::Cow;

/// Outside text, safe to print: control characters (C0, DEL, C1), marks of direction (UAX #9 §2), and characters
/// without width become `\u{202e}`; line ends and tabs become a blank.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' | '\t' => safe.push(' '),
            _ if is_unsafe(c) => safe.extend(c.escape_unicode()),
            _ => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Whether a terminal or a reader's eye would obey it instead of showing it.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control() || is_invisible(c)
}

/// Characters that change how others look, or are not seen themselves.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Writes names, addresses and links in a text so that nothing follows them: `hxxps://example[.]com`,
/// `192[.]0[.]2[.]1`, `someone[@]example[.]com`. Text that is defanged already stays as it is.
pub fn defang(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.clone().next().unwrap_or(' ');
        match c {
            '.' if is_of_word(before) && is_of_word(after) => out.push_str("[.]"),
            '@' if is_of_word(before) && is_of_word(after) => out.push_str("[@]"),
            'h' | 'H' if !before.is_alphanumeric() && starts_link(rest.as_str()) => {
                out.push_str("hxxp");
                rest = rest.as_str()["ttp".len()..].chars();
            }
            _ => out.push(c),
        }
        before = c;
    }
    out
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '*')
}

/// Whether `ttp://` or `ttps://` comes next.
fn starts_link(rest: &str) -> bool {
    let Some(after) = strip_start(rest, "ttp") else { return false };
    after.starts_with("://") || strip_start(after, "s").is_some_and(|after| after.starts_with("://"))
}

/// How people defang, longest first where one begins another.
const DEFANGED: &[(&str, &str)] = &[
    ("[://]", "://"),
    ("[:]", ":"),
    ("[/]", "/"),
    ("[.]", "."),
    ("(.)", "."),
    ("{.}", "."),
    ("<.>", "."),
    ("[dot]", "."),
    ("(dot)", "."),
    ("{dot}", "."),
    ("[,]", "."),
    ("[.", "."),
    (".]", "."),
    ("\\.", "."),
    ("[@]", "@"),
    ("(@)", "@"),
    ("{@}", "@"),
    ("[at]", "@"),
    ("(at)", "@"),
    ("{at}", "@"),
];

/// Schemes as people defang them.
const SCHEMES: &[(&str, &str)] =
    &[("hxxp", "http"), ("htxp", "http"), ("hxtp", "http"), ("h**p", "http"), ("meow", "http"), ("fxp", "ftp")];

/// Undoes simple defanging, and drops characters without width. Text that is not defanged stays as it is.
pub fn refang(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.trim_start();
    for (defanged, scheme) in SCHEMES {
        if let Some(after) = strip_start(rest, defanged).filter(|after| is_after_scheme(after)) {
            out.push_str(scheme);
            rest = after;
            break;
        }
    }
    while let Some(c) = rest.chars().next() {
        if let Some((after, plain)) = DEFANGED.iter().find_map(|(from, to)| Some((strip_start(rest, from)?, to))) {
            out.push_str(plain);
            rest = after;
            continue;
        }
        if !is_invisible(c) {
            out.push(c);
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn is_after_scheme(rest: &str) -> bool {
    let rest = strip_start(rest, "s").unwrap_or(rest);
    ["://", "[:", "[://"].iter().any(|mark| rest.starts_with(mark))
}

/// What follows `start`, in any case of ASCII letters.
fn strip_start<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let (front, rest) = text.split_at_checked(start.len())?;
    front.eq_ignore_ascii_case(start).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_would_be_obeyed() {
        assert_eq!(visible("plain Ünïcode"), "plain Ünïcode");
        assert!(matches!(visible("plain"), Cow::Borrowed(_)));
        assert_eq!(visible("a\x1b[31mred\x07"), r"a\u{1b}[31mred\u{7}");
        assert_eq!(visible("a\u{9b}2J\u{202e}b\u{2066}c\u{200b}d"), r"a\u{9b}2J\u{202e}b\u{2066}c\u{200b}d");
        assert_eq!(visible("line\nnext\tcolumn\r"), r"line next column\u{d}");
    }

    #[test]
    fn defangs_once() {
        for (plain, defanged) in [
            ("https://www.example.com/", "hxxps://www[.]example[.]com/"),
            ("HTTP://example.com", "hxxp://example[.]com"),
            ("192.0.2.1", "192[.]0[.]2[.]1"),
            ("*.example.com a.test.", "*[.]example[.]com a[.]test."),
            ("someone@example.com", "someone[@]example[.]com"),
            ("It ends. So.", "It ends. So."),
            ("the http port", "the http port"),
        ] {
            assert_eq!(defang(plain), defanged);
            assert_eq!(defang(defanged), defanged);
        }
    }

    #[test]
    fn refangs_what_people_write() {
        for (written, plain) in [
            ("hxxps://example[.]com/a", "https://example.com/a"),
            ("hXXp[:]//example(.)com", "http://example.com"),
            ("hxxp[://]example{dot}com", "http://example.com"),
            ("someone[at]example[DOT]com", "someone@example.com"),
            ("192[.]0[.]2[.]1", "192.0.2.1"),
            ("exam\u{200b}ple[.com", "example.com"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("hxxp is a word", "hxxp is a word"),
            ("http://example.com/", "http://example.com/"),
        ] {
            assert_eq!(refang(written), plain);
        }
    }
}
