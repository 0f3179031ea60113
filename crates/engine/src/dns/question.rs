//! What is asked for, and how its text is read.

use std::net::IpAddr;

use model::{Name, Network, Prefix, RecordType};
use observations::{Fences, Found, Subject};

use super::pattern::Pattern;
use crate::error::Error;

/// Record types that DNSSEC brought: DNSDB leaves them out of `ANY`.
const DNSSEC: [RecordType; 10] = [
    RecordType::DS,
    RecordType::RRSIG,
    RecordType::NSEC,
    RecordType::DNSKEY,
    RecordType::NSEC3,
    RecordType::NSEC3PARAM,
    RecordType::CDS,
    RecordType::CDNSKEY,
    RecordType(32768),
    RecordType::DLV,
];
/// Record types in one question.
const TYPES_MAX: usize = 64;

/// A question to passive DNS.
#[derive(Clone, Debug)]
pub struct Question {
    /// What is asked for.
    pub what: What,
    /// Of which record types.
    pub types: Types,
    /// Said by this zone alone.
    pub bailiwick: Option<Name>,
    /// Fences in time.
    pub fences: Fences,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum What {
    /// Ranges of the store, in its order.
    Subjects(Vec<Subject>),
    /// Records whose data point to a name that begins with these labels.
    TargetBeginning(Vec<Box<[u8]>>),
    /// Records whose owner name matches.
    Owners(Pattern),
    /// Records whose data match in presentation form.
    Data(Pattern),
}

/// Which record types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Types {
    /// All.
    #[default]
    All,
    /// All but those of DNSSEC: DNSDB's `ANY`.
    NotDnssec,
    /// These.
    Only(Vec<RecordType>),
}

impl Types {
    /// Reads mnemonics or numbers with commas between; `ANY` and `ANY-DNSSEC` as DNSDB means them.
    pub fn parse(text: &str) -> Result<Types, Error> {
        let mut only = Vec::new();
        for word in text.split(',').map(str::trim) {
            match word {
                word if word.eq_ignore_ascii_case("any") => return Ok(Types::NotDnssec),
                word if word.eq_ignore_ascii_case("any-dnssec") => only.extend(DNSSEC),
                word => only.push(word.parse().map_err(|error| Error::invalid("rrtype", error))?),
            }
            if only.len() > TYPES_MAX {
                return Err(Error::invalid("rrtype", format!("at most {TYPES_MAX}")));
            }
        }
        Ok(Types::Only(only))
    }

    pub(super) fn wanted(&self) -> &[RecordType] {
        match self {
            Types::All | Types::NotDnssec => &[],
            Types::Only(types) => types,
        }
    }
}

impl Question {
    /// Everything about it.
    pub fn new(what: What) -> Question {
        Question { what, types: Types::All, bailiwick: None, fences: Fences::default() }
    }

    pub(super) fn filter(&self) -> Filter<'_> {
        Filter { question: self, owner: Vec::new(), admitted: false }
    }
}

impl What {
    /// Owner names: a name, `*.name` (the name itself included) or `name.*`.
    pub fn owner(text: &str) -> Result<What, Error> {
        Ok(What::Subjects(vec![match wild(text)? {
            Wild::Exact(name) => Subject::Name(name),
            Wild::Left(name) => Subject::Within(name),
            Wild::Right(labels) => Subject::Beginning(labels),
        }]))
    }

    /// Data that point to a name; the same wildcards.
    pub fn target(text: &str) -> Result<What, Error> {
        Ok(match wild(text)? {
            Wild::Exact(name) => What::Subjects(vec![Subject::Target(name)]),
            Wild::Left(name) => What::Subjects(vec![Subject::TargetWithin(name)]),
            Wild::Right(labels) => What::TargetBeginning(labels),
        })
    }

