//! A Track's life: preview, first run, records that come, triage, import; and what a crash at each step leaves.

use engine::{
    Engine, Knowledge,
    knowledge::import::Defaults,
    track::{Changed, NewTrack, Watch, keep, preview, propose, search},
};
use model::{
    Actor, Contact, Counting, Disclosed, Exposure, GroupKind, HitId, Name, Observation, OwnerId, RawAnswer, Rdata,
    RecordType, Registration, RegistrationRecord, Source, SourceId, SourceKind, Span, Time, TrackQuery, Tuple,
    registration::{NameServer, Protocol, Registrar, State},
    time::DAY,
    track::{Hit, HitKind, Triage},
};
use observations::{Appended, Batch, BatchId, Interrupt, Options, Store};

use crate::knowledge::engines::on_each;

const NOW: Time = Time(1_790_000_000);
const QUERY: &str = "registrant.email = ivan@mail.example";

struct Scene<'k> {
    _dir: tempfile::TempDir,
    engine: Engine,
    knowledge: &'k Knowledge,
    actor: Actor,
    owner: OwnerId,
    whois: SourceId,
    sensor: SourceId,
}

fn scene(knowledge: &Knowledge) -> Scene<'_> {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("observations"), Options::default()).unwrap();
    let source = |name: &str, kind| {
        let new = Source {
            id: SourceId(0),
            name: name.into(),
            kind,
            counting: Counting::Stream,
            exposure: Exposure::Nobody,
            population: kind == SourceKind::Sensor,
            licence: None,
            retention_days: None,
        };
        store.add_source(new).unwrap().id
    };
    let (whois, sensor) = (source("whois", SourceKind::Provider), source("sensor", SourceKind::Sensor));
    let actor = Actor::local("tester");
    let owner = crate::knowledge::owner(&knowledge.store, 1, "Ours").id;
    Scene { _dir: dir, engine: Engine::new(store), knowledge, actor, owner, whois, sensor }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn record(domain: &str, email: &str, created: Time, observed: Time) -> RegistrationRecord {
    let registration = Registration {
        domain: Some(name(domain)),
        state: State::Registered,
        registrar: Registrar { name: Some("Registrar One".into()), ..Registrar::default() },
        created: Some(created),
        nameservers: vec![NameServer { name: name("ns1.host.example"), addresses: Vec::new() }],
        registrant: Contact {
            email: if email.is_empty() {
                Disclosed::Redacted("REDACTED".into())
            } else {
                Disclosed::Stated(email.into())
            },
            phone: Disclosed::Stated("+49 30 1234567".into()),
            ..Contact::default()
        },
        ..Registration::default()
    };
    RegistrationRecord { domain: name(domain), registration, raw: Vec::new(), observed }
}

impl Scene<'_> {
    fn batch(&self, id: u8, registrations: Vec<RegistrationRecord>, observations: Vec<Observation>) -> Batch {
        let source = if registrations.is_empty() { self.sensor } else { self.whois };
        Batch {
            id: Some(BatchId([id; 16])),
            source,
            arrived: NOW,
            observations,
            registrations,
            networks: Vec::new(),
            parser: 1,
        }
    }

    fn add(&self, query: &str) -> model::track::Track {
        let new = NewTrack { query: query.into(), ..NewTrack::default() };
        let added =
            self.knowledge.add_track(&self.actor, self.owner, &new, &self.engine, Interrupt::default(), NOW).unwrap();
        added.0
    }

    fn watch(&self) -> Watch {
        Watch::open(self.knowledge).unwrap()
    }

    fn append(&self, watch: &mut Watch, batch: Batch) -> Vec<(String, HitKind)> {
        let (_, hits) = watch.append(&self.engine.store, &self.engine.suffixes, self.knowledge, batch).unwrap();
        told(&hits)
    }

    fn hits(&self) -> Vec<Hit> {
        self.knowledge.track_hits(&self.actor, &store::track::Filter::default(), 1000).unwrap()
    }
}

