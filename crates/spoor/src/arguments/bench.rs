//! What `spoor bench` takes.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::BenchWhois;

#[derive(Debug, Subcommand)]
pub(crate) enum Bench {
    /// How well and how fast WHOIS answers are read, over answers with stated results
    Whois(BenchWhois),
    /// Lives drawn by chance on a disk that fails, or a writer that is killed again and again
    Durability(Durability),
    /// Rates, sizes and latencies of a fresh store
    Observations(Measured),
    /// The writer that is killed
    #[command(hide = true)]
    Writer {
        /// The store
        dir: PathBuf,
        /// The number of its first batch
        from: u64,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Durability {
    /// Lives, each from a seed of its own
    #[arg(long, default_value_t = 1000)]
    pub(crate) workloads: u64,
    /// The first one's seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Things done in each
    #[arg(long, default_value_t = 60)]
    pub(crate) acts: usize,
    /// Instead start a writer so many times, and kill it
    #[arg(long, value_name = "N", conflicts_with_all = ["workloads", "acts"])]
    pub(crate) kill: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Measured {
    /// Distinct tuples
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) tuples: u32,
    /// Observations of the stream [default: thirty for every thirteen tuples]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub(crate) observations: u64,
    /// The population's seed
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Ask nothing
    #[arg(long)]
    pub(crate) no_questions: bool,
    /// Do not compress the same rows with zstd -19 for comparison, which takes minutes
    #[arg(long)]
    pub(crate) no_limit: bool,
    /// Where the store is made, and removed again [default: the directory for temporary files]
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// Keep the input here: the first run makes it and ends, others read it
    #[arg(long, value_name = "DIR")]
    pub(crate) input: Option<PathBuf>,
}
