//! A query compiled to SQL finds what the same query finds when it is asked of each row in memory.

use model::{
    Actor, Association, AssociationId, AssociationKind, Attribute, AttributeId, Group, GroupFields, GroupId, Id,
    ImportId, Indicator, Membership, Object, Opinion, Owner, OwnerId, OwnerKind, Pap, Provenance, Readable, Scopes,
    Standing, Time, Tlp, UserId,
    opinion::{HostRole, Use},
    owner::Role,
    provenance::Origin,
    query::{self, GroupRow, IndicatorRow, Query, Subject},
    time::DAY,
};
use proptest::{prelude::*, test_runner::TestRunner};
use store::{
    Store, Viewer,
    import::{Import, Item},
    search::{self, Order, Position, Search},
};

use crate::engines::on_each;

const NOW: Time = Time(1_790_000_000);
const VALUES: [&str; 8] = [
    "evil.example",
    "www.Evil.example",
    "other.test",
    "203.0.113.7",
    "203.0.113.0/24",
    "http://evil.example/Path_%",
    "a@evil.example",
    "2001:db8::1",
];

/// What is in the database, and the same as rows in memory.
struct World {
    owners: Vec<Owner>,
    indicators: Vec<(usize, Opinion, Vec<String>, Indicator)>,
    groups: Vec<(usize, Group, Vec<String>)>,
    attributes: Vec<Attribute>,
    associations: Vec<Association>,
}

fn id(kind: u8, number: usize) -> Id {
    let mut octets = [kind; 16];
    octets[15] = number as u8;
    Id(octets)
}

fn owner(number: usize, name: &str) -> Owner {
    let id = OwnerId(id(1, number));
    Owner {
        id,
        name: name.into(),
        kind: OwnerKind::Community,
        reviewed: false,
        open: false,
        tlp: Tlp::Green,
        revision: 1,
    }
}

/// Everything that varies, from a few random numbers: each bit decides something.
fn opinion(owner: &Owner, indicator: &Indicator, seed: u64) -> Opinion {
    let bit = |at: u32| seed >> at & 1 == 1;
    let pick = |at: u32, of: u64| (seed >> at & 0xf) % of.max(1);
    let new = Opinion::new(store::indicator::id(indicator), owner.id, Tlp::ALL[pick(0, 5) as usize], NOW);
    Opinion {
        rating: bit(3).then_some((seed >> 4 & 7) as u8 % 6),
        confidence: bit(7).then_some((seed >> 8 & 0x7f).min(100) as u8),
        renewed: NOW.plus(-((seed >> 15 & 0x3f) as i64) * DAY),
        usage: Use::ALL[(seed >> 21 & 3) as usize % 3],
        role: HostRole::ALL[(seed >> 23 & 7) as usize % 6],
        grade: bit(26).then(|| "B2".parse().unwrap()),
        pap: Pap::ALL[(seed >> 27 & 3) as usize % 3],
        active: bit(29),
        expires: bit(30).then(|| NOW.plus(if bit(31) { DAY } else { -DAY })),
        first_seen: bit(32).then(|| NOW.plus(-10 * DAY)),
        last_seen: bit(33).then(|| NOW.plus(-((seed >> 34 & 0xf) as i64) * DAY)),
        description: bit(38).then(|| if bit(39) { "A Bear_100% Ähnlich" } else { "plain" }.into()),
        source: bit(40).then(|| "Vendor".into()),
        sightings: seed >> 41 & 3,
        pending: bit(43) && bit(44),
        modified: NOW.plus(-((seed >> 45 & 7) as i64) * DAY),
        import: Some(ImportId(id(7, owner.id.0.0[15] as usize))),
        ..new
    }
}

impl World {
    fn new(seeds: &[u64]) -> World {
        let owners = vec![owner(1, "Ours"), owner(2, "The Bear Club"), owner(3, "Hidden")];
        let mut world = World { owners, indicators: vec![], groups: vec![], attributes: vec![], associations: vec![] };
        for (number, seed) in seeds.iter().copied().enumerate() {
            world.add(number, seed);
        }
        world
    }