fn told(hits: &[Hit]) -> Vec<(String, HitKind)> {
    hits.iter().map(|hit| (hit.domain.to_string(), hit.kind)).collect()
}

fn tuple(rrname: &str, address: &str) -> Observation {
    let tuple = Tuple {
        rrname: name(rrname),
        rrtype: RecordType::A,
        bailiwick: None,
        rdata: Rdata::from_text(RecordType::A, address).unwrap(),
    };
    Observation { tuple, span: Span::at(NOW), count: 1 }
}

#[test]
fn tells_what_happened() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let mut watch = scene.watch();
        let ivan = "ivan@mail.example";
        let old = NOW.plus(-900 * DAY);
        let at = |days: i64| NOW.plus((days - 10) * DAY);
        // Known before the Track stands.
        let known = vec![record("known.example", ivan, old, at(0)), record("other.example", "x@y.test", old, at(0))];
        assert!(scene.append(&mut watch, scene.batch(1, known, Vec::new())).is_empty());
        let track = scene.add(QUERY);
        assert_eq!(told(&scene.hits()), [("known.example".into(), HitKind::Found)]);
        // From now on.
        let coming = vec![
            record("new.example", ivan, at(0), at(1)),
            record("late.example", ivan, old, at(1)),
            record("other.example", ivan, old, at(1)),
            record("known.example", ivan, old, at(1)),
            record("nobody.example", "x@y.test", at(0), at(1)),
        ];
        let mut told = scene.append(&mut watch, scene.batch(2, coming, Vec::new()));
        told.sort();
        let expected =
            [("late.example", HitKind::Found), ("new.example", HitKind::New), ("other.example", HitKind::Moved)];
        assert_eq!(told, expected.map(|(domain, kind)| (domain.to_owned(), kind)));
        // Gone, hidden, dropped and registered again, and changed.
        let mut changed = record("late.example", ivan, old, at(2));
        changed.registration.registrant.phone = Disclosed::Stated("+49 30 7654321".into());
        let mut updated = record("known.example", ivan, old, at(2));
        (updated.registration.updated, updated.registration.expires) = (Some(at(2)), Some(at(700)));
        let coming = vec![
            record("other.example", "x@y.test", old, at(2)),
            record("new.example", "", at(0), at(2)),
            record("known.example", ivan, at(1), at(3)),
            changed,
            updated,
        ];
        let mut told = scene.append(&mut watch, scene.batch(3, coming, Vec::new()));
        told.sort();
        let expected = [
            ("known.example", HitKind::Reregistered),
            ("late.example", HitKind::Changed),
            ("other.example", HitKind::Left),
        ];
        assert_eq!(
            told,
            expected.map(|(domain, kind)| (domain.to_owned(), kind)),
            "hidden is not gone, a renewal no change"
        );
        let left = scene.hits().into_iter().find(|hit| hit.kind == HitKind::Left).unwrap();
        assert_eq!((left.matched[0].place.as_str(), left.matched[0].value.as_str()), ("registrant.email", ivan));
        assert_eq!(left.track, track.id);
        // A throttled answer says nothing, and an older record than what is known is no news.
        let mut throttled = record("known.example", "", old, at(4));
        throttled.registration.state = State::Throttled;
        let older = record("nobody.example", ivan, old, at(-3));
        assert!(scene.append(&mut watch, scene.batch(4, vec![throttled, older], Vec::new())).is_empty());
    });
}

