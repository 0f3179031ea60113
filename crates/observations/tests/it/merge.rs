//! Merging: whatever the order of arrival, of flushes and of compactions, the row is the same.

use std::path::Path;

use model::{Counting, Observation, Readable, Seen, Span, Time};
use observations::{Batch, Options, Query, Store, Subject, disk::fault::FaultDisk};
use proptest::prelude::*;

use crate::{
    chance::{self, Chance, DAY, START},
    oracle,
};

/// Stores what is said of one tuple in this order, a batch each, with a flush or a compaction after some.
fn stored(said: &[(Span, u64)], counting: Counting, after: &[u8]) -> Seen {
    let options = Options { disk: FaultDisk::new(1).disk(), ..crate::options() };
    let store = Store::open(Path::new("/store"), options).expect("opened");
    let source = store.add_source(chance::source("one", counting)).expect("added").id;
    let tuple = Chance(1).tuple();
    for (at, (span, count)) in said.iter().enumerate() {
        let observations = vec![Observation { tuple: tuple.clone(), span: *span, count: *count }];
        let batch = Batch {
            id: None,
            source,
            arrived: Time(START),
            observations,
            registrations: Vec::new(),
            networks: Vec::new(),
            parser: 0,
        };
        store.append(batch).expect("appended");
        match after.get(at).unwrap_or(&0) % 8 {
            6 => store.flush().expect("flushed"),
            7 => drop(store.compact(true).expect("compacted")),
            _ => {}
        }
    }
    let query = Query::new(Subject::Name(tuple.rrname.clone()), Readable::All, 10);
    let mut rows = store.snapshot().dns(&query).expect("an answer").rows;
    assert_eq!(rows.len(), 1);
    rows.remove(0).sightings.remove(0).1
}

fn said(days: i64, most: usize) -> impl Strategy<Value = Vec<(Span, u64)>> {
    let length = prop_oneof![4 => Just(0), 2 => 0..3 * DAY, 1 => 0..30 * DAY];
    let one = (0..days * DAY, length, prop_oneof![9 => 1..1000u64, 1 => Just(u64::MAX)]);
    let one = one.prop_map(|(first, length, count)| {
        let first = Time(START + first);
        (Span::new(first, first.plus(length)).expect("in order"), count)
    });
    prop::collection::vec(one, 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if crate::long() { 500 } else { 60 }, failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_order_does_not_matter(
        said in said(100, 14),
        shuffled in any::<prop::sample::Index>(),
        after in prop::collection::vec(any::<u8>(), 14),
        statement in any::<bool>(),
    ) {
        let counting = if statement { Counting::Statement } else { Counting::Stream };
        let expected = oracle::seen(&said, counting);
        prop_assert_eq!(&stored(&said, counting, &after), &expected);
        let mut other = said.clone();
        other.rotate_left(shuffled.index(said.len()));
        other.reverse();
        prop_assert_eq!(&stored(&other, counting, &after[7..]), &expected);
    }

    /// Beyond sixteen spells the closest join: first, last and count stay true, every moment stays covered.
    #[test]
    fn too_many_spells_blur_and_nothing_else(
        said in said(1500, 60),
        after in prop::collection::vec(any::<u8>(), 60),
    ) {
        let exact = oracle::seen(&said, Counting::Stream);
        let found = stored(&said, Counting::Stream, &after);
        prop_assert_eq!((found.span, found.count), (exact.span, exact.count));
        prop_assert!(found.spells.len() <= exact.spells.len().min(16));
        prop_assert!(found.spells.windows(2).all(|pair| pair[0].span.last().plus(oracle::GAP) < pair[1].span.first()));
        for spell in exact.spells {
            let covered = |own: &model::Spell| {
                own.span.first() <= spell.span.first() && spell.span.last() <= own.span.last()
            };
            prop_assert!(found.spells.iter().any(covered), "{spell:?} in {found:?}");
        }
    }
}
