//! One module a command.

mod hunt;
mod lookup;
mod pivot;

use crate::{
    arguments::{Arguments, Command},
    exit::Ending,
    output::Output,
    session::Session,
};

/// Runs the command that was typed.
pub(crate) fn run(arguments: Arguments, output: &mut Output) -> anyhow::Result<Ending> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Lookup(lookup) => lookup::run(&Session::open(global)?, lookup, output),
        Command::Pivot(pivot) => pivot::run(&Session::open(global)?, pivot, output),
        Command::Hunt(hunt) => hunt::run(&Session::open(global)?, hunt, output),
        _ => Ok(Ending::Nothing),
    }
}
