//! Lists that explain, exclude and are overruled; and what blocking would break.

use std::time::Instant;

use engine::{
    Error, Knowledge,
    knowledge::{
        collateral,
        import::{Defaults, Offered, Previewed, Request, Standing},
        label::Draft,
    },
};
use formats::{list::Stated, misp::warninglist};
use model::{Actor, Owner, Provenance, SourceKind, label::Matching, opinion::Use, owner::Role, provenance::Origin};

use super::{NOW, engines::on_each, indicator, member, owner, samples};
use crate::scene::{Scene, address};

fn request(to: &Owner, usage: Use, values: &[&str]) -> Request {
    let offered = |(line, value): (usize, &&str)| Offered {
        stated: Stated::new(line + 1, indicator(value)),
        provenance: Provenance::plain(Origin::Text, None),
    };
    let rows = values.iter().enumerate().map(offered).collect();
    Request { owner: to.id, origin: "a test".into(), defaults: Defaults { usage, ..Defaults::default() }, rows }
}

fn draft(name: &str, matching: Matching, entries: &[&str]) -> Draft {
    let entries = entries.iter().map(|entry| (*entry).to_owned()).collect();
    Draft { matching, ..Draft::values(name, "of a test", entries) }
}

fn preview(knowledge: &Knowledge, actor: &Actor, to: &Owner, values: &[&str]) -> Vec<Previewed> {
    knowledge.preview(actor, &request(to, Use::Context, values), NOW).unwrap()
}

fn lists(row: &Previewed) -> Vec<&str> {
    row.labels.iter().map(|label| label.list.as_str()).collect()
}

#[test]
fn every_list_is_shown_and_one_that_excludes_refuses() {
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let (local, analyst) = (Actor::local("admin"), member(&ours, Role::Analyst));
        let put = |draft: Draft, excludes| knowledge.put_label_list(&local, None, &draft, Some(excludes), NOW).unwrap();
        put(draft("CDN", Matching::Cidr, &["198.51.100.0/24", "no prefix"]), false);
        let own = put(draft("Own hosts", Matching::Value, &["corp.example", "198.51.100.0/25"]), true);
        let values = ["198.51.100.7", "http://www.corp.example/login", "d1.example"];
        let rows = preview(knowledge, &analyst, &ours, &values);
        assert_eq!(lists(&rows[0]), ["CDN", "Own hosts"]);
        assert_eq!(rows[1].labels[0].entry.as_deref(), Some("corp.example"));
        let Standing::Refused { why } = &rows[1].standing else { panic!("{rows:?}") };
        assert_eq!(why, "on the exclusion list `Own hosts` as `corp.example`");
        assert_eq!(rows[2].standing, Standing::New);
        let done = knowledge.import(&analyst, &request(&ours, Use::Context, &values), NOW).unwrap();
        assert_eq!((done.added, done.refused.len()), (1, 2), "{done:?}");

        let overrule =
            |reason| knowledge.overrule_label(&analyst, ours.id, own.list.id, &indicator("198.51.100.7"), reason, NOW);
        assert!(matches!(overrule(" "), Err(Error::Invalid { .. })), "a reason is needed");
        overrule("broken into, being rebuilt").unwrap();
        let rows = preview(knowledge, &analyst, &ours, &values);
        assert_eq!(rows[0].standing, Standing::New, "{rows:?}");
        assert_eq!(rows[0].labels[1].overruled.as_deref(), Some("broken into, being rebuilt"));
        knowledge.restore_label(&analyst, ours.id, own.list.id, &indicator("198.51.100.7"), NOW).unwrap();
        knowledge.set_excludes(&local, own.list.id, false, NOW).unwrap();
        assert!(preview(knowledge, &analyst, &ours, &values).iter().all(|row| row.standing != own_refusal()));
    });
}

fn own_refusal() -> Standing {
    Standing::Refused { why: "on the exclusion list `Own hosts`".into() }
}

#[test]
fn an_owners_list_is_its_own() {
    on_each(|knowledge| {
        let (ours, theirs) = (owner(&knowledge.store, 1, "Ours"), owner(&knowledge.store, 2, "Theirs"));
        let (us, them) = (member(&ours, Role::Analyst), member(&theirs, Role::Analyst));
        let list = draft("Ours alone", Matching::Value, &["corp.example"]);
        let everybody = knowledge.put_label_list(&us, None, &list, None, NOW);
        assert!(matches!(everybody, Err(Error::Denied(_))), "everybody's lists need an administrator");
        let brought = knowledge.put_label_list(&us, Some(ours.id), &list, Some(true), NOW).unwrap();
        assert!(matches!(knowledge.label_list(&them, brought.list.id), Err(Error::NotFound)));
        assert!(matches!(preview(knowledge, &us, &ours, &["corp.example"])[0].standing, Standing::Refused { .. }));
        let rows = preview(knowledge, &them, &theirs, &["corp.example"]);
        assert!(rows[0].labels.is_empty() && rows[0].standing == Standing::New, "{rows:?}");
        let again = knowledge.put_label_list(&us, Some(ours.id), &list, None, NOW).unwrap();
        assert!(again.replaced && again.list.excludes && again.list.revision == 2, "{again:?}");
        knowledge.remove_label_list(&us, brought.list.id, NOW).unwrap();
        assert!(preview(knowledge, &us, &ours, &["corp.example"])[0].labels.is_empty());
    });
}

