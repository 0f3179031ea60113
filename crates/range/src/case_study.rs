//! The case study: the hand-written domains on top of a population, from `worlds/case-study.toml`.
//!
//! The file says who shares what; here names, people and numbers are drawn for it. A [`Tie`] that is cut is replaced
//! by a value of each domain's own.

mod decoy;
mod file;

use std::net::IpAddr;

use model::{Name, Time, time::DAY};

use crate::{
    clock::{END, days_ago},
    domain::{Data, Domain, Fact, Holding, Party, Seen},
    infrastructure::{self, Infrastructure, located},
    names::{self, Names, capital},
    population::{Population, next_anniversary},
    random::Random,
    truth::Truth,
};
use file::{AddressEntry, Entry, File, Place};

pub use file::Tie;

/// How large a world is, and which ties of its case study are cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Everything is drawn from it.
    pub seed: u64,
    /// How many ordinary domains there are; at most two million.
    pub benign: usize,
    /// The ties to cut.
    pub without: Vec<Tie>,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan { seed: 1, benign: 10_000, without: Vec::new() }
    }
}

/// Spare stems: the first hundred are for infrastructure.
mod spare {
    pub(super) const TOKEN_A: usize = 100;
    pub(super) const TOKEN_B: usize = 101;
    pub(super) const PERSON: usize = 102;
    pub(super) const STREET: usize = 120;
    pub(super) const EMAIL: usize = 140;
    pub(super) const OWN_EMAIL: usize = 146;
    pub(super) const PREVIOUS_OWNER: usize = 170;
}

/// Places set apart (see [`infrastructure::set_apart_host`]): one for the address of each domain and each of its
/// names, then those that decoys need.
mod place {
    pub(super) const BELOW: u64 = 16;
    pub(super) const PREVIOUS_OWNER: u64 = 20;
}

/// The hand-written domains and what is so.
pub(crate) struct CaseStudy {
    pub(crate) domains: Vec<Domain>,
    pub(crate) truth: Truth,
}

/// What the hand-written domains are drawn from.
struct Cast<'a> {
    plan: &'a Plan,
    names: &'a Names,
    world: &'a Infrastructure,
    population: &'a Population,
}

impl CaseStudy {
    pub(crate) fn new(plan: &Plan, names: &Names, world: &Infrastructure, population: &Population) -> CaseStudy {
        let file = File::bundled();
        let cast = Cast { plan, names, world, population };
        let mut domains: Vec<Domain> = file.domain.iter().map(|entry| cast.domain(entry)).collect();
        let mut truth = cast.truth(&file);
        for entry in &file.decoy {
            cast.decoys(entry, &mut domains, &mut truth);
        }
        CaseStudy { domains, truth }
    }
}

