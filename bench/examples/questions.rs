//! `questions`: how long the six questions, and other groupings, take on a store that is there, in the three ways that one may ask. For
//! comparing two builds: run them in turn, on a machine that does nothing else, and compare the least times.

#![expect(clippy::print_stdout, reason = "a measuring command")]

use clap::Parser;
use kndb::storage::Store;
use kndb::{Database, Parameters};
use kndb_bench::Plan;
use kndb_bench::questions::{GROUPINGS, Subject};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Time questions.
#[derive(Parser)]
struct Args {
    /// A store that `kndb-bench` or the benchmark `questions` wrote
    store: PathBuf,
    /// Only what is called so (q1 to q6) or is this text
    #[arg(long)]
    only: Option<String>,
    /// Milliseconds that each question is asked for, in each way
    #[arg(long, default_value_t = 400)]
    during: u64,
    /// Only one of the ways: text, prepared, held
    #[arg(long)]
    way: Option<String>,
}

/// Asks again and again; the least time and the tenth percentile, in milliseconds, and how often it was asked, for `perf stat`.
fn timed(
    during: Duration,
    mut ask: impl FnMut() -> Result<(), Box<dyn std::error::Error>>,
) -> Result<([f64; 2], usize), Box<dyn std::error::Error>> {
    // The first answers open files and prove what they read.
    (0..3).try_for_each(|_| ask())?;
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < during || times.len() < 10 {
        let one = Instant::now();
        ask()?;
        times.push(one.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_unstable_by(f64::total_cmp);
    Ok(([times[0], times[times.len() / 10]], times.len() + 3))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Args { store, only, during, way } = Args::parse();
    let db = Database::from(Store::open_read_only(store)?);
    let (held, none, during) = (db.store().snapshot()?, Parameters::default(), Duration::from_millis(during));
    let six = Subject::of(Plan::default().facts).questions().map(|asked| (asked.name, asked.statement));
    let others = GROUPINGS.map(|text| ("", text.to_owned()));
    println!("question\tway\tleast, ms\ttenth percentile, ms\ttimes");
    for (name, text) in six.into_iter().chain(others) {
        if only.as_ref().is_some_and(|only| only != name && *only != text) {
            continue;
        }
        let statement = db.prepare(&text)?;
        for asked in ["text", "prepared", "held"] {
            if way.as_ref().is_some_and(|way| way != asked) {
                continue;
            }
            let ([least, tenth], times) = timed(during, || {
                std::hint::black_box(match asked {
                    "text" => db.query(&text)?.to_rows()?.len(),
                    "prepared" => statement.query(&none)?.rows(),
                    _ => statement.query_at(&held, &none)?.rows(),
                });
                Ok(())
            })?;
            println!("{}\t{asked}\t{least:.4}\t{tenth:.4}\t{times}", if name.is_empty() { &text } else { name });
        }
    }
    Ok(())
}
