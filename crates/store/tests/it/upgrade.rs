//! A database that an older version left is brought to this version with what it held.
//!
//! `tests/older/NUMBER_NAME.jsonl` is a dump that the version with that last migration made, of a small team: two
//! owners, two accounts, three imports, opinions with and without everything, a group, an association, the audit log.

use std::collections::BTreeSet;

use model::{Actor, Time, query, time::DAY};
use store::{
    Address, Store, Viewer, audit,
    search::{self, Order, Search},
    text,
};

use crate::engines::on_each_address;

const OLDER: [(usize, &str); 1] = [(1, include_str!("../older/0001_first.jsonl"))];
/// Some days after the dump was made.
const NOW: Time = Time(1_795_500_000 + 10 * DAY);

fn upgraded(address: &Address, last: usize, dump: &str) -> Store {
    let rows = store::test_older(address, last, &mut dump.as_bytes()).unwrap();
    assert_eq!(rows as usize, dump.lines().count());
    Store::open(address).unwrap()
}

fn dumped(store: &Store) -> BTreeSet<String> {
    let mut out = Vec::new();
    store::dump(store, &mut out).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn nothing_is_lost() {
    for (last, dump) in OLDER {
        on_each_address(|address| {
            let store = upgraded(address, last, dump);
            let before: BTreeSet<String> = dump.lines().map(str::to_owned).collect();
            let changed: Vec<String> = dumped(&store).difference(&before).cloned().collect();
            assert_eq!(changed.len(), 1, "only the key at the floor is another one: {changed:#?}");
            assert!(changed[0].contains(&format!("\"confidence_key\":{}", i64::MIN + 10)), "{changed:?}");
            assert_eq!(dumped(&store).len(), before.len());
            assert_eq!(store::integrity::check(&store).unwrap(), Vec::<String>::new());
            let right = Actor::local("tester").may_audit().unwrap();
            let chain = store.read(|tx| audit::verify(tx, &right)).unwrap();
            assert_eq!((chain.broken, chain.entries > 5), (None, true));
            drop(store);
            assert_eq!(dumped(&Store::open(address).unwrap()).len(), before.len(), "opened again");
        });
    }
}

#[test]
fn what_is_new_is_there_for_what_is_old() {
    for (last, dump) in OLDER {
        on_each_address(|address| {
            let store = upgraded(address, last, dump);
            let viewer = Viewer::of(&Actor::local("tester"));
            let found = |words: &[&str]| {
                let hits = store.read(|tx| text::search(tx, &viewer, words, None, 10)).unwrap();
                hits.into_iter().map(|hit| hit.object.name).collect::<BTreeSet<_>>()
            };
            assert_eq!(found(&["ÄHNLICH"]), ["bad.example", "www.bad.example"].map(String::from).into());
            assert_eq!(found(&["50%_OFF", "\"quoted\""]), ["http://bad.example/a?b=1"].map(String::from).into());
            let listed = |text: &str, order| {
                let query = query::parse(query::Subject::Indicator, text).unwrap();
                let search = Search { query: &query, viewer: &viewer, now: NOW, order };
                let rows = store.read(|tx| search::indicators(tx, &search, None, 100)).unwrap();
                rows.into_iter().map(|held| (held.indicator.canonical(), held.confidence(NOW))).collect::<Vec<_>>()
            };
            assert_eq!(listed("description ~ \"twice\"", Order::Id).len(), 1);
            let by_confidence = listed("", Order::Confidence);
            let sure: Vec<Option<u8>> = by_confidence.iter().map(|(_, confidence)| *confidence).collect();
            assert!(sure.is_sorted_by(|one, next| one >= next), "{by_confidence:?}");
            assert_eq!(sure.len(), 8);
            assert_eq!(by_confidence.iter().filter(|(_, confidence)| *confidence == Some(10)).count(), 1);
            assert_eq!(listed("confidence = 10", Order::Id).len(), 1, "at its floor");
        });
    }
}

/// What this version's columns say of a dump of an older one.
#[test]
fn a_dump_of_an_older_version_is_taken() {
    for (last, dump) in OLDER {
        on_each_address(|address| {
            let store = Store::open(address).unwrap();
            assert_eq!(store::load(&store, &mut dump.as_bytes()).unwrap() as usize, dump.lines().count());
            let viewer = Viewer::of(&Actor::local("tester"));
            let hits = store.read(|tx| text::search(tx, &viewer, &["ähnlich"], None, 10)).unwrap();
            assert_eq!(hits.len(), 2);
            drop(store);
            on_each_address(|other| {
                let upgraded = upgraded(other, last, dump);
                assert_eq!(dumped(&Store::open(address).unwrap()), dumped(&upgraded));
            });
        });
    }
}
