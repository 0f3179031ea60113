//! Nothing leaks sideways: whatever an owner does that a reader cannot see, every answer to that reader stays byte for
//! byte the same.

use engine::{
    Knowledge,
    knowledge::{association::NewAssociation, sighting::NewSighting},
};
use model::{
    Actor, AssociationKind, Decider, GroupKind, Object, ObjectType, Owner, Provenance, Readable, SightingKind,
    SourceId, Tag, owner::Role, provenance::Origin,
};
use serde_json::{Value as Json, json};
use store::{association::Filter, group::Order};

use super::{
    NOW,
    engines::on_each,
    member, owner,
    profile::{bring, group},
};

/// Everything that a reader is answered about some objects.
fn answers(knowledge: &Knowledge, reader: &Actor, objects: &[Object]) -> String {
    let mut all = Vec::new();
    let mut add = |what: &str, answer: Json| all.push(json!({ what: answer }));
    let text = |outcome: Result<Json, engine::Error>| outcome.unwrap_or_else(|error| json!(error.to_string()));
    macro_rules! ask {
        ($what:literal, $asked:expr) => {
            add($what, text($asked.map(|answer| json!(answer))))
        };
    }
    for object in objects {
        ask!("counts", knowledge.association_counts(reader, *object));
        ask!("associations", knowledge.associations(reader, *object, &Filter::default(), None, 100));
        ask!("tags", knowledge.tags(reader, *object));
        ask!("attributes", knowledge.attributes(reader, *object));
        ask!("notes", knowledge.notes(reader, *object, None, 100));
        match object {
            Object::Indicator(id) => {
                ask!("evidence", knowledge.evidence(reader, *id));
                ask!("sightings", knowledge.sightings(reader, *id, None, 100));
                ask!("calculated", knowledge.indicator(reader, *id, NOW).map(|known| known.calculated));
            }
            Object::Group(id) => ask!("group", knowledge.group(reader, *id)),
        }
    }
    for order in [Order::Added(None), Order::Modified(None), Order::Name(None)] {
        ask!("groups", knowledge.groups(reader, &Default::default(), &order, 100));
    }
    ask!("tags used", knowledge.tags_used(reader, "", None, 100));
    ask!("tags that begin", knowledge.tags_used(reader, "s", None, 100));
    ask!("searches", knowledge.saved_searches(reader, None, 100));
    for words in ["bear", "be", "secret", "domain"] {
        ask!("texts", knowledge.search_text(reader, words, None, 100));
    }
    serde_json::to_string_pretty(&all).unwrap()
}

/// Hangs everything there is on a value and a group.
fn hang(knowledge: &Knowledge, actor: &Actor, of: &Owner, word: &str) -> [Object; 2] {
    let domain = bring(knowledge, actor, of, "domain1.example");
    let bear = group(knowledge, actor, of, GroupKind::Adversary, &format!("{word} Bear")).id;
    let link = NewAssociation::new(domain, AssociationKind::Indicates, bear, format!("{word} reason"));
    knowledge.associate(actor, of.id, &link, Decider::Person, NOW).unwrap();
    let sighting = NewSighting { kind: SightingKind::Seen, time: NOW, count: 2, note: None };
    knowledge.sight(actor, of.id, domain, &sighting, NOW).unwrap();
    let provenance = Provenance { sources: vec![SourceId(1)], ..Provenance::plain(Origin::Pivot, Some(word.into())) };
    knowledge.add_evidence(actor, of.id, domain, &provenance, None, NOW).unwrap();
    for object in [Object::from(domain), Object::from(bear)] {
        let tags = ["shared".parse::<Tag>().unwrap(), word.parse::<Tag>().unwrap()];
        knowledge.tag(actor, of.id, object, &tags, NOW).unwrap();
        knowledge.add_attribute(actor, of.id, object, ("origin", word), None, NOW).unwrap();
        knowledge.add_note(actor, of.id, object, None, &format!("{word} note on a bear"), NOW).unwrap();
    }
    knowledge.save_search(actor, of.id, ObjectType::Indicator, word, "rating >= 3", NOW).unwrap();
    [domain.into(), bear.into()]
}

#[test]
fn what_hidden_owners_do_changes_no_answer() {
    on_each(|knowledge| {
        let (ours, hidden) = (owner(&knowledge.store, 1, "Ours"), owner(&knowledge.store, 2, "Hidden"));
        let (analyst, other) = (member(&ours, Role::Analyst), member(&hidden, Role::Manager));
        let objects = hang(knowledge, &analyst, &ours, "open");
        let reader = Actor { sources: Readable::Only([SourceId(1)].into()), ..member(&ours, Role::Reader) };
        let before = answers(knowledge, &reader, &objects);
        assert!(before.contains("open note on a bear") && before.contains("\"uses\": 2"), "{before}");

        let theirs = hang(knowledge, &other, &hidden, "secret");
        let everything = Actor::local("me");
        let link = NewAssociation::new(objects[0], AssociationKind::RelatedTo, theirs[1], "across");
        knowledge.associate(&everything, hidden.id, &link, Decider::Person, NOW).unwrap();
        let link = NewAssociation::new(objects[1], AssociationKind::RelatedTo, theirs[1], "across, in our name");
        knowledge.associate(&everything, ours.id, &link, Decider::Person, NOW).unwrap();
        assert_eq!(answers(knowledge, &reader, &objects), before, "after inserting");
        let unknown = Object::Group(model::GroupId(model::Id([250; 16])));
        let strip =
            |text: String| text.replace(&theirs[1].id().to_string(), "?").replace(&unknown.id().to_string(), "?");
        assert_eq!(
            strip(answers(knowledge, &reader, &[theirs[1]])),
            strip(answers(knowledge, &reader, &[unknown])),
            "a hidden id is answered like one that nobody has"
        );

        let Object::Group(group) = theirs[1] else { panic!("{theirs:?}") };
        let Object::Indicator(domain) = theirs[0] else { panic!("{theirs:?}") };
        knowledge.remove_group(&other, group, NOW).unwrap();
        knowledge.remove(&other, hidden.id, domain, NOW).unwrap();
        assert_eq!(answers(knowledge, &reader, &objects), before, "after deleting");
    });
}

#[test]
fn what_a_hidden_source_showed_is_not_in_evidence() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let reader = Actor { sources: Readable::Only([SourceId(1)].into()), ..member(&ours, Role::Reader) };
        let evidence = |name: &str, provenance: &Provenance| {
            let domain = bring(knowledge, &analyst, &ours, name);
            knowledge.add_evidence(&analyst, ours.id, domain, provenance, None, NOW).unwrap();
            assert_eq!(knowledge.evidence(&analyst, domain).unwrap()[1].provenance, *provenance);
            knowledge.evidence(&reader, domain).unwrap()
        };
        let plain = Provenance { sources: vec![SourceId(1)], ..Provenance::plain(Origin::Pivot, None) };
        let found = Provenance {
            sources: vec![SourceId(1), SourceId(2)],
            remark: Some("score 91".into()),
            ..Provenance::plain(Origin::Pivot, Some("seed.example".into()))
        };
        assert_eq!(
            evidence("domain1.example", &plain),
            evidence("domain2.example", &found),
            "it says where from alone"
        );
    });
}
