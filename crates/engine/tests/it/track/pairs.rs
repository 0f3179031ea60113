//! Random queries and records from one small vocabulary, so that many match.

use model::{
    Contact, Disclosed, Name, Rdata, RecordType, Registration, SuffixList, Time, Tuple,
    registration::{NameServer, Registrar, State},
    track::Arriving,
};

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ mixed >> 31) % end as u64) as usize
    }

    pub(super) fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len())]
    }
}

const EMAILS: &[&str] =
    &["ivan@mail.example", "Iwan@mail.example", "abuse@host.example", "ſam@kiosk.example", "x@y.test"];
const PEOPLE: &[&str] =
    &["Ivan Petrov", "Iwan Petrow", "Acme Widgets Inc.", "Acme Gadgets", "Größe & Söhne GmbH", "安全 公司"];
const PHONES: &[&str] = &["+49 30 123456", "+1.5551234", "030 1234"];
const NAMES: &[&str] = &[
    "login-bank.example",
    "www.login-bank.example",
    "bank.example",
    "ns1.evil.example",
    "mx.evil.example",
    "evil.example",
    "a\\.b.evil.example",
    "back\\\\.evil.example",
    "other.co.uk",
];
const ADDRESSES: &[&str] = &["192.0.2.1", "192.0.2.200", "198.51.100.7", "2001:db8::1"];
const PARTS: &[&str] = &["mail", "petro", "acme", "evil", "bank", "ivan", "login", "söh", "wid", "555", "log", "ns1"];
const PATTERNS: &[&str] =
    &["iv?an", "(acme|petrow?)", "^login-.*$", "e.il", "[a-z]+@mail", "(?:bank){1,2}", "S[oö]hne", "."];

pub(super) fn query(chance: &mut Chance, depth: usize) -> String {
    match chance.below(if depth > 2 { 5 } else { 9 }) {
        5 => format!("not ({})", query(chance, depth + 1)),
        6 => format!("({} or {})", query(chance, depth + 1), query(chance, depth + 1)),
        7 | 8 => format!("({} and {})", query(chance, depth + 1), query(chance, depth + 1)),
        _ => condition(chance),
    }
}

fn condition(chance: &mut Chance) -> String {
    match chance.below(10) {
        0 => format!("address in ({}, 198.51.100.0/24)", chance.one(&["192.0.2.0/25", "192.0.2.1", "2001:db8::/32"])),
        1 => format!("{} = {}", "type", chance.one(&["A", "NS", "MX", "AAAA"])),
        2 => format!("created {} {}", chance.one(&["<", ">="]), chance.one(&["2026-01-15", "-10d"])),
        3 => format!("zone = {}", chance.one(&["example", "co.uk", "evil.example"])),
        4 => chance.one(&["firstSeenHere", "state = registered", "state != redemption"]).into(),
        _ => text_condition(chance),
    }
}

fn text_condition(chance: &mut Chance) -> String {
    let names = ["nameServer", "domain", "host", "mailServer", "target"];
    let is_name = chance.below(2) == 0;
    let field = if is_name {
        chance.one(&names)
    } else {
        chance.one(&["email", "registrant.email", "name", "org", "admin.org", "phone", "registrar", "nameServers"])
    };
    let whole = match field {
        _ if is_name => chance.one(NAMES),
        "email" | "registrant.email" => chance.one(EMAILS),
        "phone" => chance.one(PHONES),
        _ => chance.one(PEOPLE),
    };
    let cut = whole.char_indices().nth(chance.below(6)).map_or(0, |(at, _)| at);
    let (operator, text) = match chance.below(if is_name { 8 } else { 7 }) {
        0 | 1 => ("=", whole),
        2 => ("startsWith", &whole[..cut]),
        3 => ("endsWith", &whole[cut..]),
        4 => ("~", chance.one(PARTS)),
        5 => ("like", whole),
        6 => ("matches", chance.one(PATTERNS)),
        _ => ("under", whole),
    };
    let denied = if chance.below(8) == 0 && operator != "=" && operator != "~" { "not " } else { "" };
    format!("{field} {denied}{operator} {}", serde_json::Value::from(text))
}

/// A record, and the tuple that it is of.
pub(super) fn record(chance: &mut Chance) -> (Arriving, Option<Tuple>) {
    let at = Time::from_date(2026, 1, 20).unwrap();
    let (mut record, tuple) = if chance.below(2) == 0 {
        let domain: Name = chance.one(NAMES).parse().unwrap();
        (Arriving::registration(&domain, &registration(chance), at), None)
    } else {
        let tuple = tuple(chance);
        let suffixes = SuffixList::bundled();
        let domain = suffixes.registrable(&tuple.rrname).map_or(tuple.rrname.clone(), |found| found.domain);
        (Arriving::dns(&domain, &tuple, at), Some(tuple))
    };
    record.first_seen_here = chance.below(2) == 0;
    (record, tuple)
}

fn registration(chance: &mut Chance) -> Registration {
    let mut contact = || Contact {
        email: Disclosed::Stated(chance.one(EMAILS).into()),
        name: Disclosed::Stated(chance.one(PEOPLE).into()),
        organization: if chance.below(3) == 0 {
            Disclosed::Absent
        } else {
            Disclosed::Stated(chance.one(PEOPLE).into())
        },
        phone: Disclosed::Stated(chance.one(PHONES).into()),
        ..Contact::default()
    };
    let (registrant, admin) = (contact(), contact());
    Registration {
        state: if chance.below(4) == 0 { State::Redemption } else { State::Registered },
        registrar: Registrar { name: Some(chance.one(PEOPLE).into()), ..Registrar::default() },
        created: (chance.below(4) > 0).then(|| Time::from_date(2026, 1, 1 + chance.below(28) as u32).unwrap()),
        nameservers: vec![NameServer { name: chance.one(NAMES).parse().unwrap(), addresses: Vec::new() }],
        registrant,
        admin,
        ..Registration::default()
    }
}

fn tuple(chance: &mut Chance) -> Tuple {
    let rrname = chance.one(NAMES).parse().unwrap();
    let (rrtype, text) = match chance.below(4) {
        0 => (RecordType::NS, chance.one(NAMES).to_owned()),
        1 => (RecordType::MX, format!("10 {}", chance.one(NAMES))),
        _ => {
            let address = chance.one(ADDRESSES);
            (if address.contains(':') { RecordType::AAAA } else { RecordType::A }, address.to_owned())
        }
    };
    Tuple { rrname, rrtype, bailiwick: None, rdata: Rdata::from_text(rrtype, &text).unwrap() }
}
