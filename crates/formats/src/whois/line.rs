//! Lines and what each is: blank, comment, labelled value, head of a section, text.
//!
//! RFC 3912 says nothing about the shape of an answer. Six families of layout are in use, and all of them are made of
//! these kinds of line; nothing else about the layout has to be known in advance.

use model::Role;

use super::label::{DomainField, Field, LABEL_MAX, Meaning, Subject, meaning};

/// The most octets that are read of one answer.
pub(super) const TEXT_MAX: usize = 1 << 20;
/// The most lines that are read of one answer.
pub(super) const LINES_MAX: usize = 20_000;

/// A line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Counted from 1.
    pub(super) number: usize,
    /// How many columns of blanks stand before it.
    pub(super) indent: usize,
    /// Which paragraph it belongs to; paragraphs are parted by blank lines.
    pub(super) paragraph: usize,
    /// The line itself.
    pub(super) text: &'a str,
    /// What it is.
    pub(super) kind: Kind<'a>,
}

/// What a line is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    /// Nothing on it.
    Blank,
    /// A remark of the server.
    Comment,
    /// Legal text below the record.
    Footer,
    /// A label of known meaning and its value, which may be empty.
    Known(Meaning, &'a str),
    /// A label of unknown meaning, with its value.
    Unknown(&'a str),
    /// Text without a label.
    Text(&'a str),
}

/// What a paragraph has in it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Paragraph<'a> {
    /// The value of its first label, where that is the label of a domain's name.
    pub(super) about: Option<&'a str>,
    /// Whether its first label is that of a name server, with a value.
    pub(super) host: bool,
    /// Whether it names a registrar.
    pub(super) registrar: bool,
    /// Whether legal text below a record is in it.
    pub(super) footer: bool,
    /// The label of a domain's name, with a value.
    pub(super) domain: bool,
    /// The label of a handle that belongs to nobody named.
    pub(super) handle: bool,
    /// How many labels of known meaning, counted up to 2.
    pub(super) labels: u8,
    /// Where the first label stands.
    indent: usize,
}

/// An answer cut into lines.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    /// The lines.
    pub(super) lines: Vec<Line<'a>>,
    /// What each paragraph has.
    pub(super) paragraphs: Vec<Paragraph<'a>>,
    /// Whether a limit was reached.
    pub(super) cut: bool,
}

/// The lines of a text without their ends.
fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest.as_bytes());
        let line = rest.get(..end.unwrap_or(rest.len()))?;
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
        Some(line.strip_suffix('\r').unwrap_or(line))
    })
}

/// Cuts an answer into lines.
pub(super) fn lines(text: &str) -> Lines<'_> {
    let kept = text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or(text);
    let mut found = Lines { lines: Vec::new(), paragraphs: vec![Paragraph::default()], cut: kept.len() < text.len() };
    let (mut folded, mut footer) = (String::new(), false);
    for (at, line) in split(kept).enumerate() {
        if at >= LINES_MAX {
            found.cut = true;
            break;
        }
        footer = footer && !begins_anew(line, &mut folded);
        let kind = if footer { Kind::Footer } else { kind(line, &mut folded) };
        footer = footer || is_footer(line);
        if matches!(kind, Kind::Blank) {
            found.paragraphs.push(Paragraph::default());
        }
        let paragraph = found.paragraphs.len() - 1;
        if let (true, Some(paragraph)) = (footer, found.paragraphs.last_mut()) {
            paragraph.footer = true;
        }
        if let (Kind::Known(meaning, value), Some(paragraph)) = (kind, found.paragraphs.last_mut()) {
            paragraph.see(meaning, value, indent(line));
        }
        found.lines.push(Line { number: at + 1, indent: indent(line), paragraph, text: line, kind });
    }
    found
}

impl<'a> Paragraph<'a> {
    fn see(&mut self, meaning: Meaning, value: &'a str, indent: usize) {
        if self.labels == 0 {
            self.indent = indent;
            self.about = Some(value).filter(|_| meaning.domain == Some(DomainField::Name));
            self.host = meaning.domain == Some(DomainField::Servers) && !value.is_empty();
        }
        self.registrar |= meaning.role == Some(Subject::Registrar) && !value.is_empty();
        self.labels = self.labels.saturating_add(1);
        self.domain |= meaning.domain == Some(DomainField::Name) && !value.is_empty();
        self.handle |= meaning.field == Some(Field::Handle) && !value.is_empty() && indent == self.indent;
    }
}

