//! All lists in memory, ready to be matched: sorted once, then searched.
//!
//! | index | holds | found by |
//! |---|---|---|
//! | hosts | entries that mean everything below them | each suffix of a host at a dot |
//! | texts | whole values, folded | the value; the host of a link |
//! | prefixes | by family and length | the value's bits; for a prefix also what stands inside it |
//! | parts | substrings | one automaton over all of them |
//! | patterns | regular expressions | one set a list |

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    ops::Bound,
};

use aho_corasick::AhoCorasick;
use model::{Indicator, IndicatorType, LabelListId, Prefix, label::Matching};
use regex::{RegexSet, RegexSetBuilder};
use store::label::List;

/// The most memory that the patterns of one list may take, in octets.
const PATTERNS_OCTETS_MAX: usize = 8 << 20;

/// All lists.
#[derive(Debug, Default)]
pub(crate) struct Matcher {
    /// Which lists these are, as they were.
    pub(super) revisions: BTreeMap<LabelListId, i64>,
    lists: Vec<List>,
    hosts: Texts,
    texts: Texts,
    prefixes: Prefixes,
    parts: Vec<(String, u16)>,
    automaton: Option<AhoCorasick>,
    patterns: Vec<(u16, RegexSet)>,
}

/// A list that a value stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit<'m> {
    /// The list.
    pub(crate) list: &'m List,
    /// The entry that says so.
    pub(crate) entry: String,
}

/// Texts of many lists, sorted: each once a list.
#[derive(Debug, Default)]
struct Texts {
    text: String,
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    length: u16,
    list: u16,
}

/// Prefixes by family and length: the first address as a number, and the list.
type Prefixes = BTreeMap<(bool, u8), Vec<(u128, u16)>>;

impl Matcher {
    /// Makes lists with their entries ready. `lists` are at most 65,535.
    pub(super) fn new(
        revisions: BTreeMap<LabelListId, i64>,
        lists: impl IntoIterator<Item = (List, String)>,
    ) -> Matcher {
        let mut matcher = Matcher { revisions, ..Matcher::default() };
        for (number, (list, entries)) in (0..=u16::MAX).zip(lists) {
            matcher.add(number, list.matching, &entries);
            matcher.lists.push(list);
        }
        matcher.hosts.sort();
        matcher.texts.sort();
        matcher.prefixes.values_mut().for_each(|prefixes| prefixes.sort_unstable());
        if !matcher.parts.is_empty() {
            let parts = matcher.parts.iter().map(|(part, _)| part);
            matcher.automaton = AhoCorasick::builder().ascii_case_insensitive(true).build(parts).ok();
        }
        matcher
    }

    fn add(&mut self, list: u16, matching: Matching, entries: &str) {
        if matching == Matching::Regex {
            return self.patterns.extend(patterns(entries).map(|set| (list, set)));
        }
        for entry in entries.lines() {
            match (matching, prefix(entry)) {
                (Matching::Cidr | Matching::Value, Some(prefix)) => self.add_prefix(list, prefix),
                (Matching::Cidr, None) => {}
                (Matching::Substring, _) => self.parts.push((entry.to_lowercase(), list)),
                (Matching::Hostname, _) => self.hosts.push(entry.trim_start_matches(['.', '*']), list),
                (_, prefix) => self.add_text(list, matching, entry, prefix.is_some()),
            }
        }
    }

    fn add_prefix(&mut self, list: u16, prefix: Prefix) {
        let key = (prefix.first().is_ipv4(), prefix.length());
        self.prefixes.entry(key).or_default().push((number(prefix.first()), list));
    }

    fn add_text(&mut self, list: u16, matching: Matching, entry: &str, is_prefix: bool) {
        if let Some(below) = entry.strip_prefix("*.").or(entry.strip_prefix('.')) {
            return self.hosts.push(below, list);
        }
        // A link has one form of its own, and so have values of lists that say nothing of their form.
        let guessed = (matching == Matching::Value || entry.contains("://") || is_prefix)
            .then(|| Indicator::guess(entry))
            .flatten();
        match guessed {
            Some(Indicator::Host(host)) if matching == Matching::Value => self.hosts.push(&host.to_string(), list),
            Some(indicator) => self.texts.push(&text(&indicator), list),
            None => self.texts.push(entry, list),
        }
    }

