//! `spoor demo --check`: the case study held to its truth, over three seeds.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context, bail, ensure};
use collect::Ledger;
use engine::{
    hunt::{Report, Tier},
    knowledge::import::Imported,
};
use model::{Disclosed, Name, PivotKind, RecordType, RegistrationRecord, Time, TrackQuery, track::HitKind};
use observations::{Batch, Interrupt};
use range::{Kind, Plan, Tie};

use super::{
    stage::{Stage, days_until, domain},
    team::Team,
};
use crate::{exit::Ending, output::Output};

const SEEDS: [u64; 3] = [1, 2, 3];

/// Which new domains are no longer found when a tie is cut.
const CUTS: [(Tie, &[usize]); 7] = [
    (Tie::E1, &[2, 3, 4, 5]),
    (Tie::A1, &[6, 7, 8, 9, 10, 11, 12, 13, 14]),
    (Tie::E2, &[8, 9, 12, 13, 14]),
    (Tie::E3, &[10, 11]),
    (Tie::A2, &[12, 13, 14]),
    (Tie::E4, &[13, 14]),
    (Tie::H, &[]),
];

/// What the checks came to.
#[derive(Clone, Copy, Default)]
struct Figures {
    hunts: usize,
    slowest_ms: u128,
    observations: u64,
    questions: usize,
}

/// One world to be checked.
#[derive(Clone, Copy)]
enum Case {
    /// The whole story.
    Whole(u64),
    /// The story with one tie cut, and what is then no longer found.
    Cut(u64, Tie, &'static [usize]),
    /// The story with every server off, which must not be told.
    Silent(u64),
}

pub(crate) fn run(output: &mut Output) -> anyhow::Result<Ending> {
    let started = Instant::now();
    let figures = all(cases())?;
    output.line(&format!(
        "demo --check: ok, {} seeds, {} hunts, slowest local hunt {} ms, {} observations fed, {} questions asked and in the ledger, {:.1} s",
        SEEDS.len(), figures.hunts, figures.slowest_ms, figures.observations, figures.questions,
        started.elapsed().as_secs_f64(),
    ))?;
    output.flush()?;
    Ok(Ending::Found)
}

fn cases() -> Vec<Case> {
    let of_seed = |seed| {
        let cuts = CUTS.into_iter().map(move |(tie, gone)| Case::Cut(seed, tie, gone));
        std::iter::once(Case::Whole(seed)).chain(cuts)
    };
    // First the one that mostly waits, for servers that do not answer.
    [Case::Silent(SEEDS[0])].into_iter().chain(SEEDS.into_iter().flat_map(of_seed)).collect()
}

/// Checks all cases, as many at once as there are processors and the one that waits beside them; the first failure is
/// what is told.
fn all(cases: Vec<Case>) -> anyhow::Result<Figures> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from) + 1;
    let queue = Mutex::new(cases.into_iter());
    let work = || {
        let mut figures = Figures::default();
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
            let Some(case) = next else { return Ok(figures) };
            figures.add(case.check()?);
        }
    };
    let parts: Vec<anyhow::Result<Figures>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined.map(|part| part.unwrap_or_else(|_| Err(anyhow::anyhow!("a check panicked")))).collect()
    });
    parts.into_iter().try_fold(Figures::default(), |mut sum, part| {
        sum.add(part?);
        Ok(sum)
    })
}

impl Case {
    fn check(self) -> anyhow::Result<Figures> {
        match self {
            Case::Whole(seed) => whole(seed).with_context(|| format!("seed {seed}")),
            Case::Cut(seed, tie, gone) => cut(seed, tie, gone).with_context(|| format!("seed {seed} without {tie:?}")),
            Case::Silent(seed) => servers_off(seed).with_context(|| format!("seed {seed} with the servers off")),
        }
    }
}

impl Figures {
    fn add(&mut self, other: Figures) {
        self.hunts += other.hunts;
        self.slowest_ms = self.slowest_ms.max(other.slowest_ms);
        self.observations += other.observations;
        self.questions += other.questions;
    }
}

