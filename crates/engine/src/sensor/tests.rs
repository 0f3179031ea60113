use formats::dns::{Answer, Section};
use model::{Name, Rdata, RecordType, Span, Time};

use super::*;
use std::collections::BTreeSet;

fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap()
}

fn discretion(limit: u32) -> Discretion {
    Discretion::new(DropList::bundled(), Crowds::new(limit), SuffixList::bundled())
}

/// Adds an A record that this question led to.
fn add(window: &mut Window, question: &str, owner: &str, address: &str, at: i64) {
    let (question, owner) = (name(question), name(owner));
    let data = Rdata::from_text(RecordType::A, address).unwrap();
    let answer = Answer {
        question: question.as_wire(),
        name: owner.as_wire(),
        rrtype: RecordType::A,
        bailiwick: Some(2),
        data: data.as_octets(),
        section: Section::Answer,
    };
    window.add(&answer, Span::at(Time(at)), 1);
}

#[test]
fn repetitions_are_counted_once_each() {
    let (mut window, mut discretion) = (Window::default(), discretion(0));
    for at in [30, 10, 20] {
        add(&mut window, "www.widgets.example", "www.widgets.example", "192.0.2.7", at);
    }
    add(&mut window, "www.widgets.example", "www.widgets.example", "192.0.2.8", 40);
    let (observations, kept) = discretion.judge(&mut window);
    let seen: Vec<_> = observations.iter().map(|o| (o.span.first().0, o.span.last().0, o.count)).collect();
    assert_eq!(seen, [(10, 30, 3), (40, 40, 1)]);
    assert_eq!((kept.answers, kept.observations, window.len()), (4, 2, 0));
    assert_eq!(observations[0].tuple.bailiwick, Some(2));
    add(&mut window, "www.widgets.example", "www.widgets.example", "192.0.2.7", 50);
    assert_eq!(discretion.judge(&mut window).0[0].count, 1, "a new window begins with nothing");
}

#[test]
fn what_is_dropped_is_counted_by_reason() {
    let (mut window, mut discretion) = (Window::default(), discretion(0));
    add(&mut window, "nas.local", "nas.local", "10.0.0.7", 10);
    add(&mut window, "nas.local", "nas.local", "10.0.0.7", 11);
    add(&mut window, "a.example", "a.example", "192.0.2.1", 0);
    let (observations, kept) = discretion.judge(&mut window);
    assert_eq!(observations, []);
    assert_eq!(kept.dropped, [("internal".to_owned(), 2), ("no-time".to_owned(), 1)].into());
}

#[test]
fn own_questions_are_no_traffic() {
    let (mut window, mut discretion) = (Window::default(), discretion(0));
    discretion.own.note(name("www.widgets.example"), Time(1000));
    add(&mut window, "www.widgets.example", "cdn.widgets.example", "192.0.2.7", 1002);
    add(&mut window, "www.widgets.example", "www.widgets.example", "192.0.2.8", 5000);
    // Somebody else came to it by another question: that is traffic.
    add(&mut window, "www.widgets.example", "shared.widgets.example", "192.0.2.9", 1002);
    add(&mut window, "other.widgets.example", "shared.widgets.example", "192.0.2.9", 1003);
    let (observations, kept) = discretion.judge(&mut window);
    let names: Vec<String> = observations.iter().map(|o| o.tuple.rrname.to_string()).collect();
    assert_eq!(names, ["www.widgets.example", "shared.widgets.example"]);
    assert_eq!(kept.dropped, [("own-question".to_owned(), 1)].into());
}

#[test]
fn a_zone_with_too_many_new_names_becomes_a_counter_until_released() {
    let (mut window, mut discretion) = (Window::default(), discretion(10));
    let mut tunnel = |discretion: &mut Discretion, from: i64| {
        (from..from + 20).for_each(|number| {
            let host = format!("m{number}.tunnel.example");
            add(&mut window, &host, &host, "192.0.2.7", 3600 + number);
        });
        add(&mut window, "tunnel.example", "tunnel.example", "192.0.2.7", 3600 + from);
        discretion.judge(&mut window)
    };
    let (observations, kept) = tunnel(&mut discretion, 0);
    assert_eq!((observations.len(), kept.dropped.get("high-cardinality")), (11, Some(&10)));
    let (observations, _) = tunnel(&mut discretion, 100);
    assert_eq!(observations.len(), 1, "the zone itself stays");
    let crowds: Vec<_> = discretion.crowds.iter().map(|(zone, crowd)| (zone.to_string(), *crowd)).collect();
    let expected = Crowd { since: Time(3610), last: Time(3719), names: 11, answers: 30 };
    assert_eq!(crowds, [("tunnel.example".to_owned(), expected)]);

    discretion.crowds.release([name("tunnel.example")].into());
    assert_eq!(tunnel(&mut discretion, 200).0.len(), 21);
    assert_eq!(discretion.crowds.iter().count(), 0);
    // The same names again, and names spread over hours, make no crowd.
    discretion.crowds.release(BTreeSet::new());
    assert_eq!(tunnel(&mut discretion, 200).0.len(), 21);
}
