//! Bringing in, and taking back.

use engine::{
    Error, Knowledge,
    knowledge::{
        import::{Defaults, Offered, Request, Standing},
        indicator::Change,
    },
};
use formats::list::Stated;
use model::{
    Actor, Owner, Provenance, Tlp,
    opinion::{HostRole, Use},
    owner::Role,
    provenance::Origin,
    time::DAY,
};

use super::{NOW, engines::on_each, indicator, member, owner};

fn offered(text: &str) -> Offered {
    let stated = Stated::new(1, indicator(text));
    Offered { stated, provenance: Provenance::plain(Origin::Lookup, Some("seed.example".into())) }
}

fn request(to: &Owner, rows: Vec<Offered>) -> Request {
    let defaults =
        Defaults { rating: Some(3), confidence: Some(80), tags: vec!["Case 7".into()], ..Defaults::default() };
    Request { owner: to.id, origin: "passive DNS of 203.0.113.7".into(), defaults, rows }
}

fn import(knowledge: &Knowledge, actor: &Actor, to: &Owner, values: &[&str]) -> engine::knowledge::import::Imported {
    let rows = values.iter().map(|value| offered(value)).collect();
    knowledge.import(actor, &request(to, rows), NOW).unwrap()
}

#[test]
fn a_preview_says_what_an_import_then_does() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let rows = || request(&ours, vec![offered("d6[.]example"), offered("203.0.113.7"), offered("D6.example")]);
        let preview = knowledge.preview(&analyst, &rows(), NOW).unwrap();
        assert!(preview.iter().all(|row| row.standing == Standing::New), "{preview:?}");
        let done = knowledge.import(&analyst, &rows(), NOW).unwrap();
        assert_eq!((done.added, done.changed, done.unchanged), (2, 0, 0), "a value that stands twice is one");
        let preview = knowledge.preview(&analyst, &rows(), NOW).unwrap();
        let Standing::Known { by } = &preview[0].standing else { panic!("{preview:?}") };
        assert_eq!((by[0].owner.as_str(), by[0].rating, by[0].confidence), ("Ours", Some(3), Some(80)));
        let again = knowledge.import(&analyst, &rows(), NOW).unwrap();
        assert_eq!((again.added, again.changed, again.import), (0, 0, None), "nothing changed, nothing in history");
    });
}

#[test]
fn confidence_wanes_and_a_statement_renews_it() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        import(knowledge, &analyst, &ours, &["203.0.113.7"]);
        let later = NOW.plus(30 * DAY);
        let known = knowledge.indicator_by_value(&analyst, &indicator("203.0.113.7"), later).unwrap();
        assert_eq!(known.calculated.confidence, Some(40), "an address halves in 30 days");
        let opinion = &known.opinions[0].opinion;
        let change = Change { confidence: Some(Some(90)), role: Some(HostRole::ActorControlled), ..Change::default() };
        knowledge.change(&analyst, ours.id, known.id, opinion.revision, &change, later).unwrap();
        let known = knowledge.indicator(&analyst, known.id, later).unwrap();
        assert_eq!((known.calculated.confidence, known.calculated.role), (Some(90), HostRole::ActorControlled));
        let stale = knowledge.change(&analyst, ours.id, known.id, opinion.revision, &change, later);
        assert!(matches!(stale, Err(Error::Stale)), "no lost update: {stale:?}");
    });
}

#[test]
fn undo_takes_back_exactly_what_came_in() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        import(knowledge, &analyst, &ours, &["d1.example"]);
        let before = knowledge.indicator_by_value(&analyst, &indicator("d1.example"), NOW).unwrap();
        let mut rows = vec![offered("d1.example"), offered("d2.example"), offered("d3.example")];
        rows[0].stated.rating = Some(5);
        rows[0].stated.tags = vec!["second".into()];
        let second = knowledge.import(&analyst, &request(&ours, rows), NOW).unwrap();
        assert_eq!((second.added, second.changed), (2, 1));
        let d3 = knowledge.indicator_by_value(&analyst, &indicator("d3.example"), NOW).unwrap();
        let change = Change { usage: Some(Use::Block), ..Change::default() };
        knowledge.change(&analyst, ours.id, d3.id, 1, &change, NOW).unwrap();
        let id = second.import.unwrap().id;
        let undone = knowledge.undo(&analyst, id, NOW).unwrap();
        assert_eq!((undone.removed, undone.restored, undone.kept), (1, 1, 1), "what was worked on since stays");
        let after = knowledge.indicator_by_value(&analyst, &indicator("d1.example"), NOW).unwrap();
        assert_eq!((after.opinions[0].opinion.rating, &after.opinions[0].tags), (Some(3), &before.opinions[0].tags));
        let gone = knowledge.indicator_by_value(&analyst, &indicator("d2.example"), NOW);
        assert!(matches!(gone, Err(Error::NotFound)));
        assert!(matches!(knowledge.undo(&analyst, id, NOW), Err(Error::Conflict(_))), "once");
    });
}

