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

use model::{Name, Rdata, RecordType, SourceId, Tuple, name::NAME_OCTETS_MAX};

use crate::{
    hash::hash128,
    octets::{Input, put_string},
};

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
/// One more than the last space that this version knows.
pub(crate) const SPACES: usize = 11;

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

/// Classes of the inverse space: what kind of data stands first.
pub(crate) mod class {
    pub(crate) const IPV4: u8 = 4;
    pub(crate) const IPV6: u8 = 6;
    pub(crate) const NAME: u8 = 10;
    pub(crate) const OTHER: u8 = 20;
}

/// A bailiwick that is not known.
const UNKNOWN: u8 = 255;
/// The longest other data that stand in a key as they are.
const WHOLE_MAX: usize = 64;
/// How many octets of longer data stand in a key before their hash.
const LEADING: usize = 32;
/// In place of the length: leading octets and a hash follow.
const HASHED: u8 = 255;

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

fn put_wire_reversed(out: &mut Vec<u8>, wire: &[u8]) {
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

/// The key of a tuple in the forward space: owner name, type, bailiwick, data, source.
pub(crate) fn put_forward(out: &mut Vec<u8>, tuple: &Tuple, source: SourceId) {
    put_tuple(out, tuple);
    put_source(out, source);
}

/// The same without its source.
pub(crate) fn put_tuple(out: &mut Vec<u8>, tuple: &Tuple) {
    out.push(FORWARD);
    put_name(out, &tuple.rrname);
    out.extend(tuple.rrtype.0.to_be_bytes());
    out.push(tuple.bailiwick.unwrap_or(UNKNOWN));
    put_string(out, tuple.rdata.as_octets());
}

/// The parts of a forward key, still encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forward<'a> {
    /// The owner name with its end.
    pub(crate) name: &'a [u8],
    pub(crate) rrtype: u16,
    pub(crate) bailiwick: u8,
    pub(crate) rdata: &'a [u8],
    /// What is left: the source.
    pub(crate) source: &'a [u8],
}

/// Takes a forward key apart.
pub(crate) fn split_forward(key: &[u8]) -> Option<Forward<'_>> {
    let end = name_end(key, 1)?;
    let mut input = Input(key.get(end..)?);
    let rrtype = u16::from_be_bytes(input.array()?);
    let bailiwick = input.byte()?;
    let rdata = input.string()?;
    Some(Forward { name: key.get(1..end)?, rrtype, bailiwick, rdata, source: input.0 })
}

impl Forward<'_> {
    /// The tuple that the key stands for.
    pub(crate) fn tuple(&self) -> Option<Tuple> {
        tuple(take_name(&mut Input(self.name))?, self.rrtype, self.bailiwick, self.rdata)
    }

    /// The key of its owner name, labels from the left, and source.
    pub(crate) fn put_name(&self, out: &mut Vec<u8>) {
        out.push(NAME);
        let mut labels = self.name.strip_suffix(&[0]).unwrap_or_default();
        while let Some(rest) = labels.strip_suffix(&[0]) {
            let start = rest.iter().rposition(|octet| *octet == 0).map_or(0, |at| at + 1);
            let (before, label) = labels.split_at(start);
            out.extend_from_slice(label);
            labels = before;
        }
        out.push(0);
        out.extend_from_slice(self.source);
    }

    /// Its keys in the inverse space; `put` is called with the octets of each.
    pub(crate) fn inverse(&self, out: &mut Vec<u8>, mut put: impl FnMut(&[u8])) {
        let mut emit = |leading: &dyn Fn(&mut Vec<u8>), position: Option<(u8, &[u8], &[u8])>| {
            out.clear();
            out.push(INVERSE);
            leading(out);
            out.extend(self.rrtype.to_be_bytes());
            out.extend_from_slice(self.name);
            out.push(self.bailiwick);
            if let Some((position, before, after)) = position {
                out.push(position);
                crate::octets::put_varint(out, (before.len() + after.len()) as u64);
                out.extend_from_slice(before);
                out.extend_from_slice(after);
            }
            out.extend_from_slice(self.source);
            put(out);
        };
        match (RecordType(self.rrtype), self.rdata.len()) {
            (RecordType::A, 4) => emit(&|out| put_address(out, class::IPV4, self.rdata), None),
            (RecordType::AAAA, 16) => emit(&|out| put_address(out, class::IPV6, self.rdata), None),
            _ => {
                let mut found = false;
                for position in 0..2 {
                    let Some(target) = target(self.rrtype, self.rdata, position) else { break };
                    found = true;
                    emit(&|out| put_target(out, target.wire), Some((position, target.before, target.after)));
                }
                if !found {
                    emit(&|out| put_other(out, self.rdata), None);
                }
            }
        }
    }
}

fn tuple(rrname: Name, rrtype: u16, bailiwick: u8, rdata: &[u8]) -> Option<Tuple> {
    let bailiwick = (bailiwick != UNKNOWN).then_some(bailiwick);
    Some(Tuple { rrname, rrtype: RecordType(rrtype), bailiwick, rdata: Rdata::from_canonical(rdata) })
}

