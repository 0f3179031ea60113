//! A domain of a world: who held it when, and what its zone said when. All lines and answers are made from this.

use std::net::IpAddr;

use model::{RecordType, Time, time::DAY};

use crate::{
    clock::{END, NOW, SENSORS_SINCE},
    random::Random,
};

/// A registrable domain.
#[derive(Clone, Debug)]
pub(crate) struct Domain {
    pub(crate) name: String,
    /// Its registrations, one after the other.
    pub(crate) holdings: Vec<Holding>,
    pub(crate) facts: Vec<Fact>,
}

/// A registration of a domain by one holder, up to its end.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    pub(crate) created: Time,
    pub(crate) updated: Time,
    pub(crate) expires: Time,
    /// When it was deleted.
    pub(crate) until: Time,
    /// Index into the registrars of the world.
    pub(crate) registrar: usize,
    /// The holder's customer number at the registrar.
    pub(crate) account: String,
    pub(crate) registrant: Party,
    pub(crate) admin: Party,
    pub(crate) tech: Party,
    pub(crate) name_servers: Vec<String>,
    /// When the record was gathered that is among the fed registrations; none where none is.
    pub(crate) fed: Option<Time>,
}

/// A contact; an empty field is not stated.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Party {
    pub(crate) name: String,
    pub(crate) organization: String,
    pub(crate) email: String,
    pub(crate) phone: String,
    pub(crate) street: String,
    pub(crate) city: String,
    pub(crate) state: String,
    pub(crate) postal_code: String,
    pub(crate) country: String,
}

/// Something that a zone says for a while.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    /// The owner name; `*.` in front makes it a wildcard, which is served and never seen.
    pub(crate) name: String,
    pub(crate) data: Data,
    pub(crate) from: Time,
    pub(crate) until: Time,
    pub(crate) seen: Seen,
}

/// The data of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Data {
    /// A or AAAA.
    Address(IpAddr),
    NameServer(String),
    Alias(String),
    Mail(String),
    /// Primary server and mailbox of a zone.
    Authority(String, String),
}

/// Who sees a fact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Seen {
    /// Nobody.
    Never,
    /// The sensors now and then, with this probability each.
    Sometimes(f64),
    /// The sensors week after week.
    Steadily,
    /// No sensor; a provider states it, as one span over all its time.
    Stated,
}

/// A line of a source: from when to when, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) first: Time,
    pub(crate) last: Time,
    pub(crate) count: u64,
}

impl Domain {
    /// Who holds it at this moment.
    pub(crate) fn holding(&self, at: Time) -> Option<&Holding> {
        self.holdings.iter().find(|holding| holding.created <= at && at < holding.until)
    }
}

impl Fact {
    /// A fact that lasts as long as the world.
    pub(crate) fn new(name: impl Into<String>, data: Data, from: Time, seen: Seen) -> Fact {
        Fact { name: name.into(), data, from, until: END, seen }
    }

    pub(crate) fn is_at(&self, at: Time) -> bool {
        self.from <= at && at < self.until
    }

    /// What sensor `sensor` saw of it, in order of time.
    pub(crate) fn sightings(&self, seed: u64, sensor: usize) -> Vec<Sighting> {
        let (from, until) = (self.from.max(SENSORS_SINCE), self.until.min(END));
        let text = format!("{} {} {}", self.name, self.data.rrtype(), self.data.text());
        let mut random = Random::of(seed, &text, self.from.0 as u64 ^ sensor as u64);
        match self.seen {
            _ if from >= until => Vec::new(),
            Seen::Sometimes(probability) if random.chance(probability) => sometimes(&mut random, from, until),
            // The second sensor is where less of the traffic passes.
            Seen::Steadily => steadily(&mut random, from, until, 1 + sensor as i64),
            Seen::Sometimes(_) | Seen::Never | Seen::Stated => Vec::new(),
        }
    }

    /// What the provider states of it.
    pub(crate) fn statement(&self) -> Option<Sighting> {
        let last = self.until.plus(-1).min(NOW.plus(-DAY));
        (self.seen == Seen::Stated).then_some(Sighting { first: self.from, last, count: 40 })
    }
}

/// One to four visits of at most some days, more of them lately.
fn sometimes(random: &mut Random, from: Time, until: Time) -> Vec<Sighting> {
    let visits = 1 + random.skewed(4);
    let mut sightings: Vec<Sighting> = (0..visits)
        .map(|_| {
            let back = ((until.0 - from.0) as f64 * random.unit().powi(2)) as i64;
            let last = until.plus(-1 - back);
            let first = last.plus(-(random.below(5 * DAY as u64) as i64)).max(from);
            Sighting { first, last: last.max(first), count: 1 + random.skewed(200) }
        })
        .collect();
    sightings.sort_by_key(|sighting| sighting.first);
    sightings
}

/// The first hours, then five days of each week, of every `weeks`-th week.
fn steadily(random: &mut Random, from: Time, until: Time, weeks: i64) -> Vec<Sighting> {
    let mut first = from.plus(random.below(3 * 3600) as i64);
    // What is new is reported within hours.
    let glimpse = Sighting { first, last: first.plus(4 * 3600).min(until.plus(-1)).max(first), count: 1 };
    let mut sightings = vec![glimpse];
    first = first.plus(DAY);
    while first < until {
        let last = first.plus(5 * DAY + random.below(DAY as u64) as i64).min(until.plus(-1));
        sightings.push(Sighting { first, last, count: 2 + random.skewed(60) });
        first = first.plus(7 * weeks * DAY);
    }
    sightings
}

impl Data {
    pub(crate) fn rrtype(&self) -> RecordType {
        match self {
            Data::Address(IpAddr::V4(_)) => RecordType::A,
            Data::Address(IpAddr::V6(_)) => RecordType::AAAA,
            Data::NameServer(_) => RecordType::NS,
            Data::Alias(_) => RecordType::CNAME,
            Data::Mail(_) => RecordType::MX,
            Data::Authority(..) => RecordType::SOA,
        }
    }

    /// Presentation form.
    pub(crate) fn text(&self) -> String {
        match self {
            Data::Address(address) => address.to_string(),
            Data::NameServer(name) | Data::Alias(name) => name.clone(),
            Data::Mail(name) => format!("10 {name}"),
            Data::Authority(server, mailbox) => format!("{server} {mailbox} 1 7200 1800 1209600 300"),
        }
    }
}