    /// Whether there are no lists.
    pub(crate) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Every list that this value stands on, by name, each with the nearest of its entries.
    pub(crate) fn of(&self, indicator: &Indicator) -> Vec<Hit<'_>> {
        let mut found: BTreeMap<u16, String> = BTreeMap::new();
        let kind = indicator.kind();
        let mut hit = |list: u16, entry: &dyn Fn() -> String| {
            let is_for = self.lists.get(usize::from(list)).is_some_and(|list| concerns(list, kind));
            if is_for {
                found.entry(list).or_insert_with(entry);
            }
        };
        if let Some(prefix) = addresses(indicator) {
            self.prefixes_of(prefix, &mut hit);
        }
        let whole = text(indicator);
        let host = host(indicator);
        self.texts.find(&whole, &mut hit);
        if let Some(host) = host.as_deref() {
            if host != whole {
                self.texts.find(host, &mut hit);
            }
            suffixes(host).for_each(|suffix| self.hosts.find(suffix, &mut hit));
        }
        self.parts_of(&whole, &mut hit);
        for (list, set) in &self.patterns {
            if let Some(first) = set.matches(&whole).iter().next() {
                hit(*list, &|| set.patterns().get(first).cloned().unwrap_or_default());
            }
        }
        let mut hits: Vec<Hit<'_>> = found
            .into_iter()
            .filter_map(|(list, entry)| Some(Hit { list: self.lists.get(usize::from(list))?, entry }))
            .collect();
        hits.sort_by(|a, b| a.list.name.cmp(&b.list.name));
        hits
    }

    /// Prefixes that hold this one, the longest first; then those that stand in it.
    fn prefixes_of(&self, wanted: Prefix, hit: &mut impl FnMut(u16, &dyn Fn() -> String)) {
        let (first, last) = (number(wanted.first()), number(wanted.last()));
        let v4 = wanted.first().is_ipv4();
        for ((_, length), prefixes) in self.prefixes.range((v4, 0)..=(v4, wanted.length())).rev() {
            let Ok(above) = Prefix::of(wanted.first(), *length) else { continue };
            let key = number(above.first());
            let from = prefixes.partition_point(|(first, _)| *first < key);
            for (_, list) in prefixes.iter().skip(from).take_while(|(first, _)| *first == key) {
                hit(*list, &|| above.to_string());
            }
        }
        let longer = (Bound::Excluded((v4, wanted.length())), Bound::Included((v4, 128)));
        for ((_, length), prefixes) in self.prefixes.range(longer) {
            let from = prefixes.partition_point(|(address, _)| *address < first);
            for (address, list) in prefixes.iter().skip(from).take_while(|(address, _)| *address <= last) {
                hit(*list, &|| format!("{}/{length}", address_of(*address, v4)));
            }
        }
    }

    fn parts_of(&self, whole: &str, hit: &mut impl FnMut(u16, &dyn Fn() -> String)) {
        let Some(automaton) = &self.automaton else { return };
        let found: BTreeSet<usize> =
            automaton.find_overlapping_iter(whole).map(|found| found.pattern().as_usize()).collect();
        for (part, list) in found.into_iter().filter_map(|at| self.parts.get(at)) {
            hit(*list, &|| part.clone());
        }
    }
}

impl Texts {
    fn push(&mut self, text: &str, list: u16) {
        let text = text.trim_end_matches('.').to_lowercase();
        if let (Ok(at), Ok(length @ 1..)) = (u32::try_from(self.text.len()), u16::try_from(text.len())) {
            self.text.push_str(&text);
            self.places.push(Place { at, length, list });
        }
    }

    fn sort(&mut self) {
        let text = &self.text;
        self.places.sort_unstable_by_key(|place| (of(text, *place), place.list));
        self.places.dedup_by_key(|place| (of(text, *place), place.list));
        self.places.shrink_to_fit();
    }

    fn find(&self, wanted: &str, hit: &mut impl FnMut(u16, &dyn Fn() -> String)) {
        let from = self.places.partition_point(|place| of(&self.text, *place) < wanted);
        for place in self.places.iter().skip(from).take_while(|place| of(&self.text, **place) == wanted) {
            hit(place.list, &|| wanted.to_owned());
        }
    }
}

fn of(text: &str, place: Place) -> &str {
    let at = place.at as usize;
    text.get(at..at + usize::from(place.length)).unwrap_or_default()
}

/// A list of names is for links too, and one of addresses for prefixes and links: whoever stands there is meant.
fn concerns(list: &List, kind: IndicatorType) -> bool {
    let has = |kind| list.types.contains(&kind);
    list.types.is_empty()
        || has(kind)
        || match kind {
            IndicatorType::Url => has(IndicatorType::Host) || has(IndicatorType::Address),
            IndicatorType::Cidr => has(IndicatorType::Address),
            IndicatorType::Address => has(IndicatorType::Cidr),
            _ => false,
        }
}

/// The whole value, folded; of a digest its digits.
fn text(indicator: &Indicator) -> String {
    match indicator {
        Indicator::File(digest) | Indicator::Certificate(digest) => digest.hex().to_lowercase(),
        indicator => indicator.canonical().to_lowercase(),
    }
}

/// Where a host, link or e-mail address stands.
fn host(indicator: &Indicator) -> Option<String> {
    match indicator {
        Indicator::Host(host) => Some(host.to_string()),
        Indicator::Url(url) => url.host().map(ToString::to_string).or_else(|| Some(url.address()?.to_string())),
        Indicator::EmailAddress(address) => Some(address.domain().to_string()),
        _ => None,
    }
}

