//! A made-up passive DNS population with the shape of real ones, to measure and to test with.
//!
//! It is final: figures of different versions of the store compare only as long as nothing here is tuned. The shape
//! (per 13.0 M distinct tuples): about 1.06 M registered domains under 300 suffixes (Zipf); A 49 %, NS 20 %, SOA, CNAME
//! and MX 8 % each, AAAA 5 %, TXT 2 %; the number of hosts of a domain is Pareto, up to 20,000; host names are words,
//! or random labels as content networks, dynamic addresses and generated domains have them; addresses are shared with
//! a Zipf tail. Four sources; a quarter of the tuples are seen by two. Ten thirteenths of the tuples come in *bulk*
//! (spans and counts, as an export states them), the others in the *stream* (single sightings): there, one in ten is
//! new and nine repeat, the oldest most (`u⁴`). In the end a row has 1.3 spells on average.
//!
//! Nothing is stored but where each domain's tuples begin: a tuple is computed from its number. Only integers and
//! exactly rounded operations are used, so every machine makes the same data. Names stand under `.test` and
//! `.example`, addresses in 10.0.0.0/8 and 2001:db8::/32.

use model::{
    Counting, Exposure, Name, Observation, Rdata, RecordType, Source, SourceId, SourceKind, Span, SuffixList, Time,
    Tuple,
};

mod draw;
mod tuple;

use draw::{Draw, Permutation};

/// How many sources see the population.
pub const SOURCES: usize = 4;
/// When the bulk's history begins: 2023-01-01.
const HISTORY: i64 = 1_672_531_200;
/// When the stream begins: 2026-01-01; it lasts [`STREAM_SECONDS`].
const STREAM: i64 = 1_767_225_600;
const STREAM_SECONDS: u64 = 12 * 86_400;
const DAY: u64 = 86_400;
/// More tuples would need more domain names than there are syllables for.
const TUPLES_MAX: u32 = 1 << 31;

/// A population of distinct tuples, and the order in which they arrive.
#[derive(Debug)]
pub struct Workload {
    seed: u64,
    /// Where each domain's tuples begin; one more at the end.
    starts: Vec<u32>,
    order: Permutation,
    names: Permutation,
    suffixes: Vec<u64>,
}

/// A row of a workload: the number of its source (below [`SOURCES`]) and what it says.
pub type Sighting = (usize, Observation);

impl Workload {
    /// The population of this seed with so many distinct tuples (at most 2³¹).
    pub fn new(seed: u64, tuples: u32) -> Workload {
        let tuples = tuples.min(TUPLES_MAX);
        Workload {
            seed,
            starts: tuple::starts(seed, tuples),
            order: Permutation::new(seed ^ 1, u64::from(tuples)),
            names: Permutation::new(seed ^ 2, tuple::CORES),
            suffixes: tuple::suffix_weights(),
        }
    }

