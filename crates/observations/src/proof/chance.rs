//! A small made-up world, chosen from by chance that repeats.

use std::net::Ipv6Addr;

use crate::{Batch, BatchId};
use model::{
    Counting, Disclosed, Exposure, Name, Observation, RawAnswer, Rdata, RecordType, Registration, RegistrationRecord,
    Source, SourceId, SourceKind, Span, Time, Tuple, registration::Protocol, registration::State,
};

/// When it begins.
pub const START: i64 = 1_767_225_600;
/// Seconds of a day.
pub const DAY: i64 = 86_400;

const DOMAINS: [&str; 7] =
    ["a.example", "b.example", "aa.example", "a-b.example", "c.test", r"odd\000.test", r"\200x.test"];

/// A stream of random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit, and 0 where the limit is 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit.max(1) as u64) as usize
    }

    /// True so often in a hundred.
    pub fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// One of whatever comes; none of nothing.
    pub fn pick_from<T: Clone>(&mut self, from: impl IntoIterator<Item = T>) -> Option<T> {
        let all: Vec<T> = from.into_iter().collect();
        (!all.is_empty()).then(|| all[self.below(all.len())].clone())
    }

    /// A registrable domain.
    pub fn domain(&mut self) -> Name {
        name(self.pick(&DOMAINS))
    }

    /// A name: one of a few, so that they meet again.
    pub fn owner(&mut self) -> Name {
        if self.percent(2) {
            return name(self.pick(&[".", "example", "test"]));
        }
        let domain = self.domain();
        let labels: [&[u8]; 9] = [b"", b"", b"www", b"mail", b"*", b"_tcp", b"a.b", b"\x00\xff", b"ns"];
        let mut owner = domain;
        for _ in 0..=self.below(2) {
            let label = self.pick(&labels);
            owner = if label.is_empty() { owner } else { owner.child(label).expect("short enough") };
        }
        owner
    }

    /// A record of any type, odd ones included.
    pub fn tuple(&mut self) -> Tuple {
        let rrname = self.owner();
        let (rrtype, rdata) = self.data();
        let bailiwick = if self.percent(20) { None } else { Some(self.below(rrname.label_count() + 1) as u8) };
        Tuple { rrname, rrtype, bailiwick, rdata: Rdata::from_canonical(&rdata) }
    }

    fn data(&mut self) -> (RecordType, Vec<u8>) {
        let (few, target) = (self.below(6) as u8, self.owner());
        let numbered = |prefix: &[u8]| [prefix, target.as_wire()].concat();
        match self.below(16) {
            0..4 => (RecordType::A, vec![192, 0, 2, few]),
            4 => (RecordType::A, vec![198, 51, 100, self.below(256) as u8]),
            5 => (RecordType::AAAA, Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(few)).octets().to_vec()),
            6 => (RecordType::NS, numbered(&[])),
            7 => (if few < 3 { RecordType::CNAME } else { RecordType::PTR }, numbered(&[])),
            8 => (RecordType::MX, numbered(&[0, few])),
            9 => (RecordType::SRV, numbered(&[0, 1, 0, 2, 1, few])),
            10 => (RecordType::HTTPS, [numbered(&[0, 1]), vec![0, 1, 0, 3, 2, b'h', b'2']].concat()),
            11 => (RecordType::SOA, self.authority(&target)),
            12 => (RecordType::TXT, vec![2, b'a' + few, b'x']),
            13 => (RecordType::TXT, self.long_text(few)),
            14 => (RecordType(65_280), vec![0; few.into()]),
            _ => (if few < 3 { RecordType::A } else { RecordType::NS }, vec![5, few]), // no address, no name
        }
    }

    fn authority(&mut self, mname: &Name) -> Vec<u8> {
        let rname = if self.percent(30) { mname.clone() } else { self.owner() };
        let numbers = [self.below(3) as u32, 7200, 3600, 86_400, 300].map(u32::to_be_bytes).concat();
        [mname.as_wire(), rname.as_wire(), &numbers].concat()
    }

    /// Texts that differ only at their ends, which a key may not hold.
    fn long_text(&mut self, last: u8) -> Vec<u8> {
        let string = [vec![255], vec![b'k'; 255]].concat();
        [string.clone(), string, vec![1, last]].concat()
    }

    /// A span within some months, mostly a moment.
    pub fn span(&mut self) -> Span {
        let first = Time(START + self.below(90 * 24) as i64 * 3600);
        let length = match self.below(10) {
            0..7 => 0,
            7..9 => self.below(3 * 24) as i64 * 3600,
            _ => self.below(40 * 24) as i64 * 3600,
        };
        Span::new(first, first.plus(length)).expect("in order")
    }

    /// Something that was seen.
    pub fn observation(&mut self) -> Observation {
        let count = if self.percent(5) { u64::MAX - self.below(3) as u64 } else { 1 + self.below(1000) as u64 };
        Observation { tuple: self.tuple(), span: self.span(), count }
    }

    /// An answer about a domain, and what was read of it.
    pub fn registration(&mut self) -> RegistrationRecord {
        let domain = self.domain();
        let mut registration =
            Registration { domain: Some(domain.clone()), state: State::Registered, ..Default::default() };
        let mailboxes = ["eve@mail.example", "mallory@mail.example", "eve@other.example", "info@mail.example.test"];
        registration.registrant.email = Disclosed::Stated(self.pick(&mailboxes).into());
        registration.registrant.name = Disclosed::Redacted("REDACTED FOR PRIVACY".into());
        if self.percent(40) {
            registration.admin.email = Disclosed::Stated(self.pick(&mailboxes).into());
        }
        if self.percent(40) {
            registration.registrant.organization =
                Disclosed::Stated(self.pick(&["Eve Ltd", "Eve  LTD", "Étoile"]).into());
        }
        registration.registrar.iana_id = Some(4711 + self.below(2) as u32);
        registration.updated = Some(Time(START + self.below(1000) as i64)); // noise
        let body = format!("domain: {domain}\nserial: {}\n", self.below(50)).into_bytes();
        let raw = vec![RawAnswer { protocol: Protocol::Whois, server: "whois.example".into(), body }];
        RegistrationRecord { domain, registration, raw, observed: self.span().first() }
    }

    /// A batch of up to so many rows, mostly with an id.
    pub fn batch(&mut self, source: SourceId, arrived: Time, rows: usize) -> Batch {
        let id = self.percent(80).then(|| {
            let half = self.draw().to_be_bytes();
            BatchId([half, half].concat().try_into().expect("sixteen octets"))
        });
        let observations = (0..self.below(rows + 1)).map(|_| self.observation()).collect();
        let registrations =
            if self.percent(30) { (0..self.below(4)).map(|_| self.registration()).collect() } else { Vec::new() };
        Batch { id, source, arrived, observations, registrations, networks: Vec::new(), parser: 1 }
    }
}

/// All registrable domains.
pub fn domains() -> impl Iterator<Item = Name> {
    DOMAINS.iter().map(|text| name(text))
}

/// A name that is known to be one.
pub fn name(text: &str) -> Name {
    text.parse().expect("a name")
}

/// A source that is still to be added.
pub fn source(name: &str, counting: Counting) -> Source {
    Source {
        id: SourceId(0),
        name: name.into(),
        kind: SourceKind::Sensor,
        counting,
        exposure: Exposure::Nobody,
        population: true,
        licence: None,
        retention_days: None,
    }
}