/// Each way in which a domain changes hands or seems to, told to a Track on the one who had it and on the one who has it.
#[test]
fn what_a_change_of_owner_is() {
    let (old, at) = (NOW.plus(-900 * DAY), |days: i64| NOW.plus((days - 10) * DAY));
    let (ivan, olga) = ("ivan@mail.example", "olga@post.example");
    let transferred = |email, registrar: &str| {
        let mut record = record("shop.example", email, old, at(2));
        record.registration.registrar.name = Some(registrar.into());
        record
    };
    let updated = |days| {
        let mut record = record("shop.example", ivan, old, at(days));
        record.registration.updated = Some(at(days));
        record
    };
    let held = |email, created, days| record("shop.example", email, created, at(days));
    let mut dropped = held("", old, 2);
    dropped.registration = Registration { state: State::Available, ..Registration::default() };
    let cases: [(&str, Vec<RegistrationRecord>, &[HitKind]); 8] = [
        (
            "re-registered by the same",
            vec![dropped.clone(), held(ivan, at(3), 3)],
            &[HitKind::Left, HitKind::Reregistered],
        ),
        ("re-registered by another", vec![dropped, held(olga, at(3), 3)], &[HitKind::Left, HitKind::Reregistered]),
        ("transferred to another", vec![transferred(olga, "Registrar Two")], &[HitKind::Left, HitKind::Moved]),
        ("transferred by the same", vec![transferred(ivan, "Registrar Two")], &[HitKind::Changed]),
        ("redacted", vec![held("", old, 2)], &[]),
        ("redacted and shown again", vec![held("", old, 2), held(ivan, old, 3)], &[]),
        ("redacted, and another shown", vec![held("", old, 2), held(olga, old, 3)], &[HitKind::Left, HitKind::Moved]),
        ("updated alone", vec![updated(2), updated(3)], &[]),
    ];
    for (what, records, expected) in cases {
        on_each(|knowledge| {
            let scene = scene(knowledge);
            let mut watch = scene.watch();
            scene.append(&mut watch, scene.batch(1, vec![held(ivan, old, 1)], Vec::new()));
            scene.add(QUERY);
            scene.add("registrant.email = olga@post.example");
            let mut told = Vec::new();
            for (number, record) in (2..).zip(&records) {
                // Which Track of two hears first is chance.
                let mut hits = scene.append(&mut watch, scene.batch(number, vec![record.clone()], Vec::new()));
                hits.sort_by_key(|(_, kind)| kind.as_str());
                told.extend(hits);
            }
            let told: Vec<HitKind> = told.into_iter().map(|(_, kind)| kind).collect();
            assert_eq!(told, expected, "{what}");
        });
    }
}

/// What a better parser reads from the stored answers makes no hit, nor does the same answer when it comes again.
#[test]
fn a_better_parser_makes_no_hit() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let mut watch = scene.watch();
        let mut poor = record("shop.example", "ivan@mail.example", NOW, NOW);
        poor.raw = vec![RawAnswer {
            protocol: Protocol::Whois,
            server: "whois.test".into(),
            body: b"Domain: shop.example".to_vec(),
        }];
        let mut better = poor.clone();
        better.registration.registrant.name = Disclosed::Stated("Ivan Example".into());
        scene.append(&mut watch, scene.batch(1, vec![poor], Vec::new()));
        scene.add(QUERY);
        let read = better.registration.clone();
        let report = scene.engine.store.reparse(2, &mut |_: &Name, _: &[RawAnswer]| Some(read.clone())).unwrap();
        assert_eq!(report.changed, 1);
        better.observed = NOW.plus(DAY);
        let again = Batch { parser: 2, ..scene.batch(2, vec![better], Vec::new()) };
        assert!(scene.append(&mut watch, again).is_empty());
        assert_eq!(scene.hits().len(), 1);
    });
}

#[test]
fn dns_is_heard_of_once() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let mut watch = scene.watch();
        scene.append(&mut watch, scene.batch(1, Vec::new(), vec![tuple("www.known.example", "192.0.2.9")]));
        scene.add("address = 192.0.2.0/24 and host startsWith www.");
        scene.add("domain = fresh.example and firstSeenHere");
        assert_eq!(told(&scene.hits()), [("known.example".into(), HitKind::Found)]);
        let seen = || vec![tuple("www.known.example", "192.0.2.9"), tuple("www.new.example", "192.0.2.1")];
        let new = [("new.example".to_owned(), HitKind::Dns)];
        assert_eq!(scene.append(&mut watch, scene.batch(2, Vec::new(), seen())), new);
        assert!(scene.append(&mut watch, scene.batch(3, Vec::new(), seen())).is_empty());
        // Another process that judged nothing yet.
        assert!(scene.append(&mut scene.watch(), scene.batch(4, Vec::new(), seen())).is_empty());
        let fresh = || vec![tuple("a.fresh.example", "198.51.100.1")];
        assert_eq!(scene.append(&mut watch, scene.batch(5, Vec::new(), fresh())).len(), 1);
        let second = vec![tuple("b.fresh.example", "198.51.100.1")];
        assert!(scene.append(&mut watch, scene.batch(6, Vec::new(), second)).is_empty(), "the domain is known now");
    });
}

