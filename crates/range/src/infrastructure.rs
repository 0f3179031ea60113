//! Who runs the world: registrars, hosters, parking, content delivery, mail, privacy services, dynamic DNS.
//!
//! | addresses | whose |
//! |---|---|
//! | 198.18.0.0/16, a /20 each | sixteen hosters: machines that many share |
//! | 198.19.0.0/20 | name servers, mail servers and pages of all these companies |
//! | 198.19.16.0/20 | two parking companies |
//! | 198.19.32.0/20, 198.19.48.0/20 | two content delivery networks |
//! | 198.19.64.0/20 | a sinkhole |
//! | 100.64.0.0/10, a /16 each | the hosters' dedicated machines |
//! | 100.127.0.0/16 | whoever uses dynamic DNS |
//! | 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 | further dedicated machines |
//! | 2001:db8::/32, a /48 each | the hosters' dedicated machines |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    clock::days_ago,
    domain::{Data, Domain, Fact, Holding, Party, Seen},
    names::{Names, capital, company},
    random::Random,
    text::Layout,
};

pub(crate) const HOSTERS: usize = 16;
/// How large a part of registrations each registrar has.
const SHARES: [f64; 12] = [0.19, 0.17, 0.14, 0.11, 0.09, 0.08, 0.06, 0.05, 0.04, 0.03, 0.02, 0.02];
const FIRST_IANA_ID: u32 = 9101;
/// Hosts of the larger content delivery network that answer for zones; an account gets two of them.
const ACCOUNT_NAME_SERVERS: u64 = 12;

/// A registrar.
#[derive(Clone, Debug)]
pub(crate) struct Registrar {
    pub(crate) name: String,
    pub(crate) iana_id: u32,
    pub(crate) domain: String,
    /// How its WHOIS server writes.
    pub(crate) layout: Layout,
    /// Whether it sells `.test`; then it has a WHOIS server.
    pub(crate) sells_test: bool,
    /// Whether it has an RDAP server, so that the registry's leaves the contacts to it.
    pub(crate) has_rdap: bool,
    /// Whether it prints customer numbers.
    pub(crate) prints_account: bool,
    /// The privacy service that it offers.
    pub(crate) privacy: Party,
}

/// Somebody with machines or name servers.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    pub(crate) name: String,
    pub(crate) domain: String,
    pub(crate) country: &'static str,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Infrastructure {
    pub(crate) registrars: Vec<Registrar>,
    pub(crate) hosters: Vec<Operator>,
    pub(crate) parking: Vec<Operator>,
    pub(crate) cdns: Vec<Operator>,
    pub(crate) mail: Vec<Operator>,
    pub(crate) sinkhole: Operator,
    pub(crate) dynamic: Operator,
    pub(crate) privacy: Vec<Operator>,
}

impl Infrastructure {
    pub(crate) fn new(seed: u64, names: &Names) -> Infrastructure {
        let mut spare = 0..;
        let mut operators = |count: usize, kind: &str| -> Vec<Operator> {
            (0..count).map(|_| operator(seed, names, spare.next().unwrap_or_default(), kind)).collect()
        };
        let privacy = operators(4, "privacy");
        let registrars = operators(SHARES.len(), "domains").into_iter().enumerate();
        let registrars =
            registrars.map(|(number, operator)| registrar(number, &operator, &privacy[number % 4])).collect();
        let mut one = |kind| operators(1, kind).remove(0);
        Infrastructure {
            registrars,
            privacy,
            sinkhole: one("research"),
            dynamic: one("dyn"),
            hosters: operators(HOSTERS, "hosting"),
            parking: operators(2, "parking"),
            cdns: operators(2, "edge"),
            mail: operators(3, "mail"),
        }
    }

    /// A registrar by its share of the market, which sells this zone.
    pub(crate) fn any_registrar(&self, random: &mut Random, zone: &str) -> usize {
        let mut left = random.unit();
        let drawn = SHARES.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        let drawn = drawn.unwrap_or(0);
        if zone == "test" && !self.registrars[drawn].sells_test { drawn % 4 } else { drawn }
    }

    /// The two name servers that an account at the larger content delivery network is given.
    pub(crate) fn account_name_servers(&self, random: &mut Random) -> Vec<String> {
        let first = random.below(ACCOUNT_NAME_SERVERS);
        let second = (first + 1 + random.below(ACCOUNT_NAME_SERVERS - 1)) % ACCOUNT_NAME_SERVERS;
        let mut pair = [first, second].map(|number| format!("ns{:02}.{}", number + 1, self.cdns[0].domain));
        pair.sort();
        pair.into()
    }