/// The addresses of a value: of an address, a prefix, a link at an address.
pub(crate) fn addresses(indicator: &Indicator) -> Option<Prefix> {
    match indicator {
        Indicator::Address(address) => single(*address),
        Indicator::Cidr(prefix) => Some(*prefix),
        Indicator::Url(url) => url.address().and_then(single),
        _ => None,
    }
}

fn single(address: IpAddr) -> Option<Prefix> {
    Prefix::of(address, if address.is_ipv4() { 32 } else { 128 }).ok()
}

/// A prefix as lists write it: an address alone, or with bits beyond its length.
pub(super) fn prefix(entry: &str) -> Option<Prefix> {
    let (address, length) = entry.split_once('/').map_or((entry, None), |(address, length)| (address, Some(length)));
    let address: IpAddr = address.parse().ok()?;
    match length {
        Some(length) => Prefix::of(address, length.parse().ok()?).ok(),
        None => single(address.to_canonical()),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address_of(number: u128, v4: bool) -> IpAddr {
    match u32::try_from(number) {
        Ok(bits) if v4 => IpAddr::V4(bits.into()),
        _ => IpAddr::V6(number.into()),
    }
}

/// A name, and each name above it.
fn suffixes(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| name.split_once('.').map(|(_, above)| above))
}

/// The regular expressions of a list; those that cannot be read are left out.
fn patterns(entries: &str) -> Option<RegexSet> {
    let readable = entries.lines().filter_map(pattern).filter(|pattern| set([pattern]).is_some());
    set(readable.collect::<Vec<_>>())
}

fn set<S: AsRef<str>>(patterns: impl IntoIterator<Item = S>) -> Option<RegexSet> {
    RegexSetBuilder::new(patterns).case_insensitive(true).size_limit(PATTERNS_OCTETS_MAX).build().ok()
}

/// `/…/i` as other languages write it; escapes of signs that need none are undone.
pub(super) fn pattern(entry: &str) -> Option<String> {
    let bare = entry.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')).map_or(entry, |(inner, _)| inner);
    let bare = bare.replace("\\@", "@").replace("\\/", "/");
    set([&bare]).map(|_| bare)
}

#[cfg(test)]
mod tests {
    use model::{Id, Time};

    use super::*;

    fn list(name: &str, matching: Matching, types: &[IndicatorType]) -> List {
        List {
            id: LabelListId(Id([1; 16])),
            owner: None,
            name: name.into(),
            description: String::new(),
            matching,
            types: types.to_vec(),
            version: 1,
            excludes: false,
            count: 0,
            modified: Time(0),
            revision: 1,
        }
    }

    fn found(matcher: &Matcher, value: &str) -> Vec<String> {
        let hits = matcher.of(&Indicator::guess(value).unwrap());
        hits.iter().map(|hit| format!("{} {}", hit.list.name, hit.entry)).collect()
    }

    #[test]
    fn each_way_of_matching() {
        let lists = [
            (list("hosts", Matching::Hostname, &[IndicatorType::Host]), ".cdn.example\nparking.example\n"),
            (list("own", Matching::Value, &[]), "shop.example\n198.51.100.0/25\nsomeone@mail.example\n"),
            (list("parts", Matching::Substring, &[IndicatorType::EmailAddress]), "throwaway.example\n"),
            (list("patterns", Matching::Regex, &[]), "/^abuse\\@.*$/i\n/(/\n"),
            (
                list("ranges", Matching::Cidr, &[IndicatorType::Address]),
                "198.51.100.0/24\n198.51.100.7\n2001:db8::/32\n",
            ),
            (list("top", Matching::String, &[IndicatorType::Host]), "top.example\n.below.example\n"),
        ];
        let matcher = Matcher::new(BTreeMap::new(), lists.map(|(list, entries)| (list, entries.to_owned())));
        for (value, expected) in [
            ("a.b.CDN.example", &["hosts cdn.example"][..]),
            ("notcdn.example", &[]),
            ("https://x.parking.example/path", &["hosts parking.example"]),
            ("www.shop.example", &["own shop.example"]),
            ("198.51.100.7", &["own 198.51.100.0/25", "ranges 198.51.100.7/32"]),
            ("198.51.100.200", &["ranges 198.51.100.0/24"]),
            ("198.51.0.0/16", &["own 198.51.100.0/25", "ranges 198.51.100.0/24"]),
            ("http://198.51.100.200/x", &["ranges 198.51.100.0/24"]),
            ("2001:db8::1", &["ranges 2001:db8::/32"]),
            ("203.0.113.1", &[]),
            ("a@throwaway.example", &["parts throwaway.example"]),
            ("throwaway.example", &[]),
            ("Someone@mail.example", &["own someone@mail.example"]),
            ("abuse@mail.example", &["patterns ^abuse@.*$"]),
            ("top.example", &["top top.example"]),
            ("www.top.example", &[]),
            ("http://top.example/a", &["top top.example"]),
            ("x.below.example", &["top below.example"]),
        ] {
            assert_eq!(found(&matcher, value), expected, "{value}");
        }
    }
}