#[test]
fn a_crash_after_any_step_loses_nothing_and_tells_nothing_twice() {
    for cut in 0..4 {
        on_each(|knowledge| {
            let scene = scene(knowledge);
            scene.add(QUERY);
            let records = || vec![record("one.example", "ivan@mail.example", NOW, NOW)];
            let (store, suffixes) = (&scene.engine.store, &scene.engine.suffixes);
            // The process that dies: after judging, after keeping, after storing, after all.
            let mut dying = scene.watch();
            let batch = scene.batch(7, records(), Vec::new());
            let judged = dying.judge(store, suffixes, scene.knowledge, &batch).unwrap();
            let mut told = 0;
            if cut > 0 {
                told += keep(scene.knowledge, &judged).unwrap().len();
            }
            if cut > 1 {
                assert_eq!(store.append(batch).unwrap(), Appended::Stored);
            }
            if cut > 2 {
                dying.settle(judged);
            }
            drop(dying);
            // The sender sends it again.
            let mut watch = scene.watch();
            let again = scene.batch(7, records(), Vec::new());
            let (appended, hits) = watch.append(store, suffixes, scene.knowledge, again).unwrap();
            assert_eq!(appended == Appended::Known, cut > 1);
            assert_eq!(told + hits.len(), 1, "cut after step {cut}");
            assert_eq!(scene.hits().len(), 1);
            assert_eq!(store.snapshot().registrations(&name("one.example"), &model::Readable::All).unwrap().len(), 1);
        });
    }
}

#[test]
fn mute_exclusion_expiry_and_removal() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let track = scene.add(QUERY);
        let mut watch = scene.watch();
        let change = |revision, changed: Changed| {
            scene.knowledge.change_track(&scene.actor, track.id, revision, &changed, NOW).unwrap()
        };
        change(1, Changed { muted: Some(true), exclusions: Some(vec![name("never.example")]), ..Changed::default() });
        let two = vec![
            record("never.example", "ivan@mail.example", NOW, NOW),
            record("quiet.example", "ivan@mail.example", NOW, NOW),
        ];
        assert_eq!(scene.append(&mut watch, scene.batch(1, two, Vec::new())).len(), 1);
        assert_eq!(scene.hits()[0].triage, Triage::Ignored);
        change(2, Changed { expires: Some(Some(NOW)), muted: Some(false), ..Changed::default() });
        let late = vec![record("late.example", "ivan@mail.example", NOW, NOW)];
        assert!(scene.append(&mut watch, scene.batch(2, late, Vec::new())).is_empty());
        assert!(scene.knowledge.change_track(&scene.actor, track.id, 1, &Changed::default(), NOW).is_err(), "stale");
        scene.knowledge.remove_track(&scene.actor, track.id, NOW).unwrap();
        let after = vec![record("after.example", "ivan@mail.example", NOW, NOW)];
        assert!(scene.append(&mut watch, scene.batch(3, after, Vec::new())).is_empty());
        assert!(scene.hits().is_empty() && watch.is_empty());
    });
}

