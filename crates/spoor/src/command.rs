//! One module a command.

mod answer;
mod association;
mod audit;
mod bench;
mod config;
mod database;
mod export;
mod exposure;
pub(crate) mod feed;
mod forget;
mod group;
pub(crate) mod hunt;
mod import;
mod indicator;
mod ingest;
mod init;
pub(crate) mod label;
pub(crate) mod lookup;
mod new;
mod owner;
pub(crate) mod pivot;
pub(crate) mod provider;
mod registration;
mod sensor;
pub(crate) mod serve;
mod source;
mod stats;
mod store;
mod token;
mod track;
mod user;

use clap::CommandFactory;

use crate::{
    arguments::{Arguments, Command},
    demo,
    exit::Ending,
    output::Output,
    session::Session,
};

/// Runs the command that was typed.
pub(crate) fn run(arguments: Arguments, output: &mut Output) -> anyhow::Result<Ending> {
    let global = &arguments.global;
    let session = || Session::open(global);
    match &arguments.command {
        Command::Demo(arguments) => demo::run(global, arguments, output),
        Command::Track(arguments) => track::run(global, arguments, output),
        Command::Registration(arguments) => registration::run(global, arguments, output),
        Command::Lookup(arguments) => lookup::run(global, arguments, output),
        Command::Pivot(arguments) => pivot::run(global, arguments, output),
        Command::Hunt(arguments) => hunt::run(&session()?, arguments, output),
        Command::Ingest(arguments) => ingest::run(&session()?, arguments, output),
        Command::Sensor(arguments) => sensor::run(&session()?, arguments, output),
        Command::New(arguments) => new::run(&session()?, arguments, output),
        Command::Serve(arguments) => serve::run(&session()?, arguments, output),
        Command::User(arguments) => user::run(&session()?, arguments, output),
        Command::Token(arguments) => token::run(&session()?, arguments, output),
        Command::Owner(arguments) => owner::run(&session()?, arguments, output),
        Command::Group(arguments) => group::run(&session()?, arguments, output),
        Command::Association(arguments) => association::run(&session()?, arguments, output),
        Command::Feed(arguments) => feed::run(&session()?, arguments, output),
        Command::Label(arguments) => label::run(&session()?, arguments, output),
        Command::Indicator(arguments) => indicator::run(global, arguments, output),
        Command::Search(arguments) => indicator::search(global, arguments, output),
        Command::Import(arguments) => import::run(global, arguments, output),
        Command::Export(arguments) => export::run(global, arguments, output),
        Command::Answer(arguments) => answer::run(global, arguments, output),
        Command::Database(arguments) => database::run(&session()?, arguments, output),
        Command::Audit(arguments) => audit::run(&session()?, arguments, output),
        Command::Source(arguments) => source::run(&session()?, arguments, output),
        Command::Bench(arguments) => bench::run(arguments, output),
        Command::Check => store::check(&session()?, output),
        Command::Stats { quick } => stats::run(&session()?, *quick, output),
        Command::Forget(arguments) => forget::run(&session()?, arguments, output),
        Command::Compact => store::compact(&session()?, output),
        Command::Backup { to } => store::backup(&session()?, to, output),
        Command::Restore { from } => store::restore(&session()?, from, output),
        Command::Reparse => store::reparse(&session()?, output),
        Command::Provider(arguments) => provider::run(&session()?, arguments, output),
        Command::Exposure { value } => exposure::run(&session()?, value.as_deref(), output),
        Command::Init { online } => init::run(&session()?, *online, output),
        Command::Config => config::run(&session()?, output),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "spoor", &mut script);
            output.script(&script)?;
            Ok(Ending::Found)
        }
    }
}
