//! Feeds: what is listed is held, what is gone is withdrawn, a jump waits for a person.

use engine::{
    Error, Knowledge,
    knowledge::feed::{Content, Fetched, further, warning},
};
use model::{Actor, IndicatorType, Time, Tlp, opinion::Use, time::DAY};
use store::feed::{Ended, Feed, Format, Run, Settings};

use super::{NOW, engines::on_each, indicator, member, owner, samples, untar};

fn settings(format: Format) -> Settings {
    Settings {
        format,
        every: 3600,
        rating: Some(3),
        confidence: Some(80),
        usage: Use::Alert,
        tlp: Tlp::Green,
        tags: vec!["feed".into()],
        kind: None,
        mapping: Default::default(),
        hold_factor: 3,
        silent_after: 48,
    }
}

fn local() -> Actor {
    Actor::local("admin")
}

fn add(knowledge: &Knowledge, settings: &Settings) -> Feed {
    knowledge.add_feed(&local(), "A feed", "https://feeds.example/list?key=secret", settings, NOW).unwrap()
}

fn content(text: &str) -> Fetched {
    Fetched::Content(Content { octets: text.as_bytes().to_vec(), etag: Some("\"v\"".into()), ..Content::default() })
}

/// A list of hosts, from one number to another.
fn hosts(numbers: std::ops::Range<u32>) -> String {
    numbers.map(|n| format!("d{n}.example\n")).collect()
}

fn apply(knowledge: &Knowledge, feed: &mut Feed, fetched: &Fetched, now: Time) -> Run {
    *feed = knowledge.feed(&local(), feed.id).unwrap();
    let run = knowledge.apply_feed(feed, fetched, now).unwrap().unwrap();
    *feed = knowledge.feed(&local(), feed.id).unwrap();
    run
}

fn holds(knowledge: &Knowledge, value: &str, now: Time) -> Option<u8> {
    let known = knowledge.indicator_by_value(&local(), &indicator(value), now).unwrap();
    known.opinions[0].opinion.holds(now).then(|| known.calculated.confidence.unwrap())
}

#[test]
fn values_come_stay_go_and_come_back() {
    on_each(|knowledge| {
        let mut feed = add(knowledge, &settings(Format::Plain));
        let run = apply(knowledge, &mut feed, &content(&hosts(0..5)), NOW);
        assert_eq!((run.outcome, run.listed, run.added, run.withdrawn), (Ended::Taken, 5, 5, 0), "{run:?}");
        assert_eq!(feed.next_due, Some(NOW.plus(3600)));
        let known = knowledge.indicator_by_value(&local(), &indicator("d1.example"), NOW).unwrap();
        let stance = &known.opinions[0];
        assert_eq!(
            (stance.owner.as_str(), stance.opinion.rating, stance.opinion.usage),
            ("A feed", Some(3), Use::Alert)
        );
        assert_eq!((stance.opinion.tlp, &stance.tags), (Tlp::Green, &vec!["feed".to_owned()]));

        let later = NOW.plus(30 * DAY);
        let before = holds(knowledge, "d1.example", later).unwrap();
        let run = apply(knowledge, &mut feed, &content(&hosts(2..8)), later);
        assert_eq!((run.added, run.withdrawn, run.renewed), (3, 2, 3), "{run:?}");
        assert_eq!(holds(knowledge, "d1.example", later), None, "gone from the list");
        assert_eq!(
            (before, holds(knowledge, "d3.example", later)),
            (63, Some(80)),
            "renewed: 30 of 90 days had passed"
        );
        let known = knowledge.indicator_by_value(&local(), &indicator("d3.example"), later).unwrap();
        assert_eq!(known.opinions[0].opinion.revision, 1, "renewing is no revision");

        let run = apply(knowledge, &mut feed, &content(&hosts(0..8)), later.plus(3600));
        assert_eq!((run.added, run.withdrawn, run.renewed), (2, 0, 2), "back, and renewed: {run:?}");
        assert_eq!(holds(knowledge, "d1.example", later.plus(3600)), Some(80));
        let run = apply(knowledge, &mut feed, &Fetched::Unchanged, later.plus(7200));
        assert_eq!((run.outcome, run.renewed), (Ended::Unchanged, 0), "renewed today already");
        let run = apply(knowledge, &mut feed, &content(&hosts(0..8)), later.plus(2 * DAY));
        assert_eq!((run.outcome, run.renewed), (Ended::Unchanged, 8), "the same content, without a word of the server");
        assert_eq!(knowledge.feed_runs(&local(), feed.id, None, 10).unwrap().len(), 5);
    });
}

