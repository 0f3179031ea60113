//! From a number to a tuple.
//!
//! A domain's tuples stand side by side: name servers, start of authority, mail exchangers, texts, then those of its
//! hosts, three for two hosts: an address and a second one (or an IPv6 address) of the even one, an address or alias
//! of the odd one.

use super::*;

/// So many domain names have a core of four syllables.
pub(super) const CORES: u64 = 120 * 120 * 120 * 120;
const SUFFIXES: usize = 300;
const HOST_TUPLES_MAX: f64 = 30_000.0; // 20,000 hosts
const CONSONANTS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";
const VOWELS: &[u8; 6] = b"aeiouy";
const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const WORDS: [&str; 16] = [
    "shop", "online", "group", "media", "tech", "web", "home", "design", "-shop", "-online", "24", "-it", "travel",
    "med", "bank", "news",
];
const HOSTS: [&str; 24] = [
    "www",
    "mail",
    "ftp",
    "webmail",
    "smtp",
    "autodiscover",
    "cpanel",
    "ns1",
    "ns2",
    "vpn",
    "m",
    "dev",
    "test",
    "api",
    "blog",
    "shop",
    "imap",
    "pop",
    "admin",
    "cdn",
    "static",
    "img",
    "remote",
    "portal",
];

/// Where each domain's tuples begin.
pub(super) fn starts(seed: u64, tuples: u32) -> Vec<u32> {
    let mut starts = vec![0];
    let (mut total, mut domain) = (0u64, 0);
    while total < u64::from(tuples) {
        let plan = Plan::of(seed, domain, tuples);
        total += u64::from(plan.fixed() + plan.host_tuples);
        starts.push(total.min(u64::from(tuples)) as u32);
        domain += 1;
    }
    starts
}

/// Cumulative weights of the suffixes, Zipf, over the whole range of 64 bits.
pub(super) fn suffix_weights() -> Vec<u64> {
    let sum: f64 = (1..=SUFFIXES).map(|rank| 1.0 / rank as f64).sum();
    let mut reached = 0.0;
    let mut weight = |rank: usize| {
        reached += 1.0 / rank as f64 / sum;
        (reached * u64::MAX as f64) as u64
    };
    (1..=SUFFIXES).map(&mut weight).collect()
}

/// The name of a suffix by its rank.
pub(super) fn suffix_text(rank: usize) -> String {
    format!("s{rank:03}.{}", if rank.is_multiple_of(3) { "example" } else { "test" })
}

/// How many tuples of each kind a domain has, and which manners.
#[derive(Debug)]
struct Plan {
    ns: u32,
    soa: u32,
    mx: u32,
    txt: u32,
    host_tuples: u32,
    manner: Manner,
    hosted: bool,
}

/// How a domain names its hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    Words,
    Content,
    Dynamic,
    Generated,
}

impl Plan {
    fn of(seed: u64, domain: u32, tuples: u32) -> Plan {
        let mut draw = Draw::of(seed, 10, u64::from(domain));
        let mut pick = |parts: &[u64]| {
            let at = draw.below(100);
            parts.iter().position(|part| at < *part).unwrap_or(parts.len()) as u32
        };
        let (ns, soa) = (2 + pick(&[65, 90]), pick(&[6, 96]));
        let (mx, txt) = (pick(&[40, 72, 90]), pick(&[80, 96]));
        let manner = match pick(&[60, 75, 85]) {
            0 => Manner::Words,
            1 => Manner::Content,
            2 => Manner::Dynamic,
            _ => Manner::Generated,
        };
        let hosted = pick(&[60]) == 0;
        // A small population must not be one domain's.
        let most = HOST_TUPLES_MAX.min(f64::from(tuples) / 20.0 + 1.0);
        let host_tuples = (draw.pareto() * 1.35).min(most) as u32;
        Plan { ns, soa, mx, txt, host_tuples, manner, hosted }
    }

    fn fixed(&self) -> u32 {
        self.ns + self.soa + self.mx + self.txt
    }
}

impl Workload {
    pub(super) fn tuple_numbered(&self, number: u32) -> Tuple {
        let domain = self.starts.partition_point(|start| *start <= number).saturating_sub(1);
        let slot = number.saturating_sub(self.starts.get(domain).copied().unwrap_or(0));
        let plan = Plan::of(self.seed, domain as u32, self.tuples());
        Domain { workload: self, domain: domain as u32, plan }.tuple(slot)
    }

