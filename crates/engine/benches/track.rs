//! Figures of Tracks: how fast records are matched against many, beside a naive loop; how fast a DNS stream passes the
//! gate, beside none.
//!
//! `cargo bench -p engine --bench track -- [TRACKS] [MIXED]`: so many exact Tracks (default 1,000,000) beside 1,000, so
//! many of every kind (default 100,000). One core does the matching.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a program for people who measure")]

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use engine::{
    Knowledge,
    track::{Index, Scratch, Watch},
};
use model::{
    Actor, Contact, Counting, Disclosed, Exposure, Id, Name, Observation, Owner, OwnerId, OwnerKind, Rdata, RecordType,
    Registration, RegistrationRecord, Source, SourceId, SourceKind, Span, SuffixList, Time, Tlp, TrackId, TrackQuery,
    Tuple,
    registration::{NameServer, Registrar, Scope, State},
    track::{Arriving, Track},
};
use observations::{Batch, Options, Store};

const NOW: Time = Time(1_790_000_000);
const RECORDS: usize = 20_000;
const SYLLABLES: [&str; 32] = [
    "ba", "ren", "to", "mi", "lok", "sa", "ver", "du", "pi", "kan", "os", "tra", "fel", "gu", "ni", "mor", "ex", "ral",
    "ty", "vo", "zen", "ha", "ul", "cor", "be", "dan", "qui", "wes", "jo", "lim", "ar", "stu",
];

/// SplitMix64.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn word(number: u64, syllables: usize) -> String {
    let bits = mixed(number);
    (0..syllables).map(|at| SYLLABLES[(bits >> (5 * at) & 31) as usize]).collect()
}

fn email(person: u64) -> String {
    format!("{}.{}{}@{}.example", word(person, 3), word(person + 7, 3), person % 100, word(person % 5000, 3))
}

fn phone(person: u64) -> String {
    format!("+49.{:09}", mixed(person) % 1_000_000_000)
}

fn company(person: u64) -> String {
    format!("{} {} GmbH", word(person + 3, 4), word(person + 5, 3))
}

/// Persons of records are drawn from twice as many as have a Track, so that some match.
fn registration(number: u64, persons: u64) -> (Name, Registration) {
    let contact = |person: u64| Contact {
        email: Disclosed::Stated(email(person)),
        name: Disclosed::Stated(format!("{} {}", word(person, 3), word(person + 1, 4))),
        organization: Disclosed::Stated(company(person)),
        phone: Disclosed::Stated(phone(person)),
        street: Disclosed::Stated(format!("{} street {}", word(person + 9, 4), person % 200)),
        handle: Disclosed::Stated(format!("C{person}")),
        scope: Some(Scope::Registrar((person % 900) as u32)),
        ..Contact::default()
    };
    let registrant = mixed(number) % persons;
    let admin = mixed(number + 1_000_000) % persons;
    let domain = format!("{}-{}.example", word(number, 4), number).parse().unwrap();
    let servers = (1..3).map(|server| NameServer {
        name: format!("ns{server}.{}.example", word(number % 3000, 3)).parse().unwrap(),
        addresses: Vec::new(),
    });
    let registration = Registration {
        state: State::Registered,
        registrar: Registrar { iana_id: Some((number % 900) as u32), ..Registrar::default() },
        created: Some(NOW.plus(-(number as i64 % 1000) * 3601 - 61)),
        nameservers: servers.collect(),
        registrant: contact(registrant),
        admin: contact(admin),
        tech: contact(admin),
        ..Registration::default()
    };
    (domain, registration)
}

fn exact(number: u64) -> String {
    match number % 4 {
        0 => format!("email = {:?}", email(number)),
        1 => format!("registrant.email = {:?}", email(number)),
        2 => format!("phone = {:?}", phone(number)),
        _ => format!("handle = \"registrar:{}/C{number}\"", number % 900),
    }
}

/// 80 % exact, 15 % a part of a text, 4 % a regular expression, 1 % almost equal.
fn of_every_kind(number: u64) -> String {
    match number % 100 {
        0..80 => exact(number),
        80..95 => format!("org ~ {:?}", format!("{} {}", word(number + 3, 4), word(number + 5, 1))),
        95..99 => {
            format!("email matches {:?}", format!("^{}[.][a-z]+[0-9]*@{}", word(number, 3), word(number % 5000, 3)))
        }
        _ => format!("org like {:?}", company(number)),
    }
}

fn id(number: u64) -> TrackId {
    TrackId(Id((u128::from(number) + 1).to_be_bytes()))
}

fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}

fn index(count: u64, query: fn(u64) -> String) -> Index {
    let (began, before) = (Instant::now(), resident());
    let mut index = Index::default();
    let tracks = (0..count).map(|number| (id(number), TrackQuery::parse(&query(number)).unwrap()));
    assert!(index.extend(tracks).is_empty());
    let octets = resident().saturating_sub(before) as u64 / count;
    println!(
        "{count} Tracks indexed in {:.2} s, {octets} octets each (resident memory)",
        began.elapsed().as_secs_f64()
    );
    index
}

