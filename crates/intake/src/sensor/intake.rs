//! From decoded messages to windows, and from full windows to the store.

use std::io;

use formats::{
    capture,
    dns::{Asked, Message, Reason, Refused, WireName, select},
    dnstap::{self, Kind},
    frame_stream::{self, Frame},
};
use model::{Span, SuffixList, Time};
use observations::{Appended, BatchId};
use sha2::{Digest, Sha256};

use super::{Into, Sensor};
use crate::ingest::Summary;
use engine::sensor::Window;

/// After how many messages a window ends, however few tuples it has.
const MESSAGES_MAX: u64 = 1_000_000;

/// Which messages are taken, and how far they are believed.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Answers of a resolver to its clients too.
    pub client: bool,
    /// A capture was taken between a resolver and its clients: the resolver is believed about every name.
    pub below_resolver: bool,
    /// The ports that servers answer from.
    pub ports: Vec<u16>,
}

/// Gathers what messages say, and stores it window by window.
pub struct Intake<'a> {
    sensor: &'a Sensor,
    to: Into<'a>,
    taken: Taken,
    window: Window,
    scratch: Vec<u8>,
    refused: Refused,
    suffixes: std::sync::Arc<SuffixList>,
    /// Of all octets so far, where the input can be read again.
    digest: Option<Sha256>,
    since: u64,
    /// What came of it so far.
    pub summary: Summary,
}

impl<'a> Intake<'a> {
    /// An input that can be read again has a name; its windows are counted once.
    pub fn new(sensor: &'a Sensor, to: Into<'a>, taken: Taken, name: Option<&str>) -> Intake<'a> {
        Intake {
            sensor,
            to,
            taken,
            window: Window::default(),
            scratch: Vec::new(),
            refused: Refused::default(),
            suffixes: SuffixList::bundled(),
            digest: name.map(|name| Sha256::new().chain_update(name).chain_update([0])),
            since: 0,
            summary: Summary::default(),
        }
    }

    /// Reads a file of frames to its end. What is before a damaged place counts.
    pub fn dnstap(&mut self, input: &mut impl io::Read, mut progress: impl FnMut(&Summary)) -> anyhow::Result<()> {
        let mut buffer = Vec::new();
        loop {
            match frame_stream::read(input, &mut buffer) {
                Ok(Frame::Data) => {
                    self.frame(&buffer);
                    self.store_when_due(&mut progress)?;
                }
                Ok(Frame::Control(_)) => {}
                Ok(Frame::End) => break,
                Err(error) => {
                    self.summary.damaged = Some(error.to_string());
                    break;
                }
            }
        }
        self.end(progress)
    }

    /// Reads a capture to its end.
    pub fn capture(&mut self, input: impl io::Read, mut progress: impl FnMut(&Summary)) -> anyhow::Result<()> {
        let mut reader = capture::Reader::new(input)?;
        let mut decoder = capture::Decoder::new(&self.taken.ports);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => {
                    self.count(frame.octets);
                    let resolver = self.taken.below_resolver;
                    decoder.feed(&frame, |message| self.message(message, None, resolver, frame.time));
                    self.store_when_due(&mut progress)?;
                }
                Ok(None) => break,
                Err(error) => {
                    self.summary.damaged = Some(error.to_string());
                    break;
                }
            }
        }
        for (what, count) in decoder.losses().iter() {
            *self.summary.dropped.entry(what.to_owned()).or_default() += count;
        }
        self.end(progress)
    }

    /// Takes a dnstap frame.
    pub fn frame(&mut self, frame: &[u8]) {
        self.count(frame);
        let Some(read) = dnstap::parse(frame) else { return self.refused.add(Reason::Malformed, 1) };
        let resolver = match read.kind {
            Kind::AuthResponse | Kind::ResolverResponse => false,
            Kind::ClientResponse | Kind::ForwarderResponse if self.taken.client => true,
            Kind::ClientResponse | Kind::ForwarderResponse => {
                *self.summary.dropped.entry("answers to clients, not asked for".to_owned()).or_default() += 1;
                return;
            }
            Kind::Other => return self.refused.add(Reason::Query, 1),
        };
        let Some(response) = read.response else { return self.refused.add(Reason::Malformed, 1) };
        let zone = read.zone.and_then(WireName::from_wire);
        self.message(response, zone.as_ref(), resolver, read.time.unwrap_or(0));
    }

    fn message(&mut self, octets: &[u8], zone: Option<&WireName>, resolver: bool, time: i64) {
        self.summary.messages += 1;
        let Ok(message) = Message::parse(octets) else { return self.refused.add(Reason::Malformed, 1) };
        let asked = Asked { zone, resolver, suffixes: &self.suffixes };
        let (window, span) = (&mut self.window, Span::at(Time(time)));
        select(&message, &asked, &mut self.scratch, &mut self.refused, |answer| window.add(&answer, span, 1));
    }

    fn count(&mut self, octets: &[u8]) {
        self.summary.lines += 1;
        self.summary.octets += octets.len() as u64;
        self.since += 1;
        if let Some(digest) = &mut self.digest {
            digest.update((octets.len() as u32).to_be_bytes());
            digest.update(octets);
        }
    }

    fn store_when_due(&mut self, progress: &mut impl FnMut(&Summary)) -> anyhow::Result<()> {
        if self.window.is_full() || self.since >= MESSAGES_MAX {
            self.store()?;
            progress(&self.summary);
        }
        Ok(())
    }

    fn end(&mut self, mut progress: impl FnMut(&Summary)) -> anyhow::Result<()> {
        self.store()?;
        progress(&self.summary);
        Ok(())
    }

    /// When the observations that come arrive.
    pub fn arrives(&mut self, at: Time) {
        self.to.arrived = at;
    }

    /// Whether the window should be stored, however young it is.
    pub fn is_full(&self) -> bool {
        self.window.is_full()
    }

    /// Stores the window.
    pub fn store(&mut self) -> anyhow::Result<()> {
        self.since = 0;
        for (reason, count) in std::mem::take(&mut self.refused).iter() {
            *self.summary.dropped.entry(reason.as_str().to_owned()).or_default() += count;
        }
        let id = self.digest.as_ref().and_then(|digest| digest.clone().finalize().first_chunk().copied()).map(BatchId);
        let id = id.filter(|_| !self.window.is_empty());
        let stored = self.sensor.keep(&self.to, &mut self.window, id)?;
        self.summary.add(&stored.kept, stored.fate == Appended::Known);
        Ok(())
    }
}
