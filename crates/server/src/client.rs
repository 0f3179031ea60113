//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};
use model::Prefix;

use crate::{app::App, problem::Problem};

/// Addresses of proxies that a chain may have.
const HOPS_MAX: usize = 16;

/// The address of a client, as far as the configured proxies can be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) IpAddr);

impl FromRequestParts<App> for Client {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Client, Problem> {
        parts.extensions.get().copied().ok_or_else(Problem::internal)
    }
}

/// The client of a connection; where that is a trusted proxy, the last address that it forwards for and that is none.
pub(crate) fn client(extensions: &Extensions, headers: &HeaderMap, proxies: &[Prefix]) -> Client {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(peer)| peer.ip().to_canonical());
    let trusted = |address: IpAddr| proxies.iter().any(|prefix| prefix.contains(address));
    if !trusted(peer) {
        return Client(peer);
    }
    let chain = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = chain.flat_map(|text| text.split(',')).map(str::trim).collect();
    let mut last = peer;
    for hop in chain.into_iter().rev().take(HOPS_MAX) {
        let Ok(address) = hop.parse::<IpAddr>() else { break };
        last = address.to_canonical();
        if !trusted(last) {
            break;
        }
    }
    Client(last)
}

/// What one holder of addresses usually has: an IPv4 address, or an IPv6 /64.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => (u128::from(six) & !u128::from(u64::MAX)).to_be_bytes().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn believes_only_the_proxies_that_were_named() {
        let proxies: Vec<Prefix> = ["192.0.2.1/32".parse().unwrap(), "198.51.100.0/24".parse().unwrap()].into();
        let found = |peer: &str, forwarded: &str| {
            let mut extensions = Extensions::new();
            extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            client(&extensions, &headers, &proxies).0.to_string()
        };
        assert_eq!(found("203.0.113.1", "10.0.0.1"), "203.0.113.1", "anybody can write that header");
        assert_eq!(found("192.0.2.1", "10.0.0.1, 203.0.113.9, 198.51.100.7"), "203.0.113.9");
        assert_eq!(found("::ffff:192.0.2.1", "203.0.113.9"), "203.0.113.9");
        assert_eq!(found("192.0.2.1", "nonsense"), "192.0.2.1");
        assert_eq!(network("2001:db8::1:2:3:4".parse().unwrap()).to_string(), "2001:db8::");
    }
}
