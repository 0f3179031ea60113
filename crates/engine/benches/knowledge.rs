//! Figures of the knowledge base: importing, and lists, searches and details among many indicators.
//!
//! `cargo bench -p engine --bench knowledge -- [INDICATORS] [DATABASE] [BATCH]`, with a database as `--database` takes it
//! (default or `-`: a SQLite file in a temporary directory), and how many rows an import has (50,000). Half of the values are hosts, the rest addresses, links and
//! hashes; ratings, confidence, tags and uses as teams have them: few rows of the highest.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people who measure")]

use std::time::{Duration, Instant};

use engine::{
    Knowledge,
    knowledge::{
        feed::{Content, Fetched},
        import::{Defaults, Offered, Request},
        list::parse,
    },
};
use formats::list::Stated;
use model::{
    Actor, Association, AssociationId, AssociationKind, Group, GroupFields, GroupId, Id, Indicator, Object, Owner,
    OwnerId, OwnerKind, Pap, Provenance, Time, Tlp, opinion::Use, provenance::Origin, time::DAY,
};
use store::{
    Address, Store,
    dialect::Dialect,
    feed::{Format, Settings},
    search::Order,
};

const NOW: Time = Time(1_790_000_000);
/// Rows of one import, where nothing else is said.
const BATCH: usize = 50_000;
/// Values of a feed.
const FEED: usize = 400_000;

/// Searches by indexed predicates, and others that have to look at rows.
const QUERIES: [&str; 12] = [
    "",
    "type = address",
    "rating = 5",
    "rating >= 3 and type in (host, address)",
    "tag = rare",
    "tag = common and rating >= 2",
    "use = block",
    "confidence >= 95",
    "lastSeen > -1d",
    "value = host4712.campaign712.example",
    "under = campaign712.example",
    "hasGroup(type = adversary and name ~ \"bear 7\")",
];
const SCANS: [&str; 3] =
    ["value ~ \"4711\"", "description ~ \"nothing has this\"", "not (rating >= 0) and sightings > 7"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let count: usize = arguments.first().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let dir = tempfile::tempdir().unwrap();
    let address = match arguments.get(1).filter(|text| *text != "-") {
        Some(text) => text.parse().unwrap(),
        None => Address::Sqlite(dir.path().join("spoor.db")),
    };
    let batch = arguments.get(2).and_then(|batch| batch.parse().ok()).unwrap_or(BATCH);
    let began = Instant::now();
    let knowledge = Knowledge::new(Store::open(&address).unwrap());
    println!("{:?}: opened in {:.2} s", knowledge.store.dialect(), began.elapsed().as_secs_f64());
    let owner = owner(&knowledge);
    imports(&knowledge, &owner, count, batch);
    println!("peak memory {} MiB", peak());
    // One journey to the server each: fewer there.
    let associations = if knowledge.store.dialect() == Dialect::Sqlite { count } else { count / 10 };
    groups(&knowledge, &owner, count / 100, associations);
    let began = Instant::now();
    knowledge.store.optimize().unwrap();
    println!("statistics gathered in {:.1} s", began.elapsed().as_secs_f64());
    println!("a page of 100, best of 3 (first), indexed:");
    QUERIES.iter().for_each(|query| search(&knowledge, query));
    println!("others:");
    SCANS.iter().for_each(|query| search(&knowledge, query));
    details(&knowledge, count);
    feed(&knowledge, FEED.min(count));
    if let Address::Sqlite(path) = &address {
        println!("size: {} octets an indicator", std::fs::metadata(path).unwrap().len() / count as u64);
    }
}

fn owner(knowledge: &Knowledge) -> Owner {
    let id = OwnerId(Id([1; 16]));
    let owner = Owner {
        id,
        name: "Ours".into(),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        revision: 1,
    };
    knowledge.store.write(|tx| store::owner::add(tx, &owner, NOW)).unwrap();
    owner
}

