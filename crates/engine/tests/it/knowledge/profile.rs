//! A threat profile grows: an adversary, what it uses, why that is believed, what it is to us.

use engine::{
    Error, Knowledge,
    knowledge::{
        association::NewAssociation,
        group::{GroupChange, NewGroup, fields},
        sighting::NewSighting,
    },
};
use formats::attack;
use model::{
    Actor, AssociationKind, Decider, End, Group, GroupFields, GroupKind, IndicatorId, ObjectType, Owner, SightingKind,
    Tag, Tlp, owner::Role, time::DAY,
};
use serde_json::json;
use store::{association::Filter, group::Order};

use super::{NOW, engines::on_each, indicator, member, owner};

/// Has an owner hold a value.
pub(super) fn bring(knowledge: &Knowledge, actor: &Actor, to: &Owner, value: &str) -> IndicatorId {
    use engine::knowledge::import::{Defaults, Offered, Request};
    use model::{Provenance, provenance::Origin};
    let stated = formats::list::Stated::new(1, indicator(value));
    let provenance = Provenance::plain(Origin::Lookup, Some("seed.example".into()));
    let rows = vec![Offered { stated, provenance }];
    let defaults = Defaults { confidence: Some(80), ..Defaults::default() };
    let request = Request { owner: to.id, origin: "a look-up".into(), defaults, rows };
    knowledge.import(actor, &request, NOW).unwrap();
    store::indicator::id(&indicator(value))
}

pub(super) fn group(knowledge: &Knowledge, actor: &Actor, of: &Owner, kind: GroupKind, name: &str) -> Group {
    knowledge.add_group(actor, of.id, &NewGroup::new(kind, name), NOW).unwrap()
}

fn invalid<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Err(Error::Invalid { field, .. }) => field,
        other => panic!("{other:?}"),
    }
}

#[test]
fn infrastructure_comes_with_reasons() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let domain = bring(knowledge, &analyst, &ours, "domain1.example");
        let address = bring(knowledge, &analyst, &ours, "203.0.113.7");
        let bear = group(knowledge, &analyst, &ours, GroupKind::Adversary, "Paper Bear");

        let reason = "same registrant handle as domain12.example";
        let link = NewAssociation::new(domain, AssociationKind::Indicates, bear.id, reason);
        let machine = knowledge.associate(&analyst, ours.id, &link, Decider::Automatic, NOW);
        assert_eq!(invalid(machine), "to", "only a person names an adversary");
        let first = knowledge.associate(&analyst, ours.id, &link, Decider::Person, NOW).unwrap();
        assert_eq!((first.tlp, first.revision), (Tlp::Amber, 1));

        let surer = NewAssociation { confidence: Some(90), reason: "and the same phone".into(), ..link.clone() };
        let second = knowledge.associate(&analyst, ours.id, &surer, Decider::Person, NOW.plus(60)).unwrap();
        assert_eq!(
            (second.id, second.revision, second.confidence),
            (first.id, 2, Some(90)),
            "one edge a kind and pair"
        );
        let related = |from: IndicatorId, to: IndicatorId| {
            let link = NewAssociation::new(from, AssociationKind::RelatedTo, to, "resolved to it");
            knowledge.associate(&analyst, ours.id, &link, Decider::Automatic, NOW).unwrap().id
        };
        assert_eq!(related(domain, address), related(address, domain), "what has no direction is one");

        let counts = knowledge.association_counts(&analyst, domain.into()).unwrap();
        let counted: Vec<_> = counts.counts.iter().map(|count| (&*count.other_kind, count.kind, count.count)).collect();
        assert_eq!(counted.len(), 2);
        assert!(counted.contains(&("adversary", AssociationKind::Indicates, 1)), "{counted:?}");
        assert!(counted.contains(&("address", AssociationKind::RelatedTo, 1)), "{counted:?}");
        let all = knowledge.associations(&analyst, bear.id.into(), &Filter::default(), None, 10).unwrap();
        assert_eq!(all.len(), 1);
        assert_eq!(
            (all[0].end, all[0].other.kind.as_str(), all[0].other.name.as_str()),
            (End::To, "host", "domain1.example")
        );
        let to_groups = Filter { other: Some(ObjectType::Group), ..Filter::default() };
        assert_eq!(knowledge.associations(&analyst, domain.into(), &to_groups, None, 10).unwrap().len(), 1);

        knowledge.remove_group(&analyst, bear.id, NOW).unwrap();
        assert_eq!(knowledge.association_counts(&analyst, domain.into()).unwrap().counts.len(), 1);
        assert!(matches!(knowledge.group(&analyst, bear.id), Err(Error::NotFound)));
    });
}

