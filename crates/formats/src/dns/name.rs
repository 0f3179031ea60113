//! Names in messages: compressed there, whole and folded here.

use model::{
    Name,
    name::{LABEL_OCTETS_MAX, NAME_OCTETS_MAX},
};

/// A name in uncompressed wire form, ASCII letters folded, in place: nothing is allocated for it.
#[derive(Clone, Copy)]
pub struct WireName {
    octets: [u8; NAME_OCTETS_MAX],
    length: u8,
}

impl WireName {
    /// Takes a whole name that fills `wire`; none where it does not.
    pub fn from_wire(wire: &[u8]) -> Option<WireName> {
        let mut name = WireName::empty();
        let end = name.read(wire, 0)?;
        // A pointer could only lead to itself.
        (end == wire.len()).then_some(name)
    }

    /// No octets: to be read into.
    pub(super) fn empty() -> WireName {
        WireName { octets: [0; NAME_OCTETS_MAX], length: 0 }
    }

    /// Reads the name at `at` of a message; returns where the octets after it begin.
    ///
    /// A pointer leads to an octet before the label that it replaces and before every pointer followed so far, or the
    /// name is refused.
    pub(super) fn read(&mut self, message: &[u8], at: usize) -> Option<usize> {
        let (mut at, mut end, mut length, mut bound) = (at, None, 0, at);
        loop {
            let first = *message.get(at)?;
            match first {
                0 => {
                    *self.octets.get_mut(length)? = 0;
                    self.length = (length + 1) as u8;
                    return Some(end.unwrap_or(at + 1));
                }
                1..=63 => {
                    let label = message.get(at..at + 1 + usize::from(first))?;
                    self.octets.get_mut(length..length + label.len())?.copy_from_slice(label);
                    // The count is at most 63: folding leaves it alone.
                    self.octets.get_mut(length..length + label.len())?.make_ascii_lowercase();
                    length += label.len();
                    at += label.len();
                }
                0xc0.. => {
                    let target = usize::from(first & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
                    end = end.or(Some(at + 2));
                    if target >= bound {
                        return None;
                    }
                    (bound, at) = (target, target);
                }
                _ => return None,
            }
        }
    }

    /// The octets, the final zero among them.
    pub fn as_wire(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl std::fmt::Debug for WireName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&Name::from_wire(self.as_wire()).ok(), f)
    }
}

/// Where the octets after the name at `at` begin; the name itself is not looked at any further.
pub(super) fn skip(message: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        match *message.get(at)? {
            0 => return Some(at + 1),
            length @ 1..=63 => at += 1 + usize::from(length),
            0xc0.. => return message.get(at + 1).map(|_| at + 2),
            _ => return None,
        }
    }
}

/// How many labels a whole name has.
pub(super) fn label_count(wire: &[u8]) -> usize {
    suffixes(wire).count() - 1
}

/// The name, the name without its first label, and so on to the root.
pub(super) fn suffixes(wire: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors(Some(wire), |rest| match rest.first() {
        Some(&length @ 1..) if usize::from(length) <= LABEL_OCTETS_MAX => rest.get(1 + usize::from(length)..),
        _ => None,
    })
}

/// Whether a whole folded name is `above` or stands below it.
pub(super) fn is_within(name: &[u8], above: &[u8]) -> bool {
    name.ends_with(above) && suffixes(name).any(|suffix| suffix.len() == above.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(message: &[u8], at: usize) -> Option<(String, usize)> {
        let mut name = WireName::empty();
        let end = name.read(message, at)?;
        Some((Name::from_wire(name.as_wire()).unwrap().to_string(), end))
    }

    #[test]
    fn names_are_made_whole_and_folded() {
        let message = b"\x07Widgets\x07eXample\0\x03WWW\xc0\x00\xc0\x11\xc0\x08";
        assert_eq!(read(message, 0), Some(("widgets.example".into(), 17)));
        assert_eq!(read(message, 17), Some(("www.widgets.example".into(), 23)));
        assert_eq!(read(message, 23), Some(("www.widgets.example".into(), 25)));
        assert_eq!(read(message, 25), Some(("example".into(), 27)));
        assert_eq!((skip(message, 0), skip(message, 17), skip(message, 23)), (Some(17), Some(23), Some(25)));
    }

    #[test]
    fn pointers_lead_backwards_or_nowhere() {
        for message in [&b"\xc0\x00"[..], b"\xc0\x02\x01a\0", b"\x01a\xc0\x00", b"\x01a", b"\x40a\0", b"\xc0", b""] {
            assert_eq!(read(message, 0), None, "{message:?}");
        }
        assert_eq!(read(b"\xc0\x02\xc0\x00", 2), None, "a ring");
        let mut long = [&[63][..], &[b'a'; 63]].concat().repeat(4);
        long.push(0);
        assert_eq!(read(&long, 0), None, "257 octets");
        long[192] = 61;
        long.drain(193..195);
        assert_eq!(read(&long, 0).map(|(_, end)| end), Some(255));
    }

    #[test]
    fn a_name_is_within_what_ends_it_at_a_label() {
        let (name, above) = (b"\x03www\x07widgets\0", b"\x07widgets\0");
        assert!(is_within(name, above) && is_within(above, above) && is_within(above, b"\0"));
        assert!(!is_within(b"\x09xxwidgets\0", above) && !is_within(above, name));
        // The count of the zone's first label, as a letter of a longer one.
        assert!(!is_within(b"\x0fwww.abc\x07widgets\0", above));
        assert_eq!((label_count(name), label_count(b"\0")), (2, 0));
    }
}