    fn add(&mut self, number: usize, seed: u64) {
        let whose = (seed >> 50) as usize % 3;
        let owner = self.owners[whose].clone();
        let tags =
            |at: u32| if seed >> at & 1 == 1 { vec!["APT".to_owned(), format!("t{}", seed >> at & 3)] } else { vec![] };
        let value = Indicator::guess(VALUES[(seed >> 53) as usize % VALUES.len()]).unwrap();
        let known = |world: &World| {
            world
                .indicators
                .iter()
                .any(|(of, opinion, ..)| *of == whose && opinion.indicator == store::indicator::id(&value))
        };
        if !known(self) {
            self.indicators.push((whose, opinion(&owner, &value, seed), tags(56), value.clone()));
            if seed >> 58 & 1 == 1 {
                let object = Object::Indicator(store::indicator::id(&value));
                self.attribute(number, &owner, object, seed);
            }
        }
        let group = self.group(number, &owner, seed);
        self.groups.push((whose, group.clone(), tags(57)));
        self.attribute(100 + number, &owner, Object::Group(group.id), seed);
        let ends = [Object::Indicator(store::indicator::id(&value)), Object::Group(group.id)];
        let ends = if seed >> 59 & 1 == 1 { ends } else { [ends[1], ends[0]] };
        self.associate(number, &owner, ends);
        if let Some((_, other, ..)) = self.indicators.first() {
            let other = Object::Indicator(other.indicator);
            self.associate(100 + number, &owner, [Object::Group(group.id), other]);
        }
    }

    fn group(&self, number: usize, owner: &Owner, seed: u64) -> Group {
        let fields = if seed >> 60 & 1 == 1 {
            GroupFields::Adversary(Default::default())
        } else {
            GroupFields::Threat(Default::default())
        };
        Group {
            id: GroupId(id(3, number)),
            owner: owner.id,
            name: format!("{} {number}", if seed >> 61 & 1 == 1 { "Fancy BEAR" } else { "Other" }),
            fields,
            description: (seed >> 62 & 1 == 1).then(|| "Ähnlich".into()),
            tlp: Tlp::Green,
            pap: Pap::Amber,
            pending: seed & 7 == 7,
            first_seen: None,
            last_seen: (seed & 1 == 1).then_some(NOW),
            added: NOW,
            modified: NOW.plus(-((seed >> 45 & 7) as i64) * DAY),
            revision: 1,
        }
    }

    fn attribute(&mut self, number: usize, owner: &Owner, object: Object, seed: u64) {
        let id = AttributeId(id(4, number));
        let value = if seed >> 20 & 1 == 1 { "First Value" } else { "second" };
        self.attributes.push(Attribute {
            id,
            owner: owner.id,
            object,
            name: "Kind".into(),
            value: value.into(),
            source: None,
        });
    }

    fn associate(&mut self, number: usize, owner: &Owner, [from, to]: [Object; 2]) {
        self.associations.push(Association {
            id: AssociationId(id(5, number)),
            owner: owner.id,
            kind: AssociationKind::RelatedTo,
            from,
            to,
            reason: "why not".into(),
            confidence: None,
            first_seen: None,
            last_seen: None,
            tlp: Tlp::Green,
            added: NOW,
            revision: 1,
        });
    }

    fn write(&self, store: &Store) {
        let local = Actor::local("test");
        store
            .write(|tx| {
                for (number, owner) in self.owners.iter().enumerate() {
                    store::owner::add(tx, owner, NOW)?;
                    let to = local.may_add(owner).unwrap();
                    let import = Import {
                        id: ImportId(id(7, owner.id.0.0[15] as usize)),
                        owner: owner.id,
                        user: None,
                        time: NOW,
                        origin: "test".into(),
                        added: 0,
                        changed: 0,
                        undone: None,
                    };
                    let items: Vec<Item> = self
                        .indicators
                        .iter()
                        .filter(|(whose, ..)| *whose == number)
                        .map(|(_, after, tags, indicator)| Item {
                            indicator: indicator.clone(),
                            before: None,
                            after: after.clone(),
                            tags: tags.clone(),
                            evidence: vec![(Provenance::plain(Origin::Person, None), Tlp::Green)],
                        })
                        .collect();
                    store::import::add(tx, &to, &import, &items)?;
                    for (_, group, tags) in self.groups.iter().filter(|(whose, ..)| *whose == number) {
                        store::group::add(tx, &to, group)?;
                        let tags: Vec<_> = tags.iter().map(|tag| tag.parse().unwrap()).collect();
                        store::tag::add(tx, &to, Object::Group(group.id), &tags)?;
                    }
                    for attribute in self.attributes.iter().filter(|attribute| attribute.owner == owner.id) {
                        store::attribute::add(tx, &to, attribute)?;
                    }
                    for association in self.associations.iter().filter(|association| association.owner == owner.id) {
                        store::association::put(tx, &to, association, None)?;
                    }
                }
                Ok::<_, store::Error>(())
            })
            .unwrap();
    }

