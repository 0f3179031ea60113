//! Decoys: domains that look related, each by one thing that must not count.
//!
//! None of them carries a tie. Those that share something crowded are found in the population; the others are made.

use model::{Name, Time, time::DAY};

use super::{
    Cast,
    file::{DecoyEntry, Rule},
    long_ago, place, spare,
};
use crate::{
    clock::{END, days_ago},
    domain::{Data, Domain, Fact, Holding, Party, Seen},
    infrastructure::{self, located},
    names::{LABELS, ZONES, capital},
    population::next_anniversary,
    random::Random,
    truth::{Decoy, Truth},
};

/// How many ordinary domains are looked through for those that share something crowded.
const LOOKED_THROUGH: u64 = 10_000;
/// Customer numbers of made decoys begin with 8.
const ACCOUNTS: u64 = 80_000_000;

impl Cast<'_> {
    /// Makes or finds the decoys of one entry, and notes them in the truth.
    pub(super) fn decoys(&self, entry: &DecoyEntry, domains: &mut Vec<Domain>, truth: &mut Truth) {
        let found = match entry.rule {
            Rule::PrivacyService | Rule::Crowded | Rule::Parking => self.in_population(entry),
            _ => self.made(entry, domains),
        };
        truth.decoys.extend(found.iter().map(|domain| Decoy {
            domain: Name::parse(domain.as_bytes()).expect("a drawn label makes a name"),
            rule: entry.rule.as_str().into(),
            note: entry.note.clone(),
        }));
    }

    fn in_population(&self, entry: &DecoyEntry) -> Vec<String> {
        let numbers = 0..self.population.len().min(LOOKED_THROUGH);
        let domains = numbers.map(|number| self.population.domain(number, self.names, self.world));
        domains.filter(|domain| self.shares(entry.rule, domain)).map(|domain| domain.name).take(entry.domains).collect()
    }

    fn shares(&self, rule: Rule, domain: &Domain) -> bool {
        let service = &self.world.registrars[0].privacy;
        let parking = &infrastructure::name_servers(&self.world.parking[0].domain);
        let machine = Data::Address(infrastructure::shared_host(0));
        match rule {
            Rule::PrivacyService => domain.holdings.iter().any(|holding| holding.admin == *service),
            Rule::Parking => domain.holdings.iter().any(|holding| holding.name_servers == *parking),
            _ => domain.facts.iter().any(|fact| fact.data == machine && fact.until == END),
        }
    }

    fn made(&self, entry: &DecoyEntry, domains: &mut Vec<Domain>) -> Vec<String> {
        let mut made: Vec<Domain> = (0..entry.domains as u64).map(|number| self.plain(entry.rule, number)).collect();
        match entry.rule {
            Rule::HandleScope => made.iter_mut().for_each(|domain| self.same_text(domain)),
            Rule::OwnershipEpoch => self.former_owner(&mut made, &mut domains[entry.about as usize]),
            Rule::NoOverlap => made.iter_mut().for_each(|domain| former_tenant(domain, entry.about)),
            Rule::Sinkhole => made.iter_mut().for_each(sinkholed),
            Rule::ReportedSpan => made.iter_mut().for_each(|domain| stated(domain, entry.about)),
            _ => {}
        }
        let names = made.iter().map(|domain| domain.name.clone()).collect();
        domains.extend(made);
        names
    }

    /// An ordinary domain of an owner of its own.
    fn plain(&self, rule: Rule, number: u64) -> Domain {
        let id = rule as u64 * 1000 + number;
        let mut random = self.random("decoy", id);
        let name = self.decoy_name(rule, number, &mut random);
        let zone = name.split_once('.').map_or("", |(_, zone)| zone);
        let registrar = match rule {
            Rule::HandleScope => 4,
            _ => 1 + (self.world.any_registrar(&mut random, zone) + 1) % 9,
        };
        let created = long_ago(1300 + random.below(2000) as i64).plus(random.below(8) as i64 * 420);
        let name_servers = self.world.registrars[registrar].name_servers();
        let party = self.decoy_party(id, &mut random);
        let holding = Holding {
            created,
            updated: created.plus(200 * DAY),
            expires: next_anniversary(created),
            until: END,
            registrar,
            account: (ACCOUNTS + id).to_string(),
            registrant: party.clone(),
            admin: party.clone(),
            tech: party,
            name_servers: name_servers.clone(),
            fed: Some(days_ago(5 + random.below(60) as i64)),
        };
        let facts = plain_facts(&name, created, &name_servers, &mut random);
        Domain { name, holdings: vec![holding], facts }
    }

    fn decoy_name(&self, rule: Rule, number: u64, random: &mut Random) -> String {
        let ordinary = |number: u64| self.names.domain(LABELS - 1 - number);
        let zone = ZONES[(number % 2) as usize];
        match rule {
            Rule::NameAlone => {
                let theme = ordinary(random.below(5000));
                let theme = theme.split_once('.').map_or("", |(label, _)| label[6..].trim_start_matches('-'));
                let hyphen = if number.is_multiple_of(3) { "-" } else { "" };
                format!("{}{hyphen}{theme}{number}.{zone}", self.names.spare(spare::TOKEN_A))
            }
            Rule::Sinkhole => {
                let label: String = (0..14).map(|_| char::from(b'a' + random.below(26) as u8)).collect();
                format!("{label}.{zone}")
            }
            Rule::HandleScope => {
                let names = (0..64).map(|place| ordinary(place * 100 + 99));
                names.into_iter().find(|name| name.ends_with(".test")).unwrap_or_else(|| ordinary(99))
            }
            _ => ordinary(rule as u64 * 100 + number),
        }
    }

    fn decoy_party(&self, id: u64, random: &mut Random) -> Party {
        let name = self.names.person(random);
        let email = format!("{}.d{id}@{}", name.to_lowercase().replace(' ', "."), self.world.mail[1].domain);
        Party { name, email, ..located(self.names, random) }
    }

    /// The text of H, from a registrar that did not give out H.
    fn same_text(&self, domain: &mut Domain) {
        for holding in &mut domain.holdings {
            holding.account = self.shared_account();
        }
    }

    /// Gives all these domains one owner, who held `lost` too before it was deleted.
    fn former_owner(&self, portfolio: &mut [Domain], lost: &mut Domain) {
        let mut random = self.random("former owner", 0);
        let stem = self.names.spare(spare::PREVIOUS_OWNER);
        let name = format!("{} {}", crate::names::first_name(&mut random), capital(stem));
        let email = format!("{}@{}", name.to_lowercase().replace(' ', "."), self.world.mail[2].domain);
        let party = Party { name, email, ..located(self.names, &mut random) };
        let machine = Data::Address(infrastructure::set_apart_host(place::PREVIOUS_OWNER));
        for domain in &mut *portfolio {
            domain.holdings.iter_mut().for_each(|holding| hold(holding, &party));
            domain.facts.retain(|fact| !matches!(fact.data, Data::Address(_)));
            domain.facts.push(Fact::new(&domain.name, machine.clone(), long_ago(1290), Seen::Sometimes(0.9)));
        }
        let Some(template) = portfolio.first().and_then(|domain| domain.holdings.first()) else { return };
        let until = long_ago(690);
        lost.holdings.insert(
            0,
            Holding {
                created: long_ago(2740),
                updated: long_ago(1700),
                expires: long_ago(730),
                until,
                registrar: 3,
                fed: Some(long_ago(1580)),
                ..template.clone()
            },
        );
        let past = Fact::new(&lost.name, machine, long_ago(1800), Seen::Steadily);
        lost.facts.push(Fact { until, ..past });
    }
}

