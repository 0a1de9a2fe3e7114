//! `kndb-bench`: writes a store of generated scores; with `--mlama` one of mLAMA's size, and asks it some questions.

use clap::Parser;
use kndb_bench::{Plan, mlama};
use std::io::Write;
use std::path::{Path, PathBuf};
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
    /// Runs, each with all the entries
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// Facts as mLAMA has them: a table of its counts by language and relation. What is at the path already is only asked
    #[arg(long, value_name = "TABLE")]
    mlama: Option<PathBuf>,
    /// With --mlama: the share of the facts, from 0 to 1
    #[arg(long, default_value_t = 1.0)]
    share: f64,
    /// With --mlama: how many languages, those with the most facts first
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    most: usize,
    /// With --mlama: a statement to ask instead of the usual ones; may be given several times
    #[arg(long, value_name = "STATEMENT")]
    ask: Vec<String>,
}

/// Writes a store of mLAMA's counts, unless it is there, and asks it.
fn mlama(table: &Path, path: &Path, seed: u64, (most, share): (usize, f64), ask: &[String]) -> Result<(), String> {
    let mut err = std::io::stderr();
    let text = std::fs::read_to_string(table).map_err(|e| format!("cannot read {}: {e}", table.display()))?;
    let counts = mlama::Counts::read(&text)?.part(most, share);
    if !path.exists() {
        let started = Instant::now();
        counts.write(path, seed).map_err(|e| e.to_string())?;
        let seconds = started.elapsed().as_secs_f64();
        let _ = writeln!(err, "{} entries in {seconds:.1} s", counts.entries());
    }
    let _ = writeln!(err, "milliseconds: first, warm; rows");
    for mlama::Answered { question, first, warm, rows } in mlama::ask(path, ask)? {
        let [first, warm] = [first, warm].map(|time| time.as_secs_f64() * 1e3);
        let _ = writeln!(err, "{first:>9.3} {warm:>9.3} {rows:>6}  {question}");
    }
    if let Some((own, files)) = mlama::resident() {
        let _ = writeln!(err, "resident: {own} MB, and {files} MB of mapped files");
    }
    Ok(())
}

fn main() -> ExitCode {
    let Args { path, seed, facts, relations, languages, layers, width, runs, mlama: table, share, most, mut ask } =
        Args::parse();
    if let Some(table) = table {
        if ask.is_empty() {
            ask.extend(mlama::QUESTIONS.map(str::to_owned));
        }
        return match mlama(&table, &path, seed, (most, share), &ask) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                let _ = writeln!(std::io::stderr(), "error: {e}");
                ExitCode::FAILURE
            }
        };
    }
    let raw =
        f64::from(facts) * languages.len() as f64 * f64::from(layers) * f64::from(width) * f64::from(runs) * 4.0 / 1e6;
    let plan = Plan { seed, facts, relations: relations.max(1), languages, layers, width, runs };
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
