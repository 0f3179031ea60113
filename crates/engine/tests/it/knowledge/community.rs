//! Several who share: pseudonyms, contributions that wait, and who may do what.

use engine::{
    Error,
    knowledge::{association::NewAssociation, group::NewGroup},
};
use model::{
    Actor, AssociationKind, Decider, Denied, GroupKind, Owner, OwnerKind, Standing, Tag, Tlp, UserId,
    owner::Role,
    right::{Scope, Scopes},
};
use store::group::{Filter, Order};

use super::{
    NOW,
    engines::on_each,
    member, owner,
    profile::{bring, group},
};

fn community(store: &store::Store, number: u8, name: &str) -> Owner {
    let community = Owner { kind: OwnerKind::Community, reviewed: true, ..owner(store, number, name) };
    store.write(|tx| store::owner::change(tx, &community)).unwrap();
    community
}

/// Somebody in two owners at once.
fn in_both(one: &Actor, other: &Actor) -> Actor {
    let memberships = |actor: &Actor| match &actor.standing {
        Standing::Local => Vec::new(),
        Standing::Account { memberships, .. } => memberships.clone(),
    };
    let memberships = [memberships(one), memberships(other)].concat();
    Actor { standing: Standing::Account { administrator: false, memberships, open: Vec::new() }, ..one.clone() }
}

fn known_as(actor: Actor, pseudonym: &str) -> Actor {
    let Standing::Account { administrator, mut memberships, open } = actor.standing else { panic!("local") };
    memberships[0].pseudonym = Some(pseudonym.into());
    Actor { standing: Standing::Account { administrator, memberships, open }, ..actor }
}

#[test]
fn a_contribution_waits_for_the_moderator() {
    on_each(|knowledge| {
        let circle = community(&knowledge.store, 3, "Circle");
        let contributor = member(&circle, Role::Contributor);
        let (analyst, moderator) = (member(&circle, Role::Analyst), member(&circle, Role::Manager));
        let waiting = group(knowledge, &contributor, &circle, GroupKind::Malware, "Wormlet");
        assert!(waiting.pending);
        let listed = |actor: &Actor, pending| {
            let filter = Filter { pending, ..Filter::default() };
            knowledge.groups(actor, &filter, &Order::Added(None), 10).unwrap().len()
        };
        assert!(matches!(knowledge.group(&analyst, waiting.id), Err(Error::NotFound)), "not there for others");
        assert_eq!((listed(&analyst, false), listed(&analyst, true)), (0, 0));
        assert_eq!((listed(&moderator, false), listed(&moderator, true)), (0, 1));
        let tag = ["worm".parse::<Tag>().unwrap()];
        knowledge.tag(&moderator, circle.id, waiting.id.into(), &tag, NOW).unwrap();
        assert!(knowledge.tags_used(&analyst, "", None, 10).unwrap().is_empty(), "nor is what hangs on it");
        assert!(knowledge.search_text(&analyst, "wormlet", None, 10).unwrap().is_empty());
        assert_eq!(knowledge.search_text(&moderator, "wormlet", None, 10).unwrap().len(), 1);

        assert!(matches!(knowledge.review_group(&analyst, waiting.id, true, NOW), Err(Error::NotFound)));
        knowledge.review_group(&moderator, waiting.id, true, NOW).unwrap();
        assert_eq!((listed(&analyst, false), knowledge.tags_used(&analyst, "", None, 10).unwrap().len()), (1, 1));
        let turned_away = group(knowledge, &contributor, &circle, GroupKind::Malware, "Nonsense");
        knowledge.review_group(&moderator, turned_away.id, false, NOW).unwrap();
        assert!(matches!(knowledge.group(&moderator, turned_away.id), Err(Error::NotFound)));
        let hung = knowledge.tag(&contributor, circle.id, waiting.id.into(), &tag, NOW);
        assert!(matches!(hung, Err(Error::Denied(Denied::Role(Role::Analyst)))), "{hung:?}");
    });
}

