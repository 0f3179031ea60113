//! `spoor demo --check`: the case study held to its truth, over three seeds.

use std::{collections::BTreeSet, time::Instant};

use anyhow::{Context, bail, ensure};
use collect::Ledger;
use engine::hunt::{Report, Tier};
use model::{Name, PivotKind, RecordType};
use range::{Kind, Plan, Tie};

use super::stage::{Stage, days_until, domain};
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
#[derive(Default)]
struct Figures {
    hunts: usize,
    slowest_ms: u128,
    observations: u64,
    questions: usize,
}

pub(crate) fn run(output: &mut Output) -> anyhow::Result<Ending> {
    let (started, mut figures) = (Instant::now(), Figures::default());
    for seed in SEEDS {
        whole(seed, &mut figures, output).with_context(|| format!("seed {seed}"))?;
        for (tie, gone) in CUTS {
            cut(seed, tie, gone, &mut figures, output).with_context(|| format!("seed {seed} without {tie:?}"))?;
        }
    }
    servers_off(SEEDS[0], output)?;
    output.line(&format!(
        "demo --check: ok, {} seeds, {} hunts, slowest local hunt {} ms, {} observations fed, {} questions asked and in the ledger, {:.1} s",
        SEEDS.len(), figures.hunts, figures.slowest_ms, figures.observations, figures.questions,
        started.elapsed().as_secs_f64(),
    ))?;
    output.flush()?;
    Ok(Ending::Found)
}

/// The whole story: what the hunt must find, what it must not, and that the servers and the ledger agree.
fn whole(seed: u64, figures: &mut Figures, output: &mut Output) -> anyhow::Result<()> {
    let stage = Stage::set(&Plan { seed, ..Plan::default() }, None)?;
    ensure!(stage.fed.refused == 0, "{} fed lines were refused", stage.fed.refused);
    figures.observations += stage.fed.observations;
    let report = hunt(&stage, output)?;
    story(&stage, &report)?;
    servers_were_asked(&stage)?;
    figures.questions += ledger_equals_questions(&stage)?;
    let local = Instant::now();
    let again = hunt(&stage, output)?;
    figures.slowest_ms = figures.slowest_ms.max(local.elapsed().as_millis());
    story(&stage, &again)?;
    let days = days_until(&stage, stage.truth().late);
    stage.advance(days)?;
    let later = hunt(&stage, output)?;
    ensure!(found(&later).contains(domain(stage.truth(), 15)), "D15 was not found after the clock moved");
    figures.hunts += 3;
    Ok(())
}

fn hunt(stage: &Stage, output: &mut Output) -> anyhow::Result<Report> {
    let mut quiet = output.silent();
    stage.hunt(std::slice::from_ref(&stage.truth().seed), &mut quiet)
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

fn cut(seed: u64, tie: Tie, gone: &[usize], figures: &mut Figures, output: &mut Output) -> anyhow::Result<()> {
    let stage = Stage::set(&Plan { seed, without: vec![tie], ..Plan::default() }, None)?;
    let report = hunt(&stage, output)?;
    let found = found(&report);
    for number in 1..=14 {
        let name = domain(stage.truth(), number);
        let expected = !gone.contains(&number);
        ensure!(
            found.contains(name) == expected,
            "D{number} {name} should {}be found",
            if expected { "" } else { "not " }
        );
    }
    ensure!(tie != Tie::H || !has_handle_link(&stage, &report), "a handle link was reported though none is there");
    figures.hunts += 1;
    figures.observations += stage.fed.observations;
    Ok(())
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
fn servers_off(seed: u64, output: &mut Output) -> anyhow::Result<()> {
    let stage = Stage::set(&Plan { seed, ..Plan::default() }, None)?;
    stage.stop_servers();
    let report = hunt(&stage, output)?;
    ensure!(story(&stage, &report).is_err(), "the story was told though every server was off");
    Ok(())
}