#[test]
fn what_derives_carries_the_strictest_label() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let domain = bring(knowledge, &analyst, &ours, "domain1.example");
        let secret = NewGroup { tlp: Some(Tlp::Red), ..NewGroup::new(GroupKind::Campaign, "Night Shift") };
        let secret = knowledge.add_group(&analyst, ours.id, &secret, NOW).unwrap();
        let link = NewAssociation::new(domain, AssociationKind::PartOf, secret.id, "seen there");
        let freer = NewAssociation { tlp: Some(Tlp::Green), ..link.clone() };
        assert_eq!(invalid(knowledge.associate(&analyst, ours.id, &freer, Decider::Person, NOW)), "tlp");
        let made = knowledge.associate(&analyst, ours.id, &link, Decider::Person, NOW).unwrap();
        assert_eq!(made.tlp, Tlp::Red);
        let freer = NewAssociation { label_reason: Some("published by the vendor".into()), ..freer };
        let made = knowledge.associate(&analyst, ours.id, &freer, Decider::Person, NOW).unwrap();
        assert_eq!(made.tlp, Tlp::Green);

        let lower = GroupChange { tlp: Some(Tlp::Amber), ..GroupChange::default() };
        assert_eq!(invalid(knowledge.change_group(&analyst, secret.id, 1, &lower, NOW)), "reason");
        let lower = GroupChange { reason: Some("agreed with the source".into()), ..lower };
        knowledge.change_group(&analyst, secret.id, 1, &lower, NOW).unwrap();
        let note = knowledge.add_note(&analyst, ours.id, secret.id.into(), None, "Two more names", NOW).unwrap();
        let higher = GroupChange { tlp: Some(Tlp::AmberStrict), ..GroupChange::default() };
        knowledge.change_group(&analyst, secret.id, 2, &higher, NOW).unwrap();
        let after = knowledge.association(&analyst, made.id).unwrap();
        assert_eq!(
            (after.tlp, after.revision),
            (Tlp::AmberStrict, made.revision + 1),
            "raised with what it derives from"
        );
        assert_eq!((note.tlp, knowledge.note(&analyst, note.id).unwrap().tlp), (Tlp::Amber, Tlp::AmberStrict));
        let filter = store::audit::Filter {
            action: Some("group.change".into()),
            object: Some(secret.id.0),
            ..Default::default()
        };
        let audited = knowledge
            .store
            .read(|tx| store::audit::list(tx, &Actor::local("me").may_audit().unwrap(), &filter, 10))
            .unwrap();
        let detail = &audited[1].detail;
        assert_eq!((&detail["tlp"], &detail["reason"]), (&json!("red to amber"), &json!("agreed with the source")));
    });
}