#[test]
fn a_track_knows_only_sources_that_its_owner_may_read() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let track = scene.add(QUERY);
        scene.knowledge.restrict_source(&scene.actor, scene.whois, Some(&[]), NOW).unwrap();
        let mut watch = scene.watch();
        let one = vec![record("one.example", "ivan@mail.example", NOW, NOW)];
        assert!(scene.append(&mut watch, scene.batch(1, one, Vec::new())).is_empty());
        let coverage = scene.knowledge.track_coverage(&scene.actor, &track, &scene.engine).unwrap();
        assert!(coverage.blind && coverage.sources.is_empty());
        scene.knowledge.restrict_source(&scene.actor, scene.whois, Some(&[scene.owner]), NOW).unwrap();
        let two = vec![record("two.example", "ivan@mail.example", NOW, NOW)];
        assert_eq!(scene.append(&mut watch, scene.batch(2, two, Vec::new())).len(), 1);
        let other = scene.add(QUERY);
        assert_eq!(scene.hits().iter().filter(|hit| hit.track == other.id).count(), 2);
        scene.knowledge.restrict_source(&scene.actor, scene.whois, Some(&[]), NOW).unwrap();
        let third = scene.add(QUERY);
        assert_eq!(
            scene.hits().iter().filter(|hit| hit.track == third.id).count(),
            0,
            "the first run is held to it too"
        );
    });
}

#[test]
fn hits_become_indicators_of_the_threat() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let group = engine::knowledge::group::NewGroup::new(GroupKind::Adversary, "Somebody");
        let threat = scene.knowledge.add_group(&scene.actor, scene.owner, &group, NOW).unwrap();
        let new = NewTrack { query: QUERY.into(), threat: Some(threat.id), ..NewTrack::default() };
        let (track, _) = scene
            .knowledge
            .add_track(&scene.actor, scene.owner, &new, &scene.engine, Interrupt::default(), NOW)
            .unwrap();
        let mut watch = scene.watch();
        scene
            .append(&mut watch, scene.batch(1, vec![record("one.example", "ivan@mail.example", NOW, NOW)], Vec::new()));
        let ids: Vec<HitId> = scene.hits().iter().map(|hit| hit.id).collect();
        let import = || scene.knowledge.import_hits(&scene.actor, track.id, &ids, Defaults::default(), NOW).unwrap();
        let imported = import();
        assert_eq!(imported.added, 1);
        let evidence = scene.knowledge.evidence(&scene.actor, imported.rows[0].id).unwrap();
        let words = evidence[0].provenance.words();
        assert!(words.contains("found by the Track") && words.contains("ivan@mail.example"), "{words}");
        let filter = store::association::Filter::default();
        let links = scene.knowledge.associations(&scene.actor, threat.id.into(), &filter, None, 10).unwrap();
        assert_eq!(links.len(), 1);
        import();
        let hit = scene.knowledge.triage_hit(&scene.actor, ids[0], Triage::Escalated, Some("act"), NOW).unwrap();
        assert_eq!((hit.triage, hit.note.as_deref()), (Triage::Escalated, Some("act")));
        assert_eq!(scene.hits(), [hit]);
    });
}