    /// Data that are an address, or one of a prefix (`192.0.2.0/24`, or with DNSDB's comma) or of a range
    /// (`192.0.2.3-192.0.2.9`).
    pub fn address(text: &str) -> Result<What, Error> {
        let invalid = || Error::invalid("ip", "an address, a prefix or a range of one family");
        let text = text.trim();
        if let Some((first, last)) = text.split_once('-') {
            let (first, last): (IpAddr, IpAddr) =
                (first.parse().map_err(|_| invalid())?, last.parse().map_err(|_| invalid())?);
            let network = Network {
                first,
                last,
                name: None,
                handle: None,
                kind: None,
                origins: Vec::new(),
                holder: <_>::default(),
            };
            let prefixes = network.prefixes();
            if prefixes.is_empty() {
                return Err(invalid());
            }
            return Ok(What::Subjects(prefixes.into_iter().map(Subject::Prefix).collect()));
        }
        let Some((address, length)) = text.split_once([',', '/']) else {
            let address: IpAddr = text.parse().map_err(|_| invalid())?;
            return Ok(What::Subjects(vec![Subject::Address(address)]));
        };
        let address: IpAddr = address.parse().map_err(|_| invalid())?;
        let prefix = length.parse().ok().and_then(|length| Prefix::of(address, length).ok()).ok_or_else(invalid)?;
        Ok(What::Subjects(vec![Subject::Prefix(prefix)]))
    }

    /// Data with exactly these octets, as hexadecimal digits.
    pub fn raw_data(hex: &str) -> Result<What, Error> {
        Ok(What::Subjects(vec![Subject::Rdata(octets(hex)?)]))
    }

    /// The owner name with exactly this wire form, as hexadecimal digits.
    pub fn raw_owner(hex: &str) -> Result<What, Error> {
        let name = Name::from_wire(&octets(hex)?).map_err(|error| Error::invalid("raw", error))?;
        Ok(What::Subjects(vec![Subject::Name(name)]))
    }

    /// What a text looks like: an address, a prefix, a range, or else an owner name.
    pub fn guess(text: &str) -> Result<What, Error> {
        What::address(text).or_else(|_| What::owner(text))
    }

    /// The ranges to read, in the order of the store.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        match self {
            What::Subjects(subjects) => subjects.clone(),
            What::TargetBeginning(_) => vec![Subject::TargetWithin(Name::root())],
            What::Data(_) => vec![Subject::Within(Name::root())],
            What::Owners(pattern) => {
                let suffix = pattern.suffix().and_then(|suffix| suffix.parse().ok());
                vec![Subject::Within(suffix.unwrap_or_else(Name::root))]
            }
        }
    }
}

/// A name with at most one wildcard at one of its ends.
enum Wild {
    Exact(Name),
    Left(Name),
    Right(Vec<Box<[u8]>>),
}

fn wild(text: &str) -> Result<Wild, Error> {
    let name = |text: &str| {
        let text = text.trim();
        text.parse::<Name>().or_else(|error| Name::parse(text.as_bytes()).map_err(|_| error))
    };
    let invalid = |error| Error::invalid("name", error);
    let text = text.trim();
    let dotless = text.strip_suffix('.').unwrap_or(text);
    if let Some(rest) = dotless.strip_suffix(".*") {
        if rest == "*" || rest.starts_with("*.") {
            return Err(Error::invalid("name", "one wildcard, at one end"));
        }
        return Ok(Wild::Right(name(rest).map_err(invalid)?.labels().map(Box::from).collect()));
    }
    match text.strip_prefix("*.") {
        Some("") => Ok(Wild::Left(Name::root())),
        Some(rest) => name(rest).map(Wild::Left).map_err(invalid),
        None => name(text).map(Wild::Exact).map_err(invalid),
    }
}

fn octets(hex: &str) -> Result<Vec<u8>, Error> {
    let invalid = || Error::invalid("raw", "an even number of hexadecimal digits, at most 131070");
    let digits = hex.as_bytes();
    if !digits.len().is_multiple_of(2) || digits.len() > 2 * model::rdata::RDATA_OCTETS_MAX {
        return Err(invalid());
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    let pairs = digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?));
    pairs.collect::<Option<_>>().ok_or_else(invalid)
}