#[test]
fn a_profile_is_changed_by_one_hand_at_a_time() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let bear = group(knowledge, &analyst, &ours, GroupKind::Adversary, "Paper Bear");
        let profile = json!({
            "aliases": ["Cardboard Bear"],
            "goals": ["payment data"],
            "sectors": ["retail"],
            "assessments": [{
                "statement": "Paper Bear registers its own name servers",
                "likelihood": "very-likely",
                "confidence": "moderate",
                "evidence": ["domain1.example"],
                "dissent": "two of nine domains use a hoster's",
            }],
            "risk": { "likelihood": 4, "impact": 3, "inputs": ["two tickets in a month", "no second factor in the shop"] },
            "timeline": [{ "time": "2026-03-01", "what": "first domain registered", "source": "WHOIS" }],
        });
        let fields = fields(GroupKind::Adversary, profile).unwrap();
        let change = GroupChange { fields: Some(fields.clone()), ..GroupChange::default() };
        let after = knowledge.change_group(&analyst, bear.id, bear.revision, &change, NOW).unwrap();
        let read = knowledge.group(&analyst, bear.id).unwrap();
        assert_eq!(read, after, "comes back as it was written");
        let GroupFields::Adversary(profile) = &read.fields else { panic!("{read:?}") };
        assert_eq!(profile.risk.as_ref().unwrap().score(), 12);
        let late = knowledge.change_group(&analyst, bear.id, bear.revision, &change, NOW);
        assert!(matches!(late, Err(Error::Stale)), "no lost update: {late:?}");
        let other_kind = GroupChange { fields: Some(GroupFields::new(GroupKind::Tool)), ..GroupChange::default() };
        assert_eq!(invalid(knowledge.change_group(&analyst, bear.id, 2, &other_kind, NOW)), "type");
        let twin = knowledge.add_group(&analyst, ours.id, &NewGroup::new(GroupKind::Adversary, "PAPER BEAR"), NOW);
        assert!(matches!(twin, Err(Error::Conflict(_))), "{twin:?}");
        group(knowledge, &analyst, &ours, GroupKind::IntrusionSet, "Paper Bear");
    });
}

#[test]
fn lists_go_on_where_they_stopped() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        for (at, name) in ["delta", "Alpha", "charlie", "Bravo", "alpha 2"].iter().enumerate() {
            let new = NewGroup::new(GroupKind::Tool, *name);
            knowledge.add_group(&analyst, ours.id, &new, NOW.plus(at as i64)).unwrap();
        }
        let names = |order: &dyn Fn(Option<&Group>) -> Order| {
            let mut names = Vec::new();
            let mut last = None;
            loop {
                let page = knowledge.groups(&analyst, &Default::default(), &order(last.as_ref()), 2).unwrap();
                names.extend(page.iter().map(|group| group.name.clone()));
                match page.into_iter().next_back() {
                    Some(group) => last = Some(group),
                    None => return names,
                }
            }
        };
        let by_name = |last: Option<&Group>| Order::Name(last.map(|group| (group.name.clone(), group.id)));
        assert_eq!(names(&by_name), ["Alpha", "alpha 2", "Bravo", "charlie", "delta"]);
        let added = |last: Option<&Group>| Order::Added(last.map(|group| group.id));
        assert_eq!(names(&added), ["delta", "Alpha", "charlie", "Bravo", "alpha 2"]);
        let modified = |last: Option<&Group>| Order::Modified(last.map(|group| (group.modified, group.id)));
        assert_eq!(names(&modified), ["alpha 2", "Bravo", "charlie", "Alpha", "delta"]);
        let filter = store::group::Filter { name: Some("ALPHA".into()), ..Default::default() };
        assert_eq!(knowledge.groups(&analyst, &filter, &Order::Added(None), 9).unwrap().len(), 2);
    });
}

#[test]
fn a_sighting_renews_confidence() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let address = bring(knowledge, &analyst, &ours, "203.0.113.7");
        let later = NOW.plus(30 * DAY);
        let confidence = |now| knowledge.indicator(&analyst, address, now).unwrap().calculated.confidence;
        assert_eq!(confidence(later), Some(40), "an address halves in 30 days");
        let seen = NewSighting { kind: SightingKind::Seen, time: later, count: 3, note: Some("proxy log".into()) };
        knowledge.sight(&analyst, ours.id, address, &seen, later).unwrap();
        assert_eq!((confidence(later), confidence(later.plus(30 * DAY))), (Some(80), Some(40)));
        let old = NewSighting { time: NOW.plus(-DAY), ..seen.clone() };
        knowledge.sight(&analyst, ours.id, address, &old, later).unwrap();
        let wrong = NewSighting { kind: SightingKind::FalsePositive, count: 1, ..seen.clone() };
        knowledge.sight(&analyst, ours.id, address, &wrong, later).unwrap();
        let known = knowledge.indicator(&analyst, address, later).unwrap();
        let opinion = &known.opinions[0].opinion;
        assert_eq!((opinion.sightings, opinion.false_positives, known.calculated.confidence), (6, 1, Some(80)));
        assert_eq!((opinion.first_seen, opinion.last_seen), (Some(NOW.plus(-DAY)), Some(later)));
        assert_eq!(knowledge.sightings(&analyst, address, None, 10).unwrap().len(), 3);
        let tomorrow = NewSighting { time: later.plus(400 * DAY), ..seen };
        assert_eq!(invalid(knowledge.sight(&analyst, ours.id, address, &tomorrow, later)), "time");
    });
}

