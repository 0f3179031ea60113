//! Where nothing goes: the guard against being sent to addresses inside (server-side request forgery).
//!
//! The name of a server, and a referral, come from outside and may resolve to anything. Special-purpose addresses
//! (IANA registries, RFC 6890) are refused unless the configuration lists that very address and port. The check is of
//! addresses, not names, and callers connect to exactly the address that was checked: a second resolution could give
//! another answer (DNS rebinding).

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::LazyLock,
};

use model::Prefix;

/// The guard, with the exceptions that the configuration lists.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allowed: Vec<SocketAddr>,
}

impl Guard {
    pub(crate) fn new(allowed: Vec<SocketAddr>) -> Guard {
        Guard { allowed }
    }

    /// Whether the configuration lists this very target.
    pub(crate) fn lists(&self, target: SocketAddr) -> bool {
        self.allowed.contains(&target)
    }

    /// Why this target may not be connected to.
    pub(crate) fn refusal(&self, target: SocketAddr) -> Option<String> {
        if self.allowed.contains(&target) {
            return None;
        }
        special(target.ip()).map(|what| format!("{target} is a {what} address and not listed as allowed"))
    }
}

/// What kind of special-purpose address this is; none for one of the public Internet.
fn special(address: IpAddr) -> Option<&'static str> {
    let address = address.to_canonical();
    if let Some(inner) = embedded(address) {
        return special(inner.into());
    }
    if let Some((_, what)) = SPECIAL.iter().find(|(prefix, _)| prefix.contains(address)) {
        return Some(what);
    }
    // Of IPv6 only 2000::/3 has been given out as global unicast (RFC 4291 §2.4).
    matches!(address, IpAddr::V6(v6) if v6.segments()[0] >> 13 != 1).then_some("non-global")
}

/// The IPv4 address to which a translated or tunnelled IPv6 address leads: NAT64 (RFC 6052), 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let bits = v6.to_bits();
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(Ipv4Addr::from_bits(bits as u32)),
        [0x2002, ..] => Some(Ipv4Addr::from_bits((bits >> 80) as u32)),
        _ => None,
    }
}

static SPECIAL: LazyLock<Vec<(Prefix, &'static str)>> = LazyLock::new(|| {
    let parse = |(text, what): &(&str, &'static str)| (text.parse().expect("the table is tested"), *what);
    TABLE.iter().map(parse).collect()
});

/// IANA IPv4 and IPv6 Special-Purpose Address Registries, multicast and reserved space.
const TABLE: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this-network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol-assignment"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4-relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmark"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
    ("2001::/23", "protocol-assignment"),
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(target: &str) -> bool {
        Guard::new(vec!["127.0.0.1:4343".parse().unwrap()]).refusal(target.parse().unwrap()).is_some()
    }

    #[test]
    fn special_addresses_are_refused_in_every_spelling() {
        for target in [
            "0.0.0.0:43",
            "10.1.2.3:43",
            "100.64.0.1:43",
            "127.0.0.1:43",
            "127.8.9.10:4343",
            "169.254.169.254:80",
            "172.31.255.255:43",
            "192.168.0.1:43",
            "192.0.2.1:43",
            "198.19.0.1:43",
            "224.0.0.1:43",
            "255.255.255.255:43",
            "[::]:43",
            "[::1]:43",
            "[::ffff:127.0.0.1]:43",
            "[::ffff:10.0.0.1]:43",
            "[::127.0.0.1]:43",
            "[64:ff9b::a00:1]:43",
            "[64:ff9b:1::1]:43",
            "[2002:7f00:1::]:43",
            "[2001::1]:43",
            "[2001:db8::1]:43",
            "[fe80::1]:43",
            "[fd00::1]:43",
            "[ff02::1]:43",
            "[4000::1]:43",
        ] {
            assert!(refused(target), "{target}");
        }
    }

    #[test]
    fn public_and_listed_ones_pass() {
        for target in ["127.0.0.1:4343", "9.9.9.9:43", "172.32.0.1:43", "[2620:fe::fe]:443", "[64:ff9b::909:909]:43"] {
            assert!(!refused(target), "{target}");
        }
    }
}
