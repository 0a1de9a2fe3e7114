//! `kndb-scale`: makes a store and its export, runs a cluster, asks. `run.sh` puts them together.

use datafusion::prelude::{SessionConfig, SessionContext};
use kndb::Database;
use kndb_bench::Plan;
use kndb_bench::questions::Subject;
use kndb_export::{ExportJob, export};
use kndb_scale::{Failed, asking, cluster, questions::questions};
use kndb_sql::{Settings, Sql};
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: kndb-scale make FACTS STORE EXPORT | scheduler PORT | executor PORT SCHEDULER THREADS | ask FACTS STORE EXPORT SCHEDULER ROUNDS";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(cluster::STACK).build()?;
    match *arguments {
        ["make", facts, store, folder] => make(facts.parse()?, Path::new(store), Path::new(folder)),
        ["scheduler", port] => runtime.block_on(cluster::scheduler(port.parse()?)),
        ["executor", port, scheduler, threads] => {
            runtime.block_on(cluster::executor(port.parse()?, scheduler.parse()?, threads.parse()?))
        }
        ["ask", facts, store, folder, scheduler, rounds] => {
            let places = Places { store: Path::new(store), folder: Path::new(folder), scheduler: scheduler.parse()? };
            runtime.block_on(ask(facts.parse()?, places, rounds.parse()?))
        }
        _ => Err(USAGE.into()),
    }
}

/// A generated store, and its export in Parquet, which must not be there; a line of JSON says what that came to.
fn make(facts: u32, store: &Path, folder: &Path) -> Result<(), Failed> {
    let made = if store.exists() {
        kndb::storage::Store::open(store)?
    } else {
        Plan { facts, ..Plan::default() }.write(store, |_| {})?
    };
    let begun = Instant::now();
    let exported = export(&made, folder, &ExportJob::new("parquet"), &mut |_| {}, &|| false)?;
    let scores = exported.tables.get("scores").copied().unwrap_or_default();
    let seconds = begun.elapsed().as_secs_f64();
    writeln!(std::io::stdout(), "{}", serde_json::json!({ "facts": facts, "scores": scores.rows, "parquet": scores.bytes, "seconds": seconds }))?;
    Ok(())
}

/// Where the systems are.
struct Places<'a> {
    store: &'a Path,
    folder: &'a Path,
    scheduler: u16,
}

/// Asks every system every question: once without being timed, then `rounds` times. A line of JSON each: the least, the middle and the largest time in
/// milliseconds, and the answer. One that differs from kndb's own is an error.
async fn ask(facts: u32, places: Places<'_>, rounds: usize) -> Result<(), Failed> {
    let questions = questions(Subject::of(facts));
    let db = Database::open_read_only(places.store)?;
    let sql = Sql::new(db.store(), Settings::default())?;
    let threads = std::thread::available_parallelism()?.get();
    let local = SessionContext::new_with_config(SessionConfig::new().with_target_partitions(threads));
    let far = cluster::connect(places.scheduler, threads).await?;
    for context in [&local, &far] {
        asking::register(context, places.folder).await?;
    }
    for question in &questions {
        let expected = asking::kndb(&db, question)?;
        // For engines that others ask.
        let text = serde_json::json!({ "question": question.name, "sql": question.tables, "answer": expected });
        writeln!(std::io::stdout(), "{text}")?;
        let told = Told { question: question.name, expected: &expected, rounds };
        told.of("kndb", || std::future::ready(asking::kndb(&db, question))).await?;
        // What has threads of its own must not be waited for on one of this runtime's.
        let over = |text| tokio::task::block_in_place(|| asking::sql(&sql, text));
        told.of("kndb sql, kn('…')", || std::future::ready(over(&question.function))).await?;
        told.of("kndb sql, tables", || std::future::ready(over(&question.tables))).await?;
        told.of("DataFusion, Parquet", || asking::export(&local, &question.tables)).await?;
        told.of("Ballista, Parquet", || asking::export(&far, &question.tables)).await?;
    }
    Ok(())
}

/// A question, and its answer.
struct Told<'a> {
    question: &'static str,
    expected: &'a asking::Rows,
    rounds: usize,
}

impl Told<'_> {
    async fn of<F: Future<Output = Result<asking::Rows, Failed>>>(
        &self,
        system: &str,
        ask: impl Fn() -> F,
    ) -> Result<(), Failed> {
        let Self { question, expected, rounds } = *self;
        let mut times = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            let begun = Instant::now();
            let found = ask().await.map_err(|failure| format!("{question}, {system}: {failure}"))?;
            let took = begun.elapsed().as_secs_f64() * 1e3;
            if found != *expected {
                return Err(
                    format!("{question}: {system} answers {found:?}, expected, as kndb does, {expected:?}").into()
                );
            }
            if round > 0 {
                times.push(took);
            }
        }
        times.sort_by(f64::total_cmp);
        let ms =
            [times.first(), times.get(times.len() / 2), times.last()].map(|time| time.copied().unwrap_or_default());
        let line = serde_json::json!({ "system": system, "question": question, "ms": ms });
        writeln!(std::io::stdout(), "{line}")?;
        Ok(())
    }
}