#[test]
fn tags_are_counted_and_renamed() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let manager = member(&ours, Role::Manager);
        let tag = |text: &str| text.parse::<Tag>().unwrap();
        let ids = ["a.example", "b.example", "c.example"].map(|value| bring(knowledge, &manager, &ours, value));
        for id in ids {
            knowledge.tag(&manager, ours.id, id.into(), &[tag("apt"), tag("Retail")], NOW).unwrap();
        }
        knowledge.tag(&manager, ours.id, ids[0].into(), &[tag("APT"), tag("bear")], NOW).unwrap();
        let used = || {
            let used = knowledge.tags_used(&manager, "", None, 10).unwrap();
            used.into_iter().map(|used| (used.tag.to_string(), used.uses)).collect::<Vec<_>>()
        };
        assert_eq!(used(), [("apt".into(), 3), ("bear".into(), 1), ("Retail".into(), 3)]);
        assert_eq!(knowledge.rename_tag(&manager, ours.id, &tag("bear"), &tag("Apt"), NOW).unwrap(), 1);
        assert_eq!(used(), [("apt".into(), 3), ("Retail".into(), 3)]);
        knowledge.rename_tag(&manager, ours.id, &tag("retail"), &tag("shops"), NOW).unwrap();
        knowledge.untag(&manager, ours.id, ids[1].into(), &tag("Shops"), NOW).unwrap();
        knowledge.set_tags(&manager, ours.id, ids[2].into(), &[], NOW).unwrap();
        assert_eq!(used(), [("apt".into(), 2), ("shops".into(), 1)]);
        let after = knowledge.tags_used(&manager, "", Some(&tag("apt")), 10).unwrap();
        assert_eq!(after.len(), 1, "goes on after a tag");
        assert!(knowledge.tags_used(&manager, "shopping", None, 10).unwrap().is_empty());
    });
}

#[test]
fn techniques_come_from_the_published_bundle() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/stix/bundles/mobile-attack-17.1.json.zst");
    let Ok(packed) = std::fs::read(path) else {
        assert!(std::env::var_os("SPOOR_REQUIRE_SAMPLES").is_none(), "no sample at {path}");
        return eprintln!("skipped: ATT&CK bundle (no sample data)");
    };
    let (techniques, remarks) = attack::read(&zstd::decode_all(packed.as_slice()).unwrap());
    assert!(techniques.len() > 100, "{remarks:?}");
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let done = knowledge.import_techniques(&analyst, ours.id, &techniques, NOW).unwrap();
        assert_eq!(done.added + done.retired, techniques.len() as u64);
        let again = knowledge.import_techniques(&analyst, ours.id, &techniques, NOW).unwrap();
        assert_eq!((again.added, again.changed, again.same), (0, 0, done.added));
        let filter = store::group::Filter { name: Some("T1660 ".into()), ..Default::default() };
        let found = knowledge.groups(&analyst, &filter, &Order::Added(None), 5).unwrap();
        assert_eq!(found[0].name, "T1660 Phishing");
        let domain = bring(knowledge, &analyst, &ours, "domain1.example");
        let link =
            NewAssociation::new(domain, AssociationKind::Indicates, found[0].id, "a page that asks for a password");
        knowledge.associate(&analyst, ours.id, &link, Decider::Automatic, NOW).unwrap();
    });
}
