//! Binary data as text: base 16, 32 with extended hex alphabet, and 64 (RFC 4648).

use super::Fault;

/// An alphabet of a power of two of digits.
pub(super) struct Base {
    bits: u32,
    digits: &'static [u8],
    padded: bool,
}

pub(super) const BASE16: Base = Base { bits: 4, digits: b"0123456789abcdef", padded: false };
pub(super) const BASE32: Base = Base { bits: 5, digits: b"0123456789abcdefghijklmnopqrstuv", padded: false };
pub(super) const BASE64: Base =
    Base { bits: 6, digits: b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", padded: true };

impl Base {
    /// Appends what `text` encodes. Blanks and parentheses between digits mean nothing, nor does padding.
    pub(super) fn decode(&self, text: &[u8], out: &mut Vec<u8>) -> Result<(), Fault> {
        let (mut pending, mut bits) = (0u32, 0);
        for (at, &octet) in text.iter().enumerate() {
            if super::read::is_blank(octet) || (self.padded && octet == b'=') {
                continue;
            }
            let value = self.value(octet).ok_or(Fault::new("not a digit of this encoding", at))?;
            pending = pending << self.bits | value;
            bits += self.bits;
            if bits >= 8 {
                bits -= 8;
                out.push((pending >> bits) as u8);
                pending &= (1 << bits) - 1;
            }
        }
        if bits < self.bits { Ok(()) } else { Err(Fault::new("a digit is missing", text.len())) }
    }

    /// Appends the text of `octets`.
    pub(super) fn encode(&self, octets: &[u8], out: &mut String) {
        let (mut pending, mut bits) = (0u32, 0);
        for &octet in octets {
            pending = pending << 8 | u32::from(octet);
            bits += 8;
            while bits >= self.bits {
                bits -= self.bits;
                out.push(self.digit(pending >> bits));
                pending &= (1 << bits) - 1;
            }
        }
        if bits > 0 {
            out.push(self.digit(pending << (self.bits - bits)));
        }
        if self.padded {
            out.extend(std::iter::repeat_n('=', (3 - octets.len() % 3) % 3));
        }
    }

    fn digit(&self, value: u32) -> char {
        char::from(self.digits[value as usize])
    }

    fn value(&self, digit: u8) -> Option<u32> {
        let digit = if self.bits == 6 { digit } else { digit.to_ascii_lowercase() };
        let value = match self.bits {
            6 => match digit {
                b'A'..=b'Z' => digit - b'A',
                b'a'..=b'z' => digit - b'a' + 26,
                b'0'..=b'9' => digit - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return None,
            },
            _ => match digit {
                b'0'..=b'9' => digit - b'0',
                b'a'..=b'v' => digit - b'a' + 10,
                _ => return None,
            },
        };
        (u32::from(value) < 1 << self.bits).then_some(value.into())
    }
}