    /// How many distinct tuples there are.
    pub fn tuples(&self) -> u32 {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many registered domains they belong to.
    pub fn domains(&self) -> usize {
        self.starts.len() - 1
    }

    /// The public suffixes of the population, to be used instead of the world's.
    pub fn suffix_list(&self) -> SuffixList {
        let rules: Vec<String> = (0..self.suffixes.len()).map(tuple::suffix_text).collect();
        SuffixList::parse(&rules.join("\n"))
    }

    /// The sources, to be registered in this order; the last one states cumulative figures.
    pub fn sources() -> [Source; SOURCES] {
        let source = |name: &str, kind, counting| Source {
            id: SourceId(0),
            name: name.into(),
            kind,
            counting,
            exposure: Exposure::Nobody,
            population: true,
            licence: None,
            retention_days: None,
        };
        let sensor = |name| source(name, SourceKind::Sensor, Counting::Stream);
        let export = source("export", SourceKind::Provider, Counting::Statement);
        [sensor("sensor-a"), sensor("sensor-b"), sensor("sensor-c"), export]
    }

    /// The tuple that arrives at this place of the order (taken modulo [`Workload::tuples`]).
    pub fn tuple(&self, place: u32) -> Tuple {
        self.tuple_numbered(self.number(place))
    }

    /// The distinct tuples of the bulk in random order with first, last and count; then, in another order, what
    /// second sources and second spells add to them.
    pub fn bulk(&self) -> impl Iterator<Item = Sighting> {
        let bulk = self.bulk_tuples();
        let first = (0..bulk).map(|place| self.bulk_row(self.number(place), 0, 0));
        let more = (0..bulk).rev().flat_map(move |place| {
            let number = self.number(place);
            let kept = move |(slot, spell): &(usize, usize)| {
                *slot < self.sources_of(number).len() && *spell < self.bulk_spans(number, *slot).len()
            };
            let rows = [(0, 1), (1, 0), (1, 1)].into_iter().filter(kept);
            rows.map(move |(slot, spell)| self.bulk_row(number, slot, spell))
        });
        first.chain(more)
    }

    /// So many single sightings in order of time: while there are new tuples one in ten is new. All are used up
    /// after thirty thirteenths of [`Workload::tuples`].
    pub fn stream(&self, observations: u64) -> impl Iterator<Item = Sighting> {
        let mut introduced = self.bulk_tuples();
        (0..observations).map(move |at| {
            let mut draw = Draw::of(self.seed, 3, at);
            let place = if (at % 10 == 9 || introduced == 0) && introduced < self.tuples() {
                introduced += 1;
                introduced - 1
            } else {
                draw.skewed(introduced)
            };
            let moment = (u128::from(at) * u128::from(STREAM_SECONDS) / u128::from(observations)) as i64;
            self.sighting(place, Time(STREAM + moment), &mut draw)
        })
    }

    /// How many tuples come in bulk.
    pub fn bulk_tuples(&self) -> u32 {
        (u64::from(self.tuples()) * 10 / 13) as u32
    }

    fn number(&self, place: u32) -> u32 {
        self.order.at(u64::from(place) % u64::from(self.tuples().max(1))) as u32
    }

    fn sighting(&self, place: u32, moment: Time, draw: &mut Draw) -> Sighting {
        let number = self.number(place);
        let sources = self.sources_of(number);
        let source = sources[draw.below(sources.len() as u64) as usize];
        let count = if draw.chance(26) { 2 + draw.below(7) } else { 1 };
        (source, Observation { tuple: self.tuple_numbered(number), span: Span::at(moment), count })
    }

    fn bulk_row(&self, number: u32, slot: usize, spell: usize) -> Sighting {
        let mut draw = Draw::of(self.seed, 4 + slot as u64, u64::from(number) << 1 | spell as u64);
        let span = self.bulk_spans(number, slot)[spell];
        let count = 1 + draw.log_uniform(14);
        (self.sources_of(number)[slot], Observation { tuple: self.tuple_numbered(number), span, count })
    }

    /// Which sources see a tuple: one, for a quarter of them two.
    fn sources_of(&self, number: u32) -> SmallVec<usize> {
        let mut draw = Draw::of(self.seed, 6, u64::from(number));
        let first = match draw.below(10) {
            0..4 => 0,
            4..7 => 1,
            7..9 => 2,
            _ => 3,
        };
        let second = (first + 1 + draw.below(3) as usize) % SOURCES;
        SmallVec { items: [first, second], length: 1 + usize::from(draw.chance(64)) }
    }

    /// The one or two spans in which a source saw a tuple of the bulk. Nine in ten are seen to this day.
    fn bulk_spans(&self, number: u32, slot: usize) -> SmallVec<Span> {
        let mut draw = Draw::of(self.seed, 7 + slot as u64, u64::from(number));
        let history = (STREAM - HISTORY) as u64;
        let first = draw.below(history - 8 * DAY);
        let last = if draw.chance(228) {
            history - draw.below(4 * DAY) - 1
        } else {
            first + (draw.squared(365 * DAY)).min(history - 1 - first)
        };
        let twice = last - first > 90 * DAY && draw.chance(28);
        let third = (last - first) / 3;
        let span = |from: u64, to: u64| {
            let moment = |seconds| Time(HISTORY + seconds as i64);
            Span::at(moment(from)).union(Span::at(moment(to)))
        };
        if twice {
            SmallVec { items: [span(first, first + third), span(last - third, last)], length: 2 }
        } else {
            SmallVec { items: [span(first, last); 2], length: 1 }
        }
    }
}

/// One or two of something, without allocation.
#[derive(Clone, Copy, Debug)]
struct SmallVec<T> {
    items: [T; 2],
    length: usize,
}

impl<T> std::ops::Deref for SmallVec<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items[..self.length]
    }
}

/// Groups sightings by source into batches of one size; smaller ones come last.
pub fn batches(
    sightings: impl Iterator<Item = Sighting>,
    size: usize,
) -> impl Iterator<Item = (usize, Vec<Observation>)> {
    let mut sightings = sightings;
    let mut open: [Vec<Observation>; SOURCES] = Default::default();
    std::iter::from_fn(move || {
        for (source, observation) in sightings.by_ref() {
            open[source].push(observation);
            if open[source].len() >= size {
                return Some((source, std::mem::take(&mut open[source])));
            }
        }
        let source = open.iter().position(|rows| !rows.is_empty())?;
        Some((source, std::mem::take(&mut open[source])))
    })
}

#[cfg(test)]
mod tests;
