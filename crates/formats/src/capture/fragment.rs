//! Puts fragmented packets together (RFC 791 §3.2, RFC 8200 §4.5).
//!
//! A fragment that overlaps another makes its packet worthless (RFC 5722 §3): nobody honest sends such, and which of
//! the two the receiver believed cannot be known.

use std::collections::HashMap;

use super::packet::{Ends, Fragment, Packet};

/// How many packets may be incomplete at once.
const PACKETS_MAX: usize = 1024;
/// The longest packet.
const OCTETS_MAX: usize = 65_535;
/// After how many seconds of the capture an incomplete packet is given up (RFC 8200 §4.5: 60).
const SECONDS_MAX: i64 = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    ends: Ends,
    protocol: u8,
    id: u32,
}

/// Packets of which fragments are missing.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    open: HashMap<Key, Partial>,
    lost: u64,
}

/// What has come of a packet: parts by where they begin.
#[derive(Debug)]
struct Partial {
    parts: Vec<(usize, Vec<u8>)>,
    length: Option<usize>,
    since: i64,
}

impl Fragments {
    /// How many packets were given up, those that are incomplete now among them.
    pub(super) fn lost(&self) -> u64 {
        self.lost + self.open.len() as u64
    }

    /// Adds a fragment; gives the payload of its packet when it is complete.
    pub(super) fn add(&mut self, packet: &Packet<'_>, part: Fragment, now: i64) -> Option<Vec<u8>> {
        // Protocols of fragments that are not the first are those of the first, in both versions.
        let key = Key { ends: packet.ends(), protocol: packet.protocol, id: part.id };
        let end = part.offset + packet.payload.len();
        if end > OCTETS_MAX || !self.has_room(&key, now) {
            self.lost += 1;
            self.open.remove(&key);
            return None;
        }
        let partial = self.open.entry(key).or_insert_with(|| Partial { parts: Vec::new(), length: None, since: now });
        match partial.add(part, packet.payload) {
            Added::Waits => None,
            Added::Whole(payload) => {
                self.open.remove(&key);
                Some(payload)
            }
            Added::Overlaps => {
                self.open.remove(&key);
                self.lost += 1;
                None
            }
        }
    }

    fn has_room(&mut self, key: &Key, now: i64) -> bool {
        if self.open.len() >= PACKETS_MAX && !self.open.contains_key(key) {
            let before = self.open.len();
            self.open.retain(|_, partial| now - partial.since <= SECONDS_MAX);
            self.lost += (before - self.open.len()) as u64;
        }
        self.open.len() < PACKETS_MAX || self.open.contains_key(key)
    }
}

enum Added {
    Waits,
    Whole(Vec<u8>),
    Overlaps,
}

impl Partial {
    fn add(&mut self, part: Fragment, payload: &[u8]) -> Added {
        let end = part.offset + payload.len();
        if !part.more {
            self.length = Some(end);
        }
        let at = self.parts.partition_point(|(offset, _)| *offset < part.offset);
        let before = at.checked_sub(1).and_then(|before| self.parts.get(before));
        let after = self.parts.get(at);
        if after.is_some_and(|(offset, octets)| *offset == part.offset && octets == payload) {
            return Added::Waits; // the same again
        }
        let overlaps = before.is_some_and(|(offset, octets)| offset + octets.len() > part.offset)
            || after.is_some_and(|(offset, _)| end > *offset)
            || self.length.is_some_and(|length| end > length);
        if overlaps {
            return Added::Overlaps;
        }
        self.parts.insert(at, (part.offset, payload.to_vec()));
        let have: usize = self.parts.iter().map(|(_, octets)| octets.len()).sum();
        match self.length {
            // Nothing overlaps, so as many octets as there are make the whole.
            Some(length) if have == length => {
                Added::Whole(self.parts.drain(..).flat_map(|(_, octets)| octets).collect())
            }
            _ => Added::Waits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(offset: usize, more: bool) -> Fragment {
        Fragment { id: 7, offset, more }
    }

    fn partial() -> Partial {
        Partial { parts: Vec::new(), length: None, since: 0 }
    }

    #[test]
    fn fragments_in_any_order_make_the_packet() {
        let mut packet = partial();
        assert!(matches!(packet.add(part(16, false), b"c"), Added::Waits));
        assert!(matches!(packet.add(part(0, true), b"aaaaaaaa"), Added::Waits));
        assert!(matches!(packet.add(part(0, true), b"aaaaaaaa"), Added::Waits));
        let Added::Whole(payload) = packet.add(part(8, true), b"bbbbbbbb") else { panic!() };
        assert_eq!(payload, b"aaaaaaaabbbbbbbbc");
    }

    #[test]
    fn what_overlaps_is_worthless() {
        let mut packet = partial();
        assert!(matches!(packet.add(part(0, true), b"aaaaaaaaaaaaaaaa"), Added::Waits));
        assert!(matches!(packet.add(part(8, false), b"bbbbbbbb"), Added::Overlaps));
        let mut packet = partial();
        assert!(matches!(packet.add(part(8, false), b"b"), Added::Waits));
        assert!(matches!(packet.add(part(16, true), b"x"), Added::Overlaps), "behind the end");
    }
}
