//! Keys: every fact is one row under a key, and questions are ranges of keys.
//!
//! The first octet of a key is its *space*. A name is written label by label, each ended by `00`, the whole ended by
//! one more `00`; inside a label `00` becomes `01 01` and `01` becomes `01 02`. With the labels from the right this
//! sorts as DNS orders names (RFC 4034 §6.1) under plain comparison of octets, and everything below a name is one
//! range: its labels without the last `00`.
//!
//! Most keys end in their *source*, so that what several sources say of one tuple stands together. What stands before
//! the source is never the beginning of another key's, since its parts are self-delimiting.
#![deny(clippy::indexing_slicing)]

use std::borrow::Cow;

use model::{Name, SourceId, name::NAME_OCTETS_MAX};

use crate::octets::Input;

/// Tuples by owner name.
pub(crate) const FORWARD: u8 = 1;
/// Owner names, labels from the left.
pub(crate) const NAME: u8 = 2;
/// Registrable domains and when each arrived here first.
pub(crate) const DOMAIN: u8 = 3;
/// Registrable domains by the hour in which they arrived.
pub(crate) const ARRIVAL: u8 = 4;
/// Ids of batches.
pub(crate) const BATCH: u8 = 5;
/// Tuples by what their data point to.
pub(crate) const INVERSE: u8 = 6;
/// Versions of registrations by domain.
pub(crate) const REGISTRATION: u8 = 7;
/// Values of registrations.
pub(crate) const VALUE: u8 = 8;
/// E-mail addresses of registrations, octets reversed.
pub(crate) const EMAIL: u8 = 9;
/// Raw answers by hash.
pub(crate) const RAW: u8 = 10;
/// Who holds and announces blocks of addresses.
pub(crate) const NETWORK: u8 = 11;
/// One more than the last space that this version knows.
pub(crate) const SPACES: usize = 12;

/// Spaces are gathered in lanes; each lane is a set of segments of its own.
pub(crate) const LANES: u8 = 3;

/// Which lane a space belongs to.
pub(crate) fn lane(space: u8) -> u8 {
    match space {
        FORWARD..=BATCH => 0,
        INVERSE => 1,
        _ => 2,
    }
}

/// Writes octets so that none of them is zero, then a zero.
pub(crate) fn put_escaped(out: &mut Vec<u8>, octets: &[u8]) {
    if octets.iter().all(|octet| *octet > 1) {
        out.extend_from_slice(octets);
    } else {
        for &octet in octets {
            match octet {
                0 | 1 => out.extend([1, octet + 1]),
                _ => out.push(octet),
            }
        }
    }
    out.push(0);
}

/// The escaped octets in front; an empty answer is the end of a name.
fn take_escaped(input: &mut Input<'_>, out: &mut Vec<u8>) -> Option<()> {
    let length = input.0.iter().position(|octet| *octet == 0)?;
    let escaped = input.take(length + 1)?.get(..length)?;
    if escaped.contains(&1) {
        out.extend(unescape(escaped)?);
    } else {
        out.extend_from_slice(escaped);
    }
    Some(())
}

fn unescape(escaped: &[u8]) -> Option<Vec<u8>> {
    let mut escaped = Input(escaped);
    let mut plain = Vec::with_capacity(escaped.0.len());
    while let Some(octet) = escaped.byte() {
        plain.push(if octet == 1 { escaped.byte()?.checked_sub(1)? } else { octet });
    }
    Some(plain)
}

/// Octets that were escaped.
pub(crate) fn take_octets(input: &mut Input<'_>) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    take_escaped(input, &mut octets)?;
    Some(octets)
}

/// The labels of a name from the right, without the end of the name.
pub(crate) fn put_labels_reversed(out: &mut Vec<u8>, name: &Name) {
    put_wire_reversed(out, name.as_wire());
}

/// The labels of a name in wire form from the right, without the end of the name.
pub(crate) fn put_wire_reversed(out: &mut Vec<u8>, wire: &[u8]) {
    let mut offsets = [0u8; 128];
    let (mut at, mut count) = (0, 0);
    // A name of 255 octets has at most 127 labels.
    while let (Some(&length @ 1..), Some(offset)) = (wire.get(at), offsets.get_mut(count)) {
        *offset = at as u8;
        at += 1 + usize::from(length);
        count += 1;
    }
    for offset in offsets.iter().take(count).rev() {
        let label = wire.get(usize::from(*offset)..).and_then(|wire| Input(wire).prefixed());
        put_escaped(out, label.unwrap_or_default());
    }
}

/// A whole name, labels from the right.
pub(crate) fn put_name(out: &mut Vec<u8>, name: &Name) {
    put_labels_reversed(out, name);
    out.push(0);
}

/// A whole name, labels from the right, taken from the front of a key.
pub(crate) fn take_name(input: &mut Input<'_>) -> Option<Name> {
    let mut wire = [0u8; NAME_OCTETS_MAX];
    let mut front = NAME_OCTETS_MAX - 1;
    loop {
        let length = input.0.iter().position(|octet| *octet == 0)?;
        let escaped = input.take(length + 1)?.get(..length)?;
        if escaped.is_empty() {
            return Name::from_wire(wire.get(front..)?).ok();
        }
        let label = if escaped.contains(&1) { Cow::Owned(unescape(escaped)?) } else { Cow::Borrowed(escaped) };
        front = front.checked_sub(label.len() + 1)?;
        *wire.get_mut(front)? = u8::try_from(label.len()).ok()?;
        wire.get_mut(front + 1..=front + label.len())?.copy_from_slice(&label);
    }
}

/// A whole name, labels from the left, taken from the front of a key.
pub(crate) fn take_name_forward(input: &mut Input<'_>) -> Option<Name> {
    let mut wire = Vec::with_capacity(64);
    loop {
        let start = wire.len();
        wire.push(0);
        take_escaped(input, &mut wire)?;
        let length = wire.len() - start - 1;
        *wire.get_mut(start)? = u8::try_from(length).ok()?;
        if length == 0 {
            return Name::from_wire(&wire).ok();
        }
    }
}

/// Where a name that begins at `start` ends: just after its last octet.
pub(crate) fn name_end(key: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let length = key.get(at..)?.iter().position(|octet| *octet == 0)?;
        at += length + 1;
        if length == 0 {
            return Some(at);
        }
    }
}

/// The source at the end of a key: one octet below `ff`, or four octets and `ff`.
pub(crate) fn put_source(out: &mut Vec<u8>, source: SourceId) {
    match u8::try_from(source.0) {
        Ok(small @ 0..=0xfe) => out.push(small),
        _ => {
            out.extend(source.0.to_be_bytes());
            out.push(0xff);
        }
    }
}

/// A key and the source at its end.
pub(crate) fn split_source(key: &[u8]) -> Option<(&[u8], SourceId)> {
    let (&last, rest) = key.split_last()?;
    if last != 0xff {
        return Some((rest, SourceId(last.into())));
    }
    let (rest, wide) = rest.split_last_chunk::<4>()?;
    Some((rest, SourceId(u32::from_be_bytes(*wide))))
}

/// Whether keys of this space end in a source.
pub(crate) fn has_source(space: u8) -> bool {
    !matches!(space, BATCH | RAW)
}
