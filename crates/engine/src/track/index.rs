//! Which Tracks may be true of a record.

use std::{fmt::Write, net::IpAddr};

use hashbrown::HashMap;
use model::{
    Prefix, TrackId, TrackQuery, Tuple,
    track::{Arriving, Place, Records, ends_label},
};

use super::{
    literal::{Literal, Literals},
    posting::{Postings, Probe},
    term::{Required, Term, required},
};

/// Queries that name no term, at most: each is asked of every record.
const SLOW_MAX: usize = 500;
/// Places, as many as [`Place`] has.
const PLACES: usize = Place::ALL.len();

/// There are as many slow queries as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{SLOW_MAX} Tracks without a value to find them by stand already; name a whole value, or three letters of one, that \
     must hold"
)]
pub struct IndexFull;

/// Standing queries, found by what records hold.
#[derive(Debug, Default)]
pub struct Index {
    tracks: Vec<Slot>,
    free: Vec<u32>,
    slots: HashMap<TrackId, u32, foldhash::fast::FixedState>,
    postings: Postings,
    literals: [Literals; PLACES],
    /// How many queries ask for names within others, by place.
    within: [u32; PLACES],
    /// How many queries ask for prefixes of each length, of IPv4 and IPv6.
    prefixes: [Vec<u32>; 2],
    /// Queries asked of every registration, and of every DNS tuple.
    slow: [Vec<u32>; 2],
}

#[derive(Debug, Default)]
struct Slot {
    track: Option<(TrackId, TrackQuery)>,
    generation: u32,
}

/// Room that a search works in, used again from record to record.
#[derive(Debug, Default)]
pub struct Scratch {
    hashes: Vec<u64>,
    found: Vec<u32>,
    text: String,
}

impl Index {
    /// Stands a query, in place of the one that stood for this Track.
    pub fn add(&mut self, id: TrackId, query: TrackQuery) -> Result<(), IndexFull> {
        self.insert(id, query, &mut None)
    }

    /// Stands many; parts of texts become one automaton a place. Says which Tracks found no room.
    pub fn extend(&mut self, tracks: impl IntoIterator<Item = (TrackId, TrackQuery)>) -> Vec<TrackId> {
        let mut gathered = Some(std::array::from_fn(|_| Vec::new()));
        let mut refused = Vec::new();
        for (id, query) in tracks {
            refused.extend(self.insert(id, query, &mut gathered).is_err().then_some(id));
        }
        for (literals, gathered) in self.literals.iter_mut().zip(gathered.into_iter().flatten()) {
            literals.extend(gathered);
        }
        refused
    }

