//! Service parameters of SVCB and HTTPS (RFC 9460): pairs of key and value, keys ascending, each once.

use std::{
    fmt::Write,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use super::{Fault, base::BASE64, read::Scan, write::write_string};

/// How the value of a key is written (RFC 9460 §7, §2.1).
#[derive(Clone, Copy)]
enum Form {
    Keys,
    Protocols,
    Nothing,
    Port,
    Ipv4,
    Ipv6,
    Base64,
    Opaque,
}

/// The registered keys, each at its number (IANA registry "Service Parameter Keys (SvcParamKeys)").
const KEYS: [(&str, Form); 9] = [
    ("mandatory", Form::Keys),
    ("alpn", Form::Protocols),
    ("no-default-alpn", Form::Nothing),
    ("port", Form::Port),
    ("ipv4hint", Form::Ipv4),
    ("ech", Form::Base64),
    ("ipv6hint", Form::Ipv6),
    ("dohpath", Form::Opaque),
    ("ohttp", Form::Nothing),
];

/// Whether pairs fill `rest` exactly; gives back their length.
pub(super) fn check(rest: &[u8]) -> Result<usize, Fault> {
    let mut left = rest;
    while !left.is_empty() {
        (_, _, left) = split(left).ok_or(Fault::new("parameter ends early", rest.len() - left.len()))?;
    }
    Ok(rest.len())
}

/// Key and value of the first pair, and what follows.
fn split(octets: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let (key, rest) = octets.split_first_chunk()?;
    let (count, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(u16::from_be_bytes(*count).into())?;
    Some((u16::from_be_bytes(*key), value, rest))
}

/// Reads `key` and `key=value` to the end, in any order.
pub(super) fn read(scan: &mut Scan<'_>, out: &mut Vec<u8>) -> Result<(), Fault> {
    let mut pairs = Vec::new();
    while !scan.is_at_end() {
        pairs.push(pair(scan)?);
    }
    pairs.sort();
    if pairs.windows(2).any(|two| two[0].0 == two[1].0) {
        return Err(Fault::new("a parameter twice", scan.at()));
    }
    for (key, value) in pairs {
        out.extend(key.to_be_bytes());
        out.extend((value.len() as u16).to_be_bytes());
        out.extend(value);
    }
    Ok(())
}

fn pair(scan: &mut Scan<'_>) -> Result<(u16, Vec<u8>), Fault> {
    let (word, at) = scan.until(b'=');
    let (key, form) = key_named(word).ok_or(Fault::new("unknown parameter: write its key as key65280", at))?;
    let mut text = Vec::new();
    if scan.take(b'=') {
        scan.string(&mut text)?;
    }
    let value = value(form, &text).filter(|value| value.len() <= usize::from(u16::MAX));
    Ok((key, value.ok_or(Fault::new("bad value of a parameter", at))?))
}

/// A key by its name; by number its value is opaque octets.
fn key_named(word: &[u8]) -> Option<(u16, Form)> {
    if let Some(key) = KEYS.iter().position(|(name, _)| name.as_bytes() == word) {
        return Some((key as u16, KEYS[key].1));
    }
    let number = word.strip_prefix(b"key").filter(|digits| digits.iter().all(u8::is_ascii_digit))?;
    Some((std::str::from_utf8(number).ok()?.parse().ok()?, Form::Opaque))
}

fn value(form: Form, text: &[u8]) -> Option<Vec<u8>> {
    let words = || std::str::from_utf8(text).ok();
    let mut out = Vec::new();
    match form {
        Form::Opaque => out.extend(text),
        Form::Nothing => return text.is_empty().then_some(out),
        Form::Base64 => BASE64.decode(text, &mut out).ok()?,
        Form::Port => out.extend(words()?.parse::<u16>().ok()?.to_be_bytes()),
        Form::Ipv4 => out.extend(list::<Ipv4Addr>(words()?)?.iter().flat_map(Ipv4Addr::octets)),
        Form::Ipv6 => out.extend(list::<Ipv6Addr>(words()?)?.iter().flat_map(Ipv6Addr::octets)),
        Form::Keys => out.extend(keys(words()?)?.into_iter().flat_map(u16::to_be_bytes)),
        Form::Protocols => protocols(text, &mut out)?,
    }
    Some(out)
}

fn list<T: FromStr>(text: &str) -> Option<Vec<T>> {
    text.split(',').map(|item| item.trim().parse().ok()).collect()
}

fn keys(text: &str) -> Option<Vec<u16>> {
    let mut keys: Vec<u16> =
        text.split(',').map(|word| key_named(word.as_bytes()).map(|(key, _)| key)).collect::<Option<_>>()?;
    keys.sort_unstable();
    keys.windows(2).all(|two| two[0] != two[1]).then_some(keys)
}

/// Protocol names with commas between; `\,` and `\\` stand for themselves (RFC 9460 appendix A.1).
fn protocols(text: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut octets = text.iter();
    let mut start = out.len();
    out.push(0);
    while let Some(&octet) = octets.next() {
        match octet {
            b',' => {
                close(out, start)?;
                start = out.len();
                out.push(0);
            }
            b'\\' => out.push(*octets.next()?),
            _ => out.push(octet),
        }
    }
    close(out, start)
}

fn close(out: &mut [u8], start: usize) -> Option<()> {
    out[start] = u8::try_from(out.len() - start - 1).ok().filter(|length| *length > 0)?;
    Some(())
}

/// Writes the pairs; none where keys do not ascend or a value is not of its key's form.
pub(super) fn write(mut octets: &[u8], out: &mut String) -> Option<()> {
    let mut least = 0;
    while !octets.is_empty() {
        let (key, value, rest) = split(octets)?;
        if u32::from(key) < least {
            return None;
        }
        least = u32::from(key) + 1;
        super::write::separate(out);
        write_key(key, out);
        write_value(KEYS.get(usize::from(key)).map_or(Form::Opaque, |known| known.1), value, out)?;
        octets = rest;
    }
    Some(())
}

fn write_key(key: u16, out: &mut String) {
    match KEYS.get(usize::from(key)) {
        Some((name, _)) => out.push_str(name),
        None => out.push_str(&format!("key{key}")),
    }
}

fn write_value(form: Form, value: &[u8], out: &mut String) -> Option<()> {
    let mut text = String::new();
    match form {
        Form::Nothing => return value.is_empty().then_some(()),
        Form::Opaque if value.is_empty() => return Some(()),
        Form::Opaque => return write_quoted(value, out),
        Form::Protocols => return write_quoted(&protocol_text(value)?, out),
        Form::Base64 => BASE64.encode(value, &mut text),
        Form::Port => write!(text, "{}", u16::from_be_bytes(value.try_into().ok()?)).ok()?,
        Form::Ipv4 => write_items(value, &mut text, |item: [u8; 4]| Ipv4Addr::from(item).to_string())?,
        Form::Ipv6 => write_items(value, &mut text, |item: [u8; 16]| Ipv6Addr::from(item).to_string())?,
        Form::Keys => write_keys(value, &mut text)?,
    }
    write_quoted(text.as_bytes(), out)
}

fn write_quoted(value: &[u8], out: &mut String) -> Option<()> {
    out.push('=');
    write_string(value, out)
}

fn write_items<const N: usize>(value: &[u8], out: &mut String, show: impl Fn([u8; N]) -> String) -> Option<()> {
    let (items, rest) = value.as_chunks();
    out.push_str(&items.iter().map(|item| show(*item)).collect::<Vec<_>>().join(","));
    (!items.is_empty() && rest.is_empty()).then_some(())
}

fn write_keys(value: &[u8], out: &mut String) -> Option<()> {
    let ascending = value.as_chunks::<2>().0.is_sorted_by(|a, b| a < b);
    let show = |key| {
        let mut name = String::new();
        write_key(u16::from_be_bytes(key), &mut name);
        name
    };
    write_items(value, out, show).filter(|()| ascending)
}

fn protocol_text(mut value: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while let Some((&count, rest)) = value.split_first() {
        let (protocol, rest) = rest.split_at_checked(count.into())?;
        if !text.is_empty() {
            text.push(b',');
        }
        for &octet in protocol {
            if matches!(octet, b',' | b'\\') {
                text.push(b'\\');
            }
            text.push(octet);
        }
        value = if protocol.is_empty() { return None } else { rest };
    }
    (!text.is_empty()).then_some(text)
}