#[test]
fn blocking_says_what_else_was_seen_there() {
    let scene = Scene::new();
    let (sensor, lookup) = (scene.source("sensor", SourceKind::Sensor), scene.source("look-up", SourceKind::Lookup));
    let (early, late) = (NOW.plus(-30 * model::time::DAY).to_string(), NOW.plus(-model::time::DAY).to_string());
    let seen = |name: &str, last: &str| address(name, "203.0.113.7", &early, last);
    let observed = ["d1.example", "shop.test", "www.shop.test", "blog.test"].map(|name| seen(name, &late)).to_vec();
    scene.append(sensor, [observed, vec![seen("gone.test", &early)]].concat(), Vec::new());
    scene.append(lookup, vec![seen("asked.test", &late)], Vec::new());
    on_each(|knowledge| {
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, Role::Analyst);
        let values = ["203.0.113.7", "d1.example", "203.0.113.0/24", "https://d1.example/"];
        let mut rows = knowledge.preview(&analyst, &request(&ours, Use::Block, &values), NOW).unwrap();
        assert_eq!(collateral::look(&scene.view(), &mut rows, NOW).unwrap(), 0);
        let found = rows[0].collateral.as_ref().unwrap();
        assert_eq!(found.examples, ["blog.test", "shop.test"], "neither our own value, nor what is old or looked up");
        assert_eq!((found.domains, found.names, found.at_least), (2, 3, false));
        assert_eq!(found.sources, ["sensor"]);
        assert_eq!(rows[1].collateral.as_ref().unwrap().names, 0);
        assert_eq!(rows[2].collateral.as_ref().unwrap().examples, found.examples);
        assert_eq!(rows[3].collateral, None);
    });
}

#[test]
fn the_published_warninglists() {
    let Some(folder) = samples("misp") else { return };
    let tar = zstd::decode_all(std::fs::File::open(folder.join("warninglists.tar.zst")).unwrap()).unwrap();
    on_each(|knowledge| {
        let (ours, local) = (owner(&knowledge.store, 1, "Ours"), Actor::local("admin"));
        let (mut lists, mut entries, mut left_out) = (0, 0, 0);
        for (_, octets) in super::untar(&tar).into_iter().filter(|(name, _)| name.ends_with("/list.json")) {
            let Some(draft) = Draft::warninglist(warninglist::read(octets).unwrap()) else { continue };
            let brought = knowledge.put_label_list(&local, None, &draft, None, NOW).unwrap();
            (lists, entries, left_out) = (lists + 1, entries + brought.list.count, left_out + brought.left_out);
        }
        let began = Instant::now();
        let of = |value: &str| {
            let labels = knowledge.labels_of(&local, ours.id, &indicator(value)).unwrap();
            labels.into_iter().map(|label| label.list).collect::<Vec<_>>()
        };
        assert!(of("8.8.8.8").contains(&"List of known IPv4 public DNS resolvers".to_owned()));
        let built = began.elapsed();
        assert!(of("https://drive.google.com/uc?id=1").iter().any(|list| list.contains("google")));
        assert!(of("someone@mailinator.com").iter().any(|list| list.contains("disposable")));
        assert_eq!(of("203.0.113.7"), ["List of RFC 5735 CIDR blocks"]);
        assert!(of("d1.example").iter().all(|list| list.contains("RFC 6761")), "{:?}", of("d1.example"));
        let values: Vec<String> = (0..10_000u32)
            .map(|n| if n % 2 == 0 { format!("host{n}.d{n}.test") } else { format!("8.{}.{}.8", n % 256, n / 256) })
            .collect();
        let request = request(&ours, Use::Context, &values.iter().map(String::as_str).collect::<Vec<_>>());
        let began = Instant::now();
        let rows = knowledge.preview(&local, &request, NOW).unwrap();
        let each = began.elapsed() / u32::try_from(rows.len()).unwrap();
        println!(
            "{lists} lists, {entries} entries, {left_out} left out; ready after {built:?}; a preview's row {each:?}"
        );
        assert!(lists >= 130 && entries > 500_000);
    });
}
