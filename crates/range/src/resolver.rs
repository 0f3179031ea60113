//! A resolver of a world through its day, as it tells of it by dnstap.
//!
//! Clients ask for names of the world, a few of them nearly all the time and most of them hardly ever; some ask for names
//! that are not there. What the resolver remembers it answers itself; the rest it asks the authoritative servers first, and
//! remembers for a while, that there is nothing too. It tells of both as servers do: `CLIENT_RESPONSE` with the client's
//! address, `RESOLVER_RESPONSE` with the zone asked. The stream is the same for ever for one seed.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use formats::frame_stream::{self, Control, ControlKind, Frame};
use model::{Name, RecordType, Time};

use crate::{
    DnsAnswer, World,
    domain::{Data, Domain},
    random::Random,
    zone::DnsRecord,
};

/// Of so many questions one is for a name that nobody has.
const MISTYPED: u64 = 16;
/// Octets that are sent at once.
const PIECE: usize = 256 << 10;
/// Clients stand in 10.0.0.0/8, where no host of a world is.
const CLIENTS: u64 = 1 << 17;

/// What a resolver's day is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// From which everything is drawn.
    pub seed: u64,
    /// When the first question comes.
    pub start: Time,
    /// Questions of clients a second, on average over a day.
    pub a_second: u64,
    /// Different names and types that clients know of, at most.
    pub questions: usize,
    /// Seconds that an answer is remembered.
    pub remembered: i64,
}

/// The messages of a day, one after another, without end.
pub struct Resolver {
    day: Day,
    random: Random,
    known: Vec<Known>,
    now: Time,
    /// Questions that are still to come in this second.
    left: u64,
    messages: u64,
}

/// A question that is asked again and again.
struct Known {
    zone: Name,
    answer: Arc<[u8]>,
    /// Until when the answer is remembered.
    until: Time,
}

impl World {
    /// A resolver that begins its day with nothing remembered.
    pub fn resolver(&self, day: Day) -> Resolver {
        let mut known = Vec::new();
        for domain in self.domains().filter(|domain| domain.holding(day.start).is_some()) {
            if known.len() >= day.questions {
                break;
            }
            let Ok(zone) = Name::parse(domain.name.as_bytes()) else { continue };
            known.extend(asked_about(&domain, day.start).into_iter().filter_map(|(name, rrtype)| {
                let answer = encode(&name, rrtype, &self.answer_dns(&name, rrtype, day.start))?;
                Some(Known { zone: zone.clone(), answer, until: Time(i64::MIN) })
            }));
        }
        // What is asked most is anywhere among the domains.
        let mut random = Random::of(day.seed, "popular", 0);
        for at in (1..known.len()).rev() {
            known.swap(at, random.below(at as u64 + 1) as usize);
        }
        Resolver { day, random: Random::of(day.seed, "asked", 0), known, now: day.start, left: 0, messages: 0 }
    }
}

/// Names and types that a zone has at a moment.
fn asked_about(domain: &Domain, at: Time) -> Vec<(Name, RecordType)> {
    let facts = domain.facts.iter().filter(|fact| fact.is_at(at) && !fact.name.starts_with('*'));
    let mut asked: Vec<(Name, RecordType)> = facts
        .filter_map(|fact| {
            let rrtype = if matches!(fact.data, Data::Alias(_)) { RecordType::A } else { fact.data.rrtype() };
            Some((Name::parse(fact.name.as_bytes()).ok()?, rrtype))
        })
        .collect();
    asked.sort();
    asked.dedup();
    asked
}

impl Resolver {
    /// The moment of the next message.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How many messages there were.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// The zones that clients ask about, in no order.
    pub fn zones(&self) -> impl Iterator<Item = &Name> {
        self.known.iter().map(|known| &known.zone)
    }

    /// Appends the data frames of the next question: what an authoritative server said, where one was asked, and what the
    /// client was told.
    pub fn next_frames(&mut self, out: &mut Vec<u8>) {
        while self.left == 0 {
            self.now = self.now.plus(1);
            self.left = self.questions_now();
        }
        self.left -= 1;
        let number = self.random.skewed_from(20, self.known.len() as u64) as usize;
        let Some(known) = self.known.get(number) else { return };
        let client = (0x0a00_0000 | self.random.skewed(CLIENTS) as u32).to_be_bytes();
        let mistyped = self.random.below(MISTYPED) == 0;
        let (zone, answer) = (known.zone.clone(), known.answer.clone());
        let answer = if mistyped { self.nothing(&zone) } else { answer };
        if mistyped || known_until(&mut self.known, number, self.now, self.day.remembered) {
            self.messages += 1;
            put_frame(out, Message { kind: 4, at: self.now, zone: Some(&zone), client: None, answer: &answer });
        }
        self.messages += 1;
        put_frame(out, Message { kind: 6, at: self.now, zone: None, client: Some(client), answer: &answer });
    }

    /// Few ask at night.
    fn questions_now(&self) -> u64 {
        let turn = (self.now.0 % model::time::DAY) as f64 / model::time::DAY as f64 * std::f64::consts::TAU;
        (self.day.a_second as f64 * (1.0 - 0.6 * turn.cos())) as u64
    }

    /// That a name is not there: its label is one that nobody uses.
    fn nothing(&mut self, zone: &Name) -> Arc<[u8]> {
        let label = format!("mistyped-{:x}", self.random.next() >> 24);
        let name = zone.child(label.as_bytes()).unwrap_or_else(|_| zone.clone());
        let authority = Vec::new();
        encode(&name, RecordType::A, &DnsAnswer::NxDomain { authority }).unwrap_or_default()
    }