    /// The name of a domain: four syllables and sometimes a word, or a generated one; under one of the suffixes.
    fn domain_name(&self, domain: u32) -> Wire {
        let mut draw = Draw::of(self.seed, 11, u64::from(domain));
        let mut core = self.names.at(u64::from(domain));
        let mut label = Vec::with_capacity(24);
        if draw.chance(38) {
            // The core in six digits keeps names apart; the rest is chance.
            push_digits(&mut label, core, 6);
            push_digits(&mut label, draw.next(), 4 + (draw.next() % 7) as usize);
        } else {
            for _ in 0..4 {
                let syllable = (core % 120) as usize;
                core /= 120;
                label.extend([CONSONANTS[syllable / 6], VOWELS[syllable % 6]]);
            }
            if draw.chance(90) {
                label.extend(WORDS[draw.below(WORDS.len() as u64) as usize].as_bytes());
            }
        }
        let at = draw.next();
        let rank = self.suffixes.partition_point(|reached| *reached < at).min(SUFFIXES - 1);
        let suffix = suffix_text(rank);
        let mut wire = Wire::default();
        wire.label(&label);
        suffix.split('.').for_each(|label| wire.label(label.as_bytes()));
        wire
    }
}

/// A name in the making, without its final zero.
#[derive(Clone, Debug, Default)]
struct Wire(Vec<u8>);

impl Wire {
    fn label(&mut self, label: &[u8]) {
        self.0.push(label.len() as u8);
        self.0.extend(label);
    }

    fn below(label: &[u8], parent: &Wire) -> Wire {
        let mut wire = Wire(Vec::with_capacity(parent.0.len() + 32));
        if !label.is_empty() {
            wire.label(label);
        }
        wire.0.extend(&parent.0);
        wire
    }

    fn finish(mut self) -> Vec<u8> {
        self.0.push(0);
        self.0
    }
}

fn push_digits(out: &mut Vec<u8>, mut number: u64, count: usize) {
    for _ in 0..count {
        out.push(DIGITS[(number % 32) as usize]);
        number /= 32;
    }
}

/// A domain whose tuples are made.
#[derive(Debug)]
struct Domain<'a> {
    workload: &'a Workload,
    domain: u32,
    plan: Plan,
}

