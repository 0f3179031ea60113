//! Searching texts, and saved searches.

use engine::{
    Error,
    knowledge::group::{GroupChange, NewGroup},
};
use model::{GroupKind, ObjectType, owner::Role};

use super::{
    NOW,
    engines::on_each,
    member, owner,
    profile::{bring, group},
};

#[test]
fn texts_are_found_by_any_part() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let described = NewGroup {
            description: Some("Ünïcode LURE with 100% \"quoted\" under_score and back\\slash".into()),
            ..NewGroup::new(GroupKind::Campaign, "Night Shift")
        };
        let campaign = knowledge.add_group(&analyst, ours.id, &described, NOW).unwrap();
        let domain = bring(knowledge, &analyst, &ours, "domain1.example");
        knowledge.add_note(&analyst, ours.id, domain.into(), None, "Kit of the night shift, with a lure", NOW).unwrap();
        let found = |text: &str| {
            let hits = knowledge.search_text(&analyst, text, None, 10).unwrap();
            let mut hits: Vec<_> = hits.into_iter().map(|hit| (hit.object.name, hit.part)).collect();
            hits.sort();
            hits
        };
        let (note, description) =
            (("domain1.example".to_owned(), "note".to_owned()), ("Night Shift".to_owned(), "description".to_owned()));
        assert_eq!(found("lure"), [description.clone(), note.clone()]);
        assert_eq!(found("LURE kit"), std::slice::from_ref(&note));
        assert_eq!(found("\"night shift\""), [("Night Shift".to_owned(), "name".to_owned()), note.clone()]);
        for text in ["ünïc", "100% lure", "er_sc", "k\\sl", "%", "_", "0%", "quot"] {
            assert_eq!(found(text), std::slice::from_ref(&description), "{text}");
        }
        for text in ["100_", "und%", "* OR lure", "lure NOT kit", "x'", "zz"] {
            assert!(found(text).is_empty(), "{text}");
        }
        let page = knowledge.search_text(&analyst, "lure", None, 1).unwrap();
        let next = knowledge.search_text(&analyst, "lure", Some(&page[0].place), 10).unwrap();
        assert_eq!((page.len(), next.len()), (1, 1));
        assert_ne!(page[0].object, next[0].object);

        let change = GroupChange { description: Some(None), ..GroupChange::default() };
        knowledge.change_group(&analyst, campaign.id, 1, &change, NOW).unwrap();
        assert_eq!(found("lure"), [note]);
        knowledge.remove(&analyst, ours.id, domain, NOW).unwrap();
        knowledge.remove_group(&analyst, campaign.id, NOW).unwrap();
        assert!(found("lure").is_empty() && found("night").is_empty());
        assert!(matches!(knowledge.search_text(&analyst, " ", None, 10), Err(Error::Invalid { .. })));
    });
}

#[test]
fn a_saved_search_is_one_that_can_be_read() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let save = |query: &str| knowledge.save_search(&analyst, ours.id, ObjectType::Indicator, "hot", query, NOW);
        assert!(matches!(save("rating >="), Err(Error::Invalid { field, .. }) if field == "query"));
        let saved = save("rating>=3 and type in (host,address)").unwrap();
        assert_eq!(knowledge.saved_search(&analyst, saved.id).unwrap(), saved);
        let changed = knowledge.change_search(&analyst, saved.id, 1, "hotter", "rating >= 4", NOW).unwrap();
        assert_eq!((changed.revision, changed.query.as_str()), (2, "rating >= 4"));
        assert!(matches!(knowledge.change_search(&analyst, saved.id, 1, "late", "", NOW), Err(Error::Stale)));
        let reader = member(&ours, Role::Reader);
        assert_eq!(knowledge.saved_searches(&reader, None, 10).unwrap(), [changed]);
        assert!(knowledge.remove_search(&reader, saved.id, NOW).is_err());
        knowledge.remove_search(&analyst, saved.id, NOW).unwrap();
        assert!(knowledge.saved_searches(&reader, None, 10).unwrap().is_empty());
        group(knowledge, &analyst, &ours, GroupKind::Tool, "Hammer");
    });
}
