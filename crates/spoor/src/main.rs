//! Spoor, the threat intelligence platform: the binary.
//!
//! The only crate that knows the command line, configuration, the terminal, the clock and the async runtime. No rule
//! is here: commands call the engine and show what it says.

mod arguments;
mod command;
mod config;
mod demo;
mod exit;
mod output;
mod place;
mod remote;
mod session;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = arguments::Arguments::parse();
    let mut output = output::Output::new(arguments.global.json);
    exit::report(command::run(arguments, &mut output))
}
