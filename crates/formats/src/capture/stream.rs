//! Puts TCP streams together and cuts them into DNS messages (RFC 1035 §4.2.2: two octets of length before each).
//!
//! One direction is looked at, from the server. A stream that was under way when the capture began is taken from the
//! first segment that looks like the beginning of an answer.

use std::collections::{BTreeMap, HashMap};

use super::packet::{Ends, Segment};

/// How many streams are followed at once.
const STREAMS_MAX: usize = 4096;
/// How many octets of one stream may wait for a segment before them.
const EARLY_OCTETS_MAX: usize = 128 << 10;
/// How many segments.
const EARLY_SEGMENTS_MAX: usize = 128;
/// After how many seconds without a segment a stream may be given up.
const SECONDS_MAX: i64 = 30;
/// The longest message with its length.
const MESSAGE_OCTETS_MAX: usize = 2 + 65_535;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    ends: Ends,
    from: u16,
    to: u16,
}

/// The streams that are followed.
#[derive(Debug, Default)]
pub(super) struct Streams {
    open: HashMap<Key, Stream>,
    swept: i64,
    lost: u64,
}

#[derive(Debug)]
struct Stream {
    /// The sequence number of the next octet.
    next: u32,
    /// In order, and not yet a message.
    ready: Vec<u8>,
    /// Segments that came before their turn.
    early: BTreeMap<u32, Vec<u8>>,
    early_octets: usize,
    last: i64,
}

impl Streams {
    /// How many streams were given up with a gap, or found no room.
    pub(super) fn lost(&self) -> u64 {
        let waiting = self.open.values().filter(|stream| !stream.early.is_empty()).count();
        self.lost + waiting as u64
    }

    /// Adds a segment, and shows each message that is complete with it.
    pub(super) fn add(&mut self, ends: Ends, segment: &Segment<'_>, now: i64, mut take: impl FnMut(&[u8])) {
        let key = Key { ends, from: segment.from, to: segment.to };
        if segment.begins {
            self.open.remove(&key);
        }
        if !self.open.contains_key(&key) {
            let next = segment.sequence.wrapping_add(u32::from(segment.begins));
            if !(segment.begins || begins_an_answer(segment.payload)) || !self.has_room(now) {
                return;
            }
            let stream = Stream { next, ready: Vec::new(), early: BTreeMap::new(), early_octets: 0, last: now };
            self.open.insert(key, stream);
        }
        let Some(stream) = self.open.get_mut(&key) else { return };
        stream.last = now;
        let fits = stream.add(segment.sequence.wrapping_add(u32::from(segment.begins)), segment.payload);
        stream.give(&mut take);
        if !fits || segment.ends {
            self.lost += u64::from(!fits || !stream.early.is_empty());
            self.open.remove(&key);
        }
    }

    fn has_room(&mut self, now: i64) -> bool {
        if self.open.len() >= STREAMS_MAX && self.swept != now {
            self.swept = now;
            let before = self.open.len();
            self.open.retain(|_, stream| (0..=SECONDS_MAX).contains(&(now - stream.last)));
            self.lost += (before - self.open.len()) as u64;
        }
        let has_room = self.open.len() < STREAMS_MAX;
        self.lost += u64::from(!has_room);
        has_room
    }
}

/// Whether a segment that nothing is known of may begin with an answer: its length, a header with QR and one question.
fn begins_an_answer(payload: &[u8]) -> bool {
    match payload.first_chunk::<8>() {
        Some([l0, l1, _, _, flags, _, 0, 1]) => flags & 0x80 != 0 && u16::from_be_bytes([*l0, *l1]) >= 12,
        _ => false,
    }
}

