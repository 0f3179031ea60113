//! Hashes of files and certificates.

/// A hash, in lower-case hexadecimal; its length says of which kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(Box<str>);

/// The kinds: hexadecimal digits, name.
const KINDS: [(usize, &str); 4] = [(32, "md5"), (40, "sha1"), (64, "sha256"), (128, "sha512")];

impl Digest {
    pub(super) fn of_file(text: &str) -> Result<Digest, String> {
        let digits = text.len();
        if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err("a hash is written in hexadecimal digits".into());
        }
        if !KINDS.iter().any(|(length, _)| *length == digits) {
            return Err(format!("a hash has 32, 40, 64 or 128 hexadecimal digits, here are {digits}"));
        }
        Ok(Digest(text.to_ascii_lowercase().into()))
    }

    /// With or without `sha1:` or `sha256:` in front, with or without colons between octets.
    pub(super) fn of_certificate(text: &str) -> Result<Digest, String> {
        let lower = text.to_ascii_lowercase().replace("sha-", "sha");
        let (named, digits) = match lower.split_once(':') {
            Some((name, digits)) if name.starts_with("sha") => (Some(name), digits),
            _ => (None, lower.as_str()),
        };
        let digest = Digest::of_file(&digits.replace(':', "")).ok().filter(|digest| {
            let kind = digest.kind();
            matches!(kind, "sha1" | "sha256") && named.is_none_or(|named| named == kind)
        });
        digest.ok_or_else(|| "write sha256: and 64 hexadecimal digits, or sha1: and 40".into())
    }

    /// `md5`, `sha1`, `sha256` or `sha512`.
    pub fn kind(&self) -> &'static str {
        KINDS.iter().find(|(length, _)| *length == self.0.len()).map_or("", |(_, name)| name)
    }

    /// The digits.
    pub fn hex(&self) -> &str {
        &self.0
    }

    /// Kind and digits, `sha256:…`.
    pub(super) fn labelled(&self) -> String {
        format!("{}:{}", self.kind(), self.0)
    }
}
