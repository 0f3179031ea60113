//! Who held and announced which addresses, and when.
//!
//! A block is stored under each of its prefixes (most blocks are one): family, length, address, a hash of what is said
//! of it, source. So every change of holder or origin is a version of its own with its own spells, and the blocks that
//! hold an address are found by asking for each prefix length.
#![deny(clippy::indexing_slicing)]

use std::net::IpAddr;

use model::{Network, NetworkRecord, Prefix, Readable, Seen, SourceId, Time};

use crate::{
    cursor::{Row, Skip},
    error::Error,
    hash::hash128,
    key::{self, NETWORK},
    octets::Input,
    registration::Fields,
    snapshot::Snapshot,
    view::Range,
};

/// What a source said of a block that holds an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkVersion {
    /// The prefix under which it was found.
    pub prefix: Prefix,
    /// What was said.
    pub network: Network,
    /// Who says so.
    pub source: SourceId,
    /// When it was seen to be so.
    pub seen: Seen,
}

impl Snapshot {
    /// The blocks that hold an address: the longest prefixes first, of one prefix what was seen last first.
    pub fn networks(&self, address: IpAddr, sources: &Readable) -> Result<Vec<NetworkVersion>, Error> {
        let mut versions = Vec::new();
        let longest = if address.is_ipv4() { 32 } else { 128 };
        for prefix in (0..=longest).rev().filter_map(|length| Prefix::of(address, length).ok()) {
            let from = versions.len();
            let mut merge = self.view.scan(&Range::known_front(&front(prefix)), &Skip::nothing())?;
            while let Some(row) = merge.next()? {
                if !self.view.catalog.is_too_old(&row.key, row.sighting.last) {
                    versions.extend(version(prefix, row).filter(|version| sources.allows(version.source)));
                }
            }
            if let Some(found) = versions.get_mut(from..) {
                found.sort_by_key(|version: &NetworkVersion| {
                    (std::cmp::Reverse(version.seen.span.last()), version.source)
                });
            }
        }
        Ok(versions)
    }
}

fn version(prefix: Prefix, row: &Row) -> Option<NetworkVersion> {
    let (_, source) = key::split_source(&row.key)?;
    Some(NetworkVersion { prefix, network: said(&row.payload)?, source, seen: row.sighting.seen() })
}

/// What a payload says of a block.
pub(crate) fn said(payload: &[u8]) -> Option<Network> {
    decode(payload.get(8..)?)
}

/// The keys of a block, one for each of its prefixes.
pub(crate) fn keys(network: &Network, source: SourceId) -> Vec<Vec<u8>> {
    let mut facts = network.clone();
    facts.holder.updated = None;
    let hash = hash128(&encode(&facts));
    let key = |prefix| {
        let mut key = front(prefix);
        key.extend(hash);
        key::put_source(&mut key, source);
        key
    };
    network.prefixes().into_iter().map(key).collect()
}

/// The front of all keys of a prefix.
fn front(prefix: Prefix) -> Vec<u8> {
    let mut key = vec![NETWORK, if prefix.first().is_ipv4() { 4 } else { 6 }, prefix.length()];
    put_address(&mut key, prefix.first());
    key
}

/// Where the front of a key ends.
pub(crate) fn front_end(key: &[u8]) -> Option<usize> {
    match key.get(1)? {
        4 => Some(3 + 4),
        6 => Some(3 + 16),
        _ => None,
    }
}

fn put_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(address) => out.extend(address.octets()),
        IpAddr::V6(address) => out.extend(address.octets()),
    }
}

/// What stands beside the key: the moment observed (8, the sign bit inverted), since the newest wording stands, and the
/// block.
pub(crate) fn payload(record: &NetworkRecord) -> Vec<u8> {
    let mut out = (record.observed.0 as u64 ^ 1 << 63).to_be_bytes().to_vec();
    out.extend(encode(&record.network));
    out
}

