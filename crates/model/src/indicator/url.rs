//! Links.
//!
//! The canonical form makes only what RFC 3986 §6.2.2 and §6.2.3 say is the same into the same: scheme and host in
//! lower case, no default port, no empty path, escapes in upper-case digits, and escapes for what cannot stand in a
//! link. Query and fragment stay: phishing pages tell their victims by them.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::HostName;
use crate::text;

const OCTETS_MAX: usize = 8192;

/// Schemes that name a server, and their ports.
const SCHEMES: [(&str, u16); 14] = [
    ("http", 80),
    ("https", 443),
    ("ftp", 21),
    ("ftps", 990),
    ("sftp", 22),
    ("ssh", 22),
    ("telnet", 23),
    ("ws", 80),
    ("wss", 443),
    ("ldap", 389),
    ("ldaps", 636),
    ("smb", 445),
    ("rtsp", 554),
    ("irc", 6667),
];

/// A link in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Url {
    text: Box<str>,
    path: usize,
    host: UrlHost,
}

/// The server of a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum UrlHost {
    Name(HostName),
    V4(Ipv4Addr),
    V6(Ipv6Addr),
}

impl Url {
    pub(super) fn parse(text: &str) -> Result<Url, String> {
        if text.len() > OCTETS_MAX {
            return Err(format!("longer than {OCTETS_MAX} octets"));
        }
        if text.chars().any(char::is_control) {
            return Err("control characters are not allowed".into());
        }
        let (scheme, rest) = text.split_once("://").ok_or("write it with its scheme, as in https://example.com/")?;
        let scheme = scheme.to_ascii_lowercase();
        let known = SCHEMES.iter().find(|(name, _)| *name == scheme).ok_or(format!("unknown scheme `{scheme}`"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '\\', '?', '#']).unwrap_or(rest.len()));
        let (user, server) =
            authority.rsplit_once('@').map_or((None, authority), |(user, server)| (Some(user), server));
        let (host, port) = host_and_port(server)?;
        let mut canonical = format!("{scheme}://");
        if let Some(user) = user {
            push_escaped(user, &mut canonical);
            canonical.push('@');
        }
        write_host(&host, &mut canonical);
        if let Some(port) = port.filter(|port| *port != known.1) {
            canonical.push_str(&format!(":{port}"));
        }
        let path = canonical.len();
        push_path(rest, &mut canonical);
        Ok(Url { text: canonical.into(), path, host })
    }

    /// The link.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The server, where it is a name.
    pub fn host(&self) -> Option<&HostName> {
        match &self.host {
            UrlHost::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The server, where it is an address.
    pub fn address(&self) -> Option<std::net::IpAddr> {
        match self.host {
            UrlHost::Name(_) => None,
            UrlHost::V4(address) => Some(address.into()),
            UrlHost::V6(address) => Some(address.into()),
        }
    }

    /// Scheme and server defanged, the rest as it is.
    pub(super) fn defanged(&self) -> String {
        let (front, rest) = self.text.split_at(self.path);
        format!("{}{rest}", text::defang(front))
    }
}

fn host_and_port(server: &str) -> Result<(UrlHost, Option<u16>), String> {
    let (host, port) = match server.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, port)) => {
            let address = address.parse().map_err(|_| "not an IPv6 address between `[` and `]`")?;
            (UrlHost::V6(address), port.strip_prefix(':').or(port.is_empty().then_some("")))
        }
        None => {
            let (host, port) = server.split_once(':').unwrap_or((server, ""));
            (named_host(host)?, Some(port))
        }
    };
    match port.ok_or("something stands between `]` and the path")? {
        "" => Ok((host, None)),
        digits if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
            Ok((host, Some(digits.parse().map_err(|_| "a port is a number up to 65535")?)))
        }
        _ => Err("a port is a number up to 65535".into()),
    }
}

fn named_host(host: &str) -> Result<UrlHost, String> {
    if let Ok(address) = host.parse() {
        return Ok(UrlHost::V4(address));
    }
    host.parse().map(UrlHost::Name).map_err(|error: super::HostError| format!("its host: {error}"))
}

fn write_host(host: &UrlHost, out: &mut String) {
    match host {
        UrlHost::Name(name) => out.push_str(&name.to_string()),
        UrlHost::V4(address) => out.push_str(&address.to_string()),
        UrlHost::V6(address) => out.push_str(&format!("[{address}]")),
    }
}

/// Path, query and fragment. Browsers take a backslash in a path for a slash, and so do links made to confuse.
fn push_path(rest: &str, out: &mut String) {
    let (path, query) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    if path.is_empty() {
        out.push('/');
    }
    push_escaped(&path.replace('\\', "/"), out);
    push_escaped(query, out);
}

/// Appends text with escapes in upper-case digits, and escapes for what cannot stand in a link (RFC 3986 §2).
fn push_escaped(text: &str, out: &mut String) {
    let mut rest = text.as_bytes();
    while let Some((&octet, after)) = rest.split_first() {
        rest = after;
        match (octet, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                out.extend(['%', char::from(high.to_ascii_uppercase()), char::from(low.to_ascii_uppercase())]);
                rest = after;
            }
            (b'"' | b'<' | b'>' | b'`' | b'{' | b'}' | b'|' | b'\\' | b'^' | b'%' | 0..=0x20 | 0x7f.., _) => {
                out.push_str(&format!("%{octet:02X}"));
            }
            _ => out.push(char::from(octet)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_link_same_text() {
        for (text, canonical) in [
            ("HTTPS://Example.COM:443", "https://example.com/"),
            ("http://example.com:8080/a%2fb?q=%zz#Frag", "http://example.com:8080/a%2Fb?q=%25zz#Frag"),
            ("http://example.com?x", "http://example.com/?x"),
            (r"http://example.com\a b", "http://example.com/a%20b"),
            ("ftp://user:pass@192.0.2.1/ü", "ftp://user:pass@192.0.2.1/%C3%BC"),
            ("http://[2001:DB8::1]:80/", "http://[2001:db8::1]/"),
            ("http://bücher.example/", "http://xn--bcher-kva.example/"),
            ("http://a@b@example.com/", "http://a@b@example.com/"),
        ] {
            let url = Url::parse(text).unwrap();
            assert_eq!(url.as_str(), canonical);
            assert_eq!(Url::parse(canonical), Ok(url));
        }
    }

    #[test]
    fn refuses_and_says_why() {
        for (text, why) in [
            ("example.com", "write it with its scheme, as in https://example.com/"),
            ("hxxp://example.com", "unknown scheme `hxxp`"),
            ("http://localhost/", "its host: a host name has at least two labels, as in example.com"),
            ("http://example.com:99999/", "a port is a number up to 65535"),
            ("http://[::1]x/", "something stands between `]` and the path"),
            ("http://exa\nmple.com/", "control characters are not allowed"),
        ] {
            assert_eq!(Url::parse(text).unwrap_err(), why);
        }
    }

    #[test]
    fn defangs_only_the_server() {
        let url = Url::parse("https://www.example.com/index.html").unwrap();
        assert_eq!(url.defanged(), "hxxps://www[.]example[.]com/index.html");
    }
}
