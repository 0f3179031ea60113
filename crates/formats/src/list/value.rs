//! One value as lists write it: defanged, with a port, with a path, with a wildcard.

use model::{Indicator, IndicatorType, Pap, Prefix, Tlp, address::PrefixError, text};

use super::VALUE_OCTETS_MAX;

/// A value, and what had to be assumed to read it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Valued {
    pub(crate) indicator: Indicator,
    pub(crate) note: Option<&'static str>,
}

/// Reads a value of a type, or of the type that it looks like.
pub(crate) fn read(text: &str, kind: Option<IndicatorType>) -> Result<Valued, String> {
    if text.len() > VALUE_OCTETS_MAX {
        return Err(format!("longer than {VALUE_OCTETS_MAX} octets"));
    }
    match kind {
        Some(kind) => typed(text, kind),
        None => guessed(text),
    }
}

fn typed(text: &str, kind: IndicatorType) -> Result<Valued, String> {
    let error = match Indicator::parse(kind, text) {
        Ok(indicator) => return Ok(Valued { indicator, note: None }),
        Err(error) => error.why,
    };
    // Mutexes and user agents may hold anything that looks defanged.
    let verbatim = matches!(kind, IndicatorType::Mutex | IndicatorType::UserAgent | IndicatorType::RegistryKey);
    let plain = if verbatim { text.to_owned() } else { text::refang(text) };
    if let Ok(indicator) = Indicator::parse(kind, &plain) {
        return Ok(Valued { indicator, note: None });
    }
    // A host column with an address in it, an address with a port.
    let near = guessed(text).ok().filter(|found| alike(kind, found.indicator.kind()));
    near.ok_or(error)
}

/// Types that columns of many lists mix.
fn alike(asked: IndicatorType, found: IndicatorType) -> bool {
    use IndicatorType::{Address, Cidr, Host, Url};
    matches!((asked, found), (Address | Cidr | Host | Url, Address | Cidr | Host | Url))
}

fn guessed(text: &str) -> Result<Valued, String> {
    let found = |indicator, note| Ok(Valued { indicator, note });
    if let Some(indicator) = Indicator::guess(text) {
        return found(indicator, None);
    }
    let plain = text::refang(text);
    let plain = plain.trim();
    if let Err(error @ PrefixError::HostBits { .. }) = plain.parse::<Prefix>() {
        return Err(error.to_string());
    }
    if let Some(indicator) = below(plain) {
        return found(indicator, Some("written as everything below it"));
    }
    if let Some((host, port)) = plain.rsplit_once(':')
        && is_port(port)
        && let Some(indicator @ (Indicator::Address(_) | Indicator::Host(_))) = Indicator::guess(host)
    {
        return found(indicator, Some("the port was left out"));
    }
    if let Some(at) = plain.find('/').filter(|at| *at > 0)
        && !plain.contains("://")
        && plain.get(..at).is_some_and(is_server)
        && let Ok(indicator) = Indicator::parse(IndicatorType::Url, &format!("http://{plain}"))
    {
        return found(indicator, Some("the scheme http was assumed"));
    }
    Err(match plain {
        "" => "nothing there".into(),
        _ if plain.starts_with('/') => "a path alone is no indicator".into(),
        _ => "not the form of any type of indicator; mutexes and user agents need their type beside them".into(),
    })
}

