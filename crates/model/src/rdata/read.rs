//! Reading presentation form (RFC 1035 §5.1) by the table.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use super::{
    Fault, RDATA_OCTETS_MAX, Rdata,
    base::{BASE16, BASE32, BASE64, Base},
    bitmap,
    layout::{FieldKind, layout},
    location, parameter,
    wire::{self, name_fault},
};
use crate::{name, record_type::RecordType, time::Time};

/// Reads the whole of `text`.
pub(super) fn read(rrtype: RecordType, text: &[u8]) -> Result<Rdata, Fault> {
    let mut scan = Scan { text, at: 0 };
    if scan.take_generic_mark() {
        return read_generic(rrtype, scan);
    }
    let fields = layout(rrtype).ok_or(Fault::new(r"this type is written `\# length hex`", 0))?;
    let mut out = Vec::with_capacity(capacity(fields, text));
    for &kind in fields {
        read_field(kind, &mut scan, &mut out)?;
    }
    if !scan.is_at_end() {
        return Err(Fault::new("text continues after the last field", scan.at));
    }
    if out.len() > RDATA_OCTETS_MAX {
        return Err(Fault::new("more than 65535 octets", text.len()));
    }
    Ok(Rdata(out.into()))
}

/// Room for the octets, exact for the commonest types, so that the result is the only allocation.
fn capacity(fields: &[FieldKind], text: &[u8]) -> usize {
    match fields {
        [FieldKind::Ipv4] => 4,
        [FieldKind::Ipv6] => 16,
        [FieldKind::Target] => text.len() + 1 + usize::from(!text.ends_with(b".")),
        _ => text.len() + 2,
    }
}

/// `\# length hex` (RFC 3597 §5): wire form, so it must fit the type.
fn read_generic(rrtype: RecordType, mut scan: Scan<'_>) -> Result<Rdata, Fault> {
    let length = scan.number(u16::MAX.into())? as usize;
    let mut octets = Vec::with_capacity(length.min(scan.remaining().len() / 2));
    scan.rest(&BASE16, &mut octets)?;
    if octets.len() != length {
        return Err(Fault::new("stated length differs from the length of the data", scan.at));
    }
    wire::fold(rrtype, &octets).map(Rdata)
}

fn read_field(kind: FieldKind, scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    match kind {
        FieldKind::U8 => out.push(scan.number(u8::MAX.into())? as u8),
        FieldKind::U16 => out.extend((scan.number(u16::MAX.into())? as u16).to_be_bytes()),
        FieldKind::U32 => out.extend(scan.number(u32::MAX)?.to_be_bytes()),
        FieldKind::Moment => out.extend(moment(scan)?.to_be_bytes()),
        FieldKind::Type => out.extend(scan.parsed::<RecordType>("expected a record type")?.0.to_be_bytes()),
        FieldKind::Name | FieldKind::Target => scan.name(out)?,
        FieldKind::Text => text(scan, out)?,
        FieldKind::Texts => texts(scan, out)?,
        FieldKind::Tag => tag(scan, out)?,
        FieldKind::Value => scan.string(out)?,
        FieldKind::Hex => scan.rest(&BASE16, out)?,
        FieldKind::Base64 => scan.rest(&BASE64, out)?,
        FieldKind::CountedHex => counted(scan, &BASE16, out)?,
        FieldKind::CountedBase32 => counted(scan, &BASE32, out)?,
        FieldKind::Ipv4 => out.extend(scan.parsed::<Ipv4Addr>("expected an IPv4 address")?.octets()),
        FieldKind::Ipv6 => out.extend(scan.parsed::<Ipv6Addr>("expected an IPv6 address")?.octets()),
        FieldKind::Hyphened(octets) => hyphened(scan, octets, out)?,
        FieldKind::Types => {
            bitmap::push_types(scan.all(|scan| Ok(scan.parsed::<RecordType>("expected a record type")?.0))?, out)
        }
        FieldKind::Ports => ports(scan, out)?,
        FieldKind::Parameters => parameter::read(scan, out)?,
        FieldKind::Location => location::read(scan, out)?,
    }
    Ok(())
}