/// The whole story: what the hunt must find, what it must not, and that the servers and the ledger agree.
fn whole(seed: u64) -> anyhow::Result<Figures> {
    let stage = Stage::set(&Plan { seed, ..Plan::default() }, None)?;
    ensure!(stage.fed.refused == 0, "{} fed lines were refused", stage.fed.refused);
    let report = hunt(&stage)?;
    story(&stage, &report)?;
    servers_were_asked(&stage)?;
    let questions = ledger_equals_questions(&stage)?;
    let mut teams = Vec::new();
    for store in databases(&stage, seed)? {
        let dialect = store.dialect();
        let team = believed(&stage, &report, store);
        teams.push(team.with_context(|| format!("what the team believes, on {dialect:?}"))?);
    }
    // The one whose Tracks judge what the stage feeds.
    let team = teams.first().context("a team")?;
    standing(&stage, team)?;
    // Now everything is known: the hunt on local observations.
    let local = Instant::now();
    let again = stage.local_hunt()?;
    let slowest_ms = local.elapsed().as_millis();
    story(&stage, &again)?;
    stage.advance(days_until(&stage, stage.truth().late))?;
    ensure!(found(&hunt(&stage)?).contains(domain(stage.truth(), 15)), "D15 was not found after the clock moved");
    fired(&stage, team)?;
    Ok(Figures { hunts: 3, slowest_ms, observations: stage.fed.observations, questions })
}

/// The database beside the observations, and the empty one that `SPOOR_DATABASE` names, for the first seed.
fn databases(stage: &Stage, seed: u64) -> anyhow::Result<Vec<store::Store>> {
    let named = std::env::var("SPOOR_DATABASE").ok().filter(|_| seed == SEEDS[0]);
    let named = named.map(|address| store::Store::open(&address.parse()?)).transpose()?;
    Ok([stage.knowledge()?].into_iter().chain(named).collect())
}

/// The passive DNS comes in with its evidence, and goes as it came; the profile gets its infrastructure with reasons;
/// the other organisation sees what was shared and nothing else; the answer names what came in.
fn believed(stage: &Stage, report: &Report, store: store::Store) -> anyhow::Result<Team> {
    let (team, now) = (Team::found(stage, store)?, stage.now());
    let truth = stage.truth();
    let imported = team.import_passive_dns(stage)?;
    let values = |actor| -> anyhow::Result<BTreeSet<String>> {
        Ok(team.seen_by(actor, now)?.into_iter().map(|(_, value)| value.canonical()).collect())
    };
    let names = |domains: &[Name]| -> BTreeSet<String> { domains.iter().map(Name::to_string).collect() };
    let at_address = names(&[truth.seed.clone(), domain(truth, 6).clone(), domain(truth, 7).clone()]);
    ensure!(values(&team.analyst)? == at_address, "the import is not the seed, D6 and D7");
    for (_, value) in team.seen_by(&team.analyst, now)? {
        let words = team.evidence(&value)?.unwrap_or_default();
        ensure!(words.contains(&truth.first_address.to_string()), "no evidence of {}: {words}", value.canonical());
    }
    let answered: BTreeSet<String> =
        team.answer(stage, &imported)?.iter().map(|row| row.indicator.canonical()).collect();
    ensure!(answered == at_address, "the answer is about {answered:?}");
    team.import_hunt(stage, report)?;
    let (profile, linked) = team.profile(stage, report)?;
    let infrastructure = team.infrastructure(&team.analyst, &profile)?;
    ensure!(infrastructure.len() == linked && linked >= 14, "{} associations of {linked}", infrastructure.len());
    ensure!(infrastructure.iter().all(|(_, reason)| !reason.is_empty()), "an association has no reason");
    ensure!(team.infrastructure(&team.partner, &profile).is_err(), "the other organisation sees the profile");
    ensure!(values(&team.partner)?.is_empty(), "the other organisation sees what was not shared");
    let shared = &truth.domains[..5];
    team.share(stage, shared)?;
    ensure!(values(&team.partner)? == names(shared), "the other organisation does not see exactly what was shared");
    taken_back(stage, &team, &imported)?;
    Ok(team)
}

