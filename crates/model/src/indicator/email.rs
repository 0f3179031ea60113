//! E-mail addresses.

use super::HostName;

/// The longest address (RFC 5321 §4.5.3.1.3) and local part (§4.5.3.1.1).
const OCTETS_MAX: usize = 254;
const LOCAL_OCTETS_MAX: usize = 64;

/// An e-mail address: the local part as written, since only its server knows whether case matters, the domain folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EmailAddress {
    text: Box<str>,
    domain: HostName,
}

impl EmailAddress {
    /// Local parts in quotes are refused: nobody has one.
    pub(super) fn parse(text: &str) -> Result<EmailAddress, String> {
        let (local, domain) = text.rsplit_once('@').ok_or("write someone@example.com")?;
        let domain: HostName = domain.parse().map_err(|error| format!("after the `@`: {error}"))?;
        if local.is_empty() || local.len() > LOCAL_OCTETS_MAX {
            return Err(format!("before the `@` stand 1 to {LOCAL_OCTETS_MAX} octets"));
        }
        if let Some(bad) = local.chars().find(|c| !is_local(*c)) {
            return Err(format!("`{}` cannot stand before the `@`", bad.escape_default()));
        }
        let text = format!("{local}@{domain}");
        if text.len() > OCTETS_MAX {
            return Err(format!("longer than {OCTETS_MAX} octets"));
        }
        Ok(EmailAddress { text: text.into(), domain })
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Where its mail goes.
    pub fn domain(&self) -> &HostName {
        &self.domain
    }
}

/// Whether it is a letter of an atom (RFC 5322 §3.2.3, RFC 6531 §3.3) or the dot between atoms.
fn is_local(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}