impl Stream {
    /// Adds octets at a place; false where they leave no hope of the stream becoming whole.
    fn add(&mut self, sequence: u32, payload: &[u8]) -> bool {
        if payload.is_empty() {
            return true;
        }
        let ahead = sequence.wrapping_sub(self.next) as i32;
        if ahead > 0 {
            self.early_octets += payload.len();
            self.early.entry(sequence).or_insert_with(|| payload.to_vec());
            return self.early_octets <= EARLY_OCTETS_MAX && self.early.len() <= EARLY_SEGMENTS_MAX;
        }
        self.append(sequence, payload);
        while let Some(sequence) = self.due() {
            let Some(octets) = self.early.remove(&sequence) else { break };
            self.early_octets = self.early_octets.saturating_sub(octets.len());
            self.append(sequence, &octets);
        }
        true
    }

    /// A segment whose turn has come. There are few, and numbers run past their end.
    fn due(&self) -> Option<u32> {
        self.early.keys().copied().find(|sequence| sequence.wrapping_sub(self.next) as i32 <= 0)
    }

    /// Appends what is new of octets that begin at or before the next one.
    fn append(&mut self, sequence: u32, payload: &[u8]) {
        let known = self.next.wrapping_sub(sequence) as usize;
        if let Some(new) = payload.get(known..) {
            self.ready.extend_from_slice(new);
            self.next = self.next.wrapping_add(new.len() as u32);
        }
    }

    /// Gives away the messages that are complete.
    fn give(&mut self, take: &mut impl FnMut(&[u8])) {
        let mut at = 0;
        while let Some(length) = self.ready.get(at..).and_then(|rest| rest.first_chunk::<2>()) {
            let end = at + 2 + usize::from(u16::from_be_bytes(*length));
            let Some(message) = self.ready.get(at + 2..end) else { break };
            take(message);
            at = end;
        }
        self.ready.drain(..at);
        debug_assert!(self.ready.len() < MESSAGE_OCTETS_MAX, "a message that is complete was given away");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENDS: Ends = Ends { from: [1; 16], to: [2; 16] };

    fn segment(sequence: u32, begins: bool, payload: &[u8]) -> Segment<'_> {
        Segment { from: 53, to: 4711, sequence, begins, ends: false, payload }
    }

    /// Messages of segments that come one after the other.
    fn messages(segments: &[Segment<'_>]) -> (Vec<Vec<u8>>, u64) {
        let (mut streams, mut found) = (Streams::default(), Vec::new());
        segments.iter().for_each(|segment| streams.add(ENDS, segment, 0, |message| found.push(message.to_vec())));
        (found, streams.lost())
    }

    #[test]
    fn segments_in_any_order_make_messages() {
        let start = u32::MAX - 3;
        let at = |offset: u32, payload| segment(start.wrapping_add(1 + offset), false, payload);
        let (found, lost) = messages(&[
            segment(start, true, b""),
            at(4, b"lo\0\x03one"),
            at(0, b"\0\x04hel"),
            at(0, b"\0\x04hel"),
            at(11, b"\0\x01"),
            at(13, b"!"),
        ]);
        // The second segment overlaps the third, whose octets came first in the stream.
        assert_eq!(found, [b"helo".to_vec(), b"one".to_vec(), b"!".to_vec()]);
        assert_eq!(lost, 0);
    }

    #[test]
    fn data_with_the_first_segment_and_streams_under_way() {
        assert_eq!(messages(&[segment(9, true, b"\0\x01x")]).0, [b"x"]);
        let answer = [&[0, 12, 0, 7, 0x81, 0x80, 0, 1][..], &[0; 6]].concat();
        assert_eq!(messages(&[segment(9, false, b"middle of something"), segment(700, false, &answer)]).0.len(), 1);
    }

    #[test]
    fn a_gap_ends_a_stream_and_is_counted() {
        let many: Vec<Segment<'_>> = (0..200).map(|number| segment(100 + number, false, b"x")).collect();
        let (found, lost) = messages(&[&[segment(9, true, b"")][..], &many].concat());
        assert_eq!((found.len(), lost), (0, 1));
    }
}