/// The line that ICANN's agreements put under the record ("Last update of WHOIS database"); legal text follows.
fn is_footer(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(">>>") && line.to_ascii_lowercase().contains("update of")
}

/// Whether a line below a record begins the next answer: programs that follow a referral write one below the other.
fn begins_anew(line: &str, folded: &mut String) -> bool {
    if line.len() > LABEL_MAX || !line.contains(':') {
        return false;
    }
    let Kind::Known(meaning, value) = kind(line, folded) else { return false };
    let names_domain = meaning.domain == Some(DomainField::Name) && value.contains('.') && !value.contains(' ');
    names_domain || (meaning.role == Some(Subject::Contact(Role::Registrant)) && line.trim_end().ends_with(':'))
}

fn indent(line: &str) -> usize {
    let mut column = 0;
    for c in line.chars() {
        match c {
            ' ' => column += 1,
            '\t' => column = (column / 8 + 1) * 8,
            _ => break,
        }
    }
    column
}

fn kind<'a>(line: &'a str, folded: &mut String) -> Kind<'a> {
    let text = line.trim();
    let bare = text.trim_start_matches(['*', ' ']);
    if text.is_empty() {
        return Kind::Blank;
    }
    if text.starts_with(['%', '#', ';']) || text.starts_with(">>>") || bare.is_empty() || text.starts_with("--") {
        return commented_head(text, folded).unwrap_or(Kind::Comment);
    }
    if let Some(found) = bracketed(bare, folded) {
        return found;
    }
    if bare.starts_with('[') && bare.ends_with(']') {
        return Kind::Comment;
    }
    let item = bare.strip_prefix("- ").unwrap_or(bare);
    if let Some(found) = separated(item, folded).or_else(|| unseparated(item, folded)) {
        return found;
    }
    match item.split_once(':') {
        _ if text.starts_with('*') => Kind::Comment,
        Some((label, _)) if label.split_whitespace().count() <= 4 && is_open(item, label) => Kind::Unknown(item),
        _ => Kind::Text(item),
    }
}

/// Whether what follows the label and its separator is a value: not the rest of a time or of a URL.
fn is_open(line: &str, label: &str) -> bool {
    let rest = line.get(label.len() + 1..).unwrap_or_default();
    rest.is_empty() || rest.starts_with([' ', '\t', '.', ':'])
}

/// `[Label] value`, also with a letter in front: `a. [Label]  value`.
fn bracketed<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let (front, rest) = line.split_once('[')?;
    if front.len() > 3 {
        return None;
    }
    let (label, value) = rest.split_once(']')?;
    Some(Kind::Known(meaning(label, folded)?, clean(value)))
}

/// `label: value`, or `label.... value`.
fn separated<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let colon = colon(line).map(|at| line.split_at(at)).and_then(|(label, rest)| {
        let found = meaning(label, folded).filter(|_| !is_time(label))?;
        Some(Kind::Known(found, clean(rest.trim_start_matches([':', '：']))))
    });
    colon.or_else(|| {
        let (label, value, leads) = dotted(line)?;
        let found = meaning(label, folded).filter(|m| leads || m.domain.is_some() || m.of.is_some())?;
        Some(Kind::Known(found, clean(value.trim_start_matches('.'))))
    })
}

fn colon(line: &str) -> Option<usize> {
    if line.is_ascii() { memchr::memchr(b':', line.as_bytes()) } else { line.find([':', '：']) }
}

/// What stands before and after a dot that a blank follows, or dots; whether there are several, which lead to a value.
fn dotted(line: &str) -> Option<(&str, &str, bool)> {
    let octets = line.as_bytes();
    memchr::memchr_iter(b'.', octets).find_map(|at| match octets.get(at + 1) {
        Some(b' ') => Some((line.get(..at)?, line.get(at + 2..)?, false)),
        Some(b'.') => Some((line.get(..at)?, line.get(at + 2..)?, true)),
        _ => None,
    })
}

/// Whether what stands before a colon ends in a date and an hour.
fn is_time(label: &str) -> bool {
    label.bytes().filter(u8::is_ascii_digit).count() >= 5
}