    fn neighbours(&self, of: Object) -> Vec<Object> {
        let readable = |association: &&Association| association.owner != self.owners[2].id;
        let far = |association: &Association| match (association.from == of, association.to == of) {
            (true, _) => Some(association.to),
            (_, true) => Some(association.from),
            _ => None,
        };
        self.associations.iter().filter(readable).filter_map(far).collect()
    }

    fn attributes(&self, owner: OwnerId, object: Object) -> Vec<(String, String)> {
        let fits = |attribute: &&Attribute| attribute.owner == owner && attribute.object == object;
        self.attributes.iter().filter(fits).map(|attribute| (attribute.name.clone(), attribute.value.clone())).collect()
    }

    fn near(&self, object: Object, depth: u32) -> (Vec<GroupRow>, Vec<IndicatorRow>) {
        let (mut groups, mut indicators) = (Vec::new(), Vec::new());
        for near in if depth == 0 { Vec::new() } else { self.neighbours(object) } {
            let of_group = |(whose, group, _): &&(usize, Group, Vec<String>)| {
                *whose != 2 && !group.pending && Object::Group(group.id) == near
            };
            groups.extend(self.groups.iter().filter(of_group).map(|row| self.group_row(row, depth - 1)));
            let of_indicator = |row: &&(usize, Opinion, Vec<String>, Indicator)| {
                row.0 != 2 && !row.1.pending && Object::Indicator(row.1.indicator) == near
            };
            indicators
                .extend(self.indicators.iter().filter(of_indicator).map(|row| self.indicator_row(row, depth - 1)));
        }
        (groups, indicators)
    }

    fn group_row(&self, (whose, group, tags): &(usize, Group, Vec<String>), depth: u32) -> GroupRow {
        let (groups, indicators) = self.near(Object::Group(group.id), depth);
        GroupRow {
            kind: group.kind(),
            name: group.name.clone(),
            owner: self.owners[*whose].name.clone(),
            tlp: group.tlp,
            pap: group.pap,
            pending: group.pending,
            added: group.added,
            modified: group.modified,
            first_seen: group.first_seen,
            last_seen: group.last_seen,
            tags: tags.clone(),
            description: group.description.clone(),
            technique: None,
            attributes: self.attributes(group.owner, Object::Group(group.id)),
            groups,
            indicators,
        }
    }

    fn indicator_row(
        &self,
        (whose, opinion, tags, indicator): &(usize, Opinion, Vec<String>, Indicator),
        depth: u32,
    ) -> IndicatorRow {
        let (groups, indicators) = self.near(Object::Indicator(opinion.indicator), depth);
        let decay = model::Decay::usual(indicator.kind());
        IndicatorRow {
            indicator: indicator.clone(),
            owner: self.owners[*whose].name.clone(),
            rating: opinion.rating,
            confidence: opinion.confidence.map(|stated| decay.confidence(stated, opinion.renewed, NOW)),
            usage: opinion.usage,
            role: opinion.role,
            grade: opinion.grade,
            tlp: opinion.tlp,
            pap: opinion.pap,
            active: opinion.holds(NOW),
            pending: opinion.pending,
            added: opinion.added,
            modified: opinion.modified,
            first_seen: opinion.first_seen,
            last_seen: opinion.last_seen,
            expires: opinion.expires,
            sightings: opinion.sightings as u32,
            false_positives: opinion.false_positives as u32,
            tags: tags.clone(),
            description: opinion.description.clone(),
            source: opinion.source.clone(),
            import: opinion.import,
            attributes: self.attributes(opinion.owner, Object::Indicator(opinion.indicator)),
            groups,
            indicators,
        }
    }
}