    fn insert(
        &mut self,
        id: TrackId,
        query: TrackQuery,
        gathered: &mut Option<[Vec<Literal>; PLACES]>,
    ) -> Result<(), IndexFull> {
        self.remove(id);
        let required = required(&query.clause);
        let kinds = kinds(query.records());
        if required.is_none() && kinds.iter().any(|kind| self.slow[*kind].len() >= SLOW_MAX) {
            return Err(IndexFull);
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.tracks.push(Slot::default());
            self.tracks.len() as u32 - 1
        });
        self.tracks[slot as usize].track = Some((id, query));
        self.slots.insert(id, slot);
        match required {
            None => kinds.iter().for_each(|kind| self.slow[*kind].push(slot)),
            Some(Required { terms, .. }) => terms.into_iter().for_each(|term| self.post(slot, term, gathered)),
        }
        Ok(())
    }

    fn post(&mut self, slot: u32, term: Term, gathered: &mut Option<[Vec<Literal>; PLACES]>) {
        match term {
            Term::Literal(place, text, window) => {
                let generation = self.tracks[slot as usize].generation;
                let literal = Literal { text, slot, generation, window };
                match gathered {
                    Some(gathered) => gathered[place as usize].push(literal),
                    None => self.literals[place as usize].add(literal),
                }
            }
            hashed => {
                let hash = self.count(&hashed, 1).hash();
                self.postings.add(hash, slot);
            }
        }
    }

    /// Counts a term as one more or less of its kind.
    fn count<'t>(&mut self, term: &'t Term, change: i32) -> Probe<'t> {
        let counted = |count: &mut u32| *count = count.saturating_add_signed(change);
        match term {
            Term::Within(place, text) => {
                counted(&mut self.within[*place as usize]);
                Probe::Within(*place, text)
            }
            Term::Address(prefix) => {
                let lengths = &mut self.prefixes[family(prefix.first())];
                lengths.resize(129, 0);
                counted(&mut lengths[usize::from(prefix.length())]);
                Probe::Address(*prefix)
            }
            Term::Equal(place, text) | Term::Literal(place, text, _) => Probe::Equal(*place, text),
        }
    }

    /// Ends a Track; whether it stood.
    pub fn remove(&mut self, id: TrackId) -> bool {
        let Some(slot) = self.slots.remove(&id) else { return false };
        let Some(place) = self.tracks.get_mut(slot as usize) else { return false };
        // Parts in automata stay until those are made anew: they propose whatever stands in the slot, in vain.
        place.generation = place.generation.wrapping_add(1);
        let Some((_, query)) = place.track.take() else { return false };
        match required(&query.clause) {
            None => self.slow.iter_mut().for_each(|slow| slow.retain(|slow| *slow != slot)),
            Some(Required { terms, .. }) => {
                for term in terms.iter().filter(|term| !matches!(term, Term::Literal(..))) {
                    let hash = self.count(term, -1).hash();
                    self.postings.remove(hash, slot);
                }
            }
        }
        self.free.push(slot);
        true
    }

    /// What a query is found by, in words; nothing where it is asked of every record.
    pub fn found_by(query: &TrackQuery) -> Vec<String> {
        let words = |term| match term {
            Term::Equal(place, text) => format!("{place} = {text}"),
            Term::Within(place, text) => format!("{place} under {text}"),
            Term::Address(prefix) => format!("address in {prefix}"),
            Term::Literal(place, text, _) => format!("{place} with `{text}` in it"),
        };
        required(&query.clause).into_iter().flat_map(|required| required.terms).map(words).collect()
    }

    /// How many Tracks stand.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether none stands.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// How many are asked of every registration and of every DNS tuple.
    pub fn slow(&self) -> (usize, usize) {
        (self.slow[0].len(), self.slow[1].len())
    }

    /// The query of a Track.
    pub fn query(&self, id: TrackId) -> Option<&TrackQuery> {
        let slot = self.slots.get(&id)?;
        self.tracks[*slot as usize].track.as_ref().map(|(_, query)| query)
    }

    /// Makes searching quick again after additions; between two batches.
    pub fn tidy(&mut self) {
        let tracks = &self.tracks;
        for literals in self.literals.iter_mut().filter(|literals| literals.is_due()) {
            literals.tidy(|literal| tracks[literal.slot as usize].generation == literal.generation);
        }
    }

    /// The Tracks that are true of a record, in no order that means anything.
    pub fn matching(&self, record: &Arriving, scratch: &mut Scratch) -> Vec<TrackId> {
        self.candidates(record, scratch);
        let track = |slot: &u32| self.tracks[*slot as usize].track.as_ref();
        let found = scratch.found.iter().filter_map(track);
        found.filter(|(_, query)| query.matches(record)).map(|(id, _)| *id).collect()
    }

    /// The same where nobody looked yet whether the record's domain is new here: those that are true if it is, and those
    /// that are true if it is not.
    pub fn perhaps_matching(&self, record: &Arriving, scratch: &mut Scratch) -> Vec<TrackId> {
        self.candidates(record, scratch);
        let mut other: Option<Arriving> = None;
        let mut found = Vec::new();
        for (id, query) in scratch.found.iter().filter_map(|slot| self.tracks[*slot as usize].track.as_ref()) {
            let otherwise = || Arriving { first_seen_here: !record.first_seen_here, ..record.clone() };
            if query.matches(record) || query.asks_novelty() && query.matches(other.get_or_insert_with(otherwise)) {
                found.push(*id);
            }
        }
        found
    }

    /// Fills `scratch.found` with the queries that may be true of a record, each once.
    fn candidates(&self, record: &Arriving, scratch: &mut Scratch) {
        scratch.found.clear();
        scratch.hashes.clear();
        if !self.postings.is_empty() {
            for held in &record.held {
                self.text_hashes(held.place, &held.text, &mut scratch.hashes);
            }
            record.address.iter().for_each(|address| self.address_hashes(*address, &mut scratch.hashes));
            // IMPORTANT: all hashes first, then all looks into the filter: the processor fetches them side by side.
            scratch.hashes.retain(|hash| self.postings.may_hold(*hash));
            scratch.found.extend(scratch.hashes.iter().flat_map(|hash| self.postings.of(*hash)));
        }
        for held in &record.held {
            self.literals[held.place as usize].find(&held.text, &mut |slot| scratch.found.push(slot));
        }
        scratch.found.sort_unstable();
        scratch.found.dedup();
        scratch.found.extend(&self.slow[usize::from(record.is_dns())]);
    }

    fn text_hashes(&self, place: Place, text: &str, hashes: &mut Vec<u64>) {
        hashes.push(Probe::Equal(place, text).hash());
        if self.within[place as usize] > 0 {
            hashes.extend(ancestors(text).map(|name| Probe::Within(place, name).hash()));
        }
    }

    fn address_hashes(&self, address: IpAddr, hashes: &mut Vec<u64>) {
        let lengths = self.prefixes[family(address)].iter().enumerate().filter(|(_, count)| **count > 0);
        let prefixes = lengths.filter_map(|(length, _)| Prefix::of(address, length as u8).ok());
        hashes.extend(prefixes.map(|prefix| Probe::Address(prefix).hash()));
    }

    /// Whether a Track may be true of a DNS tuple, before anything is made of it: of a stream nearly all is not.
    pub fn may_match(&self, tuple: &Tuple, scratch: &mut Scratch) -> bool {
        if self.is_empty() {
            return false;
        }
        if !self.slow[1].is_empty() {
            return true;
        }
        let Scratch { hashes, text, .. } = scratch;
        hashes.clear();
        text.clear();
        let _ = write!(text, "{}", tuple.rrname); // writing to a string does not fail
        self.text_hashes(Place::Host, text, hashes);
        // The registrable domain is one of the names above: each is tried, which costs less than finding it.
        for name in ancestors(text) {
            hashes.push(Probe::Equal(Place::Domain, name).hash());
            if self.within[Place::Domain as usize] > 0 {
                hashes.push(Probe::Within(Place::Domain, name).hash());
            }
        }
        match tuple.rdata.address(tuple.rrtype) {
            Some(address) => self.address_hashes(address, hashes),
            None => {
                for target in tuple.rdata.targets(tuple.rrtype) {
                    let target = target.to_string();
                    if TARGETS.iter().any(|place| self.holds_literal(*place, &target)) {
                        return true;
                    }
                    TARGETS.iter().for_each(|place| self.text_hashes(*place, &target, hashes));
                }
            }
        }
        hashes.iter().any(|hash| self.postings.may_hold(*hash))
            || self.holds_literal(Place::Host, text)
            || self.holds_literal(Place::Domain, text)
    }

    fn holds_literal(&self, place: Place, text: &str) -> bool {
        let literals = &self.literals[place as usize];
        let mut found = false;
        if !literals.is_empty() {
            literals.find(text, &mut |_| found = true);
        }
        found
    }
}

/// Where the name that a DNS record points to may stand.
const TARGETS: [Place; 3] = [Place::NameServer, Place::MailServer, Place::Target];

/// Where queries about these kinds of records stand in the list of slow ones.
fn kinds(records: Records) -> &'static [usize] {
    match (records.registrations, records.dns) {
        (true, true) => &[0, 1],
        (true, false) => &[0],
        (false, _) => &[1],
    }
}

fn family(address: IpAddr) -> usize {
    usize::from(address.is_ipv6())
}

/// A name as text and each above it, the root last.
fn ancestors(text: &str) -> impl Iterator<Item = &str> {
    let above = text.match_indices('.').filter(|(at, _)| ends_label(text, *at));
    let above = above.map(|(at, _)| &text[at + 1..]).filter(|name| !name.is_empty());
    let root = (text != ".").then_some(".");
    std::iter::once(text).chain(above).chain(root)
}