/// Class and address.
pub(crate) fn put_address(out: &mut Vec<u8>, class: u8, octets: &[u8]) {
    out.push(class);
    out.extend_from_slice(octets);
}

/// Class and the name pointed to.
fn put_target(out: &mut Vec<u8>, wire: &[u8]) {
    out.push(class::NAME);
    put_wire_reversed(out, wire);
    out.push(0);
}

/// Class and other data: whole where short, else their beginning and a hash.
pub(crate) fn put_other(out: &mut Vec<u8>, rdata: &[u8]) {
    out.push(class::OTHER);
    match rdata.split_at_checked(LEADING) {
        Some((leading, _)) if rdata.len() > WHOLE_MAX => {
            out.push(HASHED);
            out.extend_from_slice(leading);
            out.extend(hash128(rdata));
        }
        _ => put_string(out, rdata),
    }
}

/// A name inside record data.
pub(crate) struct Target<'a> {
    pub(crate) before: &'a [u8],
    pub(crate) wire: &'a [u8],
    pub(crate) after: &'a [u8],
}

/// Where in its data a type has the name that it points to (RFC 1035 §3.3, 2782, 6672, 9460).
fn target_offset(rrtype: u16) -> Option<usize> {
    match rrtype {
        2..=9 | 12 | 39 => Some(0),
        15 | 18 | 21 | 36 | 64 | 65 => Some(2),
        33 => Some(6),
        _ => None,
    }
}

/// The name at a position of record data: 0 the first, 1 the second (the mailbox of SOA).
pub(crate) fn target(rrtype: u16, rdata: &[u8], position: u8) -> Option<Target<'_>> {
    let is_soa = rrtype == RecordType::SOA.0;
    let mut offset = target_offset(rrtype)?;
    if position == 1 {
        offset += is_soa.then(|| wire_length(rdata)).flatten()?;
    }
    let (before, rest) = rdata.split_at_checked(offset)?;
    let (wire, after) = rest.split_at_checked(wire_length(rest)?)?;
    let trailing = match rrtype {
        // Both names and five numbers, or the data are no SOA.
        6 if position == 0 => after.len() == wire_length(after)? + 20,
        6 => after.len() == 20,
        64 | 65 => true,
        _ => after.is_empty(),
    };
    (trailing && !wire.iter().any(u8::is_ascii_uppercase)).then_some(Target { before, wire, after })
}

/// How long the uncompressed name in front is; none where there is no such name.
fn wire_length(octets: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let length = usize::from(*octets.get(at)?);
        at += 1 + length;
        if length > 63 || at > NAME_OCTETS_MAX {
            return None;
        }
        if length == 0 {
            return Some(at);
        }
    }
}

/// A row of the inverse space, taken apart.
pub(crate) struct Inverse {
    pub(crate) tuple: Tuple,
    /// Which of the names in the data stands in the key.
    pub(crate) position: u8,
}

/// The record type of a key of the forward or inverse space.
pub(crate) fn rrtype(key: &[u8]) -> Option<u16> {
    let at = match key.first()? {
        &FORWARD => name_end(key, 1)?,
        _ => inverse_leading(key)?,
    };
    key.get(at..)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

/// Where the data in front of an inverse key end.
pub(crate) fn inverse_leading(key: &[u8]) -> Option<usize> {
    match *key.get(1)? {
        class::IPV4 => Some(6),
        class::IPV6 => Some(18),
        class::NAME => name_end(key, 2),
        _ => match *key.get(2)? {
            HASHED => Some(3 + LEADING + 16),
            length => Some(3 + usize::from(length)),
        },
    }
}

/// The tuple of an inverse key without its source; `asked` are the data of keys that hold only their hash.
pub(crate) fn parse_inverse(key: &[u8], asked: &[u8]) -> Option<Inverse> {
    let (leading, rest) = key.split_at_checked(inverse_leading(key)?)?;
    let mut rest = Input(rest);
    let rrtype = u16::from_be_bytes(rest.array()?);
    let owner = take_name(&mut rest)?;
    let bailiwick = rest.byte()?;
    let whole = |rdata: &[u8]| Some(Inverse { tuple: tuple(owner.clone(), rrtype, bailiwick, rdata)?, position: 0 });
    match (leading.get(1)?, leading.get(2)?) {
        (&class::IPV4 | &class::IPV6, _) => whole(leading.get(2..)?),
        (&class::NAME, _) => {
            let target = take_name(&mut Input(leading.get(2..)?))?;
            let position = rest.byte()?;
            let rdata = rebuild(rrtype, position, rest.string()?, target.as_wire())?;
            Some(Inverse { tuple: tuple(owner, rrtype, bailiwick, &rdata)?, position })
        }
        (_, &HASHED) => whole(asked),
        _ => whole(leading.get(3..)?),
    }
}

/// Puts the target back between the other octets of the data.
fn rebuild(rrtype: u16, position: u8, others: &[u8], wire: &[u8]) -> Option<Vec<u8>> {
    let offset = if position == 0 { target_offset(rrtype)? } else { wire_length(others)? };
    let (before, after) = others.split_at_checked(offset)?;
    Some([before, wire, after].concat())
}