#[test]
fn owners_see_their_own_and_nothing_else() {
    on_each(|knowledge| {
        let (ours, theirs) = (owner(&knowledge.store, 1, "Ours"), owner(&knowledge.store, 2, "Theirs"));
        let (us, them) = (member(&ours, Role::Analyst), member(&theirs, Role::Analyst));
        import(knowledge, &them, &theirs, &["d1.example"]);
        let unseen = knowledge.indicator_by_value(&us, &indicator("d1.example"), NOW);
        assert!(matches!(unseen, Err(Error::NotFound)), "a value that only others hold is not there");
        let denied = knowledge.import(&us, &request(&theirs, vec![offered("d2.example")]), NOW);
        assert!(matches!(denied, Err(Error::NotFound)), "{denied:?}");
        import(knowledge, &us, &ours, &["d1.example"]);
        let known = knowledge.indicator_by_value(&us, &indicator("d1.example"), NOW).unwrap();
        assert_eq!((known.opinions.len(), known.calculated.opinions), (1, 1));
        let reader = member(&ours, Role::Reader);
        let denied = knowledge.import(&reader, &request(&ours, vec![offered("d2.example")]), NOW);
        assert!(matches!(denied, Err(Error::Denied(_))), "{denied:?}");
    });
}

#[test]
fn a_contribution_waits_for_a_manager() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let reviewed = Owner { reviewed: true, ..ours.clone() };
        knowledge.store.write(|tx| store::owner::change(tx, &reviewed)).unwrap();
        let (contributor, manager) = (member(&ours, Role::Contributor), member(&ours, Role::Manager));
        import(knowledge, &contributor, &ours, &["d1.example"]);
        let value = indicator("d1.example");
        assert!(matches!(
            knowledge.indicator_by_value(&member(&ours, Role::Analyst), &value, NOW),
            Err(Error::NotFound)
        ));
        let known = knowledge.indicator_by_value(&manager, &value, NOW).unwrap();
        assert!(known.opinions[0].opinion.pending && known.calculated.opinions == 0);
        knowledge.review(&manager, ours.id, known.id, true, NOW).unwrap();
        assert!(knowledge.indicator_by_value(&contributor, &value, NOW).is_ok());
    });
}

#[test]
fn freeing_a_label_needs_a_reason() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        import(knowledge, &analyst, &ours, &["d1.example"]);
        let known = knowledge.indicator_by_value(&analyst, &indicator("d1.example"), NOW).unwrap();
        let mut change = Change { tlp: Some(Tlp::Green), ..Change::default() };
        let refused = knowledge.change(&analyst, ours.id, known.id, 1, &change, NOW);
        assert!(matches!(&refused, Err(Error::Invalid { field, .. }) if field == "reason"), "{refused:?}");
        change.reason = Some("published by the vendor".into());
        knowledge.change(&analyst, ours.id, known.id, 1, &change, NOW).unwrap();
    });
}

#[test]
fn a_stricter_label_goes_on_to_its_evidence() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        import(knowledge, &analyst, &ours, &["d1.example", "d2.example"]);
        let known = |value| knowledge.indicator_by_value(&analyst, &indicator(value), NOW).unwrap();
        let label = |value| knowledge.evidence(&analyst, known(value).id).unwrap()[0].tlp;
        let change = Change { tlp: Some(Tlp::Red), ..Change::default() };
        knowledge.change(&analyst, ours.id, known("d1.example").id, 1, &change, NOW).unwrap();
        assert_eq!(label("d1.example"), Tlp::Red);
        let mut row = offered("d2.example");
        row.stated.tlp = Some(Tlp::Red);
        knowledge.import(&analyst, &request(&ours, vec![row]), NOW).unwrap();
        assert_eq!(label("d2.example"), Tlp::Red);
    });
}