/// `20260131235959` or seconds since 1970 (RFC 4034 §3.2).
fn moment(scan: &mut Scan<'_>) -> Result<u32, Fault> {
    let (word, at) = scan.word()?;
    let fault = Fault::new("expected a time such as 20260131235959", at);
    let part = |range: std::ops::Range<usize>| digits(word.get(range)?).and_then(|value| u32::try_from(value).ok());
    let dated = || {
        let date = (part(0..4)?, part(4..6)?, part(6..8)?);
        Some(Time::from_parts(date.0.into(), date.1, date.2, part(8..10)?, part(10..12)?, part(12..14)?)?.0)
    };
    let seconds = if word.len() == 14 { dated() } else { digits(word).and_then(|value| i64::try_from(value).ok()) };
    seconds.and_then(|seconds| u32::try_from(seconds).ok()).ok_or(fault)
}

fn text(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    counting(out, scan.at, |out| scan.string(out))
}

fn texts(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut string = Vec::new();
    scan.skip_white();
    if !scan.remaining().contains(&b'"') {
        scan.line(&mut string)?;
        push_split(&string, out);
        return Ok(());
    }
    while !scan.remaining().is_empty() {
        string.clear();
        scan.string(&mut string)?;
        push_split(&string, out);
        scan.skip_white();
    }
    Ok(())
}

/// Character strings of at most 255 octets each; an empty text is one empty string.
fn push_split(string: &[u8], out: &mut Vec<u8>) {
    if string.is_empty() {
        out.push(0);
    }
    for chunk in string.chunks(255) {
        out.push(chunk.len() as u8);
        out.extend(chunk);
    }
}

fn tag(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let (word, at) = scan.word()?;
    if !word.iter().all(u8::is_ascii_alphanumeric) {
        return Err(Fault::new("expected a tag of letters and digits", at));
    }
    counting(out, at, |out| {
        out.extend(word);
        Ok(())
    })
}

fn counted(scan: &mut Scan<'_>, base: &Base, out: &mut Vec<u8>) -> Result<(), Fault> {
    let (word, at) = scan.word()?;
    counting(out, at, |out| if word == b"-" { Ok(()) } else { base.decode(word, out).map_err(|fault| fault.after(at)) })
}

/// Puts the octet that counts them in front of the octets that `fill` appends.
fn counting(out: &mut Vec<u8>, at: usize, fill: impl FnOnce(&mut Vec<u8>) -> Result<(), Fault>) -> Result<(), Fault> {
    let start = out.len();
    out.push(0);
    fill(out)?;
    out[start] = u8::try_from(out.len() - start - 1).map_err(|_| Fault::new("more than 255 octets", at))?;
    Ok(())
}

fn hyphened(scan: &mut Scan<'_>, octets: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
    let (word, at) = scan.word()?;
    let fault = || Fault::new("expected pairs of hexadecimal digits with hyphens between", at);
    let start = out.len();
    for pair in word.split(|octet| *octet == b'-') {
        if pair.len() != 2 || BASE16.decode(pair, out).is_err() {
            return Err(fault());
        }
    }
    if out.len() - start == octets { Ok(()) } else { Err(fault()) }
}

/// A protocol by number, `TCP` or `UDP`, and ports by number.
fn ports(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let before = scan.at;
    let protocol = match scan.word()?.0 {
        word if word.eq_ignore_ascii_case(b"tcp") => 6,
        word if word.eq_ignore_ascii_case(b"udp") => 17,
        _ => {
            scan.at = before;
            scan.number(u8::MAX.into())? as u8
        }
    };
    out.push(protocol);
    bitmap::push_ports(scan.all(|scan| Ok(scan.number(u16::MAX.into())? as u16))?, out);
    Ok(())
}

/// What separates words: white space, and the parentheses that only join lines in zone files.
pub(super) fn is_blank(octet: u8) -> bool {
    octet.is_ascii_whitespace() || matches!(octet, b'(' | b')')
}

