//! Who holds which addresses and AS numbers.

use std::net::{IpAddr, Ipv4Addr};

use model::Prefix;
use serde_json::Value;

use crate::{
    infrastructure::{HOSTERS, Infrastructure, Operator},
    text::rdap::{self, Block},
};

/// The first AS number kept for documentation (RFC 5398); the hosters have sixteen.
const FIRST_AS: u32 = 64_496;

/// The blocks that somebody in this world holds.
pub(crate) const BLOCKS: [&str; 6] =
    ["192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "100.64.0.0/10", "2001:db8::/32"];

/// The block of a hoster that holds this address.
pub(crate) fn block(world: &Infrastructure, address: IpAddr) -> Option<Value> {
    let (prefix, operator) = match address {
        IpAddr::V4(address) => block_v4(world, address)?,
        IpAddr::V6(address) => {
            let [a, b, hoster, ..] = address.segments();
            let hoster = usize::from(hoster).checked_sub(1).filter(|_| (a, b) == (0x2001, 0xdb8))?;
            (Prefix::of(address.into(), 48).ok()?, world.hosters.get(hoster)?)
        }
    };
    let Operator { name, domain, country } = operator;
    Some(rdap::network(&Block { first: prefix.first(), last: prefix.last(), holder: name, domain, country }))
}

fn block_v4(world: &Infrastructure, address: Ipv4Addr) -> Option<(Prefix, &Operator)> {
    let [a, b, c, _] = address.octets();
    let (length, operator) = match (a, b, c) {
        (198, 18, c) => (20, &world.hosters[usize::from(c / 16)]),
        (198, 19, 16..=31) => (24, world.parking.get(usize::from(c - 16))?),
        (198, 19, 32..=63) => (20, &world.cdns[usize::from((c - 32) / 16)]),
        (198, 19, 64..=79) => (20, &world.sinkhole),
        (100, 127, _) => (16, &world.dynamic),
        (100, 64..=95, _) => (15, &world.hosters[usize::from((b - 64) / 2) % HOSTERS]),
        (192, 0, 2) => (24, &world.hosters[0]),
        (198, 51, 100) => (24, &world.hosters[1]),
        (203, 0, 113) => (24, &world.hosters[2]),
        _ => return None,
    };
    Some((Prefix::of(address.into(), length).ok()?, operator))
}

/// An AS number of a hoster.
pub(crate) fn autonomous_system(world: &Infrastructure, number: u32) -> Option<Value> {
    let operator = world.hosters.get(number.checked_sub(FIRST_AS)? as usize)?;
    Some(rdap::autnum(number, &operator.name, &operator.domain, operator.country))
}
