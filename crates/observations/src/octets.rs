//! Numbers and strings as octets: what every file of the store is made of.
//!
//! A *varint* is LEB128: seven bits an octet, lowest first, the high bit says that more follow. A *zigzag* is a varint
//! of `(n << 1) ^ (n >> 63)`, so that small negative numbers stay short. Fixed-width numbers are big-endian. A
//! *string* is a varint length and so many octets.
#![deny(clippy::indexing_slicing)]

/// Reads octets from outside; each step is none where they end early or make no sense.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

impl<'a> Input<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn varint(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let octet = self.byte()?;
            value |= u64::from(octet & 0x7f).checked_shl(shift)?;
            if octet < 0x80 {
                return Some(value);
            }
            shift += 7;
        }
    }

    pub(crate) fn size(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    pub(crate) fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    pub(crate) fn string(&mut self) -> Option<&'a [u8]> {
        let length = self.size()?;
        self.take(length)
    }

    /// A length of one octet and so many octets.
    pub(crate) fn prefixed(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(length.into())
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.string()?).ok()
    }
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_zigzag(out: &mut Vec<u8>, value: i64) {
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
}

pub(crate) fn put_string(out: &mut Vec<u8>, octets: &[u8]) {
    put_varint(out, octets.len() as u64);
    out.extend_from_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, -1, 63, -64, 64, 1 << 40, i64::MAX, i64::MIN] {
            let mut out = Vec::new();
            put_zigzag(&mut out, value);
            put_varint(&mut out, value as u64);
            let mut input = Input(&out);
            assert_eq!((input.zigzag(), input.varint(), input.is_empty()), (Some(value), Some(value as u64), true));
        }
    }

    #[test]
    fn bad_octets_are_none() {
        assert_eq!(Input(&[0x80; 11]).varint(), None);
        assert_eq!(Input(&[0x80]).varint(), None);
        assert_eq!(Input(&[5, 1]).string(), None);
    }
}