fn digits(word: &[u8]) -> Option<u64> {
    let valid = !word.is_empty() && word.len() <= 19 && word.iter().all(u8::is_ascii_digit);
    valid.then(|| word.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// A place in a text.
pub(super) struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    /// Where it stands.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Steps over a first word `\#`.
    fn take_generic_mark(&mut self) -> bool {
        let start = self.at;
        let found = self.word().is_ok_and(|(word, _)| word == br"\#");
        if !found {
            self.at = start;
        }
        found
    }

    /// Whether nothing but blanks is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.skip(is_blank);
        self.at == self.text.len()
    }

    /// The next word, escapes left in it, and where it starts.
    pub(super) fn word(&mut self) -> Result<(&'a [u8], usize), Fault> {
        if self.is_at_end() {
            return Err(Fault::new("a field is missing", self.at));
        }
        let start = self.at;
        while self.text.get(self.at).is_some_and(|octet| !is_blank(*octet)) {
            self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at = self.at.min(self.text.len());
        Ok((&self.text[start..self.at], start))
    }

    /// Octets up to `end` or a blank, and where they start.
    pub(super) fn until(&mut self, end: u8) -> (&'a [u8], usize) {
        let start = self.at;
        self.skip(|octet| octet != end && !is_blank(octet));
        (&self.text[start..self.at], start)
    }

    /// Steps over this octet if it is next.
    pub(super) fn take(&mut self, octet: u8) -> bool {
        let next = self.text.get(self.at) == Some(&octet);
        self.at += usize::from(next);
        next
    }

    /// Appends the next character string, quoted or not, without its escapes.
    pub(super) fn string(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.skip_white();
        let start = self.at;
        if start == self.text.len() {
            return Err(Fault::new("a text is missing", start));
        }
        let quoted = self.take(b'"');
        while let Some(&octet) = self.text.get(self.at) {
            match octet {
                b'"' if quoted => {
                    self.at += 1;
                    return Ok(());
                }
                white if !quoted && white.is_ascii_whitespace() => return Ok(()),
                _ => self.octet(out)?,
            }
        }
        if quoted { Err(Fault::new("unclosed quote", start)) } else { Ok(()) }
    }

    /// Appends all that is left, blanks inside included, without escapes.
    fn line(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.text = self.text.trim_ascii_end();
        if self.at >= self.text.len() {
            return Err(Fault::new("a text is missing", self.at));
        }
        while self.at < self.text.len() {
            self.octet(out)?;
        }
        Ok(())
    }

    fn octet(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let escape = |_| Fault::new(r"bad escape: write `\\` or three decimal digits as in `\032`", self.at);
        let (octet, used) = name::unescape(self.text, self.at).map_err(escape)?;
        out.push(octet);
        self.at += used;
        Ok(())
    }

    fn name(&mut self, out: &mut Vec<u8>) -> Result<(), Fault> {
        let (word, at) = self.word()?;
        name::parse_onto(word, out).map_err(|error| name_fault(error).after(at))
    }

    fn number(&mut self, max: u32) -> Result<u32, Fault> {
        let (word, at) = self.word()?;
        digits(word).filter(|value| *value <= max.into()).map(|value| value as u32).ok_or(Fault::new(
            match max {
                0xff => "expected a number from 0 to 255",
                0xffff => "expected a number from 0 to 65535",
                _ => "expected a number below 2^32",
            },
            at,
        ))
    }

    fn parsed<T: FromStr>(&mut self, expected: &'static str) -> Result<T, Fault> {
        let (word, at) = self.word()?;
        std::str::from_utf8(word).ok().and_then(|word| word.parse().ok()).ok_or(Fault::new(expected, at))
    }

    /// As many as there are.
    fn all<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let mut all = Vec::new();
        while !self.is_at_end() {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn rest(&mut self, base: &Base, out: &mut Vec<u8>) -> Result<(), Fault> {
        let at = std::mem::replace(&mut self.at, self.text.len());
        base.decode(&self.text[at..], out).map_err(|fault| fault.after(at))
    }

    fn remaining(&self) -> &[u8] {
        &self.text[self.at..]
    }

    fn skip_white(&mut self) {
        self.skip(|octet| octet.is_ascii_whitespace());
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        while self.text.get(self.at).is_some_and(|octet| skipped(*octet)) {
            self.at += 1;
        }
    }
}
