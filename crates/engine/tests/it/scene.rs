//! A store being told things.

use engine::Engine;
use formats::{cof, registration_lines};
use model::{
    Actor, Contact, Counting, Disclosed, Exposure, Name, Observation, Rdata, RecordType, Registration,
    RegistrationRecord, Source, SourceId, SourceKind, Span, Time, Tuple,
    registration::{NameServer, Protocol, State},
};
use observations::{Batch, Interrupt, Options, Store};
use range::World;

pub(crate) struct Scene {
    pub(crate) engine: Engine,
    _dir: tempfile::TempDir,
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor::local("tester")
}

impl Scene {
    pub(crate) fn new() -> Scene {
        let dir = tempfile::tempdir().unwrap();
        let engine = Engine::new(Store::open(dir.path(), Options::default()).unwrap());
        Scene { engine, _dir: dir }
    }

    /// What the sources of a world know by `at`.
    pub(crate) fn of(world: &World, at: Time) -> Scene {
        let mut scene = Scene::new();
        scene.engine.labels.add(&world.labels()).unwrap();
        let defaults = registration_lines::Defaults { protocol: Protocol::Whois, server: String::new(), observed: at };
        for source in world.sources() {
            let id = scene.engine.store.add_source(source.clone()).unwrap().id;
            let dns = world.dns_lines(&source.name, at);
            let observations = dns.flat_map(|line| cof::parse_line(line.as_bytes()).unwrap());
            let registrations = world.registration_lines(&source.name, at);
            let registrations =
                registrations.filter_map(|line| registration_lines::parse_line(line.as_bytes(), &defaults).unwrap());
            scene.append(
                id,
                observations.map(|record| record.observation).collect(),
                registrations.map(|line| line.record).collect(),
            );
        }
        scene
    }

    pub(crate) fn source(&self, name: &str, kind: SourceKind) -> SourceId {
        let source = Source {
            id: SourceId(0),
            name: name.into(),
            kind,
            counting: Counting::Stream,
            exposure: Exposure::Nobody,
            population: kind == SourceKind::Sensor,
            licence: None,
            retention_days: None,
        };
        self.engine.store.add_source(source).unwrap().id
    }

    pub(crate) fn append(
        &self,
        source: SourceId,
        observations: Vec<Observation>,
        registrations: Vec<RegistrationRecord>,
    ) {
        let batch =
            Batch { id: None, source, arrived: Time(0), observations, registrations, networks: Vec::new(), parser: 1 };
        self.engine.store.append(batch).unwrap();
    }

    pub(crate) fn view(&self) -> engine::View<'_> {
        self.engine.view(&actor(), Interrupt::default())
    }
}

pub(crate) fn address(rrname: &str, rdata: &str, first: &str, last: &str) -> Observation {
    let tuple = Tuple {
        rrname: name(rrname),
        rrtype: RecordType::A,
        bailiwick: None,
        rdata: Rdata::from_text(RecordType::A, rdata).unwrap(),
    };
    Observation { tuple, span: Span::new(first.parse().unwrap(), last.parse().unwrap()).unwrap(), count: 1 }
}

pub(crate) fn registration(
    domain: &str,
    email: &str,
    created: &str,
    servers: &[&str],
    observed: &str,
) -> RegistrationRecord {
    let nameservers = servers.iter().map(|server| NameServer { name: name(server), addresses: Vec::new() }).collect();
    let registration = Registration {
        domain: Some(name(domain)),
        state: State::Registered,
        created: Some(created.parse().unwrap()),
        registrant: Contact { email: Disclosed::Stated(email.into()), ..Contact::default() },
        nameservers,
        ..Registration::default()
    };
    RegistrationRecord { domain: name(domain), registration, raw: Vec::new(), observed: observed.parse().unwrap() }
}
