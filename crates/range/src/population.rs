//! Ordinary domains: who holds them, where they point. Each is made anew from its number when it is asked for.
//!
//! What is drawn, so that whoever weighs evidence knows what the counts mean (N = number of ordinary domains; the
//! figures in brackets are those of N = 10,000 and seed 1):
//! - **Owners** (4,100): portfolios after a Pareto law of exponent 1.5, at most N/100 domains: two thirds of owners
//!   have one domain, the largest a hundred. An owner has one contact, one customer number, and habits: three quarters
//!   of a portfolio stand with the owner's registrar and on the owner's machine.
//! - **Hosting**: 48 % on shared machines, N/60 of them, sharing falls as 1/rank (the fullest has 731 domains, the
//!   median one 20); 25 % on a machine of the owner's, often the only domain on it; 12 % behind a content delivery
//!   network (48 addresses); 9 % parked; 6 % without a zone. A seventh of them stood elsewhere before.
//! - **Name servers** (96 pairs, of 10 to 963 domains): the registrar's or the hoster's pair, a content delivery
//!   network's pair for an account, or a parking company's.
//! - **Registrants**: a quarter redacted, an eighth a privacy service's (four services, which stand as some contact of
//!   310 to 770 domains each), the rest stated.
//! - **Registrars**: twelve, from 20 % down to 1 % of domains.
//! - **Sensors**: each of two sees a fact with probability 0.2 to 0.7, one to four times, for at most five days each
//!   time, lately more than long ago (some 32,000 lines each).

use model::{Time, time::DAY};

use crate::{
    clock::{END, NOW, SENSORS_SINCE, days_ago},
    domain::{Data, Domain, Fact, Holding, Party, Seen},
    infrastructure::{self, Infrastructure, located},
    names::{LABELS, Names},
    random::Random,
};

/// Of the Pareto law of portfolios.
const PORTFOLIO_EXPONENT: f64 = 1.5;
/// Numbers of labels that are kept for domains written by hand.
pub(crate) const RESERVED_LABELS: u64 = 10_000;
/// The largest population.
pub(crate) const DOMAINS_MAX: usize = (LABELS - RESERVED_LABELS) as usize;
const REDACTED: &str = "REDACTED FOR PRIVACY";
/// Ordinary registrations never fall into this minute of seven; what is written by hand does, so that the minute of
/// a registration joins nothing that it should not.
pub(crate) const MINUTE_SET_APART: i64 = 3;

/// The ordinary domains of a world.
#[derive(Debug)]
pub(crate) struct Population {
    seed: u64,
    count: u64,
    /// The first domain of each owner, ascending.
    first_of_owner: Vec<u32>,
}

/// How an owner uses domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hosting {
    Shared,
    Dedicated,
    Cdn,
    Parked,
    None,
}

impl Population {
    pub(crate) fn new(seed: u64, count: usize) -> Population {
        let count = count.min(DOMAINS_MAX) as u64;
        let mut random = Random::of(seed, "portfolios", 0);
        let (mut first_of_owner, mut next) = (Vec::new(), 0);
        while next < count {
            first_of_owner.push(next as u32);
            let size = (1.0 - random.unit()).powf(-1.0 / PORTFOLIO_EXPONENT) as u64;
            next += size.clamp(1, (count / 100).max(1));
        }
        Population { seed, count, first_of_owner }
    }

    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    fn owner(&self, number: u64) -> u64 {
        self.first_of_owner.partition_point(|first| u64::from(*first) <= number).saturating_sub(1) as u64
    }

    /// How many shared machines there are.
    fn machines(&self) -> u64 {
        (self.count / 60).clamp(24, 60_000)
    }

    /// Domain `number`, below [`Population::len`].
    pub(crate) fn domain(&self, number: u64, names: &Names, world: &Infrastructure) -> Domain {
        let owner = self.owner(number);
        Draft {
            population: self,
            names,
            world,
            random: Random::of(self.seed, "domain", number),
            habits: Random::of(self.seed, "owner", owner),
            owner,
            first: u64::from(self.first_of_owner[owner as usize]),
            name: names.domain(number),
        }
        .domain()
    }
}

/// A domain in the making.
struct Draft<'a> {
    population: &'a Population,
    names: &'a Names,
    world: &'a Infrastructure,
    /// What is the domain's own.
    random: Random,
    /// What all of the owner's domains have in common: always cloned, so that it begins anew.
    habits: Random,
    owner: u64,
    /// The owner's first domain.
    first: u64,
    name: String,
}