/// `*.example.com`, `.example.com`, `||example.com^`.
fn below(text: &str) -> Option<Indicator> {
    let filter = text.strip_prefix("||").map(|rest| rest.trim_end_matches('^'));
    let host = text.strip_prefix("*.").or(text.strip_prefix('.')).or(filter)?;
    Indicator::parse(IndicatorType::Host, host).ok()
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// A host or address, with or without a port; `192.0.2.1/24` is none, but a prefix with bits too many.
fn is_server(text: &str) -> bool {
    let host = text.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(text, |(host, _)| host);
    matches!(Indicator::guess(host), Some(Indicator::Address(_) | Indicator::Host(_)))
}

/// The type that a list means, by its own word or another's.
pub(crate) fn kind(text: &str) -> Result<IndicatorType, String> {
    let word = text.trim().to_ascii_lowercase().replace([' ', '_'], "-");
    if let Ok(kind) = word.parse() {
        return Ok(kind);
    }
    Ok(match word.as_str() {
        "ip" | "ipv4" | "ipv6" | "ip-src" | "ip-dst" | "ipv4-addr" | "ipv6-addr" | "ip-address" | "ipaddress"
        | "ip:port" => IndicatorType::Address,
        "domain" | "hostname" | "domain-name" | "fqdn" | "dns" => IndicatorType::Host,
        "uri" | "link" => IndicatorType::Url,
        "email" | "e-mail" | "mail" | "email-addr" | "emailaddress" | "email-src" | "email-dst" | "email-sender" => {
            IndicatorType::EmailAddress
        }
        "md5" | "sha1" | "sha-1" | "sha256" | "sha-256" | "sha512" | "sha-512" | "hash" | "filehash"
        | "filehash-md5" | "filehash-sha1" | "filehash-sha256" | "md5-hash" | "sha1-hash" | "sha256-hash" => {
            IndicatorType::File
        }
        "as" | "autonomous-system" => IndicatorType::Asn,
        "subnet" | "network" | "netblock" | "ip-range" => IndicatorType::Cidr,
        "x509" | "x509-certificate" | "x509-fingerprint-sha1" | "x509-fingerprint-sha256" => IndicatorType::Certificate,
        "regkey" | "registry" | "registrykey" | "windows-registry-key" => IndicatorType::RegistryKey,
        "useragent" => IndicatorType::UserAgent,
        _ => {
            let known: Vec<&str> = IndicatorType::ALL.iter().map(|kind| kind.as_str()).collect();
            return Err(format!("unknown type: one of {}", known.join(", ")));
        }
    })
}

/// A TLP label as people write it; `WHITE` is the `CLEAR` of TLP 1.
pub(crate) fn tlp(text: &str) -> Result<Tlp, String> {
    let word = text.trim().to_ascii_lowercase();
    let word = word.strip_prefix("tlp:").unwrap_or(&word).trim();
    match word.replace(['+', ' ', '_'], "-").as_str() {
        "white" => Ok(Tlp::Clear),
        word => word.parse().map_err(|error: model::source::UnknownWord| error.to_string()),
    }
}

/// A PAP label as people write it; `WHITE` and `CLEAR` permit all that `GREEN` does.
pub(crate) fn pap(text: &str) -> Result<Pap, String> {
    let word = text.trim().to_ascii_lowercase();
    match word.strip_prefix("pap:").unwrap_or(&word).trim() {
        "white" | "clear" => Ok(Pap::Green),
        word => word.parse().map_err(|error: model::source::UnknownWord| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_lists_write() {
        for (text, canonical, noted) in [
            ("192.0.2.1:8080", "192.0.2.1", true),
            ("[2001:db8::1]:443", "2001:db8::1", true),
            ("c2[.]widgets[.]example:443", "c2.widgets.example", true),
            ("*.widgets.example", "widgets.example", true),
            (".widgets.example", "widgets.example", true),
            ("||widgets.example^", "widgets.example", true),
            ("widgets.example/gate.php", "http://widgets.example/gate.php", true),
            ("192.0.2.1:81/a", "http://192.0.2.1:81/a", true),
            ("hxxp://widgets[.]example/a", "http://widgets.example/a", false),
        ] {
            let found = read(text, None).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((found.indicator.canonical().as_str(), found.note.is_some()), (canonical, noted));
        }
        for text in ["/gate.php", "", "word", "192.0.2.1:99999", "::", "a b"] {
            assert!(read(text, None).is_err() || text == "::", "{text}");
        }
        assert!(read("192.0.2.1/24", None).unwrap_err().ends_with("holds it is 192.0.2.0/24"));
    }

    #[test]
    fn a_type_helps_and_binds() {
        assert_eq!(
            read("anything [at] all", Some(IndicatorType::Mutex)).unwrap().indicator.canonical(),
            "anything [at] all"
        );
        assert_eq!(read("192.0.2.1", Some(IndicatorType::Host)).unwrap().indicator.kind(), IndicatorType::Address);
        assert!(read("widgets.example", Some(IndicatorType::File)).unwrap_err().contains("hexadecimal"));
        assert_eq!(kind("FileHash-SHA256"), Ok(IndicatorType::File));
        assert_eq!(kind("Registry Key"), Ok(IndicatorType::RegistryKey));
        assert!(kind("colour").unwrap_err().contains("user-agent"));
    }

    #[test]
    fn labels_of_both_versions() {
        assert_eq!(tlp("TLP:WHITE"), Ok(Tlp::Clear));
        assert_eq!(tlp("amber+strict"), Ok(Tlp::AmberStrict));
        assert_eq!(pap("PAP:CLEAR"), Ok(Pap::Green));
        assert!(tlp("purple").is_err());
    }
}
