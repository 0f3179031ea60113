//! Walking over wire form by the table.

use std::ops::Range;

use super::{
    Fault, RDATA_OCTETS_MAX, bitmap,
    layout::{FieldKind, layout},
    location, parameter,
};
use crate::{
    name::{NameError, wire_length},
    record_type::RecordType,
};

/// Shows every field with its place; the fields must fill `octets` exactly.
pub(super) fn walk(
    fields: &[FieldKind],
    octets: &[u8],
    mut visit: impl FnMut(FieldKind, Range<usize>),
) -> Result<(), Fault> {
    let mut at = 0;
    for &kind in fields {
        let length = length(kind, &octets[at..]).map_err(|fault| fault.after(at))?;
        if length > octets.len() - at {
            return Err(Fault::new("data end early", octets.len()));
        }
        visit(kind, at..at + length);
        at += length;
    }
    if at == octets.len() { Ok(()) } else { Err(Fault::new("data continue after their end", at)) }
}

/// Checks octets against their type and folds the names.
pub(super) fn fold(rrtype: RecordType, octets: &[u8]) -> Result<Box<[u8]>, Fault> {
    if octets.len() > RDATA_OCTETS_MAX {
        return Err(Fault::new("more than 65535 octets", RDATA_OCTETS_MAX));
    }
    let mut folded: Box<[u8]> = octets.into();
    if let Some(fields) = layout(rrtype) {
        walk(fields, octets, |kind, span| {
            if matches!(kind, FieldKind::Name | FieldKind::Target) {
                folded[span].make_ascii_lowercase();
            }
        })?;
    }
    Ok(folded)
}

/// How many octets at the front of `rest` the field takes; more than there are where they end early.
fn length(kind: FieldKind, rest: &[u8]) -> Result<usize, Fault> {
    Ok(match kind {
        FieldKind::U8 => 1,
        FieldKind::U16 | FieldKind::Type => 2,
        FieldKind::U32 | FieldKind::Moment | FieldKind::Ipv4 => 4,
        FieldKind::Ipv6 => 16,
        FieldKind::Hyphened(octets) => octets,
        FieldKind::Location => location::OCTETS,
        FieldKind::Name | FieldKind::Target => wire_length(rest).map_err(name_fault)?,
        FieldKind::Text | FieldKind::Tag | FieldKind::CountedHex | FieldKind::CountedBase32 => counted(rest),
        FieldKind::Texts => texts(rest)?,
        FieldKind::Ports => rest.len().max(1),
        FieldKind::Types => bitmap::check_types(rest)?,
        FieldKind::Parameters => parameter::check(rest)?,
        FieldKind::Value | FieldKind::Hex | FieldKind::Base64 => rest.len(),
    })
}

/// The length of a character string with the octet that counts it.
fn counted(rest: &[u8]) -> usize {
    1 + rest.first().map_or(0, |&count| usize::from(count))
}

fn texts(rest: &[u8]) -> Result<usize, Fault> {
    let mut at = 0;
    while at < rest.len() || at == 0 {
        at += counted(&rest[at..]);
        if at > rest.len() {
            return Err(Fault::new("character string ends early", rest.len()));
        }
    }
    Ok(at)
}

/// The same error, counted from the start of the name.
pub(super) fn name_fault(error: NameError) -> Fault {
    match error {
        NameError::EmptyLabel(at) => Fault::new("empty label in a name", at),
        NameError::LabelTooLong(at) => Fault::new("label longer than 63 octets", at),
        NameError::BadEscape(at) => Fault::new("bad escape in a name", at),
        NameError::BadWire(at) => Fault::new("not an uncompressed name", at),
        NameError::NameTooLong => Fault::new("name longer than 255 octets", 0),
        NameError::Empty => Fault::new("empty name", 0),
        NameError::BadUnicode => Fault::new("not a valid internationalised name", 0),
    }
}
