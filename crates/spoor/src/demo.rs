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
    command,
    exit::Ending,
    output::Output,
    session::Session,
};
use stage::Stage;

pub(crate) fn run(global: &Global, arguments: &arguments::Demo, output: &mut Output) -> anyhow::Result<Ending> {
    if arguments.check {
        return check::run(output);
    }
    let plan = range::Plan { seed: arguments.seed, ..range::Plan::default() };
    let stage = Stage::set(&plan, global.data.as_deref())?;
    let token = walk::run(&stage, output)?;
    if arguments.serve {
        serve(stage, &token, global, output)?;
    } else if let Some(data) = &global.data {
        walk::to_try(&data.display().to_string(), stage.truth(), output)?;
    } else {
        output.line("Keep the store to play with: spoor demo --data DIR")?;
    }
    output.flush()?;
    Ok(Ending::Found)
}

/// Keeps the simulated servers up, and serves what the walk left until Ctrl-C.
fn serve(stage: Stage, token: &str, global: &Global, output: &mut Output) -> anyhow::Result<()> {
    let truth = stage.truth().clone();
    let global = Global { data: Some(stage.data().to_owned()), config: None, ..global.clone() };
    let (_runtime, _range, _kept) = stage.close();
    let session = Session::open(&global)?;
    walk::to_curl(&session.serve().listen.to_string(), token, &truth, output)?;
    let asked = arguments::Serve { listen: None, tls_cert: None, tls_key: None };
    command::serve::run(&session, &asked, output).map(drop)
}
