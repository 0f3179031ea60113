//! `spoor bench durability` and `spoor bench observations`: the store proved and measured.

use std::{path::Path, process::Command};

use anyhow::{Context, anyhow, bail};
use observations::{
    measure,
    proof::{self, Failure, kill},
};

use crate::{arguments, exit::Ending, output::Output};

/// Lives drawn by chance on a disk that fails, or a writer that is killed.
pub(super) fn durability(asked: &arguments::Durability, output: &mut Output) -> anyhow::Result<Ending> {
    match asked.kill {
        Some(kills) => killed(kills, asked.seed, output)?,
        None => lived(asked, output)?,
    }
    output.flush()?;
    Ok(Ending::Found)
}

/// The writer that is killed.
pub(super) fn writer(dir: &Path, from: u64) -> anyhow::Result<Ending> {
    kill::write(dir, from, std::io::stdout())?;
    Ok(Ending::Found)
}

fn lived(asked: &arguments::Durability, output: &mut Output) -> anyhow::Result<()> {
    let config = proof::Config { workloads: asked.workloads, seed: asked.seed, acts: asked.acts };
    let report = proof::run(config, |_| true);
    if output.is_json() {
        output.object(&serde_json::json!({
            "type": "durability", "workloads": report.workloads, "counts": report.counts,
            "failures": report.failures.iter().map(failure).collect::<Vec<_>>(),
        }))?;
    } else {
        output.line(&format!("{} workloads from seed {}", report.workloads, asked.seed))?;
        for (what, count) in &report.counts {
            output.line(&format!("{count:>10} {what}"))?;
        }
    }
    for Failure { seed, why, journal } in report.failures.iter().filter(|_| !output.is_json()).collect::<Vec<_>>() {
        output.heading(&format!("seed {seed}: {why}"))?;
        for done in journal.iter().rev().take(12).rev() {
            output.line(&format!("  {done}"))?;
        }
        let acts = asked.acts;
        output.line(&format!("repeat: spoor bench durability --workloads 1 --seed {seed} --acts {acts}"))?;
    }
    output.flush()?;
    match report.failures.len() {
        0 => Ok(()),
        count => bail!("{count} of {} workloads did not hold what was acknowledged", report.workloads),
    }
}

fn failure(Failure { seed, why, journal }: &Failure) -> serde_json::Value {
    serde_json::json!({"seed": seed, "why": why, "journal": journal})
}

fn killed(kills: u64, seed: u64, output: &mut Output) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let program = std::env::current_exe().context("where this program is")?;
    let writer = |dir: &Path, from: u64| {
        let mut command = Command::new(&program);
        command.args(["bench", "writer"]).arg(dir).arg(from.to_string());
        command
    };
    let report = kill::run(dir.path(), (kills, seed), writer, |_| {}).map_err(|why| anyhow!(why))?;
    let kill::Report { kills, acknowledged, under_way } = report;
    match output.is_json() {
        true => output.object(&serde_json::json!({
            "type": "kill", "kills": kills, "acknowledged": acknowledged, "underWay": under_way,
        }))?,
        false => output.line(&format!(
            "killed {kills} times; {acknowledged} batches acknowledged, all there, once; {under_way} that were under way are there too"
        ))?,
    }
    Ok(())
}

/// Rates, sizes and latencies of a fresh store.
pub(super) fn measured(asked: &arguments::Measured, output: &mut Output) -> anyhow::Result<Ending> {
    let config = measure::Config {
        seed: asked.seed,
        tuples: asked.tuples,
        observations: asked.observations,
        questions: !asked.no_questions,
        limit: !asked.no_limit,
        input: asked.input.clone(),
    };
    let dir = match &asked.dir {
        Some(dir) => tempfile::tempdir_in(dir).with_context(|| format!("`{}`", dir.display()))?,
        None => tempfile::tempdir()?,
    };
    let mut written = Ok(());
    let mut say = |line: &str| {
        let step = match output.is_json() {
            true => output.object(&serde_json::json!({"type": "measured", "line": line})),
            false => output.line(line),
        };
        written = step.and_then(|()| output.flush());
    };
    measure::run(&config, dir.path(), &mut say).map_err(|error| anyhow!(error))?;
    written?;
    Ok(Ending::Found)
}
