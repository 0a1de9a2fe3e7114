//! `instructions`: asks a small fixed store one of the six questions a number of times, and prints nothing. `cargo xtask
//! instructions` runs it under valgrind: how many instructions an answer takes does not depend on how busy the machine is.

use clap::Parser;
use kndb::Database;
use kndb::storage::Store;
use kndb_bench::Plan;
use kndb_bench::questions::Subject;
use std::path::PathBuf;

/// 128 facts in two languages: large enough that every question finds something, small enough for valgrind.
const FACTS: u32 = 128;
/// Few enough that Q4's has 16 facts.
const RELATIONS: u32 = 8;

/// Ask a small fixed store.
#[derive(Parser)]
struct Args {
    /// The store; it is made if it is not there
    store: PathBuf,
    /// q1 to q6
    question: Option<String>,
    /// How often the question is asked
    #[arg(default_value_t = 1)]
    times: u32,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Args { store, question, times } = Args::parse();
    if !store.exists() {
        Plan { facts: FACTS, relations: RELATIONS, ..Plan::default() }.write(&store, |_| {})?;
    }
    let Some(question) = question else { return Ok(()) };
    let questions = Subject::of(FACTS).questions();
    let asked = questions.iter().find(|asked| asked.name == question).ok_or("no such question: q1 to q6")?;
    let db = Database::from(Store::open_read_only(store)?);
    for _ in 0..times {
        std::hint::black_box(db.query(&asked.statement)?.to_rows()?);
    }
    Ok(())
}
