//! The case study, on what the sensors and feeds of a simulated world know, without any look-up.

use engine::hunt::{Budget, Event, Hunt, Need, Rule, Tier};
use model::{Name, registration::Protocol};
use observations::Interrupt;
use range::{Plan, World};

use crate::scene::{Scene, actor};

fn world() -> World {
    World::case_study(&Plan::default())
}

/// Answers what a hunt needs from the world itself, as its servers would.
fn answer(scene: &Scene, world: &World, need: &Need, source: model::SourceId) {
    let Need::Registration(domain) = need else { return };
    if let Some(record) = looked_up(world, domain) {
        scene.append(source, Vec::new(), vec![record]);
    }
}

/// The registry's answer and the registrar's, read as `collect` reads them.
fn looked_up(world: &World, domain: &Name) -> Option<model::RegistrationRecord> {
    let at = world.now();
    let path = format!("domain/{domain}");
    let rdap: Vec<model::RawAnswer> = world
        .rdap_servers()
        .iter()
        .filter_map(|server| Some((server.host.clone(), world.answer_rdap(&server.host, &path, at)?)))
        .filter(|(_, (status, _))| *status == 200)
        .map(|(host, (_, body))| model::RawAnswer { protocol: Protocol::Rdap, server: host, body: body.into_bytes() })
        .collect();
    let whois = || -> Vec<model::RawAnswer> {
        let servers = world.whois_servers();
        let ask = |host: &str| (host.to_owned(), world.answer_whois(host, &domain.to_string(), at));
        let answers = servers.iter().map(|server| ask(&server.host));
        let known =
            answers.filter(|(_, text)| text.to_lowercase().contains(&domain.to_string()) && text.lines().count() > 8);
        known
            .map(|(server, text)| model::RawAnswer { protocol: Protocol::Whois, server, body: text.into_bytes() })
            .collect()
    };
    let raw = if rdap.is_empty() { whois() } else { rdap };
    let (registration, _) = formats::read(&raw, domain);
    registration.state.is_answer().then(|| model::RegistrationRecord {
        domain: domain.clone(),
        registration,
        raw,
        observed: at,
    })
}

#[test]
fn one_seed_leads_to_fourteen() {
    let world = world();
    let scene = Scene::of(&world, world.now());
    let source = scene.source("look-up-registration", model::SourceKind::Lookup);
    let truth = world.truth();
    let seeds = [truth.seed.clone()];
    let mut hunt = Hunt::new(&scene.engine, &actor(), &seeds, Budget::default(), Interrupt::default(), world.now());
    loop {
        match hunt.step(&scene.engine).unwrap() {
            Event::Need(need) => answer(&scene, &world, &need, source),
            Event::Expanded { .. } => {}
            Event::Done(_) => break,
        }
    }
    let report = hunt.report(&scene.engine);
    for (index, domain) in truth.domains.iter().take(14).enumerate() {
        let least = if index < 7 { Tier::Related } else { Tier::Probable };
        let found = report.candidates.iter().find(|candidate| candidate.value == *domain);
        assert!(
            found.is_some_and(|candidate| candidate.tier >= least),
            "D{}: {:?}",
            index + 1,
            found.map(|c| (c.tier, c.score))
        );
    }
    for decoy in &truth.decoys {
        let found = report.candidates.iter().find(|candidate| candidate.value == decoy.domain);
        assert!(found.is_none_or(|candidate| candidate.tier == Tier::Weak), "{} ({})", decoy.domain, decoy.rule);
    }
    for rule in [Rule::Crowded, Rule::Poison, Rule::NoOverlap, Rule::OwnershipEpoch] {
        assert!(report.set_aside.iter().any(|aside| aside.rule == rule), "{rule:?} set nothing aside");
    }
}

/// Twice the same hunt gives the same report.
#[test]
fn hunts_are_deterministic() {
    let world = world();
    let scene = Scene::of(&world, world.now());
    let run = || {
        let seeds = [world.truth().domain(1).unwrap().clone()];
        let hunt = Hunt::new(&scene.engine, &actor(), &seeds, Budget::default(), Interrupt::default(), world.now());
        format!("{:?}", hunt.run(&scene.engine).unwrap().candidates)
    };
    assert_eq!(run(), run());
}