/// A label that no separator follows but blanks ("Registrant  Example Ltd"), a date ("Record created on 2004-07-19")
/// or nothing ("Domain Information").
fn unseparated<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let gap = || line.as_bytes().windows(2).position(|pair| pair == b"  ");
    if let Some(at) = memchr::memchr(b'\t', line.as_bytes()).or_else(gap) {
        let (label, value) = line.split_at(at);
        let found = meaning(label, folded).filter(|m| m.domain.is_some() || m.role.is_some() || m.of.is_some());
        if let Some(found) = found {
            return Some(Kind::Known(found, clean(value)));
        }
    }
    dated(line, folded).or_else(|| head(line, folded)).or_else(|| named_domain(line, folded))
}

/// `Domain a.example (ACTIVE)`.
fn named_domain<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let (label, value) = line.split_once(' ')?;
    let name = value.split(' ').next()?;
    let is_name = label.eq_ignore_ascii_case("domain") && name.contains('.') && !name.ends_with('.');
    is_name.then(|| meaning(label, folded)).flatten().map(|found| Kind::Known(found, value))
}

fn dated<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let digit = line.find(|c: char| c.is_ascii_digit())?;
    let label = line.get(..digit)?;
    let found = meaning(label.trim_end_matches(|c: char| !c.is_whitespace()), folded)
        .filter(|found| label.contains(' ') && found.domain.is_some_and(is_date));
    Some(Kind::Known(found?, clean(line.get(digit..)?)))
}

fn is_date(field: DomainField) -> bool {
    matches!(field, DomainField::Created | DomainField::Updated | DomainField::Expires)
}

fn head<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    if line.len() > 40 || line.contains(['.', ',', '@']) {
        return None;
    }
    let found = meaning(line, folded)?;
    let is_head = found.role.is_some_and(|role| line.contains(' ') || role != Subject::Other)
        || (found.domain.is_some() && line.contains(' '))
        || found.domain == Some(DomainField::Servers);
    is_head.then_some(Kind::Known(found, ""))
}

/// `% Registrant:`, the head of a section in a comment.
fn commented_head<'a>(line: &'a str, folded: &mut String) -> Option<Kind<'a>> {
    let label = line.strip_suffix(':').filter(|label| label.len() < 40)?;
    let found = meaning(label, folded).filter(|found| found.role.is_some_and(|role| role != Subject::Other))?;
    Some(Kind::Known(found, ""))
}

/// A value without what surrounds it: leaders of dots, quotation marks, and the marks of YAML, which say that the value
/// stands on the next lines.
fn clean(value: &str) -> &str {
    let value = value.trim_start();
    let value = if value.starts_with("..") || value.starts_with(':') {
        value.trim_start_matches(['.', ':', ' ', '\t'])
    } else {
        value
    };
    let value = value.trim();
    match value {
        "|-" | "|" | ">" => "",
        _ if value.starts_with('!') || value.starts_with("***") => "",
        _ => value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(line: &str) -> Option<&str> {
        match kind(line, &mut String::new()) {
            Kind::Known(_, value) => Some(value),
            _ => None,
        }
    }

    #[test]
    fn separators() {
        for line in [
            "Domain Name: a.example",
            "domain:a.example",
            "Domain Name...........: a.example",
            "Domain:......a.example",
            "[Domain Name]   a.example",
            "a. [Domain Name]   a.example",
            "Domain Name\ta.example",
            "** Domain Name: a.example",
            "   Domain name : : a.example",
        ] {
            assert_eq!(value(line), Some("a.example"), "{line}");
        }
        assert_eq!(value("Record created on 2004-07-19 (YYYY-MM-DD)"), Some("2004-07-19 (YYYY-MM-DD)"));
        assert_eq!(value("** Registrant:"), Some(""));
        assert_eq!(value("Domain Information"), Some(""));
    }

    #[test]
    fn what_is_no_label() {
        assert!(matches!(kind("http://a.example/x", &mut String::new()), Kind::Text(_)));
        assert!(matches!(kind("10:33:12", &mut String::new()), Kind::Text(_)));
        assert!(matches!(kind("% Rights restricted: all", &mut String::new()), Kind::Comment));
        assert!(matches!(kind("Shoe size: 44", &mut String::new()), Kind::Unknown(_)));
        assert!(matches!(kind("  \t ", &mut String::new()), Kind::Blank));
    }

    #[test]
    fn limits_are_seen() {
        let many = "Status: ok\n".repeat(LINES_MAX + 5);
        let found = lines(&many);
        assert!(found.cut && found.lines.len() == LINES_MAX);
        assert!(lines(&"ü".repeat(TEXT_MAX)).cut);
    }
}
