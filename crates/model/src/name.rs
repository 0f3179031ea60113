//! Domain names as DNS has them.
//!
//! A [`Name`] is an absolute name in wire form, ASCII letters folded to lower case: up to 255 octets, labels of 1 to
//! 63 octets of any value (RFC 1035 §2.3.4, RFC 2181 §11). It is the key of passive DNS, so underscores, spaces and
//! odd bytes are welcome; whether a name is a sensible *host name* is a question for [`crate::indicator`].
//!
//! Text is the presentation form of RFC 1035 §5.1 with `\.` and `\DDD` escapes, written without the final dot. Names
//! order as DNSSEC orders them (RFC 4034 §6.1): by label from the right, so everything below a name follows it.

use std::{cmp::Ordering, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest name in wire form, final zero octet included (RFC 1035 §2.3.4).
pub const NAME_OCTETS_MAX: usize = 255;
/// The longest label (RFC 1035 §2.3.4).
pub const LABEL_OCTETS_MAX: usize = 63;

/// An absolute domain name: wire form, folded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Name(Box<[u8]>);

/// Why a text or octets are no name, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Two dots side by side, or a dot in front.
    #[error("empty label at octet {0}")]
    EmptyLabel(usize),
    /// A label of more than 63 octets.
    #[error("label longer than 63 octets at octet {0}")]
    LabelTooLong(usize),
    /// A name of more than 255 octets in wire form.
    #[error("name longer than 255 octets")]
    NameTooLong,
    /// A backslash that nothing sensible follows.
    #[error("bad escape at octet {0}: write `\\.` or three decimal digits as in `\\032`")]
    BadEscape(usize),
    /// Nothing at all; the root is written `.`.
    #[error("empty name")]
    Empty,
    /// Wire form that ends early, continues after its end, or holds a pointer.
    #[error("not an uncompressed name in wire form at octet {0}")]
    BadWire(usize),
    /// Unicode that IDNA (UTS 46) refuses.
    #[error("not a valid internationalised name")]
    BadUnicode,
}

impl Name {
    /// The root, `.`.
    pub fn root() -> Name {
        Name(Box::new([0]))
    }

    /// Parses presentation form; a final dot changes nothing. Octets outside ASCII stand for themselves.
    pub fn parse(text: &[u8]) -> Result<Name, NameError> {
        let mut wire = Vec::with_capacity(text.len() + 2);
        parse_onto(text, &mut wire)?;
        Ok(Name(wire.into()))
    }

    /// Parses what a person types: Unicode names are turned to ASCII by IDNA (UTS 46, non-transitional).
    pub fn from_unicode(text: &str) -> Result<Name, NameError> {
        if text.is_ascii() {
            return Name::parse(text.as_bytes());
        }
        let ascii = idna::domain_to_ascii(text).map_err(|_| NameError::BadUnicode)?;
        Name::parse(ascii.as_bytes())
    }

    /// Takes an uncompressed wire-form name that fills `wire` exactly, and folds it.
    pub fn from_wire(wire: &[u8]) -> Result<Name, NameError> {
        let (name, used) = Name::split_wire(wire)?;
        if used == wire.len() { Ok(name) } else { Err(NameError::BadWire(used)) }
    }

    /// Takes an uncompressed name from the front of `wire`; returns it and how many octets it used.
    pub fn split_wire(wire: &[u8]) -> Result<(Name, usize), NameError> {
        let used = wire_length(wire)?;
        Ok((Name(wire[..used].to_ascii_lowercase().into()), used))
    }

    /// Builds a name from labels, leftmost first.
    pub fn from_labels<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Result<Name, NameError> {
        let mut wire = Vec::new();
        for label in labels {
            match label.len() {
                0 => return Err(NameError::EmptyLabel(wire.len())),
                1..=LABEL_OCTETS_MAX => wire.push(label.len() as u8),
                _ => return Err(NameError::LabelTooLong(wire.len())),
            }
            wire.extend(label.iter().map(u8::to_ascii_lowercase));
        }
        wire.push(0);
        if wire.len() > NAME_OCTETS_MAX { Err(NameError::NameTooLong) } else { Ok(Name(wire.into())) }
    }

    /// The wire form: length-prefixed labels and the final zero octet.
    pub fn as_wire(&self) -> &[u8] {
        &self.0
    }

