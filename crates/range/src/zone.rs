//! What the world's resolver answers (RFC 1034 §4.3.2, §4.3.3; RFC 2308).

use model::{Name, Rdata, RecordType, Time};

use crate::{
    domain::{Data, Domain},
    names::ZONES,
};

/// The longest chain of aliases that is followed.
const ALIASES_MAX: usize = 8;
const TTL: u32 = 3600;
/// How long it may be remembered that there is nothing (RFC 2308 §4).
const NEGATIVE_TTL: u32 = 300;

/// What DNS says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsAnswer {
    /// Records of the name, or of the names that it is an alias of.
    Records {
        /// Aliases first, then the records.
        answer: Vec<DnsRecord>,
        /// The zone's name servers.
        authority: Vec<DnsRecord>,
    },
    /// The name is there, and has no record of this type.
    NoData {
        /// The zone's SOA record.
        authority: Vec<DnsRecord>,
    },
    /// There is no such name.
    NxDomain {
        /// The SOA record of the closest zone.
        authority: Vec<DnsRecord>,
    },
}

/// A resource record of class IN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DnsRecord {
    /// Whose it is.
    pub name: Name,
    /// Its type.
    pub rrtype: RecordType,
    /// Seconds that it may be remembered.
    pub ttl: u32,
    /// Its data.
    pub rdata: Rdata,
}

/// What the names of one zone have at one moment.
enum Found<'a> {
    Records(Vec<&'a Data>),
    NoData,
    NxDomain,
}

/// Answers from the domains that `lookup` finds by their registrable name.
pub(crate) fn answer(name: &Name, rrtype: RecordType, at: Time, lookup: &dyn Fn(&str) -> Option<Domain>) -> DnsAnswer {
    if name.label_count() < 2 && (name.is_root() || ZONES.contains(&name.to_string().as_str())) {
        let authority = top(name);
        let asked = rrtype == RecordType::SOA;
        return if asked {
            DnsAnswer::Records { answer: authority, authority: Vec::new() }
        } else {
            DnsAnswer::NoData { authority }
        };
    }
    let mut name = name.clone();
    let mut answer = Vec::new();
    for _ in 0..=ALIASES_MAX {
        let zone = name.suffix(2).to_string();
        let domain = lookup(&zone).filter(|domain| domain.holding(at).is_some());
        let Some(domain) = domain else { return ended(answer, DnsAnswer::NxDomain { authority: top(&name) }) };
        match find(&domain, &name.to_string(), rrtype, at) {
            Found::Records(data) => {
                answer.extend(data.iter().filter_map(|data| record(&name, data)));
                let authority = authority(&domain, at, RecordType::NS);
                let Some(Data::Alias(target)) = data.first().filter(|_| rrtype != RecordType::CNAME) else {
                    return DnsAnswer::Records { answer, authority };
                };
                let Ok(target) = Name::parse(target.as_bytes()) else { break };
                name = target;
            }
            Found::NoData => {
                return ended(answer, DnsAnswer::NoData { authority: authority(&domain, at, RecordType::SOA) });
            }
            Found::NxDomain => {
                return ended(answer, DnsAnswer::NxDomain { authority: authority(&domain, at, RecordType::SOA) });
            }
        }
    }
    DnsAnswer::Records { answer, authority: Vec::new() }
}

/// An alias that leads to nothing is still an answer.
fn ended(answer: Vec<DnsRecord>, nothing: DnsAnswer) -> DnsAnswer {
    if answer.is_empty() { nothing } else { DnsAnswer::Records { answer, authority: Vec::new() } }
}

fn find<'a>(domain: &'a Domain, name: &str, rrtype: RecordType, at: Time) -> Found<'a> {
    let own = |owner: &str| -> Vec<&'a Data> {
        domain.facts.iter().filter(|fact| fact.name == owner && fact.is_at(at)).map(|fact| &fact.data).collect()
    };
    let mut data = own(name);
    let below = format!(".{name}");
    // A name that only has names below it is there (RFC 8020).
    let is_there = !data.is_empty() || domain.facts.iter().any(|fact| fact.is_at(at) && fact.name.ends_with(&below));
    if !is_there && name != domain.name {
        data = own(&format!("*.{}", domain.name));
        if data.is_empty() {
            return Found::NxDomain;
        }
    }
    data.retain(|data| data.rrtype() == rrtype || matches!(data, Data::Alias(_)));
    if data.is_empty() { Found::NoData } else { Found::Records(data) }
}

fn authority(domain: &Domain, at: Time, rrtype: RecordType) -> Vec<DnsRecord> {
    let Ok(apex) = Name::parse(domain.name.as_bytes()) else { return Vec::new() };
    let data = domain.facts.iter().filter(|fact| fact.name == domain.name && fact.is_at(at)).map(|fact| &fact.data);
    let records: Vec<DnsRecord> =
        data.filter(|data| data.rrtype() == rrtype).filter_map(|data| record(&apex, data)).collect();
    if records.is_empty() && rrtype == RecordType::SOA { top(&apex) } else { records }
}

/// The SOA record of the top-level zone above a name; the root's where it is not one of ours.
fn top(name: &Name) -> Vec<DnsRecord> {
    let zone = name.suffix(1);
    let ours = ZONES.iter().any(|known| zone.to_string() == *known);
    let (owner, operator) =
        if ours { (zone.clone(), format!("nic.{zone}")) } else { (Name::root(), "nic.test".into()) };
    let data = Data::Authority(format!("ns1.{operator}"), format!("hostmaster.{operator}"));
    record(&owner, &data).into_iter().collect()
}

fn record(name: &Name, data: &Data) -> Option<DnsRecord> {
    let ttl = if data.rrtype() == RecordType::SOA { NEGATIVE_TTL } else { TTL };
    Some(DnsRecord { name: name.clone(), rrtype: data.rrtype(), ttl, rdata: Rdata::from_canonical(&octets(data)?) })
}

/// The data in wire form; none where a name in them is none, which the drawn names never are.
fn octets(data: &Data) -> Option<Vec<u8>> {
    let wire = |name: &str| Name::parse(name.as_bytes()).ok().map(|name| name.as_wire().to_vec());
    Some(match data {
        Data::Address(std::net::IpAddr::V4(address)) => address.octets().into(),
        Data::Address(std::net::IpAddr::V6(address)) => address.octets().into(),
        Data::NameServer(name) | Data::Alias(name) => wire(name)?,
        Data::Mail(name) => [&10u16.to_be_bytes()[..], &wire(name)?].concat(),
        Data::Authority(server, mailbox) => {
            let timers = [1u32, 7200, 1800, 1_209_600, 300].map(u32::to_be_bytes).concat();
            [wire(server)?, wire(mailbox)?, timers].concat()
        }
    })
}
