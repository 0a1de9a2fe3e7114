//! Asks kndb the six questions, and says how long each answer took and what it was.
//!
//! A line `ask q2 250` is answered by `{"ns": [...], "processor_ms": ..., "answer": ...}`: the question is asked again and again
//! for 250 milliseconds, at least twice. Only the asking is timed; making the answer comparable with the peers' is not.
//! Processor time is that of all threads and all these answers together.

use clap::ValueEnum;
use kndb::storage::Store;
use kndb::{Answer, Cell, Database, Parameters};
use kndb_bench::questions::Subject;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

type Failed = Box<dyn std::error::Error>;

/// How kndb is asked. A further way is a variant here, an arm in [`Asker::of`], and a line of `WAYS` in `compare.py`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// Each time as text, answered with rows and labels: `Database::query`, and `Answer::to_rows`
    Text,
    /// Prepared once, answered as columns: `Statement::query`. Names are looked up by nobody, as the peers look up none
    Columns,
    /// The same as of a snapshot that is held, so that nobody looks for commits, as no peer does: `Statement::query_at`
    Held,
}

/// Most answers that one line is timed by: as many as tell a median, and no more.
const MOST: usize = 1_000;

/// What the user holds in the end, in whatever form: columns, and rows where those were asked for.
struct Held {
    answer: Answer,
    _rows: Option<Vec<Vec<Cell>>>,
}

/// Asks one question in one way.
type Ask<'a> = Box<dyn Fn() -> Result<Held, Failed> + 'a>;

struct Asker<'a> {
    questions: BTreeMap<&'static str, Ask<'a>>,
}

impl<'a> Asker<'a> {
    fn of(way: Way, db: &'a Database, subject: Subject) -> Result<Self, Failed> {
        let ask = |statement: String| -> Result<Ask<'a>, Failed> {
            Ok(match way {
                Way::Text => Box::new(move || {
                    let answer = db.query(&statement)?;
                    Ok(Held { _rows: Some(answer.to_rows()?), answer })
                }),
                Way::Columns => {
                    let prepared = db.prepare(&statement)?;
                    Box::new(move || Ok(Held { answer: prepared.query(&Parameters::default())?, _rows: None }))
                }
                Way::Held => {
                    let (prepared, snapshot) = (db.prepare(&statement)?, db.store().snapshot()?);
                    Box::new(move || {
                        let answer = prepared.query_at(&snapshot, &Parameters::default())?;
                        Ok(Held { answer, _rows: None })
                    })
                }
            })
        };
        let mut questions = BTreeMap::new();
        for asked in subject.questions() {
            questions.insert(asked.name, ask(asked.statement)?);
        }
        Ok(Self { questions })
    }
}

/// Answers lines until there are no more.
pub fn run(folder: &Path, way: Way) -> Result<(), Failed> {
    let meta: Value = serde_json::from_slice(&std::fs::read(folder.join("meta.json"))?)?;
    let number = |name: &str| meta[name].as_u64().and_then(|n| u32::try_from(n).ok()).ok_or("meta.json is not ours");
    let (facts, width) = (number("facts")?, number("width")?);
    let db = Database::from(Store::open_read_only(folder.join("store"))?);
    let asker = Asker::of(way, &db, Subject::of(facts))?;
    let mut out = std::io::stdout();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let reply = match line.split_whitespace().collect::<Vec<_>>()[..] {
            ["ask", question, milliseconds] => {
                let ask = asker.questions.get(question).ok_or_else(|| format!("no question {question:?}"))?;
                let before = processor();
                let (times, held) = timed(ask, Duration::from_millis(milliseconds.parse()?))?;
                let spent = processor().saturating_sub(before);
                json!({ "ns": times, "processor_ms": spent, "answer": comparable(question, &held.answer, width)? })
            }
            ["memory"] => {
                let (own, files) = kndb_bench::mlama::resident().unwrap_or_default();
                json!({ "own": own, "files": files })
            }
            _ => return Err(format!("found {line:?}, expected `ask QUESTION MILLISECONDS` or `memory`").into()),
        };
        writeln!(out, "{reply}")?;
        out.flush()?;
    }
    Ok(())
}

fn timed(ask: &Ask<'_>, budget: Duration) -> Result<(Vec<u64>, Held), Failed> {
    let begun = Instant::now();
    let mut times = Vec::new();
    loop {
        let started = Instant::now();
        let held = ask()?;
        times.push(started.elapsed().as_nanos() as u64);
        if times.len() >= MOST || (times.len() >= 2 && begun.elapsed() >= budget) {
            return Ok((times, held));
        }
    }
}

/// Processor time of this process in milliseconds: its threads, and those that have ended. Linux tells it in hundredths of a second
/// (proc(5)), so it means something over a round, not for one answer.
fn processor() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name of the program stands in parentheses and may have spaces; user and system time are the 12th and 13th field after it.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}

/// The answer as all systems give it: neurons as layer · width + unit, facts as their numbers, rows in one order.
fn comparable(question: &str, answer: &Answer, width: u32) -> Result<Value, Failed> {
    let integers = |name: &str| -> Result<Vec<u64>, Failed> {
        let found: Vec<u64> = answer.integers(name).collect();
        if found.len() == answer.rows() {
            return Ok(found);
        }
        Err(format!("{question}: {} of {} values of {name} in {:?}", found.len(), answer.rows(), answer.names()).into())
    };
    let neurons = || -> Result<Vec<u64>, Failed> {
        let (layers, units) = (integers("layer")?, integers("neuron")?);
        Ok(layers.into_iter().zip(units).map(|(layer, unit)| layer * u64::from(width) + unit).collect())
    };
    Ok(match question {
        "q1" => {
            let mut found = neurons()?;
            found.sort_unstable();
            json!(found)
        }
        "q3" => {
            let mut found = Vec::new();
            for batch in &answer.batches {
                let facts = batch.texts("fact").ok_or("no column of facts")?;
                for row in 0..batch.rows() {
                    let id = facts.text(row)?.ok_or("a fact without its id")?;
                    found.push(id.trim_start_matches("fact-").parse::<u64>().map_err(|e| format!("{id}: {e}"))?);
                }
            }
            found.sort_unstable();
            json!(found)
        }
        "q4" => json!(neurons()?.into_iter().zip(integers("pairs")?).collect::<Vec<_>>()),
        _ => {
            let (layers, pairs) = (integers("layer")?, integers("pairs")?);
            let (facts, neurons) = (integers("facts")?, integers("neurons")?);
            let rows = (0..layers.len()).map(|at| [layers[at], pairs[at], facts[at], neurons[at]]);
            json!(rows.collect::<Vec<_>>())
        }
    })
}
