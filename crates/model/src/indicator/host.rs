//! Host names: names that a person would call one.

use std::{fmt, str::FromStr};

use crate::name::{Name, NameError};

/// A host name: at least two labels of letters, digits, hyphens and underscores, the last not all digits. Hyphens may
/// stand at the ends of labels, since such names exist and resolve.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostName(Name);

/// Why a name is no host name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Not a name at all.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The root, or a single label.
    #[error("a host name has at least two labels, as in example.com")]
    TooFewLabels,
    /// A character that host names do not have.
    #[error("`{}` cannot stand in a host name: letters, digits, hyphens and underscores can", .0.escape_default())]
    BadCharacter(char),
    /// An address, or something that tries to look like one.
    #[error("a host name does not end in a number: this looks like an address")]
    Address,
}

impl HostName {
    /// Checks a name.
    pub fn new(name: Name) -> Result<HostName, HostError> {
        if name.label_count() < 2 {
            return Err(HostError::TooFewLabels);
        }
        let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
        if let Some(octet) = name.labels().flatten().find(|octet| !allowed(octet)) {
            return Err(HostError::BadCharacter(char::from(*octet)));
        }
        let last = name.labels().last().unwrap_or_default();
        if last.iter().all(u8::is_ascii_digit) { Err(HostError::Address) } else { Ok(HostName(name)) }
    }

    /// The name.
    pub fn name(&self) -> &Name {
        &self.0
    }
}

impl FromStr for HostName {
    type Err = HostError;

    /// Unicode names are turned to ASCII by IDNA (UTS 46).
    fn from_str(text: &str) -> Result<HostName, HostError> {
        HostName::new(Name::from_unicode(text)?)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_host_names_from_other_names() {
        for good in ["example.com", "_dmarc.example.com", "a-.b.example", "1.2.example", "x.xn--p1ai"] {
            assert!(good.parse::<HostName>().is_ok(), "{good}");
        }
        for (bad, error) in [
            ("com", HostError::TooFewLabels),
            (".", HostError::TooFewLabels),
            ("*.example.com", HostError::BadCharacter('*')),
            ("a b.example", HostError::BadCharacter(' ')),
            (r"a\.b.example", HostError::BadCharacter('.')),
            ("192.0.2.1", HostError::Address),
            ("192.0.2.300", HostError::Address),
            ("a..example", HostError::Name(NameError::EmptyLabel(2))),
        ] {
            assert_eq!(bad.parse::<HostName>(), Err(error));
        }
        assert!("a.".repeat(127).parse::<HostName>().is_ok(), "253 octets as text");
    }
}