/// What the ranges alone do not decide.
pub(super) struct Filter<'a> {
    question: &'a Question,
    /// The last owner name that was looked at, and what came of it: many records have the same.
    owner: Vec<u8>,
    admitted: bool,
}

impl Filter<'_> {
    pub(super) fn admits(&mut self, found: &Found<'_>) -> bool {
        if self.question.types == Types::NotDnssec && found.rrtype().is_some_and(|rrtype| DNSSEC.contains(&rrtype)) {
            return false;
        }
        if let Some(bailiwick) = &self.question.bailiwick
            && found.tuple().and_then(|tuple| tuple.bailiwick_name()).as_ref() != Some(bailiwick)
        {
            return false;
        }
        match &self.question.what {
            What::Subjects(_) => true,
            What::Owners(pattern) => self.owner_admits(pattern, found),
            What::Data(pattern) => found.tuple().is_some_and(|tuple| pattern.matches(&tuple.rdata.text(tuple.rrtype))),
            What::TargetBeginning(labels) => found
                .tuple()
                .is_some_and(|tuple| tuple.rdata.targets(tuple.rrtype).iter().any(|target| begins(target, labels))),
        }
    }

    fn owner_admits(&mut self, pattern: &Pattern, found: &Found<'_>) -> bool {
        let Some(owner) = found.owner() else { return false };
        if self.owner != owner {
            self.owner.clear();
            self.owner.extend_from_slice(owner);
            self.admitted = found.tuple().is_some_and(|tuple| pattern.matches(&tuple.rrname.fqdn()));
        }
        self.admitted
    }
}

/// Whether a name begins with these labels and has at least one more.
fn begins(name: &Name, labels: &[Box<[u8]>]) -> bool {
    let mut own = name.labels();
    labels.iter().all(|label| own.next() == Some(label)) && own.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subjects(what: Result<What, Error>) -> Vec<Subject> {
        what.unwrap().subjects()
    }

    #[test]
    fn reads_names_with_a_wildcard_at_one_end() {
        let name = |text: &str| text.parse::<Name>().unwrap();
        assert_eq!(subjects(What::owner("WWW.example.")), [Subject::Name(name("www.example"))]);
        assert_eq!(subjects(What::owner("*.example")), [Subject::Within(name("example"))]);
        assert_eq!(subjects(What::owner("*.")), [Subject::Within(Name::root())]);
        assert_eq!(subjects(What::owner("www.a.*.")), [Subject::Beginning(vec![b"www"[..].into(), b"a"[..].into()])]);
        assert_eq!(subjects(What::target("*.ns.example")), [Subject::TargetWithin(name("ns.example"))]);
        for bad in ["", "*.a.*", "*.*", "a..b", &"a".repeat(64)] {
            assert!(What::owner(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_addresses_prefixes_and_ranges() {
        let prefix = |text: &str| Subject::Prefix(text.parse().unwrap());
        assert_eq!(subjects(What::address("192.0.2.0,24")), [prefix("192.0.2.0/24")]);
        assert_eq!(subjects(What::address("2001:db8::/32")), [prefix("2001:db8::/32")]);
        assert_eq!(subjects(What::address("192.0.2.2-192.0.2.4")), [prefix("192.0.2.2/31"), prefix("192.0.2.4/32")]);
        for bad in ["192.0.2.0,33", "192.0.2.9-192.0.2.1", "192.0.2.1-2001:db8::1", "example", "192.0.2.1,x"] {
            assert!(What::address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn reads_types_and_octets() {
        assert_eq!(Types::parse("a,TYPE28").unwrap(), Types::Only(vec![RecordType::A, RecordType::AAAA]));
        assert_eq!(Types::parse("any").unwrap(), Types::NotDnssec);
        assert!(Types::parse("ANY-DNSSEC").unwrap().wanted().contains(&RecordType::DNSKEY));
        assert!(Types::parse("nope").is_err());
        assert_eq!(subjects(What::raw_data("c0000201")), [Subject::Rdata(vec![192, 0, 2, 1])]);
        assert!(What::raw_data("c").is_err() && What::raw_data("xx").is_err() && What::raw_owner("01").is_err());
    }
}