fn encode(network: &Network) -> Vec<u8> {
    let mut out = Vec::new();
    let mut fields = Fields(&mut out);
    for (number, address) in (1..).zip([network.first, network.last]) {
        let mut octets = Vec::new();
        put_address(&mut octets, address);
        fields.octets(number, &octets);
    }
    fields.text(3, network.name.as_ref());
    fields.text(4, network.handle.as_ref());
    fields.text(5, network.kind.as_ref());
    for origin in &network.origins {
        fields.octets(6, &origin.to_be_bytes());
    }
    let holder = &network.holder;
    fields.text(7, holder.holder.as_ref());
    fields.text(8, holder.country.as_ref());
    fields.text(9, holder.abuse_email.as_ref());
    fields.text(10, holder.abuse_phone.as_ref());
    fields.moment(11, holder.registered);
    fields.moment(12, holder.updated);
    out
}

fn decode(octets: &[u8]) -> Option<Network> {
    let mut input = Input(octets);
    let mut ends = [None, None];
    let mut network = Network::block(IpAddr::from([0; 4]), IpAddr::from([0; 4]));
    while !input.is_empty() {
        let (number, value) = (input.varint()?, input.string()?);
        let text = || String::from_utf8(value.to_vec()).ok();
        let holder = &mut network.holder;
        match number {
            1 => ends[0] = address(value),
            2 => ends[1] = address(value),
            3 => network.name = Some(text()?),
            4 => network.handle = Some(text()?),
            5 => network.kind = Some(text()?),
            6 => network.origins.push(Input(value).u32()?),
            7 => holder.holder = Some(text()?),
            8 => holder.country = Some(text()?),
            9 => holder.abuse_email = Some(text()?),
            10 => holder.abuse_phone = Some(text()?),
            11 => holder.registered = Some(Time(Input(value).zigzag()?)),
            12 => holder.updated = Some(Time(Input(value).zigzag()?)),
            _ => {}
        }
    }
    let [first, last] = ends;
    (network.first, network.last) = (first?, last?);
    Some(network)
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(octets).ok()?)),
        _ => Some(IpAddr::from(<[u8; 16]>::try_from(octets).ok()?)),
    }
}

#[cfg(test)]
mod tests {
    use model::network::Holder;

    use super::*;

    fn sample() -> Network {
        Network {
            name: Some("EXAMPLE-NET".into()),
            origins: vec![64_496, 64_497],
            holder: Holder {
                holder: Some("Example Hosting".into()),
                country: Some("NL".into()),
                updated: Some(Time(7)),
                ..Holder::default()
            },
            ..Network::block("192.0.2.0".parse().unwrap(), "192.0.2.255".parse().unwrap())
        }
    }

    #[test]
    fn blocks_round_trip_and_damage_is_none() {
        let encoded = encode(&sample());
        assert_eq!(decode(&encoded), Some(sample()));
        for end in 0..encoded.len() {
            let _ = decode(&encoded[..end]);
        }
        assert_eq!(decode(&[]), None);
    }

    #[test]
    fn a_key_is_a_prefix_and_what_is_said_of_it() {
        let keys_of = |network: &Network| keys(network, SourceId(1));
        let (mut noisy, mut moved) = (sample(), sample());
        noisy.holder.updated = Some(Time(8));
        moved.origins = vec![64_500];
        assert_eq!(keys_of(&sample()), keys_of(&noisy));
        assert_ne!(keys_of(&sample()), keys_of(&moved));
        let odd = Network::block("2001:db8::".parse().unwrap(), "2001:db8:2:ffff:ffff:ffff:ffff:ffff".parse().unwrap());
        assert_eq!(keys_of(&odd).len(), 2);
        for key in keys_of(&odd).iter().chain(&keys_of(&sample())) {
            let end = front_end(key).unwrap();
            assert_eq!(key.len(), end + 16 + 1);
        }
    }
}