impl Draft<'_> {
    fn domain(mut self) -> Domain {
        let created = self.created();
        let usual = self.random.chance(0.75);
        let hosting = hosting(&mut if usual { self.habits.clone() } else { self.random.clone() });
        let registrar = self.registrar(usual);
        let name_servers = self.name_servers(hosting, registrar);
        let (registrant, admin, tech) = self.parties(registrar);
        let holding = Holding {
            created,
            updated: created.plus(self.random.below((NOW.0 - created.0).max(1) as u64) as i64),
            expires: next_anniversary(created),
            until: END,
            registrar,
            account: self.account(),
            registrant,
            admin,
            tech,
            name_servers: name_servers.clone(),
            fed: Some(days_ago(self.random.below(120) as i64).max(created.plus(3600)).min(NOW)),
        };
        let facts = self.facts(hosting, created, &name_servers);
        Domain { name: self.name, holdings: vec![holding], facts }
    }

    /// Recent years have more; never in the minute that is set apart.
    fn created(&mut self) -> Time {
        let days = 2 + (6200.0 * self.random.unit().powi(2)) as i64;
        let minute = self.random.below(1440 / 7) as i64 * 7;
        let other = (MINUTE_SET_APART + 1 + self.random.below(6) as i64) % 7;
        days_ago(days).plus((minute + other) * 60 + self.random.below(60) as i64)
    }

    fn registrar(&mut self, usual: bool) -> usize {
        let zone = self.name.split_once('.').map_or("", |(_, zone)| zone);
        let mut habits = Random::of(self.habits.clone().next(), "registrar", 0);
        self.world.any_registrar(if usual { &mut habits } else { &mut self.random }, zone)
    }

    /// One number for each owner; registrars have numbers of their own, so that no number is at two of them by chance
    /// more often than numbers are.
    fn account(&self) -> String {
        (10_000_000 + self.owner.wrapping_mul(7_654_321) % 49_999_991).to_string()
    }

    fn name_servers(&mut self, hosting: Hosting, registrar: usize) -> Vec<String> {
        let mut habits = Random::of(self.habits.clone().next(), "name servers", 0);
        match hosting {
            Hosting::Parked => infrastructure::name_servers(&self.world.parking[self.parking_company()].domain),
            Hosting::Cdn => self.world.account_name_servers(&mut habits),
            _ if habits.chance(0.56) => self.world.registrars[registrar].name_servers(),
            _ => infrastructure::name_servers(&self.world.hosters[self.hoster(hosting)].domain),
        }
    }

    fn parking_company(&self) -> usize {
        (self.owner % 3 / 2) as usize
    }

    fn hoster(&self, hosting: Hosting) -> usize {
        match hosting {
            Hosting::Shared => infrastructure::shared_hoster(self.machine()),
            _ => (self.owner % infrastructure::HOSTERS as u64) as usize,
        }
    }

    /// The owner's shared machine.
    fn machine(&self) -> u64 {
        let mut habits = Random::of(self.habits.clone().next(), "machine", 0);
        let machines = self.population.machines();
        // Ranks begin later in a large world, so that no machine has more than some thousand domains.
        let start = machines / 400;
        habits.skewed_from(start, machines)
    }

    fn facts(&mut self, hosting: Hosting, created: Time, name_servers: &[String]) -> Vec<Fact> {
        if hosting == Hosting::None {
            return Vec::new();
        }
        let from = created.plus(self.random.below(3 * DAY as u64) as i64);
        let mut facts = self.address_facts(hosting, from);
        let mut add = |data, probability| {
            facts.push(Fact::new(self.name.clone(), data, from, Seen::Sometimes(probability)));
        };
        for server in name_servers {
            add(Data::NameServer(server.clone()), 0.4);
        }
        if let Some(authority) = infrastructure::authority(name_servers) {
            add(authority, 0.2);
        }
        if hosting != Hosting::Parked && self.random.chance(0.5) {
            let provider = &self.world.mail[(self.owner % 3) as usize].domain;
            add(Data::Mail(format!("mx.{provider}")), 0.3);
        }
        facts
    }

    fn address_facts(&mut self, hosting: Hosting, from: Time) -> Vec<Fact> {
        let moved = self.random.chance(0.14).then(|| self.moment_after(from.max(SENSORS_SINCE)));
        let (name, www) = (self.name.clone(), format!("www.{}", self.name));
        let mut facts = Vec::new();
        for data in self.addresses(hosting) {
            facts.push(Fact::new(&name, data, moved.unwrap_or(from), Seen::Sometimes(0.7)));
        }
        facts.push(Fact::new(www, Data::Alias(name.clone()), from, Seen::Sometimes(0.3)));
        if let Some(moved) = moved {
            let earlier = Data::Address(infrastructure::shared_host(self.random.below(self.population.machines())));
            facts.push(Fact { until: moved, ..Fact::new(&name, earlier, from, Seen::Sometimes(0.5)) });
        }
        if hosting == Hosting::Parked {
            let wildcard = facts[0].data.clone();
            facts.push(Fact::new(format!("*.{name}"), wildcard, from, Seen::Never));
        }
        facts
    }

    fn addresses(&mut self, hosting: Hosting) -> Vec<Data> {
        match hosting {
            Hosting::Shared => vec![Data::Address(infrastructure::shared_host(self.machine()))],
            Hosting::Dedicated if self.owner.is_multiple_of(3) => vec![
                Data::Address(infrastructure::dedicated_host(self.owner)),
                Data::Address(infrastructure::dedicated_host_v6(self.owner)),
            ],
            Hosting::Dedicated => vec![Data::Address(infrastructure::dedicated_host(self.owner))],
            Hosting::Cdn => {
                let first = self.random.below(24);
                let network = (self.owner % 4 / 3) as usize;
                [first, first + 1].map(|host| Data::Address(infrastructure::cdn_host(network, host))).into()
            }
            Hosting::Parked => {
                let (company, host) = (self.parking_company(), self.random.below(4));
                vec![Data::Address(infrastructure::parking_host(company, host))]
            }
            Hosting::None => Vec::new(),
        }
    }

    fn moment_after(&mut self, start: Time) -> Time {
        start.plus(self.random.below((NOW.0 - start.0).max(1) as u64) as i64)
    }

    /// The three contacts of a registration.
    fn parties(&self, registrar: usize) -> (Party, Party, Party) {
        let mut habits = Random::of(self.habits.clone().next(), "party", 0);
        let privacy = habits.unit();
        let owner = self.owner_party(&mut habits);
        if privacy < 0.25 {
            let redacted = redacted(&owner);
            return (redacted.clone(), redacted.clone(), redacted);
        }
        let service = &self.world.registrars[registrar].privacy;
        if privacy < 0.37 {
            return (service.clone(), service.clone(), service.clone());
        }
        (owner.clone(), owner.clone(), if privacy < 0.45 { service.clone() } else { owner })
    }

    fn owner_party(&self, habits: &mut Random) -> Party {
        let name = self.names.person(habits);
        let organization = if habits.chance(0.5) { self.names.company(habits) } else { String::new() };
        let local = name.to_lowercase().replace(' ', ".");
        let email = match habits.below(3) {
            0 => format!("{local}@{}", self.names.domain(self.first)),
            provider => format!("{local}.{}@{}", self.owner, self.world.mail[provider as usize].domain),
        };
        Party { name, organization, email, ..located(self.names, habits) }
    }
}

fn hosting(random: &mut Random) -> Hosting {
    match random.unit() {
        drawn if drawn < 0.48 => Hosting::Shared,
        drawn if drawn < 0.73 => Hosting::Dedicated,
        drawn if drawn < 0.85 => Hosting::Cdn,
        drawn if drawn < 0.94 => Hosting::Parked,
        _ => Hosting::None,
    }
}

/// What a registrar shows of a contact that asked not to be shown.
pub(crate) fn redacted(party: &Party) -> Party {
    let withheld = || REDACTED.to_owned();
    Party {
        name: withheld(),
        organization: withheld(),
        email: withheld(),
        phone: withheld(),
        street: withheld(),
        city: withheld(),
        state: party.state.clone(),
        postal_code: withheld(),
        country: party.country.clone(),
    }
}

/// The end of the year of registration that runs today.
pub(crate) fn next_anniversary(created: Time) -> Time {
    let years = NOW.days_since(created) / 365 + 1;
    created.plus(years * 365 * DAY)
}
