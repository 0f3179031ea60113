//! Writing presentation form by the table.

use std::{
    fmt::Write,
    net::{Ipv4Addr, Ipv6Addr},
};

use super::{
    base::{BASE16, BASE32, BASE64},
    bitmap,
    layout::{FieldKind, layout},
    location, parameter, wire,
};
use crate::{name, record_type::RecordType, time::Time};

/// The text of record data, in the form of RFC 3597 §5 where the type's own form cannot hold them.
pub(super) fn text(rrtype: RecordType, octets: &[u8]) -> String {
    layout(rrtype).and_then(|fields| presentation(fields, octets)).unwrap_or_else(|| generic(octets))
}

fn presentation(fields: &[FieldKind], octets: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(2 * octets.len() + 24);
    let mut whole = true;
    wire::walk(fields, octets, |kind, span| {
        separate(&mut out);
        whole = whole && write_field(kind, &octets[span], &mut out).is_some();
    })
    .ok()?;
    out.truncate(out.trim_end_matches(' ').len()); // the last field may be empty
    (whole && !out.is_empty()).then_some(out)
}

fn generic(octets: &[u8]) -> String {
    let mut out = format!(r"\# {}", octets.len());
    if !octets.is_empty() {
        out.push(' ');
        BASE16.encode(octets, &mut out);
    }
    out
}

/// A blank, unless one is there or nothing is.
pub(super) fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// Writes one field; none where its text would not read back as these octets.
fn write_field(kind: FieldKind, octets: &[u8], out: &mut String) -> Option<()> {
    match kind {
        FieldKind::U8 | FieldKind::U16 | FieldKind::U32 => write!(out, "{}", number(octets)).ok()?,
        FieldKind::Moment => write_moment(number(octets), out),
        FieldKind::Type => write!(out, "{}", RecordType(number(octets) as u16)).ok()?,
        FieldKind::Name | FieldKind::Target => write_name(octets, out)?,
        FieldKind::Text => write_string(octets.get(1..)?, out)?,
        FieldKind::Texts => write_strings(octets, out)?,
        FieldKind::Tag => write_tag(octets.get(1..)?, out)?,
        FieldKind::Value => write_string(octets, out)?,
        FieldKind::Hex => BASE16.encode(octets, out),
        FieldKind::Base64 => BASE64.encode(octets, out),
        FieldKind::CountedHex | FieldKind::CountedBase32 if octets == [0] => out.push('-'),
        FieldKind::CountedHex => BASE16.encode(octets.get(1..)?, out),
        FieldKind::CountedBase32 => BASE32.encode(octets.get(1..)?, out),
        FieldKind::Ipv4 => write!(out, "{}", Ipv4Addr::from(<[u8; 4]>::try_from(octets).ok()?)).ok()?,
        FieldKind::Ipv6 => write!(out, "{}", Ipv6Addr::from(<[u8; 16]>::try_from(octets).ok()?)).ok()?,
        FieldKind::Hyphened(_) => write_hyphened(octets, out)?,
        FieldKind::Types => bitmap::write_types(octets, out)?,
        FieldKind::Ports => write_ports(octets, out)?,
        FieldKind::Parameters => parameter::write(octets, out)?,
        FieldKind::Location => location::write(octets, out)?,
    }
    Some(())
}

fn number(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |sum, octet| sum << 8 | u32::from(*octet))
}

fn write_moment(seconds: u32, out: &mut String) {
    let digits = Time(seconds.into()).to_string();
    out.extend(digits.chars().filter(char::is_ascii_digit));
}

fn write_name(octets: &[u8], out: &mut String) -> Option<()> {
    name::write_wire(out, octets).ok()?;
    if octets.len() > 1 {
        out.push('.');
    }
    Some(())
}

/// Writes octets as one quoted text.
pub(super) fn write_string(octets: &[u8], out: &mut String) -> Option<()> {
    out.push('"');
    for &octet in octets {
        match octet {
            b'"' | b'\\' => out.extend(['\\', char::from(octet)]),
            0x20..=0x7e => out.push(char::from(octet)),
            _ => write!(out, "\\{octet:03}").ok()?,
        }
    }
    out.push('"');
    Some(())
}

fn write_strings(mut octets: &[u8], out: &mut String) -> Option<()> {
    while let Some((&count, rest)) = octets.split_first() {
        let (string, rest) = rest.split_at_checked(count.into())?;
        separate(out);
        write_string(string, out)?;
        octets = rest;
    }
    Some(())
}

fn write_tag(octets: &[u8], out: &mut String) -> Option<()> {
    let plain = !octets.is_empty() && octets.iter().all(u8::is_ascii_alphanumeric);
    out.extend(octets.iter().map(|octet| char::from(*octet)));
    plain.then_some(())
}

fn write_hyphened(octets: &[u8], out: &mut String) -> Option<()> {
    for (index, octet) in octets.iter().enumerate() {
        write!(out, "{}{octet:02x}", if index > 0 { "-" } else { "" }).ok()?;
    }
    Some(())
}

fn write_ports(octets: &[u8], out: &mut String) -> Option<()> {
    let (protocol, bitmap) = octets.split_first()?;
    write!(out, "{protocol}").ok()?;
    bitmap::write_ports(bitmap, out)
}
