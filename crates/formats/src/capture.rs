//! DNS in packet captures: from the file to whole DNS messages.
//!
//! [`Reader`] reads the file (pcap or pcapng) frame by frame. [`Decoder`] takes each frame apart: link, IP (fragments
//! are put together), UDP or TCP (streams are put together), and gives away what servers sent from their port, message
//! by message. Nothing of addresses leaves this module: who asked is not wanted.
//!
//! Everything that is remembered between frames has a limit; what was lost by it is counted ([`Losses`]).

mod file;
mod fragment;
mod link;
mod packet;
mod stream;

use fragment::Fragments;
use packet::Transport;
use stream::Streams;

pub use file::{FRAME_OCTETS_MAX, Frame, Reader};

/// The port of DNS; multicast DNS has 5353.
pub const DNS_PORT: u16 = 53;

/// What was in a capture and gave no message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Frames of a link type that is not known.
    pub unknown_link: u64,
    /// Packets that end early, or contradict themselves.
    pub malformed: u64,
    /// Fragmented packets that never became whole, or for which there was no room.
    pub fragments: u64,
    /// TCP streams with a gap, or for which there was no room.
    pub streams: u64,
}

impl Losses {
    /// Each kind in words, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        [
            ("frames of an unknown link type", self.unknown_link),
            ("packets that cannot be read", self.malformed),
            ("fragmented packets that were not complete", self.fragments),
            ("TCP streams that were not complete", self.streams),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }
}

/// Takes frames apart.
#[derive(Debug)]
pub struct Decoder {
    ports: Vec<u16>,
    fragments: Fragments,
    streams: Streams,
    losses: Losses,
}

impl Decoder {
    /// Looks for what is sent from these ports.
    pub fn new(ports: &[u16]) -> Decoder {
        Decoder {
            ports: ports.to_vec(),
            fragments: Fragments::default(),
            streams: Streams::default(),
            losses: Losses::default(),
        }
    }

    /// What gave no message so far.
    pub fn losses(&self) -> Losses {
        Losses { fragments: self.fragments.lost(), streams: self.streams.lost(), ..self.losses }
    }

    /// Takes a frame apart and shows each message that is complete with it.
    pub fn feed(&mut self, frame: &Frame<'_>, mut take: impl FnMut(&[u8])) {
        let Some(network) = link::network(frame.link, frame.octets) else {
            self.losses.unknown_link += u64::from(!link::is_known(frame.link));
            return;
        };
        let Some(packet) = packet::parse(network) else {
            self.losses.malformed += 1;
            return;
        };
        let whole;
        let packet = match packet.fragment {
            None => packet,
            Some(part) => match self.fragments.add(&packet, part, frame.time) {
                None => return,
                Some(payload) => {
                    whole = payload;
                    packet.whole(&whole)
                }
            },
        };
        match packet.transport() {
            Some(Transport::Udp { from, payload }) if self.ports.contains(&from) => take(payload),
            Some(Transport::Tcp(segment)) if self.ports.contains(&segment.from) => {
                self.streams.add(packet.ends(), &segment, frame.time, take);
            }
            Some(_) => {}
            None => self.losses.malformed += 1,
        }
    }
}