    /// Sends so many messages to whoever receives dnstap: offers, waits to be accepted, sends, says that it was all, and
    /// waits until everything is taken. `after` is told how many went, every some hundred kilobytes.
    pub fn send(
        &mut self,
        stream: &mut (impl Read + Write),
        messages: u64,
        mut after: impl FnMut(u64),
    ) -> io::Result<()> {
        stream.write_all(&Control::dnstap(ControlKind::Ready).encode())?;
        expect(stream, ControlKind::Accept)?;
        stream.write_all(&Control::dnstap(ControlKind::Start).encode())?;
        let (mut piece, until) = (Vec::new(), self.messages + messages);
        while self.messages < until {
            while piece.len() < PIECE && self.messages < until {
                self.next_frames(&mut piece);
            }
            stream.write_all(&piece)?;
            piece.clear();
            after(self.messages);
        }
        stream.write_all(&Control::dnstap(ControlKind::Stop).encode())?;
        stream.flush()?;
        expect(stream, ControlKind::Finish)
    }
}

/// Whether the servers of a zone must be asked; then their answer is remembered from now on.
fn known_until(known: &mut [Known], number: usize, now: Time, remembered: i64) -> bool {
    let Some(known) = known.get_mut(number).filter(|known| known.until <= now) else { return false };
    known.until = now.plus(remembered);
    true
}

fn expect(stream: &mut impl Read, kind: ControlKind) -> io::Result<()> {
    match frame_stream::read(stream, &mut Vec::new())? {
        Frame::Control(control) if control.kind == kind => Ok(()),
        other => Err(io::Error::other(format!("{other:?} came instead of {kind:?}"))),
    }
}

/// An answer on the wire (RFC 1035 §4.1), names not compressed.
fn encode(name: &Name, rrtype: RecordType, said: &DnsAnswer) -> Option<Arc<[u8]>> {
    let (code, answer, authority): (u8, &[DnsRecord], &[DnsRecord]) = match said {
        DnsAnswer::Records { answer, authority } => (0, answer, authority),
        DnsAnswer::NoData { authority } => (0, &[], authority),
        DnsAnswer::NxDomain { authority } => (3, &[], authority),
    };
    let mut out = vec![0x5a, 0x5a, 0x84, code, 0, 1];
    out.extend((answer.len() as u16).to_be_bytes());
    out.extend((authority.len() as u16).to_be_bytes());
    out.extend([0, 0]);
    out.extend(name.as_wire());
    out.extend(rrtype.0.to_be_bytes());
    out.extend([0, 1]);
    for record in answer.iter().chain(authority) {
        out.extend(record.name.as_wire());
        out.extend(record.rrtype.0.to_be_bytes());
        out.extend([0, 1]);
        out.extend(record.ttl.to_be_bytes());
        out.extend(u16::try_from(record.rdata.as_octets().len()).ok()?.to_be_bytes());
        out.extend(record.rdata.as_octets());
    }
    Some(out.into())
}

/// What a frame says, by the numbers of `dnstap.proto`.
struct Message<'a> {
    kind: u8,
    at: Time,
    zone: Option<&'a Name>,
    client: Option<[u8; 4]>,
    answer: &'a [u8],
}

fn put_frame(out: &mut Vec<u8>, message: Message<'_>) {
    // Type, INET, UDP.
    let mut inner = vec![1 << 3, message.kind, 2 << 3, 1, 3 << 3, 1];
    if let Some(client) = message.client {
        put_octets(&mut inner, 4, &client);
    }
    if let Some(zone) = message.zone {
        put_octets(&mut inner, 11, zone.as_wire());
    }
    inner.push(12 << 3);
    put_varint(&mut inner, message.at.0 as u64);
    put_octets(&mut inner, 14, message.answer);
    let from = out.len();
    out.extend([0; 4]);
    put_octets(out, 1, b"resolver.range.example");
    put_octets(out, 14, &inner);
    out.extend([15 << 3, 1]);
    let length = (out.len() - from - 4) as u32;
    out[from..from + 4].copy_from_slice(&length.to_be_bytes());
}

fn put_octets(out: &mut Vec<u8>, field: u8, octets: &[u8]) {
    out.push(field << 3 | 2);
    put_varint(out, octets.len() as u64);
    out.extend_from_slice(octets);
}

fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number > 127 {
        out.push(number as u8 | 128);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use formats::dnstap::{self, Kind};

    use super::*;

    fn resolver(seed: u64) -> Resolver {
        let world = World::generated(seed, 400);
        world.resolver(Day { seed, start: world.now(), a_second: 1000, questions: 2000, remembered: 60 })
    }

    #[test]
    fn a_day_repeats_itself_and_is_dnstap() {
        let stream = |seed| {
            let (mut resolver, mut out) = (resolver(seed), Vec::new());
            (0..3000).for_each(|_| resolver.next_frames(&mut out));
            (out, resolver.messages())
        };
        let (octets, messages) = stream(3);
        assert_eq!(stream(3).0, octets);
        assert_ne!(stream(4).0, octets);
        let (mut input, mut buffer, mut kinds, mut nothing) = (octets.as_slice(), Vec::new(), [0; 2], 0);
        while frame_stream::read(&mut input, &mut buffer).unwrap() != Frame::End {
            let read = dnstap::parse(&buffer).unwrap();
            formats::dns::Message::parse(read.response.unwrap()).unwrap();
            match read.kind {
                Kind::ResolverResponse => kinds[0] += 1,
                Kind::ClientResponse => kinds[1] += 1,
                other => panic!("{other:?}"),
            }
            nothing += usize::from(read.response.unwrap()[3] == 3);
        }
        assert_eq!(kinds.iter().sum::<u64>(), messages);
        assert!(kinds[1] == 3000 && (300..2500).contains(&kinds[0]), "{kinds:?}");
        assert!((100..800).contains(&nothing), "{nothing}");
    }
}