/// Tracks on the four registrants find the whole story at once; one on who held a domain before finds what they hold,
/// and that one only where history is asked.
fn standing(stage: &Stage, team: &Team) -> anyhow::Result<()> {
    let truth = stage.truth();
    for email in &truth.emails {
        team.track(stage, email)?;
    }
    let found: BTreeSet<Name> = team.hits(HitKind::Found)?.into_iter().map(|hit| hit.domain).collect();
    let expected: BTreeSet<Name> =
        (1..=14).map(|number| domain(truth, number).clone()).chain([truth.seed.clone()]).collect();
    ensure!(found == expected, "the Tracks found {found:?}");
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    let former = truth.decoys.iter().find(|decoy| decoy.rule == "ownership-epoch").context("a former owner")?;
    let versions = view.registrations(&former.domain)?;
    let email = versions.iter().rev().find_map(|version| version.registration.registrant.email.stated());
    let email = email.context("the former owner's e-mail address")?;
    let search = |scope: &str| -> anyhow::Result<BTreeSet<Name>> {
        let query = TrackQuery::parse(&format!("{scope} registrant.email = {email:?}"))?;
        let found = engine::track::search::search(&view, &query, None, 100)?;
        Ok(found.rows.into_iter().map(|row| row.domain).collect())
    };
    let (current, historic) = (search("current")?, search("historic")?);
    ensure!(current.is_disjoint(&expected), "a domain is found by who held it before: {current:?}");
    let lost: Vec<&Name> = historic.difference(&current).collect();
    ensure!(lost.len() == 1 && expected.contains(lost[0]), "history knows of {lost:?}");
    Ok(())
}

/// D15 fired a Track, once. Then two strangers' domains come into the same hands: one moves, one was dropped before.
fn fired(stage: &Stage, team: &Team) -> anyhow::Result<()> {
    let truth = stage.truth();
    let domains =
        |kind| -> anyhow::Result<Vec<Name>> { Ok(team.hits(kind)?.into_iter().map(|hit| hit.domain).collect()) };
    let new = domains(HitKind::New)?;
    ensure!(new == [domain(truth, 15).clone()], "new registrations told: {new:?}");
    let (moved, again) = (domains(HitKind::Moved)?.len(), domains(HitKind::Reregistered)?.len());
    ensure!(moved + again == 0, "{moved} moved and {again} registered again, and none did");
    let strangers: Vec<&Name> =
        truth.decoys.iter().filter(|decoy| decoy.rule == "name-alone").map(|decoy| &decoy.domain).take(2).collect();
    let [one, other] = strangers[..] else { bail!("two decoys by name alone") };
    taken_over(stage, one, None)?;
    taken_over(stage, other, Some(stage.now()))?;
    ensure!(domains(HitKind::Moved)? == [one.clone()], "one domain moved: {:?}", domains(HitKind::Moved)?);
    let again = domains(HitKind::Reregistered)?;
    ensure!(again == [other.clone()], "one was registered again: {again:?}");
    Ok(())
}

/// The campaign's address stands in a domain's registration from now on; registered again, where a moment is given.
fn taken_over(stage: &Stage, domain: &Name, created: Option<Time>) -> anyhow::Result<()> {
    let view = stage.engine.view(&stage.actor(), Interrupt::default());
    let known = view.registrations(domain)?.pop().context("a decoy's registration is known")?;
    let mut registration = known.registration;
    registration.created = created.or(registration.created);
    registration.registrant.email = Disclosed::Stated(stage.truth().emails[0].clone());
    let record = RegistrationRecord { domain: domain.clone(), registration, raw: Vec::new(), observed: stage.now() };
    let batch = Batch {
        id: None,
        source: known.source,
        arrived: stage.now(),
        observations: Vec::new(),
        registrations: vec![record],
        networks: Vec::new(),
        parser: known.parser,
    };
    Ok(stage.engine.append(batch).map(drop)?)
}

/// What only the import brought goes with it.
fn taken_back(stage: &Stage, team: &Team, imported: &Imported) -> anyhow::Result<()> {
    let import = imported.import.as_ref().context("an import")?;
    let undone = team.knowledge.undo(&team.analyst, import.id, stage.now())?;
    ensure!(undone.removed + undone.restored + undone.kept == imported.added, "{undone:?} of {}", imported.added);
    Ok(())
}

fn hunt(stage: &Stage) -> anyhow::Result<Report> {
    stage.hunt(std::slice::from_ref(&stage.truth().seed), &mut Output::silent())
}

