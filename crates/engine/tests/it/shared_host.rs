//! A store that knows only what was looked up makes shared hosting look rare: nothing may come of it.

use engine::hunt::{Budget, Hunt, Tier};
use model::{Quality, SourceKind};
use observations::Interrupt;

use crate::scene::{Scene, actor, address, name, registration};

#[test]
fn fifty_looked_up_domains_on_one_host_are_no_campaign() {
    let scene = Scene::new();
    let source = scene.source("look-up", SourceKind::Lookup);
    let domain = |number: usize| format!("customer{number}.example");
    let observations = (0..50).map(|n| address(&domain(n), "192.0.2.10", "2026-09-01", "2026-09-01")).collect();
    let servers = ["ns1.hoster.example", "ns2.hoster.example"];
    let registered = |n: usize| {
        let (email, created) =
            (format!("owner{n}@mail{n}.example"), format!("20{:02}-03-{:02}", 1 + n % 24, 1 + n % 28));
        registration(&domain(n), &email, &created, &servers, "2026-09-01")
    };
    scene.append(source, observations, (0..50).map(registered).collect());
    let seeds = [name(&domain(0))];
    let budget = Budget::default();
    let now = "2026-09-02".parse().unwrap();
    let report =
        Hunt::new(&scene.engine, &actor(), &seeds, budget, Interrupt::default(), now).run(&scene.engine).unwrap();
    for candidate in &report.candidates {
        assert_eq!(candidate.tier, Tier::Weak, "{}", candidate.value);
    }
}

/// A contact value that nothing measured makes a candidate probable at most.
#[test]
fn an_unmeasured_email_says_probable_at_most() {
    let scene = Scene::new();
    let source = scene.source("look-up", SourceKind::Lookup);
    let registered =
        |domain: &str, server: &str| registration(domain, "x@mail.example", "2026-08-01", &[server], "2026-09-01");
    scene.append(
        source,
        Vec::new(),
        vec![registered("one.example", "ns.a.example"), registered("two.example", "ns.b.example")],
    );
    let seeds = [name("one.example")];
    let now = "2026-09-02".parse().unwrap();
    let hunt = Hunt::new(&scene.engine, &actor(), &seeds, Budget::default(), Interrupt::default(), now);
    let report = hunt.run(&scene.engine).unwrap();
    let candidate = &report.candidates[0];
    assert_eq!(candidate.value, name("two.example"));
    assert!(candidate.tier <= Tier::Probable, "{}", candidate.score);
    assert_eq!(candidate.paths[0].hops[0].shared[0].quality, Quality::Unmeasured);
}