/// A reader of the first owner and a manager of the second; the third is hidden from them.
fn reader(owners: &[Owner]) -> Actor {
    let user = UserId(id(9, 1));
    let member = |owner: &Owner, role| Membership { owner: owner.id, user, role, pseudonym: None };
    let memberships = vec![member(&owners[0], Role::Reader), member(&owners[1], Role::Manager)];
    Actor {
        name: "reader".into(),
        user: Some(user),
        sources: Readable::All,
        standing: Standing::Account { administrator: false, memberships, open: vec![] },
        scopes: Scopes::all(),
    }
}

fn conditions(subject: Subject) -> BoxedStrategy<String> {
    let common = prop::sample::select(vec![
        "owner = ours",
        "owner ~ bear",
        "owner != \"the bear club\"",
        "tlp <= amber",
        "tlp > green",
        "pap = red",
        "added <= now",
        "modified > -3d",
        "modified <= -4d",
        "firstSeen is null",
        "lastSeen > -1d",
        "lastSeen is not null",
        "tag = apt",
        "tag in (t1, t3)",
        "tag ~ T",
        "tag is null",
        "tag != apt",
        "description ~ \"bear_100%\"",
        "description startsWith \"ÄHN\"",
        "description !~ plain",
        "description is null",
        "attribute(kind) = \"first value\"",
        "attribute(\"KIND\") endsWith OND",
        "attribute(none) is null",
        "pending = true",
        "pending = false",
        "hasGroup()",
        "hasIndicator()",
        "hasGroup(type = adversary and name ~ bear)",
        "hasIndicator(rating >= 2 and hasGroup(name ~ other))",
        "hasGroup(hasIndicator(under = evil.example))",
    ]);
    let own: Vec<&'static str> = match subject {
        Subject::Indicator => vec![
            "type = host",
            "type in (host, address, url)",
            "type not in (cidr)",
            "value = evil[.]example",
            "value in (\"203.0.113.7\", \"http://evil.example/Path_%\")",
            "value ~ EVIL",
            "value endsWith \"_%\"",
            "value !~ example",
            "under = evil.example",
            "under = example",
            "under in (test, 203.0.113.0/24)",
            "under = 203.0.113.0/25",
            "under is null",
            "under = ::/0",
            "rating >= 3",
            "rating < 2",
            "rating != 4",
            "rating is null",
            "rating in (0, 5)",
            "confidence >= 50",
            "confidence > 0",
            "confidence < 30",
            "confidence <= 80",
            "confidence = 64",
            "confidence is null",
            "confidence != 10",
            "use = block",
            "use in (alert, block)",
            "use != context",
            "role = victim",
            "role not in (unknown, sinkholed)",
            "grade = b2",
            "grade is null",
            "active = true",
            "active = false",
            "expires < now",
            "expires is null",
            "sightings > 1",
            "falsePositives = 0",
            "source = VENDOR",
            "source is not null",
            "import is null",
            "import = 07070707-0707-0707-0707-070707070701",
        ],
        Subject::Group => vec![
            "type = adversary",
            "type in (threat, malware)",
            "name ~ bear",
            "name startsWith other",
            "name != \"Other 1\"",
            "technique is null",
            "technique ~ T1",
        ],
    };
    prop_oneof![common, prop::sample::select(own)].prop_map(str::to_owned).boxed()
}

fn queries(subject: Subject) -> BoxedStrategy<String> {
    conditions(subject)
        .prop_recursive(3, 8, 3, |inner| {
            prop_oneof![
                inner.clone().prop_map(|one| format!("not ({one})")),
                (inner.clone(), inner.clone()).prop_map(|(one, two)| format!("({one}) and ({two})")),
                (inner.clone(), inner).prop_map(|(one, two)| format!("({one}) or ({two})")),
            ]
        })
        .boxed()
}

fn found(store: &Store, query: &Query, viewer: &Viewer, order: Order) -> Vec<(OwnerId, model::IndicatorId)> {
    let search = Search { query, viewer, now: NOW, order };
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        // Small pages, so that where one ends matters.
        let page = store.read(|tx| search::indicators(tx, &search, after, 3)).unwrap();
        let Some(last) = page.last() else { return all };
        after = Some(Position::after(last, order, NOW));
        all.extend(page.iter().map(|held| (held.opinion.owner, held.opinion.indicator)));
    }
}