fn story(stage: &Stage, report: &Report) -> anyhow::Result<()> {
    let truth = stage.truth();
    for number in 1..=14 {
        let least = if number <= 7 { Tier::Related } else { Tier::Probable };
        let found = report.candidates.iter().find(|candidate| candidate.value == *domain(truth, number));
        let candidate = found.with_context(|| format!("D{number} {} was not found", domain(truth, number)))?;
        let (tier, score) = (candidate.tier.as_str(), candidate.score);
        ensure!(candidate.tier >= least, "D{number} {} is only {tier} ({score:.3})", candidate.value);
    }
    for decoy in &truth.decoys {
        let found = report.candidates.iter().find(|candidate| candidate.value == decoy.domain);
        if let Some(candidate) = found.filter(|candidate| candidate.tier > Tier::Weak) {
            bail!("decoy {} ({}) is {} ({:.3})", decoy.domain, decoy.rule, candidate.tier.as_str(), candidate.score);
        }
    }
    let campaign: BTreeSet<&Name> = (1..=15).map(|number| domain(truth, number)).collect();
    let stranger =
        report.candidates.iter().find(|candidate| candidate.tier > Tier::Weak && !campaign.contains(&candidate.value));
    if let Some(candidate) = stranger {
        bail!("{} is no part of the story and is {}", candidate.value, candidate.tier.as_str());
    }
    ensure!(has_handle_link(stage, report), "the handle link between D12 and D1 was not reported");
    Ok(())
}

fn has_handle_link(stage: &Stage, report: &Report) -> bool {
    let (one, twelve) = (domain(stage.truth(), 1), domain(stage.truth(), 12));
    report.links.iter().any(|link| link.kind == PivotKind::Handle && link.joins(one, twelve))
}

/// The new domains that are at least probable.
fn found(report: &Report) -> BTreeSet<Name> {
    let likely = report.candidates.iter().filter(|candidate| candidate.tier >= Tier::Probable);
    likely.map(|candidate| candidate.value.clone()).collect()
}

fn cut(seed: u64, tie: Tie, gone: &[usize]) -> anyhow::Result<Figures> {
    let stage = Stage::set(&Plan { seed, without: vec![tie], ..Plan::default() }, None)?;
    let report = hunt(&stage)?;
    let found = found(&report);
    for number in 1..=14 {
        let name = domain(stage.truth(), number);
        let expected = !gone.contains(&number);
        let not = if expected { "" } else { "not " };
        ensure!(found.contains(name) == expected, "D{number} {name} should {not}be found");
    }
    ensure!(tie != Tie::H || !has_handle_link(&stage, &report), "a handle link was reported though none is there");
    Ok(Figures { hunts: 1, observations: stage.fed.observations, ..Figures::default() })
}

fn servers_were_asked(stage: &Stage) -> anyhow::Result<()> {
    let questions = stage.range().questions();
    for kind in Kind::ALL {
        ensure!(questions.iter().any(|question| question.protocol == kind), "no {kind:?} server was asked");
    }
    Ok(())
}

/// The exposure ledger names exactly the questions that the servers saw. A question that was repeated, over UDP for want
/// of time or over TCP for want of room, is one question.
fn ledger_equals_questions(stage: &Stage) -> anyhow::Result<usize> {
    type Asked = (String, String, Option<RecordType>);
    let seen: BTreeSet<Asked> = stage
        .range()
        .questions()
        .into_iter()
        // To a thin registry the name is written `=name`, so that it answers for that name alone.
        .map(|asked| (asked.protocol, asked.question.trim_start_matches('=').to_owned(), asked.rrtype))
        .map(|(protocol, question, rrtype)| (format!("{protocol:?}").to_lowercase(), question, rrtype))
        .collect();
    let reading = Ledger::open(stage.data())?.read(None)?;
    ensure!(reading.damaged.is_empty(), "the ledger is damaged");
    let sent = reading.entries.into_iter().filter(|entry| entry.sent);
    let written: BTreeSet<Asked> =
        sent.map(|entry| (format!("{:?}", entry.protocol).to_lowercase(), entry.value, entry.rrtype)).collect();
    ensure!(seen == written, "the ledger differs from what the servers saw:\n ledger {written:?}\n servers {seen:?}");
    Ok(seen.len())
}

/// With the servers off the same assertions must fail: nothing is answered from anywhere else.
fn servers_off(seed: u64) -> anyhow::Result<Figures> {
    let stage = Stage::set(&Plan { seed, ..Plan::default() }, None)?;
    stage.stop_servers();
    ensure!(story(&stage, &hunt(&stage)?).is_err(), "the story was told though every server was off");
    Ok(Figures { hunts: 1, observations: stage.fed.observations, ..Figures::default() })
}