/// Best of three.
fn best(mut run: impl FnMut() -> usize) -> (Duration, usize) {
    let timed = |run: &mut dyn FnMut() -> usize| {
        let began = Instant::now();
        let found = run();
        (began.elapsed(), found)
    };
    (0..3).map(|_| timed(&mut run)).min_by_key(|(time, _)| *time).unwrap()
}

fn matching(what: &str, index: &Index, persons: u64) -> f64 {
    let records: Vec<(Name, Registration)> = (0..RECORDS as u64).map(|number| registration(number, persons)).collect();
    let mut scratch = Scratch::default();
    let prepared: Vec<Arriving> =
        records.iter().map(|(domain, registration)| Arriving::registration(domain, registration, NOW)).collect();
    let (alone, found) = best(|| prepared.iter().map(|record| index.matching(record, &mut scratch).len()).sum());
    let (whole, _) = best(|| {
        let arriving = |(domain, registration)| Arriving::registration(domain, registration, NOW);
        records.iter().map(|(d, r)| index.matching(&arriving((d, r)), &mut scratch).len()).sum()
    });
    let rate = RECORDS as f64 / alone.as_secs_f64();
    println!(
        "  {what}: {rate:.0} records/s matched, {:.0} records/s with taking them apart; {found} hits in {RECORDS}",
        RECORDS as f64 / whole.as_secs_f64()
    );
    rate
}

fn naive(count: u64) {
    let queries: Vec<TrackQuery> =
        (0..count).map(|number| TrackQuery::parse(&of_every_kind(number)).unwrap()).collect();
    let records: Vec<Arriving> = (0..50)
        .map(|number| {
            let (domain, registration) = registration(number, count * 2);
            Arriving::registration(&domain, &registration, NOW)
        })
        .collect();
    let (time, _) = best(|| {
        records.iter().map(|record| queries.iter().filter(|query| black_box(query).matches(record)).count()).sum()
    });
    println!("  naive loop over {count} of every kind: {:.0} records/s", records.len() as f64 / time.as_secs_f64());
}