#[test]
fn notes_are_signed_with_the_pseudonym() {
    on_each(|knowledge| {
        let circle = community(&knowledge.store, 3, "Circle");
        let writer = known_as(member(&circle, Role::Analyst), "heron");
        let other =
            Actor { user: Some(UserId(model::Id([77; 16]))), ..known_as(member(&circle, Role::Analyst), "owl") };
        let bear = group(knowledge, &writer, &circle, GroupKind::Adversary, "Paper Bear");
        let note =
            knowledge.add_note(&writer, circle.id, bear.id.into(), None, "New domain on 203.0.113.7", NOW).unwrap();
        let reply =
            knowledge.add_note(&other, circle.id, bear.id.into(), Some(note.id), "Seen too.", NOW.plus(60)).unwrap();
        let nested =
            knowledge.add_note(&writer, circle.id, bear.id.into(), Some(reply.id), "Thanks.", NOW.plus(120)).unwrap();
        assert_eq!((reply.reply_to, nested.reply_to), (Some(note.id), Some(note.id)), "one level of replies");
        let authors: Vec<String> =
            knowledge.notes(&other, bear.id.into(), None, 10).unwrap().into_iter().map(|note| note.author).collect();
        assert_eq!(authors, ["heron", "owl", "heron"]);

        let foreign = knowledge.change_note(&other, note.id, 1, "Mine now", None, NOW);
        assert!(matches!(foreign, Err(Error::Denied(Denied::Role(Role::Manager)))), "{foreign:?}");
        let lowered = knowledge.change_note(&writer, note.id, 1, "Better words", Some((Tlp::Clear, None)), NOW);
        assert!(matches!(lowered, Err(Error::Invalid { .. })), "{lowered:?}");
        let changed = knowledge.change_note(&writer, note.id, 1, "Better words", None, NOW).unwrap();
        assert_eq!(changed.revision, 2);
        assert!(matches!(knowledge.change_note(&writer, note.id, 1, "Late", None, NOW), Err(Error::Stale)));
        knowledge.remove_note(&member(&circle, Role::Manager), note.id, NOW).unwrap();
        let left = knowledge.notes(&other, bear.id.into(), None, 10).unwrap();
        assert!(left.len() == 2 && left.iter().all(|note| note.reply_to.is_none()), "{left:?}");
    });
}

#[test]
fn an_association_is_there_for_those_who_know_both_ends() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let circle = community(&knowledge.store, 3, "Circle");
        let inside = in_both(&member(&ours, Role::Analyst), &member(&circle, Role::Analyst));
        let outside = member(&ours, Role::Analyst);
        let domain = bring(knowledge, &inside, &ours, "domain1.example");
        let bear = group(knowledge, &inside, &circle, GroupKind::Adversary, "Paper Bear");
        let link = NewAssociation::new(domain, AssociationKind::Indicates, bear.id, "told in the circle");
        let blind = knowledge.associate(&outside, ours.id, &link, Decider::Person, NOW);
        assert!(matches!(blind, Err(Error::NotFound)), "{blind:?}");
        let made = knowledge.associate(&inside, ours.id, &link, Decider::Person, NOW).unwrap();
        assert!(knowledge.association(&inside, made.id).is_ok());
        assert!(matches!(knowledge.association(&outside, made.id), Err(Error::NotFound)));
        assert!(knowledge.association_counts(&outside, domain.into()).unwrap().counts.is_empty());
        assert!(knowledge.associations(&outside, domain.into(), &Default::default(), None, 10).unwrap().is_empty());
    });
}

#[test]
fn rights_are_small_by_default() {
    on_each(|knowledge| {
        let (ours, theirs) = (owner(&knowledge.store, 1, "Ours"), owner(&knowledge.store, 2, "Theirs"));
        let analyst = member(&ours, Role::Analyst);
        let bear = group(knowledge, &analyst, &ours, GroupKind::Adversary, "Paper Bear");
        let new = NewGroup::new(GroupKind::Tool, "Hammer");
        let reader = member(&ours, Role::Reader);
        let denied = knowledge.add_group(&reader, ours.id, &new, NOW);
        assert!(matches!(denied, Err(Error::Denied(Denied::Role(Role::Contributor)))), "{denied:?}");
        assert!(matches!(knowledge.add_group(&analyst, theirs.id, &new, NOW), Err(Error::NotFound)));
        let stranger = member(&theirs, Role::Manager);
        assert!(matches!(knowledge.group(&stranger, bear.id), Err(Error::NotFound)));
        assert!(matches!(knowledge.remove_group(&stranger, bear.id, NOW), Err(Error::NotFound)));
        assert!(matches!(knowledge.tags(&stranger, bear.id.into()), Err(Error::NotFound)));
        let small = Actor { scopes: Scopes([Scope::Read].into_iter().collect()), ..analyst.clone() };
        assert!(matches!(
            knowledge.remove_group(&small, bear.id, NOW),
            Err(Error::Denied(Denied::Scope(Scope::Write)))
        ));
        let blind = Actor { scopes: Scopes([Scope::Write].into_iter().collect()), ..analyst };
        assert!(matches!(knowledge.group(&blind, bear.id), Err(Error::NotFound)));
    });
}
