//! Values that somebody holds an opinion about.
//!
//! An [`Indicator`] is a value of a known type in its one canonical form, so that two people who write the same thing
//! differently mean one indicator. [`Indicator::parse`] is strict and takes the type; [`Indicator::guess`] is for what
//! a person types, and undoes simple defanging.

mod digest;
mod email;
mod host;
mod line;
mod url;

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

pub use digest::Digest;
pub use email::EmailAddress;
pub use host::{HostError, HostName};
pub use line::Line;
pub use url::Url;

use crate::{address::Prefix, source::words, text};

/// The type of an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IndicatorType {
    /// One IPv4 or IPv6 address.
    Address,
    /// An address prefix.
    Cidr,
    /// An autonomous system.
    Asn,
    /// A host name.
    Host,
    /// A link with its scheme.
    Url,
    /// An e-mail address.
    EmailAddress,
    /// A file, by one of its hashes.
    File,
    /// A certificate, by its fingerprint.
    Certificate,
    /// The name of a mutex.
    Mutex,
    /// A key of the Windows registry.
    RegistryKey,
    /// What a client calls itself.
    UserAgent,
}

words!(IndicatorType, "type of indicator",
    "address, cidr, asn, host, url, email-address, file, certificate, mutex, registry-key, user-agent",
    "address" => IndicatorType::Address, "cidr" => IndicatorType::Cidr, "asn" => IndicatorType::Asn,
    "host" => IndicatorType::Host, "url" => IndicatorType::Url, "email-address" => IndicatorType::EmailAddress,
    "file" => IndicatorType::File, "certificate" => IndicatorType::Certificate, "mutex" => IndicatorType::Mutex,
    "registry-key" => IndicatorType::RegistryKey, "user-agent" => IndicatorType::UserAgent);

/// An indicator value in canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// One address; an IPv4 address mapped into IPv6 is the IPv4 address.
    Address(IpAddr),
    /// An address prefix.
    Cidr(Prefix),
    /// An autonomous system by its number.
    Asn(u32),
    /// A host name.
    Host(HostName),
    /// A link.
    Url(Url),
    /// An e-mail address.
    EmailAddress(EmailAddress),
    /// A file's MD5, SHA-1, SHA-256 or SHA-512.
    File(Digest),
    /// A certificate's SHA-1 or SHA-256.
    Certificate(Digest),
    /// The name of a mutex.
    Mutex(Line),
    /// A registry key with its hive in full; the case of the rest stays as written.
    RegistryKey(Line),
    /// A user agent.
    UserAgent(Line),
}

/// Why a text is no value of a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a value of type {kind}: {why}")]
pub struct IndicatorError {
    /// The type that was asked for.
    pub kind: IndicatorType,
    /// What is wrong, and what would be right.
    pub why: String,
}

impl Indicator {
    /// Takes a value of a given type; blanks around it mean nothing, defanged values are refused.
    pub fn parse(kind: IndicatorType, text: &str) -> Result<Indicator, IndicatorError> {
        value(kind, text.trim()).map_err(|why| IndicatorError { kind, why })
    }

