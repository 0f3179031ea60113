//! The decoders of everything that is on disk, for the fuzz target and the replay of its corpus. Checksums are not
//! looked at, since damage that passes them is what these must withstand.

use crate::{
    block::Block, check::parses, filter::Filter, frame, log, manifest::Manifest, octets::Input, part::Signatures,
    registration, segment, snapshot::parse_arrival,
};

/// Octets are decoded as each thing that a file can hold: the first octet says which. Nothing may panic.
pub fn decode(data: &[u8]) {
    let Some((kind, octets)) = data.split_first() else { return };
    match kind % 8 {
        0 => block(octets),
        1 => segment::fuzz(octets),
        2 => drop(Filter::decode(octets)),
        3 => drop(Manifest::decode(&mut Input(octets))),
        4 => log::records(octets, 0).whole.into_iter().for_each(record),
        5 => drop(parses(octets)),
        6 => registrations(octets),
        _ => frames(octets),
    }
}

/// Every row that the block says it has is walked, and sought from the octets themselves.
fn block(octets: &[u8]) {
    let Some(block) = Block::parse(octets.to_vec()) else { return };
    let mut key = Vec::new();
    let mut place = block.first(&mut key).map(|(place, _)| place);
    for _ in 0..=block.rows() {
        let Some(at) = &mut place else { break };
        let _ = block.value(at, None).map(|value| value.decode().is_some());
        if block.step(at, &mut key, None).is_none() {
            break;
        }
    }
    for end in [0, octets.len() / 2, octets.len()] {
        let _ = block.seek(octets.get(..end).unwrap_or_default(), &mut Vec::new());
    }
}

fn record(octets: &[u8]) {
    if let Some(batches) = frame::plain(octets) {
        parses(&batches);
    }
}

fn registrations(octets: &[u8]) {
    let _ = registration::decode(octets);
    let _ = registration::Payload::decode(octets);
    let _ = registration::decode_raw(octets);
    let _ = registration::parse_version_key(octets);
    let _ = registration::parse_value_key(octets);
    let _ = parse_arrival(octets);
}

fn frames(octets: &[u8]) {
    let _ = frame::plain(octets);
    let _ = frame::unpack(octets);
    let _ = Signatures::decode(octets);
}
