//! Keys of tuples: by owner name in the forward space, by what the data point to in the inverse space.
#![deny(clippy::indexing_slicing)]

use model::{Name, Rdata, RecordType, SourceId, Tuple, name::NAME_OCTETS_MAX};

use crate::{
    hash::hash128,
    key::{FORWARD, INVERSE, NAME, name_end, put_name, put_source, put_wire_reversed, take_name},
    octets::{Input, put_string, put_varint},
};

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
    /// Whether its data are an address of four octets.
    pub(crate) fn is_v4(&self) -> bool {
        self.rrtype == RecordType::A.0 && self.rdata.len() == 4
    }

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
                put_varint(out, (before.len() + after.len()) as u64);
                out.extend_from_slice(before);
                out.extend_from_slice(after);
            }
            out.extend_from_slice(self.source);
            put(out);
        };
        match (RecordType(self.rrtype), self.rdata.len()) {
            _ if self.is_v4() => emit(&|out| put_address(out, class::IPV4, self.rdata), None),
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

/// The parts of an inverse key without its source, still encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inverse<'a> {
    class: u8,
    /// The address, the encoded name, or what a key of other data has.
    data: &'a [u8],
    rrtype: u16,
    /// The owner name with its end.
    pub(crate) name: &'a [u8],
    bailiwick: u8,
    /// Which of the names in the data stands in front.
    pub(crate) position: u8,
    /// The data without that name.
    others: &'a [u8],
}

/// Takes an inverse key without its source apart.
pub(crate) fn split_inverse(key: &[u8]) -> Option<Inverse<'_>> {
    let (leading, rest) = key.split_at_checked(inverse_leading(key)?)?;
    let mut input = Input(rest);
    let rrtype = u16::from_be_bytes(input.array()?);
    let name = input.take(name_end(input.0, 0)?)?;
    let bailiwick = input.byte()?;
    let class = *leading.get(1)?;
    let (position, others) = if class == class::NAME { (input.byte()?, input.string()?) } else { (0, &[][..]) };
    Some(Inverse { class, data: leading.get(2..)?, rrtype, name, bailiwick, position, others })
}

impl Inverse<'_> {
    /// The tuple that the key stands for; `asked` are the data of keys that hold only their hash.
    pub(crate) fn tuple(&self, asked: &[u8]) -> Option<Tuple> {
        let owner = take_name(&mut Input(self.name))?;
        let whole = |rdata: &[u8]| tuple(owner, self.rrtype, self.bailiwick, rdata);
        match (self.class, self.data.first()?) {
            (class::IPV4 | class::IPV6, _) => whole(self.data),
            (class::NAME, _) => {
                let target = take_name(&mut Input(self.data))?;
                whole(&rebuild(self.rrtype, self.position, self.others, target.as_wire())?)
            }
            (_, &HASHED) => whole(asked),
            _ => whole(self.data.get(1..)?),
        }
    }
}

/// Puts the target back between the other octets of the data.
fn rebuild(rrtype: u16, position: u8, others: &[u8], wire: &[u8]) -> Option<Vec<u8>> {
    let offset = if position == 0 { target_offset(rrtype)? } else { wire_length(others)? };
    let (before, after) = others.split_at_checked(offset)?;
    Some([before, wire, after].concat())
}