#[test]
fn search_preview_and_proposal_say_how_many_and_why() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let mut watch = scene.watch();
        let ivan = "ivan@mail.example";
        let records = vec![
            record("one.example", ivan, NOW.plus(-20 * DAY), NOW.plus(-19 * DAY)),
            record("two.example", ivan, NOW.plus(-900 * DAY), NOW.plus(-30 * DAY)),
            record("two.example", "x@y.test", NOW.plus(-900 * DAY), NOW.plus(-2 * DAY)),
            record("three.example", "petr@mail.example", NOW.plus(-2 * DAY), NOW.plus(-DAY)),
        ];
        scene.append(&mut watch, scene.batch(1, records, Vec::new()));
        scene.append(&mut watch, scene.batch(2, Vec::new(), vec![tuple("www.one.example", "192.0.2.1")]));
        let view = scene.engine.view(&scene.actor, Interrupt::default());
        let search = |text: &str, limit| search::search(&view, &TrackQuery::parse(text).unwrap(), None, limit).unwrap();
        let domains = |text: &str| search(text, 10).rows.iter().map(|row| row.domain.to_string()).collect::<Vec<_>>();
        assert_eq!(domains("email = ivan@mail.example"), ["one.example"]);
        assert_eq!(domains("historic email = ivan@mail.example"), ["one.example", "two.example"]);
        assert_eq!(domains("email endsWith '@mail.example'"), ["one.example", "three.example"]);
        assert_eq!(domains("email ~ 'tr@ma' or email like 'ivan@maill.example'"), ["one.example", "three.example"]);
        assert_eq!(
            domains("email matches '^(ivan|petr)@' and created >= 2020-01-01"),
            ["one.example", "three.example"]
        );
        assert_eq!(domains("state = registered"), ["one.example", "three.example", "two.example"]);
        assert_eq!(domains("domain = three.example"), ["three.example"]);
        assert_eq!(domains("nameServer under host.example").len(), 3);
        assert_eq!(domains("address = 192.0.2.1"), ["one.example"]);
        let found = search("email = ivan@mail.example", 10);
        assert_eq!((found.current, found.historic, found.at_least), (1, 2, false));
        assert_eq!(found.values[0].domains, 2);
        let first = search("nameServer = ns1.host.example", 1);
        assert_eq!((first.rows.len(), first.next.clone()), (1, Some(name("one.example"))));
        let query = TrackQuery::parse(QUERY).unwrap();
        let preview = preview::preview(&view, &query, NOW).unwrap();
        assert_eq!((preview.found.current, preview.weeks.iter().map(|week| week.count).sum::<usize>()), (1, 1));
        assert_eq!(preview.found_by, ["email = ivan@mail.example"]);
        assert_eq!((preview.backtest.seen, preview.backtest.before), (1, 1));
        assert_eq!(preview.backtest.examples[0].days, 19);
        let proposals = propose::propose(&view, &[name("one.example"), name("three.example")]).unwrap();
        assert!(proposals.iter().any(|one| one.query == r#"phone = "+49301234567""#), "{proposals:?}");
    });
}

/// Versions that nobody saw for longer than they may be kept go; what somebody holds as an indicator, and what is still
/// seen, stays. Hits tell nothing of what is forgotten.
#[test]
fn contacts_are_kept_for_their_time() {
    on_each(|knowledge| {
        let scene = scene(knowledge);
        let mut watch = scene.watch();
        let (ivan, old) = ("ivan@mail.example", NOW.plus(-800 * DAY));
        let seen = |domain, observed| record(domain, ivan, old, observed);
        let first = vec![seen("gone.example", old), seen("held.example", old), seen("seen.example", old)];
        scene.append(&mut watch, scene.batch(1, first, Vec::new()));
        scene.append(&mut watch, scene.batch(2, vec![seen("seen.example", NOW)], Vec::new()));
        let track = scene.add(QUERY);
        let hits = scene.hits();
        assert_eq!(hits.len(), 3);
        let held: Vec<HitId> = hits.iter().filter(|hit| hit.domain == name("held.example")).map(|hit| hit.id).collect();
        knowledge.import_hits(&scene.actor, track.id, &held, Defaults::default(), NOW).unwrap();
        let report = knowledge.expire_contacts(&scene.actor, &scene.engine, NOW).unwrap();
        assert!(report.rows > 0 && report.damaged == 0);
        let versions = |domain| {
            let snapshot = scene.engine.store.snapshot();
            snapshot.registrations(&name(domain), &model::Readable::All).unwrap()
        };
        assert_eq!(["gone.example", "held.example", "seen.example"].map(|domain| versions(domain).len()), [0, 1, 1]);
        assert_eq!(versions("seen.example")[0].seen.span.first(), old);
        assert_eq!(knowledge.forget_in_hits(&scene.actor, "somebody@else.example", NOW).unwrap(), 0);
        assert_eq!(knowledge.forget_in_hits(&scene.actor, ivan, NOW).unwrap(), 3);
        assert!(scene.hits().is_empty());
    });
}