impl Cast<'_> {
    fn domain(&self, entry: &Entry) -> Domain {
        let name = self.name(entry);
        let holding = self.holding(entry);
        let mut facts = self.zone_facts(entry, &name, &holding);
        facts.extend(entry.address.iter().map(|address| self.address(entry.number, entry.number, &name, address)));
        for (place, below) in (place::BELOW..).zip(&entry.below) {
            let name = format!("{}.{name}", below.label);
            facts.push(self.address(entry.number, place, &name, &below.address));
        }
        Domain { name, holdings: vec![holding], facts }
    }

    fn name(&self, entry: &Entry) -> String {
        let label = entry.label.replace("{a}", self.names.spare(spare::TOKEN_A));
        format!("{}.{}", label.replace("{b}", self.names.spare(spare::TOKEN_B)), entry.zone)
    }

    fn holding(&self, entry: &Entry) -> Holding {
        let registrant = self.party(entry);
        let service = &self.world.registrars[entry.registrar].privacy;
        let other = if entry.privacy { service } else { &registrant };
        Holding {
            created: entry.created,
            updated: entry.created.plus(DAY + 4000),
            expires: next_anniversary(entry.created),
            until: END,
            registrar: entry.registrar,
            account: self.account(entry),
            admin: other.clone(),
            tech: other.clone(),
            registrant,
            name_servers: self.name_servers(entry),
            fed: entry.fed.then(|| entry.created.plus(20 * 3600 + entry.number as i64 * 60)),
        }
    }

    fn name_servers(&self, entry: &Entry) -> Vec<String> {
        match entry.name_servers.as_deref() {
            Some("parking") => infrastructure::name_servers(&self.world.parking[0].domain),
            _ => self.world.registrars[entry.registrar].name_servers(),
        }
    }

    /// Contacts that nobody else has, but for the e-mail address.
    fn party(&self, entry: &Entry) -> Party {
        let number = entry.number as usize;
        let mut random = self.random("party", entry.number);
        let stem = self.names.spare(spare::PERSON + number);
        Party {
            name: format!("{} {}", names::first_name(&mut random), capital(stem)),
            organization: names::company(stem, &mut random),
            email: self.email(entry.email, entry.number),
            ..self.unique_place(&mut random, number)
        }
    }

    fn unique_place(&self, random: &mut Random, number: usize) -> Party {
        let house = 1 + random.below(200);
        let street = format!("{house} {} Passage", capital(self.names.spare(spare::STREET + number)));
        Party { street, ..located(self.names, random) }
    }

    fn email(&self, tie: Tie, number: u64) -> String {
        let stem = if self.is_cut(tie) { spare::OWN_EMAIL + number as usize } else { spare::EMAIL + tie as usize };
        let mut random = self.random("e-mail", stem as u64);
        let provider = &self.world.mail[stem % 3].domain;
        format!("{}{}@{provider}", self.names.spare(stem), 10 + random.below(90))
    }

    /// Customer numbers of these accounts begin with 9, those of others do not.
    fn account(&self, entry: &Entry) -> String {
        match entry.account {
            Some(tie) if !self.is_cut(tie) => self.shared_account(),
            _ => self.account_number(1 + entry.number),
        }
    }

    fn shared_account(&self) -> String {
        self.account_number(0)
    }

    fn account_number(&self, number: u64) -> String {
        (90_000_000 + (self.random("account", 0).below(9_000_000) + number * 54_321) % 9_999_999).to_string()
    }

    fn zone_facts(&self, entry: &Entry, name: &str, holding: &Holding) -> Vec<Fact> {
        let from = entry.created.plus(3 * 3600);
        let servers = &holding.name_servers;
        let mut data: Vec<Data> = servers.iter().map(|server| Data::NameServer(server.clone())).collect();
        data.extend(infrastructure::authority(servers));
        if entry.mail {
            data.push(Data::Mail(format!("mx.{}", self.world.mail[0].domain)));
        }
        data.into_iter().map(|data| Fact::new(name, data, from, Seen::Steadily)).collect()
    }

    fn address(&self, number: u64, place: u64, name: &str, entry: &AddressEntry) -> Fact {
        let address = match entry.at {
            Place::A1 | Place::A2 => self.tied_address(entry.at, number),
            Place::Own => infrastructure::set_apart_host(place),
            Place::Shared => infrastructure::shared_host(0),
            Place::SharedSecond => infrastructure::shared_host(1),
            Place::Cdn => infrastructure::cdn_host(0, number),
            Place::Sinkhole => infrastructure::sinkhole_host(),
        };
        let fact = Fact::new(name, Data::Address(address), entry.from, Seen::Steadily);
        Fact { until: entry.until.unwrap_or(END), ..fact }
    }

    fn tied_address(&self, place: Place, number: u64) -> IpAddr {
        let (tie, network) = if place == Place::A1 { (Tie::A1, [203, 0, 113]) } else { (Tie::A2, [198, 51, 100]) };
        if self.is_cut(tie) {
            return infrastructure::set_apart_host(number);
        }
        let [a, b, c] = network;
        IpAddr::from([a, b, c, 200 + self.random("address", tie as u64).below(55) as u8])
    }

    fn truth(&self, file: &File) -> Truth {
        let name = |text: &str| -> Name { text.parse().expect("a label of the world file makes a name") };
        let entry = |number: u64| file.domain.iter().find(|entry| entry.number == number);
        let names = |number: u64| entry(number).map_or_else(Name::root, |entry| name(&self.name(entry)));
        let below = |number: u64| -> Vec<Name> {
            let entries =
                entry(number).into_iter().flat_map(|entry| entry.below.iter().map(move |below| (entry, below)));
            entries.map(|(entry, below)| name(&format!("{}.{}", below.label, self.name(entry)))).collect()
        };
        let whole = Cast { plan: &Plan { without: Vec::new(), ..self.plan.clone() }, ..*self };
        Truth {
            seed: names(0),
            domains: (1..=15).map(names).collect(),
            subdomains: below(9),
            below_twelve: below(12),
            emails: Tie::EMAILS.map(|tie| whole.email(tie, 0)).into(),
            first_address: whole.tied_address(Place::A1, 0),
            second_address: whole.tied_address(Place::A2, 0),
            handle: whole.shared_account(),
            registrar: self.world.registrars[0].iana_id,
            late: entry(15).map_or(days_ago(0), |entry| entry.created),
            decoys: Vec::new(),
        }
    }

    fn is_cut(&self, tie: Tie) -> bool {
        self.plan.without.contains(&tie)
    }

    fn random(&self, what: &str, number: u64) -> Random {
        Random::of(self.plan.seed, what, 1_000_000 + number)
    }
}

/// When a domain of a former owner was registered.
fn long_ago(days: i64) -> Time {
    days_ago(days).plus(9 * 3600 + 120)
}