#[test]
fn a_jump_waits_for_a_person() {
    on_each(|knowledge| {
        let mut feed = add(knowledge, &settings(Format::Plain));
        apply(knowledge, &mut feed, &content(&hosts(0..200)), NOW);
        let small = content(&hosts(0..50));
        let run = apply(knowledge, &mut feed, &small, NOW.plus(3600));
        assert_eq!((run.outcome, run.withdrawn), (Ended::Held, 0), "{run:?}");
        let held = feed.state.held.clone().unwrap();
        assert_eq!((held.size, held.added, held.withdrawn), (50, 0, 150));
        assert!(warning(&feed, NOW.plus(3600)).unwrap().starts_with("held for a person since"));
        assert!(holds(knowledge, "d199.example", NOW).is_some(), "nothing was taken");

        knowledge.drop_feed(&local(), feed.id, NOW.plus(3700)).unwrap();
        let run = apply(knowledge, &mut feed, &small, NOW.plus(7200));
        assert_eq!(
            (run.outcome, feed.state.held.is_none()),
            (Ended::Unchanged, true),
            "not asked about again: {run:?}"
        );
        let run = apply(knowledge, &mut feed, &content(&hosts(0..51)), NOW.plus(10_800));
        assert_eq!(run.outcome, Ended::Held, "other content is");
        let (accepted, run) = knowledge.accept_feed(&local(), feed.id, NOW.plus(10_900)).unwrap();
        feed = accepted;
        assert_eq!((feed.state.size, feed.state.held.is_none(), feed.state.etag.as_deref()), (51, true, Some("\"v\"")));
        assert_eq!(feed.next_due, Some(NOW.plus(10_900 + 3600)), "nothing is fetched for it");
        assert_eq!((run.outcome, run.withdrawn, run.listed), (Ended::Taken, 149, 51), "exactly what was held: {run:?}");
        let run = apply(knowledge, &mut feed, &content(&hosts(0..500)), NOW.plus(20_000));
        assert_eq!(run.outcome, Ended::Held, "a growth is held too, and one word counts once");
        let run = apply(knowledge, &mut feed, &content(""), NOW.plus(24_000));
        assert_eq!(run.outcome, Ended::Held, "an empty list");
        let nothing = knowledge
            .drop_feed(&local(), feed.id, NOW.plus(24_000))
            .and_then(|_| knowledge.accept_feed(&local(), feed.id, NOW.plus(24_000)));
        assert!(matches!(nothing, Err(Error::Conflict(_))));
    });
}

