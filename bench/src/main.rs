//! `kndb-bench`: writes a store of generated scores.

use clap::Parser;
use kndb_bench::Plan;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Write a store of generated scores, the same for the same arguments.
#[derive(Parser)]
#[command(name = "kndb-bench")]
struct Args {
    /// Where to make the store.
    path: PathBuf,
    /// Seed of everything.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of facts.
    #[arg(long, default_value_t = 10_240)]
    facts: u32,
    /// Number of relations.
    #[arg(long, default_value_t = 40)]
    relations: u32,
    /// Languages, separated by commas.
    #[arg(long, default_value = "en,zh", value_delimiter = ',')]
    languages: Vec<String>,
    /// Feed-forward layers.
    #[arg(long, default_value_t = 12)]
    layers: u32,
    /// Units of a layer.
    #[arg(long, default_value_t = 3_072)]
    width: u32,
}

fn main() -> ExitCode {
    let Args { path, seed, facts, relations, languages, layers, width } = Args::parse();
    let raw = f64::from(facts) * languages.len() as f64 * f64::from(layers) * f64::from(width) * 4.0 / 1e6;
    let plan = Plan { seed, facts, relations: relations.max(1), languages, layers, width };
    let started = Instant::now();
    let mut err = std::io::stderr();
    match plan.write(&path, |_| {}) {
        Ok(_) => {
            let seconds = started.elapsed().as_secs_f64();
            let _ = writeln!(err, "{raw:.0} MB of scores in {seconds:.1} s, {:.0} MB/s", raw / seconds);
            ExitCode::SUCCESS
        }
        Err(e) => {
            let _ = writeln!(err, "error: {e}");
            ExitCode::FAILURE
        }
    }
}
