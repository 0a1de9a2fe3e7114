//! Q1–Q6 of the design notes on generated data of the size they were measured at: 10,240 facts × 2
//! languages × 36,864 scores, 3.02 GB. The store is written once into the target folder.
//!
//! Each question is asked as text, from parsing to the last row (`text`); as a statement that was prepared once, answered as columns
//! (`columns`), and the same as of a snapshot that is held, so that nobody looks for commits (`held`); and where that is the smaller
//! part, straight of the storage (`storage`). Other groupings are asked as columns (`by`).

use criterion::{Criterion, criterion_group, criterion_main};
use kndb::query::{Column, Settings, Sink, Value};
use kndb::storage::{LanguageId, Neuron, PromptId, Slot, Store};
use kndb::{Database, Parameters};
use kndb_bench::questions::{GROUPINGS, Subject};
use kndb_bench::{Plan, RUN};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

struct Count(u64);

impl Sink for Count {
    fn columns(&mut self, _: &[Column]) -> std::io::Result<()> {
        Ok(())
    }

    fn row(&mut self, row: &[Value<'_>]) -> std::io::Result<ControlFlow<()>> {
        self.0 += row.len() as u64;
        Ok(ControlFlow::Continue(()))
    }

    fn end(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn store() -> Store {
    let target: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join("questions");
    let plan = Plan::default();
    if let Ok(store) = Store::open(&target) {
        let complete = store.snapshot().ok().and_then(|s| s.run_named(RUN).map(|run| run.finished));
        if complete == Some(true) {
            return store;
        }
    }
    // What is left of an interrupted generation is of no use.
    let _ = std::fs::remove_dir_all(&target);
    plan.write(&target, |_| {}).expect("the store can be written")
}

fn questions(criterion: &mut Criterion) {
    let store = store();
    let subject = Subject::of(Plan::default().facts);
    let ask = |text: &str| {
        let statement = kndb::query::parse(text).expect("a statement");
        let mut count = Count(0);
        kndb::query::execute(&store, &Settings::default(), &statement, &mut count).expect("an answer");
        count.0
    };
    let mut group = criterion.benchmark_group("text");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(20);
    let questions = subject.questions().map(|asked| (asked.name, asked.statement));
    let both = ("q5 of both languages", "kn[tau=0.37] by layer".to_owned());
    for (name, text) in questions.into_iter().chain([both]) {
        group.bench_function(name, |bencher| bencher.iter(|| black_box(ask(black_box(&text)))));
    }
    group.finish();

    let db = Database::from(store.clone());
    let held = store.snapshot().expect("a snapshot");
    let none = Parameters::default();
    let asked = |text: &str| db.prepare(text).expect("a statement");
    for (group, at) in [("columns", None), ("held", Some(&held))] {
        let mut group = criterion.benchmark_group(group);
        group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(20);
        for question in subject.questions() {
            let statement = asked(&question.statement);
            group.bench_function(question.name, |bencher| {
                bencher.iter(|| match at {
                    None => statement.query(&none).expect("an answer"),
                    Some(snapshot) => statement.query_at(snapshot, &none).expect("an answer"),
                });
            });
        }
        group.finish();
    }
    let mut group = criterion.benchmark_group("by");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(20);
    for text in GROUPINGS {
        let statement = asked(text);
        group.bench_function(text, |bencher| bencher.iter(|| statement.query(&none).expect("an answer")));
    }
    group.finish();

    let snapshot = store.snapshot().expect("a snapshot");
    let run = snapshot.run_named(RUN).expect("generated").id;
    let slot = |language| Slot { run, language: LanguageId(language), prompt: PromptId(0) };
    let fact = snapshot.fact(&Plan::fact_id(subject.fact)).expect("a readable dictionary").expect("generated");
    let mut group = criterion.benchmark_group("storage");
    group.measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1)).sample_size(20);
    let grid = kndb::storage::TAU_GRID.iter().position(|&tau| tau == 0.2).expect("0.2 is on the grid");
    group.bench_function("q1 likn of one fact", |bencher| {
        let (en, zh) = (snapshot.parts(slot(0)).expect("opens"), snapshot.parts(slot(1)).expect("opens"));
        bencher.iter(|| {
            let set = |parts: &[kndb::storage::LivePart<'_>]| {
                let mut neurons = Vec::new();
                for part in parts {
                    if let Some(local) = part.find(black_box(fact)).expect("readable") {
                        part.part.grid(grid).expect("readable").push_to(local, &mut neurons);
                    }
                }
                neurons
            };
            let (mut en, zh) = (set(&en), set(&zh));
            en.retain(|neuron| zh.binary_search(neuron).is_ok());
            black_box(en.len())
        });
    });
    group.bench_function("q3 facts of one neuron", |bencher| {
        let parts = snapshot.parts(slot(0)).expect("opens");
        let neuron = Neuron(subject.neuron.0 * 3_072 + subject.neuron.1);
        bencher.iter(|| {
            let mut facts = Vec::with_capacity(256);
            for part in &parts {
                if let Some(locals) = part.part.postings(grid, black_box(neuron)).expect("readable") {
                    locals.push_to(0, &mut facts);
                }
            }
            black_box(facts.len())
        });
    });
    group.finish();
}

criterion_group!(benches, questions);
criterion_main!(benches);