    /// Takes what a person types: defanged or not, in quotes or angle brackets or not. Mutexes and user agents look
    /// like anything, so they are never guessed.
    pub fn guess(text: &str) -> Option<Indicator> {
        let plain = text::refang(text);
        let plain = plain.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '<' | '>' | ','));
        let bare = plain.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(plain);
        let mail = plain.strip_prefix("mailto:").unwrap_or(plain);
        let tries = [
            (IndicatorType::Address, bare),
            (IndicatorType::Cidr, plain),
            (IndicatorType::Asn, if starts_with_letter(plain) { plain } else { "" }),
            (IndicatorType::File, plain),
            (IndicatorType::Certificate, plain),
            (IndicatorType::RegistryKey, plain),
            (IndicatorType::Url, plain),
            (IndicatorType::EmailAddress, mail),
            (IndicatorType::Host, plain),
        ];
        tries.into_iter().find_map(|(kind, text)| Indicator::parse(kind, text).ok())
    }

    /// Its type.
    pub fn kind(&self) -> IndicatorType {
        match self {
            Indicator::Address(_) => IndicatorType::Address,
            Indicator::Cidr(_) => IndicatorType::Cidr,
            Indicator::Asn(_) => IndicatorType::Asn,
            Indicator::Host(_) => IndicatorType::Host,
            Indicator::Url(_) => IndicatorType::Url,
            Indicator::EmailAddress(_) => IndicatorType::EmailAddress,
            Indicator::File(_) => IndicatorType::File,
            Indicator::Certificate(_) => IndicatorType::Certificate,
            Indicator::Mutex(_) => IndicatorType::Mutex,
            Indicator::RegistryKey(_) => IndicatorType::RegistryKey,
            Indicator::UserAgent(_) => IndicatorType::UserAgent,
        }
    }

    /// The canonical form; for its type it parses to the same value.
    pub fn canonical(&self) -> String {
        self.to_string()
    }

    /// The form to show people: nothing makes a link of it, and [`Indicator::guess`] reads it, unless a path or key
    /// itself looks defanged or quoted.
    pub fn defanged(&self) -> String {
        match self {
            Indicator::Url(url) => url.defanged(),
            Indicator::Address(_) | Indicator::Cidr(_) | Indicator::Host(_) | Indicator::EmailAddress(_) => {
                text::defang(&self.canonical())
            }
            _ => self.canonical(),
        }
    }
}

impl fmt::Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Indicator::Address(address) => address.fmt(f),
            Indicator::Cidr(prefix) => prefix.fmt(f),
            Indicator::Asn(number) => f.pad(&format!("AS{number}")),
            Indicator::Host(host) => host.fmt(f),
            Indicator::Url(url) => f.pad(url.as_str()),
            Indicator::EmailAddress(address) => f.pad(address.as_str()),
            Indicator::File(digest) => f.pad(digest.hex()),
            Indicator::Certificate(digest) => f.pad(&digest.labelled()),
            Indicator::Mutex(line) | Indicator::RegistryKey(line) | Indicator::UserAgent(line) => f.pad(line.as_str()),
        }
    }
}

fn value(kind: IndicatorType, text: &str) -> Result<Indicator, String> {
    Ok(match kind {
        IndicatorType::Address => Indicator::Address(address(text)?),
        IndicatorType::Cidr => {
            Indicator::Cidr(text.parse().map_err(|error: crate::address::PrefixError| error.to_string())?)
        }
        IndicatorType::Asn => Indicator::Asn(asn(text)?),
        IndicatorType::Host => Indicator::Host(text.parse().map_err(|error: HostError| error.to_string())?),
        IndicatorType::Url => Indicator::Url(Url::parse(text)?),
        IndicatorType::EmailAddress => Indicator::EmailAddress(EmailAddress::parse(text)?),
        IndicatorType::File => Indicator::File(Digest::of_file(text)?),
        IndicatorType::Certificate => Indicator::Certificate(Digest::of_certificate(text)?),
        IndicatorType::Mutex => Indicator::Mutex(Line::parse(text)?),
        IndicatorType::RegistryKey => Indicator::RegistryKey(Line::registry_key(text)?),
        IndicatorType::UserAgent => Indicator::UserAgent(Line::parse(text)?),
    })
}

fn address(text: &str) -> Result<IpAddr, String> {
    let address: IpAddr = text.parse().map_err(|_| "write 192.0.2.1 or 2001:db8::1")?;
    Ok(address.to_canonical())
}

