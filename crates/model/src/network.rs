//! Who holds addresses and AS numbers, as the address registries say.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::{address::Prefix, time::Time};

/// A block of addresses as an address registry delegates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// The lowest address.
    pub first: IpAddr,
    /// The highest address; of the same family, not below `first`.
    pub last: IpAddr,
    /// What the registry calls the block (`EXAMPLE-NET`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its id at the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// How it was given out, as written (`ALLOCATED PA`, `DIRECT ALLOCATION`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// AS numbers that may announce it, where the registry states them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<u32>,
    /// Who holds it.
    #[serde(flatten)]
    pub holder: Holder,
}

/// An AS number, or a block of them, as an address registry delegates it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutonomousSystem {
    /// The lowest number.
    pub first: u32,
    /// The highest number; not below `first`.
    pub last: u32,
    /// What the registry calls it (`EXAMPLE-AS`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its id at the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<String>,
    /// Who holds it.
    #[serde(flatten)]
    pub holder: Holder,
}

/// Who holds a number resource, and whom to tell of abuse.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Holder {
    /// The organisation, or the person where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The country, as a code of ISO 3166-1 where the record has one, else as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where to report abuse by e-mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_email: Option<String>,
    /// Where to report abuse by phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_phone: Option<String>,
    /// When it was delegated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registered: Option<Time>,
    /// When the record was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Time>,
}

/// A block as it was observed to be held and announced: what the store keeps as one sighting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkRecord {
    /// What was understood.
    pub network: Network,
    /// When it was so.
    pub observed: Time,
}

impl Network {
    /// A block of which nothing else is known.
    pub fn block(first: IpAddr, last: IpAddr) -> Network {
        let holder = Holder::default();
        Network { first, last, name: None, handle: None, kind: None, origins: Vec::new(), holder }
    }

    /// Whether the address stands in the block.
    pub fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && (self.first..=self.last).contains(&address)
    }

    /// The fewest prefixes that hold exactly this block, in order.
    pub fn prefixes(&self) -> Vec<Prefix> {
        let (width, mut first, last) = match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => (32, first.to_bits().into(), u128::from(last.to_bits())),
            (IpAddr::V6(first), IpAddr::V6(last)) => (128, first.to_bits(), last.to_bits()),
            _ => return Vec::new(),
        };
        let mut prefixes = Vec::new();
        while first <= last {
            let free = free_bits(first, last).min(width);
            let address = if width == 32 { IpAddr::V4((first as u32).into()) } else { IpAddr::V6(first.into()) };
            prefixes.extend(Prefix::of(address, (width - free) as u8));
            match (1u128.checked_shl(free)).and_then(|size| first.checked_add(size)) {
                Some(next) => first = next,
                None => break,
            }
        }
        prefixes
    }
}

/// How many low bits the largest aligned block has that begins at `first` and does not pass `last`.
fn free_bits(first: u128, last: u128) -> u32 {
    let aligned = first.trailing_zeros();
    let span = last - first;
    // A block of 2^n addresses fits where `span` is at least 2^n - 1.
    let fitting = span.checked_add(1).map_or(128, u128::ilog2);
    aligned.min(fitting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixes(first: &str, last: &str) -> Vec<String> {
        let network = Network::block(first.parse().unwrap(), last.parse().unwrap());
        network.prefixes().iter().map(Prefix::to_string).collect()
    }

    #[test]
    fn fewest_prefixes() {
        assert_eq!(prefixes("192.0.2.0", "192.0.2.255"), ["192.0.2.0/24"]);
        assert_eq!(
            prefixes("192.0.2.1", "192.0.2.6"),
            ["192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32"]
        );
        assert_eq!(prefixes("13.64.0.0", "13.107.255.255"), ["13.64.0.0/11", "13.96.0.0/13", "13.104.0.0/14"]);
        assert_eq!(prefixes("0.0.0.0", "255.255.255.255"), ["0.0.0.0/0"]);
        assert_eq!(prefixes("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), ["::/0"]);
        assert_eq!(prefixes("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), ["2001:db8::/32"]);
        assert_eq!(prefixes("192.0.2.9", "192.0.2.1"), [""; 0]);
        assert_eq!(prefixes("192.0.2.9", "2001:db8::"), [""; 0]);
    }
}
