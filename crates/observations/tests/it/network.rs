//! Blocks of addresses: which hold an address, said by whom, and since when.

use std::{net::IpAddr, path::Path};

use model::{Counting, Network, NetworkRecord, Prefix, Readable, SourceId, Time};
use observations::{Batch, Options, Store, disk::fault::FaultDisk};

use crate::chance::{self, DAY, START};

fn record(prefix: &str, origin: u32, day: i64) -> NetworkRecord {
    let prefix: Prefix = prefix.parse().expect("a prefix");
    let network = Network { origins: vec![origin], ..Network::block(prefix.first(), prefix.last()) };
    NetworkRecord { network, observed: Time(START + day * DAY) }
}

fn say(store: &Store, source: SourceId, networks: Vec<NetworkRecord>) {
    let (observations, registrations) = (Vec::new(), Vec::new());
    let batch = Batch { id: None, source, arrived: Time(START), observations, registrations, networks, parser: 0 };
    store.append(batch).expect("appended");
}

/// `prefix origin first..last` of each block that holds an address.
fn holding(store: &Store, address: &str, sources: &Readable) -> Vec<String> {
    let address: IpAddr = address.parse().expect("an address");
    let day = |time: Time| (time.0 - START) / DAY;
    let found = store.snapshot().networks(address, sources).expect("an answer");
    let shown = found.iter().map(|version| {
        let span = version.seen.span;
        format!("{} {:?} {}..{}", version.prefix, version.network.origins, day(span.first()), day(span.last()))
    });
    shown.collect()
}

#[test]
fn the_longest_prefix_first_each_move_a_version_of_its_own() {
    let disk = FaultDisk::new(1);
    let store = Store::open(Path::new("/store"), Options { disk: disk.disk(), ..crate::options() }).expect("opened");
    let add = |name| store.add_source(chance::source(name, Counting::Stream)).expect("added").id;
    let (table, other) = (add("table"), add("other"));
    for day in 0..3 {
        say(&store, table, vec![record("192.0.2.0/24", 64_496, day), record("192.0.0.0/16", 64_511, day)]);
        store.flush().expect("flushed");
    }
    say(&store, table, vec![record("192.0.2.0/24", 64_500, 5), record("2001:db8::/32", 64_500, 5)]);
    say(&store, other, vec![record("192.0.2.128/25", 64_501, 1)]);
    let by_table = Readable::Only([table].into());
    let moved = ["192.0.2.0/24 [64500] 5..5", "192.0.2.0/24 [64496] 0..2", "192.0.0.0/16 [64511] 0..2"];
    let check = || {
        assert_eq!(holding(&store, "192.0.2.7", &Readable::All), moved);
        assert_eq!(holding(&store, "192.0.2.130", &by_table), moved);
        assert_eq!(holding(&store, "192.0.2.130", &Readable::All)[0], "192.0.2.128/25 [64501] 1..1");
        assert_eq!(holding(&store, "2001:db8::7", &Readable::All), ["2001:db8::/32 [64500] 5..5"]);
        assert!(holding(&store, "198.51.100.1", &Readable::All).is_empty());
    };
    check();
    store.compact(true).expect("compacted");
    check();
    store.drop_source(table).expect("dropped");
    assert!(holding(&store, "192.0.2.7", &Readable::All).is_empty());
}