#[test]
fn silence_and_failures_warn() {
    on_each(|knowledge| {
        let mut feed = add(knowledge, &settings(Format::Plain));
        apply(knowledge, &mut feed, &content(&hosts(0..5)), NOW);
        assert_eq!(warning(&feed, NOW.plus(3600)), None);
        assert!(warning(&feed, NOW.plus(49 * 3600)).unwrap().starts_with("silent: no answer since"));
        apply(knowledge, &mut feed, &Fetched::Unchanged, NOW.plus(48 * 3600));
        assert!(warning(&feed, NOW.plus(49 * 3600)).unwrap().starts_with("silent: no change since"));
        let failed = Fetched::Failed("refused: HTTP 404 Not Found".into());
        for wait in [300, 600, 1200, 2400, 3600, 3600] {
            let run = apply(knowledge, &mut feed, &failed, NOW.plus(200_000));
            assert_eq!((run.outcome, feed.next_due), (Ended::Failed, Some(NOW.plus(200_000 + wait))));
        }
        let warned = warning(&feed, NOW.plus(200_000)).unwrap();
        assert_eq!(warned, "no answer 6 times in a row: refused: HTTP 404 Not Found");
        let run = apply(knowledge, &mut feed, &content("<html>\n<p>not here</p>\n"), NOW.plus(200_000));
        assert_eq!((run.outcome, run.refused), (Ended::Failed, 2), "a page is no list: {run:?}");
        assert!(holds(knowledge, "d1.example", NOW.plus(200_000)).is_some());
        let later = knowledge.apply_feed(&feed, &Fetched::Later(7000), NOW.plus(200_000)).unwrap();
        let due = knowledge.feed(&local(), feed.id).unwrap().next_due;
        assert_eq!((later, due), (None, Some(NOW.plus(207_000))), "left alone for as long as the server asked");
    });
}

#[test]
fn runs_that_overlap_and_feeds_that_go() {
    on_each(|knowledge| {
        let feed = add(knowledge, &settings(Format::Plain));
        let taken = knowledge.take_due_feeds(NOW, 5).unwrap();
        assert_eq!(taken.iter().map(|feed| feed.id).collect::<Vec<_>>(), [feed.id]);
        assert!(knowledge.take_due_feeds(NOW, 5).unwrap().is_empty(), "it is taken");
        assert!(!knowledge.take_due_feeds(NOW.plus(1000), 5).unwrap().is_empty(), "whoever took it did not end it");
        let late = knowledge.apply_feed(&taken[0], &content(&hosts(0..5)), NOW);
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
        let feed = knowledge.feed(&local(), feed.id).unwrap();
        knowledge.apply_feed(&feed, &content(&hosts(0..5)), NOW).unwrap();
        let ours = owner(&knowledge.store, 1, "Ours");
        let analyst = member(&ours, model::owner::Role::Manager);
        assert!(matches!(knowledge.feed(&analyst, feed.id), Err(Error::NotFound)), "this actor reads no open owner");
        let added = knowledge.add_feed(&analyst, "x", "https://x.example/", &settings(Format::Plain), NOW);
        assert!(matches!(added, Err(Error::Denied(_))));
        assert_eq!(knowledge.remove_feed(&local(), feed.id, NOW).unwrap(), 5);
        assert_eq!(holds(knowledge, "d1.example", NOW), None);
        let mut again = add(knowledge, &settings(Format::Plain));
        assert_eq!(apply(knowledge, &mut again, &content(&hosts(0..5)), NOW).added, 5, "under the same owner");
    });
}

#[test]
fn what_cannot_be_is_refused() {
    on_each(|knowledge| {
        let add = |url: &str, settings: &Settings| knowledge.add_feed(&local(), "f", url, settings, NOW);
        let plain = settings(Format::Plain);
        for url in ["file:///etc/passwd", "https://", "https://user:pass@feeds.example/", "https://feeds.example/a b"] {
            assert!(matches!(add(url, &plain), Err(Error::Invalid { .. })), "{url}");
        }
        let url = "https://feeds.example/";
        for wrong in [
            Settings { every: 1, ..plain.clone() },
            Settings { hold_factor: 1, ..plain.clone() },
            Settings { confidence: Some(101), ..plain.clone() },
            Settings { mapping: [("colour".to_owned(), "1".to_owned())].into(), ..plain.clone() },
            Settings { mapping: [("tags".to_owned(), "1".to_owned())].into(), ..plain.clone() },
        ] {
            assert!(matches!(add(url, &wrong), Err(Error::Invalid { .. })), "{wrong:?}");
        }
        owner(&knowledge.store, 1, "f");
        assert!(matches!(add(url, &plain), Err(Error::Conflict(_))), "an organisation has this name");
    });
}