    /// The labels, leftmost first; none for the root.
    pub fn labels(&self) -> Labels<'_> {
        Labels(&self.0)
    }

    /// How many labels; 0 for the root.
    pub fn label_count(&self) -> usize {
        self.labels().count()
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The name without its leftmost label; none above the root.
    pub fn parent(&self) -> Option<Name> {
        (!self.is_root()).then(|| Name(self.0[1 + usize::from(self.0[0])..].into()))
    }

    /// The rightmost `count` labels, or the whole name where it has fewer.
    pub fn suffix(&self, count: usize) -> Name {
        let mut wire = &self.0[..];
        for _ in count..self.label_count() {
            wire = &wire[1 + usize::from(wire[0])..];
        }
        Name(wire.into())
    }

    /// Whether this name is `ancestor` or stands below it.
    pub fn is_within(&self, ancestor: &Name) -> bool {
        let (own, above) = (self.label_count(), ancestor.label_count());
        own >= above && self.suffix_wire(above) == ancestor.as_wire()
    }

    /// This name with one more label in front.
    pub fn child(&self, label: &[u8]) -> Result<Name, NameError> {
        Name::from_labels(std::iter::once(label).chain(self.labels()))
    }

    /// Presentation form with the final dot.
    pub fn fqdn(&self) -> String {
        if self.is_root() { ".".into() } else { format!("{self}.") }
    }

    /// The Unicode form to show beside the name, where it has one that differs.
    pub fn unicode(&self) -> Option<String> {
        let ascii = self.to_string();
        if !ascii.contains("xn--") {
            return None;
        }
        let (unicode, result) = idna::domain_to_unicode(&ascii);
        (result.is_ok() && unicode != ascii).then_some(unicode)
    }

    fn suffix_wire(&self, count: usize) -> &[u8] {
        let mut wire = &self.0[..];
        for _ in count..self.label_count() {
            wire = &wire[1 + usize::from(wire[0])..];
        }
        wire
    }
}

/// How many octets the uncompressed name at the front of `wire` takes.
pub(crate) fn wire_length(wire: &[u8]) -> Result<usize, NameError> {
    let mut at = 0;
    loop {
        let length = usize::from(*wire.get(at).ok_or(NameError::BadWire(at))?);
        at += 1 + length;
        if length > LABEL_OCTETS_MAX || at > wire.len() {
            return Err(NameError::BadWire(at));
        }
        if at > NAME_OCTETS_MAX {
            return Err(NameError::NameTooLong);
        }
        if length == 0 {
            return Ok(at);
        }
    }
}

/// Appends the folded wire form of a name in presentation form. What was appended before an error stays.
pub(crate) fn parse_onto(text: &[u8], wire: &mut Vec<u8>) -> Result<(), NameError> {
    let first = wire.len();
    let mut start = first; // where the length octet of the current label stands
    wire.push(0);
    match text {
        b"" => return Err(NameError::Empty),
        b"." => return Ok(()),
        _ => {}
    }
    let mut at = 0;
    while let Some(&octet) = text.get(at) {
        if octet == b'.' {
            close_label(wire, start, at)?;
            start = wire.len();
            wire.push(0);
            at += 1;
            continue;
        }
        let (value, used) = unescape(text, at)?;
        wire.push(value.to_ascii_lowercase());
        if wire.len() - start - 1 > LABEL_OCTETS_MAX {
            return Err(NameError::LabelTooLong(at));
        }
        at += used;
    }
    if wire.len() - start > 1 {
        close_label(wire, start, at)?;
        wire.push(0);
    }
    if wire.len() - first > NAME_OCTETS_MAX { Err(NameError::NameTooLong) } else { Ok(()) }
}

/// Writes an uncompressed name in wire form as text, without the final dot.
pub(crate) fn write_wire(out: &mut impl fmt::Write, wire: &[u8]) -> fmt::Result {
    if wire == [0] {
        return out.write_char('.');
    }
    for (index, label) in Labels(wire).enumerate() {
        if index > 0 {
            out.write_char('.')?;
        }
        write_label(out, label)?;
    }
    Ok(())
}

fn close_label(wire: &mut [u8], start: usize, at: usize) -> Result<(), NameError> {
    let length = wire.len() - start - 1;
    if length == 0 {
        return Err(NameError::EmptyLabel(at));
    }
    wire[start] = length as u8;
    Ok(())
}

/// One octet of a label at `at` and how much text it took (RFC 1035 §5.1: `\X` and `\DDD`).
pub(crate) fn unescape(text: &[u8], at: usize) -> Result<(u8, usize), NameError> {
    if text[at] != b'\\' {
        return Ok((text[at], 1));
    }
    match text.get(at + 1..at + 4) {
        Some([a, b, c]) if [a, b, c].iter().all(|d| d.is_ascii_digit()) => {
            let value = [a, b, c].iter().fold(0u32, |sum, d| sum * 10 + u32::from(*d - b'0'));
            u8::try_from(value).map(|value| (value, 4)).map_err(|_| NameError::BadEscape(at))
        }
        _ => match text.get(at + 1) {
            Some(next) if !next.is_ascii_digit() => Ok((*next, 2)),
            _ => Err(NameError::BadEscape(at)),
        },
    }
}