/// Somebody who reads two of the owners.
pub(crate) fn member() -> Actor {
    reader(&World::new(&[]).owners)
}

/// Some of everything.
pub(crate) fn populated(store: &Store) {
    let seeds: Vec<u64> = (1..40u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32)).collect();
    World::new(&seeds).write(store);
}

#[test]
fn lists_by_confidence_are_in_its_order() {
    on_each(|store| {
        let seeds: Vec<u64> = (1..40u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32)).collect();
        World::new(&seeds).write(store);
        let viewer = Viewer::of(&Actor::local("tester"));
        for days in [0, 10, 100, 3000] {
            let now = NOW.plus(days * DAY);
            let search = Search { query: &Query::All, viewer: &viewer, now, order: Order::Confidence };
            let rows = store.read(|tx| search::indicators(tx, &search, None, 1000)).unwrap();
            let sure: Vec<Option<u8>> = rows.iter().map(|held| held.confidence(now)).collect();
            // Keys are whole seconds, so what is rounded up here may be rounded down there.
            let follows = |one: &Option<u8>, next: &Option<u8>| one.map(|sure| sure + 1) >= *next;
            assert!(sure.is_sorted_by(follows) && sure.iter().flatten().count() > 5, "{sure:?}");
        }
    });
}

#[test]
fn sql_finds_what_memory_finds() {
    on_each(|store| {
        let seeds: Vec<u64> = (1..40u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32)).collect();
        let world = World::new(&seeds);
        world.write(store);
        let viewer = Viewer::of(&reader(&world.owners));
        let cases = if std::env::var_os("SPOOR_TEST_LONG").is_some() { 3000 } else { 300 };
        let mut runner =
            TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
        runner
            .run(&queries(Subject::Indicator), |text| {
                let query = query::parse(Subject::Indicator, &text).unwrap();
                let asks = text.contains("pending");
                let shown = |(whose, opinion, ..): &&(usize, Opinion, Vec<String>, Indicator)| {
                    *whose < 2 && (!opinion.pending || asks && *whose == 1)
                };
                let mut expected: Vec<_> = world
                    .indicators
                    .iter()
                    .filter(shown)
                    .filter(|row| query.matches(&world.indicator_row(row, 3), NOW))
                    .map(|(_, opinion, ..)| (opinion.owner, opinion.indicator))
                    .collect();
                expected.sort();
                for order in [Order::Id, Order::Modified, Order::Confidence] {
                    let mut rows = found(store, &query, &viewer, order);
                    let listed = rows.len();
                    rows.sort();
                    rows.dedup();
                    prop_assert_eq!(listed, rows.len(), "twice: {}", &text);
                    prop_assert_eq!(&rows, &expected, "{:?}: {}", order, &text);
                }
                let search = Search { query: &query, viewer: &viewer, now: NOW, order: Order::Id };
                prop_assert_eq!(store.read(|tx| search::count(tx, &search, 1000)).unwrap(), expected.len() as u64);
                Ok(())
            })
            .unwrap();
    });
}

#[test]
fn the_same_of_groups() {
    on_each(|store| {
        let seeds: Vec<u64> = (1..40u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(n as u32)).collect();
        let world = World::new(&seeds);
        world.write(store);
        let viewer = Viewer::of(&reader(&world.owners));
        let mut runner =
            TestRunner::new(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() });
        runner
            .run(&queries(Subject::Group), |text| {
                let query = query::parse(Subject::Group, &text).unwrap();
                let asks = text.contains("pending");
                let shown = |(whose, group, _): &&(usize, Group, Vec<String>)| {
                    *whose < 2 && (!group.pending || asks && *whose == 1)
                };
                let mut expected: Vec<_> = world
                    .groups
                    .iter()
                    .filter(shown)
                    .filter(|row| query.matches(&world.group_row(row, 3), NOW))
                    .map(|(_, group, _)| group.id)
                    .collect();
                expected.sort();
                let search = Search { query: &query, viewer: &viewer, now: NOW, order: Order::Modified };
                let mut rows: Vec<_> = store
                    .read(|tx| search::groups(tx, &search, None, 1000))
                    .unwrap()
                    .iter()
                    .map(|group| group.id)
                    .collect();
                rows.sort();
                prop_assert_eq!(rows, expected, "{}", &text);
                Ok(())
            })
            .unwrap();
    });
}