fn changes(index: &mut Index, from: u64) {
    let mut times: Vec<Duration> = Vec::new();
    let mut tidy = Duration::ZERO;
    for number in from..from + 20_000 {
        let query = TrackQuery::parse(&of_every_kind(number)).unwrap();
        let began = Instant::now();
        index.add(id(number), query).unwrap();
        if number % 2 == 0 {
            index.remove(id(number));
        }
        times.push(began.elapsed());
        if number % 1000 == 0 {
            let began = Instant::now();
            index.tidy();
            tidy = tidy.max(began.elapsed());
        }
    }
    times.sort();
    println!(
        "  add, and every second time remove: median {:?}, 99 % {:?}, longest {:?}; longest tidying between batches {tidy:?}",
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
}

/// DNS queries of a team: addresses, blocks, name servers, domains, parts of names.
fn of_dns(number: u64) -> String {
    let octets = mixed(number).to_be_bytes();
    match number % 10 {
        0..4 => format!("address = 203.{}.{}.{}", octets[0], octets[1], octets[2]),
        4 => format!("address = 198.{}.{}.0/24", octets[0], octets[1]),
        5 => format!("nameServer = ns1.{}{number}.example", word(number, 3)),
        6..9 => format!("domain = {}{number}.example", word(number, 3)),
        _ => format!("host ~ {:?}", format!("{}{number}", word(number, 3))),
    }
}

/// Nine of ten were seen before.
fn observation(number: u64) -> Observation {
    let which = if number.is_multiple_of(10) { number } else { mixed(number) % 50_000 };
    let octets = mixed(which + 5).to_be_bytes();
    let rrname = format!("www.{}{}.example", word(which + 90_000, 3), which + 90_000).parse().unwrap();
    let rdata = Rdata::from_text(RecordType::A, &format!("100.{}.{}.{}", octets[0], octets[1], octets[2])).unwrap();
    let tuple = Tuple { rrname, rrtype: RecordType::A, bailiwick: None, rdata };
    Observation { tuple, span: Span::at(NOW.plus(number as i64 % 3600)), count: 1 }
}

/// A knowledge base with 100,000 Tracks.
fn knowledge(dir: &std::path::Path, query: fn(u64) -> String) -> Knowledge {
    let address = store::Address::Sqlite(dir.join("knowledge.db"));
    let knowledge = Knowledge::new(store::Store::open(&address).unwrap());
    let owner = Owner {
        id: OwnerId(Id([1; 16])),
        name: "Ours".into(),
        kind: OwnerKind::Organization,
        reviewed: false,
        open: false,
        tlp: Tlp::Amber,
        revision: 1,
    };
    let right = Actor::local("bench").may_add(&owner).unwrap();
    knowledge
        .store
        .write(|tx| {
            store::owner::add(tx, &owner, NOW)?;
            for number in 0..100_000 {
                let track = Track {
                    id: id(number),
                    owner: owner.id,
                    name: "bench".into(),
                    query: query(number),
                    threat: None,
                    notes: None,
                    expires: None,
                    muted: false,
                    exclusions: Vec::new(),
                    created: NOW,
                    modified: NOW,
                    revision: 1,
                };
                store::track::add(tx, &right, &track, None)?;
            }
            Ok::<_, store::Error>(())
        })
        .unwrap();
    knowledge
}

fn source(store: &Store) -> SourceId {
    let source = Source {
        id: SourceId(0),
        name: "sensor".into(),
        kind: SourceKind::Sensor,
        counting: Counting::Stream,
        exposure: Exposure::Nobody,
        population: true,
        licence: None,
        retention_days: None,
    };
    store.add_source(source).unwrap().id
}

/// Registrations a second at a steady thousand, a hundred at a time, of which one in twenty is somebody's who is tracked:
/// how long until its hit is kept, the time in which it waits for its batch included.
fn latency() {
    let dir = tempfile::tempdir().unwrap();
    let knowledge = knowledge(dir.path(), exact);
    let store = Store::open(&dir.path().join("observations"), Options::default()).unwrap();
    let source = source(&store);
    let mut watch = Watch::open(&knowledge).unwrap();
    let suffixes = SuffixList::bundled();
    let (mut times, mut hits) = (Vec::new(), 0);
    for number in 0..100u64 {
        let records = (number * 100..number * 100 + 100).map(|number| {
            let persons = if number.is_multiple_of(20) { 100_000 } else { 1 };
            let (domain, mut registration) = registration(number, persons);
            if persons == 1 {
                (registration.registrant, registration.admin) = (Contact::default(), Contact::default());
                registration.tech = Contact::default();
            }
            RegistrationRecord { domain, registration, raw: Vec::new(), observed: NOW }
        });
        let batch = Batch {
            id: None,
            source,
            arrived: NOW,
            observations: Vec::new(),
            registrations: records.collect(),
            networks: Vec::new(),
            parser: 1,
        };
        let began = Instant::now();
        hits += watch.append(&store, &suffixes, &knowledge, batch).unwrap().1.len();
        times.push(began.elapsed());
    }
    let busy: Duration = times.iter().sum();
    times.sort();
    println!(
        "10,000 registrations in batches of 100 past 100,000 Tracks: {:.0} a second, {hits} hits; from the batch to its hits kept and \
         stored: median {:?}, 99 % {:?}, longest {:?}; at 1,000 a second a record waits up to 100 ms more for its batch",
        10_000.0 / busy.as_secs_f64(),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
        times[times.len() - 1]
    );
}

fn stream() {
    const BATCH: u64 = 50_000;
    const BATCHES: u64 = 20;
    let dir = tempfile::tempdir().unwrap();
    let knowledge = knowledge(dir.path(), of_dns);
    let began = Instant::now();
    let mut watch = Watch::open(&knowledge).unwrap();
    println!("{} DNS Tracks read and indexed in {:.2} s", watch.len(), began.elapsed().as_secs_f64());
    let suffixes = SuffixList::bundled();
    let mut rates = Vec::new();
    for watched in [false, true] {
        let store = Store::open(&dir.path().join(format!("observations{watched}")), Options::default()).unwrap();
        let source = source(&store);
        let (mut time, mut hits) = (Duration::ZERO, 0);
        for number in 0..BATCHES {
            let observations = (number * BATCH..(number + 1) * BATCH).map(observation).collect();
            let batch = Batch {
                id: None,
                source,
                arrived: NOW,
                observations,
                registrations: Vec::new(),
                networks: Vec::new(),
                parser: 1,
            };
            let began = Instant::now();
            match watched {
                true => hits += watch.append(&store, &suffixes, &knowledge, batch).unwrap().1.len(),
                false => drop(store.append(batch).unwrap()),
            }
            time += began.elapsed();
        }
        let rate = (BATCH * BATCHES) as f64 / time.as_secs_f64();
        println!(
            "  {}: {rate:.0} observations/s, {hits} hits",
            if watched { "with 100,000 Tracks" } else { "without" }
        );
        rates.push(rate);
    }
    println!("  ratio {:.2}", rates[1] / rates[0]);
}

fn main() {
    let arguments: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let count = arguments.first().copied().unwrap_or(1_000_000);
    let kinds = arguments.get(1).copied().unwrap_or(100_000);
    let few = matching("exact", &index(1_000, exact), count * 2);
    let mut many = index(count, exact);
    let rate = matching("exact", &many, count * 2);
    println!("  {:.0} % of the rate with 1,000", 100.0 * rate / few);
    changes(&mut many, count);
    drop(many);
    let mixed = index(kinds, of_every_kind);
    println!("  {:?} are asked of every record", mixed.slow());
    matching("of every kind", &mixed, kinds * 2);
    naive(10_000);
    drop(mixed);
    latency();
    stream();
}