impl Domain<'_> {
    fn tuple(&self, slot: u32) -> Tuple {
        let plan = &self.plan;
        let own = self.workload.domain_name(self.domain);
        let Some(slot) = slot.checked_sub(plan.ns) else { return apex(&own, RecordType::NS, self.ns(slot, &own)) };
        let Some(slot) = slot.checked_sub(plan.soa) else { return apex(&own, RecordType::SOA, self.soa(slot, &own)) };
        let Some(slot) = slot.checked_sub(plan.mx) else { return apex(&own, RecordType::MX, self.mx(slot, &own)) };
        let Some(slot) = slot.checked_sub(plan.txt) else { return apex(&own, RecordType::TXT, self.txt(slot)) };
        self.host_tuple(slot, &own)
    }

    fn draw(&self, salt: u64, index: u32) -> Draw {
        Draw::of(self.workload.seed, salt, u64::from(self.domain) << 32 | u64::from(index))
    }

    /// Another domain that serves this one: few serve most.
    fn provider(&self, salt: u64) -> Wire {
        let domains = self.workload.domains().max(1) as u64;
        let pool = (domains / 32 + 8).ilog2() + 1;
        let rank = self.draw(salt, 0).log_uniform(u64::from(pool));
        self.workload.domain_name((rank % domains) as u32)
    }

    fn ns(&self, slot: u32, own: &Wire) -> Vec<u8> {
        let label = format!("ns{}", slot + 1);
        let parent = if self.plan.hosted { self.provider(20) } else { own.clone() };
        Wire::below(label.as_bytes(), &parent).finish()
    }

    fn soa(&self, slot: u32, own: &Wire) -> Vec<u8> {
        let mut rdata = self.ns(0, own);
        let mailbox = if self.plan.hosted { self.provider(20) } else { own.clone() };
        rdata.extend(Wire::below(b"hostmaster", &mailbox).finish());
        let mut draw = self.draw(21, 0);
        let serial = 2_024_010_100 + draw.below(200_000) as u32 + slot;
        for number in [serial, 7200, 3600, 1_209_600, if draw.chance(128) { 3600 } else { 86_400 }] {
            rdata.extend(number.to_be_bytes());
        }
        rdata
    }

    fn mx(&self, slot: u32, own: &Wire) -> Vec<u8> {
        let mut rdata = (10 * (slot as u16 + 1)).to_be_bytes().to_vec();
        let (label, parent) = if self.draw(22, 0).chance(154) {
            (format!("mx{}", slot + 1), self.provider(23))
        } else {
            ("mail".into(), own.clone())
        };
        rdata.extend(Wire::below(label.as_bytes(), &parent).finish());
        rdata
    }

    fn txt(&self, slot: u32) -> Vec<u8> {
        let mut text = vec![0];
        if slot == 0 && self.draw(24, 0).chance(154) {
            let provider = Name::from_wire(&self.provider(23).finish()).unwrap_or_else(|_| Name::root());
            text.extend(format!("v=spf1 include:_spf.{provider} -all").as_bytes());
        } else {
            text.extend(b"site-verification=");
            let mut draw = self.draw(25, slot);
            (0..4).for_each(|_| push_digits(&mut text, draw.next(), 11));
        }
        text[0] = (text.len() - 1) as u8;
        text
    }

    fn host_tuple(&self, slot: u32, own: &Wire) -> Tuple {
        let host = slot / 3 * 2 + u32::from(slot % 3 == 2);
        let rrname = self.host_name(host, own);
        let mut draw = self.draw(26, slot);
        let (rrtype, rdata) = match slot % 3 {
            1 if draw.chance(64) => (RecordType::AAAA, self.address_v6(host)),
            1 => (RecordType::A, vec_of(self.address(host) ^ 1)),
            2 if draw.chance(120) => (RecordType::CNAME, self.alias(host, own)),
            _ => (RecordType::A, vec_of(self.address(host))),
        };
        tuple(rrname.finish(), rrtype, Some(3), &rdata)
    }

    /// The name of a host: 0 is the domain itself, 1 is `www`.
    fn host_name(&self, host: u32, own: &Wire) -> Wire {
        let mut label = Vec::with_capacity(24);
        match (host, self.plan.manner) {
            (0, _) => {}
            (1, _) => label.extend(b"www"),
            (_, Manner::Words) => match HOSTS.get(host as usize - 1) {
                Some(word) => label.extend(word.as_bytes()),
                None => label.extend(format!("srv{host:04}").as_bytes()),
            },
            (_, Manner::Content) => {
                push_digits(&mut label, scramble(host, self.domain), 8);
                return Wire::below(&label, &Wire::below(format!("edge{}", host % 8).as_bytes(), own));
            }
            (_, Manner::Dynamic) => {
                let [_, b, c, d] = self.address(host).to_be_bytes();
                label.extend(format!("dyn-10-{b}-{c}-{d}").as_bytes());
            }
            (_, Manner::Generated) => {
                push_digits(&mut label, scramble(host, self.domain), 8);
                push_digits(&mut label, self.draw(27, host).next(), 4);
            }
        }
        Wire::below(&label, own)
    }

    /// An address in 10.0.0.0/8: of a shared host (Zipf), a dynamic one of its own, or one near the domain's own.
    fn address(&self, host: u32) -> u32 {
        let mut draw = self.draw(28, if self.plan.manner == Manner::Words { host / 4 } else { host });
        let low = match self.plan.manner {
            Manner::Dynamic if host > 1 => (host.wrapping_mul(2) + (self.domain << 12)) & 0x00ff_fffe,
            _ if self.plan.hosted => {
                let pool = (self.workload.domains() as u64 / 4 + 8).ilog2() + 1;
                let rank = self.draw(29, 0).log_uniform(u64::from(pool));
                shared_address(rank)
            }
            _ => 0x0080_0000 | ((self.domain << 4) & 0x007f_fff0) | (draw.below(8) as u32 * 2),
        };
        0x0a00_0000 | low
    }

    fn address_v6(&self, host: u32) -> Vec<u8> {
        let mut octets = vec![0x20, 0x01, 0x0d, 0xb8];
        octets.extend((self.address(host) >> 4).to_be_bytes());
        octets.extend([0; 4]);
        octets.extend((host % 5 + 1).to_be_bytes());
        octets
    }

    fn alias(&self, host: u32, own: &Wire) -> Vec<u8> {
        let mut label = Vec::new();
        match self.plan.manner {
            Manner::Content => push_digits(&mut label, self.draw(30, host).next(), 10),
            Manner::Words => return own.clone().finish(),
            _ => label.extend(format!("web{}", self.draw(31, host).below(40)).as_bytes()),
        }
        Wire::below(&label, &self.provider(32)).finish()
    }
}

/// Shared hosts stand 64 to a /24, the /24s far apart.
fn shared_address(rank: u64) -> u32 {
    let network = ((rank / 64) as u32).wrapping_mul(40_503) & 0x7fff;
    (network << 8) | ((rank % 64) as u32 * 4)
}

/// Different for different hosts of a domain, and looks like chance: multiplication by an odd number modulo 2⁴⁰.
fn scramble(host: u32, domain: u32) -> u64 {
    let mask = (1 << 40) - 1;
    let mixed = (u64::from(host) ^ u64::from(domain) << 8).wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
    (mixed ^ mixed >> 20).wrapping_mul(0xbf58_476d_1ce4_e5b9) & mask
}

fn vec_of(address: u32) -> Vec<u8> {
    address.to_be_bytes().to_vec()
}

fn apex(own: &Wire, rrtype: RecordType, rdata: Vec<u8>) -> Tuple {
    tuple(own.clone().finish(), rrtype, Some(3), &rdata)
}

fn tuple(wire: Vec<u8>, rrtype: RecordType, bailiwick: Option<u8>, rdata: &[u8]) -> Tuple {
    let rrname = Name::from_wire(&wire).unwrap_or_else(|_| Name::root());
    Tuple { rrname, rrtype, bailiwick, rdata: Rdata::from_canonical(rdata) }
}