    /// The domains of all these companies.
    pub(crate) fn domains(&self, seed: u64, names: &Names) -> Vec<Domain> {
        let registrars = self.registrars.iter().map(|registrar| (&registrar.domain, &registrar.name));
        let groups = [&self.hosters, &self.parking, &self.cdns, &self.mail, &self.privacy];
        let single = [&self.sinkhole, &self.dynamic];
        let operators = groups.into_iter().flatten().chain(single).map(|operator| (&operator.domain, &operator.name));
        let mut domains: Vec<Domain> = (0..)
            .zip(registrars.chain(operators))
            .map(|(number, (domain, name))| company_domain(seed, names, number, domain, name))
            .collect();
        for domain in domains.iter_mut().filter(|domain| domain.name == self.cdns[0].domain) {
            let hosts = (1..=ACCOUNT_NAME_SERVERS).map(|number| format!("ns{number:02}.{}", domain.name));
            let facts = hosts.zip(200u8..).map(|(host, octet)| server(host, Ipv4Addr::new(198, 19, 15, octet)));
            domain.facts.extend(facts);
        }
        for domain in domains.iter_mut().filter(|domain| domain.name == self.dynamic.domain) {
            domain.facts.extend((0..300).map(|number| dynamic_host(seed, names, &self.dynamic.domain, number)));
        }
        domains
    }
}

fn operator(seed: u64, names: &Names, spare: usize, kind: &str) -> Operator {
    let mut random = Random::of(seed, "operator", spare as u64);
    let stem = names.spare(spare);
    let name = format!("{} {} {}", capital(stem), capital(kind), random.pick(&["Inc", "GmbH", "Ltd", "BV", "LLC"]));
    let country = random.pick(&["US", "DE", "NL", "GB", "FR", "SE", "CA", "SG"]);
    Operator { name, domain: format!("{stem}-{kind}.example"), country }
}

fn registrar(number: usize, operator: &Operator, privacy: &Operator) -> Registrar {
    let layouts = [Layout::Icann, Layout::Sections, Layout::KeyValue, Layout::Bracketed];
    Registrar {
        name: operator.name.clone(),
        iana_id: FIRST_IANA_ID + 7 * number as u32,
        domain: operator.domain.clone(),
        layout: layouts[number % layouts.len()],
        // The last two deal in `.example` alone and have no WHOIS server.
        sells_test: number < 10,
        has_rdap: number.is_multiple_of(4) || number >= 10,
        prints_account: number.is_multiple_of(4),
        privacy: privacy_service(privacy),
    }
}

impl Registrar {
    /// Its WHOIS server, where it has one.
    pub(crate) fn whois_host(&self) -> Option<String> {
        self.sells_test.then(|| format!("whois.{}", self.domain))
    }

    /// Its RDAP server, where it has one.
    pub(crate) fn rdap_host(&self) -> Option<String> {
        self.has_rdap.then(|| format!("rdap.{}", self.domain))
    }

    /// The name servers that its customers get unless they say otherwise.
    pub(crate) fn name_servers(&self) -> Vec<String> {
        name_servers(&self.domain)
    }
}

/// The usual pair of name servers of an operator.
pub(crate) fn name_servers(domain: &str) -> Vec<String> {
    vec![format!("ns1.{domain}"), format!("ns2.{domain}")]
}

/// Who answers for a zone on these name servers, as its SOA record says.
pub(crate) fn authority(name_servers: &[String]) -> Option<Data> {
    let first = name_servers.first()?;
    let operator = first.split_once('.').map_or(first.as_str(), |(_, operator)| operator);
    Some(Data::Authority(first.clone(), format!("hostmaster.{operator}")))
}

fn privacy_service(operator: &Operator) -> Party {
    let stem = operator.domain.split('-').next().unwrap_or_default();
    Party {
        name: "Domain Privacy Service".into(),
        organization: format!("{} Privacy Protection", capital(stem)),
        email: format!("contact@{}", operator.domain),
        phone: "+999.5550100".into(),
        street: format!("PO Box 100, {} Privacy", capital(stem)),
        city: "Utrecht".into(),
        state: "Utrecht".into(),
        postal_code: "3500".into(),
        country: operator.country.into(),
    }
}

/// A domain of one of these companies: its pages, its name servers, its mail server.
fn company_domain(seed: u64, names: &Names, number: u64, domain: &str, name: &str) -> Domain {
    let mut random = Random::of(seed, "company", number);
    let party = company_party(&mut random, names, domain, name);
    let created = days_ago(3000 + random.below(3000) as i64).plus(random.below(86_400) as i64);
    let name_servers = name_servers(domain);
    let host = |octet| Ipv4Addr::new(198, 19, (number % 14) as u8, (number / 14 * 8 + octet) as u8);
    let mut facts = vec![
        server(domain.into(), host(1)),
        server(name_servers[0].clone(), host(2)),
        server(name_servers[1].clone(), host(3)),
        server(format!("mx.{domain}"), host(4)),
        Fact::new(domain, Data::Mail(format!("mx.{domain}")), created, Seen::Sometimes(0.8)),
    ];
    facts.extend(
        name_servers
            .iter()
            .map(|server| Fact::new(domain, Data::NameServer(server.clone()), created, Seen::Sometimes(0.9))),
    );
    facts.extend(authority(&name_servers).map(|data| Fact::new(domain, data, created, Seen::Sometimes(0.5))));
    let holding = Holding {
        created,
        updated: days_ago(200),
        expires: days_ago(-400),
        until: crate::clock::END,
        registrar: (number % 10) as usize,
        account: (60_000_000 + number).to_string(),
        registrant: party.clone(),
        admin: party.clone(),
        tech: party,
        name_servers,
        fed: Some(days_ago(30)),
    };
    Domain { name: domain.into(), holdings: vec![holding], facts }
}

