//! No list and no search by an indexed predicate reads a table whole.

use model::{
    Id, ImportId, IndicatorId, Object,
    query::{self, Subject},
};
use store::{
    Store, Viewer,
    plan::{self, Scan},
    search::{self, Order, Position, Search},
};

use crate::{
    engines::on_each,
    search::{member, populated},
};

const NOW: model::Time = model::Time(1_790_000_000);

/// Searches that an index serves: of indicators.
const INDEXED: [&str; 20] = [
    "",
    "type = address",
    "rating = 5",
    "rating >= 3 and type in (host, address)",
    "tag = apt",
    "tag = apt and rating >= 2",
    "use = block",
    "confidence >= 95",
    "lastSeen > -1d",
    "modified > -3d",
    "value = evil.example",
    "under = evil.example",
    "under = 203.0.113.0/24",
    "pending = true",
    "description ~ \"ähnlich\"",
    "attribute(\"origin\") = x",
    "hasGroup(type = adversary and tag = apt)",
    "hasGroup(name ~ \"bear\")",
    "hasIndicator(value = evil.example)",
    "not (type = address) and rating is null",
];

/// The same of groups.
const INDEXED_GROUPS: [&str; 4] = ["", "type = adversary", "hasIndicator(value = evil.example)", "tag = apt"];

fn shown(scans: &[Scan]) -> String {
    scans.iter().map(|scan| format!("{}\n    {}\n", scan.statement, scan.plan.join("\n    "))).collect()
}

fn none(store: &Store, what: &str, read: impl FnOnce(&mut store::Tx<'_>) -> Result<(), store::Error>) {
    let (count, scans) = plan::scans(store, read).unwrap();
    assert!(count > 0, "{what} asked nothing");
    assert!(scans.is_empty(), "{what}:\n{}", shown(&scans));
}

#[test]
fn searches_by_an_index_read_no_table_whole() {
    on_each(|store| {
        populated(store);
        for statistics in [false, true] {
            if statistics {
                store.optimize().unwrap();
            }
            searches(store, &Viewer::of(&member()));
        }
    });
}

fn searches(store: &Store, viewer: &Viewer) {
    for text in INDEXED {
        let query = query::parse(Subject::Indicator, text).unwrap();
        for order in [Order::Id, Order::Modified, Order::Confidence] {
            let search = Search { query: &query, viewer, now: NOW, order };
            none(store, &format!("{order:?}: {text}"), |tx| {
                let page = search::indicators(tx, &search, None, 2)?;
                let Some(last) = page.last() else { return Ok(()) };
                search::indicators(tx, &search, Some(Position::after(last, order, NOW)), 2)?;
                search::count(tx, &search, 10).map(drop)
            });
        }
    }
    for text in INDEXED_GROUPS {
        let query = query::parse(Subject::Group, text).unwrap();
        for order in [Order::Id, Order::Modified] {
            let search = Search { query: &query, viewer, now: NOW, order };
            none(store, text, |tx| search::groups(tx, &search, None, 2).map(drop));
        }
    }
}

#[test]
fn lists_read_no_table_whole() {
    on_each(|store| {
        populated(store);
        let actor = member();
        let (viewer, readable) = (Viewer::of(&actor), actor.readable());
        let (id, indicator) = (Id([7; 16]), IndicatorId(Id([7; 16])));
        let object = Object::Indicator(indicator);
        for after in [None, Some(id)] {
            none(store, "imports", |tx| store::import::list(tx, &readable, after.map(ImportId), 10).map(drop));
        }
        none(store, "texts", |tx| store::text::search(tx, &viewer, &["bear"], None, 10).map(drop));
        none(store, "opinions", |tx| store::opinion::of_indicator(tx, indicator, &readable, false).map(drop));
        none(store, "label", |tx| store::object::strictest(tx, &viewer, object).map(drop));
    });
}

/// Statements that read a table whole and may: each says why.
const MAY: [(&str, &str); 5] = [
    ("store::audit::HEAD", "the last row alone, by the primary key"),
    ("store::audit::CHAIN", "all of the log is what is verified"),
    ("store::opinion::FLOORED", "once, when an older database is opened or a dump is loaded"),
    ("store::phrase::MISSING", "once, when an older database is opened or a dump is loaded"),
    ("store::session::SWEEP", "those that are signed in, and only every some minutes"),
];

#[test]
fn registered_statements_read_no_table_whole() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&store::Address::Sqlite(dir.path().join("spoor.db"))).unwrap();
    let scans = plan::registered(&store).unwrap();
    let unexpected: Vec<_> =
        scans.iter().filter(|(statement, _)| MAY.iter().all(|(name, _)| *name != statement.name)).collect();
    let text: String = unexpected
        .iter()
        .map(|(statement, scan)| format!("{}: {}", statement.name, shown(std::slice::from_ref(scan))))
        .collect();
    assert!(unexpected.is_empty(), "{text}");
    for (name, why) in MAY {
        assert!(scans.iter().any(|(statement, _)| statement.name == name), "{name} reads nothing whole ({why})");
    }
}
