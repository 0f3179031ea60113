//! The observation store under the workload: what `spoor bench observations` measures, without the binary.
//!
//! `cargo bench -p observations --bench stream -- [--tuples N] [--observations N] [--seed N] [--no-questions]
//! [--no-peer] [--input DIR]`
//!
//! With `--input` the input is kept in a directory: the first run makes it and ends, others read it.

#![expect(clippy::print_stdout, reason = "a program that reports")]

use observations::measure::{self, Config, Outcome};

fn main() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    measure::run(&config()?, dir.path(), &mut |line| println!("{line}"))
}

fn config() -> Outcome<Config> {
    let mut config = Config::default();
    let mut given = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = given.next() {
        let mut value = || given.next().ok_or(format!("{argument} needs a value"));
        match argument.as_str() {
            "--tuples" => config.tuples = value()?.parse()?,
            "--observations" => config.observations = value()?.parse()?,
            "--seed" => config.seed = value()?.parse()?,
            "--input" => config.input = Some(value()?.into()),
            "--no-questions" => config.questions = false,
            "--no-peer" => config.limit = false,
            _ => return Err(format!("unknown argument {argument}").into()),
        }
    }
    Ok(config)
}