fn hold(holding: &mut Holding, party: &Party) {
    let assign = |contact: &mut Party| contact.clone_from(party);
    assign(&mut holding.registrant);
    assign(&mut holding.admin);
    assign(&mut holding.tech);
    holding.registrar = 3;
    holding.account = (ACCOUNTS + 99_999).to_string();
}

fn plain_facts(name: &str, created: Time, name_servers: &[String], random: &mut Random) -> Vec<Fact> {
    let machine = Data::Address(infrastructure::shared_host(2 + random.below(20)));
    let mut facts = vec![Fact::new(name, machine, created.plus(DAY), Seen::Sometimes(0.9))];
    let servers = name_servers.iter().map(|server| Data::NameServer(server.clone()));
    let data = servers.chain(infrastructure::authority(name_servers));
    facts.extend(data.map(|data| Fact::new(name, data, created.plus(DAY), Seen::Sometimes(0.6))));
    facts
}

/// On the machine of domain `about`, from 1,240 to 1,120 days ago.
fn former_tenant(domain: &mut Domain, about: u64) {
    let machine = Data::Address(infrastructure::set_apart_host(about));
    for fact in domain.facts.iter_mut().filter(|fact| matches!(fact.data, Data::Address(_))) {
        fact.from = days_ago(1120);
    }
    let past = Fact::new(&domain.name, machine, days_ago(1240), Seen::Steadily);
    domain.facts.push(Fact { until: days_ago(1120), ..past });
}

/// On a machine of many until a month ago, on the sinkhole since.
fn sinkholed(domain: &mut Domain) {
    let since = days_ago(40);
    for fact in domain.facts.iter_mut().filter(|fact| matches!(fact.data, Data::Address(_))) {
        fact.until = since;
    }
    let sinkhole = Data::Address(infrastructure::sinkhole_host());
    domain.facts.push(Fact::new(&domain.name, sinkhole, since, Seen::Steadily));
}

/// Said to be on the machine of domain `about`, for two thousand days.
fn stated(domain: &mut Domain, about: u64) {
    let machine = Data::Address(infrastructure::set_apart_host(about));
    // A statement is not what the servers answer.
    let fact = Fact::new(&domain.name, machine, days_ago(2000), Seen::Stated);
    domain.facts.push(Fact { until: days_ago(1), ..fact });
}
