//! The index against the naive answer: whatever is true of a record is proposed.

use engine::track::{Index, Scratch};
use model::{Contact, Disclosed, Id, Name, Registration, Role, Time, TrackId, TrackQuery, Tuple, track::Arriving};

mod life;
mod pairs;

use pairs::{Chance, query, record};

fn pairs() -> usize {
    if std::env::var_os("SPOOR_TEST_LONG").is_some() { 1_000_000 } else { 20_000 }
}

fn id(number: usize) -> TrackId {
    TrackId(Id((number as u128 + 1).to_be_bytes()))
}

#[test]
fn the_index_proposes_whatever_is_true() {
    let mut chance = Chance(7);
    let (queries, records) = (200, pairs() / 200);
    let (mut matched, mut asked) = (0usize, 0usize);
    let texts: Vec<String> = (0..queries).map(|_| query(&mut chance, 0)).collect();
    let parsed: Vec<(TrackId, TrackQuery)> = texts
        .iter()
        .enumerate()
        .filter_map(|(number, text)| Some((id(number), TrackQuery::parse(text).ok()?)))
        .collect();
    assert!(parsed.len() > queries / 3, "most texts are queries: {}", parsed.len());
    let mut index = Index::default();
    let half = parsed.len() / 2;
    assert!(index.extend(parsed[..half].to_vec()).is_empty());
    let mut scratch = Scratch::default();
    for round in 0..records {
        // Added one by one, and some removed and added again, while records arrive.
        if let Some((id, query)) = parsed.get(half + round) {
            index.add(*id, query.clone()).unwrap();
        }
        let standing = parsed.len().min(half + round + 1);
        if round % 7 == 0 {
            let (id, query) = &parsed[round % standing];
            assert!(index.remove(*id) && !index.remove(*id));
            index.add(*id, query.clone()).unwrap();
        }
        if round % 16 == 0 {
            index.tidy();
        }
        let (record, tuple) = record(&mut chance);
        let mut found = index.matching(&record, &mut scratch);
        found.sort();
        let naive: Vec<TrackId> =
            parsed[..standing].iter().filter(|(_, query)| query.matches(&record)).map(|(id, _)| *id).collect();
        assert_eq!(found, naive, "{record:?}");
        if let Some(tuple) = tuple {
            assert!(naive.is_empty() || index.may_match(&tuple, &mut scratch), "{tuple:?}");
        }
        matched += naive.len();
        asked += standing;
    }
    assert!(matched * 1000 > asked, "pairs that match: {matched} of {asked}");
}

#[test]
fn canonical_texts_mean_the_same() {
    let mut chance = Chance(11);
    for _ in 0..pairs() / 40 {
        let text = query(&mut chance, 0);
        let Ok(parsed) = TrackQuery::parse(&text) else { continue };
        assert_eq!(TrackQuery::parse(&parsed.to_string()).as_ref(), Ok(&parsed), "{text}");
    }
}

#[test]
fn a_removed_track_is_found_no_more_and_its_place_is_used_again() {
    let mut index = Index::default();
    let registration = Registration {
        registrant: Contact { email: Disclosed::Stated("A@b.example".into()), ..Contact::default() },
        ..Registration::default()
    };
    let domain: Name = "one.example".parse().unwrap();
    let record = Arriving::registration(&domain, &registration, Time(0));
    let mut scratch = Scratch::default();
    index.add(id(1), TrackQuery::parse(r#"email = "a@B.example""#).unwrap()).unwrap();
    index.add(id(2), TrackQuery::parse(r#"registrant.email ~ "@b.ex""#).unwrap()).unwrap();
    index.add(id(3), TrackQuery::parse(r#"admin.email ~ "@b.ex""#).unwrap()).unwrap();
    let mut found = index.matching(&record, &mut scratch);
    found.sort();
    assert_eq!(found, [id(1), id(2)]);
    assert!(index.remove(id(1)) && index.remove(id(2)));
    index.add(id(4), TrackQuery::parse(r#"email = "other@b.example""#).unwrap()).unwrap();
    assert!(index.matching(&record, &mut scratch).is_empty());
    assert_eq!((index.len(), index.slow()), (2, (0, 0)));
    assert!(registration.contact(Role::Registrant).is_some());
    let tuple = Tuple {
        rrname: "a.b.example".parse().unwrap(),
        rrtype: model::RecordType::A,
        bailiwick: None,
        rdata: model::Rdata::from_text(model::RecordType::A, "192.0.2.1").unwrap(),
    };
    assert!(!index.may_match(&tuple, &mut scratch));
}