/// A number that looks random, and is the same each time.
fn mixed(number: usize) -> u64 {
    let mut hash = (number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ hash >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ hash >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ hash >> 31
}

fn value(number: usize) -> Indicator {
    let text = match number % 8 {
        0..4 => format!("host{number}.campaign{}.example", number % 1000),
        4 | 5 => format!("10.{}.{}.{}", number >> 16 & 255, number >> 8 & 255, number & 255),
        6 => format!("http://host{number}.campaign{}.example/path", number % 1000),
        _ => format!("{:016x}{:016x}", mixed(number), mixed(number + 1)),
    };
    Indicator::guess(&text).unwrap()
}

fn offered(number: usize) -> Offered {
    let random = mixed(number);
    let part = |at: u32, of: u64| (random >> at) % of;
    let mut stated = Stated::new(number, value(number));
    stated.rating = Some(match part(0, 1000) {
        0 => 5,
        1..20 => 4,
        20..200 => 3,
        rest => (rest % 3) as u8,
    });
    stated.confidence = Some(if part(10, 500) == 0 { 100 } else { part(10, 90) as u8 });
    stated.usage = Some(if part(20, 100) == 0 { Use::Block } else { Use::Context });
    stated.last_seen = Some(NOW.plus(-(part(24, 365) as i64) * DAY));
    stated.tags = if part(34, 2000) == 0 { vec!["rare".into()] } else { vec!["common".into()] };
    stated.description = Some(format!("seen in campaign {}", number % 1000));
    Offered { stated, provenance: Provenance::plain(Origin::File, Some("list.csv".into())) }
}

fn imports(knowledge: &Knowledge, owner: &Owner, count: usize, batch: usize) {
    let local = Actor::local("bench");
    let (mut spent, mut slowest) = (Duration::ZERO, Duration::ZERO);
    for first in (0..count).step_by(batch) {
        let rows: Vec<Offered> = (first..count.min(first + batch)).map(offered).collect();
        let request = Request { owner: owner.id, origin: "list.csv".into(), defaults: Defaults::default(), rows };
        let began = Instant::now();
        let done = knowledge.import(&local, &request, NOW).unwrap();
        assert_eq!(done.added, request.rows.len() as u64);
        spent += began.elapsed();
        slowest = slowest.max(began.elapsed());
    }
    let rate = count as f64 / spent.as_secs_f64();
    println!("imported {count}: {rate:.0}/s, slowest batch of {batch} {:.2} s", slowest.as_secs_f64());
    let rows: Vec<Offered> = (0..BATCH.min(count)).map(offered).collect();
    let request = Request { owner: owner.id, origin: "again".into(), defaults: Defaults::default(), rows };
    let began = Instant::now();
    assert_eq!(knowledge.import(&local, &request, NOW).unwrap().unchanged, request.rows.len() as u64);
    println!("the same again: {:.0}/s", request.rows.len() as f64 / began.elapsed().as_secs_f64());
}

/// The most memory that this process had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// A list that is taken, and a day later is the same and renewed.
fn feed(knowledge: &Knowledge, count: usize) {
    let settings = Settings {
        format: Format::Plain,
        every: 3600,
        rating: None,
        confidence: Some(50),
        usage: Use::Context,
        tlp: Tlp::Green,
        tags: Vec::new(),
        kind: None,
        mapping: Default::default(),
        hold_factor: 3,
        silent_after: 168,
    };
    let local = Actor::local("bench");
    let feed = knowledge.add_feed(&local, "Listed", "https://lists.example/plain", &settings, NOW).unwrap();
    let text: String = (0..count).map(|number| format!("listed{number}.example\n")).collect();
    let taken = Fetched::Content(Content { octets: text.into_bytes(), ..Content::default() });
    for (what, fetched, now) in [("taken", taken, NOW), ("renewed", Fetched::Unchanged, NOW.plus(2 * DAY))] {
        let feed = knowledge.feed(&local, feed.id).unwrap();
        let began = Instant::now();
        let run = knowledge.apply_feed(&feed, &fetched, now).unwrap().unwrap();
        assert_eq!(run.added + run.renewed, count as u64);
        println!("a feed of {count} {what}: {:.1} s", began.elapsed().as_secs_f64());
    }
}

fn id(kind: u8, number: usize) -> Id {
    let mut octets = [kind; 16];
    octets[8..].copy_from_slice(&(number as u64).to_be_bytes());
    Id(octets)
}

fn groups(knowledge: &Knowledge, owner: &Owner, groups: usize, associations: usize) {
    let to = Actor::local("bench").may_add(owner).unwrap();
    let began = Instant::now();
    let write = |tx: &mut store::Tx<'_>| {
        for number in 0..groups {
            let group = Group {
                id: GroupId(id(3, number)),
                owner: owner.id,
                name: format!("Bear {number}"),
                fields: GroupFields::Adversary(Default::default()),
                description: None,
                tlp: Tlp::Green,
                pap: Pap::Amber,
                pending: false,
                first_seen: None,
                last_seen: None,
                added: NOW,
                modified: NOW,
                revision: 1,
            };
            store::group::add(tx, &to, &group)?;
        }
        Ok::<_, store::Error>(())
    };
    knowledge.store.write(write).unwrap();
    println!("{groups} groups: {:.0}/s", groups as f64 / began.elapsed().as_secs_f64());
    let began = Instant::now();
    for first in (0..associations).step_by(BATCH) {
        let write = |tx: &mut store::Tx<'_>| {
            for number in first..associations.min(first + BATCH) {
                let association = Association {
                    id: AssociationId(id(5, number)),
                    owner: owner.id,
                    kind: AssociationKind::Indicates,
                    from: Object::Indicator(store::indicator::id(&value(number))),
                    to: Object::Group(GroupId(id(3, number % groups.max(1)))),
                    reason: "bench".into(),
                    confidence: None,
                    first_seen: None,
                    last_seen: None,
                    tlp: Tlp::Green,
                    added: NOW,
                    revision: 1,
                };
                store::association::put(tx, &to, &association, None)?;
            }
            Ok::<_, store::Error>(())
        };
        knowledge.store.write(write).unwrap();
    }
    println!("{associations} associations: {:.0}/s", associations as f64 / began.elapsed().as_secs_f64());
}

fn search(knowledge: &Knowledge, text: &str) {
    let (local, query) = (Actor::local("bench"), parse(text).unwrap());
    let mut times = Vec::new();
    let mut rows = String::new();
    for _ in 0..3 {
        let began = Instant::now();
        rows = match knowledge.list(&local, &query, Order::Id, None, 100, NOW) {
            Ok(page) => format!("{} rows", page.rows.len()),
            Err(error) => error.to_string(),
        };
        times.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let best = times.iter().copied().fold(f64::INFINITY, f64::min);
    println!("  {best:8.2} ms ({:8.2})  {text}  {rows}", times[0]);
}

fn details(knowledge: &Knowledge, count: usize) {
    let local = Actor::local("bench");
    let mut times: Vec<f64> = (0..2000)
        .map(|number| {
            let value = value(mixed(number) as usize % count);
            let began = Instant::now();
            knowledge.indicator_by_value(&local, &value, NOW).unwrap();
            began.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!("detail: p50 {:.3} ms, p99 {:.3} ms", times[1000], times[1980]);
}