/// The labels of a name, leftmost first.
#[derive(Clone)]
pub struct Labels<'a>(&'a [u8]);

impl<'a> Iterator for Labels<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.0.split_first()?;
        if length == 0 {
            return None;
        }
        let (label, rest) = rest.split_at(usize::from(length));
        self.0 = rest;
        Some(label)
    }
}

/// Writes a label in presentation form: dots, backslashes, quotes and whatever is not printable ASCII are escaped.
pub fn write_label(out: &mut impl fmt::Write, label: &[u8]) -> fmt::Result {
    for &octet in label {
        match octet {
            b'.' | b'\\' | b'"' | b';' | b'(' | b')' | b'@' | b'$' => write!(out, "\\{}", char::from(octet))?,
            0x21..=0x7e => out.write_char(char::from(octet))?,
            _ => write!(out, "\\{octet:03}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.0.len());
        write_wire(&mut text, &self.0)?;
        f.pad(&text)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Name, NameError> {
        Name::from_unicode(text)
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Name) -> Ordering {
        let (mut own, mut others) = ([0u8; 128], [0u8; 128]);
        let (own, others) = (label_offsets(&self.0, &mut own), label_offsets(&other.0, &mut others));
        for (&a, &b) in own.iter().rev().zip(others.iter().rev()) {
            match label_at(&self.0, a).cmp(label_at(&other.0, b)) {
                Ordering::Equal => {}
                unequal => return unequal,
            }
        }
        own.len().cmp(&others.len())
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Name) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Where each label starts; a name of 255 octets has at most 127 labels.
fn label_offsets<'a>(wire: &[u8], offsets: &'a mut [u8; 128]) -> &'a [u8] {
    let (mut at, mut count) = (0, 0);
    while wire[at] != 0 {
        offsets[count] = at as u8;
        count += 1;
        at += 1 + usize::from(wire[at]);
    }
    &offsets[..count]
}

fn label_at(wire: &[u8], at: u8) -> &[u8] {
    let at = usize::from(at);
    &wire[at + 1..at + 1 + usize::from(wire[at])]
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Name::parse(text.as_bytes()).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    #[test]
    fn folds_and_drops_the_final_dot() {
        assert_eq!(name("WWW.Example.COM."), name("www.example.com"));
        assert_eq!(name("www.example.com").as_wire(), b"\x03www\x07example\x03com\0");
        assert_eq!(name(".").to_string(), ".");
    }

    #[test]
    fn escapes_round_trip() {
        let odd = name(r"a\.b.\032\200x\\.example");
        assert_eq!(odd.label_count(), 3);
        assert_eq!(odd.to_string(), r"a\.b.\032\200x\\.example");
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let error = |text: &str| text.parse::<Name>().unwrap_err();
        assert_eq!(error(""), NameError::Empty);
        assert_eq!(error("a..b"), NameError::EmptyLabel(2));
        assert_eq!(error(".a"), NameError::EmptyLabel(0));
        assert_eq!(error(r"a\25"), NameError::BadEscape(1));
        assert_eq!(error(r"a\256"), NameError::BadEscape(1));
        assert_eq!(error(&"a".repeat(64)), NameError::LabelTooLong(63));
        assert_eq!(error(&"abcdefghi.".repeat(30)), NameError::NameTooLong);
    }

    #[test]
    fn orders_as_rfc_4034_section_6_1() {
        let ordered = [
            "example",
            "a.example",
            "yljkjljk.a.example",
            "z.a.example",
            "zabc.a.example",
            "z.example",
            r"\001.z.example",
            "*.z.example",
            r"\200.z.example",
        ];
        for pair in ordered.windows(2) {
            assert!(name(pair[0]) < name(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn knows_its_relatives() {
        let sub = name("a.b.example.com");
        assert!(sub.is_within(&name("example.com")) && sub.is_within(&sub) && sub.is_within(&Name::root()));
        assert!(!name("badexample.com").is_within(&name("example.com")));
        assert_eq!(sub.parent(), Some(name("b.example.com")));
        assert_eq!(sub.suffix(2), name("example.com"));
        assert_eq!(Name::root().parent(), None);
        assert_eq!(name("example.com").child(b"www").unwrap(), name("www.example.com"));
    }

    #[test]
    fn shows_idna_beside() {
        assert_eq!(name("bücher.example").to_string(), "xn--bcher-kva.example");
        assert_eq!(name("xn--bcher-kva.example").unicode().as_deref(), Some("bücher.example"));
        assert_eq!(name("example.com").unicode(), None);
    }
}