fn asn(text: &str) -> Result<u32, String> {
    let digits = match text.split_at_checked(2) {
        Some((prefix, digits)) if prefix.eq_ignore_ascii_case("as") => digits,
        _ => text,
    };
    let number = digits.parse().ok().filter(|_| digits.bytes().all(|digit| digit.is_ascii_digit()));
    number.ok_or_else(|| "write AS64496".into())
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(kind: IndicatorType, text: &str) -> String {
        Indicator::parse(kind, text).unwrap_or_else(|error| panic!("{text}: {error}")).canonical()
    }

    fn why(kind: IndicatorType, text: &str) -> String {
        Indicator::parse(kind, text).unwrap_err().why
    }

    #[test]
    fn one_canonical_form_for_each_type() {
        for (kind, text, expected) in [
            (IndicatorType::Address, " 2001:DB8:0::1 ", "2001:db8::1"),
            (IndicatorType::Address, "::ffff:192.0.2.1", "192.0.2.1"),
            (IndicatorType::Cidr, "198.51.100.0/24", "198.51.100.0/24"),
            (IndicatorType::Asn, "as64496", "AS64496"),
            (IndicatorType::Asn, "64496", "AS64496"),
            (IndicatorType::Host, "WWW.Bücher.Example.", "www.xn--bcher-kva.example"),
            (IndicatorType::Url, "HTTP://Example.COM:80", "http://example.com/"),
            (IndicatorType::EmailAddress, "Some.One@Example.COM", "Some.One@example.com"),
            (IndicatorType::File, "D41D8CD98F00B204E9800998ECF8427E", "d41d8cd98f00b204e9800998ecf8427e"),
            (IndicatorType::Mutex, r"Global\Mutex 1", r"Global\Mutex 1"),
            (IndicatorType::RegistryKey, r"hklm\Software\\Run\", r"HKEY_LOCAL_MACHINE\Software\Run"),
            (IndicatorType::UserAgent, "Mozilla/5.0 (X11)", "Mozilla/5.0 (X11)"),
        ] {
            assert_eq!(canonical(kind, text), expected, "{kind}");
        }
        let fingerprint = ["AB"; 20].join(":");
        assert_eq!(canonical(IndicatorType::Certificate, &fingerprint), format!("sha1:{}", "ab".repeat(20)));
        assert_eq!(canonical(IndicatorType::Certificate, &"0F".repeat(32)), format!("sha256:{}", "0f".repeat(32)));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            why(IndicatorType::Cidr, "198.51.100.7/24"),
            "address has bits beyond /24; the prefix that holds it is 198.51.100.0/24"
        );
        assert_eq!(why(IndicatorType::Asn, "AS+1"), "write AS64496");
        assert_eq!(why(IndicatorType::File, "abc"), "a hash has 32, 40, 64 or 128 hexadecimal digits, here are 3");
        assert_eq!(why(IndicatorType::UserAgent, "a\x1b[0m"), "control characters are not allowed");
        assert_eq!(why(IndicatorType::Mutex, "  "), "nothing there");
        assert!(Indicator::parse(IndicatorType::Host, "example[.]com").is_err());
        assert!(Indicator::parse(IndicatorType::Url, "hxxp://example.com/").is_err());
    }

    #[test]
    fn guesses_what_people_type() {
        for (text, kind, canonical) in [
            ("example[.]com", IndicatorType::Host, "example.com"),
            ("hxxps://Example(.)com/Path", IndicatorType::Url, "https://example.com/Path"),
            ("192[.]0[.]2[.]1", IndicatorType::Address, "192.0.2.1"),
            ("[2001:db8::1]", IndicatorType::Address, "2001:db8::1"),
            ("192.0.2.0/24", IndicatorType::Cidr, "192.0.2.0/24"),
            ("<someone[@]example.com>", IndicatorType::EmailAddress, "someone@example.com"),
            ("AS64496", IndicatorType::Asn, "AS64496"),
            ("HKCU\\Software", IndicatorType::RegistryKey, r"HKEY_CURRENT_USER\Software"),
        ] {
            let guessed = Indicator::guess(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((guessed.kind(), guessed.canonical().as_str()), (kind, canonical));
            assert_eq!(Indicator::guess(&guessed.defanged()), Some(guessed));
        }
        for text in ["", "word", "64496", "a..example", "192.0.2.300", "two words.example", "192.0.2.1/24"] {
            assert_eq!(Indicator::guess(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_types_round_trip() {
        for kind in IndicatorType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
    }
}