fn server(name: String, address: Ipv4Addr) -> Fact {
    Fact::new(name, Data::Address(address.into()), days_ago(2000), Seen::Sometimes(0.9))
}

fn company_party(random: &mut Random, names: &Names, domain: &str, name: &str) -> Party {
    Party {
        name: "Domain Administrator".into(),
        organization: name.into(),
        email: format!("noc@{domain}"),
        ..located(names, random)
    }
}

/// A contact with an address and a telephone number and nothing else.
pub(crate) fn located(names: &Names, random: &mut Random) -> Party {
    let (city, state, postal, country) = crate::names::city(random);
    Party {
        // No country has the code 999.
        phone: format!("+999.{}", 1_000_000_000 + random.below(9_000_000_000)),
        street: names.street(random),
        city: city.into(),
        state: state.into(),
        postal_code: format!("{postal}{:02}", random.below(100)),
        country: country.into(),
        ..Party::default()
    }
}

fn dynamic_host(seed: u64, names: &Names, domain: &str, number: u64) -> Fact {
    let mut random = Random::of(seed, "dynamic host", number);
    let label = company(names.domain(random.below(1 << 20)).get(..6).unwrap_or("nobody"), &mut random);
    let label = label.split(' ').next().unwrap_or_default().to_lowercase();
    let address = Ipv4Addr::new(100, 127, random.below(256) as u8, 1 + random.below(250) as u8);
    let name = format!("{label}{number}.{domain}");
    Fact::new(name, Data::Address(address.into()), days_ago(random.below(300) as i64), Seen::Sometimes(0.7))
}

/// A machine that many share: machine `number` of all.
pub(crate) fn shared_host(number: u64) -> IpAddr {
    let (hoster, place) = (number % HOSTERS as u64, number / HOSTERS as u64);
    Ipv4Addr::from_bits(0xc612_0000 + (hoster as u32) * 4096 + 10 + place as u32).into()
}

/// Whose machine it is.
pub(crate) fn shared_hoster(number: u64) -> usize {
    (number % HOSTERS as u64) as usize
}

/// The dedicated machine of owner `number`; the last octet is at most 240.
pub(crate) fn dedicated_host(number: u64) -> IpAddr {
    let documentation = number / 17;
    if number % 17 == 5 && documentation < 597 {
        let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][(documentation % 3) as usize];
        return Ipv4Addr::new(a, b, c, 1 + (documentation / 3) as u8).into();
    }
    let (hoster, place) = (number % HOSTERS as u64, number / HOSTERS as u64);
    hoster_machine(hoster as usize, place / 240, 1 + (place % 240) as u8).into()
}

/// Where machines of the hand-written domains stand: among the dedicated machines, each in a /24 of its own, on last
/// octets that no owner's machine has.
pub(crate) fn set_apart_host(number: u64) -> IpAddr {
    let (hoster, network) = (number % HOSTERS as u64, number / HOSTERS as u64);
    hoster_machine(hoster as usize, network, 241 + (number % 13) as u8).into()
}

fn hoster_machine(hoster: usize, network: u64, octet: u8) -> Ipv4Addr {
    Ipv4Addr::new(100, 64 + 2 * hoster as u8 + (network >> 8) as u8, network as u8, octet)
}

/// The same machine's IPv6 address.
pub(crate) fn dedicated_host_v6(number: u64) -> IpAddr {
    let hoster = (number % HOSTERS as u64) as u16;
    Ipv6Addr::new(0x2001, 0xdb8, hoster + 1, (number >> 16) as u16, number as u16, 0, 0, 1).into()
}

/// An address of a parking company.
pub(crate) fn parking_host(company: usize, number: u64) -> IpAddr {
    Ipv4Addr::new(198, 19, 16 + company as u8, 10 + (number % 4) as u8).into()
}

/// An address of a content delivery network.
pub(crate) fn cdn_host(network: usize, number: u64) -> IpAddr {
    Ipv4Addr::new(198, 19, 32 + 16 * network as u8, 10 + (number % 24) as u8).into()
}

/// Where the sinkhole listens.
pub(crate) fn sinkhole_host() -> IpAddr {
    Ipv4Addr::new(198, 19, 64, 10).into()
}