#[test]
fn each_form_and_no_more_use_than_allowed() {
    on_each(|knowledge| {
        let mut table = settings(Format::Csv);
        table.mapping = [("value".to_owned(), "2".to_owned()), ("use".to_owned(), "3".to_owned())].into();
        table.kind = Some(IndicatorType::Host);
        let mut feed = knowledge.add_feed(&local(), "table", "https://feeds.example/", &table, NOW).unwrap();
        let run =
            apply(knowledge, &mut feed, &content("# made today\n1,d1.example,block\n2,d2.example,context\n"), NOW);
        assert_eq!((run.outcome, run.listed), (Ended::Taken, 2), "{run:?}");
        let usage = |value: &str| {
            let known = knowledge.indicator_by_value(&local(), &indicator(value), NOW).unwrap();
            known.opinions[0].opinion.usage
        };
        assert_eq!((usage("d1.example"), usage("d2.example")), (Use::Alert, Use::Context));
    });
    let misp = settings(Format::Misp);
    let index = br#"{"5d0a1f2e-0000-4000-8000-00000000000a":{"timestamp":"1790000000","info":"one"}}"#;
    let further = |octets: &[u8]| further(&misp, "https://feeds.example/misp/manifest.json?x=1", octets).unwrap();
    assert_eq!(further(index), ["https://feeds.example/misp/5d0a1f2e-0000-4000-8000-00000000000a.json"]);
    assert!(further(br#"{"Event":{"info":"x","Attribute":[]}}"#).is_empty());
}

#[test]
fn the_published_lists() {
    let (Some(infra), Some(misp), Some(stix)) = (samples("infra"), samples("misp"), samples("stix")) else { return };
    let read = |path: std::path::PathBuf| std::fs::read(path).unwrap();
    let tar = zstd::decode_all(std::fs::File::open(infra.join("maltrail-static.tar.zst")).unwrap()).unwrap();
    let (name, largest) = untar(&tar).into_iter().max_by_key(|(_, octets)| octets.len()).unwrap();
    on_each(|knowledge| {
        let sha256 = Settings { kind: Some(IndicatorType::File), ..settings(Format::Plain) };
        let lists = [
            ("domains", settings(Format::Plain), read(infra.join("amnesty/2024-05-02_wintego_helios/domains.txt"))),
            ("hashes", sha256, read(infra.join("amnesty/2021-10-07_donot/sha256.txt"))),
            ("finfisher", settings(Format::Csv), read(infra.join("amnesty/2020-09-25_finfisher/sha256.csv"))),
            (name.as_str(), settings(Format::Plain), largest.to_vec()),
            ("event", settings(Format::Misp), read(misp.join("events/turla__misp-turla-crutch-event.json"))),
            ("bundle", settings(Format::Stix), read(stix.join("bundles/cytrox.stix2"))),
        ];
        for (name, settings, octets) in lists {
            let mut feed = knowledge.add_feed(&local(), name, "https://feeds.example/", &settings, NOW).unwrap();
            let fetched = Fetched::Content(Content { octets, ..Content::default() });
            let began = std::time::Instant::now();
            let run = apply(knowledge, &mut feed, &fetched, NOW);
            let took = began.elapsed();
            let again = std::time::Instant::now();
            feed.state.digest = None;
            let renewed = apply(knowledge, &mut feed, &Fetched::Unchanged, NOW.plus(2 * DAY));
            println!(
                "{name}: {} values, {} refused in {took:?}; {} renewed in {:?}",
                run.listed,
                run.refused,
                renewed.renewed,
                again.elapsed()
            );
            assert_eq!(run.outcome, Ended::Taken, "{name}: {run:?}");
            assert!(run.added > 5 && run.added == run.listed && renewed.renewed == run.listed, "{name}: {run:?}");
        }
    });
}
