//! `spoor demo`: the case study, walked through real servers of a simulated Internet on this machine.
//!
//! What it shows goes through the same code as everything else: the same `ingest`, the same collector on real sockets,
//! the same engine. Only the names are made up.

mod check;
mod stage;
mod team;
mod walk;

use crate::{
    arguments::{self, Global},
    exit::Ending,
    output::Output,
};
use stage::Stage;

pub(crate) fn run(global: &Global, arguments: &arguments::Demo, output: &mut Output) -> anyhow::Result<Ending> {
    if arguments.check {
        return check::run(output);
    }
    let plan = range::Plan { seed: arguments.seed, ..range::Plan::default() };
    let stage = Stage::set(&plan, global.data.as_deref())?;
    walk::run(&stage, output)?;
    if arguments.serve {
        serve(stage, output)?;
    } else if let Some(data) = &global.data {
        walk::to_try(&data.display().to_string(), stage.truth(), false, output)?;
    } else {
        output.line("Keep the store to play with: spoor demo --data DIR")?;
    }
    output.flush()?;
    Ok(Ending::Found)
}

/// Keeps the servers up; the store is closed, so that other commands may write to it.
fn serve(stage: Stage, output: &mut Output) -> anyhow::Result<()> {
    let truth = stage.truth().clone();
    let data = stage.data().display().to_string();
    let (runtime, range, _kept) = stage.close();
    walk::to_try(&data, &truth, true, output)?;
    output.line("The simulated servers stay up until Ctrl-C.")?;
    output.flush()?;
    runtime.block_on(std::future::pending::<()>());
    drop(range);
    Ok(())
}
