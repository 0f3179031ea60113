//! Address prefixes. Single addresses are [`std::net::IpAddr`].

use std::{fmt, net::IpAddr, str::FromStr};

/// An address prefix in canonical form: no bits beyond its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    address: IpAddr,
    length: u8,
}

/// Text that is no prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// No address before the slash, or no number after it.
    #[error("not a prefix: write 192.0.2.0/24 or 2001:db8::/32")]
    Malformed,
    /// More bits than the family has.
    #[error("prefix length {0} is too long for this address family")]
    TooLong(u8),
    /// Bits set beyond the length.
    #[error("address has bits beyond /{length}; the prefix that holds it is {prefix}")]
    HostBits {
        /// The length that was asked for.
        length: u8,
        /// What was probably meant.
        prefix: Prefix,
    },
}

impl Prefix {
    /// The prefix of this length that holds `address`.
    pub fn of(address: IpAddr, length: u8) -> Result<Prefix, PrefixError> {
        if length > bits(address) {
            return Err(PrefixError::TooLong(length));
        }
        Ok(Prefix { address: mask(address, length), length })
    }

    /// The lowest address.
    pub fn first(self) -> IpAddr {
        self.address
    }

    /// The highest address.
    pub fn last(self) -> IpAddr {
        match self.address {
            IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() | u32::MAX.checked_shr(self.length.into()).unwrap_or(0)).into()),
            IpAddr::V6(v6) => {
                IpAddr::V6((v6.to_bits() | u128::MAX.checked_shr(self.length.into()).unwrap_or(0)).into())
            }
        }
    }

    /// How many leading bits are fixed.
    pub fn length(self) -> u8 {
        self.length
    }

    /// Whether the address stands in it.
    pub fn contains(self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && mask(address, self.length) == self.address
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn mask(address: IpAddr, length: u8) -> IpAddr {
    let cut = u32::from(bits(address) - length);
    match address {
        IpAddr::V4(v4) => IpAddr::V4((v4.to_bits() & u32::MAX.checked_shl(cut).unwrap_or(0)).into()),
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & u128::MAX.checked_shl(cut).unwrap_or(0)).into()),
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.address, self.length))
    }
}

impl FromStr for Prefix {
    type Err = PrefixError;

    fn from_str(text: &str) -> Result<Prefix, PrefixError> {
        let (address, length) = text.split_once('/').ok_or(PrefixError::Malformed)?;
        let address: IpAddr = address.parse().map_err(|_| PrefixError::Malformed)?;
        let length: u8 = length.parse().map_err(|_| PrefixError::Malformed)?;
        let prefix = Prefix::of(address, length)?;
        if prefix.address == address { Ok(prefix) } else { Err(PrefixError::HostBits { length, prefix }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_its_range_and_nothing_else() {
        let prefix: Prefix = "198.51.100.0/24".parse().unwrap();
        assert_eq!(
            (prefix.first(), prefix.last()),
            ("198.51.100.0".parse().unwrap(), "198.51.100.255".parse().unwrap())
        );
        assert!(prefix.contains("198.51.100.7".parse().unwrap()) && !prefix.contains("198.51.101.0".parse().unwrap()));
        let all: Prefix = "::/0".parse().unwrap();
        assert!(all.contains("2001:db8::1".parse().unwrap()) && !all.contains("192.0.2.1".parse().unwrap()));
    }

    #[test]
    fn refuses_host_bits_and_says_what_was_meant() {
        let error = "198.51.100.7/24".parse::<Prefix>().unwrap_err();
        assert_eq!(error.to_string(), "address has bits beyond /24; the prefix that holds it is 198.51.100.0/24");
        assert_eq!("192.0.2.0/33".parse::<Prefix>(), Err(PrefixError::TooLong(33)));
        assert_eq!("192.0.2.0".parse::<Prefix>(), Err(PrefixError::Malformed));
    }
}
