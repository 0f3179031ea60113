//! Bitmaps of record types (RFC 4034 §4.1.2) and of ports (RFC 1035 §3.4.2). Bit 0 is the highest of the first octet.

use std::fmt::Write;

use super::{Fault, write::separate};
use crate::record_type::RecordType;

/// Appends the bitmap of these types: per window of 256 types its number, a count of octets and the octets.
pub(super) fn push_types(mut types: Vec<u16>, out: &mut Vec<u8>) {
    types.sort_unstable();
    for window in types.chunk_by(|a, b| a >> 8 == b >> 8) {
        let bits = bits(window.iter().map(|rrtype| rrtype & 0xff));
        out.extend([(window[0] >> 8) as u8, bits.len() as u8]);
        out.extend(bits);
    }
}

/// Whether windows fill `rest` exactly; gives back their length.
pub(super) fn check_types(rest: &[u8]) -> Result<usize, Fault> {
    let mut at = 0;
    while at < rest.len() {
        let count = rest.get(at + 1).copied().unwrap_or(0);
        if !(1..=32).contains(&count) || at + 2 + usize::from(count) > rest.len() {
            return Err(Fault::new("bad window in a bitmap of types", at));
        }
        at += 2 + usize::from(count);
    }
    Ok(at)
}

/// Writes the types of a bitmap; none where it is not as [`push_types`] makes it.
pub(super) fn write_types(mut rest: &[u8], out: &mut String) -> Option<()> {
    let mut next_window = 0;
    while let [window, count, after @ ..] = rest {
        let (octets, after) = after.split_at_checked(usize::from(*count))?;
        if u16::from(*window) < next_window || octets.last() == Some(&0) {
            return None;
        }
        next_window = u16::from(*window) + 1;
        for bit in set_bits(octets) {
            separate(out);
            write!(out, "{}", RecordType(u16::from(*window) << 8 | bit)).ok()?;
        }
        rest = after;
    }
    rest.is_empty().then_some(())
}

/// Appends the bitmap of these ports.
pub(super) fn push_ports(ports: Vec<u16>, out: &mut Vec<u8>) {
    out.extend(bits(ports.into_iter()));
}

/// Writes the ports of a bitmap; none where it has zero octets at its end, or is too long for ports.
pub(super) fn write_ports(octets: &[u8], out: &mut String) -> Option<()> {
    if octets.last() == Some(&0) || octets.len() > 8192 {
        return None;
    }
    for port in set_bits(octets) {
        separate(out);
        write!(out, "{port}").ok()?;
    }
    Some(())
}

fn bits(set: impl Iterator<Item = u16>) -> Vec<u8> {
    let mut octets = Vec::new();
    for bit in set {
        let at = usize::from(bit / 8);
        octets.resize(octets.len().max(at + 1), 0);
        octets[at] |= 0x80 >> (bit % 8);
    }
    octets
}

fn set_bits(octets: &[u8]) -> impl Iterator<Item = u16> {
    let in_octet = |(at, octet): (usize, &u8)| {
        let octet = *octet;
        (0..8).filter(move |bit| octet & 0x80 >> bit != 0).map(move |bit| (at * 8 + bit) as u16)
    };
    octets.iter().enumerate().flat_map(in_octet)
}
